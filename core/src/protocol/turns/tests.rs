//! Grouping: rollouts with and without their turns, app-server items, plain messages.

use serde_json::{Value, json};

use super::group::{Grouper, Step};
use super::{Head, TurnItem, View};
use crate::item::{Item, StoredItem};

fn turns(lines: &[Value]) -> Vec<(Head, Vec<TurnItem>)> {
    let (mut grouper, mut turns) = (Grouper::default(), Vec::new());
    for (seq, line) in (0..).zip(lines) {
        let item = Item::new(&line.to_string()).unwrap();
        match grouper.take(&StoredItem { seq, at: 1_000_500, item }) {
            Step::None => {}
            Step::Finished(turn) => turns.push(*turn),
            Step::RolledBack(count) => turns.truncate(turns.len() - count),
        }
    }
    turns.extend(grouper.finish(lines.len() as u64));
    turns
}

/// The turns as id, status, range of items, and kinds of what is shown.
fn outline(lines: &[Value]) -> Vec<String> {
    let outline = |(head, items): &(Head, Vec<TurnItem>)| {
        let wire = head.wire(items, View::Full);
        let kinds: Vec<&str> = wire["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["type"].as_str().unwrap())
            .collect();
        let status = wire["status"].as_str().unwrap();
        format!("{} {status} {}..{} {}", head.id, head.first, head.end, kinds.join(" "))
    };
    turns(lines).iter().map(outline).collect()
}

fn event(payload: Value) -> Value {
    json!({"timestamp": "2026-03-02T09:15:00Z", "type": "event_msg", "payload": payload})
}

fn response(payload: Value) -> Value {
    json!({"timestamp": "2026-03-02T09:15:00Z", "type": "response_item", "payload": payload})
}

fn message(role: &str, text: &str) -> Value {
    let kind = if role == "user" { "input_text" } else { "output_text" };
    json!({"type": "message", "role": role, "content": [{"type": kind, "text": text}]})
}

fn started(id: &str) -> Value {
    event(json!({"type": "task_started", "turn_id": id}))
}

fn asked(text: &str) -> Value {
    event(json!({"type": "user_message", "message": text}))
}

fn answered(text: &str) -> Value {
    event(json!({"type": "agent_message", "message": text}))
}

#[test]
fn a_rollout_says_where_its_turns_are_and_says_everything_twice() {
    let lines = [
        json!({"type": "session_meta", "payload": {"id": "x"}}),
        started("a"),
        response(message("user", "<environment_context>\n</environment_context>")),
        response(message("user", "one")),
        asked("one"),
        response(message("assistant", "two")),
        answered("two"),
        event(json!({"type": "task_complete", "turn_id": "a"})),
        event(json!({"type": "token_count"})),
        started("b"),
        asked("three"),
        event(json!({"type": "error", "message": "no network"})),
        event(json!({"type": "task_complete", "turn_id": "b"})),
        started("c"),
        asked("four"),
    ];
    let expected = [
        "a completed 1..9 userMessage agentMessage",
        "b failed 9..13 userMessage",
        "c interrupted 13..15 userMessage",
    ];
    assert_eq!(outline(&lines), expected);
    let error = turns(&lines)[1].0.wire(&[], View::NotLoaded)["error"]["message"].clone();
    assert_eq!(error, "no network");
}

#[test]
fn without_turns_a_rollout_is_grouped_by_what_a_person_says() {
    let lines = [
        response(message("user", "one")),
        asked("one"),
        response(message("assistant", "two")),
        answered("two"),
        asked("three"),
        response(message("user", "three")),
        answered("four"),
        response(message("user", "three")),
        asked("three"),
    ];
    let expected = [
        "turn-0 completed 0..4 userMessage agentMessage",
        "turn-4 completed 4..7 userMessage agentMessage",
        "turn-7 completed 7..9 userMessage",
    ];
    assert_eq!(outline(&lines), expected);
}

#[test]
fn a_context_names_the_turn_that_was_just_asked_for() {
    let context =
        |id: &str| json!({"type": "turn_context", "payload": {"turn_id": id, "cwd": "/"}});
    let lines = [
        asked("one"),
        context("a"),
        answered("two"),
        context("b"),
        asked("three"),
        answered("four"),
    ];
    let expected =
        ["a completed 0..3 userMessage agentMessage", "b completed 3..6 userMessage agentMessage"];
    assert_eq!(outline(&lines), expected);
}

#[test]
fn turns_that_were_rolled_back_are_gone() {
    let turn =
        |id: &str| [started(id), asked(id), event(json!({"type": "task_complete", "turn_id": id}))];
    let rolled_back = event(json!({"type": "thread_rolled_back", "num_turns": 2}));
    let lines: Vec<Value> = [turn("a"), turn("b"), turn("c")]
        .into_iter()
        .flatten()
        .chain([rolled_back])
        .chain(turn("d"))
        .collect();
    assert_eq!(outline(&lines), ["a completed 0..3 userMessage", "d completed 10..13 userMessage"]);
}

#[test]
fn app_server_items_and_plain_messages_are_turns_too() {
    let lines = [
        json!({"type": "userMessage", "id": "u1", "content": [{"type": "text", "text": "one"}]}),
        json!({"type": "commandExecution", "command": "ls", "cwd": "/", "status": "completed"}),
        json!({"type": "agentMessage", "id": "a1", "text": "two"}),
        json!({"role": "user", "parts": [{"text": "three"}]}),
        json!({"role": "assistant", "content": "four"}),
        json!({"role": "system", "content": "never shown"}),
        json!({"type": "note", "text": "neither"}),
    ];
    let expected = [
        "turn-0 completed 0..3 userMessage commandExecution agentMessage",
        "turn-3 completed 3..7 userMessage agentMessage",
    ];
    assert_eq!(outline(&lines), expected);
    let turns = turns(&lines);
    assert_eq!((turns[0].1[0].id(), turns[0].1[1].id()), ("u1", "item-1"));
    assert_eq!(turns[1].1[0].message().as_deref(), Some("three"));
    assert_eq!(turns[1].1[1].message().as_deref(), Some("four"));
}

#[test]
fn completed_items_are_spelled_as_the_protocol_does() {
    let completed = |item: Value| {
        event(json!({"type": "item_completed", "turn_id": "a", "item": item,
                     "started_at_ms": 5, "completed_at_ms": 6}))
    };
    let lines = [
        started("a"),
        completed(
            json!({"type": "UserMessage", "id": "u", "content": [{"type": "text", "text": "hi", "text_elements": []}]}),
        ),
        completed(
            json!({"type": "AgentMessage", "id": "m", "content": [{"type": "Text", "text": "Do"}, {"type": "Text", "text": "ne"}]}),
        ),
        completed(
            json!({"type": "Reasoning", "id": "r", "summary_text": ["why"], "raw_content": []}),
        ),
        completed(
            json!({"type": "WebSearch", "id": "w", "query": "q", "action": {"type": "search"}}),
        ),
        completed(json!({"type": "McpToolCall", "id": "c", "server": "s", "read_only_hint": true})),
    ];
    let wire = {
        let turns = turns(&lines);
        turns[0].0.wire(&turns[0].1, View::Full)["items"].clone()
    };
    let message = json!({"type": "agentMessage", "id": "m", "text": "Done", "phase": null,
                         "memoryCitation": null, "moderation": null, "delivery": null,
                         "questions": null, "startedAtMs": 5, "completedAtMs": 6});
    assert_eq!(wire[1], message);
    assert_eq!((&wire[0]["type"], &wire[0]["clientId"]), (&json!("userMessage"), &json!(null)));
    assert_eq!((&wire[2]["type"], &wire[2]["summary"]), (&json!("reasoning"), &json!(["why"])));
    assert_eq!((&wire[3]["type"], &wire[3]["query"]), (&json!("webSearch"), &json!("q")));
    assert_eq!((&wire[4]["type"], &wire[4]["readOnlyHint"]), (&json!("mcpToolCall"), &json!(true)));
}

#[test]
fn a_summary_is_what_was_asked_and_the_last_answer() {
    let lines = [asked("one"), answered("two"), answered("three")];
    let turns = turns(&lines);
    let wire = turns[0].0.wire(&turns[0].1, View::Summary);
    assert_eq!(wire["items"].as_array().unwrap().len(), 2);
    assert_eq!(wire["items"][1]["text"], "three");
}
