//! A thread as callers see it, and what they may give and change.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::ThreadId;

/// A conversation thread: who started it, when, and what it is about.
///
/// Times are milliseconds since the Unix epoch. A field that was never set is `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub struct Thread {
    /// The thread's id.
    #[cfg_attr(feature = "tsify", tsify(type = "string"))]
    pub id: ThreadId,
    /// The session that the thread belongs to; the root's id unless the creator said otherwise.
    pub session_id: String,
    /// The thread that spawned this one; `None` for a root.
    #[cfg_attr(feature = "tsify", tsify(type = "string | null"))]
    pub parent_thread_id: Option<ThreadId>,
    /// The state of the spawn edge to the parent; `None` for a root.
    pub edge_status: Option<EdgeStatus>,
    /// The thread that this one was forked from; that thread may be gone.
    #[cfg_attr(feature = "tsify", tsify(type = "string | null"))]
    pub forked_from_id: Option<ThreadId>,
    /// The name a person gave it.
    pub name: Option<String>,
    /// The beginning of the first user message; empty before there is one.
    pub preview: String,
    /// A title derived from the conversation.
    pub title: Option<String>,
    /// When it was created.
    pub created_at: i64,
    /// When something was last appended, or its metadata other than the name changed.
    pub updated_at: i64,
    /// When the last user turn started.
    pub recency_at: i64,
    /// When it was archived; `None` while it is active.
    pub archived_at: Option<i64>,
    /// How many items its history has.
    pub items: u64,
    /// The bytes of its history.
    pub bytes: u64,
    /// What the creator and the items said of it.
    #[serde(flatten)]
    pub details: ThreadDetails,
}

impl Thread {
    /// Tells whether the thread is archived.
    pub fn archived(&self) -> bool {
        self.archived_at.is_some()
    }
}

/// The descriptive fields of a thread, which the store keeps and gives back.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase", default)]
pub struct ThreadDetails {
    /// The working directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// What started the thread: a text such as `"cli"`, or an object as the Codex protocol has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "unknown", optional))]
    pub source: Option<Value>,
    /// What kind of thread it is, in the creator's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "unknown", optional))]
    pub thread_source: Option<Value>,
    /// The provider of the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_provider: Option<String>,
    /// The model last used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The version of the program that wrote the thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cli_version: Option<String>,
    /// The name of the program that wrote the thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub originator: Option<String>,
    /// The state of the repository worked on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git_info: Option<GitInfo>,
    /// The sub-agent's nickname.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_nickname: Option<String>,
    /// The sub-agent's role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_role: Option<String>,
    /// The sub-agent's path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_path: Option<String>,
    /// Whether memories may be made of the thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_mode: Option<String>,
    /// The tokens used, as last reported by an item.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "unknown", optional))]
    pub token_usage: Option<Value>,
    /// Whatever the application wants to keep with the thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, unknown>", optional))]
    pub metadata: Option<Map<String, Value>>,
}

crate::fields::fields! {
    ThreadDetails, blank: Self::default(),
    may "cwd" cwd,
    may "source" source,
    may "threadSource" thread_source,
    may "modelProvider" model_provider,
    may "model" model,
    may "cliVersion" cli_version,
    may "originator" originator,
    may "gitInfo" git_info,
    may "agentNickname" agent_nickname,
    may "agentRole" agent_role,
    may "agentPath" agent_path,
    may "memoryMode" memory_mode,
    may "tokenUsage" token_usage,
    may "metadata" metadata,
}

/// The state of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase", default)]
pub struct GitInfo {
    /// The commit's hash.
    pub sha: Option<String>,
    /// The branch.
    pub branch: Option<String>,
    /// The address of the origin.
    pub origin_url: Option<String>,
}

crate::fields::fields! {
    GitInfo, blank: Self::default(),
    may "sha" sha,
    may "branch" branch,
    may "originUrl" origin_url,
}

/// The state of the edge between a thread and the one that spawned it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub enum EdgeStatus {
    /// The child may still report to its parent.
    #[default]
    Open,
    /// The child is done.
    Closed,
}

crate::fields::words! { EdgeStatus { "open" Open, "closed" Closed } }

/// What a new thread starts with; everything may be left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase", default)]
pub struct CreateThread {
    /// Its id; a new version 7 UUID if left out. The id of a deleted thread is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "string", optional))]
    pub id: Option<ThreadId>,
    /// The thread that spawns it; a root if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "string", optional))]
    pub parent_thread_id: Option<ThreadId>,
    /// The state of the spawn edge; open if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edge_status: Option<EdgeStatus>,
    /// The session; the parent's, or the thread's own id, if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// The thread that it is a fork of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "string", optional))]
    pub forked_from_id: Option<ThreadId>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its preview; taken from the first user message if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// When it was created, in milliseconds; now if left out. For imports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<i64>,
    /// When it was last updated, in milliseconds; `createdAt` if left out. For imports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<i64>,
    /// When its last user turn started, in milliseconds; `createdAt` if left out. For imports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recency_at: Option<i64>,
    /// The descriptive fields.
    #[serde(flatten)]
    pub details: ThreadDetails,
}

crate::fields::fields! {
    CreateThread, blank: Self::default(),
    may "id" id,
    may "parentThreadId" parent_thread_id,
    may "edgeStatus" edge_status,
    may "sessionId" session_id,
    may "forkedFromId" forked_from_id,
    may "name" name,
    may "preview" preview,
    may "title" title,
    may "createdAt" created_at,
    may "updatedAt" updated_at,
    may "recencyAt" recency_at,
    ..details: ThreadDetails
}

/// A change of a thread's metadata: a field left out stays, a `null` clears, a value sets.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase", default)]
pub struct ThreadPatch {
    /// The name; an empty one is refused, `null` clears it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "string | null", optional))]
    pub name: Option<Option<String>>,
    /// The preview.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "string | null", optional))]
    pub preview: Option<Option<String>>,
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "string | null", optional))]
    pub title: Option<Option<String>>,
    /// The working directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "string | null", optional))]
    pub cwd: Option<Option<String>>,
    /// What started the thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "unknown", optional))]
    pub source: Option<Option<Value>>,
    /// What kind of thread it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "unknown", optional))]
    pub thread_source: Option<Option<Value>>,
    /// The provider of the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "string | null", optional))]
    pub model_provider: Option<Option<String>>,
    /// The model.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "string | null", optional))]
    pub model: Option<Option<String>>,
    /// The version of the program that writes the thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "string | null", optional))]
    pub cli_version: Option<Option<String>>,
    /// The name of the program that writes the thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "string | null", optional))]
    pub originator: Option<Option<String>>,
    /// The state of the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "GitInfo | null", optional))]
    pub git_info: Option<Option<GitInfo>>,
    /// The sub-agent's nickname.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "string | null", optional))]
    pub agent_nickname: Option<Option<String>>,
    /// The sub-agent's role.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "string | null", optional))]
    pub agent_role: Option<Option<String>>,
    /// The sub-agent's path.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "string | null", optional))]
    pub agent_path: Option<Option<String>>,
    /// Whether memories may be made of the thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "string | null", optional))]
    pub memory_mode: Option<Option<String>>,
    /// The tokens used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "unknown", optional))]
    pub token_usage: Option<Option<Value>>,
    /// The application's own fields, replaced as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, unknown> | null", optional))]
    pub metadata: Option<Option<Map<String, Value>>>,
}

crate::fields::fields! {
    ThreadPatch, blank: Self::default(),
    null "name" name,
    null "preview" preview,
    null "title" title,
    null "cwd" cwd,
    null "source" source,
    null "threadSource" thread_source,
    null "modelProvider" model_provider,
    null "model" model,
    null "cliVersion" cli_version,
    null "originator" originator,
    null "gitInfo" git_info,
    null "agentNickname" agent_nickname,
    null "agentRole" agent_role,
    null "agentPath" agent_path,
    null "memoryMode" memory_mode,
    null "tokenUsage" token_usage,
    null "metadata" metadata,
}

impl ThreadPatch {
    /// Tells whether the patch changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
