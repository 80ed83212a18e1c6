//! What the contenders took when they were first compared, and the rule that voids a comparison with one that
//! runs 1.3x slower than it did then.
//!
//! Milliseconds differ between machines; how contenders stand to each other does so less. So a contender's
//! time is divided by those of the others in the same case, then and now.

use serde::Serialize;

use super::facts::{Case, Facts, Side, pooled};
use super::stats::Statistic::{self, Mean, P50};
use super::stats::geometric_mean;

/// A contender is void when it is this much slower than recorded.
const SLOWER: f64 = 1.3;

/// One case: the words of its name, the statistic, and the contenders with their milliseconds.
struct Recorded {
    side: Side,
    workload: &'static str,
    words: &'static [&'static str],
    statistic: Statistic,
    contenders: &'static [&'static str],
    times: &'static [f64],
}

const fn native(
    workload: &'static str,
    words: &'static [&'static str],
    statistic: Statistic,
    times: &'static [f64],
) -> Recorded {
    let contenders = &["JSONL", "rusqlite", "redb"];
    Recorded { side: Side::Native, workload, words, statistic, contenders, times }
}

const fn browser(
    workload: &'static str,
    words: &'static [&'static str],
    statistic: Statistic,
    times: &'static [f64],
) -> Recorded {
    let contenders = &["raw", "idb", "Dexie", "sqlite-wasm"];
    Recorded { side: Side::Browser, workload, words, statistic, contenders, times }
}

const fn postgres(
    workload: &'static str,
    words: &'static [&'static str],
    times: &'static [f64],
) -> Recorded {
    let contenders = &["tables by hand", "LangGraph"];
    Recorded { side: Side::Postgres, workload, words, statistic: P50, contenders, times }
}

const TABLE: &[Recorded] = &[
    native("W1", &["append one", "strict", "600 B"], Mean, &[0.096, 0.113, 0.279]),
    native("W2", &["relaxed"], P50, &[0.94, 4.0, 3.1]),
    native("W2", &["strict"], P50, &[1.45, 4.1, 5.8]),
    native("W3", &[], P50, &[34.6, 29.4, 30.5]),
    native("W5", &["erased"], P50, &[14.1, 105.0, 105.0]),
    native("W6", &["archive"], P50, &[4.7, 12.6, 37.0]),
    browser("W1", &["append one", "relaxed", "600 B", "leveldb"], Mean, &[2.55, 3.04, 4.51, 0.63]),
    browser("W1", &["append one", "relaxed", "600 B", "sqlite"], Mean, &[1.44, 2.45, 3.01, 0.52]),
    browser("W1", &["append one", "strict", "600 B", "leveldb"], Mean, &[2.53, 2.15, 4.86, 1.05]),
    browser("W1", &["append one", "strict", "600 B", "sqlite"], Mean, &[1.34, 2.44, 3.02, 0.79]),
    browser("W2", &["600 B", "leveldb"], P50, &[13.6, 104.0, 153.0, 38.8]),
    browser("W2", &["600 B", "sqlite"], P50, &[11.3, 72.0, 73.0, 21.0]),
    browser("W3", &["10,000 items", "leveldb"], P50, &[139.0, 173.0, 261.0, 99.5]),
    browser("W3", &["10,000 items", "sqlite"], P50, &[103.0, 215.0, 220.0, 57.0]),
    browser("W5", &["erased", "leveldb"], P50, &[655.0, 1001.0, 1590.0, 270.0]),
    browser("W5", &["erased", "sqlite"], P50, &[338.0, 435.0, 933.0, 237.0]),
    browser("W6", &["archive", "leveldb"], P50, &[193.0, 289.0, 399.0, 23.7]),
    browser("W6", &["archive", "sqlite"], P50, &[190.0, 293.0, 346.0, 8.3]),
    browser("W7", &["open", "10,000 threads", "leveldb"], P50, &[257.0, 321.0, 369.0, 475.0]),
    browser("W7", &["open", "10,000 threads", "sqlite"], P50, &[110.0, 136.0, 189.0, 389.0]),
    // Not W1: what LangGraph takes there grows with every round.
    postgres("W2", &["relaxed"], &[13.4, 54.1]),
    postgres("W2", &["strict"], &[16.4, 89.8]),
    postgres("W3", &[], &[113.0, 1887.0]),
    postgres("W5", &["erased"], &[100.0, 1039.0]),
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
        .contenders
        .iter()
        .zip(recorded.times)
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
