//! Trees of unlikely shapes: very deep, very wide, and damaged ones that hold a cycle or a
//! self-edge. Nothing overflows, nothing hangs, and the work grows with the number of threads.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use bytes::Bytes;
use creel::storage::faulty::{Counts, FaultPlan, FaultyStorage};
use creel::storage::{MemoryStorage, Table};
use creel::{
    ArchiveFilter, CreateThread, DeleteOptions, Store, StoreOptions, SystemEnv, ThreadId,
    ThreadQuery,
};
use futures_lite::future::block_on;
use serde_json::{Value, json};

type Counted = Store<FaultyStorage<MemoryStorage>>;

const PAGE: usize = 256;

/// Writes the pages of `size` threads, whatever their parents.
fn craft(size: usize, parent: impl Fn(usize) -> Option<usize>) -> (MemoryStorage, Vec<ThreadId>) {
    let memory = MemoryStorage::new();
    block_on(async {
        let (store, _) = open(&memory).await;
        store.create(CreateThread::default()).await.unwrap();
        store.checkpoint().await.unwrap();
        store.close().await.unwrap();
    });
    let mut snapshot = memory.snapshot();
    let catalog = snapshot.records_mut(Table::Catalog);
    let page: Value = serde_json::from_slice(&catalog["page/00000000"]).unwrap();
    let mut head: Value = serde_json::from_slice(&catalog["head"]).unwrap();
    let id =
        |n: usize| uuid::Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0000 + n as u128);
    let records: Vec<Value> = (0..size)
        .map(|n| {
            let mut record = page["threads"][0].clone();
            record["ord"] = json!(n);
            record["id"] = json!(id(n));
            record["tree"] = json!(id(0));
            record["name"] = json!("x");
            if let Some(parent) = parent(n) {
                record["parent"] = json!(parent);
                record["edge"] = json!("open");
            }
            record
        })
        .collect();
    for (number, records) in records.chunks(PAGE).enumerate() {
        let mut page = page.clone();
        page["threads"] = json!(records);
        catalog.insert(format!("page/{number:08}"), Bytes::from(page.to_string()));
    }
    head["nextOrdinal"] = json!(size);
    catalog.insert("head".into(), Bytes::from(head.to_string()));
    let ids = (0..size).map(|n| ThreadId::from_uuid(id(n))).collect();
    (MemoryStorage::from_snapshot(&snapshot), ids)
}

async fn open(memory: &MemoryStorage) -> (Counted, FaultPlan) {
    let plan = FaultPlan::new();
    let storage = FaultyStorage::new(memory.reopen(), &plan);
    let env = Arc::new(SystemEnv::new());
    (Store::open(storage, env, StoreOptions::default()).await.unwrap(), plan)
}

async fn listed(store: &Counted) -> usize {
    let archived = Some(ArchiveFilter::All);
    let query = ThreadQuery { archived, limit: Some(1000), ..ThreadQuery::default() };
    store.list(query).await.unwrap().data.len()
}

/// Archives, unarchives and deletes the whole tree, and returns what that asked of the storage.
fn handle(size: usize, parent: impl Fn(usize) -> Option<usize>) -> Counts {
    let (memory, ids) = craft(size, parent);
    block_on(async {
        let (store, plan) = open(&memory).await;
        plan.take_counts();
        assert_eq!(store.descendants(ids[0]).await.unwrap().len(), size - 1);
        assert_eq!(store.archive(ids[0]).await.unwrap().len(), size);
        assert_eq!(store.unarchive(ids[0]).await.unwrap().len(), size);
        let receipt = store.delete(ids[0], DeleteOptions::default()).await.unwrap();
        assert_eq!(receipt.removed.threads, size as u64);
        assert!(receipt.erased_at.is_some());
        assert_eq!(
            receipt.members[receipt.members.len() - 1..],
            receipt.members[ids.len().min(1000) - 1..]
        );
        assert_eq!(listed(&store).await, 0);
        let counts = plan.take_counts();
        store.close().await.unwrap();
        counts
    })
}

/// Four times the threads may take at most some more than four times the work.
fn grows_linearly(small: &Counts, large: &Counts) {
    println!("{small:?}\n{large:?}");
    assert!(large.calls() <= 5 * small.calls(), "{} calls", large.calls());
    assert!(large.writes() <= 5 * small.writes(), "{} writes", large.writes());
    assert!(large.bytes <= 5 * small.bytes, "{} bytes", large.bytes);
}

#[test]
fn a_chain_of_ten_thousand_is_handled() {
    let chain = |n: usize| n.checked_sub(1);
    grows_linearly(&handle(2_500, chain), &handle(10_000, chain));
}

#[test]
fn fifty_thousand_children_are_handled() {
    let wide = |n: usize| (n > 0).then_some(0);
    grows_linearly(&handle(12_500, wide), &handle(50_000, wide));
}

#[test]
fn a_cycle_in_stored_data_hangs_nothing() {
    // 0 → 1 → 2 → 0, and 3 below 2.
    let (memory, ids) = craft(4, |n| Some(if n == 0 { 2 } else { n - 1 }));
    block_on(async {
        let (store, _) = open(&memory).await;
        assert_eq!(listed(&store).await, 4);
        assert_eq!(store.descendants(ids[1]).await.unwrap().len(), 3);
        assert_eq!(store.archive(ids[1]).await.unwrap().len(), 4);
        let mut again = store.unarchive(ids[1]).await;
        if again.is_err() {
            // Its parent, below it, is archived too: nothing can be first.
            again = Ok(Vec::new());
        }
        assert!(again.unwrap().len() <= 4);
        let receipt = store.delete(ids[1], DeleteOptions::default()).await.unwrap();
        assert_eq!(receipt.removed.threads, 4);
        assert_eq!(listed(&store).await, 0);
        store.close().await.unwrap();
    });
}

#[test]
fn a_thread_that_is_its_own_parent_hangs_nothing() {
    let (memory, ids) = craft(2, |n| (n == 0).then_some(0).or(Some(0)));
    block_on(async {
        let (store, _) = open(&memory).await;
        assert_eq!(store.descendants(ids[0]).await.unwrap().len(), 1);
        assert_eq!(store.archive(ids[0]).await.unwrap(), [ids[0], ids[1]]);
        let receipt = store.delete(ids[0], DeleteOptions::default()).await.unwrap();
        assert_eq!(receipt.members, [ids[1], ids[0]]);
        assert_eq!(listed(&store).await, 0);
        store.close().await.unwrap();
    });
}

#[test]
fn undoing_the_deletion_of_a_cycle_brings_it_back() {
    let (memory, ids) = craft(3, |n| Some((n + 2) % 3));
    block_on(async {
        let (store, _) = open(&memory).await;
        let options = DeleteOptions { grace: Some(60_000), ..DeleteOptions::default() };
        let deletion = store.delete(ids[0], options).await.unwrap().deletion;
        assert_eq!(listed(&store).await, 0);
        store.undelete(deletion).await.unwrap();
        assert_eq!(listed(&store).await, 3);
        store.close().await.unwrap();
    });
}
