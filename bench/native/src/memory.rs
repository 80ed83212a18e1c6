//! The height of a process's memory: each case is a process of its own, which prints one line.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use creel::ItemQuery;
use futures_lite::future::block_on;

use crate::contenders::{Contender, Creel, ENTRANTS, entrant};
use crate::data::{self, Spec};
use crate::files::prepared;
use crate::lines::Line;
use crate::machine;
use crate::rounds::Plan;
use crate::workloads::SMALL;

/// The bytes of the history that fits into no memory that one would grant.
const HISTORY: usize = 1 << 30;
const READ_HISTORY: &str = "read a history of 1 GB by pages";

/// Starts a process for each case, and passes on what it says.
///
/// # Errors
/// When a store can't be prepared, or a process fails.
pub(crate) fn all(plan: &Plan<'_>, history: bool) -> Result<()> {
    for entrant in ENTRANTS {
        for (store, threads) in [("10k", "10,000"), ("100k", "100,000")] {
            let dir = tempfile::tempdir_in(plan.data)?;
            crate::files::copy(&plan.store(entrant, store)?, dir.path())?;
            child(&format!("open and list, {threads} threads"), entrant.name, dir.path())?;
        }
    }
    if history {
        let dir = prepared(plan.data, "creel-history", one_history)?;
        child(READ_HISTORY, "creel", &dir)?;
    }
    Ok(())
}

fn child(case: &str, contender: &str, dir: &Path) -> Result<()> {
    let program = std::env::current_exe()?;
    let status = std::process::Command::new(program)
        .args(["height", "--case", case, "--contender", contender, "--dir"])
        .arg(dir)
        .status()?;
    ensure!(status.success(), "the process that measures memory failed");
    Ok(())
}

/// Does what `case` says in this process, and says how high its memory rose.
///
/// # Errors
/// The store's.
pub(crate) fn height(case: &str, contender: &str, dir: &Path) -> Result<()> {
    if case == READ_HISTORY {
        let pages = read_history(dir)?;
        eprintln!("{pages} pages were read");
    } else {
        let mut store = (entrant(contender)?.open)(dir, false)?;
        ensure!(store.newest(50)? == 50, "fewer than 50 threads");
        store.close()?;
    }
    let height = machine::field("/proc/self/status", "VmHWM").context("no VmHWM here")?;
    let kilobytes: u64 = height.trim_end_matches("kB").trim().parse()?;
    let (workload, bytes) = ("memory", kilobytes * 1024);
    Line::Memory { workload, case, contender, bytes, what: "peak RSS" }.emit()
}

fn one_history(dir: &Path) -> Result<()> {
    let mut creel = Creel::open(dir, false)?;
    let spec = Spec::new(0, None, 0);
    creel.create(std::slice::from_ref(&spec))?;
    let mut bytes = 0;
    let mut n = 0;
    while bytes < HISTORY {
        let items: Vec<_> = (n..n + 5000).map(|n| data::item(0, n, SMALL)).collect();
        bytes += items.iter().map(String::len).sum::<usize>();
        n += items.len();
        creel.append(spec.id, &items)?;
    }
    Box::new(creel).close()
}

fn read_history(dir: &Path) -> Result<usize> {
    let creel = Creel::open(dir, false)?;
    let mut query = ItemQuery { limit: Some(1000), ..ItemQuery::default() };
    let (mut pages, mut bytes) = (0, 0);
    loop {
        let page = block_on(creel.store.items(data::id(0).into(), query.clone()))?;
        bytes += page.data.iter().map(|item| item.item.json().len()).sum::<usize>();
        pages += 1;
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            ensure!(bytes >= HISTORY, "only {bytes} bytes were read");
            return Ok(pages);
        }
    }
}
