//! A home of the reference with the same threads as the other stores, as rollouts, and two more trees.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::client::Client;
use super::list;
use crate::data::{self, Spec};
use crate::workloads::SMALL;

/// The first threads of the trees that a round archives and deletes.
pub(crate) const TREES: [u64; 2] = [30_000, 40_000];

/// A provider that is never called, since no turn is started.
const CONFIG: &str = r#"model_provider = "none"
[model_providers.none]
name = "none"
base_url = "http://127.0.0.1:9/v1"
"#;

/// The time to wait for the reference to have read a new home.
const PATIENCE: Duration = Duration::from_mins(10);

/// The command that serves a home.
pub(crate) fn app_server(program: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("app-server").env("CODEX_HOME", home).env("HOME", home);
    command
}

/// Writes the rollouts.
///
/// # Errors
/// When a file can't be written.
pub(crate) fn write(home: &Path) -> Result<()> {
    fs::create_dir_all(home)?;
    fs::write(home.join("config.toml"), CONFIG)?;
    for thread in threads() {
        let when = stamp(&thread)?;
        let (day, time) = when.split_once('T').unwrap_or((&when, ""));
        let dir = home.join("sessions").join(day.replace('-', "/"));
        fs::create_dir_all(&dir)?;
        let time = time.get(..8).unwrap_or_default().replace(':', "-");
        let file = format!("rollout-{day}T{time}-{}.jsonl", thread.id);
        fs::write(dir.join(file), rollout(&thread, &when))?;
    }
    Ok(())
}

/// Lets the reference read the rollouts into its database, and adds the edges, which they don't carry.
///
/// # Errors
/// When it does not get ready, or its database is not as it is known to be.
pub(crate) fn index(program: &Path, home: &Path) -> Result<()> {
    let mut client = Client::start(app_server(program, home))?;
    list(&mut client, false)?;
    let expected = i64::try_from(threads().len())?;
    let started = Instant::now();
    let database = home.join("state_5.sqlite");
    loop {
        let connection = Connection::open(&database)?;
        let found: i64 =
            connection.query_row("SELECT count(*) FROM threads", [], |row| row.get(0))?;
        if found == expected {
            break;
        }
        ensure!(started.elapsed() < PATIENCE, "it knows {found} of {expected} threads");
        std::thread::sleep(Duration::from_millis(500));
    }
    client.end()?;
    let mut connection = Connection::open(&database)?;
    let transaction = connection.transaction()?;
    for thread in threads() {
        let Some(parent) = thread.parent else { continue };
        let edge = (parent.to_string(), thread.id.to_string());
        transaction
            .execute("INSERT OR REPLACE INTO thread_spawn_edges VALUES (?1, ?2, 'open')", edge)?;
    }
    Ok(transaction.commit()?)
}

fn threads() -> impl ExactSizeIterator<Item = Spec> {
    let mut threads = data::ten_thousand();
    threads.extend(TREES.into_iter().flat_map(data::tree));
    threads.into_iter()
}

/// The lines of a thread: what it is, what its user said first, and its items as messages.
fn rollout(thread: &Spec, when: &str) -> String {
    let source = match thread.parent {
        Some(parent) => {
            json!({"subagent": {"thread_spawn": {"parent_thread_id": parent, "depth": 1,
            "agent_nickname": null, "agent_role": null, "agent_path": null}}})
        }
        None => json!("cli"),
    };
    let meta = json!({
        "session_id": thread.id, "id": thread.id, "timestamp": when, "cwd": "/home/dev", "originator": "codex_cli",
        "cli_version": "0.171.0", "source": source, "model_provider": "none",
    });
    let said = json!({"type": "user_message", "message": thread.name, "kind": "plain"});
    let line = |kind: &str, payload: Value| {
        format!("{}\n", json!({"timestamp": when, "type": kind, "payload": payload}))
    };
    let mut text = line("session_meta", meta) + &line("event_msg", said);
    for n in 0..thread.items {
        let content = data::item(thread.number, n, SMALL);
        let (role, kind) =
            if n % 2 == 0 { ("user", "input_text") } else { ("assistant", "output_text") };
        let content = json!([{"type": kind, "text": content.get(100..500)}]);
        text +=
            &line("response_item", json!({"type": "message", "role": role, "content": content}));
    }
    text
}

/// The time of a thread as rollouts have it; the names of their files have no unit smaller than seconds.
fn stamp(thread: &Spec) -> Result<String> {
    let seconds = thread.at / 1000 + i64::try_from(thread.number)?;
    Ok(Timestamp::from_second(seconds)?.to_string())
}
