//! SQLite's errors in the words of the contract.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{ErrorCode, ffi};

use super::schema::FILE_NAME;
use crate::storage::StorageError;

/// Translates an error of SQLite.
///
/// A lock that another process holds for too long is `Blocked`, for commits too: the lock is taken
/// before anything is written, so nothing was.
pub(super) fn storage_error(error: rusqlite::Error) -> StorageError {
    // Nothing but a full disk keeps the log's index from growing, for which SQLite has no other word.
    let index_is_short =
        error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_IOERR_SHMSIZE);
    match error.sqlite_error_code() {
        _ if index_is_short => StorageError::QuotaExceeded { cause: Some(Arc::new(error)) },
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::FileLockingProtocolFailed,
        ) => StorageError::Blocked { reason: format!("{FILE_NAME}: {error}") },
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StorageError::Corrupt { key: FILE_NAME.into(), reason: error.to_string() }
        }
        Some(ErrorCode::DiskFull | ErrorCode::TooBig) => {
            StorageError::QuotaExceeded { cause: Some(Arc::new(error)) }
        }
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::OutOfMemory) => {
            StorageError::unavailable(true, error)
        }
        _ => StorageError::unavailable(false, error),
    }
}

/// Translates a failure to make the store's directory or files.
pub(super) fn file_error(path: &Path, error: std::io::Error) -> StorageError {
    if error.kind() == std::io::ErrorKind::StorageFull {
        return StorageError::QuotaExceeded { cause: Some(Arc::new(error)) };
    }
    StorageError::Unavailable {
        retryable: false,
        reason: format!("{}: {error}", path.display()),
        cause: Some(Arc::new(error)),
    }
}
