/** The tables of the contenders that speak SQL, and the statements that both understand. */

export const SCHEMA = `
  CREATE TABLE IF NOT EXISTS threads (
    id TEXT PRIMARY KEY, root TEXT NOT NULL, parent TEXT, name TEXT NOT NULL,
    created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, archived INTEGER NOT NULL,
    length INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS updated ON threads (archived, updated_at);
  CREATE INDEX IF NOT EXISTS parents ON threads (parent, archived, updated_at);
  CREATE INDEX IF NOT EXISTS roots ON threads (root);
  CREATE TABLE IF NOT EXISTS items (
    thread TEXT NOT NULL, seq INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (thread, seq)
  )`;

/** Statements with numbered parameters. */
export const SQL = {
  thread: "INSERT INTO threads VALUES ($1, $2, $3, $4, $5, $5, 0, $6)",
  touch: "UPDATE threads SET updated_at = $1, length = length + $2 WHERE id = $3 RETURNING length",
  newest: "SELECT id FROM threads WHERE archived = 0 ORDER BY updated_at DESC LIMIT $1",
  children:
    "SELECT id FROM threads WHERE parent = $1 AND archived = 0 ORDER BY updated_at DESC LIMIT $2",
  archive: "UPDATE threads SET archived = $1 WHERE root = $2",
  removeItems: "DELETE FROM items WHERE thread IN (SELECT id FROM threads WHERE root = $1)",
  removeThreads: "DELETE FROM threads WHERE root = $1",
} as const;
