use super::*;
use serde_json::{Value, json};

const ID: &str = "d23f0824-128b-4f33-8c5c-7fd0a6a3a450";
const PARENT: &str = "6513270e-269e-4d37-b2a7-4de452e6b438";

/// A rollout, read.
struct Rollout {
    thread: CreateThread,
    items: Vec<(i64, Item)>,
    bad_lines: Vec<BadLine>,
}

/// Reads a file in pieces that cut its lines.
fn parse_rollout(path: &str, text: &[u8]) -> Rollout {
    let mut reader = Reader::new(path);
    let mut rows = Vec::new();
    for mut piece in text.chunks(7) {
        while let Some(row) = reader.next(&mut piece) {
            rows.push(row);
        }
    }
    rows.extend(reader.last());
    let thread = reader.thread();
    let created_at = thread.created_at.unwrap_or(0);
    let (mut items, mut bad_lines) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            Ok((at, item)) => items.push((at.unwrap_or(created_at), item)),
            Err(bad) => bad_lines.push(bad),
        }
    }
    Rollout { thread, items, bad_lines }
}

fn path(folder: &str) -> String {
    format!("{folder}/rollout-2026-03-02T09-16-10-{ID}.jsonl")
}

fn meta(payload: Value) -> String {
    json!({"timestamp": "2026-03-02T09:16:31.808Z", "type": "session_meta", "payload": payload})
        .to_string()
}

fn message(at: &str, text: &str) -> String {
    json!({"timestamp": at, "type": "event_msg",
           "payload": {"type": "user_message", "message": text}})
    .to_string()
}

fn child() -> Value {
    json!({
        "session_id": PARENT, "id": ID, "timestamp": "2026-03-02T09:16:10Z",
        "cwd": "/home/dev/shop", "originator": "codex_cli", "cli_version": "0.169.0",
        "source": {"subagent": {"thread_spawn": {"parent_thread_id": PARENT, "depth": 1,
            "agent_nickname": "Log reader", "agent_role": null, "agent_path": null}}},
        "model_provider": "mock_provider",
        "git": {"commit_hash": "8194d755", "branch": "main", "repository_url": null},
    })
}

#[test]
fn a_rollout_becomes_a_thread_and_its_lines() {
    let first = meta(child());
    let second = message("2026-03-02T09:17:07.237Z", "Read the logs.");
    let text = format!("{first}\n{second}\n");
    let rollout = parse_rollout(&path("sessions/2026/03/02"), text.as_bytes());
    let thread = &rollout.thread;
    assert_eq!(thread.id, ID.parse().ok());
    assert_eq!(thread.parent_thread_id, PARENT.parse().ok());
    assert_eq!(thread.session_id.as_deref(), Some(PARENT));
    assert_eq!(thread.created_at, Some(1_772_442_970_000));
    assert_eq!(thread.details.agent_nickname.as_deref(), Some("Log reader"));
    assert_eq!(thread.details.cwd.as_deref(), Some("/home/dev/shop"));
    assert_eq!(thread.details.git_info.as_ref().unwrap().sha.as_deref(), Some("8194d755"));
    let source = json!({"subAgent": child()["source"]["subagent"]});
    assert_eq!(thread.details.source, Some(source));
    let items: Vec<_> = rollout.items.iter().map(|(at, item)| (*at, item.json())).collect();
    assert_eq!(items, [(1_772_442_991_808, &*first), (1_772_443_027_237, &*second)]);
    assert!(rollout.bad_lines.is_empty());
}

#[test]
fn bad_lines_are_named_and_the_rest_is_kept() {
    let good = message("2026-03-02T09:17:07Z", "Hi");
    let mut text = format!("{}\n\n[1]\n{good}\n", meta(child())).into_bytes();
    text.extend_from_slice(b"{\"a\":\"\xff\"}\r\n{\"torn\":");
    let rollout = parse_rollout("a.jsonl", &text);
    let bad: Vec<_> = rollout.bad_lines.iter().map(|bad| (&*bad.file, bad.line)).collect();
    assert_eq!(bad, [("a.jsonl", 3), ("a.jsonl", 5), ("a.jsonl", 6)]);
    assert_eq!(rollout.items.len(), 2);
}

#[test]
fn a_last_line_without_its_break_is_a_line() {
    let text = format!("{}\r\n{}", meta(child()), message("2026-03-02T09:17:07Z", "Hi"));
    assert_eq!(parse_rollout("a.jsonl", text.as_bytes()).items.len(), 2);
}

#[test]
fn what_the_first_line_does_not_say_comes_from_the_file_s_name() {
    let text = format!("garbage\n{}\n", message("2026-03-02T09:17:07Z", "Hi"));
    let rollout = parse_rollout(&path("/x/archived_sessions"), text.as_bytes());
    assert_eq!(rollout.thread.id, ID.parse().ok());
    assert_eq!(rollout.thread.created_at, Some(1_772_442_970_000));
    assert!(archived(&path("/x/archived_sessions")) && !archived(&path("/x/sessions")));
    assert_eq!(parse_rollout("notes.jsonl", b"{}").thread.id, None);
}

#[test]
fn lines_without_a_time_take_the_one_before() {
    let text = format!("{{}}\n{}\n{{}}\n", message("2026-03-02T09:17:07+01:00", "Hi"));
    let rollout = parse_rollout(&path("s"), text.as_bytes());
    let times: Vec<_> = rollout.items.iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [1_772_442_970_000, 1_772_439_427_000, 1_772_439_427_000]);
}

#[test]
fn a_fork_is_not_taken_for_the_thread_it_was_forked_from() {
    let own = json!({"id": ID, "forked_from_id": PARENT, "cwd": "/own"});
    let other = json!({"id": PARENT, "cwd": "/other"});
    for (first, second) in [(&own, &other), (&other, &own)] {
        let text = format!("{}\n{}\n", meta(first.clone()), meta(second.clone()));
        let thread = parse_rollout(&path("s"), text.as_bytes()).thread;
        assert_eq!(thread.id, ID.parse().ok());
        assert_eq!(thread.forked_from_id, PARENT.parse().ok());
        assert_eq!(announce(&path("s"), text.as_bytes()).unwrap().id, ID.parse().unwrap());
    }
}

#[test]
fn an_announcement_needs_only_the_beginning() {
    let text = format!("{}\n{{\"timest", meta(child()));
    let announced = announce("any name.jsonl", text.as_bytes()).unwrap();
    assert_eq!(announced.parent, PARENT.parse().ok());
    let spoken = json!({"id": ID, "parent_thread_id": PARENT, "source": "cli"});
    assert_eq!(announce("a", meta(spoken).as_bytes()).unwrap().parent, PARENT.parse().ok());
    assert_eq!(announce(&path("s"), b"{\"torn").unwrap().parent, None);
    assert_eq!(announce("notes.jsonl", b"{}"), None);
}

#[test]
fn strange_metadata_is_looked_past() {
    let long = "x".repeat(crate::limits::MAX_TEXT + 1);
    let payload = json!({"id": ID, "parent_thread_id": "nope", "cwd": long, "source": "mcp",
        "git": "main", "timestamp": "yesterday", "cli_version": 5, "thread_source": null});
    let thread = parse_rollout("a.jsonl", meta(payload).as_bytes()).thread;
    assert_eq!((thread.parent_thread_id, &thread.details.cwd), (None, &None));
    assert_eq!(thread.details.source, Some(json!("appServer")));
    assert_eq!(thread.created_at, Some(1_772_442_991_808));
    assert_eq!(parse_rollout("a.jsonl", meta(json!({"id": 5})).as_bytes()).thread.id, None);
}

#[test]
fn the_last_name_of_a_thread_wins() {
    let line = |id: &str, name: &str| json!({"id": id, "thread_name": name}).to_string();
    let long = "é".repeat(crate::limits::MAX_NAME);
    let gone = "8fbe6dfe-b8ae-469c-8948-ac1dc89d62da";
    let lines = [
        line(ID, "Old"),
        line(gone, "Gone"),
        line(PARENT, &long),
        "{\"id\":1}".into(),
        line(ID, " Red main "),
        line(gone, " "),
    ];
    let (names, bad) = session_index("session_index.jsonl", lines.join("\n").as_bytes());
    assert_eq!(names[&ID.parse().unwrap()], "Red main");
    assert_eq!(names[&PARENT.parse().unwrap()].len(), crate::limits::MAX_NAME);
    assert_eq!((names.len(), bad.len(), bad[0].line), (2, 1, 4));
}

#[test]
fn rollouts_are_known_by_their_names() {
    assert!(is_rollout(&path("sessions\\2026")) && is_rollout("rollout-1.jsonl"));
    assert!(!is_rollout("session_index.jsonl") && !is_rollout("rollout-1.jsonl.zst"));
    let compressed = path("sessions") + ".zst";
    assert!(is_compressed_rollout(&compressed) && !is_compressed_rollout("notes.jsonl.zst"));
    assert_eq!(announce(&compressed, b"").unwrap().id, ID.parse().unwrap());
}
