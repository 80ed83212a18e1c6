//! Forking a thread, cutting its history back, and threads that appear together.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use creel::storage::faulty::{Fault, FaultPlan, FaultyStorage, Operation};
use creel::storage::{MemoryStorage, Table};
use creel::{
    Change, CreateThread, DeleteOptions, Fork, Item, ItemQuery, StagedThread, Store, StoreOptions,
    SystemEnv, ThreadId, ThreadQuery,
};
use futures_lite::future::block_on;

type Memory = Store<MemoryStorage>;

async fn open(storage: &MemoryStorage) -> Memory {
    Store::open(storage.clone(), Arc::new(SystemEnv::new()), StoreOptions::default()).await.unwrap()
}

fn item(n: u64, size: usize) -> Item {
    Item::new(&format!(r#"{{"n":{n},"pad":"{}"}}"#, "x".repeat(size))).unwrap()
}

fn named(name: &str) -> CreateThread {
    CreateThread { name: Some(name.into()), ..CreateThread::default() }
}

async fn numbers(store: &Memory, id: ThreadId) -> Vec<u64> {
    let mut numbers = Vec::new();
    loop {
        let from = Some(numbers.len() as u64);
        let query = ItemQuery { limit: Some(1000), from, ..ItemQuery::default() };
        let page = store.items(id, query).await.unwrap();
        for stored in &page.data {
            let json: serde_json::Value = serde_json::from_str(stored.item.json()).unwrap();
            numbers.push(json["n"].as_u64().unwrap());
        }
        if page.next_cursor.is_none() {
            return numbers;
        }
    }
}

async fn check(store: &Memory, storage: &MemoryStorage, id: ThreadId, expected: &[u64]) {
    let bytes = store.read(id).await.unwrap().bytes;
    assert_eq!(numbers(store, id).await, expected);
    store.checkpoint().await.unwrap();
    let report = store.check().await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    let other = open(storage).await;
    assert_eq!(numbers(&other, id).await, expected);
    let thread = other.read(id).await.unwrap();
    assert_eq!((thread.items, thread.bytes), (expected.len() as u64, bytes));
}

#[test]
fn a_history_is_cut_anywhere_and_goes_on_from_there() {
    block_on(async {
        // Segments hold about three of the large items, so cuts fall within and between them.
        for (size, total) in [(10, 40_u64), (40_000, 12)] {
            for packed in [0, 1, total / 2, total] {
                for length in [0, 1, 2, 3, 4, total / 2, total / 2 + 1, total - 1, total] {
                    let storage = MemoryStorage::new();
                    let store = open(&storage).await;
                    let id = store.create(named("a")).await.unwrap().id;
                    for n in 0..total {
                        if n == packed {
                            store.checkpoint().await.unwrap();
                        }
                        store.append(id, vec![item(n, size)]).await.unwrap();
                    }
                    if packed == total {
                        store.checkpoint().await.unwrap();
                    }
                    let thread = store.truncate(id, length).await.unwrap();
                    assert_eq!(thread.items, length);
                    let left: Vec<u64> = (0..length).collect();
                    assert_eq!(numbers(&store, id).await, left);
                    store.append(id, vec![item(99, size)]).await.unwrap();
                    let left: Vec<u64> = left.into_iter().chain([99]).collect();
                    check(&store, &storage, id, &left).await;
                }
            }
        }
    });
}

#[test]
fn a_cut_beyond_the_end_is_refused_and_cursors_end_with_it() {
    block_on(async {
        let store = open(&MemoryStorage::new()).await;
        let id = store.create(named("a")).await.unwrap().id;
        store.append(id, (0..9).map(|n| item(n, 1)).collect()).await.unwrap();
        assert_eq!(store.truncate(id, 10).await.unwrap_err().code(), "out_of_range");
        let query = ItemQuery { limit: Some(5), ..ItemQuery::default() };
        let cursor = store.items(id, query.clone()).await.unwrap().next_cursor;
        store.truncate(id, 7).await.unwrap();
        let stale = ItemQuery { cursor, ..query.clone() };
        assert_eq!(store.items(id, stale).await.unwrap_err().code(), "invalid_cursor");
        let cursor = store.items(id, query.clone()).await.unwrap().next_cursor;
        let fresh = ItemQuery { cursor, ..query };
        assert_eq!(store.items(id, fresh).await.unwrap().data.len(), 2);
        store.archive(id).await.unwrap();
        assert_eq!(store.truncate(id, 1).await.unwrap_err().code(), "thread_archived");
        store.delete(id, DeleteOptions::default()).await.unwrap();
        assert_eq!(store.truncate(id, 1).await.unwrap_err().code(), "thread_deleted");
    });
}

#[test]
fn the_last_items_are_popped_once_among_two_instances() {
    block_on(async {
        let storage = MemoryStorage::new();
        let (one, two) = (open(&storage).await, open(&storage).await);
        let id = one.create(named("a")).await.unwrap().id;
        one.append(id, (0..20).map(|n| item(n, 1)).collect()).await.unwrap();
        two.refresh().await.unwrap();
        let (a, b) = futures_lite::future::zip(one.pop(id, 3), two.pop(id, 3)).await;
        let mut seqs: Vec<u64> =
            a.unwrap().into_iter().chain(b.unwrap()).map(|stored| stored.seq).collect();
        seqs.sort_unstable();
        assert_eq!(seqs, (14..20).collect::<Vec<_>>());
        one.refresh().await.unwrap();
        check(&one, &storage, id, &(0..14).collect::<Vec<_>>()).await;
        assert_eq!(one.pop(id, 1000).await.unwrap().len(), 14);
        assert_eq!(one.pop(id, 1).await.unwrap(), []);
        assert_eq!(one.pop(id, 0).await.unwrap_err().code(), "out_of_range");
    });
}

#[test]
fn a_fork_is_a_copy_that_outlives_its_source() {
    block_on(async {
        let storage = MemoryStorage::new();
        let store = open(&storage).await;
        let source = CreateThread { title: Some("t".into()), ..named("source") };
        let source = store.create(source).await.unwrap().id;
        store.append(source, (0..2500).map(|n| item(n, 100)).collect()).await.unwrap();
        let events = store.subscribe();
        let fork = Fork { length: Some(2400), ..Fork::default() };
        let fork = store.fork(source, fork).await.unwrap();
        assert_eq!(fork.forked_from_id, Some(source));
        assert_eq!((fork.name, fork.title.as_deref()), (None, Some("t")));
        let heard: Vec<Change> =
            std::iter::from_fn(|| events.try_recv().ok()).map(|event| event.change).collect();
        let (thread_id, first, count) = (fork.id, 0, 2400);
        assert_eq!(
            heard,
            [Change::Created { thread_id }, Change::Appended { thread_id, first, count }]
        );
        assert_eq!(store.pending_deletions().await.unwrap(), []);
        store.delete(source, DeleteOptions::default()).await.unwrap();
        check(&store, &storage, fork.id, &(0..2400).collect::<Vec<_>>()).await;
        let error = store.fork(source, Fork::default()).await.unwrap_err();
        assert_eq!(error.code(), "thread_deleted");
        store.archive(fork.id).await.unwrap();
        let error = store.fork(fork.id, Fork::default()).await.unwrap_err();
        assert_eq!(error.code(), "thread_archived");
    });
}

#[test]
fn staged_threads_are_hidden_until_they_are_published() {
    block_on(async {
        let storage = MemoryStorage::new();
        let (store, other) = (open(&storage).await, open(&storage).await);
        let mut staging = store.stage();
        let staged = |thread| StagedThread { thread, ..StagedThread::default() };
        let root = staging.create(staged(named("root"))).await.unwrap();
        let child = CreateThread { parent_thread_id: Some(root), ..named("child") };
        let archived = Some((1_700_000_000_000, 7));
        let child = staging.create(StagedThread { archived, ..staged(child) }).await.unwrap();
        staging.append(child, vec![(1_600_000_000_000, item(0, 1))]).await.unwrap();
        store.checkpoint().await.unwrap();
        other.refresh().await.unwrap();
        for store in [&store, &other] {
            assert_eq!(store.read(child).await.unwrap_err().code(), "thread_not_found");
            let again = CreateThread { id: Some(child), ..CreateThread::default() };
            assert_eq!(store.create(again).await.unwrap_err().code(), "thread_exists");
            let append = store.append(child, vec![item(1, 1)]).await;
            assert_eq!(append.unwrap_err().code(), "thread_not_found");
            let spawn = CreateThread { parent_thread_id: Some(root), ..CreateThread::default() };
            assert_eq!(store.create(spawn).await.unwrap_err().code(), "parent_not_found");
            assert_eq!(store.list(ThreadQuery::default()).await.unwrap().data, []);
            assert_eq!((store.stats().threads, store.stats().pending_deletions), (0, 0));
            assert!(store.check().await.unwrap().is_clean());
        }
        staging.publish().await.unwrap();
        other.refresh().await.unwrap();
        let seen = other.read(child).await.unwrap();
        assert_eq!((seen.parent_thread_id, seen.items), (Some(root), 1));
        assert_eq!(seen.archived_at, Some(1_700_000_000_000));
        check(&other, &storage, child, &[0]).await;
    });
}

#[test]
fn what_was_staged_and_given_up_is_erased_and_may_come_again() {
    block_on(async {
        let storage = MemoryStorage::new();
        let store = open(&storage).await;
        let mut staging = store.stage();
        let thread = named("secret");
        let id = staging.create(StagedThread { thread, ..Default::default() }).await.unwrap();
        staging.append(id, vec![(1, item(0, 200_000))]).await.unwrap();
        drop(staging);
        let thread = CreateThread { id: Some(id), ..CreateThread::default() };
        let mut again = store.create(thread.clone()).await;
        for _ in 0..500 {
            if again.is_ok() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
            again = store.create(thread.clone()).await;
        }
        assert_eq!(again.unwrap().items, 0);
        check(&store, &storage, id, &[]).await;
    });
}

#[test]
fn a_segment_that_is_read_short_is_not_written_back_short() {
    block_on(async {
        let (storage, plan) = (MemoryStorage::new(), FaultPlan::new());
        let faulty = FaultyStorage::new(storage.clone(), &plan);
        let options = StoreOptions::default();
        let store = Store::open(faulty, Arc::new(SystemEnv::new()), options).await.unwrap();
        let id = store.create(named("root")).await.unwrap().id;
        store.append(id, (0..4).map(|n| item(n, 10)).collect()).await.unwrap();
        store.checkpoint().await.unwrap();
        let key = storage.records(Table::History)[0].0.clone();
        plan.on_call(move |call| match call.operation {
            Operation::Scan { table: Table::History, .. } => Fault::TornRead { key: key.clone() },
            _ => Fault::None,
        });
        assert_eq!(store.truncate(id, 3).await.unwrap_err().code(), "corrupt");
        assert_eq!(store.truncate(id, 1).await.unwrap_err().code(), "corrupt");
        plan.on_call(|_| Fault::None);
        assert_eq!(numbers(&open(&storage).await, id).await, [0, 1, 2, 3]);
        store.truncate(id, 3).await.unwrap();
        assert_eq!(numbers(&open(&storage).await, id).await, [0, 1, 2]);
    });
}
