//! The one error of the public API: a stable code each, whether trying again helps, and the cause.

use crate::id::{DeletionId, ThreadId};
use crate::storage::StorageError;

/// The result of a store call.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a call failed. Unless a variant says otherwise, nothing was written.
///
/// Match on the variant, or log [`code`](Self::code): codes never change their meaning.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A thread id that is not a UUID.
    #[error("invalid thread id: {reason}: `{value}`")]
    InvalidThreadId {
        /// The beginning of the text given.
        value: String,
        /// Why it is no UUID.
        reason: String,
    },
    /// No thread has this id.
    #[error("thread not found: {id}")]
    ThreadNotFound {
        /// The id.
        id: ThreadId,
    },
    /// The thread was deleted, and stays so.
    #[error("thread {id} was deleted")]
    ThreadDeleted {
        /// The id.
        id: ThreadId,
        /// The deletion that took it.
        deletion: DeletionId,
    },
    /// The thread is archived; unarchive it first.
    #[error("thread {id} is archived; unarchive it first")]
    ThreadArchived {
        /// The id.
        id: ThreadId,
    },
    /// The thread is not archived.
    #[error("thread {id} is not archived")]
    ThreadNotArchived {
        /// The id.
        id: ThreadId,
    },
    /// The thread lives in memory alone; the store knows nothing of it.
    #[error("thread {id} is ephemeral")]
    ThreadEphemeral {
        /// The id.
        id: ThreadId,
    },
    /// The live thread was shut down or discarded; resume it first.
    #[error("thread {id} was closed; resume it first")]
    ThreadClosed {
        /// The id.
        id: ThreadId,
    },
    /// A thread with this id exists already.
    #[error("thread {id} exists already")]
    ThreadExists {
        /// The id.
        id: ThreadId,
    },
    /// The parent named does not exist.
    #[error("parent thread not found: {id}")]
    ParentNotFound {
        /// The parent's id.
        id: ThreadId,
    },
    /// No job, or no task of a job, has this id.
    #[error("job or task not found: {id}")]
    JobNotFound {
        /// The id.
        id: String,
    },
    /// The edge would make a thread its own ancestor.
    #[error("thread {parent} can't be the parent of {child}: it would be its own ancestor")]
    Cycle {
        /// The parent asked for.
        parent: ThreadId,
        /// The child.
        child: ThreadId,
    },
    /// The thread has no parent, so it has no spawn edge.
    #[error("thread {id} has no parent")]
    NotSpawned {
        /// The id.
        id: ThreadId,
    },
    /// A deletion asked to refuse threads with children, and this one has some.
    #[error("thread {id} has {children} children")]
    HasChildren {
        /// The id.
        id: ThreadId,
        /// How many children it has.
        children: usize,
    },
    /// A name that is empty or white space.
    #[error("thread name must not be empty")]
    EmptyName,
    /// A field has a value that it can't have.
    #[error("{field}: {reason}")]
    InvalidField {
        /// The field's name, in camel case.
        field: String,
        /// What is wrong, with the value.
        reason: String,
    },
    /// A page, batch or other number out of its range.
    #[error("{field} must be between {min} and {max}, not {value}")]
    OutOfRange {
        /// The field's name, in camel case.
        field: &'static str,
        /// The value given.
        value: i64,
        /// The least value.
        min: i64,
        /// The greatest value.
        max: i64,
    },
    /// An item that is not a JSON object.
    #[error("items[{index}] is not a JSON object: {reason}")]
    InvalidItem {
        /// Its place in the call.
        index: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A value above a stated limit.
    #[error("{field} is {size} long, the limit is {limit}")]
    TooLarge {
        /// The field's name, in camel case.
        field: String,
        /// Its size, in bytes unless the field is a list.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// A cursor that this store did not make, or that belongs to another query.
    #[error("invalid cursor: {value}")]
    InvalidCursor {
        /// The beginning of the cursor given.
        value: String,
    },
    /// The tree has changed since the deletion was planned.
    #[error("the tree has changed since the plan: {changes}")]
    PlanChanged {
        /// What changed.
        changes: String,
    },
    /// The deletion is committed and its threads are gone for good, but erasing their bytes fails;
    /// it goes on in the background, on the next call and on the next open.
    #[error("deletion {deletion} is not erased yet: {reason}")]
    EraseIncomplete {
        /// The deletion.
        deletion: DeletionId,
        /// The last failure.
        reason: String,
    },
    /// The deletion can't be undone: its erasure has begun, or it is not known.
    #[error("deletion {deletion} can't be undone: {reason}")]
    NotUndoable {
        /// The deletion.
        deletion: DeletionId,
        /// Why.
        reason: String,
    },
    /// The deletion that was waited for has been undone.
    #[error("deletion {deletion} was undone")]
    Undeleted {
        /// The deletion.
        deletion: DeletionId,
    },
    /// Whether the change was stored is not known; reading after a reconnect tells.
    #[error("the outcome is unknown: {reason}")]
    OutcomeUnknown {
        /// The last failure.
        reason: String,
    },
    /// The medium is full.
    #[error("the storage is full")]
    QuotaExceeded {
        /// The storage's error.
        #[source]
        cause: Box<StorageError>,
    },
    /// The store was replaced by another one under this instance; open it again.
    #[error("the store was replaced; open it again")]
    StoreReplaced,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// A record can't be read.
    #[error("the record {key} is corrupt: {reason}")]
    Corrupt {
        /// The record's table and key.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The storage failed.
    #[error(transparent)]
    Storage(StorageError),
    /// A JSON-RPC method that is not known.
    #[error("unknown method: {method}")]
    UnknownMethod {
        /// The method.
        method: String,
    },
}

impl Error {
    /// Returns the stable machine code, in snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidThreadId { .. } => "invalid_thread_id",
            Self::ThreadNotFound { .. } => "thread_not_found",
            Self::ThreadDeleted { .. } => "thread_deleted",
            Self::ThreadArchived { .. } => "thread_archived",
            Self::ThreadNotArchived { .. } => "thread_not_archived",
            Self::ThreadEphemeral { .. } => "thread_ephemeral",
            Self::ThreadClosed { .. } => "thread_closed",
            Self::ThreadExists { .. } => "thread_exists",
            Self::ParentNotFound { .. } => "parent_not_found",
            Self::JobNotFound { .. } => "job_not_found",
            Self::Cycle { .. } => "cycle",
            Self::NotSpawned { .. } => "not_spawned",
            Self::HasChildren { .. } => "has_children",
            Self::EmptyName => "empty_name",
            Self::InvalidField { .. } => "invalid_field",
            Self::OutOfRange { .. } => "out_of_range",
            Self::InvalidItem { .. } => "invalid_item",
            Self::TooLarge { .. } => "too_large",
            Self::InvalidCursor { .. } => "invalid_cursor",
            Self::PlanChanged { .. } => "plan_changed",
            Self::EraseIncomplete { .. } => "erase_incomplete",
            Self::NotUndoable { .. } => "not_undoable",
            Self::Undeleted { .. } => "undeleted",
            Self::OutcomeUnknown { .. } => "outcome_unknown",
            Self::QuotaExceeded { .. } => "quota_exceeded",
            Self::StoreReplaced => "store_replaced",
            Self::Closed => "closed",
            Self::Corrupt { .. } => "corrupt",
            Self::Storage(StorageError::Conflict) => "conflict",
            Self::Storage(StorageError::Blocked { .. }) => "blocked",
            Self::Storage(StorageError::SchemaTooNew { .. }) => "schema_too_new",
            Self::Storage(_) => "storage_unavailable",
            Self::UnknownMethod { .. } => "unknown_method",
        }
    }

    /// Tells whether the same call may succeed later without the caller changing anything.
    pub fn retryable(&self) -> bool {
        match self {
            Self::EraseIncomplete { .. } | Self::OutcomeUnknown { .. } => true,
            Self::Storage(StorageError::Unavailable { retryable, .. }) => *retryable,
            Self::Storage(StorageError::Conflict | StorageError::Blocked { .. }) => true,
            _ => false,
        }
    }
}

impl From<StorageError> for Error {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::QuotaExceeded { .. } => Self::QuotaExceeded { cause: Box::new(error) },
            StorageError::Closed => Self::Closed,
            StorageError::Corrupt { key, reason } => Self::Corrupt { key, reason },
            StorageError::InvalidField { field, reason } => Self::InvalidField { field, reason },
            other => Self::Storage(other),
        }
    }
}

/// Returns the beginning of a text given by a caller, short enough for a message.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
