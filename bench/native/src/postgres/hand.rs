//! PostgreSQL by hand: a table of threads and one of items, with the indexes that the lists need. Every operation
//! is one prepared statement, and so one transaction and one round trip.

use anyhow::{Result, ensure};
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use futures_util::future::try_join_all;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, NoTls, Row};
use uuid::Uuid;

use crate::contenders::Contender;
use crate::data::Spec;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS threads (
    id uuid PRIMARY KEY, parent uuid, name text NOT NULL, created bigint NOT NULL, updated bigint NOT NULL,
    archived boolean NOT NULL DEFAULT false, items bigint NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS newest ON threads (updated DESC, id DESC) WHERE NOT archived;
CREATE INDEX IF NOT EXISTS children ON threads (parent, updated DESC, id DESC);
CREATE TABLE IF NOT EXISTS items (
    thread uuid NOT NULL, seq bigint NOT NULL, json text NOT NULL, PRIMARY KEY (thread, seq)
);";

const CREATE: &str = "INSERT INTO threads (id, parent, name, created, updated)
    SELECT id, parent, name, at, at
    FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[]) AS new (id, parent, name, at)";

const APPEND: &str = "WITH thread AS (
        UPDATE threads SET items = items + cardinality($3::text[]), updated = $2
        WHERE id = $1 RETURNING items - cardinality($3::text[]) AS first)
    INSERT INTO items SELECT $1, first + place - 1, json
    FROM thread, unnest($3::text[]) WITH ORDINALITY AS new (json, place)";

const LOAD: &str = "SELECT json FROM items WHERE thread = $1 ORDER BY seq";

const NEWEST: &str = "SELECT id, parent, name, created, updated FROM threads
    WHERE NOT archived ORDER BY updated DESC, id DESC LIMIT $1";

const CHILDREN: &str = "SELECT id, parent, name, created, updated FROM threads
    WHERE parent = $1 AND NOT archived ORDER BY updated DESC, id DESC LIMIT $2";

const ARCHIVE: &str = "WITH RECURSIVE members (id) AS (
        SELECT $1::uuid UNION SELECT threads.id FROM threads JOIN members ON threads.parent = members.id)
    UPDATE threads SET archived = $2 WHERE id IN (SELECT id FROM members)";

const DELETE: &str = "WITH RECURSIVE members (id) AS (
        SELECT $1::uuid UNION SELECT threads.id FROM threads JOIN members ON threads.parent = members.id),
    gone AS (DELETE FROM threads WHERE id IN (SELECT id FROM members) RETURNING id)
    DELETE FROM items WHERE thread IN (SELECT id FROM gone)";

/// As many connections as a pool of Creel's has.
const CONNECTIONS: usize = 10;

/// A pool of connections, driven by the thread that calls: so nothing waits for another thread to wake.
#[derive(Debug)]
pub(super) struct Hand {
    pool: Pool,
    runtime: Runtime,
    clock: i64,
}

type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

impl Hand {
    /// Connects to a database, and makes the tables there if they are absent.
    pub(super) fn open(url: &str, strict: bool) -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let mut config: Config = url.parse()?;
        let level = if strict { "on" } else { "off" };
        config.options(format!("-c synchronous_commit={level}"));
        let fast = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config, NoTls, fast);
        let pool = Pool::builder(manager).max_size(CONNECTIONS).build()?;
        let clock = runtime.block_on(async {
            let client = pool.get().await?;
            client.batch_execute(TABLES).await?;
            let latest = "SELECT coalesce(max(updated), 0) FROM threads";
            anyhow::Ok(client.query_one(latest, &[]).await?.try_get(0)?)
        })?;
        Ok(Self { pool, runtime, clock })
    }

    fn execute(&self, sql: &str, parameters: Parameters<'_>) -> Result<u64> {
        self.runtime.block_on(async {
            let client = self.pool.get().await?;
            execute(&client, sql, parameters).await
        })
    }

    fn query(&self, sql: &str, parameters: Parameters<'_>) -> Result<Vec<Row>> {
        self.runtime.block_on(async {
            let client = self.pool.get().await?;
            let statement = client.prepare_cached(sql).await?;
            Ok(client.query(&statement, parameters).await?)
        })
    }

    fn list(&self, sql: &str, parameters: Parameters<'_>) -> Result<usize> {
        let rows = self.query(sql, parameters)?;
        let thread = |row: &Row| -> Result<_> {
            let ids: (Uuid, Option<Uuid>) = (row.try_get(0)?, row.try_get(1)?);
            let rest: (String, i64, i64) = (row.try_get(2)?, row.try_get(3)?, row.try_get(4)?);
            Ok((ids, rest))
        };
        Ok(rows.iter().map(thread).collect::<Result<Vec<_>>>()?.len())
    }
}

async fn execute(client: &Object, sql: &str, parameters: Parameters<'_>) -> Result<u64> {
    let statement = client.prepare_cached(sql).await?;
    Ok(client.execute(&statement, parameters).await?)
}

impl Contender for Hand {
    fn create(&mut self, threads: &[Spec]) -> Result<()> {
        let ids: Vec<_> = threads.iter().map(|thread| thread.id).collect();
        let parents: Vec<_> = threads.iter().map(|thread| thread.parent).collect();
        let names: Vec<_> = threads.iter().map(|thread| thread.name.as_str()).collect();
        let times: Vec<_> = threads.iter().map(|thread| thread.at).collect();
        self.clock = times.iter().copied().fold(self.clock, i64::max);
        self.execute(CREATE, &[&ids, &parents, &names, &times]).map(drop)
    }

    fn append(&mut self, thread: Uuid, items: &[String]) -> Result<()> {
        self.clock += 1;
        let stored = self.execute(APPEND, &[&thread, &self.clock, &items])?;
        ensure!(stored == items.len() as u64, "{stored} items were stored");
        Ok(())
    }

    fn append_at_once(&mut self, items: &[(Uuid, String)]) -> Result<()> {
        self.clock += 1;
        let (pool, clock) = (&self.pool, self.clock);
        let appends = items.iter().map(|(thread, item)| async move {
            let client = pool.get().await?;
            let stored = execute(&client, APPEND, &[thread, &clock, &[item].as_slice()]).await?;
            ensure!(stored == 1, "{stored} items were stored");
            Ok(())
        });
        self.runtime.block_on(try_join_all(appends)).map(drop)
    }

    fn load(&mut self, thread: Uuid) -> Result<usize> {
        let rows = self.query(LOAD, &[&thread])?;
        let item = |row: &Row| Ok(serde_json::from_str::<Value>(row.try_get(0)?)?);
        Ok(rows.iter().map(item).collect::<Result<Vec<_>>>()?.len())
    }

    fn newest(&mut self, limit: usize) -> Result<usize> {
        self.list(NEWEST, &[&i64::try_from(limit)?])
    }

    fn children(&mut self, parent: Uuid, limit: usize) -> Result<usize> {
        self.list(CHILDREN, &[&parent, &i64::try_from(limit)?])
    }

    fn archive(&mut self, root: Uuid) -> Result<usize> {
        Ok(usize::try_from(self.execute(ARCHIVE, &[&root, &true])?)?)
    }

    fn unarchive(&mut self, root: Uuid) -> Result<()> {
        self.execute(ARCHIVE, &[&root, &false]).map(drop)
    }

    fn delete(&mut self, root: Uuid, committed: &mut dyn FnMut()) -> Result<()> {
        self.execute(DELETE, &[&root])?;
        committed();
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.pool.close();
        Ok(())
    }
}
