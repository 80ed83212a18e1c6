//! `creel export` and `creel import FILE`: files that come back whole, and memory that stays small.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Place, Ran, id, rollout_text};
use serde_json::json;

/// The command on another store.
fn creel(store: &Path, args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_creel"));
    command.args(args).arg("--store").arg(store).stdin(Stdio::null());
    Ran::new(command.output().unwrap())
}

#[test]
fn what_is_exported_comes_back_whole() {
    let place = Place::new();
    place.rollout(1, None, "CI is red");
    place.rollout(2, Some(1), "Read the logs");
    place.archived(3, "Release notes");
    place.import();
    let (file, other) = (place.home().join("out.jsonl"), place.home().join("other"));
    let file = file.to_str().unwrap();
    let said = place.creel(&["export", "all", "--output", file]).ok();
    assert!(said.starts_with("Exported 2 trees, 3 threads, 6 items ("), "{said}");
    let report = creel(&other, &["import", file, "--json"]).json();
    assert_eq!((&report["threads"], &report["items"]), (&json!(3), &json!(6)));
    let again = creel(&other, &["export", "all"]);
    assert!(again.err.starts_with("Exported 2 trees"), "{again:?}");
    assert_eq!(again.ok(), fs::read_to_string(file).unwrap());
    let one = place.creel(&["export", &id(1), "--output", file, "--json"]).json();
    assert_eq!((&one["trees"], &one["threads"]), (&json!(1), &json!(2)));
    let left: Vec<_> =
        fs::read_dir(place.home()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("creel-export")), "{left:?}");
}

#[test]
fn a_tree_that_is_there_is_left_out_unless_it_gets_new_ids() {
    let place = Place::new();
    place.rollout(1, None, "CI is red");
    place.import();
    let text = place.creel(&["export", &id(1)]).ok();
    let file = place.home().join("out.jsonl");
    fs::write(&file, &text).unwrap();
    let file = file.to_str().unwrap();
    let again = place.creel(&["import", file]);
    assert_eq!(again.status, 1);
    assert!(again.out.contains("  1 left out"), "{again:?}");
    assert!(again.err.starts_with(&format!("left out: {file}:3: ")), "{again:?}");
    let beside = place.creel(&["import", file, "--new-ids", "--json"]).json();
    assert_eq!(beside["threads"], 1);
    assert_eq!(place.creel(&["list", "--json"]).json().as_array().unwrap().len(), 2);
}

#[test]
fn an_export_goes_through_a_pipe() {
    let place = Place::new();
    place.rollout(1, None, "CI is red");
    place.import();
    let text = place.creel(&["export", "all"]).ok();
    let other = place.home().join("other");
    let mut child = Command::new(env!("CARGO_BIN_EXE_creel"))
        .args(["import", "-", "--json", "--store"])
        .arg(&other)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let report = Ran::new(child.wait_with_output().unwrap()).json();
    assert_eq!(report["threads"], 1);
    let null = creel(&other, &["export", "all", "--output", "/dev/null"]);
    assert!(null.ok().starts_with("Exported 1 tree"));
    assert!(!Path::new("/dev/null").is_file());
}

#[test]
fn an_import_that_is_killed_shows_nothing_and_can_be_done_again() {
    let place = Place::new();
    let path = place.rollout(1, None, "CI is red");
    common::append(&path, &"{\"filler\":\"................................\"}\n".repeat(6000));
    place.import();
    let text = place.creel(&["export", "all"]).ok();
    let (half, _) = text.split_at(text.len() * 3 / 4);
    let other = place.home().join("other");
    let mut child = Command::new(env!("CARGO_BIN_EXE_creel"))
        .args(["import", "-", "--store"])
        .arg(&other)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    // A pipe holds 64 KB, so most of it is read when all of it is written.
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(half.as_bytes()).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let written = common::snapshot(&other)
        .iter()
        .any(|(_, bytes)| bytes.windows(16).any(|window| window == b"................"));
    assert!(written, "it was killed in the middle");
    assert_eq!(creel(&other, &["list", "--all", "--json"]).json(), json!([]));
    creel(&other, &["doctor"]).ok();
    let file = place.home().join("out.jsonl");
    fs::write(&file, &text).unwrap();
    let report = creel(&other, &["import", file.to_str().unwrap(), "--json"]).json();
    assert_eq!((&report["threads"], &report["items"]), (&json!(1), &json!(6002)));
    assert!(creel(&other, &["export", "all"]).ok() == text);
}

#[test]
fn what_is_no_export_is_refused() {
    let place = Place::new();
    let rollout = place.rollout(1, None, "CI is red");
    for file in [rollout.to_str().unwrap(), "/nowhere.jsonl"] {
        let ran = place.creel(&["import", file]);
        assert_eq!(ran.status, 1, "{ran:?}");
        assert!(ran.err.starts_with("error["), "{ran:?}");
    }
    let none = place.creel(&["list"]);
    assert!(none.err.starts_with("error[store_not_found]"), "a store was made: {none:?}");
    place.import();
    let missing = place.creel(&["export", &id(9), "--output", "/nowhere/out.jsonl"]);
    assert!(missing.err.starts_with("error[thread_not_found]"), "{missing:?}");
    assert_eq!(place.creel(&["import"]).status, 2);
}

/// A rollout of 60 MB goes through import, export and import; a command that held it would hold
/// twice as much and more.
#[cfg(target_os = "linux")]
#[test]
fn a_long_history_is_never_held() {
    const ITEMS: usize = 100_000;
    const BOUND: u64 = 48 * 1024;
    let place = Place::new();
    let path = place.rollout(1, None, "CI is red");
    let mut file = std::io::BufWriter::new(fs::File::create(&path).unwrap());
    file.write_all(rollout_text(1, None, "CI is red").as_bytes()).unwrap();
    let filler = "x".repeat(510);
    for n in 0..ITEMS {
        let payload = json!({"type": "agent_message", "n": n, "message": filler});
        let line =
            json!({"timestamp": "2026-03-02T10:00:00Z", "type": "event_msg", "payload": payload});
        writeln!(file, "{line}").unwrap();
    }
    file.into_inner().unwrap().sync_all().unwrap();
    let size = fs::metadata(&path).unwrap().len();
    assert!(size > 600 * ITEMS as u64, "{size}");
    let (home, out) = (place.home(), place.home().join("out.jsonl"));
    let (home, out) = (home.to_str().unwrap(), out.to_str().unwrap());
    let other = place.home().join("other");
    let (own, other) = (place.store(), other.as_path());
    for (store, args) in [
        (own.as_path(), ["import", "codex", home].as_slice()),
        (own.as_path(), &["export", "all", "--output", out]),
        (other, &["import", out]),
    ] {
        let (ran, peak) = peak(store, args);
        println!("{args:?}: {peak} KiB at most");
        assert!(ran.contains("100002 items"), "{ran}");
        assert!(peak < BOUND, "{args:?} took {peak} KiB");
    }
}

/// Runs a command to its end, and returns what it said and the most memory it had, in KiB.
#[cfg(target_os = "linux")]
fn peak(store: &Path, args: &[&str]) -> (String, u64) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_creel"))
        .args(args)
        .arg("--store")
        .arg(store)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        // The most so far never shrinks, so what is read last is nearly what it was at the end.
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let size = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        peak = peak.max(size.unwrap_or(0));
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    (Ran::new(child.wait_with_output().unwrap()).ok(), peak)
}
