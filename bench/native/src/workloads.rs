//! The workloads W1 to W7: what one contender does in one round, and how long each call took.

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};
use fastrand::Rng;
use uuid::Uuid;

use crate::contenders::{Contender, Entrant};
use crate::data;

/// The bytes of an item unless a case says otherwise.
pub(crate) const SMALL: usize = 600;
/// The bytes of a large item.
pub(crate) const LARGE: usize = 20_000;

/// What a round works with.
pub(crate) struct Bed<'a> {
    pub(crate) store: &'a mut dyn Contender,
    /// Rounds of one store are numbered on, so that none meets the threads of another.
    pub(crate) round: u64,
    /// The threads of the store that are roots with little in them.
    pub(crate) short: u64,
    pub(crate) effort: Effort,
}

/// How many calls a round makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    Full,
    /// Fewer, where time is short or a call long.
    Quick,
    /// As few as tell anything.
    Least,
}

impl Effort {
    fn calls(self, full: usize, quick: usize) -> usize {
        match self {
            Self::Full => full,
            Self::Quick => quick,
            Self::Least => quick.div_ceil(4),
        }
    }
}

/// The times of a case in milliseconds.
pub(crate) type Times = Vec<(&'static str, Vec<f64>)>;

impl Bed<'_> {
    /// Lets the store do `work` and returns how long it took, in milliseconds.
    fn timed<T>(&mut self, work: impl FnOnce(&mut dyn Contender) -> Result<T>) -> Result<(f64, T)> {
        let (time, result) = timed(|| work(self.store))?;
        Ok((self.store.took().unwrap_or(time), result))
    }
}

/// Runs `work` and returns how long it took, in milliseconds.
pub(crate) fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(f64, T)> {
    let started = Instant::now();
    let result = work()?;
    Ok((started.elapsed().as_secs_f64() * 1000.0, result))
}

/// W1: appends one item a call, to ten threads in turn.
pub(crate) fn append_one(bed: &mut Bed<'_>, case: &'static str, size: usize) -> Result<Times> {
    let calls = bed.effort.calls(500, 200);
    let mut times = Vec::with_capacity(calls);
    for n in 0..calls {
        let thread = data::id(n as u64 % 10);
        let item = [data::item(bed.round, n, size)];
        times.push(bed.timed(|store| store.append(thread, &item))?.0);
    }
    Ok(vec![(case, times)])
}

/// W1: appends 25 items at once, to as many threads; times are those of one item.
pub(crate) fn append_at_once(bed: &mut Bed<'_>, case: &'static str) -> Result<Times> {
    let mut times = Vec::new();
    for call in 0..bed.effort.calls(20, 20) as u64 {
        let items: Vec<_> = (0..25)
            .map(|n| (data::id(n), data::item(call, usize::try_from(n).unwrap_or(0), SMALL)))
            .collect();
        times.push(bed.timed(|store| store.append_at_once(&items))?.0 / 25.0);
    }
    Ok(vec![(case, times)])
}

/// W2: appends 1,000 items in one call.
pub(crate) fn append_many(bed: &mut Bed<'_>, case: &'static str) -> Result<Times> {
    let mut times = Vec::new();
    for call in 0..3 {
        let items: Vec<_> = (0..1000).map(|n| data::item(bed.round, n, SMALL)).collect();
        let thread = data::id(20 + (bed.round * 3 + call) % (bed.short - 20));
        times.push(bed.timed(|store| store.append(thread, &items))?.0);
    }
    Ok(vec![(case, times)])
}

/// W3: loads 10,000 items as parsed objects.
pub(crate) fn load(bed: &mut Bed<'_>) -> Result<Times> {
    let (time, items) = bed.timed(|store| store.load(data::long().id))?;
    ensure!(items == data::LONG, "{items} items were loaded");
    Ok(vec![("load 10,000 items", vec![time])])
}

/// W4: lists the 50 threads that changed last, while they change.
pub(crate) fn list(bed: &mut Bed<'_>, case: &'static str) -> Result<Times> {
    let mut rng = Rng::with_seed(bed.round);
    let mut times = Vec::new();
    for n in 0..bed.effort.calls(200, 50) {
        let thread = data::id(rng.u64(..bed.short));
        bed.store.append(thread, &[data::item(bed.round, n, SMALL)])?;
        let (time, found) = bed.timed(|store| store.newest(50))?;
        ensure!(found == 50, "{found} threads were listed");
        times.push(time);
    }
    Ok(vec![(case, times)])
}

/// W4: lists 50 of a root's 200 children.
pub(crate) fn list_children(bed: &mut Bed<'_>) -> Result<Times> {
    let mut times = Vec::new();
    for _ in 0..bed.effort.calls(50, 20) {
        let (time, found) = bed.timed(|store| store.children(data::id(20_000), 50))?;
        ensure!(found == 50, "{found} children were listed");
        times.push(time);
    }
    Ok(vec![("list 50 by parent", times)])
}

/// The number of the root of the tree that a round archives and deletes.
pub(crate) fn tree(round: u64) -> u64 {
    1_000_000 + round * 2000
}

/// W6 and W5: archives a tree of 1,001 threads and 20,020 items, and deletes it when it is active again.
pub(crate) fn archive_and_delete(bed: &mut Bed<'_>) -> Result<Times> {
    let root: Uuid = data::id(tree(bed.round));
    let mut times = Vec::new();
    if bed.store.archives() {
        let (archived, threads) = bed.timed(|store| store.archive(root))?;
        ensure!(threads as u64 == data::TREE_DESCENDANTS + 1, "{threads} threads were archived");
        times.push(("archive a tree of 1,001", vec![archived]));
        bed.store.unarchive(root)?;
    }
    bed.store.settle()?;
    let started = Instant::now();
    let mut committed = f64::NAN;
    bed.store.delete(root, &mut || committed = started.elapsed().as_secs_f64() * 1000.0)?;
    let mut erased = started.elapsed().as_secs_f64() * 1000.0;
    if let Some(took) = bed.store.took() {
        (committed, erased) = (took, took);
    }
    times.push(("delete a tree of 1,001, committed", vec![committed]));
    times.push(("delete a tree of 1,001, erased", vec![erased]));
    Ok(times)
}

/// W7: opens a store and lists; opening the rest and closing are not measured.
pub(crate) fn open(entrant: Entrant, dir: &Path, case: &'static str) -> Result<Times> {
    let (time, first) = timed(|| (entrant.first)(dir, 50))?;
    ensure!(first.found == 50, "{} threads were listed", first.found);
    (first.finish)()?;
    Ok(vec![(case, vec![time])])
}
