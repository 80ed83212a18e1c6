//! `creel import codex` on generated homes and on a sample of a real one.

mod common;

use std::path::Path;

use common::{Place, Ran, append, id, snapshot};
use serde_json::{Value, json};

#[test]
fn a_home_comes_in_as_a_tree_and_is_only_read() {
    let place = Place::new();
    place.rollout(1, None, "CI is red");
    place.rollout(2, Some(1), "Read the logs");
    place.rollout(3, Some(2), "Count");
    place.archived(4, "Release notes");
    place.name(1, "Old name");
    place.name(1, "Red main");
    let before = snapshot(&place.home());
    let home = place.home();
    let out = place.creel(&["import", "codex", home.to_str().unwrap()]).ok();
    assert!(out.starts_with("Imported 4 threads and 8 items from 4 files"), "{out}");
    assert!(out.contains("\n  1 archived\n"), "{out}");
    assert_eq!(snapshot(&place.home()), before);
    let list = place.creel(&["list"]).ok();
    let labels: Vec<&str> = list.lines().map(|line| line.split(" B  ").nth(1).unwrap()).collect();
    assert_eq!(labels, ["Red main", "└─ Agent 2: Read the logs", "   └─ Agent 3: Count"]);
}

#[test]
fn importing_again_adds_nothing() {
    let place = Place::new();
    let path = place.rollout(1, None, "CI is red");
    place.rollout(2, Some(1), "Read the logs");
    assert_eq!(place.import()["threads"], 2);
    let again = place.import();
    assert_eq!(
        (&again["threads"], &again["items"], &again["skipped"]),
        (&json!(0), &json!(0), &json!(2))
    );
    append(&path, "{\"timestamp\":\"2026-03-02T11:00:00Z\",\"type\":\"x\"}\n");
    let grown = place.import();
    assert_eq!((&grown["items"], &grown["grown"]), (&json!(1), &json!(1)));
}

#[test]
fn bad_lines_are_counted_and_named() {
    let place = Place::new();
    let path = place.rollout(1, None, "CI is red");
    append(&path, "nonsense\n{\"torn\":");
    let home = place.home();
    let ran = place.creel(&["import", "codex", home.to_str().unwrap()]);
    assert!(ran.err.contains(&format!("{}:3: ", path.display())), "{ran:?}");
    assert!(ran.err.contains(&format!("{}:4: ", path.display())), "{ran:?}");
    assert!(ran.ok().contains("2 bad lines left out"));
}

#[test]
fn edges_of_the_newest_state_database_are_used_even_from_its_log() {
    let place = Place::new();
    place.rollout(1, None, "CI is red");
    place.rollout(2, None, "Read the logs");
    let make = |name: &str, status: &str| {
        let connection = rusqlite::Connection::open(place.home().join(name)).unwrap();
        connection.pragma_update(None, "journal_mode", "wal").unwrap();
        connection.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
        let table = "CREATE TABLE thread_spawn_edges (parent_thread_id TEXT NOT NULL,
            child_thread_id TEXT NOT NULL PRIMARY KEY, status TEXT NOT NULL)";
        connection.execute(table, []).unwrap();
        let insert = "INSERT INTO thread_spawn_edges VALUES (?1, ?2, ?3)";
        connection.execute(insert, [id(1), id(2), status.to_owned()]).unwrap();
        connection
    };
    let _old = make("state_9.sqlite", "open");
    let _live = make("state_10.sqlite", "closed");
    let before = snapshot(&place.home());
    assert!(
        before
            .iter()
            .any(|(path, bytes)| path.ends_with("state_10.sqlite-wal") && !bytes.is_empty())
    );
    let report = place.import();
    assert_eq!((&report["threads"], &report["problems"]), (&json!(2), &json!([])));
    assert_eq!(snapshot(&place.home()), before);
    let shown = place.creel(&["show", &id(2)]).ok();
    assert!(shown.contains("edge        closed"), "{shown}");
}

#[test]
fn a_broken_state_database_is_named_and_not_fatal() {
    let place = Place::new();
    place.rollout(1, None, "CI is red");
    append(&place.home().join("state_1.sqlite"), &"no database ".repeat(100));
    let report = place.import();
    assert_eq!(report["threads"], 1);
    assert_eq!(report["problems"].as_array().unwrap().len(), 1);
}

#[test]
fn a_folder_that_is_no_home_is_refused_and_makes_no_store() {
    let place = Place::new();
    let ran = place.creel(&["import", "codex", "/nowhere"]);
    assert_eq!(ran.status, 1);
    assert!(ran.err.starts_with("error[not_a_codex_home]: /nowhere"), "{ran:?}");
    assert!(!place.store().exists());
}

#[test]
fn the_sample_home_comes_in_whole() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples/codex-home");
    if !home.is_dir() {
        println!("skipped: {} is absent", home.display());
        return;
    }
    let home = home.to_str().unwrap();
    let root = "6513270e-269e-4d37-b2a7-4de452e6b438";
    let place = Place::new();
    let threads = |flags: &[&str]| -> Vec<Value> {
        let listed: Ran = place.creel(&[&["list", "--json"], flags].concat());
        listed.json().as_array().unwrap().clone()
    };
    let report = place.creel(&["import", "codex", home, "--json"]).json();
    assert_eq!((&report["threads"], &report["items"]), (&json!(8), &json!(288)));
    assert_eq!((&report["badLineCount"], &report["archived"]), (&json!(0), &json!(1)));
    assert_eq!((threads(&[]).len(), threads(&["--archived"]).len()), (7, 1));
    let all = threads(&["--all"]);
    let mut names: Vec<&str> = all.iter().filter_map(|thread| thread["name"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Reading notes", "Red main", "Release notes 2.3"]);
    assert!(all.iter().all(|thread| !thread["preview"].as_str().unwrap().is_empty()));
    let depth = |thread: &Value| {
        let parent = |thread: &Value| {
            all.iter().find(|other| other["id"] == thread["parentThreadId"]).cloned()
        };
        std::iter::successors(parent(thread), parent).count()
    };
    let mut depths: Vec<usize> = all.iter().map(depth).collect();
    depths.sort_unstable();
    assert_eq!(depths, [0, 0, 0, 1, 1, 2, 2, 3]);
    let receipt = place.creel(&["delete", root, "--yes", "--json"]).json();
    assert_eq!(receipt["removed"]["threads"], 6);
    assert_eq!(threads(&["--all"]).len(), 2);
    let again = place.creel(&["import", "codex", home]).ok();
    assert!(again.starts_with("Imported 0 threads and 0 items"), "{again}");
    assert!(again.contains("\n  6 skipped as deleted\n"), "{again}");
    assert_eq!(threads(&["--all"]).len(), 2);
}
