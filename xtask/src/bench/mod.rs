//! `cargo xtask bench`: measures Creel beside other stores, holds the targets against it, and reports.
//!
//! `line.rs` has the interface of the programs that measure, `targets.rs` the targets, `recorded.rs` what
//! contenders took before; the rest is what becomes of their lines.

mod facts;
mod line;
mod plot;
mod programs;
mod recorded;
mod report;
mod stats;
mod targets;
mod verdict;

use std::path::PathBuf;

use anyhow::{Result, ensure};

use self::facts::{Facts, Side};
use self::report::Report;
use self::verdict::Outcome;
use crate::workspace::Workspace;

/// What `cargo xtask bench` takes; without `--native`, `--browser` or `--postgres`, the first two are measured.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Measures the native contenders.
    #[arg(long)]
    native: bool,
    /// Measures the contenders in Chromium.
    #[arg(long)]
    browser: bool,
    /// Measures the contenders on a PostgreSQL server, which is started for it.
    #[arg(long)]
    postgres: bool,
    /// Measures less, within 50 seconds once everything is built.
    #[arg(long)]
    quick: bool,
    /// Measures how costs grow with the store, natively, instead of the workloads.
    #[arg(long)]
    growth: bool,
    /// Appends for so many minutes, natively, instead of the workloads.
    #[arg(long, value_name = "MINUTES")]
    endurance: Option<u64>,
    /// Where the reports go; `target/bench` unless given.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Measures, writes the reports and prints a line for each target.
///
/// # Errors
/// When a program that measures can't be built or fails, and when a count does not hold. Times never fail.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let mut facts = Facts::default();
    let both = !args.native && !args.browser && !args.postgres;
    if args.growth || args.endurance.is_some() {
        programs::long_runs(workspace, args.growth, args.endurance, &mut facts)?;
    } else {
        if args.native || both {
            programs::native(workspace, args.quick, &mut facts)?;
        }
        if args.browser || both {
            programs::browser(workspace, args.quick, &mut facts)?;
        }
        if args.postgres {
            programs::postgres(workspace, args.quick, &mut facts)?;
        }
    }
    let slow = recorded::deviations(&facts);
    let verdicts = verdict::judge(&facts, targets::TARGETS, &slow);
    let report = Report { facts: &facts, verdicts: &verdicts, slow: &slow };
    let out = args.out.clone().unwrap_or_else(|| workspace.target.join("bench"));
    write(&out, &report)?;
    println!("{}", out.join("report.md").display());
    print!("{}", report.terminal());
    let missed = verdicts.iter().filter(|it| it.count && it.outcome == Outcome::Missed).count();
    ensure!(missed == 0, "{missed} counts do not hold");
    Ok(())
}

fn write(out: &std::path::Path, report: &Report<'_>) -> Result<()> {
    std::fs::create_dir_all(out)?;
    std::fs::write(out.join("report.md"), report.markdown())?;
    std::fs::write(out.join("report.json"), serde_json::to_string_pretty(&report.json())?)?;
    for side in Side::ALL {
        if let Some(svg) = plot::times(report.facts, side)? {
            std::fs::write(out.join(format!("{}.svg", side.name())), svg)?;
        }
    }
    for axis in ["items", "threads", "minutes"] {
        if let Some(svg) = plot::growth(report.facts, axis)? {
            std::fs::write(out.join(format!("growth-{axis}.svg")), svg)?;
        }
    }
    Ok(())
}
