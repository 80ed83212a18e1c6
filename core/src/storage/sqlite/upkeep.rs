//! What keeps the files of a store in shape beside its commits: the log's length, the reserve, the
//! remains of deleted values.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use super::connections::{Connections, LOCK_WAIT, WAL_KEPT};
use super::error::{file_error, storage_error};
use crate::storage::{Scrubbed, StorageError, StorageResult};

/// The reserve's name in the store's directory.
const RESERVE_NAME: &str = "creel.reserve";

/// The reserve's size in bytes.
const RESERVE_SIZE: usize = 1 << 20;

/// How long a scrub waits for other processes' readers before it is prevented.
const SCRUB_WAIT: Duration = Duration::from_secs(2);

/// Space that a full disk still has for a deletion: a file of noise, which no file system packs.
#[derive(Debug)]
pub(super) struct Reserve(PathBuf);

impl Reserve {
    pub(super) fn new(directory: &Path) -> Self {
        Self(directory.join(RESERVE_NAME))
    }

    /// Makes the file if it is absent; only a full disk is an error, since a store works without.
    pub(super) fn fill(&self) -> StorageResult<()> {
        if self.0.exists() {
            return Ok(());
        }
        let written = super::new_file(&self.0).and_then(|mut file| {
            let mut noise = vec![0; RESERVE_SIZE];
            getrandom::fill(&mut noise).map_err(std::io::Error::other)?;
            file.write_all(&noise)?;
            file.sync_all()
        });
        match written {
            Err(error) if error.kind() == std::io::ErrorKind::StorageFull => {
                self.release();
                Err(file_error(&self.0, error))
            }
            _ => Ok(()),
        }
    }

    /// Gives the space back to the disk, if it was not yet.
    pub(super) fn release(&self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Tells whether the write-ahead log at `path` has outgrown what is kept of it.
pub(super) fn log_is_long(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|log| log.len() > u64::from(WAL_KEPT))
}

/// Moves the log into the database, so that the next commit writes it from its start.
///
/// Most of it is moved while commits go on; they wait only for what came meanwhile. Readers of
/// old records may leave some of it to the next time, so an error is none of the caller's.
pub(super) fn shorten_log(connections: &Connections) {
    const PASSIVE: &str = "PRAGMA wal_checkpoint(PASSIVE)";
    let moved = connections
        .read(|connection| connection.query_row(PASSIVE, [], |_| Ok(())).map_err(storage_error));
    if moved.is_ok() {
        let _ = connections.write(|writer| {
            writer.connection.query_row(PASSIVE, [], |_| Ok(())).map_err(storage_error)
        });
    }
}

/// Empties the log into the database at once and gives its space back to the disk.
fn empty_log(connection: &Connection) -> StorageResult<Scrubbed> {
    let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
    Ok(if busy.map_err(storage_error)? { Scrubbed::Prevented } else { Scrubbed::Physical })
}

/// Writes the database anew without the remains of deleted records and empties the log.
pub(super) fn scrub(connection: &Connection) -> StorageResult<Scrubbed> {
    connection.busy_timeout(SCRUB_WAIT).map_err(storage_error)?;
    // `secure_delete` blanks what a delete frees, but a page keeps copies of cells that moved.
    let rewritten = connection.execute_batch("VACUUM").map_err(storage_error);
    let scrubbed = rewritten.and_then(|()| empty_log(connection));
    connection.busy_timeout(LOCK_WAIT).map_err(storage_error)?;
    match scrubbed {
        Err(StorageError::Blocked { .. }) => Ok(Scrubbed::Prevented),
        other => other,
    }
}

/// Syncs the log at `path`, for a strict commit that changed nothing and so wrote nothing to it.
pub(super) fn sync_log(path: &Path) -> StorageResult<()> {
    match fs::File::open(path) {
        Ok(log) => log.sync_data().map_err(|error| file_error(path, error)),
        // Whatever there was is in the database, which checkpoints sync.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(file_error(path, error)),
    }
}
