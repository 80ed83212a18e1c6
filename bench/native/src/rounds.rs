//! The rounds of the native contenders: which workloads they run, on which stores, in which order.

use anyhow::Result;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

use crate::contenders::{Contender, ENTRANTS, Entrant};
use crate::data;
use crate::files::{copy, prepared};
use crate::turns::{report, turns};
use crate::waiting;
use crate::workloads::{self as work, Bed, Effort, LARGE, SMALL, Times};

/// One workload as the rounds run it.
pub(crate) type Run = fn(&mut Bed<'_>) -> Result<Times>;

const RELAXED: [(&str, Run); 6] = [
    ("W1", |bed| work::append_one(bed, "append one item, relaxed, 600 B", SMALL)),
    ("W1", |bed| work::append_at_once(bed, "append 25 at once, relaxed, 600 B")),
    ("W2", |bed| work::append_many(bed, "append 1,000 items, relaxed")),
    ("W3", work::load),
    ("W4", |bed| work::list(bed, "list 50 of 10,000")),
    ("W4", work::list_children),
];
const STRICT: [(&str, Run); 5] = [
    ("W1", |bed| work::append_one(bed, "append one item, strict, 600 B", SMALL)),
    ("W1", |bed| work::append_at_once(bed, "append 25 at once, strict, 600 B")),
    ("W1", |bed| work::append_one(bed, "append one item, strict, 20 KB", LARGE)),
    ("W2", |bed| work::append_many(bed, "append 1,000 items, strict")),
    ("W5", work::archive_and_delete),
];
pub(crate) const LARGE_STORE: [(&str, Run); 1] =
    [("W4", |bed| work::list(bed, "list 50 of 100,000"))];

/// Where stores are prepared, and how long to measure.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    /// Prepared stores are kept here from run to run.
    pub(crate) data: &'a Path,
    pub(crate) rounds: usize,
    pub(crate) quick: bool,
}

impl Plan<'_> {
    /// Runs every workload.
    ///
    /// # Errors
    /// When a store can't be prepared or copied. A contender that fails is reported as void.
    pub(crate) fn run(&self) -> Result<()> {
        let small = self.copies("10k")?;
        self.session(&small, false, 9000, &RELAXED)?;
        self.plant(&small)?;
        self.session(&small, true, 9000, &STRICT)?;
        self.openings(&small, "open to the first list, 10,000 threads")?;
        drop(small);
        let large = self.copies("100k")?;
        self.session(&large, false, 100_000, &LARGE_STORE)?;
        self.openings(&large, "open to the first list, 100,000 threads")?;
        drop(large);
        self.waiting("10k", "open to the first list, 10,000 threads, 999 entries waiting")?;
        self.waiting("100k", "open to the first list, 100,000 threads, 999 entries waiting")
    }

    /// A copy of one store of every contender, removed when it is dropped.
    fn copies(&self, name: &str) -> Result<Vec<TempDir>> {
        let copies = ENTRANTS.into_iter().map(|entrant| {
            let dir = tempfile::tempdir_in(self.data)?;
            copy(&self.store(entrant, name)?, dir.path())?;
            Ok(dir)
        });
        copies.collect()
    }

    /// The prepared store of a contender.
    pub(crate) fn store(&self, entrant: Entrant, name: &str) -> Result<PathBuf> {
        prepared(self.data, &format!("{}-{name}", entrant.name), |dir| {
            let mut store = (entrant.open)(dir, false)?;
            let threads = match name {
                "10k" => data::ten_thousand(),
                _ => data::hundred_thousand(),
            };
            store.fill(&threads, SMALL)?;
            store.close()
        })
    }

    /// Stores the trees that the rounds archive and delete, a tree each, without syncs, which would take
    /// longer than all that is measured.
    fn plant(&self, dirs: &[TempDir]) -> Result<()> {
        for (entrant, dir) in ENTRANTS.iter().zip(dirs) {
            let mut store = (entrant.open)(dir.path(), false)?;
            for round in 0..=self.rounds {
                store.fill(&data::tree(work::tree(round as u64)), SMALL)?;
            }
            store.close()?;
        }
        Ok(())
    }

    /// Opens one store of every contender, runs some workloads on them, and closes them.
    fn session(
        &self,
        dirs: &[TempDir],
        strict: bool,
        short: u64,
        runs: &[(&str, Run)],
    ) -> Result<()> {
        let effort = if self.quick { Effort::Quick } else { Effort::Full };
        let mut stores = Vec::new();
        for (entrant, dir) in ENTRANTS.iter().zip(dirs) {
            stores.push((entrant.open)(dir.path(), strict)?);
        }
        for (workload, run) in runs {
            let mut round_of = |index: usize, round: usize| {
                let store: &mut dyn Contender = &mut *stores[index];
                run(&mut Bed { store, round: round as u64, short, effort })
            };
            self.rounds(workload, &mut round_of)?;
        }
        stores.into_iter().try_for_each(Contender::close)
    }

    fn rounds(
        &self,
        workload: &str,
        run: &mut dyn FnMut(usize, usize) -> Result<Times>,
    ) -> Result<()> {
        turns(&ENTRANTS.map(|entrant| entrant.name), self.rounds, workload, run)
    }

    fn openings(&self, dirs: &[TempDir], case: &'static str) -> Result<()> {
        self.rounds("W7", &mut |index, _| work::open(ENTRANTS[index], dirs[index].path(), case))
    }

    /// Opens a store of Creel's that was left in the middle of its work, each time as it was left.
    fn waiting(&self, name: &str, case: &'static str) -> Result<()> {
        let creel = ENTRANTS[0];
        let from = self.store(creel, name)?;
        let ready = prepared(self.data, &format!("creel-{name}-waiting"), |dir| {
            waiting::prepare(&from, dir)
        })?;
        for round in 0..=self.rounds {
            let dir = tempfile::tempdir_in(self.data)?;
            copy(&ready, dir.path())?;
            let times = work::open(creel, dir.path(), case)?;
            if round > 0 {
                report("W7", creel.name, round, &times)?;
            }
        }
        Ok(())
    }
}
