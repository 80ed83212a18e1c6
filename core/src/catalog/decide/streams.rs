//! What a thread keeps beside its items: its log and its dynamic tools.
//!
//! They lie in the thread's own range of the history table, so that erasing the thread takes them.

use bytes::Bytes;

use super::super::Catalog;
use super::super::command::Decision;
use super::super::event::Event;
use super::{validate, writable};
use crate::error::{Error, Result};
use crate::id::ThreadId;
use crate::item::{Item, Line};
use crate::keys;
use crate::limits::{MAX_BATCH_BYTES, MAX_BATCH_ITEMS};
use crate::storage::{Table, Write};

/// The records of one call become one value.
pub(super) fn log(
    catalog: &Catalog,
    thread: ThreadId,
    records: &[(Option<i64>, Item)],
    at: i64,
) -> Result<Decision> {
    check_size("records", records.iter().map(|(_, record)| record))?;
    for (time, _) in records {
        validate::time("at", *time)?;
    }
    let record = writable(catalog, thread)?;
    if records.is_empty() {
        return Ok(Decision::default());
    }
    let line = |time: &Option<i64>, item| Line::new(time.unwrap_or(at), item);
    let lines = records.iter().map(|(time, item)| format!("{}\n", line(time, item).text()));
    let value = Bytes::from(lines.collect::<String>());
    let (first, count) = (record.logs, records.len() as u64);
    let key = keys::log(record.tree, thread, first);
    Ok(Decision {
        events: vec![Event::Logged { thread, first, count }],
        writes: vec![Write::Put { table: Table::History, key, value }],
    })
}

/// The tools given replace those before; none remove the value.
pub(super) fn set_tools(catalog: &Catalog, thread: ThreadId, tools: &[Item]) -> Result<Decision> {
    check_size("tools", tools.iter())?;
    let record = writable(catalog, thread)?;
    let (table, key) = (Table::History, keys::tools(record.tree, thread));
    let write = if tools.is_empty() {
        Write::Delete { table, key }
    } else {
        let lines = tools.iter().map(|item| format!("{}\n", item.json()));
        Write::Put { table, key, value: Bytes::from(lines.collect::<String>()) }
    };
    let event = Event::ToolsSet { thread, tools: tools.len() as u64 };
    Ok(Decision { events: vec![event], writes: vec![write] })
}

fn check_size<'a>(field: &str, items: impl Iterator<Item = &'a Item>) -> Result<()> {
    let too_large = |size, limit| Err(Error::TooLarge { field: field.into(), size, limit });
    let (count, size) =
        items.fold((0, 0), |(count, size), item| (count + 1, size + item.json().len()));
    if count > MAX_BATCH_ITEMS {
        return too_large(count, MAX_BATCH_ITEMS);
    }
    if size > MAX_BATCH_BYTES { too_large(size, MAX_BATCH_BYTES) } else { Ok(()) }
}
