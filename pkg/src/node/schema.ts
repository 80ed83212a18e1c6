/**
 * The database file as other programs see it: its name, marks, tables and settings.
 *
 * All of it is that of the native backend, since both open each other's stores; nothing here may
 * change unless it changes there too.
 */

import type { DatabaseSync } from "node:sqlite";
import { CreelError } from "../errors.js";

/** The database's name in the store's directory. */
export const FILE_NAME = "creel.sqlite3";
/** The log keeps this much of its file when it starts anew: allocated blocks sync faster. */
export const WAL_KEPT = 16 << 20;
/** The tables, as the file `schema.sql` of the native backend has them. */
export const TABLES = ["journal", "catalog", "history"]
  .map((table) => {
    const columns = "key TEXT COLLATE BINARY PRIMARY KEY NOT NULL, value BLOB NOT NULL";
    return `CREATE TABLE ${table} (${columns}) STRICT;\n`;
  })
  .join("");

/** The format of the container, SQLite's `user_version`. */
const FORMAT = 1;
/** `Cree`, SQLite's `application_id`. */
const APPLICATION_ID = 0x43726565;

/** Gives a new connection the settings that every one of them needs. */
export function configure(connection: DatabaseSync): void {
  const settings = [
    // Nobody waits inside SQLite: whoever finds a lock taken tries again later.
    "busy_timeout = 0",
    "page_size = 4096",
    "journal_mode = WAL",
    "secure_delete = ON",
    "synchronous = NORMAL",
    // A disk's own cache is emptied too, where the system tells the two apart (macOS).
    "fullfsync = ON",
    "checkpoint_fullfsync = ON",
    // Checkpoints run after a commit returned, never inside one.
    "wal_autocheckpoint = 0",
    `journal_size_limit = ${WAL_KEPT}`,
  ];
  for (const setting of settings) connection.exec(`PRAGMA ${setting}`);
}

/** Makes the tables in an empty file and refuses one that is newer, or no store at all. */
export function prepare(connection: DatabaseSync): void {
  if (isStore(connection)) return;
  connection.exec("BEGIN IMMEDIATE");
  try {
    // Another process may have been first.
    if (!isStore(connection)) {
      connection.exec(TABLES);
      connection.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      connection.exec(`PRAGMA user_version = ${FORMAT}`);
    }
    connection.exec("COMMIT");
  } catch (cause) {
    connection.exec("ROLLBACK");
    throw cause;
  }
}

/** Tells a store of this format from an empty file. */
function isStore(connection: DatabaseSync): boolean {
  const number = (sql: string) => Number(Object.values(connection.prepare(sql).get() ?? {})[0]);
  const tables = number("SELECT count(*) FROM sqlite_schema");
  const application = number("PRAGMA application_id");
  const format = number("PRAGMA user_version");
  if (tables === 0 && application === 0 && format === 0) return false;
  if (application === APPLICATION_ID && format === FORMAT) return true;
  if (application === APPLICATION_ID && format > FORMAT) {
    const reason = `the store has format ${format}, this version knows up to ${FORMAT}`;
    const error = new CreelError("schema_too_new", reason);
    throw Object.assign(error, { found: format, known: FORMAT });
  }
  const mark = `application id 0x${application.toString(16)}, format ${format}`;
  const error = new CreelError("corrupt", `${FILE_NAME} is no Creel store: ${mark}`);
  throw Object.assign(error, { key: FILE_NAME });
}
