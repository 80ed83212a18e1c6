//! The events of the journal: what a commit changed, named outright.
//!
//! Applying an event never decides anything, so every version of the code replays an old journal
//! alike. Events and records are the stored format: a field may be added with a default, none may
//! change its meaning.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ordinals::Ordinals;
use super::record::Record;
use crate::document::DocumentChange;
use crate::goal::{Goal, Job, JobTask};
use crate::id::{DeletionId, ThreadId};
use crate::item::Line;
use crate::query::{Receipt, Removed};
use crate::thread::{EdgeStatus, ThreadPatch};

/// What stands for a thread before it is read.
const NOBODY: ThreadId = ThreadId::from_uuid(Uuid::nil());

/// One change of the catalog.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Event {
    /// A thread came to be, with the next ordinal.
    Created(Box<Record>),
    /// Items were appended; the entry carries them.
    Appended {
        thread: ThreadId,
        first: u64,
        #[serde(default, skip_serializing_if = "Touch::is_empty")]
        touch: Touch,
        lines: Vec<Line>,
    },
    /// Items were appended; the same commit wrote them, and the tail before them, as segments.
    Segmented {
        thread: ThreadId,
        first: u64,
        count: u64,
        bytes: u64,
        /// The last segment written.
        segment: Segment,
        #[serde(default, skip_serializing_if = "Touch::is_empty")]
        touch: Touch,
    },
    /// A history was cut back; the same commit rewrote the segment that holds its new end.
    Truncated {
        thread: ThreadId,
        /// How many items are left.
        length: u64,
        /// The bytes of what is left.
        bytes: u64,
        /// The last segment now; of no meaning where the cut is in the tail.
        #[serde(default)]
        segment: Segment,
        #[serde(default, skip_serializing_if = "Touch::is_empty")]
        touch: Touch,
    },
    /// Metadata changed.
    Updated {
        thread: ThreadId,
        #[serde(default, skip_serializing_if = "Touch::is_empty")]
        touch: Touch,
    },
    /// The spawn edge of a thread changed its state.
    EdgeSet { thread: ThreadId, status: EdgeStatus },
    /// A thread got another parent, or none.
    Moved { thread: ThreadId, parent: Option<u32>, edge: Option<EdgeStatus> },
    /// A thread got a goal, or lost it.
    GoalSet { thread: ThreadId, goal: Option<Box<Goal>> },
    /// The same commit wrote a record of a thread's log.
    Logged { thread: ThreadId, first: u64, count: u64 },
    /// The same commit wrote or removed a thread's dynamic tools.
    ToolsSet { thread: ThreadId, tools: u64 },
    /// A collection of documents changed: a thread's, or the store's own.
    DocumentsChanged {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        thread: Option<ThreadId>,
        collection: String,
        change: Box<DocumentChange>,
    },
    /// A job came to be.
    JobCreated(Box<Job>),
    /// A task changed.
    TaskSet { job: Uuid, task: JobTask },
    /// A job went away.
    JobDeleted { job: Uuid },
    /// Threads were archived together; `group` lets unarchive bring back just these.
    Archived { root: u32, group: u64, members: Ordinals },
    /// Threads were unarchived together.
    Unarchived { root: u32, members: Ordinals },
    /// A deletion was decided: from here on its members are invisible.
    Deleted {
        deletion: DeletionId,
        root: u32,
        members: Ordinals,
        #[serde(default, skip_serializing_if = "Ordinals::is_empty")]
        detached: Ordinals,
        /// When erasing may start, if not at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undo_until: Option<i64>,
        /// Whether the members are not deleted but not there yet: they are being written, appear
        /// together when this is undone, and are erased if they never do.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        staged: bool,
    },
    /// A deletion was undone before any of it was erased.
    Undeleted { deletion: DeletionId },
    /// The same commit erased these members.
    Erasing {
        deletion: DeletionId,
        members: Ordinals,
        removed: Removed,
        /// The tasks that lost their thread, as they are now.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tasks: Vec<(Uuid, JobTask)>,
    },
    /// A deletion is finished.
    Erased { receipt: Box<Receipt> },
    /// The same commit packed the journal up to `position` and trimmed it.
    Checkpoint {
        checkpoint: u64,
        position: u64,
        packed: Vec<Packed>,
        /// Deletions of which the journal and the pages hold nothing any more.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        scrubbed: Vec<DeletionId>,
        /// Receipts that were dropped for their age.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        expired: Vec<DeletionId>,
    },
}

crate::fields::variants! { Event {
    "created" Created(value)
    "appended" Appended { must "thread" thread: NOBODY, must "first" first: 0, may "touch" touch: Touch::default(), must "lines" lines: Vec::new() }
    "segmented" Segmented { must "thread" thread: NOBODY, must "first" first: 0, must "count" count: 0, must "bytes" bytes: 0, must "segment" segment: Segment::default(), may "touch" touch: Touch::default() }
    "truncated" Truncated { must "thread" thread: NOBODY, must "length" length: 0, must "bytes" bytes: 0, may "segment" segment: Segment::default(), may "touch" touch: Touch::default() }
    "updated" Updated { must "thread" thread: NOBODY, may "touch" touch: Touch::default() }
    "edgeSet" EdgeSet { must "thread" thread: NOBODY, must "status" status: EdgeStatus::Open }
    "moved" Moved { must "thread" thread: NOBODY, may "parent" parent: None, may "edge" edge: None }
    "goalSet" GoalSet { must "thread" thread: NOBODY, may "goal" goal: None }
    "logged" Logged { must "thread" thread: NOBODY, must "first" first: 0, must "count" count: 0 }
    "toolsSet" ToolsSet { must "thread" thread: NOBODY, must "tools" tools: 0 }
    "documentsChanged" DocumentsChanged { may "thread" thread: None, must "collection" collection: String::new(), must "change" change: Box::new(DocumentChange::Remove { id: String::new() }) }
    "jobCreated" JobCreated(value)
    "taskSet" TaskSet { must "job" job: Uuid::nil(), must "task" task: JobTask::unread() }
    "jobDeleted" JobDeleted { must "job" job: Uuid::nil() }
    "archived" Archived { must "root" root: 0, must "group" group: 0, must "members" members: Ordinals::default() }
    "unarchived" Unarchived { must "root" root: 0, must "members" members: Ordinals::default() }
    "deleted" Deleted { must "deletion" deletion: Uuid::nil(), must "root" root: 0, must "members" members: Ordinals::default(), may "detached" detached: Ordinals::default(), may "undoUntil" undo_until: None, may "staged" staged: false }
    "undeleted" Undeleted { must "deletion" deletion: Uuid::nil() }
    "erasing" Erasing { must "deletion" deletion: Uuid::nil(), must "members" members: Ordinals::default(), must "removed" removed: Removed::default(), may "tasks" tasks: Vec::new() }
    "erased" Erased { must "receipt" receipt: Box::new(Receipt::unread()) }
    "checkpoint" Checkpoint { must "checkpoint" checkpoint: 0, must "position" position: 0, must "packed" packed: Vec::new(), may "scrubbed" scrubbed: Vec::new(), may "expired" expired: Vec::new() }
} }

impl Event {
    /// Returns the one thread that the event names by its id.
    pub(crate) fn thread(&self) -> Option<ThreadId> {
        match self {
            Self::Created(record) => Some(record.id),
            Self::Appended { thread, .. }
            | Self::Segmented { thread, .. }
            | Self::Truncated { thread, .. }
            | Self::Updated { thread, .. }
            | Self::EdgeSet { thread, .. }
            | Self::Moved { thread, .. }
            | Self::GoalSet { thread, .. }
            | Self::Logged { thread, .. }
            | Self::ToolsSet { thread, .. } => Some(*thread),
            Self::DocumentsChanged { thread, .. } => *thread,
            _ => None,
        }
    }
}

/// The metadata that an event changes along with what it is named for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Touch {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) updated_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recency_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) patch: Option<Box<ThreadPatch>>,
}

crate::fields::fields! {
    Touch, blank: Self::default(),
    may "updatedAt" updated_at,
    may "recencyAt" recency_at,
    may "patch" patch,
}

impl Touch {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A segment of a history: its first item and its size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Segment {
    pub(crate) first: u64,
    pub(crate) bytes: u64,
}

crate::fields::fields! {
    Segment, blank: Self::default(),
    must "first" first,
    must "bytes" bytes,
}

/// How far a thread's history is packed, and its last segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "(u32, u64, u64, u64)", from = "(u32, u64, u64, u64)")]
pub(crate) struct Packed {
    pub(crate) thread: u32,
    pub(crate) upto: u64,
    pub(crate) segment: Segment,
}

impl From<Packed> for (u32, u64, u64, u64) {
    fn from(packed: Packed) -> Self {
        (packed.thread, packed.upto, packed.segment.first, packed.segment.bytes)
    }
}

impl From<(u32, u64, u64, u64)> for Packed {
    fn from((thread, upto, first, bytes): (u32, u64, u64, u64)) -> Self {
        Self { thread, upto, segment: Segment { first, bytes } }
    }
}
