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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::facts::Facts;
    use crate::bench::line::Line;
    use crate::bench::{plot, targets, verdict};

    const LINES: &str = r#"
{"kind":"machine","what":{"cpu":"a CPU, 2 cores"}}
{"kind":"sample","workload":"W1","case":"append one item, strict, 600 B","contender":"creel","round":1,"unit":"ms","values":[0.11,0.12]}
{"kind":"sample","workload":"W1","case":"append one item, strict, 600 B","contender":"creel","round":2,"unit":"ms","values":[0.22,0.24]}
{"kind":"sample","workload":"W1","case":"append one item, strict, 600 B","contender":"JSONL","round":1,"unit":"ms","values":[0.1]}
{"kind":"sample","workload":"W1","case":"append one item, strict, 600 B","contender":"JSONL","round":2,"unit":"ms","values":[0.2]}
{"kind":"count","workload":"W1","case":"append one item, strict, 600 B","contender":"creel","operations":50,"counts":{"fsyncs":51}}
{"kind":"memory","workload":"memory","case":"open","contender":"redb","bytes":1048576,"what":"peak RSS"}
{"kind":"growth","case":"append","contender":"creel","axis":"items","size":1000,"value":0.1,"unit":"ms"}
{"kind":"growth","case":"append","contender":"creel","axis":"items","size":10000,"value":0.1,"unit":"ms"}
{"kind":"void","workload":"W5","case":"","contender":"Codex app-server","reason":"npm is not there"}"#;

    fn facts() -> Facts {
        let mut facts = Facts::default();
        for line in LINES.trim().lines() {
            let line: Line = serde_json::from_str(line).unwrap();
            facts.add(Side::Native, line);
        }
        facts
    }

    #[test]
    fn a_report_has_every_figure_and_counts_the_targets_that_hold() {
        let facts = facts();
        let verdicts = verdict::judge(&facts, targets::TARGETS, &[]);
        let report = Report { facts: &facts, verdicts: &verdicts, slow: &[] };
        let text = report.markdown();
        for part in [
            "- cpu: a CPU, 2 cores",
            "| MISSED | native | W1 | append one item, strict, 600 B | fsyncs = 1 | 1.02 |",
            "| JSONL | 0.150 | 0.125 to 0.175 | 0.150 | 0.199 | 1.15x [1.15, 1.15] | 2 |",
            "| native | memory | open | redb | peak RSS 1.0 MB |",
            "| append | items | 10000 | 0.100 ms |",
            "- native W5 all of it, Codex app-server: npm is not there",
        ] {
            assert!(text.contains(part), "no {part} in\n{text}");
        }
        let said = report.terminal();
        assert_eq!(said.lines().last(), Some("2 of 3 targets hold"), "{said}");
        assert_eq!(report.json()["summary"], "2 of 3 targets hold");
        assert_eq!(report.json()["times"][0]["contenders"][0]["creelIs"]["times"], 1.15);
    }

    #[test]
    fn the_plots_name_every_contender_and_operation() {
        let facts = facts();
        let times = plot::times(&facts, Side::Native).unwrap().unwrap();
        assert!(
            ["creel", "JSONL", "append one item, strict, 600 B"]
                .iter()
                .all(|it| times.contains(it)),
            "{times}"
        );
        assert!(plot::growth(&facts, "items").unwrap().unwrap().contains("append"));
        assert_eq!(plot::times(&facts, Side::Browser).unwrap(), None);
        assert_eq!(plot::growth(&facts, "threads").unwrap(), None);
    }
}
