//! Applying what a load had to leave out: the entries after a bad one, and events of threads that
//! have come back since. What fits is applied, event by event.

use bytes::Bytes;

use super::damage::fitting;
use super::mend::marks;
use crate::catalog::{Catalog, Event};
use crate::error::{Error, Result};
use crate::journal::entry::{Entry, check_format, decode};
use crate::journal::replica::Replica;
use crate::keys;
use crate::storage::{Key, Table};

/// Applies the entries from where the load stopped, and returns the keys of those of which
/// something could not be applied.
///
/// # Errors
/// `schema_too_new` for an entry of a newer version, which nobody here can judge.
pub(super) fn replay_rest(replica: &mut Replica, journal: &[(Key, Bytes)]) -> Result<Vec<Key>> {
    let Some(stopped) = replica.losses.stopped else { return Ok(Vec::new()) };
    let mut left = Vec::new();
    for (key, value) in journal {
        let Some(n) = keys::entry_number(key).filter(|n| *n >= stopped) else { continue };
        let entry = match decode::<Entry>(Table::Journal, key, value) {
            Ok(entry) => {
                check_format(entry.v)?;
                entry
            }
            Err(error @ Error::Storage(_)) => return Err(error),
            Err(_) => {
                left.push(key.clone());
                continue;
            }
        };
        let catalog = &mut replica.catalog;
        if entry.n != n || catalog.apply_entry(n, entry.at, &[]).is_err() {
            left.push(key.clone());
            continue;
        }
        let mut whole = true;
        for event in entry.events {
            if !apply(catalog, &event, entry.at)? {
                whole = false;
                replica.losses.skipped.push((entry.at, event));
            }
        }
        if !whole {
            left.push(key.clone());
        }
    }
    Ok(left)
}

/// Applies an event as far as it fits; false where nothing of it does.
pub(super) fn apply(catalog: &mut Catalog, event: &Event, at: i64) -> Result<bool> {
    if let Event::Created(record) = event {
        // The numbers between are of threads whose creation is lost.
        return Ok(catalog.load_record((**record).clone()).is_ok());
    }
    let Some(event) = fitting(catalog, event) else { return Ok(false) };
    if let Event::Appended { thread, first, .. } = &event
        && let Some(record) = catalog.record(*thread)
    {
        let (thread, len) = (*thread, record.len);
        let lines = marks(first.saturating_sub(len), None, at)?;
        if !lines.is_empty() {
            let touch = Default::default();
            let fill = Event::Appended { thread, first: len, touch, lines };
            try_apply(catalog, &fill, at);
        }
    }
    Ok(try_apply(catalog, &event, at))
}

fn try_apply(catalog: &mut Catalog, event: &Event, at: i64) -> bool {
    catalog.try_out();
    let applied = catalog.apply(event, at).is_ok();
    if applied {
        catalog.keep();
    } else {
        catalog.roll_back();
    }
    applied
}
