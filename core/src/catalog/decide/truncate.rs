//! Cutting a history back to its first items.

use bytes::Bytes;

use super::super::Catalog;
use super::super::command::{Cut, Decision};
use super::super::event::{Event, Segment, Touch};
use super::writable;
use crate::error::{Error, Result};
use crate::id::ThreadId;
use crate::keys;
use crate::storage::{Table, Write};

/// A cut was measured on a history as it was; where the history has changed since, nothing is
/// decided, and the caller measures again.
pub(super) fn truncate(catalog: &Catalog, id: ThreadId, cut: &Cut, at: i64) -> Result<Decision> {
    let record = writable(catalog, id)?;
    if cut.seen != (record.generation, record.len, record.packed) {
        return Ok(Decision::default());
    }
    let length = check_length(cut.length, record.len)?;
    if length == record.len {
        return Ok(Decision::default());
    }
    let mut writes = Vec::new();
    let mut segment = Segment::default();
    if length < record.packed {
        let range = keys::segments(record.tree, id, length, None);
        writes.push(Write::DeleteRange { table: Table::History, range });
        if let Some((first, text)) = &cut.last {
            segment = Segment { first: *first, bytes: text.len() as u64 };
            let (key, value) = (keys::segment(record.tree, id, *first), Bytes::from(text.clone()));
            writes.push(Write::Put { table: Table::History, key, value });
        }
    }
    let touch = Touch { updated_at: Some(record.updated_at.max(at)), ..Touch::default() };
    let bytes = record.bytes.saturating_sub(cut.dropped);
    let event = Event::Truncated { thread: id, length, bytes, segment, touch };
    Ok(Decision { events: vec![event], writes })
}

/// Refuses to cut a history to more than it has.
pub(crate) fn check_length(length: u64, most: u64) -> Result<u64> {
    if length <= most {
        return Ok(length);
    }
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    Err(Error::OutOfRange { field: "length", value: number(length), min: 0, max: number(most) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Command, decide};

    #[test]
    fn a_cut_that_was_measured_on_a_longer_history_is_measured_again() {
        let mut catalog = Catalog::default();
        let id = ThreadId::from_uuid(uuid::Uuid::from_u128(1));
        let made = decide(&catalog, &Command::Create { id, thread: Box::default() }, 1).unwrap();
        catalog.apply_entry(1, 1, &made.events).unwrap();
        let cut = Cut { length: 2, seen: (0, 3, 0), dropped: 0, last: None };
        assert!(truncate(&catalog, id, &cut, 1).unwrap().events.is_empty());
        let cut = Cut { length: 2, seen: (0, 0, 0), dropped: 0, last: None };
        assert_eq!(truncate(&catalog, id, &cut, 1).unwrap_err().code(), "out_of_range");
    }
}
