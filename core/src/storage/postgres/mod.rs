//! The storage on a PostgreSQL server: any number of stores in one database.
//!
//! Only [`PostgresPool`] and [`PostgresStorage`] are called from outside; what they do runs on
//! threads of the driver's own. `call` says why a commit is one serializable step.

mod address;
mod call;
mod error;
mod news;
mod options;
mod plan;
mod runtime;
mod schema;
mod seen;
mod sql;
mod tls;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use tokio_postgres_rustls::MakeRustlsConnect;

pub use self::options::PostgresOptions;

use self::address::Address;
use self::call::Connection;
use self::error::Failure;
use self::news::News;
use self::plan::Plan;
use self::seen::Seen;
use super::{
    Batch, Durability, Key, KeyRange, Order, Page, Storage, StorageError, StorageResult, Table,
};
use crate::maybe_send::BoxFn;

/// Holds the connections to one database, for all stores in it.
///
/// A clone is the same pool. Connections are opened when they are needed and closed with the last
/// clone and the last store. A store that nobody has open costs nothing but its rows; an open one
/// costs no connection while it is idle.
///
/// The driver is `tokio-postgres`, since it sends several messages without waiting for the answers
/// between them, which makes a commit one round trip, and hands out notifications as they come;
/// sqlx does the first only within one statement. `deadpool` keeps the connections, rustls
/// encrypts them. Both need tokio; the pool brings two threads of it, and its callers need none.
#[derive(Clone)]
pub struct PostgresPool(Arc<Shared>);

/// How much of a pool is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolUsage {
    /// The connections that are open.
    pub open: usize,
    /// Of these, the ones that are free.
    pub idle: usize,
    /// The calls that wait for a connection.
    pub waiting: usize,
    /// The most connections that may be open.
    pub max: usize,
}

struct Shared {
    pool: Pool,
    address: Address,
    connector: MakeRustlsConnect,
    options: PostgresOptions,
    news: News,
    /// By which the pool knows its own news again.
    id: String,
    handles: AtomicU64,
}

impl PostgresPool {
    /// Connects to the database that `url` names, and makes the tables there if they are absent.
    ///
    /// `url` is `postgres://user:password@host:port/database?sslmode=…`, with libpq's parameters.
    /// `sslmode` is `disable`, `prefer` (the default), `require`, `verify-ca` or `verify-full`; the
    /// first three verify no certificate, so use the last across a network that is not yours.
    /// Authorities are the system's, or those of the file that `sslrootcert` names.
    ///
    /// # Errors
    ///
    /// [`StorageError::InvalidField`] naming what is wrong with the URL or an option, never with
    /// the URL's text, which holds a password; [`StorageError::SchemaTooNew`] if a newer version
    /// made the tables; [`StorageError::Unavailable`] if the server can't be reached in time, or
    /// refuses.
    pub async fn connect(url: &str, options: PostgresOptions) -> StorageResult<Self> {
        options.check()?;
        let address = Address::parse(url, &options)?;
        let connector = tls::connector(&address)?;
        let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(address.config.clone(), connector.clone(), config);
        let pool = Pool::builder(manager)
            .max_size(options.max_connections)
            .build()
            .map_err(|error| StorageError::unavailable(false, error))?;
        let shared = Arc::new(Shared {
            pool,
            address,
            connector,
            options,
            news: News::default(),
            id: random_id()?,
            handles: AtomicU64::new(0),
        });
        let preparing = Arc::clone(&shared);
        runtime::run(async move {
            let connection = Connection::acquire(&preparing).await.map_err(Failure::of_read)?;
            schema::prepare(&connection, &preparing.options.schema).await
        })
        .await?;
        Ok(Self(shared))
    }

    /// Opens the store called `name`, which is made if it is absent.
    ///
    /// A name is 1 to 200 printable ASCII characters, without a space at its ends.
    ///
    /// # Errors
    ///
    /// [`StorageError::InvalidField`] for such a name, [`StorageError::Unavailable`].
    pub async fn store(&self, name: &str) -> StorageResult<PostgresStorage> {
        options::check_name(name)?;
        let (shared, store) = (Arc::clone(&self.0), name.to_owned());
        runtime::run(async move {
            // Asking twice does no harm, so it is retried like a read.
            let query = sql::enrol(&shared.options.schema, &store);
            call::read(&shared, &query).await.map(drop)
        })
        .await?;
        let handle = self.0.handles.fetch_add(1, Ordering::Relaxed);
        let store = Handle {
            pool: self.clone(),
            name: name.to_owned(),
            handle,
            closed: AtomicBool::new(false),
            seen: Mutex::default(),
        };
        Ok(PostgresStorage(Arc::new(store)))
    }

    /// Returns the names of all stores in the database, in bytewise order.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`].
    pub async fn names(&self) -> StorageResult<Vec<String>> {
        let shared = Arc::clone(&self.0);
        runtime::run(async move {
            let mut names: Vec<String> = Vec::new();
            loop {
                let after = names.last().map_or("", String::as_str);
                let rows = call::read(&shared, &sql::names(&shared.options.schema, after)).await?;
                if rows.is_empty() {
                    return Ok(names);
                }
                for row in rows {
                    names.push(row.try_get(0).map_err(|error| Failure::of(error).of_read())?);
                }
            }
        })
        .await
    }

    /// Deletes the store called `name` with everything in it, in one transaction.
    ///
    /// Whoever has it open is refused from then on: its next commit finds the store replaced. A
    /// store that is not there is no error.
    ///
    /// # Errors
    ///
    /// As a commit's: only [`StorageError::Unavailable`] leaves the outcome unknown, and calling
    /// again settles it.
    pub async fn destroy(&self, name: &str) -> StorageResult<()> {
        options::check_name(name)?;
        let (shared, store) = (Arc::clone(&self.0), name.to_owned());
        runtime::run(async move {
            call::destroy(&shared, &store).await.map_err(Failure::of_batch)?;
            shared.news.committed(&store, u64::MAX, None);
            Ok(())
        })
        .await?;
        news::start_telling(&self.0);
        Ok(())
    }

    /// Asks the server for a sign of life.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`] with what is wrong, at the latest after the options' times.
    pub async fn healthy(&self) -> StorageResult<()> {
        let shared = Arc::clone(&self.0);
        runtime::run(async move {
            call::read(&shared, &sql::names(&shared.options.schema, "~")).await.map(drop)
        })
        .await
    }

    /// Returns how much of the pool is in use.
    pub fn usage(&self) -> PoolUsage {
        let status = self.0.pool.status();
        PoolUsage {
            open: status.size,
            idle: status.available,
            waiting: status.waiting,
            max: status.max_size,
        }
    }
}

impl fmt::Debug for PostgresPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let config = &self.0.address.config;
        f.debug_struct("PostgresPool")
            .field("hosts", &config.get_hosts())
            .field("database", &config.get_dbname())
            .field("options", &self.0.options)
            .finish_non_exhaustive()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.news.stop();
    }
}

/// Keeps a store in a PostgreSQL database.
///
/// Any number of handles, processes and machines may have a store open. A commit is one round trip
/// to the server, a read another; `call` in the source says why a commit is one serializable step.
///
/// [`Durability::Strict`] waits until the server has the commit on its disk, and where the server
/// is set so, on its standbys. [`Durability::Relaxed`] is `synchronous_commit = off`: the commit
/// survives this process and its machine at once, and a crash of the *server* only some tenths of a
/// second later (three times `wal_writer_delay` at most, 0.6 s by default). What a crash of the
/// server leaves is a prefix of all commits; a strict commit makes all relaxed ones before it
/// durable, other stores' too. A process that lives through such a crash and remembers what the
/// server forgot finds its next commit in conflict, since each also checks that the journal's
/// newest entry is the one that this handle has seen; then it loads what there is.
///
/// Deleting is logical: the server's VACUUM frees the rows, its log and backups keep them until
/// they are gone themselves. So [`scrub`](Storage::scrub) answers
/// [`Scrubbed::LogicalOnly`](super::Scrubbed::LogicalOnly).
///
/// News comes by LISTEN and NOTIFY on the channel `creel_news` (the schema's name and `_news`), and
/// by asking where the server or a pooler has no such thing.
pub struct PostgresStorage(Arc<Handle>);

struct Handle {
    pool: PostgresPool,
    name: String,
    handle: u64,
    closed: AtomicBool,
    seen: Mutex<Seen>,
}

impl PostgresStorage {
    /// Opens the store called `name` with a pool of its own; see [`PostgresPool::connect`] and
    /// [`PostgresPool::store`], which share one among many stores.
    ///
    /// # Errors
    ///
    /// As those two.
    pub async fn connect(url: &str, name: &str, options: PostgresOptions) -> StorageResult<Self> {
        options::check_name(name)?;
        PostgresPool::connect(url, options).await?.store(name).await
    }

    /// Returns the store's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the pool that the store uses.
    pub fn pool(&self) -> &PostgresPool {
        &self.0.pool
    }

    fn open(&self) -> StorageResult<Arc<Handle>> {
        if self.0.closed.load(Ordering::SeqCst) {
            return Err(StorageError::Closed);
        }
        Ok(Arc::clone(&self.0))
    }
}

impl Handle {
    fn shared(&self) -> &Arc<Shared> {
        &self.pool.0
    }

    fn note(&self, note: impl FnOnce(&mut Seen)) {
        note(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }

    async fn commit(&self, mut plan: Plan, durability: Durability) -> StorageResult<()> {
        let mut sharpened = Ok(());
        self.note(|seen| sharpened = seen.sharpen(plan.of(Table::Journal)));
        sharpened?;
        let shared = self.shared();
        let held = call::commit(shared, &self.name, &plan, durability).await;
        if !held.map_err(Failure::of_batch)? {
            return Err(StorageError::Conflict);
        }
        let journal = plan.of(Table::Journal);
        self.note(|seen| journal.put.iter().for_each(|(key, value)| seen.wrote(key, value)));
        shared.news.committed(&self.name, self.handle, journal.put.last().map(|(key, _)| key));
        news::start_telling(shared);
        Ok(())
    }
}

impl Storage for PostgresStorage {
    async fn get(&self, table: Table, keys: Vec<Key>) -> StorageResult<Vec<Option<Bytes>>> {
        let handle = self.open()?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        runtime::run(async move {
            let values = call::get(handle.shared(), &handle.name, table, &keys).await?;
            if table == Table::Journal {
                let found = keys.iter().zip(&values);
                handle.note(|seen| {
                    found.for_each(|(key, value)| {
                        value.iter().for_each(|value| seen.read(key, value));
                    });
                });
            }
            Ok(values)
        })
        .await
    }

    async fn scan(
        &self,
        table: Table,
        range: KeyRange,
        limit: usize,
        order: Order,
    ) -> StorageResult<Page> {
        let handle = self.open()?;
        if range.is_empty() {
            return Ok(Page::default());
        }
        runtime::run(async move {
            let (shared, name) = (handle.shared(), &handle.name);
            let page = call::scan(shared, name, table, &range, limit, order).await?;
            if table == Table::Journal {
                // The newest is the one that the next commit checks.
                let newest = page.records.iter().max_by_key(|(key, _)| key);
                handle.note(|seen| newest.iter().for_each(|(key, value)| seen.read(key, value)));
            }
            Ok(page)
        })
        .await
    }

    async fn commit(&self, batch: Batch, durability: Durability) -> StorageResult<()> {
        let handle = self.open()?;
        let plan = Plan::new(batch)?;
        runtime::run(async move { handle.commit(plan, durability).await }).await
    }

    async fn close(&self) -> StorageResult<()> {
        self.0.closed.store(true, Ordering::SeqCst);
        self.0.shared().news.unwatch(&self.0.name, self.0.handle);
        Ok(())
    }

    async fn scrub(&self) -> StorageResult<super::Scrubbed> {
        drop(self.open()?);
        Ok(super::Scrubbed::LogicalOnly)
    }

    fn watch(&self, callback: BoxFn<()>) -> bool {
        let Ok(handle) = self.open() else { return false };
        let shared = handle.shared();
        shared.news.watch(&handle.name, handle.handle, callback);
        news::start_listening(shared);
        true
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared().news.unwatch(&self.name, self.handle);
    }
}

impl fmt::Debug for PostgresStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStorage")
            .field("name", &self.0.name)
            .field("pool", &self.0.pool)
            .finish_non_exhaustive()
    }
}

fn random_id() -> StorageResult<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| StorageError::Unavailable {
        retryable: false,
        reason: format!("the system has no randomness: {error}"),
        cause: None,
    })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
