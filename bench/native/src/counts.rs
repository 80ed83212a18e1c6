//! What operations cost in transactions, storage calls, syncs and bytes: numbers that no machine changes.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use creel::storage::{SqliteStorage, Storage};
use creel::{DeleteOptions, StoreOptions, Wait};
use futures_lite::future::block_on;

use crate::contenders::{Contender, Creel, ENTRANTS, Entrant, entrant, options};
use crate::counting::{Counting, Counts};
use crate::data;
use crate::files::copy;
use crate::lines::Line;
use crate::machine;
use crate::rounds::Plan;
use crate::workloads::SMALL;

/// How many appends are counted.
const APPENDS: usize = 200;
/// The appends of the process that opening and closing are known from: enough for closing to pack the
/// journal, as it does after more of them, too.
const FEW: usize = 150;
/// How many more appends the other process makes, whose syncs are counted.
const SYNCED: usize = 50;

/// Counts everything and says it.
///
/// # Errors
/// When a store can't be prepared or fails.
pub(crate) fn all(plan: &Plan<'_>) -> Result<()> {
    let creel = plan.store(ENTRANTS[0], "10k")?;
    for strict in [false, true] {
        let (counted, counts, _dir) = counted(&creel, strict)?;
        appends(counted, &counts, strict)?;
    }
    let (counted, counts, _dir) = counted(&creel, false)?;
    trees(counted, &counts, 1_000_000)?;
    opening(&creel)?;
    let entrants = if plan.quick { &ENTRANTS[..1] } else { &ENTRANTS[..] };
    for &entrant in entrants {
        let written = bytes_written(plan, entrant)?;
        let counts = BTreeMap::from([("bytesWritten", written)]);
        say("W1", "append one item, relaxed, 600 B", entrant.name, APPENDS, counts)?;
        syncs(plan, entrant)?;
    }
    Ok(())
}

/// Appends to a store that `fill` has filled, one item a call.
///
/// # Errors
/// The contender's.
pub(crate) fn append(contender: &str, dir: &Path, count: usize, strict: bool) -> Result<()> {
    let mut store = (entrant(contender)?.open)(dir, strict)?;
    for n in 0..count {
        store.append(data::id(n as u64 % 10), &[data::item(0, n, SMALL)])?;
    }
    store.close()
}

/// Says what operations cost together.
///
/// # Errors
/// When nobody reads it.
pub(crate) fn say(
    workload: &str,
    case: &str,
    contender: &str,
    operations: usize,
    counts: BTreeMap<&str, u64>,
) -> Result<()> {
    Line::Count { workload, case, contender, operations: operations as u64, counts }.emit()
}

/// Opens a copy of a prepared store whose calls are counted.
fn counted(
    from: &Path,
    strict: bool,
) -> Result<(Creel<Counting<SqliteStorage>>, Counts, tempfile::TempDir)> {
    let dir = tempfile::tempdir()?;
    copy(from, dir.path())?;
    let (storage, counts) = Counting::new(block_on(SqliteStorage::open(dir.path()))?);
    Ok((Creel::over(storage, without_checkpoints(strict))?, counts, dir))
}

/// A checkpoint is no part of what it follows; it would come in the middle of the count.
pub(crate) fn without_checkpoints(strict: bool) -> StoreOptions {
    let mut options = options(strict);
    options.checkpoint_entries = u64::MAX;
    options.checkpoint_bytes = u64::MAX;
    options
}

/// Counts what appends and lists ask of the storage, and closes the store.
///
/// # Errors
/// The store's.
pub(crate) fn appends<S: Storage>(
    mut creel: Creel<Counting<S>>,
    counts: &Counts,
    strict: bool,
) -> Result<()> {
    let how = if strict { "strict" } else { "relaxed" };
    counts.take();
    for n in 0..APPENDS {
        creel.append(data::id(n as u64 % 10), &[data::item(0, n, SMALL)])?;
    }
    say("W1", &format!("append one item, {how}, 600 B"), "creel", APPENDS, counts.take())?;
    for _ in 0..20 {
        let items: Vec<_> = (0..25).map(|n| (data::id(n), data::item(n, 0, SMALL))).collect();
        creel.append_at_once(&items)?;
    }
    say("W1", &format!("append 25 at once, {how}, 600 B"), "creel", 20, counts.take())?;
    for _ in 0..50 {
        creel.newest(50)?;
        creel.children(data::id(20_000), 50)?;
    }
    say("W4", &format!("list 50 of 10,000, {how}"), "creel", 100, counts.take())?;
    Box::new(creel).close()
}

/// Counts what the end of a tree, whose threads are numbered from `first`, asks of the storage, and closes
/// the store.
///
/// # Errors
/// The store's.
pub(crate) fn trees<S: Storage>(
    mut creel: Creel<Counting<S>>,
    counts: &Counts,
    first: u64,
) -> Result<()> {
    let root = data::id(first);
    creel.fill(&data::tree(first), SMALL)?;
    counts.take();
    creel.archive(root)?;
    say("W6", "archive a tree of 1,001", "creel", 1, counts.take())?;
    creel.unarchive(root)?;
    counts.take();
    // With a time to undo it in, erasing does not mix into the count of the commit.
    let grace = Some(3_600_000);
    let waiting = DeleteOptions { wait: Wait::Committed, grace, ..DeleteOptions::default() };
    let receipt = block_on(creel.store.delete(root.into(), waiting))?;
    say("W5", "delete a tree of 1,001, committed", "creel", 1, counts.take())?;
    block_on(creel.store.undelete(receipt.deletion))?;
    counts.take();
    creel.delete(root, &mut || ())?;
    say("W5", "delete a tree of 1,001, erased", "creel", 1, counts.take())?;
    Box::new(creel).close()
}

fn opening(from: &Path) -> Result<()> {
    let dir = tempfile::tempdir()?;
    copy(from, dir.path())?;
    let (storage, counts) = Counting::new(block_on(SqliteStorage::open(dir.path()))?);
    let mut creel = Creel::over(storage, options(false))?;
    creel.newest(50)?;
    say("W7", "open to the first list, 10,000 threads", "creel", 1, counts.take())?;
    Box::new(creel).close()
}

/// The bytes that a contender hands to the file system for its appends.
fn bytes_written(plan: &Plan<'_>, entrant: Entrant) -> Result<u64> {
    let dir = tempfile::tempdir()?;
    copy(&plan.store(entrant, "10k")?, dir.path())?;
    let mut store = (entrant.open)(dir.path(), false)?;
    let written = || -> Result<u64> {
        let field = machine::field("/proc/self/io", "wchar");
        field.context("this system does not count what a process writes")?.parse().context("wchar")
    };
    let before = written()?;
    for n in 0..APPENDS {
        store.append(data::id(n as u64 % 10), &[data::item(0, n, SMALL)])?;
    }
    let after = written()?;
    store.close()?;
    Ok(after - before)
}

/// Counts the syncs of strict appends with strace: those of many less those of few.
fn syncs(plan: &Plan<'_>, entrant: Entrant) -> Result<()> {
    let (workload, case) = ("W1", "append one item, strict, 600 B");
    let from = plan.store(entrant, "10k")?;
    let counted = |count| syncs_of(&from, entrant.name, count);
    match (counted(FEW)?, counted(FEW + SYNCED)?) {
        (Some(few), Some(many)) => {
            let counts = BTreeMap::from([("fsyncs", many.saturating_sub(few))]);
            say(workload, case, entrant.name, SYNCED, counts)
        }
        _ => {
            let reason = "syncs are not counted: strace is not installed, or not allowed".into();
            Line::Void { workload, case, contender: entrant.name, reason }.emit()
        }
    }
}

fn syncs_of(from: &Path, contender: &str, count: usize) -> Result<Option<u64>> {
    let dir = tempfile::tempdir()?;
    let (store, log) = (dir.path().join("store"), dir.path().join("strace"));
    copy(from, &store)?;
    let status = Command::new("strace")
        // No other call of the process is stopped at.
        .args(["-f", "--seccomp-bpf", "-qq", "-e", "trace=fsync,fdatasync", "-o"])
        .arg(&log)
        .arg(std::env::current_exe()?)
        .args(["append", "--strict", "--contender", contender, "--count", &count.to_string()])
        .arg("--dir")
        .arg(&store)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !status.is_ok_and(|status| status.success()) {
        return Ok(None);
    }
    let log = std::fs::read_to_string(log)?;
    // A call that strace shows in two lines ends in the one with `resumed`.
    let calls = log.lines().filter(|line| line.contains("sync(") && !line.contains("resumed"));
    Ok(Some(calls.count() as u64))
}
