//! The reports of a run: lines for the terminal, Markdown for people, JSON for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::facts::{Case, Facts, Rounds, Side, paired, pooled};
use super::recorded::Deviation;
use super::stats::{Statistic, quantile, ratio};
use super::verdict::{CREEL, Outcome, Verdict};

/// A run as it is reported.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Report<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) verdicts: &'a [Verdict],
    pub(crate) slow: &'a [Deviation],
}

/// One contender's times in one case.
struct Row<'a> {
    contender: &'a str,
    p50: f64,
    p25: f64,
    p75: f64,
    mean: f64,
    p99: f64,
    /// Creel's time as a multiple of this one's, with its interval.
    creel: Option<(f64, f64, f64)>,
    rounds: usize,
}

impl Report<'_> {
    /// A line for each target and one that counts them.
    pub(crate) fn terminal(&self) -> String {
        let mut text = String::new();
        for deviation in self.slow {
            let _ = writeln!(text, "{}", slow_line(deviation));
        }
        for verdict in self.verdicts {
            let _ = writeln!(
                text,
                "{:6} {:7} {:2} {}: {} (asked: {})",
                verdict.outcome.name(),
                verdict.side.name(),
                verdict.workload,
                verdict.case,
                verdict.figure,
                verdict.asked
            );
        }
        let _ = writeln!(text, "{}", self.closing());
        text
    }

    fn closing(&self) -> String {
        let held = self.verdicts.iter().filter(|it| it.outcome == Outcome::Held).count();
        format!("{held} of {} targets hold", self.verdicts.len())
    }

    /// The whole report for people.
    pub(crate) fn markdown(&self) -> String {
        let mut text = String::from("# Creel measured beside others\n\n");
        for (name, value) in &self.facts.machine {
            let _ = writeln!(text, "- {name}: {value}");
        }
        text.push_str(
            "\nTimes are in milliseconds, over all rounds; contenders take turns, another one first in each round. \
             \"Creel is\" is the median over rounds of Creel's median divided by the other's, with its 95 % interval.\n",
        );
        let _ = writeln!(text, "\n## Targets: {}\n", self.closing());
        text.push_str("| | where | | case | asked | measured |\n|---|---|---|---|---|---|\n");
        for it in self.verdicts {
            let (outcome, side) = (it.outcome.name(), it.side.name());
            let Verdict { workload, case, asked, figure, .. } = it;
            let _ =
                writeln!(text, "| {outcome} | {side} | {workload} | {case} | {asked} | {figure} |");
        }
        for deviation in self.slow {
            let _ = writeln!(text, "\n{}", slow_line(deviation));
        }
        text.push_str("\n## Times\n");
        for case in self.facts.times.keys() {
            self.times_of(case, &mut text);
        }
        self.counts(&mut text);
        self.growth(&mut text);
        self.voids(&mut text);
        text
    }

    fn times_of(&self, case: &Case, text: &mut String) {
        let Case { side, workload, case: name } = case;
        let _ = writeln!(text, "\n### {workload}, {}: {name}\n", side.name());
        text.push_str("| | p50 | p25 to p75 | mean | p99 | Creel is | rounds |\n|---|---|---|---|---|---|---|\n");
        for row in self.rows(case) {
            let creel = row.creel.map_or_else(String::new, |(value, low, high)| {
                format!("{value:.2}x [{low:.2}, {high:.2}]")
            });
            let _ = writeln!(
                text,
                "| {} | {} | {} to {} | {} | {} | {creel} | {} |",
                row.contender,
                ms(row.p50),
                ms(row.p25),
                ms(row.p75),
                ms(row.mean),
                ms(row.p99),
                row.rounds
            );
        }
    }

    fn rows(&self, case: &Case) -> Vec<Row<'_>> {
        let Some(contenders) = self.facts.times.get(case) else { return Vec::new() };
        let creel = contenders.iter().find(|(name, _)| name.starts_with(CREEL));
        let row = |(contender, rounds): (&'_ String, &Rounds)| {
            let values = pooled(rounds);
            let other = creel.filter(|(name, _)| *name != contender);
            let ratio = other.and_then(|(_, ours)| ratio(&paired(ours, rounds), Statistic::P50));
            let (name, _) = contenders.get_key_value(contender)?;
            Some(Row {
                contender: name,
                p50: quantile(&values, 0.5)?,
                p25: quantile(&values, 0.25)?,
                p75: quantile(&values, 0.75)?,
                mean: Statistic::Mean.of(&values)?,
                p99: quantile(&values, 0.99)?,
                creel: ratio.map(|it| (it.value, it.low, it.high)),
                rounds: rounds.len(),
            })
        };
        contenders.iter().filter_map(row).collect()
    }

    fn counts(&self, text: &mut String) {
        text.push_str("\n## What an operation costs, whatever the machine\n\n");
        text.push_str("| where | | case | contender | each |\n|---|---|---|---|---|\n");
        for (side, it) in &self.facts.counts {
            let each = |(what, count): (&String, &u64)| {
                let each = *count as f64 / it.operations as f64;
                (*count > 0).then(|| format!("{what} {}", (each * 1000.0).round() / 1000.0))
            };
            let each: Vec<_> = it.counts.iter().filter_map(each).collect();
            let each = if each.is_empty() { "nothing".into() } else { each.join(", ") };
            let (side, workload, case, contender) =
                (side.name(), &it.workload, &it.case, &it.contender);
            let _ = writeln!(text, "| {side} | {workload} | {case} | {contender} | {each} |");
        }
        for (side, it) in &self.facts.memory {
            let megabytes = it.bytes as f64 / f64::from(1 << 20);
            let (side, what, case, contender) = (side.name(), &it.what, &it.case, &it.contender);
            let _ = writeln!(
                text,
                "| {side} | memory | {case} | {contender} | {what} {megabytes:.1} MB |"
            );
        }
        for (side, it) in &self.facts.blocking {
            let (side, case, contender, ms) = (side.name(), &it.case, &it.contender, it.ms);
            let _ = writeln!(text, "| {side} | blocking | {case} | {contender} | {ms:.1} ms |");
        }
    }

    fn growth(&self, text: &mut String) {
        if self.facts.growth.is_empty() {
            return;
        }
        text.push_str("\n## Growth\n\n| | by | size | |\n|---|---|---|---|\n");
        for (_, it) in &self.facts.growth {
            let value = if it.unit == "ms" { ms(it.value) } else { format!("{:.0}", it.value) };
            let _ =
                writeln!(text, "| {} | {} | {} | {value} {} |", it.case, it.axis, it.size, it.unit);
        }
    }

    fn voids(&self, text: &mut String) {
        if self.facts.voids.is_empty() {
            return;
        }
        text.push_str("\n## Not measured\n\n");
        for (side, it) in &self.facts.voids {
            let case = if it.case.is_empty() { "all of it" } else { &it.case };
            let (side, workload, contender, reason) =
                (side.name(), &it.workload, &it.contender, &it.reason);
            let _ = writeln!(text, "- {side} {workload} {case}, {contender}: {reason}");
        }
    }

    /// The whole report for programs.
    pub(crate) fn json(&self) -> Value {
        let case = |case: &Case| {
            let rows: Vec<_> = self.rows(case).into_iter().map(Row::json).collect();
            let Case { side, workload, case } = case;
            json!({"side": side, "workload": workload, "case": case, "contenders": rows})
        };
        let sided = |side: &Side, it: Value| {
            let mut it = it;
            it["side"] = json!(side);
            it
        };
        let facts = self.facts;
        json!({
            "machine": facts.machine,
            "summary": self.closing(),
            "targets": self.verdicts,
            "slow": self.slow,
            "times": facts.times.keys().map(case).collect::<Vec<_>>(),
            "counts": facts.counts.iter().map(|(side, it)| sided(side, json!(it))).collect::<Vec<_>>(),
            "memory": facts.memory.iter().map(|(side, it)| sided(side, json!(it))).collect::<Vec<_>>(),
            "growth": facts.growth.iter().map(|(side, it)| sided(side, json!(it))).collect::<Vec<_>>(),
            "blocking": facts.blocking.iter().map(|(side, it)| sided(side, json!(it))).collect::<Vec<_>>(),
            "void": facts.voids.iter().map(|(side, it)| sided(side, json!(it))).collect::<Vec<_>>(),
        })
    }
}

impl Row<'_> {
    fn json(self) -> Value {
        let Self { contender, p50, p25, p75, mean, p99, creel, rounds } = self;
        json!({
            "contender": contender, "rounds": rounds,
            "ms": {"p50": p50, "p25": p25, "p75": p75, "mean": mean, "p99": p99},
            "creelIs": creel.map(|(value, low, high)| json!({"times": value, "low": low, "high": high})),
        })
    }
}

fn slow_line(deviation: &Deviation) -> String {
    let Deviation { case: Case { workload, case, .. }, contender, times } = deviation;
    format!(
        "void: {contender} ran {times:.1}x slower than recorded against the others in {workload}, {case}"
    )
}

/// Milliseconds with three digits that mean something.
fn ms(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value if value >= 1.0 => format!("{value:.2}"),
        value if value >= 0.01 => format!("{value:.3}"),
        value => format!("{value:.5}"),
    }
}
