//! What the catalog knows of a thread, in the form in which pages store it.

use serde::Serialize;

use super::details::Details;
use super::event::{Segment, Touch};
use crate::document::Collections;
use crate::goal::Goal;
use crate::id::{DeletionId, ThreadId, TreeId};
use crate::thread::{EdgeStatus, ThreadPatch};

/// A thread in the catalog.
///
/// There are as many of these in memory as there are threads: what few of them have is boxed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    /// Its place in the pages; never reused.
    pub(crate) ord: u32,
    pub(crate) id: ThreadId,
    pub(crate) tree: TreeId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parent: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) edge: Option<EdgeStatus>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) recency_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) archived: Option<Box<Archived>>,
    /// The deletion that hides it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deletion: Option<DeletionId>,
    /// How many items it has.
    #[serde(default)]
    pub(crate) len: u64,
    /// The bytes of its history.
    #[serde(default)]
    pub(crate) bytes: u64,
    /// How many of its items are in segments; the rest is its tail, in the journal.
    #[serde(default)]
    pub(crate) packed: u64,
    /// Its last segment.
    #[serde(default)]
    pub(crate) segment: Segment,
    /// How often its history was cut back.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) generation: u64,
    /// The session, where it is not the tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) session: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) forked_from: Option<Box<ThreadId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) preview: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) goal: Option<Box<Goal>>,
    /// How many records its log has.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) logs: u64,
    /// How many dynamic tools it has.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) tools: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) documents: Option<Box<Collections>>,
    #[serde(default, skip_serializing_if = "Details::is_empty")]
    pub(crate) details: Details,
}

crate::fields::fields! {
    Record, blank: Self::unread(),
    must "ord" ord,
    must "id" id,
    must "tree" tree,
    may "parent" parent,
    may "edge" edge,
    must "createdAt" created_at,
    must "updatedAt" updated_at,
    must "recencyAt" recency_at,
    may "archived" archived,
    may "deletion" deletion,
    may "len" len,
    may "bytes" bytes,
    may "packed" packed,
    may "segment" segment,
    may "generation" generation,
    may "session" session,
    may "forkedFrom" forked_from,
    may "name" name,
    may "preview" preview,
    may "title" title,
    may "goal" goal,
    may "logs" logs,
    may "tools" tools,
    may "documents" documents,
    may "details" details,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// When a thread was archived, and together with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Archived {
    pub(crate) at: i64,
    pub(crate) group: u64,
}

crate::fields::fields! {
    Archived, blank: Self { at: 0, group: 0 },
    must "at" at,
    must "group" group,
}

impl Record {
    /// What a record is before its fields are read.
    fn unread() -> Self {
        let id = ThreadId::from_uuid(uuid::Uuid::nil());
        Self {
            ord: 0,
            id,
            tree: id,
            parent: None,
            edge: None,
            created_at: 0,
            updated_at: 0,
            recency_at: 0,
            archived: None,
            deletion: None,
            len: 0,
            bytes: 0,
            packed: 0,
            segment: Segment::default(),
            generation: 0,
            session: None,
            forked_from: None,
            name: None,
            preview: None,
            title: None,
            goal: None,
            logs: 0,
            tools: 0,
            documents: None,
            details: Details::default(),
        }
    }

    pub(crate) fn visible(&self) -> bool {
        self.deletion.is_none()
    }

    /// Applies what an event says of the metadata.
    pub(crate) fn touch(&mut self, touch: &Touch) {
        self.updated_at = touch.updated_at.unwrap_or(self.updated_at);
        self.recency_at = touch.recency_at.unwrap_or(self.recency_at);
        if let Some(patch) = &touch.patch {
            self.patch(patch);
        }
    }

    fn patch(&mut self, patch: &ThreadPatch) {
        fn set<T: Clone>(field: &mut Option<T>, change: &Option<Option<T>>) {
            if let Some(value) = change {
                field.clone_from(value);
            }
        }
        let mut details = (*self.details).clone();
        set(&mut self.name, &patch.name);
        set(&mut self.preview, &patch.preview);
        set(&mut self.title, &patch.title);
        set(&mut details.cwd, &patch.cwd);
        set(&mut details.source, &patch.source);
        set(&mut details.thread_source, &patch.thread_source);
        set(&mut details.model_provider, &patch.model_provider);
        set(&mut details.model, &patch.model);
        set(&mut details.cli_version, &patch.cli_version);
        set(&mut details.originator, &patch.originator);
        set(&mut details.git_info, &patch.git_info);
        set(&mut details.agent_nickname, &patch.agent_nickname);
        set(&mut details.agent_role, &patch.agent_role);
        set(&mut details.agent_path, &patch.agent_path);
        set(&mut details.memory_mode, &patch.memory_mode);
        set(&mut details.token_usage, &patch.token_usage);
        set(&mut details.metadata, &patch.metadata);
        if details != *self.details {
            self.details = details.into();
        }
    }
}

/// Returns the page of an ordinal.
pub(crate) fn page_of(ord: u32) -> u32 {
    ord / crate::limits::PAGE_THREADS
}
