//! `creel export`: writes trees of threads as lines of JSON, to a file or to stdout.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use creel::export::{ExportProgress, Exporter};
use creel::storage::SqliteStorage;
use indicatif::{ProgressBar, ProgressStyle};
use tempfile::NamedTempFile;

use crate::args::Export;
use crate::failure::Failure;
use crate::{open, output};

/// What `TREE` is for every tree of the store.
const ALL: &str = "all";

pub(crate) async fn run(args: Export) -> Result<(), Failure> {
    let id = if args.tree == ALL { None } else { Some(open::id(&args.tree)?) };
    let store = open::existing(&args.common.store).await?;
    let exporter = match id {
        Some(id) => Exporter::tree(store.clone(), id).await?,
        None => Exporter::all(store.clone()),
    };
    let progress = match &args.output {
        Some(path) => to_file(exporter, path).await?,
        None if io::stdout().is_terminal() => {
            write(exporter, &mut io::stdout().lock(), ProgressBar::hidden()).await?
        }
        None => write(exporter, &mut io::stdout().lock(), ProgressBar::no_length()).await?,
    };
    store.close().await?;
    tell(&args, progress)?;
    if progress.cut > 0 { Err(Failure::LeftOut) } else { Ok(()) }
}

/// Writes beside the file and renames when all is on the disk, so that a file is whole or as it was.
///
/// What is there and is no file, such as a pipe, is written to as it is.
async fn to_file(
    exporter: Exporter<SqliteStorage>,
    path: &Path,
) -> Result<ExportProgress, Failure> {
    let failed =
        |error: io::Error| Failure::other("output", format!("{}: {error}", path.display()));
    let path = match fs::canonicalize(path) {
        Ok(path) if !path.is_file() => {
            let mut out = File::options().write(true).open(&path).map_err(failed)?;
            return write(exporter, &mut out, ProgressBar::no_length()).await;
        }
        Ok(path) => path,
        Err(_) => path.to_owned(),
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.map_or_else(|| PathBuf::from("."), Path::to_owned);
    let mut beside = new_file(&folder).map_err(failed)?;
    let progress = write(exporter, &mut beside, ProgressBar::no_length()).await?;
    beside.as_file().sync_all().map_err(failed)?;
    beside.persist(&path).map_err(|error| failed(error.error))?;
    if cfg!(unix) {
        File::open(&folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    }
    Ok(progress)
}

#[cfg(unix)]
fn new_file(folder: &Path) -> io::Result<NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    // As any new file: the process's mask takes from it what it takes from others.
    let permissions = fs::Permissions::from_mode(0o666);
    tempfile::Builder::new().prefix(".creel-export-").permissions(permissions).tempfile_in(folder)
}

#[cfg(not(unix))]
fn new_file(folder: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(".creel-export-").tempfile_in(folder)
}

async fn write(
    mut exporter: Exporter<SqliteStorage>,
    out: &mut impl Write,
    bar: ProgressBar,
) -> Result<ExportProgress, Failure> {
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    while let Some(text) = exporter.next().await? {
        out.write_all(text.as_bytes())?;
        bar.set_message(extent(exporter.progress()));
        bar.tick();
    }
    out.flush()?;
    bar.finish_and_clear();
    Ok(exporter.progress())
}

/// Where the trees themselves go to stdout, what is said of them goes to stderr.
fn tell(args: &Export, progress: ExportProgress) -> Result<(), Failure> {
    if progress.cut > 0 {
        let trees = output::count(progress.cut, "tree");
        eprintln!("left out: {trees} that changed meanwhile");
    }
    let text = match args.common.json {
        true => serde_json::to_string(&progress)?,
        false => format!("Exported {}.", extent(progress)),
    };
    match args.output {
        Some(_) => println!("{text}"),
        None => eprintln!("{text}"),
    }
    Ok(())
}

fn extent(progress: ExportProgress) -> String {
    format!(
        "{}, {}, {} ({})",
        output::count(progress.trees, "tree"),
        output::count(progress.threads, "thread"),
        output::count(progress.items, "item"),
        output::size(progress.bytes),
    )
}
