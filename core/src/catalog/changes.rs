//! From events, or from two states, to what listeners are told.

use super::event::Event;
use super::{Catalog, Ordinals, Record};
use crate::change::Change;
use crate::id::ThreadId;
use crate::query::DeletionProgress;
use crate::tree;

impl Catalog {
    /// Returns what listeners hear of an event that has just been applied.
    pub(crate) fn announce(&self, event: &Event) -> Vec<Change> {
        if event.thread().is_some_and(|id| self.visible(id).is_err()) {
            return Vec::new();
        }
        match event {
            Event::Created(record) => vec![Change::Created { thread_id: record.id }],
            Event::Appended { thread, first, lines, .. } => {
                vec![Change::Appended {
                    thread_id: *thread,
                    first: *first,
                    count: lines.len() as u64,
                }]
            }
            Event::Segmented { thread, first, count, .. } => {
                vec![Change::Appended { thread_id: *thread, first: *first, count: *count }]
            }
            Event::Truncated { thread, length, .. } => {
                vec![Change::Truncated { thread_id: *thread, length: *length }]
            }
            Event::Updated { thread, touch } => {
                let patch = touch.patch.as_deref().cloned().unwrap_or_default();
                let mut changes = Vec::new();
                if let Some(name) = patch.name.clone() {
                    changes.push(Change::Renamed { thread_id: *thread, name });
                }
                if touch.updated_at.is_some() {
                    changes.push(Change::Updated { thread_id: *thread });
                }
                changes
            }
            Event::GoalSet { thread, goal } => {
                let goal = goal.as_deref().cloned();
                vec![Change::GoalChanged { thread_id: *thread, goal }]
            }
            Event::EdgeSet { thread, .. }
            | Event::Moved { thread, .. }
            | Event::Logged { thread, .. }
            | Event::ToolsSet { thread, .. } => {
                vec![Change::Updated { thread_id: *thread }]
            }
            Event::Archived { root, members, .. } => {
                let below = self.visible_descendants(*root);
                let order = tree::archive_order(*root, &below);
                vec![Change::Archived { thread_ids: self.ids_among(&order, members) }]
            }
            Event::Unarchived { root, members } => {
                let below = self.visible_descendants(*root);
                let order = tree::unarchive_order(*root, &below);
                vec![Change::Unarchived { thread_ids: self.ids_among(&order, members) }]
            }
            Event::Deleted { staged: true, .. } => Vec::new(),
            Event::Erasing { deletion, .. } if self.is_staging(*deletion) => Vec::new(),
            Event::Deleted { deletion, root, members, detached, .. } => {
                let order = self.members_in_deletion_order(*root, members);
                let mut changes =
                    vec![Change::Deleted { deletion: *deletion, thread_ids: self.ids(&order) }];
                let detached = detached.iter().filter_map(|ord| self.slot(ord));
                changes.extend(detached.map(|record| Change::Updated { thread_id: record.id }));
                changes
            }
            Event::Erasing { deletion, .. } => {
                let progress = self.deletion(*deletion).map(|state| DeletionProgress {
                    deletion: *deletion,
                    erased: state.erased.len(),
                    threads: state.members.len(),
                });
                progress.map(|progress| Change::Erasing { progress }).into_iter().collect()
            }
            Event::Erased { receipt } if self.receipt(receipt.deletion).is_none() => Vec::new(),
            Event::Erased { receipt } => {
                vec![Change::Erased { deletion: receipt.deletion, root: receipt.root }]
            }
            // An undone deletion is not known any more: see `announce_undeleted`.
            Event::Undeleted { .. } | Event::Checkpoint { .. } => Vec::new(),
            Event::JobCreated(job) => vec![Change::JobChanged { job: job.id }],
            Event::TaskSet { job, .. } | Event::JobDeleted { job } => {
                vec![Change::JobChanged { job: *job }]
            }
        }
    }

    /// Returns what listeners hear of an undone deletion; to be asked before it is applied.
    pub(crate) fn announce_undeleted(&self, event: &Event) -> Vec<Change> {
        let Event::Undeleted { deletion } = event else { return Vec::new() };
        let Some(state) = self.deletion(*deletion) else { return Vec::new() };
        if state.staged {
            let members = state.members.iter().filter_map(|ord| self.slot(ord));
            return members.flat_map(|record| appeared(record)).collect();
        }
        let mut order = self.members_in_deletion_order(state.root, &state.members);
        order.reverse();
        let mut changes =
            vec![Change::Undeleted { deletion: *deletion, thread_ids: self.ids(&order) }];
        let back = state.detached.iter().filter_map(|ord| self.slot(ord)).filter(|record| {
            record.visible() && record.parent.is_some_and(|parent| state.members.contains(parent))
        });
        changes.extend(back.map(|record| Change::Updated { thread_id: record.id }));
        changes
    }

    /// Returns what listeners hear when `self` takes the place of `old` without the entries that
    /// led from one to the other.
    pub(crate) fn announce_since(&self, old: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut gone: Vec<ThreadId> = Vec::new();
        for before in old.records().filter(|record| record.visible()) {
            let id = before.id;
            let Ok(after) = self.visible(id) else {
                gone.push(id);
                continue;
            };
            if after.generation != before.generation {
                changes.push(Change::Truncated { thread_id: id, length: 0 });
                changes.extend(appeared(after).into_iter().skip(1));
            } else if after.len > before.len {
                let (first, count) = (before.len, after.len - before.len);
                changes.push(Change::Appended { thread_id: id, first, count });
            }
            if after.name != before.name {
                changes.push(Change::Renamed { thread_id: id, name: after.name.clone() });
            }
            if after.goal != before.goal {
                let goal = after.goal.as_deref().cloned();
                changes.push(Change::GoalChanged { thread_id: id, goal });
            }
            match (&before.archived, &after.archived) {
                (None, Some(_)) => changes.push(Change::Archived { thread_ids: vec![id] }),
                (Some(_), None) => changes.push(Change::Unarchived { thread_ids: vec![id] }),
                _ => {}
            }
            let seen = |catalog: &Self, record: &Record| {
                let parent = catalog.parent(record);
                (record.updated_at, parent.map(|parent| (parent.id, record.edge)))
            };
            if seen(self, after) != seen(old, before) {
                changes.push(Change::Updated { thread_id: id });
            }
        }
        for id in gone.into_iter().rev() {
            let deletion = self.deletion_of(id).unwrap_or_default();
            changes.push(Change::Deleted { deletion, thread_ids: vec![id] });
        }
        for after in self.records().filter(|record| record.visible()) {
            let before = old.record(after.id);
            let hidden = before.and_then(|before| before.deletion);
            match hidden.filter(|deletion| !old.is_staging(*deletion)) {
                Some(deletion) => {
                    changes.push(Change::Undeleted { deletion, thread_ids: vec![after.id] });
                }
                None if before.is_none_or(|before| !before.visible()) => {
                    changes.extend(appeared(after));
                }
                None => {}
            }
        }
        for pending in old.deletions() {
            if let Some(receipt) = self.receipt(pending.deletion) {
                let (deletion, root) = (receipt.deletion, receipt.root);
                changes.push(Change::Erased { deletion, root });
            }
        }
        changes
    }

    fn ids_among(&self, order: &[u32], members: &Ordinals) -> Vec<ThreadId> {
        let taken: Vec<u32> = order.iter().copied().filter(|ord| members.contains(*ord)).collect();
        self.ids(&taken)
    }
}

/// Returns what listeners hear of a thread that is there, whole, from one entry to the next.
fn appeared(record: &Record) -> Vec<Change> {
    let (thread_id, count) = (record.id, record.len);
    let mut changes = vec![Change::Created { thread_id }];
    if count > 0 {
        changes.push(Change::Appended { thread_id, first: 0, count });
    }
    changes
}
