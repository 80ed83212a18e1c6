//! What a store tells its listeners, in the order of the journal.

use serde::{Deserialize, Serialize};

use crate::document::DocumentChange;
use crate::goal::Goal;
use crate::id::{DeletionId, ThreadId};

/// A change that has been committed, by this instance or another one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Change {
    /// A thread was created.
    Created {
        /// The thread.
        #[cfg_attr(feature = "tsify", tsify(type = "string"))]
        thread_id: ThreadId,
    },
    /// Items were appended.
    Appended {
        /// The thread.
        #[cfg_attr(feature = "tsify", tsify(type = "string"))]
        thread_id: ThreadId,
        /// The first item's sequence number.
        first: u64,
        /// How many.
        count: u64,
    },
    /// The history was cut back: items from `length` on are gone.
    Truncated {
        /// The thread.
        #[cfg_attr(feature = "tsify", tsify(type = "string"))]
        thread_id: ThreadId,
        /// How many items are left.
        length: u64,
    },
    /// The name was set or cleared.
    Renamed {
        /// The thread.
        #[cfg_attr(feature = "tsify", tsify(type = "string"))]
        thread_id: ThreadId,
        /// The new name.
        name: Option<String>,
    },
    /// Other metadata, the parent, or the state of the spawn edge changed.
    Updated {
        /// The thread.
        #[cfg_attr(feature = "tsify", tsify(type = "string"))]
        thread_id: ThreadId,
    },
    /// The goal was set, changed or cleared.
    GoalChanged {
        /// The thread.
        #[cfg_attr(feature = "tsify", tsify(type = "string"))]
        thread_id: ThreadId,
        /// The goal now.
        goal: Option<Goal>,
    },
    /// A collection of documents changed: a thread's, or the store's own.
    DocumentsChanged {
        /// The thread; `None` for the store's own.
        #[cfg_attr(feature = "tsify", tsify(type = "string | null"))]
        thread_id: Option<ThreadId>,
        /// The collection.
        collection: String,
        /// What changed in it; `None` where only its being another one is known.
        #[cfg_attr(feature = "tsify", tsify(type = "unknown"))]
        change: Option<DocumentChange>,
    },
    /// A job or one of its tasks changed.
    JobChanged {
        /// The job.
        #[cfg_attr(feature = "tsify", tsify(type = "string"))]
        job: uuid::Uuid,
    },
    /// Threads were archived together: the root first, then the deepest descendants.
    Archived {
        /// The threads newly archived, in order.
        #[cfg_attr(feature = "tsify", tsify(type = "string[]"))]
        thread_ids: Vec<ThreadId>,
    },
    /// Threads were unarchived together: the root first, then by depth.
    Unarchived {
        /// The threads, in order.
        #[cfg_attr(feature = "tsify", tsify(type = "string[]"))]
        thread_ids: Vec<ThreadId>,
    },
    /// Threads were deleted together: the deepest first, the root last.
    Deleted {
        /// The deletion.
        #[cfg_attr(feature = "tsify", tsify(type = "string"))]
        deletion: DeletionId,
        /// The threads, in order.
        #[cfg_attr(feature = "tsify", tsify(type = "string[]"))]
        thread_ids: Vec<ThreadId>,
    },
    /// A deletion was undone: the root first, then by depth.
    Undeleted {
        /// The deletion.
        #[cfg_attr(feature = "tsify", tsify(type = "string"))]
        deletion: DeletionId,
        /// The threads, in order.
        #[cfg_attr(feature = "tsify", tsify(type = "string[]"))]
        thread_ids: Vec<ThreadId>,
    },
    /// A batch of a deletion's threads was erased.
    Erasing {
        /// How far it is.
        #[serde(flatten)]
        progress: crate::query::DeletionProgress,
    },
    /// A deletion is finished: nothing of its threads is left.
    Erased {
        /// The deletion.
        #[cfg_attr(feature = "tsify", tsify(type = "string"))]
        deletion: DeletionId,
        /// The thread that was asked for.
        #[cfg_attr(feature = "tsify", tsify(type = "string"))]
        root: ThreadId,
    },
}

/// A change with the place of its entry in the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "tsify",
    derive(tsify::Tsify),
    tsify(missing_as_null, type = "{ position: number } & Change")
)]
#[serde(rename_all = "camelCase")]
pub struct ChangeEvent {
    /// The number of the journal entry that carried it.
    pub position: u64,
    /// What changed.
    #[serde(flatten)]
    pub change: Change,
}
