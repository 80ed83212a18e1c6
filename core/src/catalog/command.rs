//! What a store can be asked to change.
//!
//! A command carries everything that chance or the caller gave (ids, values); what it leads to is
//! decided on the catalog alone.

use uuid::Uuid;

use super::event::Event;
use super::record::Archived;
use crate::document::{Collections, DocumentChange};
use crate::goal::{Goal, GoalPatch, JobTask};
use crate::id::{DeletionId, ThreadId};
use crate::item::Item;
use crate::observe::Observed;
use crate::query::DeleteOptions;
use crate::storage::{Key, Write};
use crate::thread::{CreateThread, EdgeStatus, ThreadPatch};

/// A change asked for.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// `id` is the one to use if `thread` names none.
    Create {
        id: ThreadId,
        thread: Box<CreateThread>,
    },
    Append {
        thread: ThreadId,
        items: Vec<(Option<i64>, Item)>,
        observed: Box<Observed>,
    },
    Truncate {
        thread: ThreadId,
        cut: Box<Cut>,
    },
    Update {
        thread: ThreadId,
        patch: Box<ThreadPatch>,
    },
    SetEdge {
        thread: ThreadId,
        status: EdgeStatus,
    },
    SetParent {
        thread: ThreadId,
        parent: Option<ThreadId>,
    },
    /// `id` is the one to use if the goal is a new one.
    SetGoal {
        thread: ThreadId,
        id: Uuid,
        patch: Box<GoalPatch>,
    },
    ClearGoal {
        thread: ThreadId,
    },
    Log {
        thread: ThreadId,
        records: Vec<(Option<i64>, Item)>,
    },
    SetTools {
        thread: ThreadId,
        tools: Vec<Item>,
    },
    ChangeDocuments {
        owner: Option<ThreadId>,
        collection: String,
        change: Box<DocumentChange>,
    },
    /// An append to a history that must have this many items.
    AppendAfter {
        length: u64,
        append: Box<Command>,
    },
    /// An append in whose commit a draft of the thread goes.
    FinishDraft {
        draft: String,
        append: Box<Command>,
    },
    CreateJob {
        id: Uuid,
        name: String,
        tasks: Vec<String>,
    },
    SetTask {
        job: Uuid,
        task: JobTask,
    },
    DeleteJob {
        job: Uuid,
    },
    Archive {
        thread: ThreadId,
        group: u64,
    },
    Unarchive {
        thread: ThreadId,
    },
    Delete {
        thread: ThreadId,
        deletion: DeletionId,
        options: DeleteOptions,
    },
    Undelete {
        deletion: DeletionId,
    },
    Stage {
        staging: DeletionId,
        thread: Box<Staged>,
    },
    /// A command on a thread that is being staged.
    Fill {
        staging: DeletionId,
        command: Box<Command>,
    },
    Publish {
        staging: DeletionId,
        copied: Option<Copied>,
    },
    Erase(Eraser),
}

/// What a fork was made from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Copied {
    pub(crate) source: ThreadId,
    /// How often the source's history had been cut back when it was copied.
    pub(crate) generation: u64,
    pub(crate) fork: ThreadId,
}

/// Where to cut a history, as it was measured.
#[derive(Clone, Debug)]
pub(crate) struct Cut {
    /// How many items to leave.
    pub(crate) length: u64,
    /// What was measured: how often it was cut before, its items, and how many were packed.
    pub(crate) seen: (u64, u64, u64),
    /// The bytes of what goes.
    pub(crate) dropped: u64,
    /// The last segment that stays, by its first item, if the cut is among the segments.
    pub(crate) last: Option<(u64, String)>,
}

/// A thread to be staged, with what only a thread that was elsewhere before brings along.
#[derive(Clone, Debug)]
pub(crate) struct Staged {
    pub(crate) id: ThreadId,
    pub(crate) thread: CreateThread,
    pub(crate) archived: Option<Archived>,
    pub(crate) goal: Option<Box<Goal>>,
    pub(crate) documents: Option<Box<Collections>>,
}

/// One bounded batch of a deletion's erasure.
#[derive(Clone, Debug)]
pub(crate) struct Eraser {
    pub(crate) deletion: DeletionId,
    /// The most threads to erase, unless a whole tree goes as one range.
    pub(crate) limit: usize,
    /// Whether to erase what is still in grace.
    pub(crate) now: bool,
    /// What the quarantine holds of the members, to be erased along with them.
    pub(crate) quarantined: Vec<Key>,
}

impl Command {
    /// Returns the thread that the command's caller is shown afterwards.
    pub(crate) fn answers_with(&self) -> Option<ThreadId> {
        match self {
            Self::Create { id, thread } => Some(thread.id.unwrap_or(*id)),
            Self::Update { thread, .. }
            | Self::SetEdge { thread, .. }
            | Self::SetParent { thread, .. }
            | Self::Truncate { thread, .. } => Some(*thread),
            Self::Publish { copied, .. } => copied.map(|copied| copied.fork),
            _ => None,
        }
    }

    /// Returns the job that the command's caller is shown afterwards.
    pub(crate) fn job(&self) -> Option<Uuid> {
        match self {
            Self::CreateJob { id, .. } => Some(*id),
            Self::SetTask { job, .. } => Some(*job),
            _ => None,
        }
    }

    /// Tells whether the command makes room, so that it goes first when room is scarce.
    pub(crate) fn frees(&self) -> bool {
        matches!(self, Self::Delete { .. } | Self::Erase(_))
    }

    /// Returns the bytes of the items that the command carries.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Append { items, .. } | Self::Log { records: items, .. } => {
                items.iter().map(|(_, item)| item.json().len()).sum()
            }
            Self::SetTools { tools, .. } => tools.iter().map(|item| item.json().len()).sum(),
            Self::Fill { command, .. } => command.size(),
            _ => 0,
        }
    }

    /// Tells whether the commit must survive a power loss whatever the caller chose.
    pub(crate) fn strict(&self) -> bool {
        matches!(
            self,
            Self::Archive { .. }
                | Self::Unarchive { .. }
                | Self::Delete { .. }
                | Self::Undelete { .. }
                | Self::Erase(_)
        )
    }

    /// Returns the staging whose threads the command may see.
    pub(crate) fn staging(&self) -> Option<DeletionId> {
        match self {
            Self::Stage { staging, .. } | Self::Fill { staging, .. } => Some(*staging),
            _ => None,
        }
    }
}

/// What a command leads to: events, and what the same commit writes besides its entry.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decision {
    pub(crate) events: Vec<Event>,
    pub(crate) writes: Vec<Write>,
}

impl From<Event> for Decision {
    fn from(event: Event) -> Self {
        Self { events: vec![event], writes: Vec::new() }
    }
}
