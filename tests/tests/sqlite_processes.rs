//! Several real processes over one SQLite store: racing, killed, and counted syncs.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use creel::storage::{Batch, Durability, KeyRange, Order, SqliteStorage, Storage, Table, Write};
use futures_lite::future::block_on;

fn child(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_storage_child"));
    command.args(arguments).stdout(Stdio::piped());
    command
}

fn open(dir: &Path) -> SqliteStorage {
    block_on(SqliteStorage::open(dir)).unwrap()
}

fn records(storage: &SqliteStorage, table: Table) -> Vec<(String, Bytes)> {
    let mut range = KeyRange::new("!", "~");
    let mut records = Vec::new();
    loop {
        let scan = storage.scan(table, range.clone(), 1000, Order::Ascending);
        let page = block_on(scan).unwrap();
        if let Some((last, _)) = page.records.last() {
            range.start = format!("{last}!");
        }
        records.extend(page.records);
        if !page.more {
            return records;
        }
    }
}

#[test]
fn processes_that_append_to_one_journal_lose_and_repeat_nothing() {
    const PROCESSES: usize = 4;
    const ENTRIES: usize = 100;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    let storage = open(dir.path());
    let first = Write::Insert {
        table: Table::Journal,
        key: format!("{:016}", 0),
        value: Bytes::from("start"),
    };
    let batch = Batch { checks: vec![], writes: vec![first] };
    block_on(storage.commit(batch, Durability::Strict)).unwrap();
    let spawn = |n: usize| child(&["race", path, &n.to_string(), &ENTRIES.to_string()]).spawn();
    let children: Vec<Child> = (0..PROCESSES).map(|n| spawn(n).unwrap()).collect();
    let mut conflicts = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        conflicts += String::from_utf8(output.stdout).unwrap().trim().parse::<usize>().unwrap();
    }
    let journal = records(&storage, Table::Journal);
    assert_eq!(journal.len(), 1 + PROCESSES * ENTRIES);
    let mut next = BTreeMap::new();
    for (n, (key, value)) in journal.iter().enumerate() {
        assert_eq!(*key, format!("{n:016}"));
        let value = std::str::from_utf8(value).unwrap();
        if let Some((writer, entry)) = value.split_once(' ') {
            let expected = next.entry(writer.to_owned()).or_insert(0_usize);
            assert_eq!(entry, expected.to_string(), "entry {n} of process {writer}");
            *expected += 1;
        }
    }
    println!("{conflicts} conflicts among {} commits", PROCESSES * ENTRIES);
    assert_ne!(conflicts, 0, "the processes never met");
}

#[test]
fn what_a_killed_process_was_told_is_kept_and_nothing_is_half_there() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    for round in 0..12 {
        let mut worker = child(&["work", dir.path().to_str().unwrap()]).spawn().unwrap();
        let mut lines = BufReader::new(worker.stdout.take().unwrap()).lines();
        for _ in 0..=(round * 13) % 90 {
            acknowledged = lines.next().unwrap().unwrap().parse::<u64>().unwrap();
        }
        worker.kill().unwrap();
        worker.wait().unwrap();
        // What it printed before the kill reached it counts too.
        for line in lines.map_while(Result::ok) {
            acknowledged = line.parse().unwrap_or(acknowledged);
        }
        let storage = open(dir.path());
        let numbers = |table| {
            let keys = records(&storage, table).into_iter();
            keys.map(|(key, _)| key.parse::<u64>().unwrap()).collect::<Vec<_>>()
        };
        let journal = numbers(Table::Journal);
        assert_eq!(journal, (0..journal.len() as u64).collect::<Vec<_>>());
        assert!(
            journal.len() as u64 > acknowledged,
            "{} entries, {acknowledged} told",
            journal.len()
        );
        assert_eq!(numbers(Table::History), journal);
        let tip = Bytes::from((journal.len() - 1).to_string());
        assert_eq!(records(&storage, Table::Catalog), [("tip".to_owned(), tip)]);
        // The next worker finds the log as the killed one left it in every second round.
        if round % 2 == 0 {
            block_on(storage.close()).unwrap();
        }
    }
}

/// Counts the syncs of a process that makes `count` commits; nothing where strace can't run.
fn syncs(count: usize, durability: &str) -> Option<usize> {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("strace");
    let store = dir.path().join("store");
    let status = Command::new("strace")
        .args(["-f", "-qq", "-e", "trace=fsync,fdatasync", "-o"])
        .arg(&log)
        .arg(env!("CARGO_BIN_EXE_storage_child"))
        .args(["append", store.to_str().unwrap(), &count.to_string(), durability])
        .stderr(Stdio::null())
        .status();
    if !status.is_ok_and(|status| status.success()) {
        return None;
    }
    let log = std::fs::read_to_string(log).unwrap();
    // A call that strace shows in two lines ends in the one with `resumed`.
    Some(log.lines().filter(|line| line.contains("sync(") && !line.contains("resumed")).count())
}

#[test]
fn a_strict_commit_syncs_once_and_a_relaxed_one_never() {
    let (Some(few), Some(many)) = (syncs(10, "strict"), syncs(110, "strict")) else {
        println!("skipped: strace is not installed, or not allowed to trace");
        return;
    };
    assert_eq!(many - few, 100);
    let relaxed = |count| syncs(count, "relaxed").unwrap();
    assert_eq!(relaxed(110), relaxed(10));
}
