//! Gets, scans and batches as SQL, each on a connection that someone else opened.

use bytes::Bytes;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};

use super::error::storage_error;
use crate::storage::{
    Batch, Key, KeyRange, Order, Page, SCAN_BYTES, StorageError, StorageResult, Table, Write,
};

/// Reads the values of `keys` in one transaction, which makes them one snapshot.
pub(super) fn get(
    connection: &mut Connection,
    table: Table,
    keys: &[Key],
) -> StorageResult<Vec<Option<Bytes>>> {
    let transaction = connection.transaction().map_err(storage_error)?;
    let sql = format!("SELECT value FROM {} WHERE key = ?1", table.name());
    let values = {
        let mut select = transaction.prepare_cached(&sql).map_err(storage_error)?;
        let value = |key| select.query_row([key], |row| value(row, 0)).optional();
        keys.iter().map(value).collect::<Result<_, _>>().map_err(storage_error)?
    };
    transaction.commit().map_err(storage_error)?;
    Ok(values)
}

/// Reads one page with one statement, which makes it one snapshot.
pub(super) fn scan(
    connection: &Connection,
    table: Table,
    range: &KeyRange,
    limit: usize,
    order: Order,
) -> StorageResult<Page> {
    let mut page = Page::default();
    if range.is_empty() {
        return Ok(page);
    }
    let direction = match order {
        Order::Ascending => "ASC",
        Order::Descending => "DESC",
    };
    let sql = format!(
        "SELECT key, value FROM {} WHERE key >= ?1 AND key < ?2 ORDER BY key {direction}",
        table.name()
    );
    let mut bytes = 0;
    let mut read = || -> rusqlite::Result<()> {
        let mut select = connection.prepare_cached(&sql)?;
        let mut rows = select.query([&range.start, &range.end])?;
        while let Some(row) = rows.next()? {
            if page.records.len() >= limit || bytes >= SCAN_BYTES {
                page.more = true;
                break;
            }
            let (key, value): (Key, Bytes) = (row.get(0)?, value(row, 1)?);
            bytes += key.len() + value.len();
            page.records.push((key, value));
        }
        Ok(())
    };
    read().map_err(storage_error)?;
    Ok(page)
}

/// Checks and writes `batch` in the transaction that `connection` is in; returns how many records
/// it touched. On an error the transaction holds part of the batch and must be rolled back.
pub(super) fn apply(connection: &Connection, batch: &Batch) -> StorageResult<usize> {
    for check in &batch.checks {
        let sql = format!("SELECT 1 FROM {} WHERE key = ?1", check.table.name());
        let mut select = connection.prepare_cached(&sql).map_err(storage_error)?;
        if !select.exists([&check.key]).map_err(storage_error)? {
            return Err(StorageError::Conflict);
        }
    }
    let mut touched = 0;
    for one in &batch.writes {
        touched += write(connection, one).map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => StorageError::Conflict,
            _ => storage_error(error),
        })?;
    }
    Ok(touched)
}

fn write(connection: &Connection, write: &Write) -> rusqlite::Result<usize> {
    match write {
        Write::Insert { table, key, value } => {
            let sql = format!("INSERT INTO {} VALUES (?1, ?2)", table.name());
            connection.prepare_cached(&sql)?.execute(params![key, &value[..]])
        }
        Write::Put { table, key, value } => {
            let sql = format!(
                "INSERT INTO {} VALUES (?1, ?2) \
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                table.name()
            );
            connection.prepare_cached(&sql)?.execute(params![key, &value[..]])
        }
        Write::Delete { table, key } => {
            let sql = format!("DELETE FROM {} WHERE key = ?1", table.name());
            connection.prepare_cached(&sql)?.execute([key])
        }
        Write::DeleteRange { range, .. } if range.is_empty() => Ok(0),
        Write::DeleteRange { table, range } => {
            let sql = format!("DELETE FROM {} WHERE key >= ?1 AND key < ?2", table.name());
            connection.prepare_cached(&sql)?.execute([&range.start, &range.end])
        }
    }
}

fn value(row: &Row<'_>, column: usize) -> rusqlite::Result<Bytes> {
    match row.get_ref(column)? {
        ValueRef::Blob(bytes) => Ok(Bytes::copy_from_slice(bytes)),
        // The tables are strict, so only a damaged file gets here.
        other => Err(rusqlite::Error::InvalidColumnType(column, "value".into(), other.data_type())),
    }
}
