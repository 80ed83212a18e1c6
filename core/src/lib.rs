//! The store for AI-agent conversation threads: trees of threads, their append-only history, and
//! deletion that is durable, ordered, crash-safe and final.
//!
//! A [`Store`] is opened over a [`storage::Storage`] (memory, SQLite with the feature `fs`, or your
//! own) and an [`Env`] that gives time, randomness and background tasks.
//!
//! ```
//! # #[cfg(feature = "fs")]
//! # futures_lite::future::block_on(async {
//! use std::sync::Arc;
//! use creel::{CreateThread, DeleteOptions, Item, ItemQuery, Store, StoreOptions, SystemEnv};
//! use creel::storage::MemoryStorage;
//!
//! let env = Arc::new(SystemEnv::new());
//! let store = Store::open(MemoryStorage::new(), env, StoreOptions::default()).await?;
//!
//! let root = store.create(CreateThread { name: Some("Fix the build".into()), ..Default::default() }).await?;
//! let child = store.create(CreateThread { parent_thread_id: Some(root.id), ..Default::default() }).await?;
//! store.append(child.id, vec![Item::new(r#"{"role":"user","content":"Read the logs"}"#)?]).await?;
//!
//! let page = store.items(child.id, ItemQuery::default()).await?;
//! assert_eq!(page.data[0].item.json(), r#"{"role":"user","content":"Read the logs"}"#);
//! assert_eq!(store.read(child.id).await?.preview, "Read the logs");
//!
//! let receipt = store.delete(root.id, DeleteOptions::default()).await?;
//! assert_eq!(receipt.members, [child.id, root.id]);
//! assert_eq!(store.read(child.id).await.unwrap_err().code(), "thread_deleted");
//! # creel::Result::Ok(())
//! # }).unwrap();
//! ```
//!
//! Data flows one way: a command is *decided* on the catalog, *committed* as one journal entry,
//! *applied*, and *read*. `ARCHITECTURE.md` has the map.

#[cfg(feature = "fs")]
mod blocking_thread;
mod catalog;
mod change;
mod deletion;
pub mod doctor;
mod document;
mod env;
mod error;
pub mod export;
mod fields;
mod goal;
mod id;
pub mod import;
mod item;
mod journal;
mod keys;
pub mod limits;
mod live;
mod manager;
mod maybe_send;
#[cfg(feature = "mutations")]
pub mod mutation;
#[cfg(not(feature = "mutations"))]
#[allow(unreachable_pub, reason = "it is public where it is of use")]
mod mutation;
mod observe;
pub mod protocol;
mod query;
pub mod storage;
mod store;
#[cfg(feature = "fs")]
mod system_env;
mod thread;
mod tree;

pub use change::{Change, ChangeEvent};
pub use document::{DRAFTS, Document, DocumentChange};
pub use env::Env;
pub use error::{Error, Result};
pub use goal::{Goal, GoalPatch, GoalStatus, Job, JobTask, TaskStatus};
pub use id::{DeletionId, ThreadId, TreeId};
pub use item::{Item, StoredItem};
pub use live::{InitGuard, ItemPolicy, LiveOptions, LiveThread};
pub use manager::{LiveEvent, LivePlan, ManagerOptions, SubscriberId, ThreadManager, Unsubscribed};
pub use maybe_send::{BoxFn, BoxFuture, MaybeSend, MaybeSync};
pub use observe::{Observed, observe};
pub use query::*;
pub use store::{Opening, Preview, Replayed, StagedThread, Staging, Store, StoreOptions};
#[cfg(feature = "fs")]
pub use system_env::SystemEnv;
pub use thread::{CreateThread, EdgeStatus, GitInfo, Thread, ThreadDetails, ThreadPatch};

/// Runs the examples of the README.
#[cfg(all(doctest, feature = "fs"))]
#[doc = include_str!("../../README.md")]
struct Readme;
