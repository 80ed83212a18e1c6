//! What the contenders took when they were first compared, and the rule that voids a comparison with one that
//! runs 1.3x slower than it did then.
//!
//! Milliseconds differ between machines; how contenders stand to each other does so less. So a contender's
//! time is divided by those of the others in the same case, then and now.

use serde::Serialize;

use super::facts::{Case, Facts, Side, pooled};
use super::stats::{Statistic, geometric_mean};

/// A contender is void when it is this much slower than recorded.
const SLOWER: f64 = 1.3;

/// One case: the words of its name, the statistic, and each contender's milliseconds.
struct Recorded {
    side: Side,
    workload: &'static str,
    words: &'static [&'static str],
    statistic: Statistic,
    times: &'static [(&'static str, f64)],
}

const fn native(
    workload: &'static str,
    words: &'static [&'static str],
    statistic: Statistic,
    times: &'static [(&'static str, f64)],
) -> Recorded {
    Recorded { side: Side::Native, workload, words, statistic, times }
}

const TABLE: &[Recorded] = &[
    native(
        "W1",
        &["append one", "strict", "600 B"],
        Statistic::Mean,
        &[("JSONL", 0.096), ("rusqlite", 0.113), ("redb", 0.279)],
    ),
    native(
        "W2",
        &["relaxed"],
        Statistic::P50,
        &[("JSONL", 0.94), ("rusqlite", 4.0), ("redb", 3.1)],
    ),
    native("W2", &["strict"], Statistic::P50, &[("JSONL", 1.45), ("rusqlite", 4.1), ("redb", 5.8)]),
    native("W3", &[], Statistic::P50, &[("JSONL", 34.6), ("rusqlite", 29.4), ("redb", 30.5)]),
    native(
        "W5",
        &["erased"],
        Statistic::P50,
        &[("JSONL", 14.1), ("rusqlite", 105.0), ("redb", 105.0)],
    ),
    native(
        "W6",
        &["archive"],
        Statistic::P50,
        &[("JSONL", 4.7), ("rusqlite", 12.6), ("redb", 37.0)],
    ),
];

/// A contender that ran slower, against the others, than it was recorded to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Deviation {
    #[serde(flatten)]
    pub(crate) case: Case,
    pub(crate) contender: String,
    /// How many times slower.
    pub(crate) times: f64,
}

/// Finds the contenders that were too slow.
pub(crate) fn deviations(facts: &Facts) -> Vec<Deviation> {
    facts
        .times
        .keys()
        .flat_map(|case| of_case(facts, case))
        .filter(|it| it.times > SLOWER)
        .collect()
}

fn of_case(facts: &Facts, case: &Case) -> Vec<Deviation> {
    let name = case.case.to_lowercase();
    let Some(recorded) = TABLE.iter().find(|it| {
        it.side == case.side
            && it.workload == case.workload
            && it.words.iter().all(|word| name.contains(&word.to_lowercase()))
    }) else {
        return Vec::new();
    };
    // A contender that was left out of this run is left out of the recorded ratios, too.
    let both: Vec<(&str, f64, f64)> = recorded
        .times
        .iter()
        .filter_map(|(contender, then)| {
            let rounds = facts.times.get(case)?.get(*contender)?;
            Some((*contender, *then, recorded.statistic.of(&pooled(rounds))?))
        })
        .collect();
    let slower = |index: usize| {
        let (_, then, now) = both.get(index)?;
        let others = || both.iter().enumerate().filter(move |(other, _)| *other != index);
        let others_then = geometric_mean(&others().map(|(_, it)| it.1).collect::<Vec<_>>())?;
        let others_now = geometric_mean(&others().map(|(_, it)| it.2).collect::<Vec<_>>())?;
        Some((now / others_now) / (then / others_then))
    };
    let deviation = |index: usize| {
        let (contender, ..) = both.get(index)?;
        let (case, contender) = (case.clone(), (*contender).to_owned());
        Some(Deviation { case, contender, times: slower(index)? })
    };
    (0..both.len()).filter_map(deviation).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::line::{Line, Sample};

    fn measured(times: &[(&str, f64)]) -> Vec<Deviation> {
        let mut facts = Facts::default();
        for (contender, value) in times {
            let (workload, case) = ("W3".into(), "load 10,000 items".into());
            let (contender, values) = ((*contender).into(), vec![*value]);
            let sample = Sample { workload, case, contender, round: 1, unit: "ms".into(), values };
            facts.add(Side::Native, Line::Sample(sample));
        }
        deviations(&facts)
    }

    #[test]
    fn a_machine_that_is_slower_for_all_voids_nothing() {
        assert_eq!(measured(&[("JSONL", 346.0), ("rusqlite", 294.0), ("redb", 305.0)]), []);
    }

    #[test]
    fn a_contender_that_is_slower_than_the_others_is_void() {
        let found = measured(&[("JSONL", 34.6), ("rusqlite", 60.0), ("redb", 30.5)]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].contender, "rusqlite");
        assert!((found[0].times - 60.0 / 29.4).abs() < 0.01);
    }

    #[test]
    fn nothing_is_said_of_a_contender_that_ran_alone() {
        assert_eq!(measured(&[("redb", 900.0)]), []);
    }
}
