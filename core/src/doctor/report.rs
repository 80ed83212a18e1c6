//! What a check found: the codes, and how bad each is.

use serde::{Deserialize, Serialize};

use crate::id::ThreadId;

/// What a check or a repair of a store found.
///
/// A sound store has no findings. Counts are of what was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// What is wrong, catalog and journal before histories; of a repair, what was wrong before it.
    pub findings: Vec<Finding>,
    /// Threads, invisible ones included.
    pub threads: u64,
    /// Items of histories, those in the journal included.
    pub items: u64,
    /// Bytes of the records read.
    pub bytes: u64,
    /// Records read.
    pub records_read: u64,
    /// Records that earlier repairs put into quarantine.
    pub quarantined: u64,
}

impl Report {
    /// Tells whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What kind of thing.
    pub code: FindingCode,
    /// How bad it is.
    pub severity: Severity,
    /// The record's table and key, `journal/0000000000000007`.
    pub key: Option<String>,
    /// The thread that it concerns.
    #[cfg_attr(feature = "tsify", tsify(type = "string | null"))]
    pub thread_id: Option<ThreadId>,
    /// What is wrong, for people.
    pub message: String,
    /// Whether a repair does something about it.
    pub repairable: bool,
}

impl Finding {
    pub(crate) fn new(
        code: FindingCode,
        key: Option<String>,
        thread_id: Option<ThreadId>,
        message: String,
    ) -> Self {
        let (severity, repairable) = (code.severity(), code.repairable());
        Self { code, severity, key, thread_id, message, repairable }
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Nothing is lost, but it is not as it should be.
    Note,
    /// Something is shown wrong, or takes room for nothing.
    Warning,
    /// Something can't be read, or a promise is broken.
    Error,
}

/// Every kind of finding; its code, in snake case, never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FindingCode {
    /// The catalog's head is missing or can't be read.
    HeadUnreadable,
    /// The key that names the store's epoch is missing: no instance can commit.
    EpochMissing,
    /// A page of the catalog can't be read; threads of it that can are kept.
    PageUnreadable,
    /// A page is newer than the head.
    PageAhead,
    /// A page holds a thread of another page.
    ThreadMisplaced,
    /// Pages hold two threads of one id or one number.
    ThreadTwice,
    /// A receipt can't be read, or is another deletion's.
    ReceiptUnreadable,
    /// A job can't be read, or is another one.
    JobUnreadable,
    /// An entry of the journal can't be read; the state ends before it.
    EntryUnreadable,
    /// An entry of the journal does not fit the state before it; the state ends before it.
    EntryMisfit,
    /// An entry of the journal is missing; the state ends before it.
    JournalHole,
    /// The journal holds an entry that the catalog has packed long ago.
    EntryStale,
    /// A record has a key that no record of its table has.
    StrayKey,
    /// The copy of the newest threads has one otherwise than its page; the next checkpoint writes it anew.
    FrontMismatch,
    /// A thread's parent does not exist.
    ParentMissing,
    /// A thread is its own parent.
    SelfEdge,
    /// A thread is its own ancestor.
    Cycle,
    /// A thread is visible under a deleted parent.
    ParentDeleted,
    /// A thread is marked as deleted, and the deletion is not known.
    DeletionUnknown,
    /// A deletion counts on a thread that is neither there nor erased.
    DeletionMemberMissing,
    /// A thread that a deletion names is visible.
    DeletionMemberVisible,
    /// Something of a thread is left whose deletion is finished.
    DeletedLeftover,
    /// A history of no thread.
    HistoryOrphan,
    /// A segment of a history holds a line that can't be read.
    SegmentUnreadable,
    /// Items of a history are missing.
    SegmentGap,
    /// Two segments of a history hold the same items.
    SegmentOverlap,
    /// The catalog has another last segment of a history than the history itself.
    SegmentPointer,
    /// The catalog has another length of a history than the history itself.
    LengthMismatch,
    /// The catalog has another size of a history than the history itself.
    BytesMismatch,
    /// A record of a thread's log can't be read.
    LogUnreadable,
    /// The catalog has another number of log records than the log itself.
    LogMismatch,
    /// A thread's dynamic tools can't be read, or are another number.
    ToolsUnreadable,
    /// A task is assigned to a thread that does not exist.
    TaskThreadMissing,
    /// Other instances changed this part so fast that it could not be checked.
    Busy,
}

impl FindingCode {
    /// Returns the stable code, in snake case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HeadUnreadable => "head_unreadable",
            Self::EpochMissing => "epoch_missing",
            Self::PageUnreadable => "page_unreadable",
            Self::PageAhead => "page_ahead",
            Self::ThreadMisplaced => "thread_misplaced",
            Self::ThreadTwice => "thread_twice",
            Self::ReceiptUnreadable => "receipt_unreadable",
            Self::JobUnreadable => "job_unreadable",
            Self::EntryUnreadable => "entry_unreadable",
            Self::EntryMisfit => "entry_misfit",
            Self::JournalHole => "journal_hole",
            Self::EntryStale => "entry_stale",
            Self::StrayKey => "stray_key",
            Self::FrontMismatch => "front_mismatch",
            Self::ParentMissing => "parent_missing",
            Self::SelfEdge => "self_edge",
            Self::Cycle => "cycle",
            Self::ParentDeleted => "parent_deleted",
            Self::DeletionUnknown => "deletion_unknown",
            Self::DeletionMemberMissing => "deletion_member_missing",
            Self::DeletionMemberVisible => "deletion_member_visible",
            Self::DeletedLeftover => "deleted_leftover",
            Self::HistoryOrphan => "history_orphan",
            Self::SegmentUnreadable => "segment_unreadable",
            Self::SegmentGap => "segment_gap",
            Self::SegmentOverlap => "segment_overlap",
            Self::SegmentPointer => "segment_pointer",
            Self::LengthMismatch => "length_mismatch",
            Self::BytesMismatch => "bytes_mismatch",
            Self::LogUnreadable => "log_unreadable",
            Self::LogMismatch => "log_mismatch",
            Self::ToolsUnreadable => "tools_unreadable",
            Self::TaskThreadMissing => "task_thread_missing",
            Self::Busy => "busy",
        }
    }

    /// Returns how bad findings of this kind are.
    pub fn severity(self) -> Severity {
        match self {
            Self::Busy => Severity::Note,
            Self::PageAhead
            | Self::ThreadMisplaced
            | Self::EntryStale
            | Self::StrayKey
            | Self::FrontMismatch
            | Self::ParentMissing
            | Self::SelfEdge
            | Self::SegmentPointer
            | Self::BytesMismatch
            | Self::LogMismatch
            | Self::TaskThreadMissing => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// Tells whether a repair does something about findings of this kind.
    pub fn repairable(self) -> bool {
        self != Self::Busy
    }
}
