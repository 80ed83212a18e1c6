//! Sound stores: a check finds nothing, whatever was done and while others do more.

use creel::doctor::{Finding, FindingCode};
use creel::storage::MemoryStorage;
use creel::{DeleteOptions, Error, ThreadId, Wait};
use futures_lite::future::block_on;

use super::support::*;

/// A small generator, so that a seed tells the whole script.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }
}

/// Does something at random; a refusal is an answer too.
async fn step(store: &Memory, random: &mut Random, threads: &mut Vec<ThreadId>) {
    let some = threads.get(random.below(threads.len().max(1))).copied();
    let Some(id) = some.filter(|_| random.below(6) > 0) else {
        let parent = some.filter(|_| random.below(2) > 0);
        let thread = parent.map_or_else(|| named("thread"), under);
        threads.extend(store.create(thread).await.map(|thread| thread.id));
        return;
    };
    let result = match random.below(12) {
        0..4 => store.append(id, items(0..random.below(30))).await.map(drop),
        4 => {
            let large = "x".repeat(2000);
            let large = creel::Item::new(&format!(r#"{{"large":"{large}"}}"#)).unwrap();
            store.append(id, vec![large; 40 + random.below(60)]).await.map(drop)
        }
        5 => store.archive(id).await.map(drop),
        6 => store.unarchive(id).await.map(drop),
        7 => store.append_logs(id, items(0..3)).await,
        8 => store.set_tools(id, items(0..random.below(3))).await,
        9 => store.checkpoint().await,
        10 => {
            store.set_parent(id, threads.get(random.below(threads.len())).copied()).await.map(drop)
        }
        _ => {
            let grace = (random.below(2) > 0).then_some(1_000_000);
            let deleted = store
                .delete(id, DeleteOptions { grace, wait: Wait::Committed, ..Default::default() })
                .await;
            match deleted {
                Ok(receipt) if random.below(2) > 0 => {
                    store.undelete(receipt.deletion).await.map(drop)
                }
                other => other.map(drop),
            }
        }
    };
    match result {
        Ok(()) => {}
        Err(Error::Corrupt { key, reason }) => panic!("{key}: {reason}"),
        Err(_) => {}
    }
}

#[test]
fn random_scripts_of_several_instances_leave_nothing_to_find() {
    block_on(async {
        for seed in 1..=25 {
            let storage = MemoryStorage::new();
            let stores = [open(&storage).await, open(&storage).await];
            let mut random = Random(seed * 0x9e37_79b9);
            let mut threads = Vec::new();
            for n in 0..60 {
                let store = &stores[random.below(2)];
                step(store, &mut random, &mut threads).await;
                if n % 20 == 19 {
                    let report = stores[0].check().await.unwrap();
                    assert!(report.is_clean(), "seed {seed}: {:#?}", report.findings);
                }
            }
            for store in stores {
                store.close().await.unwrap();
            }
            let store = open(&storage).await;
            assert!(store.check().await.unwrap().is_clean(), "seed {seed}");
        }
    });
}

#[test]
fn a_check_beside_a_busy_writer_finds_nothing() {
    let storage = MemoryStorage::new();
    let checker = block_on(open(&storage));
    let writer = {
        let storage = storage.reopen();
        std::thread::spawn(move || {
            block_on(async {
                let store = open(&storage).await;
                let (mut random, mut threads) = (Random(7), Vec::new());
                for n in 0..600 {
                    step(&store, &mut random, &mut threads).await;
                    // Packing moves items from one place to another under the reader.
                    if n % 3 == 0 {
                        store.checkpoint().await.unwrap();
                    }
                }
                store.close().await.unwrap();
            });
        })
    };
    let mut checks = 0;
    while !writer.is_finished() || checks == 0 {
        let report = block_on(checker.check()).unwrap();
        let real = |finding: &&Finding| finding.code != FindingCode::Busy;
        let found: Vec<_> = report.findings.iter().filter(real).collect();
        assert!(found.is_empty(), "{found:#?}");
        checks += 1;
    }
    writer.join().unwrap();
    println!("{checks} checks");
}

#[test]
fn a_live_instance_that_meets_a_bad_entry_goes_on_reading() {
    block_on(async {
        let storage = MemoryStorage::new();
        let (writer, reader) = (open(&storage).await, open(&storage).await);
        let id = writer.create(named("thread")).await.unwrap().id;
        writer.append(id, items(0..3)).await.unwrap();
        reader.refresh().await.unwrap();
        // Written elsewhere, so that nobody hears of it before it is damaged.
        let elsewhere = MemoryStorage::from_snapshot(&storage.snapshot());
        let ahead = open(&elsewhere).await;
        ahead.append(id, items(3..5)).await.unwrap();
        ahead.append(id, items(5..6)).await.unwrap();
        let mut damaged = elsewhere.snapshot();
        let journal = damaged.records_mut(creel::storage::Table::Journal);
        let bad = journal.keys().nth_back(1).unwrap().clone();
        journal.insert(bad.clone(), bytes::Bytes::from_static(b"{"));
        storage.restore(&damaged);

        reader.refresh().await.unwrap();
        assert_eq!(readable(&reader).await.len(), 3);
        let refused = reader.append(id, items(0..1)).await.unwrap_err();
        assert!(matches!(&refused, Error::Corrupt { key, .. } if *key == format!("journal/{bad}")));
        assert!(refused.to_string().contains("creel doctor --repair"), "{refused}");
        assert_eq!(readable(&reader).await.len(), 3);

        creel::doctor::repair(&storage, &creel::SystemEnv::new()).await.unwrap();
        assert!(matches!(reader.refresh().await, Err(Error::StoreReplaced)));
        let store = open(&storage).await;
        let found = readable(&store).await;
        assert_eq!(found.len(), 6, "two marks, and the item after them: {found:?}");
        assert_eq!(found[&(id, 5)], item(5).json());
        assert!(found[&(id, 4)].contains("creel/unreadable"));
        assert!(matches!(writer.append(id, items(0..1)).await, Err(Error::StoreReplaced)));
    });
}

#[test]
fn what_is_in_quarantine_goes_with_its_thread() {
    block_on(async {
        let (storage, threads) = filled().await;
        let mut damaged = storage.snapshot();
        let key =
            key_with(&damaged, creel::storage::Table::History, &format!("{}/0", threads.child));
        replace(&mut damaged, creel::storage::Table::History, &key, "\"item 7\"", "\"canary");
        storage.restore(&damaged);
        creel::doctor::repair(&storage, &creel::SystemEnv::new()).await.unwrap();
        let store = open(&storage).await;
        let held = || {
            let catalog = storage.records(creel::storage::Table::Catalog);
            catalog.into_iter().filter(|(key, _)| key.starts_with("quarantine/")).count()
        };
        assert_eq!((held(), store.check().await.unwrap().quarantined), (1, 1));
        store.delete(threads.root, DeleteOptions::default()).await.unwrap();
        assert_eq!(held(), 0);
        assert!(store.check().await.unwrap().is_clean());
    });
}
