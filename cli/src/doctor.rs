//! `creel doctor`: checks a store, and mends it if asked.

use creel::SystemEnv;
use creel::doctor::{Finding, Report, Severity, check, repair};
use creel::storage::Storage;
use serde::Serialize;

use crate::args::Doctor;
use crate::failure::Failure;
use crate::{open, output};

/// What a repair found, and what a check after it still finds.
#[derive(Debug, Serialize)]
struct Repaired<'a> {
    found: &'a Report,
    left: &'a Report,
}

pub(crate) async fn run(args: Doctor) -> Result<(), Failure> {
    let storage = open::storage(&args.common.store).await?;
    let env = SystemEnv::new();
    let found =
        if args.repair { repair(&storage, &env).await? } else { check(&storage, &env).await? };
    let left = if args.repair { check(&storage, &env).await? } else { found.clone() };
    storage.close().await.map_err(creel::Error::from)?;
    match (args.common.json, args.repair) {
        (true, true) => output::json(&Repaired { found: &found, left: &left })?,
        (true, false) => output::json(&found)?,
        (false, _) => print(&args, &found, &left),
    }
    if left.is_clean() { Ok(()) } else { Err(Failure::Findings) }
}

fn print(args: &Doctor, found: &Report, left: &Report) {
    for finding in &found.findings {
        println!("{}", line(finding));
    }
    if !found.is_clean() {
        println!();
    }
    let read = format!(
        "{}, {}, {} in {}",
        output::count(left.threads, "thread"),
        output::count(left.items, "item"),
        output::size(left.bytes),
        output::count(left.records_read, "record"),
    );
    let findings = output::count(found.findings.len() as u64, "finding");
    match (found.is_clean(), args.repair, left.is_clean()) {
        (true, ..) => println!("The store is sound: {read}."),
        (false, false, _) => {
            println!("{findings}; `creel doctor --repair` mends what can be mended. {read}.");
        }
        (false, true, true) => println!("{findings}, all mended. {read}."),
        (false, true, false) => {
            for finding in &left.findings {
                println!("{}", line(finding));
            }
            let left = output::count(left.findings.len() as u64, "finding");
            println!("{findings}, {left} left. {read}.");
        }
    }
    if left.quarantined > 0 {
        let held = output::count(left.quarantined, "record");
        println!("{held} in quarantine, under quarantine/ in the catalog table.");
    }
}

/// A finding on one line, its parts two spaces apart.
fn line(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let thread = finding.thread_id.map(|id| id.to_string());
    let place = finding.key.clone().or(thread).unwrap_or_default();
    let message = output::one_line(&finding.message);
    format!("{severity:<7}  {}  {place}  {message}", finding.code.as_str())
}
