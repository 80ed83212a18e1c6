//! What a pool is told when it is made, and which names of stores and schemas are taken.

use std::time::Duration;

use crate::storage::{StorageError, StorageResult};

/// The longest name of a store, in bytes.
const LONGEST_NAME: usize = 200;
/// The longest identifier that PostgreSQL keeps whole, less what the news channel's name adds.
const LONGEST_SCHEMA: usize = 58;

/// How a [`PostgresPool`](super::PostgresPool) uses its server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PostgresOptions {
    /// The most connections that the pool has open for calls; 10 by default. One more is open
    /// for news while a store of the pool is watched.
    pub max_connections: usize,
    /// How long a call waits for a free connection, or for a server that can't be reached, in
    /// milliseconds; 10,000 by default.
    pub connect_timeout_ms: u64,
    /// How long the server may work on one statement, waiting for another commit of the same store
    /// included, in milliseconds; 30,000 by default. A call whose answer takes twice as long is
    /// given up together with its connection.
    pub statement_timeout_ms: u64,
    /// The schema that holds the tables; `creel` by default. It is made if it is absent. Lower-case
    /// letters, digits and `_`, at most 58 of them.
    pub schema: String,
    /// Whether a pooler in transaction mode stands between, as PgBouncer does; false by default.
    ///
    /// Then nothing is kept on a connection between two transactions: no prepared statements, no
    /// settings, no LISTEN. News of other processes comes by polling alone.
    pub pooler: bool,
    /// How often watched stores are asked for news where the server doesn't tell, in milliseconds;
    /// 2,000 by default. One statement asks for all watched stores of the pool.
    pub poll_ms: u64,
    /// How often they are asked all the same where the server does tell, since a process that dies
    /// between its commit and the news of it tells nobody, in milliseconds; 30,000 by default.
    pub recheck_ms: u64,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            max_connections: 10,
            connect_timeout_ms: 10_000,
            statement_timeout_ms: 30_000,
            schema: "creel".into(),
            pooler: false,
            poll_ms: 2000,
            recheck_ms: 30_000,
        }
    }
}

impl PostgresOptions {
    /// Refuses options that can't work.
    pub(super) fn check(&self) -> StorageResult<()> {
        let positive = [
            ("maxConnections", self.max_connections as u64),
            ("connectTimeoutMs", self.connect_timeout_ms),
            ("statementTimeoutMs", self.statement_timeout_ms),
            ("pollMs", self.poll_ms),
            ("recheckMs", self.recheck_ms),
        ];
        for (field, value) in positive {
            if value == 0 || value > i32::MAX as u64 {
                return Err(invalid(
                    field,
                    format!("must be between 1 and {}, not {value}", i32::MAX),
                ));
            }
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let named = !self.schema.is_empty() && self.schema.len() <= LONGEST_SCHEMA;
        if !named || !self.schema.chars().all(plain) || self.schema.starts_with("pg_") {
            let reason = format!(
                "must be 1 to {LONGEST_SCHEMA} lower-case letters, digits and `_`, and not start \
                 with `pg_`: `{}`",
                crate::error::excerpt(&self.schema)
            );
            return Err(invalid("schema", reason));
        }
        Ok(())
    }

    pub(super) fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout_ms)
    }

    /// How long a call waits for its answer before its connection is given up.
    pub(super) fn patience(&self) -> Duration {
        Duration::from_millis(self.statement_timeout_ms.saturating_mul(2))
    }
}

/// Refuses a store's name that is empty, too long, or not printable ASCII.
pub(super) fn check_name(name: &str) -> StorageResult<()> {
    let printable = name.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if name.is_empty() || name.len() > LONGEST_NAME || !printable || name.trim() != name {
        let reason = format!(
            "must be 1 to {LONGEST_NAME} printable ASCII characters without a space at its ends, \
             not {} bytes: `{}`",
            name.len(),
            crate::error::excerpt(name).escape_debug()
        );
        return Err(invalid("name", reason));
    }
    Ok(())
}

pub(super) fn invalid(field: &str, reason: String) -> StorageError {
    StorageError::InvalidField { field: field.into(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_printable_and_not_long() {
        for name in ["a", "Team 7/agents", &"n".repeat(200), "~!@#'\";--"] {
            check_name(name).unwrap();
        }
        for name in ["", " ", "a ", "a\nb", "a\0", "ä", &"n".repeat(201)] {
            let error = check_name(name).unwrap_err();
            assert!(error.to_string().starts_with("name: must be"), "{name:?}: {error}");
        }
    }

    #[test]
    fn options_that_cannot_work_are_refused_by_name() {
        let with = |change: fn(&mut PostgresOptions)| {
            let mut options = PostgresOptions::default();
            change(&mut options);
            options.check()
        };
        with(|_| {}).unwrap();
        with(|options| options.schema = "creel_2".into()).unwrap();
        let refused = [
            with(|options| options.max_connections = 0),
            with(|options| options.statement_timeout_ms = u64::MAX),
            with(|options| options.schema = "a\"; DROP SCHEMA public".into()),
            with(|options| options.schema = "pg_own".into()),
            with(|options| options.schema = String::new()),
        ];
        let fields = refused.map(|refused| match refused.unwrap_err() {
            StorageError::InvalidField { field, .. } => field,
            other => panic!("{other}"),
        });
        assert_eq!(fields, ["maxConnections", "statementTimeoutMs", "schema", "schema", "schema"]);
    }
}
