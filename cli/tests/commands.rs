//! `list`, `show`, `archive`, `unarchive` and `delete` as a person or a script runs them.

mod common;

use std::process::{Command, Stdio};

use common::{Place, id};
use serde_json::json;

/// A root with two sub-agents, and one thread beside it.
fn filled() -> Place {
    let place = Place::new();
    place.rollout(1, None, "CI is red");
    place.rollout(2, Some(1), "Read the logs");
    place.rollout(3, Some(1), "Bisect\nthe \u{1b}[31mfailure");
    place.rollout(4, None, "Reading notes");
    place.import();
    place
}

#[test]
fn a_list_is_a_forest_newest_root_first() {
    let out = filled().creel(&["list"]).ok();
    let lines: Vec<&str> = out.lines().collect();
    let ids: Vec<&str> = lines.iter().map(|line| line.split("  ").next().unwrap()).collect();
    assert_eq!(ids, [id(4), id(1), id(2), id(3)]);
    assert!(lines[1].contains("  2026-03-02 10:00  2 items  "), "{out}");
    assert!(lines[2].ends_with("├─ Agent 2: Read the logs"), "{out}");
    assert!(lines[3].ends_with("└─ Agent 3: Bisect the  [31mfailure"), "{out}");
}

#[test]
fn json_has_the_protocol_s_threads() {
    let place = filled();
    let listed = place.creel(&["list", "--json"]).json();
    let child = listed.as_array().unwrap().iter().find(|thread| thread["id"] == id(2)).unwrap();
    assert_eq!(child["parentThreadId"], id(1));
    assert_eq!(child["createdAt"], 1_772_442_902);
    assert_eq!(child["status"], json!({"type": "notLoaded"}));
    assert_eq!((&child["turns"], &child["path"]), (&json!([]), &json!(null)));
    assert_eq!(child["source"]["subAgent"]["thread_spawn"]["parent_thread_id"], id(1));
    assert_eq!(place.creel(&["show", &id(2), "--json"]).json(), *child);
}

#[test]
fn show_has_the_thread_its_sub_agents_and_its_items() {
    let place = filled();
    let out = place.creel(&["show", &id(1)]).ok();
    assert!(out.contains("preview     CI is red\nhistory     2 items, "), "{out}");
    assert!(out.contains("created     2026-03-02T09:15:01+00:00\n"), "{out}");
    assert!(out.contains("\n\nsub-agents\n"), "{out}");
    assert!(out.ends_with("└─ Agent 3: Bisect the  [31mfailure\n"), "{out}");
    let items = place.creel(&["show", &id(1), "--items"]).ok();
    let file = place.home().join("sessions/2026/03/02");
    let file = file.join(format!("rollout-2026-03-02T09-15-01-{}.jsonl", id(1)));
    assert_eq!(items, std::fs::read_to_string(file).unwrap());
}

#[test]
fn archiving_takes_the_tree_and_unarchiving_gives_it_back() {
    let place = filled();
    assert_eq!(place.creel(&["archive", &id(1)]).ok(), "Archived 3 threads.\n");
    assert_eq!(place.creel(&["list"]).ok().lines().count(), 1);
    let archived = place.creel(&["list", "--archived"]).ok();
    assert_eq!(archived.lines().count(), 3);
    let all = place.creel(&["list", "--all"]).ok();
    assert_eq!(all.lines().filter(|line| line.contains("(archived) ")).count(), 3);
    let back = place.creel(&["unarchive", &id(1), "--json"]).json();
    assert_eq!(back.as_array().unwrap().len(), 3);
    assert_eq!(place.creel(&["list", "--archived"]).ok(), "");
}

#[test]
fn a_dry_run_only_looks() {
    let place = filled();
    let out = place.creel(&["delete", &id(1), "--dry-run"]).ok();
    assert!(out.contains("Deleting takes 3 threads, 6 items, "), "{out}");
    assert!(out.lines().next().unwrap().ends_with("CI is red"), "{out}");
    let plan = place.creel(&["delete", &id(1), "--dry-run", "--json"]).json();
    assert_eq!(plan["members"], json!([id(3), id(2), id(1)]));
    assert_eq!(place.creel(&["list"]).ok().lines().count(), 4);
}

#[test]
fn deleting_needs_a_yes_where_nobody_can_be_asked() {
    let place = filled();
    let ran = place.creel(&["delete", &id(1)]);
    assert_eq!((ran.status, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("--yes"), "{ran:?}");
    assert_eq!(place.creel(&["list"]).ok().lines().count(), 4);
    let out = place.creel(&["delete", &id(1), "--yes"]).ok();
    assert!(out.starts_with("Deleted 3 threads, 6 items, "), "{out}");
    assert_eq!(place.creel(&["list"]).ok().lines().count(), 1);
    let gone = place.creel(&["show", &id(2)]);
    assert_eq!(gone.status, 1);
    assert!(gone.err.starts_with("error[thread_deleted]: "), "{gone:?}");
}

#[test]
fn children_can_be_kept() {
    let place = filled();
    let ran = place.creel(&["delete", &id(1), "--yes", "--children", "refuse"]);
    assert!(ran.err.starts_with("error[has_children]: "), "{ran:?}");
    place.creel(&["delete", &id(1), "--yes", "--children", "detach"]).ok();
    let out = place.creel(&["list"]).ok();
    assert_eq!(out.lines().count(), 3);
    assert!(!out.contains('─'), "{out}");
}

#[test]
fn errors_have_their_code() {
    let place = filled();
    for (args, status, start) in [
        (vec!["show", "nope"], 1, "error[invalid_thread_id]: "),
        (vec!["show", "00000000-0000-4000-8000-0000000000ff"], 1, "error[thread_not_found]: "),
        (
            vec!["unarchive", "00000000-0000-4000-8000-000000000001"],
            1,
            "error[thread_not_archived]: ",
        ),
        (vec!["list", "--archived", "--all"], 2, "error: "),
        (vec!["show"], 2, "error: "),
    ] {
        let ran = place.creel(&args);
        assert_eq!(ran.status, status, "{ran:?}");
        assert!(ran.err.starts_with(start), "{ran:?}");
        assert_eq!(ran.out, "");
    }
    let empty = Place::new();
    let ran = empty.creel(&["list"]);
    assert!(ran.err.starts_with("error[store_not_found]: "), "{ran:?}");
    assert!(!empty.store().exists());
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = filled();
    let mut child = Command::new(env!("CARGO_BIN_EXE_creel"))
        .args(["list", "--store"])
        .arg(place.store())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{output:?}");
}
