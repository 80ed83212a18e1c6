//! `creel import codex`: reads a Codex home, file by file, into a store.

mod home;
mod state_db;

use creel::import::{ImportReport, Importer};
use indicatif::{DecimalBytes, ProgressBar, ProgressStyle};

use crate::args::Codex;
use crate::failure::Failure;
use crate::open::FileStore;
use crate::{open, output};
use home::Home;

pub(crate) async fn run(args: Codex) -> Result<(), Failure> {
    let home = Home::find(&args.home)?;
    let store = open::store(&args.common.store).await?;
    let report = import(&home, store.clone()).await;
    store.close().await?;
    let report = report?;
    for bad in &report.bad_lines {
        eprintln!("bad line: {}:{}: {}", bad.file, bad.line, output::one_line(&bad.reason));
    }
    for problem in &report.problems {
        eprintln!("left out: {}: {}", problem.file, output::one_line(&problem.reason));
    }
    if args.common.json { output::json(&report) } else { print(&report) }
}

/// Announces every file first, for the order, and then holds one file at a time.
async fn import(home: &Home, store: FileStore) -> Result<ImportReport, Failure> {
    let mut importer = Importer::new(store);
    for (path, reason) in &home.unreadable {
        importer.unreadable(path, reason);
    }
    if let Some(index) = &home.index {
        match std::fs::read(index) {
            Ok(text) => importer.index(&index.to_string_lossy(), &text),
            Err(error) => importer.unreadable(&index.to_string_lossy(), error),
        }
    }
    if let Some(database) = &home.state_db {
        match state_db::spawn_edges(database) {
            Ok(edges) => importer.edges(edges),
            Err(reason) => importer.unreadable(&database.to_string_lossy(), reason),
        }
    }
    for path in &home.rollouts {
        match home::beginning(path) {
            Ok((size, text)) => importer.announce(path, size, &text),
            Err(error) => importer.unreadable(path, error),
        }
    }
    let order = importer.order();
    let bar = ProgressBar::new(importer.progress().total_bytes);
    let template = "{bar:30} {decimal_bytes}/{decimal_total_bytes}  {msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    for path in order {
        match std::fs::read(&path) {
            Ok(text) => {
                let progress = importer.rollout(&path, &text).await?;
                bar.set_position(progress.bytes);
                bar.set_message(format!(
                    "{}/{} files, {}, {}",
                    progress.files,
                    progress.total_files,
                    output::count(progress.threads, "thread"),
                    output::count(progress.items, "item"),
                ));
            }
            Err(error) => importer.unreadable(&path, error),
        }
    }
    bar.finish_and_clear();
    Ok(importer.finish().await?)
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
    if !report.problems.is_empty() {
        println!("  {} left out", output::count(report.problems.len() as u64, "file"));
    }
    Ok(())
}
