//! The receipts of trees larger than what a receipt names.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use creel::storage::MemoryStorage;
use creel::{CreateThread, DeleteOptions, Receipt, Store, StoreOptions, SystemEnv, ThreadId, Wait};
use futures_lite::future::block_on;
use futures_util::future::try_join_all;

/// A receipt names 1,000 members, the deepest first: not the root of this one.
const BELOW: usize = 1200;

async fn tree(store: &Store<MemoryStorage>) -> ThreadId {
    let root = store.create(CreateThread::default()).await.unwrap().id;
    let child = || CreateThread { parent_thread_id: Some(root), ..CreateThread::default() };
    try_join_all((0..BELOW).map(|_| store.create(child()))).await.unwrap();
    root
}

#[test]
fn the_root_of_a_large_tree_has_its_receipt_at_every_moment() {
    block_on(async {
        let env = Arc::new(SystemEnv::new());
        let options = StoreOptions::default();
        let store = Store::open(MemoryStorage::new(), env, options).await.unwrap();
        let root = tree(&store).await;
        let committed = DeleteOptions { wait: Wait::Committed, ..DeleteOptions::default() };
        let first = store.delete(root, committed.clone()).await.unwrap();
        loop {
            let now: Receipt = store.receipt(root).await.unwrap().unwrap();
            assert_eq!(now.deletion, first.deletion);
            let again = store.delete(root, committed.clone()).await.unwrap();
            assert_eq!(again.deletion, first.deletion);
            let written = store.append(root, vec![creel::Item::new("{}").unwrap()]).await;
            assert_eq!(written.unwrap_err().code(), "thread_deleted");
            if now.erased_at.is_some() {
                break;
            }
            futures_lite::future::yield_now().await;
        }
    });
}
