//! SQLite by hand through `rusqlite`: a table of threads and one of items, with the indexes that the
//! lists need, the write-ahead log, and `synchronous` FULL or NORMAL.

use std::path::Path;

use anyhow::Result;
use rusqlite::{Connection, TransactionBehavior, params};
use serde_json::Value;
use uuid::Uuid;

use super::Contender;
use crate::data::Spec;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS threads (
    id TEXT PRIMARY KEY, parent TEXT, name TEXT NOT NULL,
    created INTEGER NOT NULL, updated INTEGER NOT NULL, archived INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS newest ON threads (archived, updated DESC, id DESC);
CREATE INDEX IF NOT EXISTS children ON threads (parent, archived, updated DESC, id DESC);
CREATE TABLE IF NOT EXISTS items (
    thread TEXT NOT NULL, seq INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (thread, seq)
) STRICT, WITHOUT ROWID;";

const MEMBERS: &str = "WITH RECURSIVE members (id) AS (
    VALUES (?1) UNION SELECT threads.id FROM threads JOIN members ON threads.parent = members.id)";

/// One connection.
#[derive(Debug)]
pub(crate) struct Sqlite {
    connection: Connection,
    clock: i64,
}

impl Sqlite {
    /// Opens or makes the database in a directory.
    pub(crate) fn open(dir: &Path, strict: bool) -> Result<Self> {
        std::fs::create_dir_all(dir)?;
        let connection = Connection::open(dir.join("threads.sqlite3"))?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        let synchronous = if strict { "FULL" } else { "NORMAL" };
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.execute_batch(TABLES)?;
        let latest = "SELECT coalesce(max(updated), 0) FROM threads WHERE archived = 0";
        let clock = connection.query_row(latest, [], |row| row.get(0))?;
        Ok(Self { connection, clock })
    }

    fn rows(&self, sql: &str, values: impl rusqlite::Params) -> Result<usize> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let row = |row: &rusqlite::Row<'_>| {
            let texts: (String, Option<String>, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((texts, row.get::<_, i64>(3)?, row.get::<_, i64>(4)?))
        };
        let found: Vec<_> = statement.query_map(values, row)?.collect::<Result<_, _>>()?;
        Ok(found.len())
    }

    fn set_archived(&mut self, root: Uuid, archived: bool) -> Result<usize> {
        let sql = format!(
            "{MEMBERS} UPDATE threads SET archived = ?2 WHERE id IN (SELECT id FROM members)"
        );
        Ok(self.connection.execute(&sql, params![root.to_string(), archived])?)
    }
}

impl Contender for Sqlite {
    fn create(&mut self, threads: &[Spec]) -> Result<()> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut insert =
                transaction.prepare_cached("INSERT INTO threads VALUES (?1, ?2, ?3, ?4, ?4, 0)")?;
            for Spec { id, parent, name, at, .. } in threads {
                let parent = parent.map(|parent| parent.to_string());
                insert.execute(params![id.to_string(), parent, name, at])?;
                self.clock = self.clock.max(*at);
            }
        }
        Ok(transaction.commit()?)
    }

    fn append(&mut self, thread: Uuid, items: &[String]) -> Result<()> {
        self.clock += 1;
        let thread = thread.to_string();
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let last = "SELECT coalesce(max(seq), -1) FROM items WHERE thread = ?1";
            let last: i64 =
                transaction.prepare_cached(last)?.query_row([&thread], |row| row.get(0))?;
            let mut insert = transaction.prepare_cached("INSERT INTO items VALUES (?1, ?2, ?3)")?;
            for (seq, item) in (last + 1..).zip(items) {
                insert.execute(params![thread, seq, item])?;
            }
            let update = "UPDATE threads SET updated = ?2 WHERE id = ?1";
            transaction.prepare_cached(update)?.execute(params![thread, self.clock])?;
        }
        Ok(transaction.commit()?)
    }

    fn load(&mut self, thread: Uuid) -> Result<usize> {
        let sql = "SELECT json FROM items WHERE thread = ?1 ORDER BY seq";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([thread.to_string()])?;
        let mut items = Vec::new();
        while let Some(row) = rows.next()? {
            items.push(serde_json::from_str::<Value>(row.get_ref(0)?.as_str()?)?);
        }
        Ok(items.len())
    }

    fn newest(&mut self, limit: usize) -> Result<usize> {
        let sql = "SELECT id, parent, name, created, updated FROM threads
            WHERE archived = 0 ORDER BY updated DESC, id DESC LIMIT ?1";
        self.rows(sql, params![i64::try_from(limit)?])
    }

    fn children(&mut self, parent: Uuid, limit: usize) -> Result<usize> {
        let sql = "SELECT id, parent, name, created, updated FROM threads
            WHERE parent = ?1 AND archived = 0 ORDER BY updated DESC, id DESC LIMIT ?2";
        self.rows(sql, params![parent.to_string(), i64::try_from(limit)?])
    }

    fn archive(&mut self, root: Uuid) -> Result<usize> {
        self.set_archived(root, true)
    }

    fn unarchive(&mut self, root: Uuid) -> Result<()> {
        self.set_archived(root, false).map(drop)
    }

    fn delete(&mut self, root: Uuid, committed: &mut dyn FnMut()) -> Result<()> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // The edges are in the threads, so the histories go first.
        for (table, column) in [("items", "thread"), ("threads", "id")] {
            let sql =
                format!("{MEMBERS} DELETE FROM {table} WHERE {column} IN (SELECT id FROM members)");
            transaction.execute(&sql, [root.to_string()])?;
        }
        transaction.commit()?;
        committed();
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.connection.close().map_err(|(_, error)| error.into())
    }
}
