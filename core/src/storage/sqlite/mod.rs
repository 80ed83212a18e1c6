//! The storage on the local file system: one SQLite database in a directory of its own.
//!
//! Several processes may use a store at once. Calls block, so each runs on a thread that may
//! (`blocking_thread`); nothing here may be called on an async thread but [`SqliteStorage`].

mod connections;
mod error;
mod records;
mod schema;
#[cfg(test)]
mod tests;
mod upkeep;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use blocking::unblock;
use bytes::Bytes;

use self::connections::Connections;
use self::error::file_error;
use self::upkeep::Reserve;
use super::{
    Batch, Durability, Key, KeyRange, Order, Page, Scrubbed, Storage, StorageError, StorageResult,
    Table,
};
use crate::blocking_thread;

/// A strict batch up to this size may take the reserve when the disk is full.
const RESERVE_BATCH: usize = 64 << 10;

/// Keeps a store in a directory of the local file system, with SQLite.
///
/// The directory holds `creel.sqlite3`, the database; `creel.sqlite3-wal` and `creel.sqlite3-shm`
/// beside it while it is open; and `creel.reserve`, 1 MB that a full disk has left for a deletion.
/// Made here, the directory has mode 0700 and its files 0600.
///
/// Any number of handles and processes may have a store open. A call that waits more than ten
/// seconds for another process is [`StorageError::Blocked`]. It must be a local file system:
/// SQLite's log needs shared memory.
///
/// [`Durability::Strict`] is one sync of the log a commit, which covers all relaxed commits before
/// it, of every process. The log goes into the database after a commit returned, in the background,
/// once it is longer than 16 MB, and on the last close.
///
/// SQLite syncs with `fsync` where it is compiled without `HAVE_FDATASYNC`; with
/// `LIBSQLITE3_FLAGS=-DHAVE_FDATASYNC=1` in the environment of the build a strict commit takes 0.05 to 0.1 ms
/// less on ext4.
///
/// When the disk is full, the reserve goes to the next strict batch of at most 64 KiB. Until there
/// is room for a new reserve, such batches alone are taken, and what they delete is left to the
/// scrub to blank, since that takes as much space again.
#[derive(Debug)]
pub struct SqliteStorage(Arc<Database>);

#[derive(Debug)]
struct Database {
    connections: Connections,
    log: PathBuf,
    reserve: Reserve,
    shortening: AtomicBool,
}

impl SqliteStorage {
    /// Opens the store in the directory `dir`, which is made if it is absent, its parents too.
    ///
    /// # Errors
    ///
    /// [`StorageError::SchemaTooNew`] if a newer version made the database, [`StorageError::Corrupt`]
    /// if the file is no store, [`StorageError::Blocked`] if another process holds it for longer
    /// than ten seconds, [`StorageError::Unavailable`] if the directory can't be used.
    pub async fn open(dir: impl AsRef<Path>) -> StorageResult<Self> {
        let dir = dir.as_ref().to_owned();
        unblock(move || Database::open(&dir)).await.map(|database| Self(Arc::new(database)))
    }

    async fn on_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database) -> StorageResult<T> + Send + 'static,
    ) -> StorageResult<T> {
        let database = self.0.clone();
        blocking_thread::run(move || work(&database)).await
    }
}

impl Storage for SqliteStorage {
    async fn get(&self, table: Table, keys: Vec<Key>) -> StorageResult<Vec<Option<Bytes>>> {
        self.on_thread(move |database| {
            database.connections.read(|connection| records::get(connection, table, &keys))
        })
        .await
    }

    async fn scan(
        &self,
        table: Table,
        range: KeyRange,
        limit: usize,
        order: Order,
    ) -> StorageResult<Page> {
        self.on_thread(move |database| {
            let scan = |connection: &mut _| records::scan(connection, table, &range, limit, order);
            database.connections.read(scan)
        })
        .await
    }

    async fn commit(&self, batch: Batch, durability: Durability) -> StorageResult<()> {
        self.on_thread(move |database| database.commit(&batch, durability)).await?;
        if upkeep::log_is_long(&self.0.log) && !self.0.shortening.swap(true, Ordering::AcqRel) {
            let database = self.0.clone();
            let shorten = unblock(move || {
                upkeep::shorten_log(&database.connections);
                database.shortening.store(false, Ordering::Release);
            });
            shorten.detach();
        }
        Ok(())
    }

    async fn close(&self) -> StorageResult<()> {
        self.on_thread(|database| {
            database.connections.close();
            Ok(())
        })
        .await
    }

    /// Writes the database anew (`VACUUM`) and empties its log, whatever the store's size.
    ///
    /// Measured, it takes 6 to 9 ms for each megabyte that the store keeps: 0.4 s for 64 MB, 4.3 s
    /// for 512 MB. Commits wait meanwhile, those of other processes too. It needs as much free
    /// space as the store keeps, in its directory and in the system's temporary one, and answers
    /// [`StorageError::QuotaExceeded`] without. A reader of another process that does not end
    /// within two seconds makes it [`Scrubbed::Prevented`].
    async fn scrub(&self) -> StorageResult<Scrubbed> {
        self.on_thread(|database| {
            let scrubbed =
                database.connections.write(|writer| upkeep::scrub(&writer.connection))?;
            // No error of the scrub's: the next commit tries again.
            let _ = database.reserve.fill();
            Ok(scrubbed)
        })
        .await
    }
}

impl Database {
    fn open(dir: &Path) -> StorageResult<Self> {
        make_directory(dir).map_err(|error| file_error(dir, error))?;
        let path = dir.join(schema::FILE_NAME);
        // SQLite gives its other files the permissions of this one. A file that exists must not be
        // opened here: closing it again would drop the locks of this process's other handles.
        match new_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(file_error(&path, error));
            }
            _ => {}
        }
        let reserve = Reserve::new(dir);
        let connect = || {
            let mut connection = connections::connect(&path)?;
            schema::prepare(&mut connection)?;
            Ok(connection)
        };
        // A store on a full disk opens all the same, for reading and deleting; what SQLite needs
        // for that comes out of the reserve.
        let connection = match connect() {
            Err(StorageError::QuotaExceeded { .. }) => {
                reserve.release();
                connect()?
            }
            other => other?,
        };
        let _ = reserve.fill();
        let log = dir.join(format!("{}-wal", schema::FILE_NAME));
        let connections = Connections::new(path, connection);
        Ok(Self { connections, log, reserve, shortening: AtomicBool::new(false) })
    }

    fn commit(&self, batch: &Batch, durability: Durability) -> StorageResult<()> {
        let lean = || self.connections.write(|writer| writer.commit_lean(batch, durability));
        // An append is strict too at times; only its size tells it from a deletion.
        let urgent = durability == Durability::Strict && batch.size() <= RESERVE_BATCH;
        let result = match self.reserve.fill() {
            // The reserve was needed, and its space is for what is urgent alone.
            Err(full) if !urgent => Err(full),
            Err(_) => lean(),
            Ok(()) => match self.connections.write(|writer| writer.commit(batch, durability)) {
                Err(StorageError::QuotaExceeded { .. }) if urgent => {
                    self.reserve.release();
                    lean()
                }
                other => other,
            },
        };
        if result? == 0 && durability == Durability::Strict {
            upkeep::sync_log(&self.log)?;
        }
        Ok(())
    }
}

fn make_directory(dir: &Path) -> std::io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    if let Some(parent) = dir.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(dir) {
        // Another process may have been first.
        Err(error) if !dir.is_dir() => Err(error),
        _ => Ok(()),
    }
}

fn new_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
