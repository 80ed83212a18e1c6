//! The quarantine: bytes that a repair took out of use, under readable keys in the catalog's table.
//!
//! A deletion takes what it holds of its members as well.

use std::collections::HashSet;

use bytes::Bytes;

use super::salvage::find;
use crate::error::Result;
use crate::id::ThreadId;
use crate::journal::load::scan_all;
use crate::keys;
use crate::storage::{Key, KeyRange, Storage, Table, Write};

/// What a repair puts into quarantine.
#[derive(Debug, Default)]
pub(super) struct Quarantine {
    taken: HashSet<Key>,
    /// Threads of which nothing may be left.
    erased: Vec<ThreadId>,
    pub(super) writes: Vec<Write>,
}

impl Quarantine {
    /// Opens the quarantine, and removes from it what is of `erased` threads.
    pub(super) async fn open<S: Storage>(storage: &S, erased: Vec<ThreadId>) -> Result<Self> {
        let mut quarantine = Self { erased, ..Self::default() };
        let found = scan_all(storage, Table::Catalog, KeyRange::prefix(keys::QUARANTINE)).await?;
        for (key, value) in found {
            if mentions(&quarantine.erased, &key, &value) {
                quarantine.writes.push(Write::Delete { table: Table::Catalog, key });
            } else {
                quarantine.taken.insert(key);
            }
        }
        Ok(quarantine)
    }

    /// Returns a key that no record in quarantine has.
    pub(super) fn key(&mut self, table: Table, key: &str) -> Key {
        let plain = keys::quarantine(table, key);
        let mut free = plain.clone();
        let mut again = 1;
        while !self.taken.insert(free.clone()) {
            again += 1;
            free = format!("{plain}.{again}");
        }
        free
    }

    /// Keeps a value under a key that [`key`](Self::key) gave.
    pub(super) fn keep(&mut self, key: Key, value: Bytes) {
        if !mentions(&self.erased, &key, &value) {
            self.writes.push(Write::Put { table: Table::Catalog, key, value });
        }
    }

    /// Keeps a value under the key that it had.
    pub(super) fn keep_as(&mut self, table: Table, key: &str, value: Bytes) {
        let key = self.key(table, key);
        self.keep(key, value);
    }
}

/// Returns the keys of what the quarantine holds of threads.
pub(crate) async fn of<S: Storage>(storage: &S, threads: &[ThreadId]) -> Result<Vec<Key>> {
    let found = scan_all(storage, Table::Catalog, KeyRange::prefix(keys::QUARANTINE)).await?;
    let of_them = found.into_iter().filter(|(key, value)| mentions(threads, key, value));
    Ok(of_them.map(|(key, _)| key).collect())
}

/// Bytes that can't be read can only be searched for the ids of threads.
fn mentions(threads: &[ThreadId], key: &str, value: &[u8]) -> bool {
    threads.iter().any(|id| {
        let id = id.to_string();
        key.contains(&id) || find(value, id.as_bytes()).is_some()
    })
}
