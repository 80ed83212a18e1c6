//! What a program that measures says on standard output: one JSON object a line, as
//! `xtask/src/bench/line.rs` reads them. Everything for people goes to standard error.

use std::collections::BTreeMap;
use std::io::Write as _;

use anyhow::Result;
use serde::Serialize;

/// One measured fact.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Line<'a> {
    /// Times of one round, in milliseconds, one for each call.
    Sample {
        workload: &'a str,
        case: &'a str,
        contender: &'a str,
        round: usize,
        unit: &'a str,
        values: &'a [f64],
    },
    /// What `operations` operations cost together, whatever the machine.
    Count {
        workload: &'a str,
        case: &'a str,
        contender: &'a str,
        operations: u64,
        counts: BTreeMap<&'a str, u64>,
    },
    /// Memory that a process needed at its height.
    Memory { workload: &'a str, case: &'a str, contender: &'a str, bytes: u64, what: &'a str },
    /// What an operation costs at one size of what `axis` counts.
    Growth {
        case: &'a str,
        contender: &'a str,
        axis: &'a str,
        size: u64,
        value: f64,
        unit: &'a str,
    },
    /// The machine, and the versions of what ran on it.
    Machine { what: BTreeMap<&'a str, String> },
    /// A contender that could not be had, or not be run.
    Void { workload: &'a str, case: &'a str, contender: &'a str, reason: String },
}

impl Line<'_> {
    /// Says it.
    ///
    /// # Errors
    /// When nobody reads standard output any more.
    pub(crate) fn emit(&self) -> Result<()> {
        let mut out = std::io::stdout().lock();
        serde_json::to_writer(&mut out, self)?;
        out.write_all(b"\n")?;
        out.flush()?;
        Ok(())
    }
}
