//! The database file as other programs see it: its name, marks, tables and settings.
//!
//! Nothing here may change without a new container format, since older versions open the file too.

use rusqlite::{Connection, TransactionBehavior};

use super::error::storage_error;
use crate::storage::{StorageError, StorageResult};

/// The database's name in the store's directory.
pub(super) const FILE_NAME: &str = "creel.sqlite3";

/// The format of the container, SQLite's `user_version`.
const FORMAT: u32 = 1;

/// `Cree`, SQLite's `application_id`, by which `file` and doctor know a store.
const APPLICATION_ID: u32 = 0x4372_6565;

/// The tables.
///
/// Tables with a rowid, although the key is text: `WITHOUT ROWID` keeps values in the key's own
/// tree, where every comparison on the way to a record reads a large one whole. Measured with
/// 1,000 values of 128 KiB: get 281 µs against 47, insert 456 against 205, equal scans; of 4 KB:
/// get 14 µs against 8, insert 50 against 36. With 20,000 values of 400 bytes in shuffled order
/// get and insert are equal, and `WITHOUT ROWID` scans (12 against 29 ms) and deletes a range (37
/// against 81 ms) faster; segments and pages being large, that does not pay. Larger pages make the
/// write-ahead log of a small append longer.
const TABLES: &str = include_str!("schema.sql");

/// Makes the tables in an empty file and refuses one that is newer, or no store at all.
pub(super) fn prepare(connection: &mut Connection) -> StorageResult<()> {
    if read_format(connection)? == Some(FORMAT) {
        return Ok(());
    }
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(storage_error)?;
    // Another process may have been first.
    if read_format(&transaction)?.is_none() {
        transaction.execute_batch(TABLES).map_err(storage_error)?;
        transaction
            .pragma_update(None, "application_id", APPLICATION_ID)
            .and_then(|()| transaction.pragma_update(None, "user_version", FORMAT))
            .map_err(storage_error)?;
    }
    transaction.commit().map_err(storage_error)
}

/// Returns the format of a store, nothing for an empty file.
fn read_format(connection: &Connection) -> StorageResult<Option<u32>> {
    let number = |sql| -> StorageResult<i64> {
        connection.query_row(sql, [], |row| row.get(0)).map_err(storage_error)
    };
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    let application = number("PRAGMA application_id")?;
    let format = number("PRAGMA user_version")?;
    if (tables, application, format) == (0, 0, 0) {
        return Ok(None);
    }
    match u32::try_from(format) {
        Ok(FORMAT) if application == i64::from(APPLICATION_ID) => Ok(Some(FORMAT)),
        Ok(found) if application == i64::from(APPLICATION_ID) && found > FORMAT => {
            Err(StorageError::SchemaTooNew { found, known: FORMAT })
        }
        _ => Err(StorageError::Corrupt {
            key: FILE_NAME.into(),
            reason: format!("no Creel store: application id {application:#x}, format {format}"),
        }),
    }
}
