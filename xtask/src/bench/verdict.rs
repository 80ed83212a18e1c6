//! Holds the targets against what was measured. Pure: facts and rows in, verdicts out.

use serde::Serialize;

use super::facts::{Case, Facts, Side, paired, pooled};
use super::recorded::Deviation;
use super::stats::{Estimate, median, ratio};
use super::targets::{Bound, Target};

/// The contender that the targets are about.
pub(crate) const CREEL: &str = "creel";
/// What reports call Creel when it answers as a server does.
const CREEL_SERVER: &str = "creel serve";

/// What became of one target in one case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Verdict {
    pub(crate) side: Side,
    pub(crate) workload: String,
    pub(crate) case: String,
    /// What is asked for, in words.
    pub(crate) asked: String,
    /// What was measured, in words.
    pub(crate) figure: String,
    pub(crate) outcome: Outcome,
    /// Whether it is about a count, and so fails the run when it is missed.
    pub(crate) count: bool,
}

/// Whether a target holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    Held,
    Missed,
    /// What it is compared with ran slower than it should, so the comparison says nothing.
    Void,
}

impl Outcome {
    /// Its name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Missed => "MISSED",
            Self::Void => "void",
        }
    }
}

/// A figure in the words of a report, and whether it is within the bound.
type Judged = (String, bool);

/// Judges every row in every case that has what it needs.
pub(crate) fn judge(facts: &Facts, targets: &[Target], slow: &[Deviation]) -> Vec<Verdict> {
    targets.iter().flat_map(|target| judge_one(facts, target, slow)).collect()
}

fn judge_one(facts: &Facts, target: &Target, slow: &[Deviation]) -> Vec<Verdict> {
    let asked = asked(target.bound);
    let verdict = |case: &str, (figure, holds): Judged, void: bool| Verdict {
        side: target.side,
        workload: target.workload.into(),
        case: case.into(),
        asked: asked.clone(),
        figure,
        outcome: match (void, holds) {
            (true, _) => Outcome::Void,
            (false, true) => Outcome::Held,
            (false, false) => Outcome::Missed,
        },
        count: target.bound.is_count(),
    };
    let matches = |side: Side, workload: &str, case: &str| {
        side == target.side && workload == target.workload && has_words(case, target.words)
    };
    match target.bound {
        Bound::Ratio { .. } | Bound::Own { .. } | Bound::Milliseconds { .. } => {
            let cases = facts.times.keys().filter(|it| matches(it.side, &it.workload, &it.case));
            let judged = cases.filter_map(|case| {
                let judged = judge_time(facts, case, target.bound)?;
                let void = slow.iter().any(|it| {
                    it.case == *case
                        && matches!(target.bound, Bound::Ratio { against, .. } if against == it.contender)
                });
                Some(verdict(&case.case, judged, void))
            });
            judged.collect()
        }
        Bound::Exactly { what, each } | Bound::AtMost { what, each } => {
            let counts = facts.counts.iter().filter(|(side, count)| {
                matches(*side, &count.workload, &count.case) && count.contender == CREEL
            });
            let judged = counts.filter_map(|(_, count)| {
                let measured = *count.counts.get(what)? as f64 / count.operations as f64;
                let exactly = matches!(target.bound, Bound::Exactly { .. });
                let holds = if exactly { measured == each } else { measured <= each };
                Some(verdict(&count.case, (format!("{measured}"), holds), false))
            });
            judged.collect()
        }
        Bound::Bytes { most } => {
            let memory = facts.memory.iter().filter(|(side, memory)| {
                let name = format!("{} {}", memory.what, memory.case);
                *side == target.side && has_words(&name, target.words) && memory.contender == CREEL
            });
            let judged = memory.map(|(_, memory)| {
                let figure = format!("{:.1} MB", memory.bytes as f64 / f64::from(1 << 20));
                verdict(&memory.case, (figure, memory.bytes <= most), false)
            });
            judged.collect()
        }
        Bound::Flat { axis, most } => flat(facts, target.side, axis)
            .into_iter()
            .map(|(case, times)| {
                verdict(
                    &format!("{case} by {axis}"),
                    (format!("{times:.2}x"), times <= most),
                    false,
                )
            })
            .collect(),
        Bound::Blocking { most } => {
            let blocking = facts
                .blocking
                .iter()
                .filter(|(side, it)| *side == target.side && it.contender == CREEL);
            let judged = blocking.map(|(_, it)| {
                verdict(&it.case, (format!("{:.1} ms", it.ms), it.ms <= most), false)
            });
            judged.collect()
        }
    }
}

/// Judges a time of Creel's in one case; nothing where it or the other was not measured.
fn judge_time(facts: &Facts, case: &Case, bound: Bound) -> Option<Judged> {
    let contenders = facts.times.get(case)?;
    match bound {
        Bound::Ratio { statistic, against, most } => {
            let ours = contenders.get(CREEL).or_else(|| contenders.get(CREEL_SERVER))?;
            let estimate = ratio(&paired(ours, contenders.get(against)?), statistic)?;
            Some((times_of(estimate), estimate.value <= most))
        }
        Bound::Own { statistic, against, most } => {
            let ours = contenders.get(CREEL)?;
            // Only what differs by the size alone is compared: the rest of the names is the same.
            let other = facts.times.iter().find(|(other, _)| {
                other.side == case.side
                    && other.workload == case.workload
                    && has_words(&other.case, against)
                    && tail(&other.case) == tail(&case.case)
            })?;
            let estimate = ratio(&paired(ours, other.1.get(CREEL)?), statistic)?;
            Some((times_of(estimate), estimate.value <= most))
        }
        Bound::Milliseconds { statistic, most } => {
            let rounds = contenders.get(CREEL)?;
            let each: Vec<_> = rounds.values().filter_map(|it| statistic.of(it)).collect();
            let estimate = median(&each).or_else(|| median(&pooled(rounds)))?;
            let Estimate { value, low, high } = estimate;
            Some((format!("{value:.4} ms [{low:.4}, {high:.4}]"), value <= most))
        }
        _ => None,
    }
}

/// What an operation costs on the largest store, as a multiple of what it does on the smallest.
fn flat(facts: &Facts, side: Side, axis: &str) -> Vec<(String, f64)> {
    let points: Vec<_> = facts
        .growth
        .iter()
        .filter(|(it, point)| *it == side && point.axis == axis && point.contender == CREEL)
        .map(|(_, point)| point)
        .collect();
    let mut cases: Vec<&str> = Vec::new();
    for point in &points {
        if !cases.contains(&point.case.as_str()) {
            cases.push(&point.case);
        }
    }
    let of = |case: &str| {
        let own = || points.iter().filter(|point| point.case == case);
        let smallest = own().min_by_key(|point| point.size)?;
        let largest = own().max_by_key(|point| point.size)?;
        let grew = largest.size > smallest.size && smallest.value > 0.0;
        grew.then(|| (case.to_owned(), largest.value / smallest.value))
    };
    cases.into_iter().filter_map(of).collect()
}

fn asked(bound: Bound) -> String {
    match bound {
        Bound::Ratio { statistic, against, most } => {
            format!("{} ≤ {most:.3}x {against}", statistic.name())
        }
        Bound::Own { statistic, against, most } => {
            format!("{} ≤ {most}x that of {}", statistic.name(), against.join(", "))
        }
        Bound::Milliseconds { statistic, most } => format!("{} ≤ {most} ms", statistic.name()),
        Bound::Exactly { what, each } => format!("{what} = {each}"),
        Bound::AtMost { what, each } => format!("{what} ≤ {each}"),
        Bound::Bytes { most } => format!("≤ {} MB", most >> 20),
        Bound::Flat { most, .. } => format!("largest ≤ {most}x smallest"),
        Bound::Blocking { most } => format!("main thread ≤ {most} ms"),
    }
}

fn times_of(Estimate { value, low, high }: Estimate) -> String {
    format!("{value:.3}x [{low:.3}, {high:.3}]")
}

fn has_words(name: &str, words: &[&str]) -> bool {
    let name = name.to_lowercase();
    // A number must not be found inside a longer one: 10,000 is no part of 110,000.
    words.iter().all(|word| {
        let word = word.to_lowercase();
        name.match_indices(&word).any(|(start, _)| {
            let before = name[..start].chars().next_back();
            !before.is_some_and(|before| before.is_ascii_digit() || before == ',')
        })
    })
}

/// What of a case's name follows the size of the store.
fn tail(case: &str) -> &str {
    case.split_once("threads").map_or("", |(_, tail)| tail)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::bench::line::{Count, Growth, Line, Sample};
    use crate::bench::stats::Statistic;
    use crate::bench::targets::TARGETS;

    const APPEND: &str = "append one item, strict, 600 B";

    fn sample(facts: &mut Facts, workload: &str, case: &str, contender: &str, rounds: &[&[f64]]) {
        for (round, values) in (1..).zip(rounds) {
            let (workload, case) = (workload.into(), case.into());
            let (contender, values) = (contender.into(), values.to_vec());
            let sample = Sample { workload, case, contender, round, unit: "ms".into(), values };
            facts.add(Side::Native, Line::Sample(sample));
        }
    }

    fn count(
        facts: &mut Facts,
        workload: &str,
        case: &str,
        operations: u64,
        counts: &[(&str, u64)],
    ) {
        let counts: BTreeMap<_, _> = counts.iter().map(|(what, n)| ((*what).into(), *n)).collect();
        let (workload, case, contender) = (workload.into(), case.into(), CREEL.into());
        facts.add(
            Side::Native,
            Line::Count(Count { workload, case, contender, operations, counts }),
        );
    }

    fn of(
        facts: &Facts,
        workload: &'static str,
        words: &'static [&'static str],
        bound: Bound,
    ) -> Vec<Outcome> {
        let target = Target { side: Side::Native, workload, words, bound };
        judge(facts, &[target], &[]).into_iter().map(|verdict| verdict.outcome).collect()
    }

    #[test]
    fn a_ratio_is_held_to_its_bound_and_missed_above() {
        let mut facts = Facts::default();
        sample(&mut facts, "W1", APPEND, CREEL, &[&[1.2], &[2.4], &[1.2]]);
        sample(&mut facts, "W1", APPEND, "JSONL", &[&[1.0], &[2.0], &[1.0]]);
        let most = |most| Bound::Ratio { statistic: Statistic::Mean, against: "JSONL", most };
        assert_eq!(of(&facts, "W1", &["append one"], most(1.25)), [Outcome::Held]);
        assert_eq!(of(&facts, "W1", &["append one"], most(1.15)), [Outcome::Missed]);
        assert_eq!(of(&facts, "W1", &["20 KB"], most(1.25)), []);
        assert_eq!(of(&facts, "W2", &[], most(1.25)), []);
    }

    #[test]
    fn a_comparison_with_a_contender_that_was_too_slow_is_void() {
        let mut facts = Facts::default();
        sample(&mut facts, "W1", APPEND, CREEL, &[&[1.0]]);
        sample(&mut facts, "W1", APPEND, "JSONL", &[&[1.0]]);
        let bound = Bound::Ratio { statistic: Statistic::P50, against: "JSONL", most: 1.25 };
        let target = Target { side: Side::Native, workload: "W1", words: &[], bound };
        let case = Case { side: Side::Native, workload: "W1".into(), case: APPEND.into() };
        let slow = |contender: &str| {
            [Deviation { case: case.clone(), contender: contender.into(), times: 1.5 }]
        };
        let outcome = |slow: &[Deviation]| judge(&facts, &[target], slow)[0].outcome;
        assert_eq!(outcome(&slow("JSONL")), Outcome::Void);
        assert_eq!(outcome(&slow("redb")), Outcome::Held);
    }

    #[test]
    fn a_count_is_one_for_each_operation_or_missed_and_fails_the_run() {
        for (transactions, outcome) in
            [(500, Outcome::Held), (501, Outcome::Missed), (499, Outcome::Missed)]
        {
            let mut facts = Facts::default();
            count(&mut facts, "W1", APPEND, 500, &[("transactions", transactions)]);
            let bound = Bound::Exactly { what: "transactions", each: 1.0 };
            let target = Target { side: Side::Native, workload: "W1", words: &[], bound };
            let verdicts = judge(&facts, &[target], &[]);
            assert_eq!((verdicts[0].outcome, verdicts[0].count), (outcome, true));
        }
    }

    #[test]
    fn few_transactions_are_allowed_where_a_bound_says_at_most() {
        let mut facts = Facts::default();
        count(&mut facts, "W1", "append 25 at once", 20, &[("transactions", 40)]);
        let at_most = |each| Bound::AtMost { what: "transactions", each };
        assert_eq!(of(&facts, "W1", &["append 25"], at_most(3.0)), [Outcome::Held]);
        assert_eq!(of(&facts, "W1", &["append 25"], at_most(1.0)), [Outcome::Missed]);
    }

    #[test]
    fn the_larger_store_is_compared_with_the_smaller_of_the_same_kind() {
        let mut facts = Facts::default();
        let (small, large) =
            ("open to the first list, 10,000 threads", "open to the first list, 100,000 threads");
        sample(&mut facts, "W7", small, CREEL, &[&[2.0]]);
        sample(&mut facts, "W7", large, CREEL, &[&[5.0]]);
        sample(&mut facts, "W7", &format!("{small}, 999 entries waiting"), CREEL, &[&[9.0]]);
        sample(&mut facts, "W7", &format!("{large}, 999 entries waiting"), CREEL, &[&[36.0]]);
        let bound = Bound::Own {
            statistic: Statistic::P50,
            against: &["open", "10,000 threads"],
            most: 3.0,
        };
        assert_eq!(of(&facts, "W7", &["100,000 threads"], bound), [Outcome::Held, Outcome::Missed]);
    }

    #[test]
    fn growth_compares_the_largest_store_with_the_smallest() {
        let mut facts = Facts::default();
        for (size, value) in [(1000, 0.5), (10_000, 4.0), (100_000, 0.6)] {
            let (case, contender) = ("append".into(), CREEL.into());
            let (axis, unit) = ("items".into(), "ms".into());
            let growth = Growth { case, contender, axis, size, value, unit };
            facts.add(Side::Native, Line::Growth(growth));
        }
        let flat = |most| Bound::Flat { axis: "items", most };
        assert_eq!(of(&facts, "", &[], flat(1.3)), [Outcome::Held]);
        assert_eq!(of(&facts, "", &[], flat(1.1)), [Outcome::Missed]);
        assert_eq!(of(&facts, "", &[], Bound::Flat { axis: "threads", most: 2.0 }), []);
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        assert_eq!(judge(&Facts::default(), TARGETS, &[]), []);
    }

    #[test]
    fn the_table_judges_the_counts_that_an_append_must_have() {
        let mut facts = Facts::default();
        let counts =
            [("transactions", 9), ("inserts", 9), ("checks", 18), ("reads", 1), ("fsyncs", 9)];
        count(&mut facts, "W1", APPEND, 9, &counts);
        let verdicts = judge(&facts, TARGETS, &[]);
        let missed: Vec<_> = verdicts
            .iter()
            .filter(|it| it.outcome == Outcome::Missed)
            .map(|it| it.asked.as_str())
            .collect();
        assert_eq!((verdicts.len(), missed), (5, vec!["reads = 0"]));
    }

    #[test]
    fn the_table_judges_the_counts_on_a_server_and_no_times_there() {
        let mut facts = Facts::default();
        let mut add = |side, counts: &[(&str, u64)]| {
            let counts = counts.iter().map(|(what, n)| ((*what).into(), *n)).collect();
            let (workload, case) = ("W1".into(), APPEND.into());
            let count = Count { workload, case, contender: CREEL.into(), operations: 50, counts };
            facts.add(side, Line::Count(count));
        };
        add(Side::Postgres, &[("roundTrips", 100), ("serverCommits", 100)]);
        add(Side::Postgres, &[("transactions", 50), ("reads", 0)]);
        let verdicts = judge(&facts, TARGETS, &[]);
        let of = |asked: &str| verdicts.iter().find(|it| it.asked == asked).unwrap().outcome;
        assert_eq!(verdicts.len(), 4);
        assert_eq!(of("roundTrips = 1"), Outcome::Missed);
        assert_eq!(of("serverCommits ≤ 3"), Outcome::Held);
        assert_eq!(of("transactions = 1"), Outcome::Held);
        assert!(TARGETS.iter().all(|it| it.side != Side::Postgres || it.bound.is_count()));
    }
}
