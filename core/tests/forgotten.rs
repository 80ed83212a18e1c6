//! A storage that forgets, as a server does that fails over to a standby that was behind: instances
//! that remember more go on with what is left.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use creel::storage::faulty::{Fault, FaultPlan, FaultyStorage, Operation};
use creel::storage::{MemoryStorage, StorageError};
use creel::{CreateThread, Item, Store, StoreOptions, SystemEnv};
use futures_lite::future::block_on;

fn item() -> Vec<Item> {
    vec![Item::new(r#"{"role":"user","content":"hello"}"#).unwrap()]
}

#[test]
fn a_commit_of_unknown_outcome_does_not_outlive_what_it_was_decided_on() {
    block_on(async {
        let (memory, plan) = (MemoryStorage::new(), FaultPlan::new());
        let storage = FaultyStorage::new(memory.reopen(), &plan);
        let env = Arc::new(SystemEnv::new());
        let store = Store::open(storage, env, StoreOptions::default()).await.unwrap();
        let id = store.create(CreateThread::default()).await.unwrap().id;
        store.append(id, item()).await.unwrap();
        let older = memory.snapshot();
        store.append(id, item()).await.unwrap();
        store.append(id, item()).await.unwrap();
        plan.on_call(|call| match call.operation {
            Operation::Commit { .. } => Fault::Fail(StorageError::Unavailable {
                retryable: true,
                reason: "the server is gone".into(),
                cause: None,
            }),
            _ => Fault::None,
        });
        let lost = store.append(id, item()).await.unwrap_err();
        assert_eq!(lost.code(), "outcome_unknown");
        memory.restore(&older);
        plan.calm();
        // Until the instance has looked, it has nothing to say but to try again.
        let mut appended = store.append(id, item()).await;
        for _ in 0..5 {
            if appended.as_ref().is_err_and(creel::Error::retryable) {
                store.refresh().await.unwrap();
                appended = store.append(id, item()).await;
            }
        }
        assert_eq!(appended.unwrap().first, 1);
        assert_eq!(store.read(id).await.unwrap().items, 2);
    });
}
