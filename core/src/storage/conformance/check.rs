//! What the cases are written with: short writes and reads, and checks that answer instead of panic.

use std::fmt::Debug;
use std::future::poll_fn;
use std::task::Poll;

use bytes::Bytes;

use super::Factory;
use crate::storage::{
    Batch, Durability, Exists, Key, KeyRange, Order, Page, Storage, StorageError, StorageResult,
    Table, Write,
};

pub(super) type Checked = Result<(), String>;

/// Makes a [`Case`] of an `async fn(&F) -> Checked`.
macro_rules! case {
    ($name:literal, $function:path) => {
        $crate::storage::conformance::Case::new(
            $name,
            |_| true,
            |factory| Box::pin($function(factory)),
        )
    };
    ($name:literal, $function:path, $needs:expr) => {
        $crate::storage::conformance::Case::new($name, $needs, |factory| {
            Box::pin($function(factory))
        })
    };
}
pub(super) use case;

pub(super) async fn open<F: Factory>(factory: &F, name: &str) -> Result<F::Storage, String> {
    done("open", factory.open(name).await)
}

pub(super) fn done<T>(what: &str, result: StorageResult<T>) -> Result<T, String> {
    result.map_err(|error| format!("{what}: {error} ({error:?})"))
}

pub(super) fn ensure(holds: bool, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(what()) }
}

pub(super) fn equal<T: PartialEq + Debug>(what: &str, found: T, expected: T) -> Checked {
    ensure(found == expected, || {
        format!("{what}: found {}, expected {}", short(&found), short(&expected))
    })
}

pub(super) fn conflict<T: Debug>(what: &str, result: StorageResult<T>) -> Checked {
    ensure(matches!(result, Err(StorageError::Conflict)), || {
        format!("{what}: found {}, expected a conflict", short(&result))
    })
}

pub(super) fn closed<T: Debug>(what: &str, result: StorageResult<T>) -> Checked {
    ensure(matches!(result, Err(StorageError::Closed)), || {
        format!("{what}: found {}, expected closed", short(&result))
    })
}

/// A value is long at times, and one line must name a failure.
fn short(value: &impl Debug) -> String {
    let mut text = format!("{value:?}");
    if let Some((end, _)) = text.char_indices().nth(300) {
        text.truncate(end);
        text.push('…');
    }
    text
}

pub(super) fn insert(table: Table, key: &str, value: &str) -> Write {
    Write::Insert { table, key: key.into(), value: bytes(value) }
}

pub(super) fn put(table: Table, key: &str, value: &str) -> Write {
    Write::Put { table, key: key.into(), value: bytes(value) }
}

pub(super) fn delete(table: Table, key: &str) -> Write {
    Write::Delete { table, key: key.into() }
}

pub(super) fn delete_range(table: Table, start: &str, end: &str) -> Write {
    Write::DeleteRange { table, range: KeyRange::new(start, end) }
}

pub(super) fn exists(table: Table, key: &str) -> Exists {
    Exists { table, key: key.into() }
}

pub(super) fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

/// Commits `writes` relaxed, without checks.
pub(super) async fn commit(storage: &impl Storage, writes: Vec<Write>) -> StorageResult<()> {
    storage.commit(Batch { checks: Vec::new(), writes }, Durability::Relaxed).await
}

/// Commits `writes` if every key of `checks` exists.
pub(super) async fn commit_if(
    storage: &impl Storage,
    checks: Vec<Exists>,
    writes: Vec<Write>,
) -> StorageResult<()> {
    storage.commit(Batch { checks, writes }, Durability::Strict).await
}

/// Stores `records` in one table.
pub(super) async fn store(
    storage: &impl Storage,
    table: Table,
    records: &[(&str, &str)],
) -> Checked {
    let writes = records.iter().map(|(key, value)| put(table, key, value)).collect();
    done("storing the records", commit(storage, writes).await)
}

pub(super) async fn get(
    storage: &impl Storage,
    table: Table,
    keys: &[&str],
) -> Result<Vec<Option<String>>, String> {
    let keys = keys.iter().map(|&key| key.to_owned()).collect();
    let values = done("get", storage.get(table, keys).await)?;
    Ok(values.into_iter().map(|value| value.as_ref().map(text)).collect())
}

pub(super) async fn scan(
    storage: &impl Storage,
    table: Table,
    (start, end): (&str, &str),
    limit: usize,
    order: Order,
) -> Result<(Vec<Key>, bool), String> {
    let page = storage.scan(table, KeyRange::new(start, end), limit, order).await;
    let Page { records, more } = done("scan", page)?;
    Ok((records.into_iter().map(|(key, _)| key).collect(), more))
}

/// Reads a whole table, page by page, as `key=value`.
pub(super) async fn all(storage: &impl Storage, table: Table) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let mut range = KeyRange::new("!", "~~~~");
    loop {
        let page = storage.scan(table, range.clone(), 500, Order::Ascending).await;
        let page = done("scanning a whole table", page)?;
        if let Some((last, _)) = page.records.last() {
            range.start = after(last);
        }
        let empty = page.records.is_empty();
        let lines = page.records.iter().map(|(key, value)| format!("{key}={}", text(value)));
        found.extend(lines);
        if !page.more {
            return Ok(found);
        }
        ensure(!empty, || "an empty page says that there is more".into())?;
    }
}

/// The first key that can follow `key`, since keys are printable.
pub(super) fn after(key: &str) -> Key {
    format!("{key}\u{1}")
}

fn text(value: &Bytes) -> String {
    String::from_utf8_lossy(value).into_owned()
}

/// Resolves the second time it is polled.
pub(super) async fn give_way() {
    let mut gave_way = false;
    poll_fn(|context| {
        if gave_way {
            return Poll::Ready(());
        }
        gave_way = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
