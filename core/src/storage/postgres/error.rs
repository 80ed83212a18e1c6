//! The server's errors in the words of the contract.
//!
//! A commit has three ends beside success: the server said that it rolled back, so nothing was
//! written; the connection ended first, so nobody knows; or nothing was ever sent.

use std::sync::Arc;

use deadpool_postgres::{PoolError, TimeoutType};
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::storage::StorageError;

/// Why a call did not get its answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// No connection could be had in time, or the server refuses to have one; nothing was sent.
    NoConnection(StorageError),
    /// The server said what is wrong, and rolled back whatever there was.
    RolledBack(Error),
    /// The connection ended, or no answer came in time.
    Lost(StorageError),
}

impl Failure {
    /// Sorts an error that the driver gave for a statement of a transaction that can't have
    /// committed if the server answered with an error.
    pub(super) fn of(error: Error) -> Self {
        if error.as_db_error().is_some() {
            Self::RolledBack(error)
        } else {
            Self::Lost(StorageError::unavailable(true, Text::of(error)))
        }
    }

    /// Sorts an error of the commit itself: a server that goes down may have committed before.
    pub(super) fn of_commit(error: Error) -> Self {
        if error.code().is_some_and(|code| !leaves_open(code)) {
            Self::RolledBack(error)
        } else {
            Self::Lost(StorageError::unavailable(true, Text::of(error)))
        }
    }

    /// Tells whether the very same call may succeed at once.
    pub(super) fn passing(&self) -> bool {
        match self {
            Self::NoConnection(_) => false,
            Self::RolledBack(error) => error.code().is_some_and(is_passing),
            Self::Lost(_) => true,
        }
    }

    /// Returns the error of a read, which can be asked again however it ended.
    pub(super) fn of_read(self) -> StorageError {
        match self {
            Self::NoConnection(error) | Self::Lost(error) => error,
            Self::RolledBack(error) => {
                let passing = error.code().is_some_and(is_passing);
                StorageError::unavailable(passing, Text::of(error))
            }
        }
    }

    /// Returns the error of a commit; only where the outcome is unknown it is `Unavailable`.
    pub(super) fn of_batch(self) -> StorageError {
        match self {
            Self::Lost(error) => error,
            Self::NoConnection(error) => StorageError::Blocked { reason: error.to_string() },
            Self::RolledBack(error) => match error.code() {
                // Retried in vain, or a record that no commit of a store inserted: look again.
                Some(code) if is_contention(code) => StorageError::Conflict,
                Some(code) if *code == SqlState::DISK_FULL => {
                    StorageError::QuotaExceeded { cause: Some(Arc::new(Text::of(error))) }
                }
                _ => StorageError::Blocked { reason: Text::of(error).0 },
            },
        }
    }
}

/// What a failed attempt to get a connection comes to, and whether another attempt may help.
pub(super) fn no_connection(error: PoolError) -> (StorageError, bool) {
    match error {
        PoolError::Timeout(TimeoutType::Wait) => (busy(), false),
        PoolError::Backend(error) => {
            let again = error.code().is_none_or(|code| is_passing(code) || is_full(code));
            (StorageError::unavailable(again, Text::of(error)), again)
        }
        other => (StorageError::unavailable(true, Text(other.to_string())), true),
    }
}

pub(super) fn busy() -> StorageError {
    StorageError::unavailable(
        true,
        Text("no connection was free, or could be made, in time".into()),
    )
}

/// Of the time that ran out before an answer came.
pub(super) fn late() -> StorageError {
    StorageError::unavailable(true, Text("the server did not answer in time".into()))
}

fn is_contention(code: &SqlState) -> bool {
    [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::UNIQUE_VIOLATION,
    ]
    .contains(code)
}

/// The server was about to go down, or to come up, or met another transaction.
fn is_passing(code: &SqlState) -> bool {
    leaves_open(code)
        || [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(code)
        // A prepared statement that the server, or a pooler, no longer knows.
        || [SqlState::INVALID_SQL_STATEMENT_NAME, SqlState::FEATURE_NOT_SUPPORTED].contains(code)
}

fn is_full(code: &SqlState) -> bool {
    *code == SqlState::TOO_MANY_CONNECTIONS
}

/// Classes 08 and 57P, and the state that says in so many words that it does not know.
fn leaves_open(code: &SqlState) -> bool {
    let code = code.code();
    code.starts_with("08") || code.starts_with("57P") || code == "40003"
}

/// The driver's error as text: its own form holds no password, but the values of statements.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Text(pub(super) String);

impl Text {
    /// Keeps the server's sentence and code, without its details, in which keys stand.
    pub(super) fn of(error: Error) -> Self {
        if let Some(said) = error.as_db_error() {
            return Self(format!("{} (SQLSTATE {})", said.message(), said.code().code()));
        }
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(deeper) = cause {
            let deeper_text = deeper.to_string();
            if !text.contains(&deeper_text) {
                text = format!("{text}: {deeper_text}");
            }
            cause = deeper.source();
        }
        Self(text)
    }
}
