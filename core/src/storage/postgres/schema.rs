//! The tables, and how several processes that start at once come to have them.
//!
//! Other programs and older versions read them, so nothing here changes without a new version.
//! Every table leads with the store's name, by which a distributed server can place its rows.

use std::time::Duration;

use tokio_postgres::error::SqlState;

use super::call::Connection;
use super::error::{Failure, Text};
use crate::storage::{StorageError, StorageResult};

/// The version of the tables that this code reads and writes.
const VERSION: i32 = 1;

const TABLES: &str = include_str!("schema.sql");

/// How often making the tables is tried again when another process is at it too.
const ATTEMPTS: u64 = 20;

/// Makes the tables unless they are there, and refuses those of a newer version.
pub(super) async fn prepare(connection: &Connection, schema: &str) -> StorageResult<()> {
    for attempt in 1.. {
        match read_version(connection, schema).await? {
            Some(VERSION) => return Ok(()),
            Some(found) if found > VERSION => {
                let number = |version| u32::try_from(version).unwrap_or(u32::MAX);
                return Err(StorageError::SchemaTooNew {
                    found: number(found),
                    known: number(VERSION),
                });
            }
            Some(found) => {
                let reason = format!("the tables' version is {found}, which never was");
                return Err(StorageError::Corrupt { key: format!("{schema}.format"), reason });
            }
            None => {}
        }
        // Of two that make a schema at once one fails, `IF NOT EXISTS` or not; it looks again.
        match make(connection, schema).await {
            Ok(()) => {}
            Err(error) if attempt < ATTEMPTS && met_another(&error) => {
                tokio::time::sleep(Duration::from_millis(10 * attempt)).await;
            }
            Err(error) => return Err(StorageError::unavailable(false, Text::of(error))),
        }
    }
    Ok(())
}

async fn read_version(connection: &Connection, schema: &str) -> StorageResult<Option<i32>> {
    let sql = format!("SELECT version FROM \"{schema}\".format");
    match connection.client().query_typed_opt(&sql, &[]).await {
        Ok(row) => {
            row.map(|row| row.try_get(0)).transpose().map_err(|error| Failure::of(error).of_read())
        }
        Err(error) if error.code().is_some_and(is_absent) => Ok(None),
        Err(error) => Err(Failure::of(error).of_read()),
    }
}

async fn make(connection: &Connection, schema: &str) -> Result<(), tokio_postgres::Error> {
    let tables = TABLES.replace("{schema}", schema).replace("{version}", &VERSION.to_string());
    let client = connection.client();
    // A user without the right to make schemas may still use one that is there.
    let there = "SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1";
    let there =
        client.query_typed_opt(there, &[(&schema, tokio_postgres::types::Type::TEXT)]).await?;
    let create = if there.is_some() {
        String::new()
    } else {
        format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\";")
    };
    // Several statements in one message are one transaction.
    client.batch_execute(&format!("{create}{tables}")).await
}

fn is_absent(code: &SqlState) -> bool {
    [SqlState::UNDEFINED_TABLE, SqlState::INVALID_SCHEMA_NAME].contains(code)
}

fn met_another(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| {
        [
            SqlState::UNIQUE_VIOLATION,
            SqlState::DUPLICATE_SCHEMA,
            SqlState::DUPLICATE_TABLE,
            SqlState::DUPLICATE_OBJECT,
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            // "tuple concurrently updated" has no better one.
            SqlState::INTERNAL_ERROR,
        ]
        .contains(code)
    })
}
