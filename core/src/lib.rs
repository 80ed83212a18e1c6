//! The store for AI-agent conversation threads.

mod env;
mod error;
mod id;
mod maybe_send;
pub mod storage;
#[cfg(feature = "fs")]
mod system_env;

pub use env::Env;
pub use error::{Error, Result};
pub use id::{DeletionId, ThreadId, TreeId};
pub use maybe_send::{BoxFn, BoxFuture, MaybeSend, MaybeSync};
mod change;
pub mod import;
mod item;
pub mod limits;
mod observe;
pub mod protocol;
mod query;
mod thread;

pub use change::{Change, ChangeEvent};
pub use item::{Item, StoredItem};
pub use observe::{Observed, observe};
pub use query::*;
pub use thread::{CreateThread, EdgeStatus, GitInfo, Thread, ThreadDetails, ThreadPatch};
#[cfg(feature = "fs")]
pub use system_env::SystemEnv;
