//! Changing names, other metadata and the state of spawn edges.

use super::super::Catalog;
use super::super::command::Decision;
use super::super::event::{Event, Touch};
use super::{validate, writable};
use crate::error::{Error, Result};
use crate::id::ThreadId;
use crate::thread::{EdgeStatus, ThreadPatch};

/// A patch that only renames leaves `updatedAt` alone; one that changes nothing writes nothing.
pub(super) fn update(
    catalog: &Catalog,
    id: ThreadId,
    patch: &ThreadPatch,
    at: i64,
) -> Result<Decision> {
    check(patch)?;
    let record = writable(catalog, id)?;
    let mut patch = patch.clone();
    if let Some(Some(preview)) = &mut patch.preview {
        *preview = validate::preview(preview);
    }
    let mut changed = record.clone();
    changed.touch(&Touch { patch: Some(Box::new(patch.clone())), ..Touch::default() });
    if changed == *record {
        return Ok(Decision::default());
    }
    let renames_only = ThreadPatch { name: None, ..patch.clone() }.is_empty();
    let updated_at = (!renames_only).then(|| record.updated_at.max(at));
    let touch = Touch { updated_at, recency_at: None, patch: Some(Box::new(patch)) };
    Ok(Event::Updated { thread: id, touch }.into())
}

fn check(patch: &ThreadPatch) -> Result<()> {
    fn inner<T>(field: &Option<Option<T>>) -> Option<&T> {
        field.as_ref()?.as_ref()
    }
    validate::name(inner(&patch.name))?;
    validate::text("title", inner(&patch.title))?;
    validate::text("cwd", inner(&patch.cwd))?;
    validate::json("source", inner(&patch.source))?;
    validate::json("threadSource", inner(&patch.thread_source))?;
    validate::text("modelProvider", inner(&patch.model_provider))?;
    validate::text("model", inner(&patch.model))?;
    validate::text("cliVersion", inner(&patch.cli_version))?;
    validate::text("originator", inner(&patch.originator))?;
    validate::git_info(inner(&patch.git_info))?;
    validate::text("agentNickname", inner(&patch.agent_nickname))?;
    validate::text("agentRole", inner(&patch.agent_role))?;
    validate::text("agentPath", inner(&patch.agent_path))?;
    validate::text("memoryMode", inner(&patch.memory_mode))?;
    validate::json("tokenUsage", inner(&patch.token_usage))?;
    validate::json("metadata", inner(&patch.metadata))
}

/// The edge may also be closed once the child is archived.
pub(super) fn set_edge(catalog: &Catalog, id: ThreadId, status: EdgeStatus) -> Result<Decision> {
    let record = catalog.visible(id)?;
    if catalog.parent(record).is_none() {
        return Err(Error::NotSpawned { id });
    }
    if record.edge == Some(status) {
        return Ok(Decision::default());
    }
    Ok(Event::EdgeSet { thread: id, status }.into())
}
