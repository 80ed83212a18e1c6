//! From events, or from two states, to what listeners are told.

use super::event::Event;
use super::{Catalog, Ordinals, Record};
use crate::change::Change;
use crate::document::Collections;
use crate::id::{DeletionId, ThreadId};
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
            Event::DocumentsChanged { thread, collection, change } => {
                let thread_id = *thread;
                let (collection, change) = (collection.clone(), Some((**change).clone()));
                vec![Change::DocumentsChanged { thread_id, collection, change }]
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
            if before.documents != after.documents {
                let none = Collections::new();
                let old = before.documents.as_deref().unwrap_or(&none);
                let new = after.documents.as_deref().unwrap_or(&none);
                changes.extend(documents(Some(id), old, new));
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
        changes.extend(documents(None, &old.documents, &self.documents));
        let mut over: Vec<DeletionId> =
            old.deletions_asked_for().map(|state| state.deletion).collect();
        for id in gone.into_iter().rev() {
            let deletion = self.deletion_of(id).unwrap_or_default();
            over.push(deletion);
            changes.push(Change::Deleted { deletion, thread_ids: vec![id] });
        }
        for after in self.records().filter(|record| record.visible()) {
            let before = old.record(after.id);
            let hidden = before.and_then(|before| before.deletion);
            if before.is_none() || hidden.is_some_and(|by| old.is_staging(by)) {
                changes.extend(appeared(after));
            }
        }
        over.sort_unstable();
        over.dedup();
        changes.extend(over.into_iter().filter_map(|deletion| self.end_of(deletion, old)));
        changes
    }

    /// Returns how a deletion ended that `old` knew, or that took what `old` showed.
    fn end_of(&self, deletion: DeletionId, old: &Self) -> Option<Change> {
        if let Some(receipt) = self.receipt(deletion) {
            return Some(Change::Erased { deletion, root: receipt.root });
        }
        let state = old.deletion(deletion).filter(|_| self.deletion(deletion).is_none())?;
        let order = old.members_in_deletion_order(state.root, &state.members);
        let mut thread_ids = old.ids(&order);
        thread_ids.retain(|id| self.visible(*id).is_ok());
        thread_ids.reverse();
        Some(Change::Undeleted { deletion, thread_ids })
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

/// Returns what listeners hear of the collections that differ.
fn documents(thread_id: Option<ThreadId>, old: &Collections, new: &Collections) -> Vec<Change> {
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let differing = names.into_iter().filter(|name| old.get(*name) != new.get(*name));
    differing
        .map(|name| Change::DocumentsChanged { thread_id, collection: name.clone(), change: None })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Command, Eraser, decide};
    use crate::storage::Scrubbed;

    fn create(id: ThreadId) -> Command {
        Command::Create { id, thread: Box::default() }
    }

    fn delete(thread: ThreadId, deletion: DeletionId) -> Command {
        Command::Delete { thread, deletion, options: Default::default() }
    }

    /// Carries a command out, and returns the state that it led to.
    fn run(catalog: &mut Catalog, command: &Command) -> Catalog {
        let decision = decide(catalog, command, 1).unwrap();
        catalog.apply_entry(catalog.position + 1, 1, &decision.events).unwrap();
        catalog.clone()
    }

    fn ids() -> (ThreadId, [DeletionId; 2]) {
        (ThreadId::from_uuid(DeletionId::from_u128(1)), [2, 3].map(DeletionId::from_u128))
    }

    #[test]
    fn who_missed_an_undoing_hears_of_it_though_the_thread_is_deleted_again() {
        let (mut catalog, (id, [first, second])) = (Catalog::default(), ids());
        run(&mut catalog, &create(id));
        let old = run(&mut catalog, &delete(id, first));
        let undone = run(&mut catalog, &Command::Undelete { deletion: first });
        let new = run(&mut catalog, &delete(id, second));
        let end = |thread_ids| Change::Undeleted { deletion: first, thread_ids };
        assert_eq!(undone.announce_since(&old), [end(vec![id])]);
        assert_eq!(new.announce_since(&old), [end(Vec::new())]);
    }

    #[test]
    fn who_missed_a_whole_deletion_hears_of_its_end_too() {
        let (mut catalog, (id, [deletion, _])) = (Catalog::default(), ids());
        let old = run(&mut catalog, &create(id));
        run(&mut catalog, &delete(id, deletion));
        let eraser = Eraser { deletion, limit: 1, quarantined: Vec::new(), now: false };
        let mut new = run(&mut catalog, &Command::Erase(eraser));
        let receipt =
            crate::deletion::receipt(new.deletion(deletion).unwrap(), 1, Scrubbed::LogicalOnly);
        new.apply(&Event::Erased { receipt: Box::new(receipt) }, 1).unwrap();
        let gone = Change::Deleted { deletion, thread_ids: vec![id] };
        assert_eq!(new.announce_since(&old), [gone, Change::Erased { deletion, root: id }]);
    }
}
