//! `creel import codex`: reads a Codex home, file by file, into a store.

use std::fs::File;
use std::io::{self, Read};

use creel::import::{ImportReport, Importer};
use creel::storage::SqliteStorage;
use indicatif::{ProgressBar, ProgressStyle};

use super::home::Home;
use super::{databases, report, text};
use crate::args::Codex;
use crate::failure::Failure;
use crate::open::FileStore;
use crate::{open, output};

/// How much of a file is read at a time.
const PIECE: usize = 256 * 1024;

pub(super) async fn run(args: Codex) -> Result<(), Failure> {
    let home = Home::find(&args.home)?;
    let store = open::store(&args.common.store).await?;
    let imported = import(&home, store.clone()).await;
    store.close().await?;
    report::tell(&imported?, args.common.json)
}

/// Announces every file first, for the order, and then holds no more than a piece of one.
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
    if let Some(path) = &home.state_db {
        databases::state(path, &mut importer);
    }
    if let Some(path) = &home.goals_db {
        databases::goals(path, &mut importer);
    }
    for path in &home.rollouts {
        match text::beginning(path) {
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
        rollout(&mut importer, &path, &bar).await?;
    }
    bar.finish_and_clear();
    Ok(importer.finish().await?)
}

async fn rollout(
    importer: &mut Importer<SqliteStorage>,
    path: &str,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    if !importer.begin(path).await? {
        return Ok(());
    }
    let opened =
        text::check(path).and_then(|()| text::text(path, bar.wrap_read(File::open(path)?)));
    let mut text = match opened {
        Ok(text) => text,
        Err(error) => {
            importer.give_up(error);
            return Ok(());
        }
    };
    let mut piece = vec![0; PIECE];
    loop {
        match text.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => importer.feed(piece.get(..length).unwrap_or_default()).await?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if text::breaks_off(&error) => {
                importer.unreadable(path, "its compressed data breaks off; the rest is left out");
                break;
            }
            Err(error) => {
                importer.give_up(error);
                break;
            }
        }
        let progress = importer.progress();
        bar.set_message(format!(
            "{}/{} files, {}, {}",
            progress.files,
            progress.total_files,
            output::count(progress.threads, "thread"),
            output::count(progress.items, "item"),
        ));
    }
    importer.end().await?;
    Ok(())
}
