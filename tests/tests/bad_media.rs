//! Damaged records and damaged files: a clear error that names what is damaged, never a panic,
//! never a hang, and the rest still readable.
//!
//! Every record of a small store is cut, flipped, emptied, removed and swapped in turn. A bad record
//! of a table in [`TOLERATED`] must not keep the store from opening.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use creel::storage::{
    Batch, Durability, MemoryStorage, Snapshot, SqliteStorage, Storage, Table, Write,
};
use creel::{Error, Result, StoredItem, SystemEnv, ThreadId};
use creel_tests::damage::{Finding, ITEMS, THREADS, sample, tour};
use creel_tests::next_random;
use creel_tests::virtual_env::VirtualEnv;
use futures_lite::future::{block_on, or};

/// A bad record of these tables leaves the store open and the other threads whole.
const TOLERATED: &[Table] = &Table::ALL;
/// The database of a store in its directory.
const FILE: &str = "creel.sqlite3";

/// What happens to a record.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Cut,
    Empty,
    Flip(u64),
    Swap,
    Removed,
}

impl Damage {
    /// Every way, with some flips of single bits.
    fn ways(flips: u64) -> impl Iterator<Item = Self> {
        let rest = [Self::Cut, Self::Empty, Self::Swap, Self::Removed];
        rest.into_iter().chain((0..flips).map(Self::Flip))
    }

    /// Returns the records after damage to the one with `key`; none if there is nothing to swap.
    fn of(self, records: &BTreeMap<String, Bytes>, key: &str) -> Option<BTreeMap<String, Bytes>> {
        let mut damaged = records.clone();
        let value = records[key].clone();
        match self {
            Self::Cut if value.is_empty() => return None,
            Self::Cut => drop(damaged.insert(key.into(), value.slice(..value.len() / 2))),
            Self::Empty if value.is_empty() => return None,
            Self::Empty => drop(damaged.insert(key.into(), Bytes::new())),
            Self::Flip(_) if value.is_empty() => return None,
            Self::Flip(seed) => {
                let mut random = seed;
                let mut bytes = value.to_vec();
                let at = next_random(&mut random) % bytes.len() as u64;
                bytes[at as usize] ^= 1 << (next_random(&mut random) % 8);
                damaged.insert(key.into(), bytes.into());
            }
            Self::Swap => {
                let prefix = key.split('/').next().unwrap_or_default();
                let similar = |other: &&String| {
                    *other != key && (!key.contains('/') || other.starts_with(prefix))
                };
                let other = records.keys().rev().find(similar)?;
                damaged.insert(key.into(), records[other].clone());
                damaged.insert(other.clone(), value);
            }
            Self::Removed => drop(damaged.remove(key)),
        }
        Some(damaged)
    }
}

/// What became of the damages of one table.
#[derive(Debug, Default)]
struct Counts {
    damages: usize,
    refused: usize,
    named: usize,
    /// The store can't tell a flipped letter of a text from what was written.
    unnoticed: usize,
}

/// Judges a tour through a store that has one bad record, or two swapped ones.
fn judge(found: Result<Finding>, table: Table, what: &str, counts: &mut Counts) {
    counts.damages += 1;
    let finding = match found {
        Err(error) => {
            assert!(!TOLERATED.contains(&table), "{what} keeps the store from opening: {error}");
            assert!(is_clear(&error), "{what}: {error}");
            counts.refused += 1;
            return;
        }
        Ok(finding) => finding,
    };
    // The tour is refused some things of a whole store too: what is deleted, what is archived.
    let named = finding.all_errors().any(is_clear);
    counts.named += usize::from(named);
    counts.unnoticed += usize::from(!named);
    if table == Table::History {
        let bad = finding.histories.iter().filter(|(id, read)| !is_whole(*id, read)).count();
        assert!(bad <= 2, "{what} damages {bad} threads");
        assert_eq!(finding.histories.len() as u128, THREADS, "{what} hides threads");
    }
}

/// An error that says what is wrong with which record.
fn is_clear(error: &Error) -> bool {
    matches!(error.code(), "corrupt" | "schema_too_new" | "store_replaced")
}

fn is_whole(id: ThreadId, read: &Result<Vec<StoredItem>>) -> bool {
    let n = id.as_uuid().as_u128();
    let expected = |seq| format!(r#"{{"role":"user","content":"item {seq} of {n}","seq":{seq}}}"#);
    read.as_ref().is_ok_and(|items| {
        items.len() as u64 == ITEMS
            && items.iter().all(|item| item.item.json() == expected(item.seq))
    })
}

#[test]
fn the_sample_itself_is_whole() {
    let env = VirtualEnv::new(1_750_000_001_000, 2);
    let storage = MemoryStorage::from_snapshot(&sample());
    let finding = env.run(tour(storage, Arc::new(env.clone()))).unwrap();
    assert_eq!(finding.histories.len() as u128, THREADS);
    assert!(finding.histories.iter().all(|(id, read)| is_whole(*id, read)));
    let refusals: Vec<&str> = finding.errors.iter().map(Error::code).collect();
    let expected = ["thread_archived", "thread_deleted", "thread_not_archived"];
    assert!(refusals.iter().all(|code| expected.contains(code)), "{refusals:?}");
}

#[test]
fn a_bad_record_in_memory_is_named_and_the_rest_is_readable() {
    let whole = sample();
    for table in Table::ALL {
        let mut counts = Counts::default();
        for key in whole.records(table).keys() {
            for damage in Damage::ways(24) {
                let Some(damaged) = damage.of(whole.records(table), key) else { continue };
                let mut store = whole.clone();
                *store.records_mut(table) = damaged;
                let what = format!("{damage:?} of {}/{key}", table.name());
                let env = VirtualEnv::new(1_750_000_001_000, 2);
                let storage = MemoryStorage::from_snapshot(&store);
                let found = env.run(tour(storage, Arc::new(env.clone())));
                judge(found, table, &what, &mut counts);
            }
        }
        println!("{}: {counts:?}", table.name());
        assert!(counts.refused + counts.named > counts.damages / 3, "{counts:?}");
    }
}

/// Makes a store on disk that holds the records of `store`.
fn on_disk(dir: &Path, store: &Snapshot) {
    let records = Table::ALL.into_iter().flat_map(|table| {
        let records = store.records(table).clone().into_iter();
        records.map(move |(key, value)| Write::Insert { table, key, value })
    });
    let batch = Batch { checks: Vec::new(), writes: records.collect() };
    block_on(async {
        let storage = SqliteStorage::open(dir).await.unwrap();
        storage.commit(batch, Durability::Strict).await.unwrap();
        storage.close().await.unwrap();
    });
}

/// Tours a store on disk; an hour in it is a hang.
fn tour_on_disk(dir: &Path, what: &str) -> Result<Finding> {
    let slow = async {
        creel::Env::sleep(&SystemEnv, 60_000).await;
        panic!("{what} makes it hang");
    };
    let visit = async { tour(SqliteStorage::open(dir).await?, Arc::new(SystemEnv::new())).await };
    block_on(or(visit, slow))
}

#[test]
fn a_bad_record_on_disk_is_named_and_the_rest_is_readable() {
    let whole = sample();
    for table in Table::ALL {
        let mut counts = Counts::default();
        let keys: Vec<&String> = whole.records(table).keys().collect();
        for (n, damage) in Damage::ways(6).enumerate() {
            let key = keys[n * 5 % keys.len()];
            let Some(damaged) = damage.of(whole.records(table), key) else { continue };
            let dir = tempfile::tempdir().unwrap();
            on_disk(dir.path(), &whole);
            let database = rusqlite::Connection::open(dir.path().join(FILE)).unwrap();
            let name = table.name();
            database.execute(&format!("DELETE FROM {name}"), []).unwrap();
            for (key, value) in &damaged {
                let insert = format!("INSERT INTO {name} VALUES (?1, ?2)");
                database.execute(&insert, (key, &value[..])).unwrap();
            }
            drop(database);
            let what = format!("{damage:?} of {name}/{key} on disk");
            judge(tour_on_disk(dir.path(), &what), table, &what, &mut counts);
        }
        println!("{}: {counts:?}", table.name());
    }
}

#[test]
fn a_damaged_database_file_is_answered_and_named() {
    let whole = tempfile::tempdir().unwrap();
    on_disk(whole.path(), &sample());
    let file = std::fs::read(whole.path().join(FILE)).unwrap();
    let mut named = 0;
    for seed in 0..40 {
        let mut random = seed;
        let mut below = |most: usize| (next_random(&mut random) % most as u64) as usize;
        let mut damaged = file.clone();
        let what = match seed % 4 {
            0 => {
                damaged.truncate(below(file.len()));
                format!("a file of {} of its {} bytes", damaged.len(), file.len())
            }
            1 => {
                let page = below(file.len() / 4096) * 4096;
                damaged[page..page + 4096].fill(0);
                format!("a blank page at {page}")
            }
            2 => {
                let (a, b) = (below(file.len() / 4096) * 4096, below(file.len() / 4096) * 4096);
                let page = damaged[a..a + 4096].to_vec();
                damaged.copy_within(b..b + 4096, a);
                damaged[b..b + 4096].copy_from_slice(&page);
                format!("the pages at {a} and {b} swapped")
            }
            _ => {
                let at = below(file.len());
                damaged[at] ^= 1 << below(8);
                format!("a flipped bit at {at}")
            }
        };
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(FILE), damaged).unwrap();
        match tour_on_disk(dir.path(), &what) {
            Err(error) => {
                assert!(is_clear(&error), "{what}: {error:?}");
                named += 1;
            }
            Ok(finding) => named += usize::from(finding.all_errors().any(is_clear)),
        }
    }
    println!("{named} of 40 damages were named");
    assert!(named > 5);
}
