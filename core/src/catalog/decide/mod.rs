//! Deciding: from a command and the catalog to events, with nothing changed.
//!
//! Every rule about what a caller may do is here, a file a family. A refused command has no
//! effect; an empty decision means that the state asked for is there already.

mod append;
mod archive;
mod create;
mod delete;
mod documents;
mod goal;
mod job;
mod metadata;
mod stage;
mod streams;
mod truncate;
mod validate;

pub(crate) use append::segments;
pub(crate) use create::check as check_new;
pub(crate) use delete::plan;
pub(crate) use truncate::check_length;

use super::command::{Command, Decision};
use super::{Catalog, Record};
use crate::error::{Error, Result};
use crate::id::ThreadId;

/// Decides what `command` leads to at the time `at`, in milliseconds.
///
/// # Errors
/// The reason why the command is refused; nothing is to be written then.
pub(crate) fn decide(catalog: &Catalog, command: &Command, at: i64) -> Result<Decision> {
    match command {
        Command::Create { id, thread } => create::create(catalog, *id, thread, at),
        Command::Append { thread, items, observed } => {
            append::append(catalog, *thread, items, observed, at)
        }
        Command::Truncate { thread, cut } => truncate::truncate(catalog, *thread, cut, at),
        Command::Update { thread, patch } => metadata::update(catalog, *thread, patch, at),
        Command::SetEdge { thread, status } => metadata::set_edge(catalog, *thread, *status),
        Command::SetParent { thread, parent } => create::set_parent(catalog, *thread, *parent),
        Command::SetGoal { thread, id, patch } => goal::set(catalog, *thread, *id, patch, at),
        Command::ClearGoal { thread } => goal::clear(catalog, *thread),
        Command::Log { thread, records } => streams::log(catalog, *thread, records, at),
        Command::SetTools { thread, tools } => streams::set_tools(catalog, *thread, tools),
        Command::ChangeDocuments { owner, collection, change } => {
            documents::change_documents(catalog, *owner, collection, change)
        }
        Command::AppendAfter { length, append } => append::after(catalog, *length, append, at),
        Command::FinishDraft { draft, append } => append::finish(catalog, draft, append, at),
        Command::CreateJob { id, name, tasks } => job::create(catalog, *id, name, tasks, at),
        Command::SetTask { job, task } => job::set_task(catalog, *job, task),
        Command::DeleteJob { job } => job::delete(catalog, *job),
        Command::Archive { thread, group } => archive::archive(catalog, *thread, *group),
        Command::Unarchive { thread } => archive::unarchive(catalog, *thread),
        Command::Delete { thread, deletion, options } => {
            delete::delete(catalog, *thread, *deletion, options, at)
        }
        Command::Undelete { deletion } => delete::undelete(catalog, *deletion),
        Command::Stage { staging, thread } => stage::stage(catalog, *staging, thread, at),
        Command::Fill { staging, command } => {
            stage::check_member(catalog, *staging, command)?;
            decide(catalog, command, at)
        }
        Command::Publish { staging, copied } => stage::publish(catalog, *staging, copied.as_ref()),
        Command::Erase(eraser) => delete::erase(catalog, eraser, at),
    }
}

/// Returns a thread that may be written to; one that is being staged may be, archived or not.
fn writable(catalog: &Catalog, id: ThreadId) -> Result<&Record> {
    let record = catalog.visible(id)?;
    match record.archived {
        Some(_) if record.visible() => Err(Error::ThreadArchived { id }),
        _ => Ok(record),
    }
}
