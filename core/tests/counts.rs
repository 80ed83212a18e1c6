//! What an operation costs in calls of the storage and records written, whatever the machine.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};

use creel::storage::MemoryStorage;
use creel::storage::faulty::{Counts, FaultPlan, FaultyStorage};
use creel::{
    BoxFuture, CreateThread, DeleteOptions, Env, Item, ItemQuery, Store, StoreOptions, SystemEnv,
    ThreadId, ThreadQuery, Wait,
};
use futures_lite::future::{block_on, poll_once};
use futures_util::future::try_join_all;

type Counted = Store<FaultyStorage<MemoryStorage>>;

/// A store of whose storage every call is counted.
async fn open(memory: &MemoryStorage) -> (Counted, FaultPlan) {
    let plan = FaultPlan::new();
    let storage = FaultyStorage::new(memory.reopen(), &plan);
    let env = Arc::new(SystemEnv::new());
    (Store::open(storage, env, StoreOptions::default()).await.unwrap(), plan)
}

async fn create(store: &Counted, parent: Option<ThreadId>) -> ThreadId {
    let thread = CreateThread { parent_thread_id: parent, ..CreateThread::default() };
    store.create(thread).await.unwrap().id
}

/// A root with `below` children.
async fn tree(store: &Counted, below: usize) -> ThreadId {
    let root = create(store, None).await;
    try_join_all((0..below).map(|_| {
        store.create(CreateThread { parent_thread_id: Some(root), ..CreateThread::default() })
    }))
    .await
    .unwrap();
    root
}

fn items(count: u32) -> Vec<Item> {
    (0..count).map(|n| Item::new(&format!(r#"{{"n":{n}}}"#)).unwrap()).collect()
}

/// One transaction that inserts one record, and no read.
fn one_entry(counts: Counts) -> bool {
    (counts.calls(), counts.commits, counts.writes(), counts.inserts) == (1, 1, 1, 1)
}

#[test]
fn an_append_is_one_transaction_with_one_record_and_no_read() {
    block_on(async {
        let (store, plan) = open(&MemoryStorage::new()).await;
        let id = create(&store, None).await;
        for count in [1, 100] {
            plan.take_counts();
            store.append(id, items(count)).await.unwrap();
            let counts = plan.take_counts();
            assert!(one_entry(counts) && counts.strict == 0, "{counts:?}");
        }
    });
}

/// An environment that holds background tasks back while it is told to, as a page does that is busy asking.
struct Busy {
    env: SystemEnv,
    held: Mutex<Option<Vec<BoxFuture<'static, ()>>>>,
}

impl std::fmt::Debug for Busy {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str("Busy")
    }
}

impl Busy {
    fn hold(&self) {
        *self.held.lock().unwrap() = Some(Vec::new());
    }

    fn let_go(&self) {
        let held = self.held.lock().unwrap().take();
        held.into_iter().flatten().for_each(|task| self.env.spawn(task));
    }
}

impl Env for Busy {
    fn now_ms(&self) -> i64 {
        self.env.now_ms()
    }

    fn monotonic_ms(&self) -> f64 {
        self.env.monotonic_ms()
    }

    fn random(&self) -> [u8; 16] {
        self.env.random()
    }

    fn sleep(&self, ms: u64) -> BoxFuture<'static, ()> {
        self.env.sleep(ms)
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        match &mut *self.held.lock().unwrap() {
            Some(held) => held.push(task),
            None => self.env.spawn(task),
        }
    }
}

#[test]
fn appends_at_the_same_time_share_transactions() {
    block_on(async {
        let plan = FaultPlan::new();
        let env = Arc::new(Busy { env: SystemEnv::new(), held: Mutex::default() });
        let storage = FaultyStorage::new(MemoryStorage::new(), &plan);
        let options = StoreOptions::default();
        let store = Store::open(storage, Arc::<Busy>::clone(&env), options).await.unwrap();
        let id = create(&store, None).await;
        plan.take_counts();
        env.hold();
        let mut appends = try_join_all((0..25).map(|_| store.append(id, items(1))));
        assert!(poll_once(&mut appends).await.is_none());
        env.let_go();
        appends.await.unwrap();
        let counts = plan.take_counts();
        assert!(counts.commits <= 3 && counts.calls() == counts.commits, "{counts:?}");
        assert_eq!(store.read(id).await.unwrap().items, 25);
    });
}

#[test]
fn archiving_and_deleting_are_one_strict_entry_for_a_tree_of_any_size() {
    block_on(async {
        let (store, plan) = open(&MemoryStorage::new()).await;
        let mut bytes = Vec::new();
        for below in [0, 1_000] {
            let root = tree(&store, below).await;
            plan.take_counts();
            assert_eq!(store.archive(root).await.unwrap().len(), below + 1);
            let counts = plan.take_counts();
            assert!(one_entry(counts) && counts.strict == 1, "{counts:?}");
            let options =
                DeleteOptions { grace: Some(60_000), wait: Wait::Committed, ..Default::default() };
            store.delete(root, options).await.unwrap();
            let counts = plan.take_counts();
            assert!(one_entry(counts) && counts.strict == 1, "{counts:?}");
            bytes.push(counts.bytes);
        }
        assert!(bytes[1] < bytes[0] + 100, "an entry grows with the tree: {bytes:?}");
    });
}

#[test]
fn lists_and_metadata_are_read_from_memory() {
    block_on(async {
        let (store, plan) = open(&MemoryStorage::new()).await;
        let root = tree(&store, 300).await;
        plan.take_counts();
        store.list(ThreadQuery::default()).await.unwrap();
        store.read(root).await.unwrap();
        assert_eq!(store.descendants(root).await.unwrap().len(), 300);
        store.plan_delete(root, Default::default()).await.unwrap();
        assert_eq!(plan.take_counts(), Counts::default());
    });
}

#[test]
fn opening_costs_a_call_for_two_pages_and_the_end_of_a_history_a_few() {
    block_on(async {
        let mut opening = Vec::new();
        for trees in [1, 10] {
            let memory = MemoryStorage::new();
            let (store, _) = open(&memory).await;
            let mut last = None;
            for _ in 0..trees {
                last = Some(tree(&store, 500).await);
            }
            let id = last.unwrap();
            for _ in 0..20 {
                store.append(id, items(1_000)).await.unwrap();
            }
            store.checkpoint().await.unwrap();
            store.close().await.unwrap();
            let (store, plan) = open(&memory).await;
            store.list(ThreadQuery::default()).await.unwrap();
            // Head, journal, receipts and jobs, and the pages two by two.
            let pages = (trees * 501_usize).div_ceil(256) as u64;
            opening.push((plan.take_counts().calls(), 4 + pages.div_ceil(2)));
            let tail = ItemQuery {
                sort_direction: Some(creel::SortDirection::Desc),
                ..ItemQuery::default()
            };
            store.items(id, tail).await.unwrap();
            let counts = plan.take_counts();
            assert!(counts.calls() <= 2, "{counts:?}");
        }
        assert!(opening.iter().all(|(calls, most)| calls <= most), "calls of opening: {opening:?}");
    });
}

#[test]
fn reading_a_history_from_page_to_page_reads_each_segment_once() {
    block_on(async {
        let (store, plan) = open(&MemoryStorage::new()).await;
        let id = create(&store, None).await;
        let item = |n| Item::new(&format!(r#"{{"n":{n},"pad":"{}"}}"#, "x".repeat(600))).unwrap();
        for start in [0, 4_000] {
            store.append(id, (start..start + 4_000).map(item).collect()).await.unwrap();
        }
        store.checkpoint().await.unwrap();
        let mut query = ItemQuery { limit: Some(1_000), ..ItemQuery::default() };
        plan.take_counts();
        for _ in 0..8 {
            query.cursor = store.items(id, query.clone()).await.unwrap().next_cursor;
        }
        assert_eq!(query.cursor, None);
        // The first page does not know yet that there will be others, so the second begins anew.
        let counts = plan.take_counts();
        assert!(counts.calls() <= 8, "{counts:?}");
        // Backwards, the first read tells how many segments a page needs.
        query.sort_direction = Some(creel::SortDirection::Desc);
        for page in 0..8 {
            plan.take_counts();
            query.cursor = store.items(id, query.clone()).await.unwrap().next_cursor;
            assert!(plan.take_counts().calls() <= 2, "page {page} backwards");
        }
    });
}
