//! The store for AI-agent conversation threads.

mod env;
mod error;
mod id;
mod maybe_send;
pub mod storage;

pub use env::Env;
pub use error::{Error, Result};
pub use id::{DeletionId, ThreadId, TreeId};
pub use maybe_send::{BoxFn, BoxFuture, MaybeSend, MaybeSync};
mod change;
mod item;
pub mod limits;
mod observe;
mod query;
mod thread;

pub use change::{Change, ChangeEvent};
pub use item::{Item, StoredItem};
pub use observe::{Observed, observe};
pub use query::*;
pub use thread::{CreateThread, EdgeStatus, GitInfo, Thread, ThreadDetails, ThreadPatch};
