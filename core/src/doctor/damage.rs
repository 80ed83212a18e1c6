//! What a load could not read and went around, so that one bad record never hides the rest.
//!
//! A replica with damage is for reading only: whatever it would commit could make it worse.

use super::report::FindingCode;
use crate::catalog::{Catalog, Event, Ordinals};
use crate::error::Error;
use crate::id::ThreadId;
use crate::storage::{Key, Table};

/// A record that a load could not take as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    pub(crate) code: FindingCode,
    pub(crate) table: Table,
    pub(crate) key: Key,
    pub(crate) reason: String,
}

/// Everything that a load went around.
#[derive(Clone, Debug, Default)]
pub(crate) struct Losses {
    pub(crate) damage: Vec<Damage>,
    /// Threads, deletions or jobs are missing, so events may name what is not known.
    pub(crate) lenient: bool,
    /// The number of the entry before which the replay stopped.
    pub(crate) stopped: Option<u64>,
    /// Events about threads that are not known, with their times.
    pub(crate) skipped: Vec<(i64, Event)>,
    /// Numbers and ids of threads of which nothing else could be read.
    pub(crate) broken: Vec<(u32, ThreadId)>,
}

impl Losses {
    pub(crate) fn add(
        &mut self,
        code: FindingCode,
        table: Table,
        key: &str,
        reason: impl std::fmt::Display,
    ) {
        let reason = reason.to_string();
        self.damage.push(Damage { code, table, key: key.to_owned(), reason });
    }

    /// Adds a record that could not be decoded, naming the cause without the key again.
    pub(crate) fn unreadable(&mut self, code: FindingCode, table: Table, key: &str, error: Error) {
        self.add(code, table, key, super::salvage::reason(error));
    }

    pub(crate) fn has(&self, code: FindingCode) -> bool {
        self.damage.iter().any(|damage| damage.code == code)
    }

    /// Tells whether no news can be taken in any more.
    pub(crate) fn stuck(&self) -> bool {
        self.stopped.is_some() || self.has(FindingCode::EpochMissing)
    }

    /// Returns the error that refuses every change of a damaged store.
    pub(crate) fn error(&self) -> Option<Error> {
        let first = self.damage.first()?;
        let key = format!("{}/{}", first.table.name(), first.key);
        let reason = format!(
            "{}; the store is read-only until `creel doctor --repair` has mended it",
            first.reason
        );
        Some(Error::Corrupt { key, reason })
    }
}

/// Returns what of an event concerns threads, deletions and jobs that are known; `None` if nothing.
pub(crate) fn fitting(catalog: &Catalog, event: &Event) -> Option<Event> {
    let known = |members: &Ordinals| -> Ordinals {
        members
            .iter_below(catalog.next_ordinal())
            .filter(|ord| catalog.slot(*ord).is_some())
            .collect()
    };
    let mut event = event.clone();
    match &mut event {
        Event::Appended { thread, .. }
        | Event::Segmented { thread, .. }
        | Event::Updated { thread, .. }
        | Event::EdgeSet { thread, .. }
        | Event::Moved { thread, .. }
        | Event::GoalSet { thread, .. }
        | Event::Logged { thread, .. }
        | Event::ToolsSet { thread, .. } => {
            catalog.record(*thread)?;
        }
        Event::DocumentsChanged { thread, .. } => {
            thread.map_or(Some(()), |thread| catalog.record(thread).map(|_| ()))?;
        }
        Event::TaskSet { job, task } => {
            catalog.job(*job)?.tasks.iter().find(|known| known.id == task.id)?;
        }
        Event::Archived { members, .. } | Event::Unarchived { members, .. } => {
            *members = known(members);
        }
        Event::Deleted { root, members, detached, .. } => {
            (*members, *detached) = (known(members), known(detached));
            let first = members.iter().next()?;
            if !members.contains(*root) {
                *root = first;
            }
        }
        Event::Undeleted { deletion } => {
            catalog.deletion(*deletion)?;
        }
        Event::Erasing { deletion, members, tasks, .. } => {
            let state = catalog.deletion(*deletion)?;
            *members = members.iter().filter(|ord| state.members.contains(*ord)).collect();
            tasks.retain(|(job, task)| {
                let known = catalog.job(*job);
                known.is_some_and(|job| job.tasks.iter().any(|known| known.id == task.id))
            });
        }
        Event::Erased { receipt } => {
            catalog.deletion(receipt.deletion).filter(|state| state.all_erased())?;
        }
        Event::Truncated { thread, length, .. } => {
            catalog.record(*thread).filter(|record| *length <= record.len)?;
        }
        Event::Created(_)
        | Event::JobCreated(_)
        | Event::JobDeleted { .. }
        | Event::Checkpoint { .. } => {}
    }
    Some(event)
}
