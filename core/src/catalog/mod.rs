//! The catalog: everything small about every thread, in memory, as a pure state machine.
//!
//! [`decide`](decide::decide) turns a command into events without changing anything;
//! [`Catalog::apply`] is the only code that changes a catalog, and never decides. Neither knows of
//! storage, clocks or chance.

mod apply;
mod changes;
mod check;
mod command;
mod decide;
mod details;
mod event;
mod hide;
mod index;
mod list;
mod order;
mod ordinals;
#[cfg(test)]
mod properties;
mod record;
mod tail;
mod view;

use std::collections::HashMap;
use std::sync::Arc;

use litemap::LiteMap;
use serde::Serialize;
use uuid::Uuid;

pub(crate) use apply::ApplyError;
pub(crate) use command::{Command, Copied, Cut, Decision, Eraser, Staged};
pub(crate) use decide::{check_length, check_new, decide, plan, segments};
pub(crate) use event::{Event, Packed, Segment};
pub(crate) use index::Indexes;
pub(crate) use list::page_limit;
pub(crate) use order::Place;
pub(crate) use ordinals::Ordinals;
pub(crate) use record::{Archived, Record, page_of};
pub(crate) use tail::Tail;

use crate::document::Collections;
use crate::error::Result;
use crate::goal::Job;
use crate::id::{DeletionId, ThreadId, TreeId};
use crate::query::{Receipt, Removed};

/// The state of a store at one position of its journal.
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(PartialEq))]
pub(crate) struct Catalog {
    /// By ordinal; `None` where the thread is erased.
    slots: Vec<Option<Arc<Record>>>,
    indexes: Indexes,
    tails: HashMap<u32, Tail>,
    deletions: LiteMap<DeletionId, Box<Deletion>>,
    receipts: LiteMap<DeletionId, Arc<Receipt>>,
    receipt_of: HashMap<ThreadId, DeletionId>,
    jobs: LiteMap<Uuid, Arc<Job>>,
    /// Jobs that storage has not, by the number of the entry that last touched them.
    dirty_jobs: LiteMap<Uuid, u64>,
    /// The store's own documents.
    documents: Arc<Collections>,
    /// Pages that storage has not, by the number of the entry that last touched them.
    dirty: LiteMap<u32, u64>,
    /// The number of the last entry applied.
    pub(crate) position: u64,
    /// The time of the last entry applied.
    pub(crate) at: i64,
    /// The number of the last checkpoint.
    pub(crate) checkpoint: u64,
    /// The staging whose threads the present decision may see.
    revealed: Option<DeletionId>,
    /// What to restore, newest last, while a decision is tried out.
    undo: Option<Vec<Undo>>,
}

/// A deletion that is not finished.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Deletion {
    pub(crate) deletion: DeletionId,
    pub(crate) root: u32,
    pub(crate) root_id: ThreadId,
    pub(crate) at: i64,
    pub(crate) members: Ordinals,
    /// Children that lose their parent when it is erased.
    #[serde(default, skip_serializing_if = "Ordinals::is_empty")]
    pub(crate) detached: Ordinals,
    #[serde(default, skip_serializing_if = "Ordinals::is_empty")]
    pub(crate) erased: Ordinals,
    /// Ids in deletion order, as many as a receipt names.
    pub(crate) ids: Vec<ThreadId>,
    /// The trees that members were born in.
    pub(crate) trees: Vec<ThreadId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) undo_until: Option<i64>,
    #[serde(default)]
    pub(crate) removed: Removed,
    /// Whether a checkpoint after the last erase entry has cleaned pages and journal.
    #[serde(default)]
    pub(crate) scrubbed: bool,
    /// Whether the members are not deleted but not there yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) staged: bool,
}

crate::fields::fields! {
    Deletion, blank: Self::unread(),
    must "deletion" deletion,
    must "root" root,
    must "rootId" root_id,
    must "at" at,
    must "members" members,
    may "detached" detached,
    may "erased" erased,
    must "ids" ids,
    must "trees" trees,
    may "undoUntil" undo_until,
    may "removed" removed,
    may "scrubbed" scrubbed,
    may "staged" staged,
}

impl Deletion {
    /// What a deletion is before its fields are read.
    fn unread() -> Self {
        Self {
            deletion: Uuid::nil(),
            root: 0,
            root_id: ThreadId::from_uuid(Uuid::nil()),
            at: 0,
            members: Ordinals::default(),
            detached: Ordinals::default(),
            erased: Ordinals::default(),
            ids: Vec::new(),
            trees: Vec::new(),
            undo_until: None,
            removed: Removed::default(),
            scrubbed: false,
            staged: false,
        }
    }

    /// Tells whether every member is erased.
    pub(crate) fn all_erased(&self) -> bool {
        self.erased.len() == self.members.len()
    }
}

/// One step back.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(PartialEq))]
enum Undo {
    Slot(u32, Option<Arc<Record>>),
    Grown,
    Tail(u32, Option<Tail>),
    TailLength(u32, usize),
    Deletion(DeletionId, Option<Box<Deletion>>),
    Dirty(u32, Option<u64>),
    Job(Uuid, Option<Arc<Job>>, Option<u64>),
    Documents(Arc<Collections>),
}

impl Catalog {
    /// Returns how many threads born in `tree` are not erased.
    pub(crate) fn tree_size(&self, tree: TreeId) -> u32 {
        let has_root = self.record(tree).is_some_and(|record| record.tree == tree);
        self.indexes.born_below(tree) + u32::from(has_root)
    }

    /// Returns the record of an ordinal, visible or not.
    pub(crate) fn slot(&self, ord: u32) -> Option<&Arc<Record>> {
        self.slots.get(ord as usize)?.as_ref()
    }

    /// Returns the record of a thread, visible or not.
    pub(crate) fn record(&self, id: ThreadId) -> Option<&Arc<Record>> {
        self.slot(self.indexes.ordinal(id)?)
    }

    /// Returns every record, visible or not, by ordinal.
    pub(crate) fn records(&self) -> impl Iterator<Item = &Arc<Record>> {
        self.slots.iter().flatten()
    }

    /// Returns the ordinal that the next thread gets.
    pub(crate) fn next_ordinal(&self) -> u32 {
        u32::try_from(self.slots.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn indexes(&self) -> &Indexes {
        &self.indexes
    }

    pub(crate) fn deletion(&self, id: DeletionId) -> Option<&Deletion> {
        self.deletions.get(&id).map(Box::as_ref)
    }

    pub(crate) fn deletions(&self) -> impl Iterator<Item = &Deletion> {
        self.deletions.values().map(Box::as_ref)
    }

    /// Returns the deletions proper: not what is being staged.
    pub(crate) fn deletions_asked_for(&self) -> impl Iterator<Item = &Deletion> {
        self.deletions().filter(|state| !state.staged)
    }

    pub(crate) fn is_staging(&self, id: DeletionId) -> bool {
        self.deletion(id).is_some_and(|state| state.staged)
    }

    /// Lets decisions see what is being staged, until it is hidden again with `None`.
    pub(crate) fn reveal(&mut self, staging: Option<DeletionId>) {
        self.revealed = staging;
    }

    pub(crate) fn receipt(&self, id: DeletionId) -> Option<&Arc<Receipt>> {
        self.receipts.get(&id)
    }

    pub(crate) fn receipts(&self) -> impl Iterator<Item = &Arc<Receipt>> {
        self.receipts.values()
    }

    /// Returns the finished deletion that took a thread, as long as its receipt is kept.
    pub(crate) fn receipt_of(&self, id: ThreadId) -> Option<DeletionId> {
        self.receipt_of.get(&id).copied()
    }

    pub(crate) fn tail(&self, ord: u32) -> Option<&Tail> {
        self.tails.get(&ord)
    }

    pub(crate) fn tails(&self) -> impl Iterator<Item = (u32, &Tail)> {
        self.tails.iter().map(|(ord, tail)| (*ord, tail))
    }

    /// Returns the pages that storage has not.
    pub(crate) fn dirty(&self) -> impl Iterator<Item = u32> {
        self.dirty.keys().copied()
    }

    /// Returns the records of a page.
    pub(crate) fn page(&self, page: u32) -> impl Iterator<Item = &Arc<Record>> {
        let size = crate::limits::PAGE_THREADS as usize;
        self.slots.iter().skip(page as usize * size).take(size).flatten()
    }

    /// Puts a record where it belongs, keeping every index true.
    fn set(&mut self, ord: u32, record: Option<Arc<Record>>) {
        let Some(slot) = self.slots.get(ord as usize) else { return };
        let old = slot.clone();
        // The orders look places up in the slots, so each change finds the slot as it is told of it.
        let moved = Indexes::moves(old.as_deref(), record.as_deref());
        self.indexes.leave(ord, &moved, &self.slots);
        self.slots[ord as usize].clone_from(&record);
        self.indexes.enter(ord, &moved, &self.slots);
        self.indexes.replace(old.as_deref(), record.as_deref());
        if let Some(undo) = &mut self.undo {
            undo.push(Undo::Slot(ord, old));
        }
    }

    /// Makes room for a record at `ord`, erased ones in between.
    fn grow(&mut self, ord: u32) {
        while self.slots.len() <= ord as usize {
            self.slots.push(None);
            if let Some(undo) = &mut self.undo {
                undo.push(Undo::Grown);
            }
        }
    }

    fn mark(&mut self, ord: u32) {
        let page = page_of(ord);
        let old = self.dirty.insert(page, self.position);
        if let Some(undo) = &mut self.undo
            && old != Some(self.position)
        {
            undo.push(Undo::Dirty(page, old));
        }
    }

    fn set_deletion(&mut self, id: DeletionId, deletion: Option<Deletion>) {
        let old = replace(&mut self.deletions, id, deletion.map(Box::new));
        if let Some(undo) = &mut self.undo {
            undo.push(Undo::Deletion(id, old));
        }
    }

    pub(crate) fn job(&self, id: Uuid) -> Option<&Arc<Job>> {
        self.jobs.get(&id)
    }

    pub(crate) fn jobs(&self) -> impl Iterator<Item = &Arc<Job>> {
        self.jobs.values()
    }

    /// Returns the jobs that storage has not.
    pub(crate) fn dirty_jobs(&self) -> impl Iterator<Item = Uuid> {
        self.dirty_jobs.keys().copied()
    }

    fn set_job(&mut self, id: Uuid, job: Option<Arc<Job>>) {
        let old = replace(&mut self.jobs, id, job);
        let touched = self.dirty_jobs.insert(id, self.position);
        if let Some(undo) = &mut self.undo {
            undo.push(Undo::Job(id, old, touched));
        }
    }

    /// Returns the documents of a visible thread, or the store's own.
    pub(crate) fn collections(&self, owner: Option<ThreadId>) -> Result<&Collections> {
        static NONE: Collections = Collections::new();
        match owner {
            Some(id) => Ok(self.visible(id)?.documents.as_deref().unwrap_or(&NONE)),
            None => Ok(&self.documents),
        }
    }

    pub(crate) fn documents(&self) -> &Collections {
        &self.documents
    }

    /// Puts the store's own documents back.
    pub(crate) fn set_documents(&mut self, documents: Arc<Collections>) {
        let old = std::mem::replace(&mut self.documents, documents);
        if let Some(undo) = &mut self.undo {
            undo.push(Undo::Documents(old));
        }
    }

    /// Puts a record where a repair wants it, or takes it away.
    pub(crate) fn put_back(&mut self, ord: u32, record: Option<Record>) {
        self.set(ord, record.map(Arc::new));
    }

    /// Puts a deletion as a repair wants it, or takes it away.
    pub(crate) fn put_back_deletion(&mut self, id: DeletionId, deletion: Option<Deletion>) {
        self.set_deletion(id, deletion);
    }

    /// Puts back a job that storage holds.
    pub(crate) fn load_job(&mut self, job: Job) {
        self.jobs.insert(job.id, Arc::new(job));
    }

    fn drop_tail(&mut self, ord: u32) {
        let old = self.tails.remove(&ord);
        if let (Some(undo), Some(old)) = (&mut self.undo, old) {
            undo.push(Undo::Tail(ord, Some(old)));
        }
    }

    /// Starts to try events out: [`roll_back`](Self::roll_back) takes them back.
    pub(crate) fn try_out(&mut self) {
        self.undo = Some(Vec::new());
    }

    /// Keeps everything since [`try_out`](Self::try_out).
    pub(crate) fn keep(&mut self) {
        self.undo = None;
    }

    /// Takes back everything since [`try_out`](Self::try_out).
    pub(crate) fn roll_back(&mut self) {
        for step in self.undo.take().unwrap_or_default().into_iter().rev() {
            match step {
                Undo::Slot(ord, record) => self.set(ord, record),
                Undo::Grown => {
                    self.slots.pop();
                }
                Undo::Tail(ord, Some(tail)) => {
                    self.tails.insert(ord, tail);
                }
                Undo::Tail(ord, None) => {
                    self.tails.remove(&ord);
                }
                Undo::TailLength(ord, length) => {
                    if length == 0 {
                        self.tails.remove(&ord);
                    } else if let Some(tail) = self.tails.get_mut(&ord) {
                        tail.truncate(length);
                    }
                }
                Undo::Deletion(id, deletion) => {
                    replace(&mut self.deletions, id, deletion);
                }
                Undo::Dirty(page, position) => {
                    replace(&mut self.dirty, page, position);
                }
                Undo::Documents(documents) => self.documents = documents,
                Undo::Job(id, job, touched) => {
                    replace(&mut self.jobs, id, job);
                    replace(&mut self.dirty_jobs, id, touched);
                }
            }
        }
    }
}

fn replace<K: Ord, V>(map: &mut LiteMap<K, V>, key: K, value: Option<V>) -> Option<V> {
    match value {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    }
}
