//! What `creel import codex` reads besides rollouts: databases that live, and compressed files.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{Place, id, rollout_text, snapshot};
use rusqlite::{Connection, params};
use serde_json::{Value, json};

const GOALS: &str = "CREATE TABLE thread_goals (thread_id TEXT PRIMARY KEY NOT NULL,
    goal_id TEXT NOT NULL, objective TEXT NOT NULL, status TEXT NOT NULL, token_budget INTEGER,
    tokens_used INTEGER NOT NULL DEFAULT 0, time_used_seconds INTEGER NOT NULL DEFAULT 0,
    created_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL)";
const THREADS: &str = "CREATE TABLE threads (id TEXT PRIMARY KEY, name TEXT,
    archived INTEGER NOT NULL DEFAULT 0)";
const TOOLS: &str = "CREATE TABLE thread_dynamic_tools (thread_id TEXT NOT NULL,
    position INTEGER NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
    input_schema TEXT NOT NULL, defer_loading INTEGER NOT NULL DEFAULT 0, namespace TEXT)";
const EDGES: &str = "CREATE TABLE thread_spawn_edges (parent_thread_id TEXT NOT NULL,
    child_thread_id TEXT NOT NULL PRIMARY KEY, status TEXT NOT NULL)";

/// A database with a log that is not in it yet, as long as the connection is open.
fn live(place: &Place, name: &str, tables: &[&str]) -> Connection {
    let connection = Connection::open(place.home().join(name)).unwrap();
    connection.pragma_update(None, "journal_mode", "wal").unwrap();
    connection.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    for table in tables {
        connection.execute(table, []).unwrap();
    }
    connection
}

/// The one tree of the store with everything in it, line by line.
fn exported(place: &Place) -> Vec<Value> {
    let text = place.creel(&["export", "all"]).ok();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn goals_names_tools_and_archived_flags_come_from_live_databases() {
    let place = Place::new();
    place.rollout(1, None, "CI is red");
    place.rollout(2, None, "Release notes");
    place.name(1, "Of the index");
    let state = live(&place, "state_5.sqlite", &[THREADS, TOOLS, EDGES]);
    let insert = "INSERT INTO threads VALUES (?1, ?2, ?3)";
    state.execute(insert, params![id(1), "Of the database", 0]).unwrap();
    state.execute(insert, params![id(2), "Notes", 1]).unwrap();
    let insert = "INSERT INTO thread_dynamic_tools VALUES (?1, ?2, ?3, 'Looks', ?4, ?5, ?6)";
    let schema = r#"{"type":"object"}"#;
    state.execute(insert, params![id(1), 1, "second", schema, 1, "eyes"]).unwrap();
    state.execute(insert, params![id(1), 0, "first", schema, 0, None::<String>]).unwrap();
    let goals = live(&place, "goals_1.sqlite", &[GOALS]);
    let insert = "INSERT INTO thread_goals VALUES (?1, ?2, 'Main is green', ?3, 9, 1, 2, 3, 4)";
    let goal_id = "0c6632aa-045f-4d58-8f01-b7af9dbaf1dd";
    goals.execute(insert, params![id(1), goal_id, "usage_limited"]).unwrap();
    goals.execute(insert, params![id(2), goal_id, "dreaming"]).unwrap();
    let before = snapshot(&place.home());
    let report = place.import();
    assert_eq!(snapshot(&place.home()), before, "the home is only read");
    assert_eq!((&report["threads"], &report["archived"]), (&json!(2), &json!(1)));
    let problems = report["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1, "{report}");
    assert!(problems[0]["reason"].as_str().unwrap().contains("dreaming"), "{report}");
    assert_eq!(report["notes"], json!([]));

    let lines = exported(&place);
    let thread = |n| lines.iter().find(|line| line["thread"]["id"] == json!(id(n))).unwrap();
    assert_eq!(thread(1)["thread"]["name"], "Of the index");
    assert_eq!(thread(2)["thread"]["name"], "Notes");
    assert!(thread(2)["thread"]["archivedAt"].is_number());
    let goal = json!({"goalId": goal_id, "objective": "Main is green", "status": "usageLimited",
        "tokenBudget": 9, "tokensUsed": 1, "timeUsedSeconds": 2, "createdAt": 3, "updatedAt": 4});
    assert_eq!(thread(1)["goal"], goal);
    let tools: Vec<_> = lines.iter().filter_map(|line| line.get("tool")).collect();
    let first = json!({"type": "function", "name": "first", "description": "Looks",
        "inputSchema": {"type": "object"}, "deferLoading": false});
    let second = json!({"type": "function", "namespace": "eyes", "name": "second",
        "description": "Looks", "inputSchema": {"type": "object"}, "deferLoading": true});
    assert_eq!(tools, [&first, &second]);
}

#[test]
fn tables_of_other_versions_are_noted_and_not_fatal() {
    let place = Place::new();
    place.rollout(1, None, "CI is red");
    let tables = ["CREATE TABLE threads (id TEXT)", "CREATE TABLE thread_spawn_edges (x)"];
    live(&place, "state_5.sqlite", &tables);
    live(&place, "goals_1.sqlite", &[]);
    let report = place.import();
    assert_eq!((&report["threads"], &report["problems"]), (&json!(1), &json!([])));
    let notes: Vec<_> = report["notes"].as_array().unwrap().iter().collect();
    let reasons: Vec<_> = notes.iter().map(|note| note["reason"].as_str().unwrap()).collect();
    assert_eq!(
        reasons,
        [
            "table thread_spawn_edges has no column parent_thread_id",
            "table threads has no column name",
            "table threads has no column archived",
            "it has no table thread_dynamic_tools",
            "it has no table thread_goals",
        ]
    );
}

#[test]
fn a_home_that_is_being_written_is_read_at_one_moment() {
    let place = Place::new();
    place.rollout(1, None, "CI is red");
    place.rollout(2, Some(1), "Read the logs");
    let state = live(&place, "state_5.sqlite", &[THREADS, TOOLS, EDGES]);
    state.pragma_update(None, "wal_autocheckpoint", 20).unwrap();
    let name = |state: &Connection, n: u64| {
        let both = format!(
            "BEGIN; REPLACE INTO threads VALUES ('{}', 'Name {n}', 0);
             REPLACE INTO threads VALUES ('{}', 'Name {n}', 0); COMMIT",
            id(1),
            id(2)
        );
        state.execute_batch(&both).unwrap();
    };
    name(&state, 0);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let state = state;
            let mut n = 0;
            while !stop.load(Ordering::Relaxed) {
                n += 1;
                name(&state, n);
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        });
        for round in 0..5 {
            let report = place.import();
            let names: Vec<_> = exported(&place)
                .iter()
                .filter_map(|line| Some(line.get("thread")?["name"].clone()))
                .collect();
            place.creel(&["delete", &id(1), "--yes"]).ok();
            fs::remove_dir_all(place.store()).unwrap();
            let whole = report["problems"] == json!([]) && names.len() == 2 && names[0] == names[1];
            if !whole || names[0].is_null() {
                stop.store(true, Ordering::Relaxed);
                panic!("round {round}: {report}, {names:?}");
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
}

fn compressed(place: &Place, n: u8, change: impl FnOnce(&mut Vec<u8>)) -> std::path::PathBuf {
    let path = place.rollout(n, None, "CI is red");
    let filler: Vec<String> = (0..5000_u64)
        .map(|n| format!("{{\"n\":{n},\"noise\":{}}}\n", n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        .collect();
    let text = rollout_text(n, None, "CI is red") + &filler.concat();
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
    let mut data = encoder.finish().unwrap();
    change(&mut data);
    fs::remove_file(&path).unwrap();
    let path = path.with_extension("jsonl.zst");
    fs::write(&path, data).unwrap();
    path
}

fn reasons(report: &Value, path: &Path) -> Vec<String> {
    let problems = report["problems"].as_array().unwrap();
    let own = problems.iter().filter(|problem| problem["file"] == json!(path.to_str().unwrap()));
    own.map(|problem| problem["reason"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn compressed_rollouts_are_read() {
    let place = Place::new();
    compressed(&place, 1, |_| {});
    compressed(&place, 2, |data| {
        let more = zstd::encode_all(&b"{\"frame\":2}\n"[..], 3).unwrap();
        data.extend(more);
    });
    let report = place.import();
    assert_eq!((&report["threads"], &report["items"]), (&json!(2), &json!(10_005)));
    assert_eq!((&report["problems"], &report["badLineCount"]), (&json!([]), &json!(0)));
    let again = place.import();
    assert_eq!((&again["items"], &again["skipped"]), (&json!(0), &json!(2)));
}

#[test]
fn a_compressed_rollout_that_breaks_off_is_taken_up_to_there() {
    let place = Place::new();
    let path = compressed(&place, 1, |data| data.truncate(data.len() * 3 / 4));
    let report = place.import();
    let items = report["items"].as_u64().unwrap();
    assert!(items > 1000 && items < 5002, "{report}");
    assert!(reasons(&report, &path)[0].contains("breaks off"), "{report}");
    compressed(&place, 1, |_| {});
    let mended = place.import();
    assert_eq!((&mended["grown"], &mended["items"]), (&json!(1), &json!(5002 - items)));
}

#[test]
fn a_compressed_rollout_with_wrong_data_is_left_out() {
    let place = Place::new();
    place.rollout(2, None, "Fine");
    let flipped = compressed(&place, 1, |data| {
        let last = data.len() - 2;
        data[last] ^= 1;
    });
    let nonsense =
        compressed(&place, 3, |data| *data = b"no frame at all, but long enough".to_vec());
    let report = place.import();
    assert_eq!((&report["threads"], &report["items"]), (&json!(1), &json!(2)));
    assert_eq!((reasons(&report, &flipped).len(), reasons(&report, &nonsense).len()), (1, 1));
    let listed = place.creel(&["list", "--json"]).json();
    assert_eq!(listed.as_array().unwrap().len(), 1);
}
