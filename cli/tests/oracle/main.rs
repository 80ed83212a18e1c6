//! Replays what the reference app-server was asked, and compares what it answered.
//!
//! Recordings lie beside the repository, in `../shared/oracle`: `transcripts/NAME.json`, and in
//! `homes/NAME` the Codex home that each run started with, which `creel import codex` brings in.
//! Without the folder there is nothing to compare, and the test says so. A recording whose home is
//! not there starts with what its observations tell of the threads.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod compare;
mod derive;
mod differences;
mod replay;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use creel::storage::{MemoryStorage, SqliteStorage};
use creel::{Store, StoreOptions, SystemEnv};
use futures_lite::future::block_on;
use serde_json::Value;

use replay::{Origin, Replay};

/// A recording: what was asked and answered, in order.
pub(crate) struct Recording {
    pub(crate) name: String,
    pub(crate) cases: Vec<Value>,
}

fn oracle() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/oracle")
}

fn recordings() -> Vec<Recording> {
    let Ok(entries) = std::fs::read_dir(oracle().join("transcripts")) else {
        println!("skipped: there are no recordings in {}", oracle().display());
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let recorded: Value = serde_json::from_str(&text).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        Recording { name, cases: recorded["cases"].as_array().unwrap().clone() }
    };
    paths.into_iter().map(read).collect()
}

/// Finds the home of a recording: by its name, or by the part before the first underscore.
fn home(name: &str) -> Option<PathBuf> {
    let homes = oracle().join("homes");
    let short = name.split('_').next().unwrap_or(name);
    [name, short].into_iter().map(|name| homes.join(name)).find(|home| home.is_dir())
}

fn replayed(recording: &Recording) -> replay::Report {
    let env = || Arc::new(SystemEnv::new());
    let options = StoreOptions::default;
    if let Some(home) = home(&recording.name) {
        let folder = tempfile::tempdir().unwrap();
        let mut import = Command::new(env!("CARGO_BIN_EXE_creel"));
        import.arg("import").arg("codex").arg(&home).arg("--store").arg(folder.path());
        let ran = import.stdin(Stdio::null()).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let storage = block_on(SqliteStorage::open(folder.path())).unwrap();
        let store = block_on(Store::open(storage, env(), options())).unwrap();
        let report = Replay::new(recording, store.clone(), Origin::Home).run();
        block_on(store.close()).unwrap();
        return report;
    }
    let store = block_on(Store::open(MemoryStorage::new(), env(), options())).unwrap();
    let threads = derive::threads(recording, &store);
    println!("{}: no home; {threads} threads made from its observations", recording.name);
    Replay::new(recording, store, Origin::Derived).run()
}

#[test]
fn answers_orders_and_errors_are_those_of_the_reference() {
    let mut failures = Vec::new();
    for recording in recordings() {
        let report = replayed(&recording);
        println!("{}: {} cases compared", recording.name, report.compared.len());
        for skipped in &report.skipped {
            println!("{}: skipped: {skipped}", recording.name);
        }
        for differing in &report.differing {
            println!("{}: differs: {differing}", recording.name);
        }
        failures.extend(report.failures.iter().map(|told| format!("{}: {told}", recording.name)));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A comparison that looks past a field would let a change of that field pass.
#[test]
fn a_recording_with_any_compared_field_changed_fails() {
    for recording in recordings() {
        let report = replayed(&recording);
        let mut changed = 0;
        for compared in &report.compared {
            for path in compare::leaves(&compared.expected) {
                let mut expected = compared.expected.clone();
                compare::change(&mut expected, &path);
                let differs = compare::difference(&expected, &compared.actual).is_some();
                assert!(differs, "{}: {}: {path}", recording.name, compared.case);
                changed += 1;
            }
        }
        println!("{}: {changed} fields changed, each was seen", recording.name);
    }
}
