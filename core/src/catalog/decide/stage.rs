//! Staging: threads that are written piece by piece and appear together, or not at all.
//!
//! They are the members of a deletion that nobody asked for: hidden from the first commit on, erased
//! when they are given up or forgotten, and brought in by undoing it.

use super::super::command::{Command, Copied, Decision, Staged};
use super::super::event::Event;
use super::super::{Catalog, Ordinals};
use super::{create, validate};
use crate::error::{Error, Result};
use crate::goal::Goal;
use crate::id::DeletionId;

const GIVEN_UP: &str = "what was staged has been given up";

/// What nobody finishes is erased after a day.
const PATIENCE: i64 = 24 * 60 * 60 * 1000;

pub(super) fn stage(
    catalog: &Catalog,
    staging: DeletionId,
    thread: &Staged,
    at: i64,
) -> Result<Decision> {
    validate::time("archivedAt", thread.archived.map(|archived| archived.at))?;
    thread.goal.as_deref().map_or(Ok(()), Goal::check)?;
    if catalog.deletion(staging).is_some_and(|state| !state.staged || !state.erased.is_empty()) {
        return Err(lost(staging, GIVEN_UP));
    }
    let mut record = create::record(catalog, thread.id, &thread.thread, at)?;
    record.deletion = Some(staging);
    record.archived = thread.archived.map(Box::new);
    record.goal.clone_from(&thread.goal);
    record.documents.clone_from(&thread.documents);
    let root = record.ord;
    let members: Ordinals = [root].into_iter().collect();
    let hidden = Event::Deleted {
        deletion: staging,
        root,
        members,
        detached: Ordinals::default(),
        undo_until: Some(at.saturating_add(PATIENCE)),
        staged: true,
    };
    Ok(Decision { events: vec![Event::Created(Box::new(record)), hidden], writes: Vec::new() })
}

/// What was given up and came anew in another staging, or was published by it, is not this one's.
pub(super) fn check_member(
    catalog: &Catalog,
    staging: DeletionId,
    command: &Command,
) -> Result<()> {
    let (Command::Append { thread, .. }
    | Command::Log { thread, .. }
    | Command::SetTools { thread, .. }) = command
    else {
        return Ok(());
    };
    match catalog.record(*thread) {
        Some(record) if record.deletion == Some(staging) => Ok(()),
        _ => Err(Error::ThreadNotFound { id: *thread }),
    }
}

/// What was copied must still be what it was.
pub(super) fn publish(
    catalog: &Catalog,
    staging: DeletionId,
    copied: Option<&Copied>,
) -> Result<Decision> {
    let state = catalog.deletion(staging).filter(|state| state.staged && state.erased.is_empty());
    let state = state.ok_or_else(|| lost(staging, GIVEN_UP))?;
    if let Some(copied) = copied
        && super::writable(catalog, copied.source)?.generation != copied.generation
    {
        let reason = "the history was cut back while it was copied".into();
        return Err(Error::InvalidField { field: "length".into(), reason });
    }
    for record in state.members.iter().filter_map(|ord| catalog.slot(ord)) {
        let parent = record.parent.filter(|parent| !state.members.contains(*parent));
        match parent.map(|parent| catalog.slot(parent)) {
            Some(Some(parent)) => super::writable(catalog, parent.id).map(drop)?,
            Some(None) => return Err(lost(staging, "the parent of its root is gone")),
            None => {}
        }
    }
    Ok(Event::Undeleted { deletion: staging }.into())
}

fn lost(staging: DeletionId, reason: &str) -> Error {
    Error::NotUndoable { deletion: staging, reason: reason.into() }
}
