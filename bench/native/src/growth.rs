//! How the cost of an operation grows with the store: by its items, and by its threads.

use std::path::Path;

use anyhow::{Result, ensure};
use creel::{DeleteOptions, ItemQuery, SortDirection, Wait};
use futures_lite::future::block_on;

use crate::contenders::{Contender, Creel};
use crate::data::{self, Spec};
use crate::lines::Line;
use crate::workloads::{SMALL, timed};

/// The threads that the items of the first store are spread over.
const THREADS: u64 = 10;
/// Calls of each operation at each size.
const CALLS: usize = 100;
/// The sub-agents of the trees that are archived and deleted.
const TREE: u64 = 10;

/// Grows two stores step by step and measures at each.
///
/// # Errors
/// The store's.
pub(crate) fn all(dir: &Path, most_items: u64, most_threads: u64) -> Result<()> {
    by_items(dir, most_items)?;
    by_threads(dir, most_threads)
}

fn by_items(dir: &Path, most: u64) -> Result<()> {
    let dir = tempfile::tempdir_in(dir)?;
    let mut grown = Grown::begin(dir.path(), "items")?;
    let specs: Vec<_> = (0..THREADS).map(|n| Spec::new(n, None, 0)).collect();
    grown.creel.create(&specs)?;
    let mut items = 0;
    for size in sizes(1000, most) {
        // In pieces of a hundred at first, so that every thread has a page of 50 at every size.
        while items < size {
            let thread = (items / 100) % THREADS;
            let count = if size > 10_000 { 1000 } else { 100 }.min(size - items);
            let new: Vec<_> = (0..count)
                .map(|n| data::item(items, usize::try_from(n).unwrap_or(0), SMALL))
                .collect();
            grown.creel.append(data::id(thread), &new)?;
            items += count;
        }
        grown.measure(size, THREADS)?;
    }
    Box::new(grown.creel).close()
}

fn by_threads(dir: &Path, most: u64) -> Result<()> {
    let dir = tempfile::tempdir_in(dir)?;
    let mut grown = Grown::begin(dir.path(), "threads")?;
    let mut threads = 0;
    for size in sizes(100, most) {
        let specs: Vec<_> = (threads..size).map(|n| Spec::new(n, None, 0)).collect();
        for some in specs.chunks(500) {
            grown.creel.create(some)?;
        }
        if threads == 0 {
            let items: Vec<_> = (0..100).map(|n| data::item(0, n, SMALL)).collect();
            for thread in 0..size {
                grown.creel.append(data::id(thread), &items)?;
            }
        }
        threads = size;
        grown.measure(size, 100)?;
    }
    Box::new(grown.creel).close()
}

/// The sizes from `first` to `most`, each ten times the one before.
fn sizes(first: u64, most: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(first), |size| size.checked_mul(10))
        .take_while(move |size| *size <= most)
}

struct Grown<'a> {
    creel: Creel,
    dir: &'a Path,
    axis: &'static str,
    trees: u64,
}

impl<'a> Grown<'a> {
    fn begin(dir: &'a Path, axis: &'static str) -> Result<Self> {
        Ok(Self { creel: Creel::open(dir, false)?, dir, axis, trees: 0 })
    }

    /// Measures every operation on the first `filled` threads, after a checkpoint and with a disk that is idle:
    /// what the growing has written would go there beside the calls.
    fn measure(&mut self, size: u64, filled: u64) -> Result<()> {
        eprintln!("{size} {}", self.axis);
        self.creel.settle()?;
        for file in std::fs::read_dir(self.dir)? {
            std::fs::File::open(file?.path())?.sync_all()?;
        }
        let thread = |n: usize| data::id(n as u64 % filled);
        let mut times = Vec::new();
        for n in 0..CALLS * 5 {
            let item = [data::item(0, n, SMALL)];
            times.push(timed(|| self.creel.append(thread(n), &item))?.0);
        }
        self.say("append", size, &mut times)?;
        for n in 0..CALLS {
            // A list after a change is what a user sees.
            self.creel.append(thread(n), &[data::item(0, n, SMALL)])?;
            times.push(timed(|| self.creel.newest(50))?.0);
        }
        self.say("list 50", size, &mut times)?;
        self.creel.settle()?;
        for n in 0..CALLS {
            times.push(timed(|| self.last_50(thread(n)))?.0);
        }
        self.say("read 50", size, &mut times)?;
        let mut deletions = Vec::new();
        for _ in 0..CALLS / 5 {
            let root = self.tree()?;
            times.push(timed(|| self.creel.archive(root))?.0);
            deletions.push(timed(|| self.hide(root))?.0);
        }
        self.say("archive, committed", size, &mut times)?;
        self.say("delete, committed", size, &mut deletions)
    }

    fn last_50(&self, thread: uuid::Uuid) -> Result<()> {
        let limit = Some(50);
        let sort_direction = Some(SortDirection::Desc);
        let query = ItemQuery { limit, sort_direction, ..ItemQuery::default() };
        let page = block_on(self.creel.store.items(thread.into(), query))?;
        ensure!(page.data.len() == 50, "a page of {} items", page.data.len());
        for item in &page.data {
            item.item.parse::<serde_json::Value>()?;
        }
        Ok(())
    }

    /// A root with sub-agents, none of which was there before.
    fn tree(&mut self) -> Result<uuid::Uuid> {
        let first = 10_000_000 + self.trees * 100;
        self.trees += 1;
        let below = (1..=TREE).map(|n| Spec::new(first + n, Some(first), 0));
        let specs: Vec<_> = std::iter::once(Spec::new(first, None, 0)).chain(below).collect();
        self.creel.create(&specs)?;
        Ok(data::id(first))
    }

    /// Deletes with time to undo it, so that erasing does not run beside the next call.
    fn hide(&self, root: uuid::Uuid) -> Result<()> {
        let grace = Some(3_600_000);
        let options = DeleteOptions { wait: Wait::Committed, grace, ..DeleteOptions::default() };
        block_on(self.creel.store.delete(root.into(), options))?;
        Ok(())
    }

    /// Says the median and forgets the times.
    fn say(&self, case: &str, size: u64, times: &mut Vec<f64>) -> Result<()> {
        times.sort_by(f64::total_cmp);
        let value = times.get(times.len() / 2).copied().unwrap_or(0.0);
        times.clear();
        Line::Growth { case, contender: "creel", axis: self.axis, size, value, unit: "ms" }.emit()
    }
}
