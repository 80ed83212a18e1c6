//! `creel import FILE`: brings back what `creel export` wrote, each tree whole or not at all.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use creel::import::{ImportIds, ImportReport, TreeImporter};
use creel::storage::SqliteStorage;
use indicatif::{ProgressBar, ProgressStyle};

use super::report;
use crate::failure::Failure;
use crate::open::FileStore;
use crate::{open, output};

/// How much is read at a time.
const PIECE: usize = 256 * 1024;

pub(super) async fn run(
    file: &Path,
    store: &Path,
    new_ids: bool,
    json: bool,
) -> Result<(), Failure> {
    let (mut input, bar) = input(file)?;
    let name = file.to_string_lossy();
    // A file of another kind makes no store.
    let header = header(&mut input).map_err(|error| unreadable(&name, &error))?;
    TreeImporter::<SqliteStorage>::check_header(&header)?;
    let input = Box::new(Cursor::new(header).chain(input));
    let store = open::store(store).await?;
    let ids = if new_ids { ImportIds::Renew } else { ImportIds::Keep };
    let imported = import(store.clone(), ids, &name, input, &bar).await;
    bar.finish_and_clear();
    store.close().await?;
    let imported = imported?;
    report::tell(&imported, json)?;
    if imported.problem_count > 0 { Err(Failure::LeftOut) } else { Ok(()) }
}

async fn import(
    store: FileStore,
    ids: ImportIds,
    name: &str,
    mut input: Box<dyn Read>,
    bar: &ProgressBar,
) -> Result<ImportReport, Failure> {
    let mut importer = TreeImporter::new(store, ids, name);
    let mut piece = vec![0; PIECE];
    loop {
        match input.read(&mut piece) {
            Ok(0) => return Ok(importer.finish().await?),
            Ok(length) => importer.feed(piece.get(..length).unwrap_or_default()).await?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(name, &error)),
        }
        let progress = importer.progress();
        bar.set_message(format!(
            "{}, {}",
            output::count(progress.threads, "thread"),
            output::count(progress.items, "item"),
        ));
    }
}

/// Reads the first line that is not blank.
fn header(input: &mut Box<dyn BufRead>) -> io::Result<Vec<u8>> {
    let mut header = Vec::new();
    while header.trim_ascii().is_empty()
        && header.len() < PIECE
        && input.by_ref().take(PIECE as u64).read_until(b'\n', &mut header)? > 0
    {}
    Ok(header)
}

fn unreadable(name: &str, error: &io::Error) -> Failure {
    Failure::other("input", format!("{name}: {error}"))
}

/// Opens the file, or stdin for `-`, and a bar that shows how much of it is read.
fn input(path: &Path) -> Result<(Box<dyn BufRead>, ProgressBar), Failure> {
    if path == Path::new("-") {
        let bar = styled(ProgressBar::no_length(), "{decimal_bytes}  {msg}");
        return Ok((Box::new(BufReader::new(bar.wrap_read(io::stdin()))), bar));
    }
    let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    let (length, file) = opened.map_err(|error| unreadable(&path.to_string_lossy(), &error))?;
    let template = "{bar:30} {decimal_bytes}/{decimal_total_bytes}  {msg}";
    let bar = styled(ProgressBar::new(length), template);
    Ok((Box::new(BufReader::new(bar.wrap_read(file))), bar))
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
