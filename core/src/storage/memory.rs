//! The storage that keeps its tables in memory, for tests, simulations and throw-away stores.
//!
//! Every handle of one database sees the commits of the others, as two tabs of a browser do. It
//! must never hold its lock while it calls foreign code.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::{
    Batch, Durability, Key, KeyRange, Order, Page, SCAN_BYTES, Scrubbed, Storage, StorageError,
    StorageResult, Table, Write,
};
use crate::maybe_send::BoxFn;

/// Keeps the three tables in memory; handles of one database share them.
///
/// A clone is another handle of the same database: closing one leaves the others open, and a
/// clone of a closed handle is open. The data lives as long as any handle does. Both durabilities
/// are alike, since nothing survives the process.
pub struct MemoryStorage {
    database: Arc<Mutex<Database>>,
    handle: u64,
    closed: AtomicBool,
}

impl MemoryStorage {
    /// Makes an empty database and returns its first handle.
    pub fn new() -> Self {
        Self::over(Tables::default())
    }

    /// Returns another open handle of the same database, also when this one is closed.
    pub fn reopen(&self) -> Self {
        let handle = {
            let mut database = lock(&self.database);
            database.handles += 1;
            database.handles
        };
        Self { database: self.database.clone(), handle, closed: AtomicBool::new(false) }
    }

    fn over(tables: Tables) -> Self {
        let database =
            Database { tables, handles: 0, watchers: Vec::new(), calls: Calls::default() };
        let database = Arc::new(Mutex::new(database));
        Self { database, handle: 0, closed: AtomicBool::new(false) }
    }

    fn open_database(&self) -> StorageResult<MutexGuard<'_, Database>> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(StorageError::Closed);
        }
        Ok(lock(&self.database))
    }

    fn stop_watching(&self) {
        let handle = self.handle;
        // Dropped after the lock: a callback may own a handle of this very database.
        let _watchers: Vec<Watcher> = lock(&self.database)
            .watchers
            .extract_if(.., |watcher| watcher.handle == handle)
            .collect();
    }
}

#[cfg(feature = "testing")]
impl MemoryStorage {
    /// Makes a database that holds what `snapshot` does and returns its first handle.
    pub fn from_snapshot(snapshot: &Snapshot) -> Self {
        Self::over(snapshot.0.clone())
    }

    /// Returns a copy of all records, at one moment; a closed handle answers too.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(lock(&self.database).tables.clone())
    }

    /// Replaces all records by those of `snapshot`, for every handle, and tells no watcher.
    pub fn restore(&self, snapshot: &Snapshot) {
        lock(&self.database).tables = snapshot.0.clone();
    }

    /// Returns how often the database was called since it was made, by all its handles.
    pub fn calls(&self) -> Calls {
        lock(&self.database).calls
    }

    /// Returns the records of one table in the order of their keys; a closed handle answers too.
    pub fn records(&self, table: Table) -> Vec<(Key, Bytes)> {
        let database = lock(&self.database);
        database.tables.of(table).iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

/// How often a [`MemoryStorage`] was called, for tests that state what something costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "testing"), allow(unreachable_pub, dead_code, reason = "for tests"))]
pub struct Calls {
    /// Calls of `get`.
    pub get: u64,
    /// Calls of `scan`.
    pub scan: u64,
    /// Calls of `commit`, refused ones included.
    pub commit: u64,
}

/// A copy of all records of a [`MemoryStorage`].
#[cfg(feature = "testing")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot(Tables);

#[cfg(feature = "testing")]
impl Snapshot {
    /// Returns the records of one table.
    pub fn records(&self, table: Table) -> &BTreeMap<Key, Bytes> {
        self.0.of(table)
    }

    /// Returns the records of one table, to be changed as a fault of the medium would.
    pub fn records_mut(&mut self, table: Table) -> &mut BTreeMap<Key, Bytes> {
        self.0.of_mut(table)
    }
}

impl Default for MemoryStorage {
    fn default() -> Self {
        Self::new()
    }
}

impl Clone for MemoryStorage {
    fn clone(&self) -> Self {
        self.reopen()
    }
}

impl Drop for MemoryStorage {
    fn drop(&mut self) {
        self.stop_watching();
    }
}

impl fmt::Debug for MemoryStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStorage")
            .field("handle", &self.handle)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}

impl Storage for MemoryStorage {
    async fn get(&self, table: Table, keys: Vec<Key>) -> StorageResult<Vec<Option<Bytes>>> {
        let mut database = self.open_database()?;
        database.calls.get += 1;
        let records = database.tables.of(table);
        Ok(keys.iter().map(|key| records.get(key).cloned()).collect())
    }

    async fn scan(
        &self,
        table: Table,
        range: KeyRange,
        limit: usize,
        order: Order,
    ) -> StorageResult<Page> {
        let mut database = self.open_database()?;
        database.calls.scan += 1;
        if range.is_empty() {
            return Ok(Page::default());
        }
        let records = database.tables.of(table).range::<str, _>(bounds(&range));
        Ok(match order {
            Order::Ascending => page(records, limit),
            Order::Descending => page(records.rev(), limit),
        })
    }

    async fn commit(&self, batch: Batch, _durability: Durability) -> StorageResult<()> {
        let watchers: Vec<Arc<BoxFn<()>>> = {
            let mut database = self.open_database()?;
            database.calls.commit += 1;
            database.tables.apply(batch)?;
            let others = database.watchers.iter().filter(|watcher| watcher.handle != self.handle);
            others.map(|watcher| watcher.callback.clone()).collect()
        };
        for callback in watchers {
            callback(());
        }
        Ok(())
    }

    async fn close(&self) -> StorageResult<()> {
        self.closed.store(true, Ordering::SeqCst);
        self.stop_watching();
        Ok(())
    }

    async fn scrub(&self) -> StorageResult<Scrubbed> {
        drop(self.open_database()?);
        Ok(Scrubbed::LogicalOnly)
    }

    fn watch(&self, callback: BoxFn<()>) -> bool {
        let watcher = Watcher { handle: self.handle, callback: Arc::new(callback) };
        match self.open_database() {
            Ok(mut database) => {
                database.watchers.push(watcher);
                true
            }
            Err(_) => false,
        }
    }
}

struct Database {
    tables: Tables,
    handles: u64,
    watchers: Vec<Watcher>,
    calls: Calls,
}

struct Watcher {
    handle: u64,
    callback: Arc<BoxFn<()>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tables([BTreeMap<Key, Bytes>; 3]);

impl Tables {
    fn of(&self, table: Table) -> &BTreeMap<Key, Bytes> {
        let [journal, catalog, history] = &self.0;
        match table {
            Table::Journal => journal,
            Table::Catalog => catalog,
            Table::History => history,
        }
    }

    fn of_mut(&mut self, table: Table) -> &mut BTreeMap<Key, Bytes> {
        let [journal, catalog, history] = &mut self.0;
        match table {
            Table::Journal => journal,
            Table::Catalog => catalog,
            Table::History => history,
        }
    }

    fn apply(&mut self, batch: Batch) -> StorageResult<()> {
        if batch.checks.iter().any(|check| !self.of(check.table).contains_key(&check.key)) {
            return Err(StorageError::Conflict);
        }
        let mut undo = Vec::new();
        for write in batch.writes {
            if let Err(error) = self.write(write, &mut undo) {
                for (table, key, before) in undo.into_iter().rev() {
                    let records = self.of_mut(table);
                    match before {
                        Some(value) => records.insert(key, value),
                        None => records.remove(&key),
                    };
                }
                return Err(error);
            }
        }
        Ok(())
    }

    fn write(&mut self, write: Write, undo: &mut Vec<Change>) -> StorageResult<()> {
        match write {
            Write::Insert { table, key, .. } if self.of(table).contains_key(&key) => {
                return Err(StorageError::Conflict);
            }
            Write::Insert { table, key, value } | Write::Put { table, key, value } => {
                let before = self.of_mut(table).insert(key.clone(), value);
                undo.push((table, key, before));
            }
            Write::Delete { table, key } => {
                let before = self.of_mut(table).remove(&key);
                undo.push((table, key, before));
            }
            Write::DeleteRange { range, .. } if range.is_empty() => {}
            Write::DeleteRange { table, range } => {
                let removed = self.of_mut(table).extract_if(range.start..range.end, |_, _| true);
                undo.extend(removed.map(|(key, value)| (table, key, Some(value))));
            }
        }
        Ok(())
    }
}

/// A table, a key, and what was there before a write.
type Change = (Table, Key, Option<Bytes>);

fn bounds(range: &KeyRange) -> (Bound<&str>, Bound<&str>) {
    (Bound::Included(range.start.as_str()), Bound::Excluded(range.end.as_str()))
}

fn page<'a>(records: impl Iterator<Item = (&'a Key, &'a Bytes)>, limit: usize) -> Page {
    let mut page = Page::default();
    let mut bytes = 0;
    for (key, value) in records {
        if page.records.len() >= limit || bytes >= SCAN_BYTES {
            page.more = true;
            break;
        }
        bytes += key.len() + value.len();
        page.records.push((key.clone(), value.clone()));
    }
    page
}

fn lock(database: &Mutex<Database>) -> MutexGuard<'_, Database> {
    // A commit changes the tables in steps that can't panic, so a poisoned lock guards whole data.
    database.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_batch_leaves_every_table_as_it_was() {
        let storage = MemoryStorage::new();
        let put = |table, key: &str, value: &'static str| Write::Put {
            table,
            key: key.into(),
            value: Bytes::from_static(value.as_bytes()),
        };
        let setup = vec![put(Table::History, "a", "1"), put(Table::History, "b", "2")];
        let commit = |writes| {
            futures_lite::future::block_on(
                storage.commit(Batch { checks: vec![], writes }, Durability::Relaxed),
            )
        };
        commit(setup).unwrap();
        let before = storage.snapshot();
        let refused = commit(vec![
            put(Table::Journal, "x", "new"),
            put(Table::History, "a", "changed"),
            Write::DeleteRange { table: Table::History, range: KeyRange::new("a", "c") },
            put(Table::History, "c", "new"),
            Write::Insert { table: Table::History, key: "c".into(), value: Bytes::new() },
        ]);
        assert!(matches!(refused, Err(StorageError::Conflict)), "{refused:?}");
        assert_eq!(storage.snapshot(), before);
    }
}
