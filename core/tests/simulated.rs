//! What the simulation has found, each in the fewest steps that show it.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use creel::storage::faulty::{Fault, FaultPlan, FaultyStorage, Operation};
use creel::storage::{MemoryStorage, StorageError, Table};
use creel::{
    CreateThread, DeleteOptions, Error, Item, ItemQuery, Store, StoreOptions, SystemEnv, ThreadId,
    ThreadQuery, Wait,
};
use futures_lite::future::block_on;

type Faulty = Store<FaultyStorage<MemoryStorage>>;

async fn open(plan: &FaultPlan, memory: &MemoryStorage) -> Faulty {
    let storage = FaultyStorage::new(memory.reopen(), plan);
    Store::open(storage, Arc::new(SystemEnv::new()), StoreOptions::default()).await.unwrap()
}

async fn create(store: &Faulty, parent: Option<ThreadId>) -> ThreadId {
    let thread = CreateThread { parent_thread_id: parent, ..CreateThread::default() };
    store.create(thread).await.unwrap().id
}

fn note(n: u32) -> Vec<Item> {
    vec![Item::new(&format!(r#"{{"type":"note","n":{n}}}"#)).unwrap()]
}

#[test]
fn a_segment_that_is_read_short_is_not_written_back_short() {
    block_on(async {
        let (plan, memory) = (FaultPlan::new(), MemoryStorage::new());
        let store = open(&plan, &memory).await;
        let id = create(&store, None).await;
        for n in 0..3 {
            store.append(id, note(n)).await.unwrap();
        }
        store.checkpoint().await.unwrap();
        store.append(id, note(3)).await.unwrap();
        let key = memory.records(Table::History)[0].0.clone();
        plan.on_call(move |call| match call.operation {
            Operation::Get { table: Table::History, .. } => Fault::TornRead { key: key.clone() },
            _ => Fault::None,
        });
        assert!(matches!(store.checkpoint().await, Err(Error::Corrupt { .. })));
        plan.calm();
        store.checkpoint().await.unwrap();
        assert_eq!(store.items(id, ItemQuery::default()).await.unwrap().data.len(), 4);
    });
}

#[test]
fn waiting_for_an_erasure_that_closing_cuts_short_is_no_refusal() {
    block_on(async {
        let (plan, memory) = (FaultPlan::new(), MemoryStorage::new());
        let store = open(&plan, &memory).await;
        let id = create(&store, None).await;
        let grace = Some(60_000);
        let graced = DeleteOptions { grace, ..DeleteOptions::default() };
        let deletion = store.delete(id, graced).await.unwrap().deletion;
        let (waiting, closing) = (store.clone(), store.clone());
        let delete = async move { waiting.delete(id, DeleteOptions::default()).await };
        let close = async move { closing.close().await };
        let (deleted, closed) = futures_lite::future::zip(delete, close).await;
        closed.unwrap();
        match deleted {
            Err(Error::EraseIncomplete { deletion: found, .. }) => assert_eq!(found, deletion),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn unarchiving_brings_back_what_lies_below_a_thread_that_was_archived_before() {
    block_on(async {
        let (plan, memory) = (FaultPlan::new(), MemoryStorage::new());
        let store = open(&plan, &memory).await;
        let root = create(&store, None).await;
        let child = create(&store, Some(root)).await;
        let grandchild = create(&store, Some(child)).await;
        let options = DeleteOptions {
            grace: Some(60_000),
            wait: Wait::Committed,
            ..DeleteOptions::default()
        };
        let deletion = store.delete(grandchild, options).await.unwrap().deletion;
        store.archive(child).await.unwrap();
        store.undelete(deletion).await.unwrap();
        assert_eq!(store.archive(root).await.unwrap(), [root, grandchild]);
        assert_eq!(store.unarchive(root).await.unwrap(), [root, grandchild]);
        assert!(store.read(child).await.unwrap().archived());
        assert!(!store.read(grandchild).await.unwrap().archived());
    });
}

#[test]
fn nothing_is_missed_between_reading_and_watching() {
    block_on(async {
        let (plan, memory) = (FaultPlan::new(), MemoryStorage::new());
        let other = open(&FaultPlan::new(), &memory).await;
        let (busy, opening) = (other.clone(), Arc::new(AtomicBool::new(true)));
        let still = Arc::clone(&opening);
        plan.on_pause(move || {
            let (busy, still) = (busy.clone(), Arc::clone(&still));
            Box::pin(async move {
                if still.load(Ordering::SeqCst) {
                    create(&busy, None).await;
                }
            })
        });
        let store = open(&plan, &memory).await;
        opening.store(false, Ordering::SeqCst);
        let latest = other.stats().position;
        for _ in 0..500 {
            // One that was under way when it was opened may come after.
            if store.stats().position >= latest {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("it stays at {} of {latest}", store.stats().position);
    });
}

#[test]
fn news_that_could_not_be_read_is_read_later() {
    block_on(async {
        let (plan, memory) = (FaultPlan::new(), MemoryStorage::new());
        let other = open(&FaultPlan::new(), &memory).await;
        let store = open(&plan, &memory).await;
        let (sender, failed) = async_channel::bounded(1);
        plan.on_call(move |call| match call.operation {
            Operation::Scan { table: Table::Journal, .. } => {
                // Only the first failure is waited for.
                let _ = sender.try_send(());
                let reason = "away".into();
                Fault::Fail(StorageError::Unavailable { retryable: true, reason, cause: None })
            }
            _ => Fault::None,
        });
        let id = create(&other, None).await;
        failed.recv().await.unwrap();
        plan.calm();
        for _ in 0..500 {
            if store.list(ThreadQuery::default()).await.unwrap().data.len() == 1 {
                return assert_eq!(store.read(id).await.unwrap().id, id);
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("it never hears of the thread");
    });
}

#[test]
fn waiting_for_an_erasure_ends_when_the_storage_stays_away() {
    block_on(async {
        let (plan, memory) = (FaultPlan::new(), MemoryStorage::new());
        let mut options = StoreOptions::default();
        options.erase_attempts = 1;
        let storage = FaultyStorage::new(memory.reopen(), &plan);
        let store = Store::open(storage, Arc::new(SystemEnv::new()), options).await.unwrap();
        let id = create(&store, None).await;
        plan.crash_after(plan.last_call() + 2);
        let deleted = store.delete(id, DeleteOptions::default()).await;
        assert!(matches!(deleted, Err(Error::EraseIncomplete { .. })), "{deleted:?}");
        store.close().await.unwrap();
    });
}
