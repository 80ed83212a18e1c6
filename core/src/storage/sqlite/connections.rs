//! The connections of one handle: one writer, a few readers, and when they are opened and closed.
//!
//! Everything here blocks; the callers are on threads made for that.

use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::error::storage_error;
use super::records;
use crate::storage::{Batch, Durability, StorageError, StorageResult};

/// How long a call waits for another process's lock before it is `Blocked`.
pub(super) const LOCK_WAIT: Duration = Duration::from_secs(10);

/// More reads than this at once wait for each other.
const MAX_READERS: usize = 4;

/// The three tables have 7 statements each, two of them in both directions.
const STATEMENTS: usize = 32;

/// The write-ahead log keeps this much of its file when it starts anew, since writing over
/// allocated blocks syncs faster than growing a file.
pub(super) const WAL_KEPT: u32 = 16 << 20;

#[derive(Debug)]
pub(super) struct Connections {
    path: PathBuf,
    writer: Mutex<Slot>,
    readers: Mutex<Readers>,
    reader_back: Condvar,
}

impl Connections {
    /// Starts with `writer`, a connection to `path`.
    pub(super) fn new(path: PathBuf, writer: Connection) -> Self {
        Self {
            path,
            writer: Mutex::new(Slot::Open(Writer { connection: writer, strict: false })),
            readers: Mutex::default(),
            reader_back: Condvar::new(),
        }
    }

    /// Runs `work` on the writer, which no one else uses meanwhile.
    pub(super) fn write<T>(
        &self,
        work: impl FnOnce(&mut Writer) -> StorageResult<T>,
    ) -> StorageResult<T> {
        let mut slot = lock(&self.writer);
        if matches!(*slot, Slot::Lost) {
            *slot = Slot::Open(Writer { connection: connect(&self.path)?, strict: false });
        }
        let Slot::Open(writer) = &mut *slot else { return Err(StorageError::Closed) };
        let result = work(writer);
        // After some failures of the medium not even a rollback works; a new connection recovers.
        if !writer.connection.is_autocommit() {
            *slot = Slot::Lost;
        }
        result
    }

    /// Runs `work` on a reader of its own, at once or when another read is done.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> StorageResult<T>,
    ) -> StorageResult<T> {
        // Given back last, so that `close` waits until the connection is out of use.
        let (_place, idle) = self.take_place()?;
        let mut connection = match idle {
            Some(connection) => connection,
            None => connect(&self.path)?,
        };
        let result = work(&mut connection);
        if connection.is_autocommit() {
            let mut readers = lock(&self.readers);
            if !readers.closed {
                readers.idle.push(connection);
            }
        }
        result
    }

    fn take_place(&self) -> StorageResult<(Place<'_>, Option<Connection>)> {
        let mut readers = lock(&self.readers);
        while readers.lent >= MAX_READERS && !readers.closed {
            readers = wait(&self.reader_back, readers);
        }
        if readers.closed {
            return Err(StorageError::Closed);
        }
        readers.lent += 1;
        Ok((Place(self), readers.idle.pop()))
    }

    /// Lets running calls end, refuses later ones and closes every connection.
    ///
    /// The last connection of all processes moves the write-ahead log into the database.
    pub(super) fn close(&self) {
        let mut readers = lock(&self.readers);
        readers.closed = true;
        self.reader_back.notify_all();
        while readers.lent > 0 {
            readers = wait(&self.reader_back, readers);
        }
        let idle = std::mem::take(&mut readers.idle);
        drop(readers);
        drop(idle);
        *lock(&self.writer) = Slot::Closed;
    }
}

/// The one connection that writes.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) connection: Connection,
    strict: bool,
}

impl Writer {
    /// Applies `batch` whole or not at all; returns how many records it touched.
    pub(super) fn commit(&mut self, batch: &Batch, durability: Durability) -> StorageResult<usize> {
        self.set_strict(durability == Durability::Strict)?;
        // The lock is taken at once: a transaction that read first could not wait for it.
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(storage_error)?;
        let touched = records::apply(&transaction, batch)?;
        transaction.commit().map_err(storage_error)?;
        Ok(touched)
    }

    /// Commits without blanking what is deleted, as a disk without space asks for.
    pub(super) fn commit_lean(
        &mut self,
        batch: &Batch,
        durability: Durability,
    ) -> StorageResult<usize> {
        set_secure_delete(&self.connection, false).map_err(storage_error)?;
        let result = self.commit(batch, durability);
        set_secure_delete(&self.connection, true).map_err(storage_error)?;
        result
    }

    fn set_strict(&mut self, strict: bool) -> StorageResult<()> {
        if self.strict != strict {
            // FULL syncs the log at each commit, earlier ones that are in it included.
            let mode = if strict { "FULL" } else { "NORMAL" };
            self.connection.pragma_update(None, "synchronous", mode).map_err(storage_error)?;
            self.strict = strict;
        }
        Ok(())
    }
}

#[derive(Debug)]
enum Slot {
    Open(Writer),
    Lost,
    Closed,
}

#[derive(Debug, Default)]
struct Readers {
    idle: Vec<Connection>,
    lent: usize,
    closed: bool,
}

/// The right to read, given back when dropped, after a panic too.
struct Place<'a>(&'a Connections);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        lock(&self.0.readers).lent -= 1;
        self.0.reader_back.notify_all();
    }
}

/// Opens one connection with the settings that every one of them needs.
///
/// Another process that opens or closes the same file holds locks for which SQLite itself does
/// not wait, so this does.
pub(super) fn connect(path: &Path) -> StorageResult<Connection> {
    let deadline = Instant::now() + LOCK_WAIT;
    loop {
        match try_connect(path).map_err(storage_error) {
            Err(StorageError::Blocked { .. }) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(5));
            }
            result => return result,
        }
    }
}

fn try_connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(LOCK_WAIT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "page_size", 4096)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    set_secure_delete(&connection, true)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    // A disk's own cache is emptied too, where the system tells the two apart (macOS).
    connection.pragma_update(None, "fullfsync", "ON")?;
    connection.pragma_update(None, "checkpoint_fullfsync", "ON")?;
    // Checkpoints run after a commit returned, never inside one.
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "journal_size_limit", WAL_KEPT, |_| Ok(()))?;
    Ok(connection)
}

fn set_secure_delete(connection: &Connection, on: bool) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "secure_delete", on, |_| Ok(()))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // SQLite rolls back by itself what a panic interrupted.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait<'a, T>(condvar: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condvar.wait(guard).unwrap_or_else(PoisonError::into_inner)
}
