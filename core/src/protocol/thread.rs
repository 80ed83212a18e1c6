//! A thread as the protocol spells it: seconds, every field present, what Creel does not know null.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::ThreadId;
use crate::thread::{GitInfo, Thread};

/// A thread on the wire.
///
/// Clients of the Codex app-server read these fields. Those that speak of a running agent or of an
/// account are always null here; texts that the wire requires are empty when the thread has none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct WireThread {
    /// The thread's id.
    #[cfg_attr(feature = "tsify", tsify(type = "string"))]
    pub id: ThreadId,
    /// Always null.
    #[cfg_attr(feature = "tsify", tsify(type = "null"))]
    pub environments: (),
    /// Always null.
    #[cfg_attr(feature = "tsify", tsify(type = "null"))]
    pub extra: (),
    /// The session that the thread belongs to.
    pub session_id: String,
    /// The thread that this one was forked from.
    #[cfg_attr(feature = "tsify", tsify(type = "string | null"))]
    pub forked_from_id: Option<ThreadId>,
    /// Always null.
    #[cfg_attr(feature = "tsify", tsify(type = "null"))]
    pub attached_to_thread_id: (),
    /// The thread that spawned this one.
    #[cfg_attr(feature = "tsify", tsify(type = "string | null"))]
    pub parent_thread_id: Option<ThreadId>,
    /// The beginning of the first user message.
    pub preview: String,
    /// Whether it is never stored; only an open thread can be.
    pub ephemeral: bool,
    /// The section that a person put it in.
    #[cfg_attr(feature = "tsify", tsify(type = "unknown"))]
    pub section: Option<Value>,
    /// When it was put there, in seconds since the Unix epoch.
    pub section_entered_at: Option<i64>,
    /// The project that it is part of.
    pub project_id: Option<String>,
    /// Always `paginated`: every history can be read page by page.
    pub history_mode: String,
    /// The provider of the model.
    pub model_provider: String,
    /// The model last used.
    pub model: Option<String>,
    /// Always null.
    #[cfg_attr(feature = "tsify", tsify(type = "null"))]
    pub reasoning_effort: (),
    /// When it was created, in seconds since the Unix epoch.
    pub created_at: i64,
    /// When it was last updated, in seconds.
    pub updated_at: i64,
    /// When its last user turn started, in seconds.
    pub recency_at: i64,
    /// Whether an agent has it open.
    pub status: WireStatus,
    /// Always null: a history is no file.
    #[cfg_attr(feature = "tsify", tsify(type = "null"))]
    pub path: (),
    /// The working directory.
    pub cwd: String,
    /// The version of the program that wrote the thread.
    pub cli_version: String,
    /// The name of the program that wrote the thread.
    pub originator: Option<String>,
    /// What started the thread; `unknown` when nobody said.
    #[cfg_attr(feature = "tsify", tsify(type = "unknown"))]
    pub source: Value,
    /// Always null.
    #[cfg_attr(feature = "tsify", tsify(type = "null"))]
    pub can_accept_direct_input: (),
    /// What kind of thread it is.
    #[cfg_attr(feature = "tsify", tsify(type = "unknown"))]
    pub thread_source: Option<Value>,
    /// The sub-agent's nickname.
    pub agent_nickname: Option<String>,
    /// The sub-agent's role.
    pub agent_role: Option<String>,
    /// The state of the repository.
    pub git_info: Option<GitInfo>,
    /// The name a person gave it.
    pub name: Option<String>,
    /// Always null.
    #[cfg_attr(feature = "tsify", tsify(type = "null"))]
    pub daybreak_enabled: (),
    /// Its turns, where they were asked for.
    #[cfg_attr(feature = "tsify", tsify(type = "unknown[]"))]
    pub turns: Vec<Value>,
}

/// Whether an agent has a thread open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum WireStatus {
    /// It lies in the store.
    NotLoaded,
    /// It is open and waits.
    Idle,
}

impl From<&Thread> for WireThread {
    fn from(thread: &Thread) -> Self {
        let details = thread.details.clone();
        Self {
            id: thread.id,
            environments: (),
            extra: (),
            session_id: thread.session_id.clone(),
            forked_from_id: thread.forked_from_id,
            attached_to_thread_id: (),
            parent_thread_id: thread.parent_thread_id,
            preview: thread.preview.clone(),
            ephemeral: false,
            section: None,
            section_entered_at: None,
            project_id: None,
            history_mode: "paginated".into(),
            model_provider: details.model_provider.unwrap_or_default(),
            model: details.model,
            reasoning_effort: (),
            created_at: seconds(thread.created_at),
            updated_at: seconds(thread.updated_at),
            recency_at: seconds(thread.recency_at),
            status: WireStatus::NotLoaded,
            path: (),
            cwd: details.cwd.unwrap_or_default(),
            cli_version: details.cli_version.unwrap_or_default(),
            originator: details.originator,
            source: details.source.unwrap_or_else(|| "unknown".into()),
            can_accept_direct_input: (),
            thread_source: details.thread_source,
            agent_nickname: details.agent_nickname,
            agent_role: details.agent_role,
            git_info: details.git_info,
            name: thread.name.clone(),
            daybreak_enabled: (),
            turns: Vec::new(),
        }
    }
}

fn seconds(millis: i64) -> i64 {
    millis.div_euclid(1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_thread_has_every_field_of_the_wire() {
        let thread: Thread = serde_json::from_value(json!({
            "id": "D23F0824128B4F338C5C7FD0A6A3A450", "sessionId": "s", "parentThreadId": null,
            "edgeStatus": null, "forkedFromId": null, "name": "Red main", "preview": "CI is red",
            "title": null, "createdAt": 1_772_442_970_999_i64, "updatedAt": -1, "recencyAt": 0,
            "archivedAt": 5, "items": 3, "bytes": 100, "cwd": "/home/dev/shop",
            "gitInfo": {"sha": "8194d755", "branch": "main"}, "metadata": {"own": true},
        }))
        .unwrap();
        let expected = json!({
            "id": "d23f0824-128b-4f33-8c5c-7fd0a6a3a450", "environments": null, "extra": null,
            "sessionId": "s", "forkedFromId": null, "attachedToThreadId": null,
            "parentThreadId": null, "preview": "CI is red", "ephemeral": false, "section": null,
            "sectionEnteredAt": null, "projectId": null, "historyMode": "paginated",
            "modelProvider": "", "model": null, "reasoningEffort": null,
            "createdAt": 1_772_442_970, "updatedAt": -1, "recencyAt": 0,
            "status": {"type": "notLoaded"}, "path": null, "cwd": "/home/dev/shop",
            "cliVersion": "", "originator": null, "source": "unknown",
            "canAcceptDirectInput": null, "threadSource": null, "agentNickname": null,
            "agentRole": null, "gitInfo": {"sha": "8194d755", "branch": "main", "originUrl": null},
            "name": "Red main", "daybreakEnabled": null, "turns": [],
        });
        assert_eq!(serde_json::to_value(WireThread::from(&thread)).unwrap(), expected);
    }
}
