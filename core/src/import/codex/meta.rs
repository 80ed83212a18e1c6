//! Reads the `session_meta` of a rollout, and spells it as a thread has it.

use serde_json::{Map, Value};

use super::millis;
use crate::id::ThreadId;
use crate::limits::{MAX_METADATA, MAX_TEXT};
use crate::thread::{CreateThread, GitInfo, ThreadDetails};

/// What a rollout says of its thread.
#[derive(Debug)]
pub(super) struct Meta {
    pub(super) id: ThreadId,
    pub(super) parent: Option<ThreadId>,
    created_at: Option<i64>,
    session_id: Option<String>,
    forked_from: Option<ThreadId>,
    details: ThreadDetails,
}

impl Meta {
    /// Reads a payload; without an id it is none.
    ///
    /// A field of an unexpected type, or too long to keep, is looked past.
    pub(super) fn read(payload: &str) -> Option<Self> {
        let fields: Map<String, Value> = serde_json::from_str(payload).ok()?;
        let text = |name: &str| short(fields.get(name)?);
        let id: ThreadId = text("id")?.parse().ok()?;
        let source = fields.get("source").filter(|source| !source.is_null());
        let spawn = source.and_then(|source| source.get("subagent")?.get("thread_spawn"));
        let spawned = |name: &str| spawn.and_then(|spawn| short(spawn.get(name)?));
        let thread_id = |text: Option<String>| text.and_then(|text| text.parse().ok());
        let details = ThreadDetails {
            cwd: text("cwd"),
            source: source.map(on_the_wire).and_then(small),
            thread_source: fields.get("thread_source").cloned().and_then(small),
            model_provider: text("model_provider"),
            cli_version: text("cli_version"),
            originator: text("originator"),
            git_info: fields.get("git").and_then(git),
            agent_nickname: text("agent_nickname").or_else(|| spawned("agent_nickname")),
            agent_role: text("agent_role").or_else(|| spawned("agent_role")),
            agent_path: text("agent_path").or_else(|| spawned("agent_path")),
            memory_mode: text("memory_mode"),
            ..ThreadDetails::default()
        };
        Some(Self {
            id,
            parent: thread_id(text("parent_thread_id").or_else(|| spawned("parent_thread_id"))),
            created_at: text("timestamp").as_deref().and_then(millis),
            // A rollout that names no session is one of its own.
            session_id: text("session_id").or_else(|| Some(id.to_string())),
            forked_from: thread_id(text("forked_from_id")),
            details,
        })
    }

    pub(super) fn thread(&self) -> CreateThread {
        CreateThread {
            id: Some(self.id),
            parent_thread_id: self.parent,
            session_id: self.session_id.clone(),
            forked_from_id: self.forked_from,
            created_at: self.created_at,
            details: self.details.clone(),
            ..CreateThread::default()
        }
    }
}

/// Spells a rollout's source as the protocol does.
fn on_the_wire(source: &Value) -> Value {
    match source {
        Value::String(name) if name == "mcp" => Value::String("appServer".into()),
        Value::Object(fields) => {
            let spell = |name: &String| match name.as_str() {
                "subagent" => "subAgent".to_owned(),
                _ => name.clone(),
            };
            Value::Object(fields.iter().map(|(name, of)| (spell(name), of.clone())).collect())
        }
        other => other.clone(),
    }
}

fn git(value: &Value) -> Option<GitInfo> {
    let text = |name: &str| short(value.get(name)?);
    let info = GitInfo {
        sha: text("commit_hash"),
        branch: text("branch"),
        origin_url: text("repository_url"),
    };
    (info != GitInfo::default()).then_some(info)
}

fn short(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    (!text.is_empty() && text.len() <= MAX_TEXT).then(|| text.to_owned())
}

fn small(value: Value) -> Option<Value> {
    (!value.is_null() && value.to_string().len() <= MAX_METADATA).then_some(value)
}
