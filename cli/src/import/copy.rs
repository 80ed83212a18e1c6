//! Copies a database that another program may be writing, with its log, as they are at one moment.
//!
//! The source is only read: opening it in place would make and change files beside it, and reading
//! past its log would miss what is not in the database yet.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

/// A copy of a database, gone when it is dropped.
#[derive(Debug)]
pub(super) struct Copy {
    pub(super) path: PathBuf,
    _folder: TempDir,
}

/// What tells whether the copy is of one moment: how the log begins, and the database where no log is.
///
/// A log only grows until it is begun anew, with another beginning. Until then it has every page that
/// the database was given meanwhile, so a copy of the database and then of the log is good, even if
/// pages were written while the first was made.
type State = (Vec<u8>, Option<(u64, Option<SystemTime>)>);

impl Copy {
    pub(super) fn new(database: &Path) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let path = folder.path().join("copy.sqlite");
        copy(database, &path).map_err(|error| error.to_string())?;
        Ok(Self { path, _folder: folder })
    }
}

fn copy(database: &Path, target: &Path) -> io::Result<()> {
    const ATTEMPTS: u32 = 50;
    const PAUSE: Duration = Duration::from_millis(20);
    let log = beside(database);
    let target_log = beside(target);
    for _ in 0..ATTEMPTS {
        let before = state(database, &log)?;
        copy_file(database, target)?;
        match copy_file(&log, &target_log) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::remove_file(&target_log).or_else(absent)?;
            }
            Err(error) => return Err(error),
        }
        if before == state(database, &log)? {
            return Ok(());
        }
        std::thread::sleep(PAUSE);
    }
    Err(io::Error::other("it is being rewritten all the time"))
}

/// Copies what is in a file, but not that it may not be written to.
fn copy_file(from: &Path, to: &Path) -> io::Result<u64> {
    io::copy(&mut File::open(from)?, &mut File::create(to)?)
}

fn state(database: &Path, log: &Path) -> io::Result<State> {
    const HEADER: u64 = 32;
    let mut header = Vec::new();
    match File::open(log) {
        Ok(file) => drop(file.take(HEADER).read_to_end(&mut header)?),
        Err(error) => absent(error)?,
    }
    let metadata = fs::metadata(database)?;
    let stamp = (metadata.len(), metadata.modified().ok());
    let stamp = header.is_empty().then_some(stamp);
    Ok((header, stamp))
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

fn absent(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}
