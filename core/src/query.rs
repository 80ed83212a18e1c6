//! What callers ask for: lists of threads, pages of items, and what a deletion would take.

use serde::{Deserialize, Serialize};

use crate::id::{DeletionId, ThreadId};
use crate::item::StoredItem;
use crate::thread::{CreateThread, Thread};

/// Selects and orders threads.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase", default)]
pub struct ThreadQuery {
    /// Which of active and archived threads; active ones if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<ArchiveFilter>,
    /// Whether sub-agent threads are left out.
    pub roots_only: bool,
    /// Only the children of this thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "string", optional))]
    pub parent_thread_id: Option<ThreadId>,
    /// Only the descendants of this thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "string", optional))]
    pub ancestor_thread_id: Option<ThreadId>,
    /// Only threads of these sources: `cli`, `vscode`, `subAgent`, …; all if empty.
    pub source_kinds: Vec<String>,
    /// Only threads of these providers; all if empty.
    pub model_providers: Vec<String>,
    /// Only threads of these working directories; all if empty.
    pub cwd: Vec<String>,
    /// Only threads whose name, title or preview contains this text, case counting; all if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_term: Option<String>,
    /// The time to order by; creation if left out. Ties are ordered by id.
    pub sort_key: SortKey,
    /// The direction; newest first if left out.
    pub sort_direction: SortDirection,
    /// How many threads a page has, 1 to 1,000; 50 if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page starts: `nextCursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

crate::fields::fields! {
    ThreadQuery, blank: Self::default(),
    may "archived" archived,
    may "rootsOnly" roots_only,
    may "parentThreadId" parent_thread_id,
    may "ancestorThreadId" ancestor_thread_id,
    may "sourceKinds" source_kinds,
    may "modelProviders" model_providers,
    may "cwd" cwd,
    may "searchTerm" search_term,
    may "sortKey" sort_key,
    may "sortDirection" sort_direction,
    may "limit" limit,
    may "cursor" cursor,
}

/// Chooses between active and archived threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub enum ArchiveFilter {
    /// Threads that are not archived.
    #[default]
    Active,
    /// Archived threads.
    Archived,
    /// Both.
    All,
}

crate::fields::words! { ArchiveFilter { "active" Active, "archived" Archived, "all" All } }

/// The time that a list is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub enum SortKey {
    /// `createdAt`.
    #[default]
    CreatedAt,
    /// `updatedAt`.
    UpdatedAt,
    /// `recencyAt`.
    RecencyAt,
}

crate::fields::words! { SortKey { "createdAt" CreatedAt, "updatedAt" UpdatedAt, "recencyAt" RecencyAt } }

/// The direction of a list or of a page of items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub enum SortDirection {
    /// Smallest first.
    Asc,
    /// Largest first.
    #[default]
    Desc,
}

crate::fields::words! { SortDirection { "asc" Asc, "desc" Desc } }

/// A page of threads.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub struct ThreadPage {
    /// The threads.
    pub data: Vec<Thread>,
    /// Where the next page starts; `None` at the end.
    pub next_cursor: Option<String>,
    /// Where a page in the other direction starts; `None` for an empty page.
    pub backwards_cursor: Option<String>,
}

/// Selects items of one thread.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase", default)]
pub struct ItemQuery {
    /// How many items a page has, 1 to 1,000; 50 if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The direction; oldest first if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort_direction: Option<SortDirection>,
    /// Where the page starts: `nextCursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The sequence number of the page's first item, instead of a cursor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
}

crate::fields::fields! {
    ItemQuery, blank: Self::default(),
    may "limit" limit,
    may "sortDirection" sort_direction,
    may "cursor" cursor,
    may "from" from,
}

/// What a fork starts with.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase", default)]
pub struct Fork {
    /// How many items of the source's history it gets, from the first on; all if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
    /// The new thread; `forkedFromId` is set to the source.
    pub thread: CreateThread,
}

crate::fields::fields! {
    Fork, blank: Self::default(),
    may "length" length,
    may "thread" thread,
}

/// A page of items.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemPage {
    /// The items, in the order asked for.
    pub data: Vec<StoredItem>,
    /// Where the next page starts; `None` at the end.
    pub next_cursor: Option<String>,
    /// Where a page in the other direction starts, this page's first item included; `None` for an
    /// empty page.
    pub backwards_cursor: Option<String>,
}

/// Where an append went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub struct Appended {
    /// The sequence number of the first appended item.
    pub first: u64,
    /// How many items were appended.
    pub count: u64,
}

/// What becomes of the children of a deleted thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub enum Children {
    /// They are deleted with it, and so are theirs.
    #[default]
    Delete,
    /// They become roots.
    Detach,
    /// The deletion is refused if there are any.
    Refuse,
}

crate::fields::words! { Children { "delete" Delete, "detach" Detach, "refuse" Refuse } }

/// When a deletion's call resolves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub enum Wait {
    /// As soon as it is decided: nothing shows the threads any more.
    Committed,
    /// When nothing of the threads is left in the store.
    #[default]
    Erased,
}

crate::fields::words! { Wait { "committed" Committed, "erased" Erased } }

/// How to delete.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase", default)]
pub struct DeleteOptions {
    /// What becomes of the children.
    pub children: Children,
    /// The token of a plan; a tree that has changed since is refused with `plan_changed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// When the call resolves. With `grace` it resolves at the commit.
    pub wait: Wait,
    /// How long the deletion can be undone, in milliseconds; not at all if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace: Option<u64>,
}

crate::fields::fields! {
    DeleteOptions, blank: Self::default(),
    may "children" children,
    may "plan" plan,
    may "wait" wait,
    may "grace" grace,
}

/// What a deletion would take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub struct DeletionPlan {
    /// The thread asked for.
    #[cfg_attr(feature = "tsify", tsify(type = "string"))]
    pub root: ThreadId,
    /// Every thread it takes, in the order of deletion: deepest first, the root last.
    #[cfg_attr(feature = "tsify", tsify(type = "string[]"))]
    pub members: Vec<ThreadId>,
    /// The children that become roots.
    #[cfg_attr(feature = "tsify", tsify(type = "string[]"))]
    pub detached: Vec<ThreadId>,
    /// How many threads.
    pub threads: u64,
    /// How many items.
    pub items: u64,
    /// How many bytes of history.
    pub bytes: u64,
    /// The threads that are forks of a member and stay.
    #[cfg_attr(feature = "tsify", tsify(type = "string[]"))]
    pub forks: Vec<ThreadId>,
    /// Names this very tree; give it to `delete`.
    pub token: String,
}

/// How far an erasure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub struct DeletionProgress {
    /// The deletion.
    #[cfg_attr(feature = "tsify", tsify(type = "string"))]
    pub deletion: DeletionId,
    /// The threads erased so far.
    pub erased: u64,
    /// All threads of the deletion.
    pub threads: u64,
}

/// What a deletion did: ids and counts, never names or content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// The deletion.
    #[cfg_attr(feature = "tsify", tsify(type = "string"))]
    pub deletion: DeletionId,
    /// The thread that was asked for.
    #[cfg_attr(feature = "tsify", tsify(type = "string"))]
    pub root: ThreadId,
    /// Every thread that it took, in deletion order; only the first 1,000 of a larger tree.
    #[cfg_attr(feature = "tsify", tsify(type = "string[]"))]
    pub members: Vec<ThreadId>,
    /// When it was decided, in milliseconds.
    pub deleted_at: i64,
    /// When the last byte was gone, in milliseconds; `None` while erasing goes on.
    pub erased_at: Option<i64>,
    /// What was removed, surface by surface.
    pub removed: Removed,
    /// What the medium did about remains of deleted bytes: `physical`, `logicalOnly` or
    /// `prevented`; `None` while erasing goes on.
    #[cfg_attr(
        feature = "tsify",
        tsify(type = "\"physical\" | \"logicalOnly\" | \"prevented\" | null")
    )]
    pub scrubbed: Option<crate::storage::Scrubbed>,
}

impl Receipt {
    /// What a receipt is before its fields are read.
    pub(crate) fn unread() -> Self {
        let nil = uuid::Uuid::nil();
        Self {
            deletion: nil,
            root: ThreadId::from_uuid(nil),
            members: Vec::new(),
            deleted_at: 0,
            erased_at: None,
            removed: Removed::default(),
            scrubbed: None,
        }
    }
}

crate::fields::fields! {
    Receipt, blank: Self::unread(),
    must "deletion" deletion,
    must "root" root,
    must "members" members,
    must "deletedAt" deleted_at,
    may "erasedAt" erased_at,
    must "removed" removed,
    may "scrubbed" scrubbed,
}

/// Counts of what a deletion removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase", default)]
pub struct Removed {
    /// Threads, from the catalog.
    pub threads: u64,
    /// Items, from histories and journal.
    pub items: u64,
    /// Bytes of history.
    pub bytes: u64,
    /// Names.
    pub names: u64,
    /// Spawn edges.
    pub edges: u64,
    /// Goals.
    pub goals: u64,
    /// Records of logs.
    pub logs: u64,
    /// Threads' dynamic tools.
    pub tools: u64,
    /// Documents.
    #[serde(default)]
    pub documents: u64,
    /// Memory modes.
    pub memory_modes: u64,
    /// Assignments of job tasks that were cleared.
    pub assignments: u64,
}

crate::fields::fields! {
    Removed, blank: Self::default(),
    may "threads" threads,
    may "items" items,
    may "bytes" bytes,
    may "names" names,
    may "edges" edges,
    may "goals" goals,
    may "logs" logs,
    may "tools" tools,
    may "documents" documents,
    may "memoryModes" memory_modes,
    may "assignments" assignments,
}

/// A deletion that is not finished.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub struct PendingDeletion {
    /// The deletion.
    #[cfg_attr(feature = "tsify", tsify(type = "string"))]
    pub deletion: DeletionId,
    /// The thread that was asked for.
    #[cfg_attr(feature = "tsify", tsify(type = "string"))]
    pub root: ThreadId,
    /// The root's name, while the deletion can still be undone.
    pub name: Option<String>,
    /// All threads of the deletion.
    pub threads: u64,
    /// The threads erased so far.
    pub erased: u64,
    /// When it was decided, in milliseconds.
    pub deleted_at: i64,
    /// Until when it can be undone, in milliseconds; `None` if erasing may start at once.
    pub undo_until: Option<i64>,
    /// How often erasing has failed in this instance.
    pub attempts: u32,
    /// When this instance tries next, in milliseconds; `None` if it is at it or has no failure.
    pub next_attempt_at: Option<i64>,
    /// The last failure.
    pub last_error: Option<String>,
}

/// The size and state of a store.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub struct StoreStats {
    /// Visible threads, archived ones included.
    pub threads: u64,
    /// Archived threads.
    pub archived: u64,
    /// Items of visible threads.
    pub items: u64,
    /// Bytes of the histories of visible threads.
    pub bytes: u64,
    /// Entries of the journal that no checkpoint has covered yet.
    pub journal_entries: u64,
    /// Their bytes.
    pub journal_bytes: u64,
    /// The number of the newest journal entry.
    pub position: u64,
    /// How long this instance's last commit took, in milliseconds; `None` before the first.
    pub last_commit_ms: Option<f64>,
    /// Deletions that are not finished.
    pub pending_deletions: u64,
}
