//! From the items of a history to the items of the protocol's turns.
//!
//! It knows the lines of Codex rollouts, app-server items and plain messages, as the observer does.
//! What a conversation does not show (settings, token counts, context given to the model) is nothing.

use serde_json::{Map, Value, json};

use crate::item::Item;
use crate::observe::observe;

/// What one item of a history is to its turn.
#[derive(Debug)]
pub(super) enum Meaning {
    /// A turn begins; its id and its root's id, and when, in seconds.
    Started { id: String, root: Option<String>, at: Option<i64> },
    /// What follows belongs to the turn with this id.
    Belongs { id: String },
    /// The turn ended.
    Ended { status: &'static str, at: Option<i64>, duration_ms: Option<i64> },
    /// Something went wrong in the turn.
    Failed { error: Value },
    /// The last turns were taken back.
    RolledBack { turns: usize },
    /// Something that the conversation shows.
    Shown(Shown),
    /// Nothing that the conversation shows.
    Hidden,
}

/// An item as the conversation shows it.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) item: Map<String, Value>,
    /// Whether an event of the same turn may say the same again, and better.
    pub(super) weak: bool,
    pub(super) started_at_ms: Option<i64>,
    pub(super) completed_at_ms: Option<i64>,
}

impl Shown {
    pub(super) fn kind(&self) -> &str {
        self.item.get("type").and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn is_user(&self) -> bool {
        self.kind() == "userMessage"
    }

    /// Returns the text of a message.
    pub(super) fn text(&self) -> String {
        text_of(&self.item)
    }
}

/// Returns what a person or an agent said in an item of a turn.
pub(in crate::protocol) fn text_of(item: &Map<String, Value>) -> String {
    match item.get("text") {
        Some(Value::String(text)) => text.clone(),
        _ => joined(item.get("content"), "\n"),
    }
}

/// Tells what an item means; `fallback` is the id of one that has none.
pub(super) fn meaning(item: &Item, fallback: &str) -> Meaning {
    let Ok(Value::Object(fields)) = item.parse::<Value>() else { return Meaning::Hidden };
    let payload = fields.get("payload").and_then(Value::as_object);
    match (text(&fields, "type"), payload) {
        (Some("event_msg"), Some(payload)) => event(payload, fallback),
        (Some("turn_context"), Some(payload)) => match text(payload, "turn_id") {
            Some(id) => Meaning::Belongs { id: id.to_owned() },
            None => Meaning::Hidden,
        },
        (Some("response_item"), Some(payload)) => {
            message(payload, fallback, observe(item).user_turn, true)
        }
        (Some("session_meta" | "compacted" | "world_state"), Some(_)) => Meaning::Hidden,
        _ => message(&fields, fallback, observe(item).user_turn, false),
    }
}

fn event(payload: &Map<String, Value>, fallback: &str) -> Meaning {
    let number = |name: &str| payload.get(name).and_then(Value::as_i64);
    let id = |name: &str| text(payload, name).unwrap_or(fallback);
    match text(payload, "type").unwrap_or_default() {
        "task_started" | "turn_started" => match text(payload, "turn_id") {
            Some(id) => Meaning::Started {
                id: id.to_owned(),
                root: text(payload, "root_turn_id").map(str::to_owned),
                at: number("started_at"),
            },
            None => Meaning::Hidden,
        },
        "task_complete" | "turn_complete" => Meaning::Ended {
            status: "completed",
            at: number("completed_at"),
            duration_ms: number("duration_ms"),
        },
        "turn_aborted" => Meaning::Ended {
            status: "interrupted",
            at: number("completed_at"),
            duration_ms: number("duration_ms"),
        },
        "error" => Meaning::Failed {
            error: json!({
                "message": text(payload, "message").unwrap_or_default(),
                "codexErrorInfo": payload.get("codex_error_info"),
                "additionalDetails": null,
            }),
        },
        "thread_rolled_back" => {
            let turns = payload.get("num_turns").and_then(Value::as_u64).unwrap_or(0);
            Meaning::RolledBack { turns: usize::try_from(turns).unwrap_or(usize::MAX) }
        }
        "item_completed" => match payload.get("item").and_then(Value::as_object) {
            Some(item) => Meaning::Shown(Shown {
                item: completed(item, fallback),
                weak: false,
                started_at_ms: number("started_at_ms"),
                completed_at_ms: number("completed_at_ms"),
            }),
            None => Meaning::Hidden,
        },
        "user_message" => {
            let mut content = vec![said(text(payload, "message").unwrap_or_default())];
            let of = |name: &str| payload.get(name).and_then(Value::as_array).into_iter().flatten();
            content.extend(of("images").map(|url| json!({"type": "image", "url": url})));
            content
                .extend(of("local_images").map(|path| json!({"type": "localImage", "path": path})));
            strong(user(id("id"), content))
        }
        "agent_message" => {
            let said = text(payload, "message").unwrap_or_default();
            strong(agent(id("id"), said, payload.get("phase")))
        }
        "agent_reasoning" => strong(json!({
            "type": "reasoning", "id": fallback, "content": [],
            "summary": [text(payload, "text").unwrap_or_default()],
        })),
        "exec_command_end" => strong(json!({
            "type": "commandExecution", "id": id("call_id"),
            "command": command(payload.get("command")),
            "cwd": text(payload, "cwd").unwrap_or_default(), "commandActions": [],
            "status": if number("exit_code") == Some(0) { "completed" } else { "failed" },
            "aggregatedOutput": payload.get("aggregated_output"), "exitCode": number("exit_code"),
            "durationMs": null, "processId": null, "source": "agent",
        })),
        "web_search_end" => strong(json!({
            "type": "webSearch", "id": id("call_id"), "action": null,
            "query": text(payload, "query").unwrap_or_default(),
        })),
        "view_image_tool_call" => strong(json!({
            "type": "imageView", "id": id("call_id"),
            "path": text(payload, "path").unwrap_or_default(),
        })),
        "context_compacted" => strong(json!({"type": "contextCompaction", "id": fallback})),
        _ => Meaning::Hidden,
    }
}

/// Converts a message of the model, an app-server item or a plain message.
fn message(fields: &Map<String, Value>, fallback: &str, by_user: bool, weak: bool) -> Meaning {
    let id = text(fields, "id").unwrap_or(fallback);
    let content = fields.get("content").or_else(|| fields.get("parts"));
    let item = match (text(fields, "type"), text(fields, "role")) {
        (None | Some("message"), Some("user")) if by_user => user(id, parts(content)),
        (None | Some("message"), Some("assistant" | "model")) => {
            agent(id, &joined(content, ""), fields.get("phase"))
        }
        (None | Some("message"), _) => return Meaning::Hidden,
        (Some("reasoning"), _) if weak => json!({
            "type": "reasoning", "id": id, "content": [], "summary": texts(fields.get("summary")),
        }),
        (Some(kind), _) if !weak && is_thread_item(kind) => {
            let mut item = fields.clone();
            item.entry("id").or_insert_with(|| fallback.into());
            Value::Object(item)
        }
        _ => return Meaning::Hidden,
    };
    shown(item, weak)
}

/// Spells an item of a rollout's `item_completed` event as the protocol does.
fn completed(item: &Map<String, Value>, fallback: &str) -> Map<String, Value> {
    let id = text(item, "id").unwrap_or(fallback);
    let kind = text(item, "type").unwrap_or_default();
    let list = |name: &str| item.get(name).cloned().unwrap_or_else(|| json!([]));
    let converted = match kind {
        "UserMessage" => {
            let content = item.get("content").and_then(Value::as_array).cloned();
            user(id, content.unwrap_or_default())
        }
        "AgentMessage" => agent(id, &joined(item.get("content"), ""), item.get("phase")),
        "Reasoning" => json!({
            "type": "reasoning", "id": id, "summary": list("summary_text"),
            "content": list("raw_content"),
        }),
        _ => Value::Object(
            item.iter()
                .map(|(name, value)| match (name.as_str(), value) {
                    ("type", Value::String(kind)) => (name.clone(), uncapitalised(kind).into()),
                    _ => (camel(name), value.clone()),
                })
                .collect(),
        ),
    };
    match converted {
        Value::Object(mut fields) => {
            fields.entry("id").or_insert_with(|| fallback.into());
            fields
        }
        _ => Map::new(),
    }
}

fn user(id: &str, content: Vec<Value>) -> Value {
    json!({"type": "userMessage", "id": id, "clientId": null, "content": content})
}

fn agent(id: &str, text: &str, phase: Option<&Value>) -> Value {
    json!({
        "type": "agentMessage", "id": id, "text": text, "phase": phase, "memoryCitation": null,
        "moderation": null, "delivery": null, "questions": null,
    })
}

fn said(text: &str) -> Value {
    json!({"type": "text", "text": text, "text_elements": []})
}

fn strong(item: Value) -> Meaning {
    shown(item, false)
}

fn shown(item: Value, weak: bool) -> Meaning {
    match item {
        Value::Object(item) => {
            Meaning::Shown(Shown { item, weak, started_at_ms: None, completed_at_ms: None })
        }
        _ => Meaning::Hidden,
    }
}

/// Spells what a user message holds as the protocol does.
fn parts(content: Option<&Value>) -> Vec<Value> {
    match content {
        Some(Value::String(text)) => vec![said(text)],
        Some(Value::Array(parts)) => parts.iter().filter_map(part).collect(),
        _ => Vec::new(),
    }
}

fn part(part: &Value) -> Option<Value> {
    let fields = match part {
        Value::String(text) => return Some(said(text)),
        other => other.as_object()?,
    };
    match text(fields, "type") {
        Some("image" | "input_image" | "image_url") => {
            let url = fields.get("image_url").or_else(|| fields.get("url"));
            Some(json!({"type": "image", "url": url.and_then(Value::as_str).unwrap_or_default()}))
        }
        _ => text(fields, "text").map(said),
    }
}

fn texts(content: Option<&Value>) -> Vec<&str> {
    match content {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(parts)) => parts
            .iter()
            .filter_map(|part| part.as_str().or_else(|| part.get("text")?.as_str()))
            .collect(),
        _ => Vec::new(),
    }
}

fn joined(content: Option<&Value>, between: &str) -> String {
    texts(content).join(between)
}

fn command(command: Option<&Value>) -> String {
    match command {
        Some(Value::String(command)) => command.clone(),
        other => joined(other, " "),
    }
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name)?.as_str()
}

fn is_thread_item(kind: &str) -> bool {
    const KINDS: [&str; 19] = [
        "userMessage",
        "hookPrompt",
        "agentMessage",
        "functionCallOutput",
        "plan",
        "reasoning",
        "commandExecution",
        "fileChange",
        "mcpToolCall",
        "dynamicToolCall",
        "collabAgentToolCall",
        "subAgentActivity",
        "webSearch",
        "imageView",
        "sleep",
        "imageGeneration",
        "enteredReviewMode",
        "exitedReviewMode",
        "contextCompaction",
    ];
    KINDS.contains(&kind)
}

fn uncapitalised(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut name, word| {
        let mut chars = word.chars();
        name.extend(chars.next().into_iter().flat_map(char::to_uppercase).chain(chars));
        name
    })
}
