//! A listener of an instance: it knows of the threads what the events say, and must end up knowing
//! what the model knows.
//!
//! It looks at a thread only when it hears that the thread is new, back, or changed in a way that
//! the event does not spell out.

use std::collections::{BTreeMap, BTreeSet};

use creel::storage::Storage;
use creel::{ArchiveFilter, Change, ChangeEvent, DeletionId, Store, Thread, ThreadId, ThreadQuery};

use super::check::{at_once, goal_of};
use super::model::Model;

/// One listener.
#[derive(Debug)]
pub struct Watch {
    events: async_channel::Receiver<ChangeEvent>,
    seen: BTreeMap<ThreadId, Seen>,
    /// Deletions that it heard of, and not of their end.
    pending: BTreeSet<DeletionId>,
    position: u64,
    heard: u64,
}

#[derive(Debug)]
struct Seen {
    /// The position at which it was looked at; what happened before is known.
    as_of: u64,
    name: Option<String>,
    parent: Option<ThreadId>,
    archived: bool,
    items: u64,
    goal: Option<u64>,
}

impl Watch {
    /// Subscribes, and looks at what is there; `None` if the store is not to be used any more.
    pub fn begin<S: Storage>(store: &Store<S>) -> Option<Self> {
        let (events, position) = (store.subscribe(), store.stats().position);
        let query = ThreadQuery {
            archived: Some(ArchiveFilter::All),
            limit: Some(1000),
            ..ThreadQuery::default()
        };
        let threads = at_once(store.list(query))?.ok()?.data;
        let seen = threads.into_iter().map(|thread| (thread.id, Seen::of(store, &thread)));
        let seen = seen.collect();
        Some(Self { events, seen, pending: BTreeSet::new(), position, heard: 0 })
    }

    /// Takes note of everything that was announced since; returns how many events those were.
    pub fn follow<S: Storage>(&mut self, store: &Store<S>) -> Result<u64, String> {
        let before = self.heard;
        while let Ok(event) = self.events.try_recv() {
            if event.position < self.position || event.position > store.stats().position {
                return Err(format!("{event:?} comes after position {}", self.position));
            }
            (self.position, self.heard) = (event.position, self.heard + 1);
            self.hear(store, &event)?;
        }
        Ok(self.heard - before)
    }

    fn hear<S: Storage>(&mut self, store: &Store<S>, event: &ChangeEvent) -> Result<(), String> {
        let news = |seen: &&mut Seen| seen.as_of < event.position;
        match &event.change {
            Change::Created { thread_id } => self.look(store, *thread_id),
            Change::Deleted { deletion, thread_ids } => {
                self.pending.insert(*deletion);
                self.seen.retain(|id, _| !thread_ids.contains(id));
            }
            Change::Undeleted { deletion, thread_ids } => {
                self.pending.remove(deletion);
                thread_ids.iter().for_each(|id| self.look(store, *id));
            }
            Change::Erased { deletion, .. } => {
                self.pending.remove(deletion);
            }
            Change::Appended { thread_id, first, count } => {
                if let Some(seen) = self.seen.get_mut(thread_id).filter(news) {
                    if seen.items != *first {
                        return Err(format!("{event:?} of a thread with {} items", seen.items));
                    }
                    seen.items += count;
                }
            }
            Change::Renamed { thread_id, name } => {
                if let Some(seen) = self.seen.get_mut(thread_id).filter(news) {
                    seen.name.clone_from(name);
                }
            }
            Change::Archived { thread_ids } | Change::Unarchived { thread_ids } => {
                let archived = matches!(event.change, Change::Archived { .. });
                for id in thread_ids {
                    if let Some(seen) = self.seen.get_mut(id).filter(news) {
                        seen.archived = archived;
                    }
                }
            }
            Change::GoalChanged { thread_id, goal } => {
                if let Some(seen) = self.seen.get_mut(thread_id).filter(news) {
                    seen.goal = goal.as_ref().and_then(|goal| goal_of(&goal.objective));
                }
            }
            Change::Updated { thread_id } => {
                let parent = at_once(store.read(*thread_id)).and_then(Result::ok);
                if let (Some(seen), Some(thread)) = (self.seen.get_mut(thread_id), parent) {
                    seen.parent = thread.parent_thread_id;
                }
            }
            Change::Truncated { thread_id, length } => {
                if let Some(seen) = self.seen.get_mut(thread_id).filter(news) {
                    seen.items = *length;
                }
            }
            Change::JobChanged { .. }
            | Change::DocumentsChanged { .. }
            | Change::Erasing { .. } => {}
        }
        Ok(())
    }

    fn look<S: Storage>(&mut self, store: &Store<S>, id: ThreadId) {
        match at_once(store.read(id)) {
            Some(Ok(thread)) => {
                self.seen.insert(id, Seen::of(store, &thread));
            }
            // It is deleted again, and the event that says so is still to come.
            _ => drop(self.seen.remove(&id)),
        }
    }

    /// Compares what was heard with the model at the same position.
    pub fn compare(&self, model: &Model) -> Result<(), String> {
        let visible = model.threads.iter().filter(|(_, thread)| thread.deletion.is_none());
        let wanted: BTreeSet<ThreadId> = visible.clone().map(|(id, _)| *id).collect();
        if self.seen.keys().copied().collect::<BTreeSet<_>>() != wanted {
            let seen: Vec<_> = self.seen.keys().collect();
            return Err(format!("a listener knows of {seen:?}, {wanted:?} are there"));
        }
        for (id, thread) in visible {
            let Some(seen) = self.seen.get(id) else { continue };
            let same = seen.name.as_deref() == Some(thread.name.as_str())
                && seen.parent == model.parent_of(thread)
                && seen.archived == thread.archived.is_some()
                && seen.items == thread.items.len() as u64
                && seen.goal == thread.goal;
            if !same {
                return Err(format!("a listener knows {id} as {seen:?}, it is {thread:?}"));
            }
        }
        let over = |id: &&DeletionId| model.pending().all(|(pending, _)| pending != *id);
        match self.pending.iter().find(over) {
            Some(id) => Err(format!("a listener did not hear that deletion {id} is over")),
            None => Ok(()),
        }
    }
}

impl Seen {
    fn of<S: Storage>(store: &Store<S>, thread: &Thread) -> Self {
        let goal = at_once(store.goal(thread.id)).and_then(Result::ok).flatten();
        Self {
            as_of: store.stats().position,
            name: thread.name.clone(),
            parent: thread.parent_thread_id,
            archived: thread.archived(),
            items: thread.items,
            goal: goal.and_then(|goal| goal_of(&goal.objective)),
        }
    }
}
