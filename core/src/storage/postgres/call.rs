//! The calls on one connection of the pool: which messages are sent, and what their answers mean.
//!
//! # Why a commit is one serializable step
//!
//! A commit is four messages, sent at once and answered at once, so one round trip:
//!
//! 1. `BEGIN ISOLATION LEVEL READ COMMITTED`
//! 2. `SELECT … FROM store WHERE name = $1 FOR UPDATE`
//! 3. one statement that checks, deletes and inserts
//! 4. `COMMIT`
//!
//! The row lock makes the commits of one store follow each other: whoever writes to a store holds
//! its row, from before it looks until its commit is visible. Under READ COMMITTED each statement
//! takes its snapshot when it starts, which for 3 is after the lock was had, so it sees everything
//! of the commits before and nothing can be committed beside it. So every interleaving is a
//! sequence, and no case needs an argument of its own:
//!
//! - *Two inserters of one key*: the second waits at 2, then finds the key at 3, and writes nothing.
//! - *A checkpoint deletes the entry that another commit checks*: whichever comes second sees what
//!   the first did. Without the lock, a check by `FOR KEY SHARE` would be safe here too.
//! - *A range delete against an insert into the range*: without the lock, the delete would miss a
//!   record inserted after its snapshot although it waited for that commit at another row; neither
//!   row locks on what exists nor REPEATABLE READ prevent that.
//! - *A destroyed store*: its row is gone, and 2 locks nothing. What 2 locks it notes in a setting
//!   that lasts as long as the transaction, and 3 writes nothing without that note. So it writes
//!   nothing outside of a transaction either, should 1 fail alone.
//!
//! There is no deadlock, since a transaction waits for the one row before it touches another. The
//! waiters are served in turn. Stores don't wait for each other. SERIALIZABLE alone would be right
//! too, but its locks cover pages of the index, on which small stores lie side by side: they would
//! abort each other. READ COMMITTED is asked for by name, since under a database's default of
//! REPEATABLE READ the snapshot of 3 would be that of 2, from before the wait.
//!
//! If 2 or 3 is answered with an error, the server has rolled back and 4 commits nothing. If the
//! connection ends before 4 is answered, the outcome is unknown, whatever 3 was answered.

use std::collections::HashMap;
use std::time::Instant;

use bytes::Bytes;
use deadpool_postgres::{ClientWrapper, Object};
use futures_util::future::join4;
use tokio_postgres::{Error, Row, Statement};

use super::error::{Failure, busy, late, no_connection};
use super::sql::Query;
use super::{Shared, sql};
use crate::storage::{Durability, Key, KeyRange, Order, Page, StorageResult, Table};

/// How often a call is made again at once when it failed in passing.
const ATTEMPTS: u32 = 4;

/// Under this isolation each statement has a snapshot of its own, whatever the database's default.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// A connection lent by the pool.
#[derive(Debug)]
pub(super) struct Connection {
    client: Object,
    /// Whether statements are prepared once and kept on the connection.
    keeps: bool,
}

/// A statement that is ready to be sent.
struct Ready<'a> {
    query: &'a Query<'a>,
    prepared: Option<Statement>,
}

impl Connection {
    /// Takes a connection from the pool, or makes one; waits for either as long as the options say.
    pub(super) async fn acquire(shared: &Shared) -> Result<Self, Failure> {
        let deadline = Instant::now() + shared.options.connect_timeout();
        let mut last = None;
        for attempt in 0_u64.. {
            let left = deadline.saturating_duration_since(Instant::now());
            // A refusal that comes at once comes before any time-out.
            if left.is_zero() {
                return Err(Failure::NoConnection(last.unwrap_or_else(busy)));
            }
            let error = match tokio::time::timeout(left, shared.pool.get()).await {
                Ok(Ok(client)) => return Ok(Self { client, keeps: !shared.options.pooler }),
                Ok(Err(error)) => error,
                Err(_) => return Err(Failure::NoConnection(last.unwrap_or_else(busy))),
            };
            let (error, again) = no_connection(error);
            if !again {
                return Err(Failure::NoConnection(error));
            }
            last = Some(error);
            tokio::time::sleep(std::time::Duration::from_millis((20 << attempt.min(4)).min(250)))
                .await;
        }
        Err(Failure::NoConnection(last.unwrap_or_else(busy)))
    }

    pub(super) fn client(&self) -> &ClientWrapper {
        &self.client
    }

    /// Sends one statement and reads its rows.
    pub(super) async fn query(&self, query: &Query<'_>) -> Result<Vec<Row>, Error> {
        let ready = self.ready(query).await?;
        self.send(&ready).await
    }

    async fn ready<'a>(&self, query: &'a Query<'a>) -> Result<Ready<'a>, Error> {
        let prepared = if self.keeps {
            Some(self.client.prepare_typed_cached(&query.text, &query.types()).await?)
        } else {
            None
        };
        Ok(Ready { query, prepared })
    }

    async fn send(&self, ready: &Ready<'_>) -> Result<Vec<Row>, Error> {
        match &ready.prepared {
            Some(statement) => self.client.query(statement, &ready.query.values()).await,
            None => self.client.query_typed(&ready.query.text, &ready.query.typed()).await,
        }
    }

    /// Runs `work` in a transaction that holds the lock of its store, and returns its rows.
    async fn locked(&self, lock: &Query<'_>, work: &Query<'_>) -> Result<Vec<Row>, Failure> {
        // Nothing of the batch was sent yet, so whatever goes wrong here can be tried again.
        let (lock, work) = match (self.ready(lock).await, self.ready(work).await) {
            (Ok(lock), Ok(work)) => (lock, work),
            (Err(error), _) | (_, Err(error)) => return Err(unsent(error)),
        };
        let client = self.client();
        let (begun, locked, worked, committed) = join4(
            client.batch_execute(BEGIN),
            self.send(&lock),
            self.send(&work),
            client.batch_execute("COMMIT"),
        )
        .await;
        begun.map_err(Failure::of)?;
        locked.map_err(Failure::of)?;
        let rows = worked.map_err(Failure::of)?;
        committed.map_err(Failure::of_commit)?;
        Ok(rows)
    }

    /// Closes the connection instead of giving it back.
    fn discard(self) {
        drop(Object::take(self.client));
    }
}

fn unsent(error: Error) -> Failure {
    match Failure::of(error) {
        Failure::Lost(error) => Failure::NoConnection(error),
        other => other,
    }
}

/// Checks and writes a batch; answers whether its checks held.
pub(super) async fn commit(
    shared: &Shared,
    store: &str,
    plan: &super::plan::Plan,
    durability: Durability,
) -> Result<bool, Failure> {
    let schema = &shared.options.schema;
    let lock = sql::lock(schema, store, durability);
    let apply = sql::apply(schema, store, plan);
    let rows = in_transaction(shared, &lock, &apply).await?;
    rows.first().map_or(Ok(false), |row| row.try_get(0).map_err(Failure::of))
}

/// Deletes a store.
pub(super) async fn destroy(shared: &Shared, store: &str) -> Result<(), Failure> {
    let schema = &shared.options.schema;
    let lock = sql::lock(schema, store, Durability::Strict);
    in_transaction(shared, &lock, &sql::destroy(schema, store)).await.map(drop)
}

/// Runs a locked transaction, and again where it is known that it was rolled back in passing.
async fn in_transaction(
    shared: &Shared,
    lock: &Query<'_>,
    work: &Query<'_>,
) -> Result<Vec<Row>, Failure> {
    for attempt in 1.. {
        let connection = Connection::acquire(shared).await?;
        let patience = shared.options.patience();
        let result = tokio::time::timeout(patience, connection.locked(lock, work)).await;
        let failure = match result.unwrap_or_else(|_| Err(Failure::Lost(late()))) {
            Ok(rows) => return Ok(rows),
            Err(failure) => failure,
        };
        let rolled_back = matches!(failure, Failure::RolledBack(_));
        // Of a connection on which something went wrong nothing is known; a new one costs little.
        connection.discard();
        let unsent = matches!(failure, Failure::NoConnection(_));
        if attempt >= ATTEMPTS || !(unsent || rolled_back && failure.passing()) {
            return Err(failure);
        }
        pause(attempt).await;
    }
    Err(Failure::NoConnection(busy()))
}

/// Runs one statement that only reads, and again where it failed in passing.
pub(super) async fn read(shared: &Shared, query: &Query<'_>) -> StorageResult<Vec<Row>> {
    for attempt in 1.. {
        let connection = Connection::acquire(shared).await.map_err(Failure::of_read)?;
        let patience = shared.options.patience();
        let failure = match tokio::time::timeout(patience, connection.query(query)).await {
            Ok(Ok(rows)) => return Ok(rows),
            Ok(Err(error)) => Failure::of(error),
            Err(_) => Failure::Lost(late()),
        };
        connection.discard();
        if attempt >= ATTEMPTS || !failure.passing() {
            return Err(failure.of_read());
        }
        pause(attempt).await;
    }
    Err(busy())
}

/// Those that met each other try again at different moments.
async fn pause(attempt: u32) {
    let spread = Instant::now().elapsed().subsec_nanos() % 7;
    let ms = 1 + u64::from(spread + 5 * attempt * attempt);
    tokio::time::sleep(std::time::Duration::from_millis(ms)).await;
}

/// Reads the values of `keys`, in their order.
pub(super) async fn get(
    shared: &Shared,
    store: &str,
    table: Table,
    keys: &[Key],
) -> StorageResult<Vec<Option<Bytes>>> {
    let rows = read(shared, &sql::get(&shared.options.schema, store, table, keys)).await?;
    let mut found = HashMap::with_capacity(rows.len());
    for row in &rows {
        let (key, value) = record(row).map_err(|error| Failure::of(error).of_read())?;
        found.insert(key, value);
    }
    Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
}

/// Reads a page of a range.
pub(super) async fn scan(
    shared: &Shared,
    store: &str,
    table: Table,
    range: &KeyRange,
    limit: usize,
    order: Order,
) -> StorageResult<Page> {
    let schema = &shared.options.schema;
    // A page of nothing still says whether there is more.
    let query = sql::scan(schema, store, table, range, limit.max(1), order);
    let rows = read(shared, &query).await?;
    let mut page = Page::default();
    let mut total = 0_i64;
    for row in &rows {
        total = row.try_get(2).map_err(|error| Failure::of(error).of_read())?;
        page.records.push(record(row).map_err(|error| Failure::of(error).of_read())?);
    }
    page.records.truncate(limit);
    page.more = total > i64::try_from(page.records.len()).unwrap_or(i64::MAX);
    Ok(page)
}

fn record(row: &Row) -> Result<(Key, Bytes), Error> {
    let (key, value): (String, &[u8]) = (row.try_get(0)?, row.try_get(1)?);
    Ok((key, Bytes::copy_from_slice(value)))
}
