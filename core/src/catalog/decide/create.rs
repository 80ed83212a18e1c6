//! Creating threads, as roots or under a parent, and moving them.

use super::super::command::Decision;
use super::super::event::{Event, Segment};
use super::super::{Catalog, Record};
use super::{validate, writable};
use crate::error::{Error, Result};
use crate::id::ThreadId;
use crate::limits::MAX_THREADS;
use crate::thread::CreateThread;
use crate::tree;

/// A thread's id is its own or the one made for it; a deleted thread's id is never given again.
pub(super) fn create(
    catalog: &Catalog,
    id: ThreadId,
    thread: &CreateThread,
    at: i64,
) -> Result<Decision> {
    Ok(Event::Created(Box::new(record(catalog, id, thread, at)?)).into())
}

/// Returns the record of a new thread.
pub(super) fn record(
    catalog: &Catalog,
    id: ThreadId,
    thread: &CreateThread,
    at: i64,
) -> Result<Record> {
    let id = thread.id.unwrap_or(id);
    check(thread)?;
    match catalog.visible(id) {
        Err(Error::ThreadNotFound { .. }) if catalog.record(id).is_none() => {}
        Err(Error::ThreadNotFound { .. }) => return Err(Error::ThreadExists { id }),
        Err(error) => return Err(error),
        Ok(_) => return Err(Error::ThreadExists { id }),
    }
    let parent = match thread.parent_thread_id {
        Some(parent) if parent == id => return Err(Error::Cycle { parent, child: id }),
        Some(parent) => Some(writable(catalog, parent).map_err(|error| match error {
            Error::ThreadNotFound { id } => Error::ParentNotFound { id },
            other => other,
        })?),
        None => None,
    };
    if catalog.next_ordinal() >= MAX_THREADS {
        let (size, limit) = (catalog.next_ordinal() as usize, MAX_THREADS as usize);
        return Err(Error::TooLarge { field: "threads".into(), size, limit });
    }
    let created_at = thread.created_at.unwrap_or(at);
    let tree = parent.map_or(id, |parent| parent.tree);
    let session = thread
        .session_id
        .clone()
        .or_else(|| parent.and_then(|parent| parent.session.clone()))
        .filter(|session| *session != tree.to_string());
    Ok(Record {
        ord: catalog.next_ordinal(),
        id,
        tree,
        parent: parent.map(|parent| parent.ord),
        edge: parent.map(|_| thread.edge_status.unwrap_or_default()),
        created_at,
        updated_at: thread.updated_at.unwrap_or(created_at),
        recency_at: thread.recency_at.unwrap_or(created_at),
        archived: None,
        deletion: None,
        len: 0,
        bytes: 0,
        packed: 0,
        segment: Segment::default(),
        generation: 0,
        session,
        forked_from: thread.forked_from_id.map(Box::new),
        name: thread.name.clone(),
        preview: thread.preview.as_deref().map(validate::preview),
        title: thread.title.clone(),
        goal: None,
        logs: 0,
        tools: 0,
        documents: None,
        details: thread.details.clone().into(),
    })
}

/// Checks what can be checked of a new thread before it is to be stored.
pub(crate) fn check(thread: &CreateThread) -> Result<()> {
    validate::name(thread.name.as_ref())?;
    validate::text("title", thread.title.as_ref())?;
    validate::text("sessionId", thread.session_id.as_ref())?;
    validate::time("createdAt", thread.created_at)?;
    validate::time("updatedAt", thread.updated_at)?;
    validate::time("recencyAt", thread.recency_at)?;
    validate::details(&thread.details)?;
    if thread.edge_status.is_some() && thread.parent_thread_id.is_none() {
        let reason = "a thread without parentThreadId has no spawn edge".into();
        return Err(Error::InvalidField { field: "edgeStatus".into(), reason });
    }
    Ok(())
}

/// An edge that would make a thread its own ancestor is refused.
pub(super) fn set_parent(
    catalog: &Catalog,
    id: ThreadId,
    parent: Option<ThreadId>,
) -> Result<Decision> {
    let record = writable(catalog, id)?;
    let parent = match parent {
        Some(parent) => Some(writable(catalog, parent).map_err(|error| match error {
            Error::ThreadNotFound { id } => Error::ParentNotFound { id },
            other => other,
        })?),
        None => None,
    };
    if let Some(parent) = parent {
        let line = tree::lineage(parent.ord, |ord| catalog.slot(ord)?.parent);
        if line.contains(&record.ord) {
            return Err(Error::Cycle { parent: parent.id, child: id });
        }
    }
    let parent = parent.map(|parent| parent.ord);
    if record.parent == parent {
        return Ok(Decision::default());
    }
    let edge = parent.map(|_| record.edge.unwrap_or_default());
    Ok(Event::Moved { thread: id, parent, edge }.into())
}
