//! A small store in which every kind of record occurs: pages, segments, receipts, a deletion that
//! can be undone, and a journal after the checkpoint.

use std::sync::{Arc, OnceLock};

use creel::storage::{MemoryStorage, Snapshot};
use creel::{
    CreateThread, DeleteOptions, Item, Store, StoreOptions, ThreadDetails, ThreadId, ThreadPatch,
};

use crate::virtual_env::VirtualEnv;

/// The visible threads have the numbers from 1 to this.
pub const THREADS: u128 = 6;
/// How many items each visible thread has.
pub const ITEMS: u64 = 24;

/// Returns the id of thread `n`.
pub fn thread(n: u128) -> ThreadId {
    ThreadId::from_uuid(uuid::Uuid::from_u128(n))
}

/// Returns the id of the thread of which nothing is left but the receipt.
pub fn deleted() -> ThreadId {
    thread(7)
}

/// Returns the id of the thread whose deletion can still be undone.
pub fn in_grace() -> ThreadId {
    thread(8)
}

/// Returns the sample: 1 has the child 2, that one the child 3; 4 and its child 5 are archived
/// together; 6 is a root. Two thirds of the items are packed.
pub fn sample() -> Snapshot {
    static SAMPLE: OnceLock<Snapshot> = OnceLock::new();
    SAMPLE.get_or_init(make).clone()
}

fn make() -> Snapshot {
    let storage = MemoryStorage::new();
    let env = VirtualEnv::new(1_750_000_000_000, 1);
    env.run(async {
        let handle = storage.reopen();
        let store = Store::open(handle, Arc::new(env.clone()), StoreOptions::default()).await;
        let store = store.unwrap();
        for (n, parent) in [(1, 0), (2, 1), (3, 2), (4, 0), (5, 4), (6, 0), (7, 0), (8, 0)] {
            store.create(create(n, parent)).await.unwrap();
            store.append(thread(n), items(n, 0..8)).await.unwrap();
        }
        store.checkpoint().await.unwrap();
        for n in 1..=THREADS {
            store.append(thread(n), items(n, 8..16)).await.unwrap();
        }
        store.delete(deleted(), DeleteOptions::default()).await.unwrap();
        let options = DeleteOptions { grace: Some(1 << 40), ..DeleteOptions::default() };
        store.delete(in_grace(), options).await.unwrap();
        store.checkpoint().await.unwrap();
        for n in 1..=THREADS {
            store.append(thread(n), items(n, 16..ITEMS)).await.unwrap();
        }
        let name = Some(Some("renamed".to_owned()));
        store.update(thread(6), ThreadPatch { name, ..ThreadPatch::default() }).await.unwrap();
        store.archive(thread(4)).await.unwrap();
        storage.snapshot()
    })
}

fn create(n: u128, parent: u128) -> CreateThread {
    CreateThread {
        id: Some(thread(n)),
        parent_thread_id: (parent > 0).then(|| thread(parent)),
        name: Some(format!("thread {n}")),
        details: ThreadDetails { cwd: Some("/work".into()), ..ThreadDetails::default() },
        ..CreateThread::default()
    }
}

fn items(n: u128, range: std::ops::Range<u64>) -> Vec<Item> {
    let text = |seq| format!(r#"{{"role":"user","content":"item {seq} of {n}","seq":{seq}}}"#);
    range.map(|seq| Item::new(&text(seq)).unwrap()).collect()
}
