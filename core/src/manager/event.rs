//! What a manager tells and answers.

use crate::id::ThreadId;
use crate::query::DeletionPlan;
use crate::thread::Thread;

/// Names somebody who listens to threads: a connection, a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriberId(pub(super) u64);

/// What an unsubscription found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsubscribed {
    /// The thread is not open.
    NotLoaded,
    /// The thread is open, and the subscriber was not listening.
    NotSubscribed,
    /// The subscriber was listening, and does not any more.
    Unsubscribed,
}

/// Something that happened to open threads, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum LiveEvent {
    /// A thread began; it may not be stored yet, or never.
    Started {
        /// The thread.
        thread: Box<Thread>,
        /// Whether it is never stored.
        ephemeral: bool,
    },
    /// A stored thread was opened, or an open thread was closed.
    StatusChanged {
        /// The thread.
        thread_id: ThreadId,
        /// Whether it is open now.
        loaded: bool,
    },
    /// A thread was closed because nobody listened.
    Closed {
        /// The thread.
        thread_id: ThreadId,
    },
    /// Threads that were never stored were deleted, the deepest first.
    Deleted {
        /// The threads, in order.
        thread_ids: Vec<ThreadId>,
    },
}

/// What deleting a tree would take, open threads included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LivePlan {
    /// The plan; `members` and `threads` count threads that are not stored yet.
    pub plan: DeletionPlan,
    /// The members that are open, in the order of deletion.
    pub loaded: Vec<ThreadId>,
}
