//! The storage contract: three ordered tables of ASCII keys to bytes, and one atomic commit.
//!
//! Everything Creel promises rests on [`Storage::commit`] being all or nothing and on
//! [`Write::Insert`] refusing a key that exists. A backend that passes the conformance suite
//! (feature `testing`) holds a store; nothing else is asked of it.

mod boxed;
#[cfg(feature = "testing")]
pub mod conformance;
#[cfg(feature = "testing")]
pub mod faulty;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "fs")]
mod sqlite;

use std::fmt::Debug;
use std::future::Future;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

pub use boxed::BoxedStorage;
pub use memory::MemoryStorage;
#[cfg(feature = "testing")]
pub use memory::{Calls, Snapshot};
#[cfg(feature = "postgres")]
pub use postgres::{PoolUsage, PostgresOptions, PostgresPool, PostgresStorage};
#[cfg(feature = "fs")]
pub use sqlite::SqliteStorage;

use crate::maybe_send::{BoxFn, MaybeSend, MaybeSync};

/// The bytes of keys and values after which the built-in backends end a page of a scan early.
const SCAN_BYTES: usize = 4 << 20;

/// Keeps the three tables of one store.
///
/// Implementations take `&self` and may be called concurrently; each call is one snapshot or one
/// transaction of its own. Keys are non-empty printable ASCII of at most 200 bytes, compared
/// bytewise; values may be empty and of any size the medium takes.
pub trait Storage: Debug + MaybeSend + MaybeSync + 'static {
    /// Reads the values of `keys`, in their order, `None` where a key is absent.
    ///
    /// All of them come from one snapshot.
    fn get(
        &self,
        table: Table,
        keys: Vec<Key>,
    ) -> impl Future<Output = StorageResult<Vec<Option<Bytes>>>> + MaybeSend;

    /// Reads the records of `range` in `order`, at most `limit`, from one snapshot.
    ///
    /// A backend may stop early to bound the bytes of a page (at least one record is returned if
    /// the range holds any); [`Page::more`] then says that the range holds further records.
    fn scan(
        &self,
        table: Table,
        range: KeyRange,
        limit: usize,
        order: Order,
    ) -> impl Future<Output = StorageResult<Page>> + MaybeSend;

    /// Applies `batch` whole or not at all; when it returns, the batch is durable as asked.
    ///
    /// Checks and writes are one serializable step: no other commit comes between them. A failed
    /// [`Exists`] and an [`Write::Insert`] of a present key are [`StorageError::Conflict`], and
    /// nothing is written. Writes apply in order.
    ///
    /// [`StorageError::Unavailable`] leaves the outcome unknown: the batch may have been, or may
    /// yet be, applied. Every other error says that nothing was.
    fn commit(
        &self,
        batch: Batch,
        durability: Durability,
    ) -> impl Future<Output = StorageResult<()>> + MaybeSend;

    /// Releases the medium; later calls are [`StorageError::Closed`]. A second close does nothing.
    fn close(&self) -> impl Future<Output = StorageResult<()>> + MaybeSend;

    /// Removes the physical remains of deleted values, as far as the medium lets itself be told.
    ///
    /// The default does nothing and says so.
    fn scrub(&self) -> impl Future<Output = StorageResult<Scrubbed>> + MaybeSend {
        async { Ok(Scrubbed::LogicalOnly) }
    }

    /// Asks for `callback` to be called whenever another instance may have committed.
    ///
    /// Returns false where the medium can't tell; the store then polls. The callback carries no
    /// data: the news itself is read from the journal.
    fn watch(&self, callback: BoxFn<()>) -> bool {
        drop(callback);
        false
    }
}

/// A key: printable ASCII, compared bytewise.
pub type Key = String;

/// One of the three tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Table {
    /// One entry a commit.
    Journal,
    /// Head, epoch, pages and receipts.
    Catalog,
    /// Segments of items and other streams of threads.
    History,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 3] = [Self::Journal, Self::Catalog, Self::History];

    /// Returns the table's name: `journal`, `catalog` or `history`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::Catalog => "catalog",
            Self::History => "history",
        }
    }
}

/// A range of keys: from `start`, included, to `end`, excluded.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeyRange {
    /// The first key that can be in the range.
    pub start: Key,
    /// The first key after the range. A range whose end is not after its start is empty.
    pub end: Key,
}

impl KeyRange {
    /// Returns the range `start <= key < end`.
    pub fn new(start: impl Into<Key>, end: impl Into<Key>) -> Self {
        Self { start: start.into(), end: end.into() }
    }

    /// Returns the range of every key that starts with `prefix`.
    ///
    /// `prefix` is non-empty ASCII that does not end in the last ASCII character.
    pub fn prefix(prefix: &str) -> Self {
        let mut end = prefix.to_owned();
        if let Some(last) = end.pop() {
            end.push(char::from_u32(last as u32 + 1).unwrap_or(char::MAX));
        }
        Self { start: prefix.to_owned(), end }
    }

    /// Tells whether `key` is in the range.
    pub fn contains(&self, key: &str) -> bool {
        self.start.as_str() <= key && key < self.end.as_str()
    }

    /// Tells whether no key can be in the range.
    pub fn is_empty(&self) -> bool {
        self.start >= self.end
    }
}

/// The direction of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Smallest key first.
    #[default]
    Ascending,
    /// Largest key first.
    Descending,
}

/// What a scan found.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Page {
    /// The records, in the order asked for.
    pub records: Vec<(Key, Bytes)>,
    /// Whether the range holds further records after the last one here.
    pub more: bool,
}

/// A key that must exist for a commit to happen.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Exists {
    /// The table.
    pub table: Table,
    /// The key.
    pub key: Key,
}

/// One change of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Adds a record; a key that exists is [`StorageError::Conflict`].
    Insert {
        /// The table.
        table: Table,
        /// The key.
        key: Key,
        /// The value.
        value: Bytes,
    },
    /// Adds or replaces a record.
    Put {
        /// The table.
        table: Table,
        /// The key.
        key: Key,
        /// The value.
        value: Bytes,
    },
    /// Removes a record if it is there.
    Delete {
        /// The table.
        table: Table,
        /// The key.
        key: Key,
    },
    /// Removes every record of a range.
    DeleteRange {
        /// The table.
        table: Table,
        /// The range.
        range: KeyRange,
    },
}

/// What a commit checks and writes, as one step.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Batch {
    /// Keys that must exist.
    pub checks: Vec<Exists>,
    /// Changes, applied in order.
    pub writes: Vec<Write>,
}

impl Batch {
    /// Returns the bytes of keys and values that the batch writes.
    pub fn size(&self) -> usize {
        self.writes
            .iter()
            .map(|write| match write {
                Write::Insert { key, value, .. } | Write::Put { key, value, .. } => {
                    key.len() + value.len()
                }
                Write::Delete { key, .. } => key.len(),
                Write::DeleteRange { range, .. } => range.start.len() + range.end.len(),
            })
            .sum()
    }
}

/// What a commit survives once it returned.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// Survives the end of the process, as the browser's own default does.
    #[default]
    Relaxed,
    /// Survives the loss of power.
    Strict,
}

/// What a scrub of the medium did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Scrubbed {
    /// Deleted records are unreachable; when their bytes go is the medium's own affair.
    LogicalOnly,
    /// No byte of a deleted record is left in the store's files.
    Physical,
    /// A reader of another process prevented it; the next scrub takes it along.
    Prevented,
}

crate::fields::words! { Scrubbed { "logicalOnly" LogicalOnly, "physical" Physical, "prevented" Prevented } }

/// The result of a storage call.
pub type StorageResult<T> = std::result::Result<T, StorageError>;

/// The cause of a failure, kept for the log.
pub type Cause = std::sync::Arc<dyn std::error::Error + Send + Sync>;

/// Why a storage call failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// A checked key is missing or an inserted one exists; nothing was written.
    #[error("another instance committed first")]
    Conflict,
    /// The medium is full; nothing was written.
    #[error("the storage is full")]
    QuotaExceeded {
        /// The medium's own error.
        #[source]
        cause: Option<Cause>,
    },
    /// The storage was closed.
    #[error("the storage is closed")]
    Closed,
    /// Something keeps the storage from being used now, another instance or a server that can't be
    /// reached; nothing was written.
    #[error("the storage is blocked: {reason}")]
    Blocked {
        /// What blocks it.
        reason: String,
    },
    /// What the caller gave to open a storage can't be used, a name or an address.
    #[error("{field}: {reason}")]
    InvalidField {
        /// The field's name.
        field: String,
        /// What is wrong, with the value unless it holds a secret.
        reason: String,
    },
    /// The store was written by a newer version.
    #[error("the store has format {found}, this version knows up to {known}")]
    SchemaTooNew {
        /// The format found.
        found: u32,
        /// The newest format known.
        known: u32,
    },
    /// A record can't be read.
    #[error("the record {key} is corrupt: {reason}")]
    Corrupt {
        /// The record's table and key, `journal/0000000000000007`, or a file.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The medium failed. Of a commit, the outcome is unknown.
    #[error("the storage is unavailable: {reason}")]
    Unavailable {
        /// Whether trying again may help.
        retryable: bool,
        /// What failed.
        reason: String,
        /// The medium's own error.
        #[source]
        cause: Option<Cause>,
    },
}

impl StorageError {
    /// Makes an [`Unavailable`](Self::Unavailable) error that keeps its cause.
    pub fn unavailable<E>(retryable: bool, cause: E) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let reason = cause.to_string();
        Self::Unavailable { retryable, reason, cause: Some(std::sync::Arc::new(cause)) }
    }
}
