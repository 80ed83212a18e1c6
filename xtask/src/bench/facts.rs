//! What a run has measured, ordered so that a case's rounds and contenders are found.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::line::{Blocking, Count, Growth, Line, Memory, Void};

/// Where the contenders run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Side {
    Native,
    Browser,
    Postgres,
}

impl Side {
    /// Every side, in the order of the reports.
    pub(crate) const ALL: [Self; 3] = [Self::Native, Self::Browser, Self::Postgres];

    /// Its name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Browser => "browser",
            Self::Postgres => "postgres",
        }
    }
}

/// One case of a workload.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(crate) struct Case {
    pub(crate) side: Side,
    pub(crate) workload: String,
    pub(crate) case: String,
}

/// The values of one contender in one case, by round.
pub(crate) type Rounds = BTreeMap<u64, Vec<f64>>;

/// Everything that was said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) times: BTreeMap<Case, BTreeMap<String, Rounds>>,
    pub(crate) counts: Vec<(Side, Count)>,
    pub(crate) memory: Vec<(Side, Memory)>,
    pub(crate) growth: Vec<(Side, Growth)>,
    pub(crate) blocking: Vec<(Side, Blocking)>,
    pub(crate) voids: Vec<(Side, Void)>,
    pub(crate) machine: BTreeMap<String, String>,
}

impl Facts {
    /// Takes a line in.
    pub(crate) fn add(&mut self, side: Side, line: Line) {
        match line {
            Line::Sample(sample) => {
                let case = Case { side, workload: sample.workload, case: sample.case };
                let rounds = self.times.entry(case).or_default().entry(sample.contender);
                rounds.or_default().entry(sample.round).or_default().extend(sample.values);
            }
            Line::Count(count) => self.counts.push((side, count)),
            Line::Memory(memory) => self.memory.push((side, memory)),
            Line::Growth(growth) => self.growth.push((side, growth)),
            Line::Blocking(blocking) => self.blocking.push((side, blocking)),
            Line::Void(void) => self.voids.push((side, void)),
            Line::Machine { what } => self.machine.extend(what),
        }
    }

    /// Every contender that was measured on a side, by name.
    pub(crate) fn contenders(&self, side: Side) -> BTreeSet<&str> {
        let cases = self.times.iter().filter(|(case, _)| case.side == side);
        cases.flat_map(|(_, contenders)| contenders.keys().map(String::as_str)).collect()
    }
}

/// All values of all rounds.
pub(crate) fn pooled(rounds: &Rounds) -> Vec<f64> {
    rounds.values().flatten().copied().collect()
}

/// The rounds that both have, ours first.
pub(crate) fn paired(ours: &Rounds, theirs: &Rounds) -> Vec<(Vec<f64>, Vec<f64>)> {
    let both =
        ours.iter().filter_map(|(round, ours)| Some((ours.clone(), theirs.get(round)?.clone())));
    both.collect()
}
