//! How often each operation ran, and how often each fault struck while it did.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::fault::FaultKind;
use super::op::Kind;

/// Counts of a run or of many.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Operations begun.
    pub operations: BTreeMap<Kind, u64>,
    /// Faults that struck an instance while the operation was under way in it.
    pub pairs: BTreeMap<(Kind, FaultKind), u64>,
    /// Steps of the scheduler.
    pub polls: u64,
    /// Commits applied.
    pub commits: u64,
    /// Deletions finished.
    pub erased: u64,
    /// Deletions undone.
    pub undone: u64,
    /// Deletions undone that had left children behind.
    pub undone_detached: u64,
    /// Deletions refused since their plan had changed.
    pub plans_changed: u64,
    /// Events that listeners heard.
    pub events: u64,
    /// Pending deletions finished on a copy by one fresh instance.
    pub finished_on_copies: u64,
}

impl Counts {
    /// Adds the counts of another run.
    pub fn add(&mut self, other: &Self) {
        for (kind, count) in &other.operations {
            *self.operations.entry(*kind).or_default() += count;
        }
        for (pair, count) in &other.pairs {
            *self.pairs.entry(*pair).or_default() += count;
        }
        self.polls += other.polls;
        self.commits += other.commits;
        self.erased += other.erased;
        self.undone += other.undone;
        self.undone_detached += other.undone_detached;
        self.plans_changed += other.plans_changed;
        self.events += other.events;
        self.finished_on_copies += other.finished_on_copies;
    }

    /// Returns how often a fault struck during an operation.
    pub fn pair(&self, kind: Kind, fault: FaultKind) -> u64 {
        self.pairs.get(&(kind, fault)).copied().unwrap_or(0)
    }

    /// Returns the table of all pairs.
    pub fn table(&self) -> String {
        let mut text = format!("{:12} {:>8}", "", "begun");
        for fault in FaultKind::ALL {
            let _ = write!(text, " {:>12}", format!("{fault:?}"));
        }
        for kind in Kind::ALL {
            let begun = self.operations.get(&kind).copied().unwrap_or(0);
            let _ = write!(text, "\n{:12} {begun:>8}", format!("{kind:?}"));
            for fault in FaultKind::ALL {
                let _ = write!(text, " {:>12}", self.pair(kind, fault));
            }
        }
        let _ = write!(
            text,
            "\n{} polls, {} commits, {} events, {} deletions erased, {} undone ({} with children \
             left behind), {} finished on copies, {} plans changed",
            self.polls,
            self.commits,
            self.events,
            self.erased,
            self.undone,
            self.undone_detached,
            self.finished_on_copies,
            self.plans_changed
        );
        text
    }
}
