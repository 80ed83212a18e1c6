//! Bad media: every record of a store cut, changed or swapped with another, one at a time.

use std::collections::BTreeMap;

use bytes::Bytes;
use creel::doctor::repair;
use creel::storage::{MemoryStorage, Snapshot, StorageError, Table};
use creel::{Error, SystemEnv, ThreadId};
use futures_lite::future::block_on;

use super::support::*;

type Items = BTreeMap<(ThreadId, u64), String>;

/// A damage and what it is called when a test fails.
type Damaged = (String, Snapshot);

fn keys(snapshot: &Snapshot) -> Vec<(Table, String)> {
    let of = |table| snapshot.records(table).keys().map(move |key| (table, key.clone()));
    Table::ALL.into_iter().flat_map(of).collect()
}

fn cuts(sound: &Snapshot) -> Vec<Damaged> {
    let mut all = Vec::new();
    for (table, key) in keys(sound) {
        let length = sound.records(table)[&key].len();
        for to in [0, length / 3, length.saturating_sub(1)] {
            let mut damaged = sound.clone();
            let value = damaged.records_mut(table).get_mut(&key).unwrap();
            *value = value.slice(..to);
            all.push((format!("{table:?}/{key} cut to {to}"), damaged));
        }
        let mut damaged = sound.clone();
        damaged.records_mut(table).remove(&key);
        all.push((format!("{table:?}/{key} removed"), damaged));
    }
    all
}

fn flips(sound: &Snapshot, a_record: usize) -> Vec<Damaged> {
    let mut all = Vec::new();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % below as u64).unwrap()
    };
    for (table, key) in keys(sound) {
        let value = sound.records(table)[&key].clone();
        for _ in 0..if value.is_empty() { 0 } else { a_record } {
            let (at, bit) = (next(value.len()), next(8));
            let mut bytes = value.to_vec();
            bytes[at] ^= 1 << bit;
            let mut damaged = sound.clone();
            damaged.records_mut(table).insert(key.clone(), Bytes::from(bytes));
            all.push((format!("{table:?}/{key} bit {bit} of byte {at}"), damaged));
        }
    }
    all
}

fn swaps(sound: &Snapshot) -> Vec<Damaged> {
    let mut all = Vec::new();
    for table in Table::ALL {
        let keys: Vec<&String> = sound.records(table).keys().collect();
        for pair in keys.windows(2) {
            let mut damaged = sound.clone();
            let records = damaged.records_mut(table);
            let (a, b) = (records[pair[0]].clone(), records[pair[1]].clone());
            records.insert(pair[0].clone(), b);
            records.insert(pair[1].clone(), a);
            all.push((format!("{table:?}/{} swapped with {}", pair[0], pair[1]), damaged));
        }
    }
    all
}

/// Opens, checks, reads, repairs, and reads again; returns what could be read before the repair.
async fn survive(storage: &MemoryStorage, name: &str, sound: &Items) -> Option<Items> {
    let store = match try_open(storage).await {
        // One bit makes another format of it, which nobody can tell from a newer version.
        Err(Error::Storage(StorageError::SchemaTooNew { .. })) => return None,
        other => other.unwrap_or_else(|error| panic!("{name}: {error}")),
    };
    let before = readable(&store).await;
    let report = store.check().await.unwrap_or_else(|error| panic!("{name}: {error}"));
    store.close().await.unwrap();
    let env = SystemEnv::new();
    let repaired = repair(storage, &env).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(codes(&repaired), codes(&report), "{name}");
    let store = open(storage).await;
    let left = store.check().await.unwrap().findings;
    assert!(left.is_empty(), "{name}: {left:#?} after {:#?}", report.findings);
    let after = readable(&store).await;
    // A lost line break moves the items after it, until the repair moves them back.
    for (place, item) in before.iter().filter(|(place, item)| sound.get(place) == Some(item)) {
        assert_eq!(after.get(place), Some(item), "{name}: {place:?} after {:#?}", report.findings);
    }
    store.create(named("new")).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    store.close().await.unwrap();
    Some(before)
}

async fn survive_all(storage: &MemoryStorage, all: Vec<Damaged>, sound: &Items) {
    let mut worst = sound.len();
    for (name, damaged) in all {
        storage.restore(&damaged);
        let Some(before) = survive(storage, &name, sound).await else { continue };
        let is_history = name.starts_with("History/");
        if is_history {
            // A bad record of one thread takes nothing from the others.
            for ((id, seq), item) in sound {
                if !name.contains(&id.to_string()) {
                    assert_eq!(before.get(&(*id, *seq)), Some(item), "{name}: {id} {seq}");
                }
            }
        }
        worst = worst.min(before.len());
    }
    println!("of {} items the worst damage left {worst} readable", sound.len());
}

#[test]
fn a_record_that_is_cut_or_gone_takes_nothing_else() {
    block_on(async {
        let (storage, _) = filled().await;
        let sound = readable(&open(&storage).await).await;
        let all = cuts(&storage.snapshot());
        survive_all(&storage, all, &sound).await;
    });
}

#[test]
fn a_flipped_bit_takes_nothing_else() {
    block_on(async {
        let (storage, _) = filled().await;
        let sound = readable(&open(&storage).await).await;
        let all = flips(&storage.snapshot(), 6);
        survive_all(&storage, all, &sound).await;
    });
}

#[test]
fn swapped_records_take_nothing_else() {
    block_on(async {
        let (storage, _) = filled().await;
        let sound = readable(&open(&storage).await).await;
        let all = swaps(&storage.snapshot());
        survive_all(&storage, all, &sound).await;
    });
}
