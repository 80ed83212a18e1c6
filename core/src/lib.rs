//! The store for AI-agent conversation threads.

mod catalog;
mod change;
mod deletion;
mod env;
mod error;
mod goal;
mod id;
pub mod import;
mod item;
mod journal;
mod keys;
pub mod limits;
mod maybe_send;
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
pub use env::Env;
pub use error::{Error, Result};
pub use goal::{Goal, GoalPatch, GoalStatus, Job, JobTask, TaskStatus};
pub use id::{DeletionId, ThreadId, TreeId};
pub use item::{Item, StoredItem};
pub use maybe_send::{BoxFn, BoxFuture, MaybeSend, MaybeSync};
pub use observe::{Observed, observe};
pub use query::*;
pub use store::{Store, StoreOptions};
#[cfg(feature = "fs")]
pub use system_env::SystemEnv;
pub use thread::{CreateThread, EdgeStatus, GitInfo, Thread, ThreadDetails, ThreadPatch};
