//! What an import says at its end, for people and for scripts.

use creel::import::ImportReport;
use indicatif::DecimalBytes;

use crate::failure::Failure;
use crate::output;

/// Names on stderr what was left out, and prints what was done.
pub(super) fn tell(report: &ImportReport, json: bool) -> Result<(), Failure> {
    for bad in &report.bad_lines {
        eprintln!("bad line: {}:{}: {}", bad.file, bad.line, output::one_line(&bad.reason));
    }
    for problem in &report.problems {
        eprintln!("left out: {}: {}", problem.file, output::one_line(&problem.reason));
    }
    for note in &report.notes {
        eprintln!("note: {}: {}", note.file, output::one_line(&note.reason));
    }
    if json { output::json(report) } else { print(report) }
}

fn print(report: &ImportReport) -> Result<(), Failure> {
    let threads = output::count(report.threads, "thread");
    let items = output::count(report.items, "item");
    let files = output::count(report.files, "file");
    let size = DecimalBytes(report.bytes);
    println!("Imported {threads} and {items} from {files} ({size}).");
    let deleted = report.deleted.len() as u64;
    let missing = report.missing_parents.len() as u64;
    let circles = report.circles.len() as u64;
    let lines = [
        (report.grown, "had grown"),
        (report.linked, "put under their parents, which were missing before"),
        (report.skipped, "skipped: nothing new"),
        (deleted, "skipped as deleted"),
        (report.archived, "archived"),
        (missing, "imported as roots: their parents are missing"),
        (circles, "imported as roots: they would be their own ancestors"),
        (report.problem_count, "left out, wholly or in part"),
    ];
    for (number, what) in lines {
        if number > 0 {
            println!("  {number} {what}");
        }
    }
    let bad = output::count(report.bad_line_count, "bad line");
    if report.bad_line_count > 0 {
        println!("  {bad} left out");
    }
    Ok(())
}
