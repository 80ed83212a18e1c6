//! Archiving and unarchiving trees.

use super::super::command::Decision;
use super::super::event::Event;
use super::super::{Catalog, Ordinals};
use crate::error::{Error, Result};
use crate::id::ThreadId;

/// Takes every active descendant along; where nothing is active any more, nothing is written, so
/// an archive that was cut short is simply asked for again.
pub(super) fn archive(catalog: &Catalog, id: ThreadId, group: u64) -> Result<Decision> {
    let root = catalog.visible(id)?.ord;
    let members: Ordinals = catalog
        .visible_descendants(root)
        .into_iter()
        .chain([root])
        .filter(|ord| catalog.slot(*ord).is_some_and(|record| record.archived.is_none()))
        .collect();
    if members.is_empty() {
        return Ok(Decision::default());
    }
    Ok(Event::Archived { root, group, members }.into())
}

/// Brings back exactly the threads that were archived together with this one.
pub(super) fn unarchive(catalog: &Catalog, id: ThreadId) -> Result<Decision> {
    let record = catalog.visible(id)?;
    let Some(archived) = record.archived.as_deref() else {
        return Err(Error::ThreadNotArchived { id });
    };
    if let Some(parent) = catalog.parent(record).filter(|parent| parent.archived.is_some()) {
        return Err(Error::ThreadArchived { id: parent.id });
    }
    let together = |ord: u32| {
        let other = catalog.slot(ord).and_then(|record| record.archived.as_deref());
        other.is_some_and(|other| other.group == archived.group)
    };
    let root = record.ord;
    let below = catalog.visible_descendants(root).into_iter().filter(|ord| together(*ord));
    Ok(Event::Unarchived { root, members: below.chain([root]).collect() }.into())
}
