//! Applying events: the only code that changes a catalog.
//!
//! An event that does not fit the catalog means that the journal is corrupt; it is reported, never
//! guessed at.

use std::sync::Arc;

use uuid::Uuid;

use super::check::{check_entry, check_event, check_packed, check_record};
use super::event::{Event, Packed, Segment, Touch};
use super::record::{Archived, Record};
use super::{Catalog, Deletion, Ordinals, Undo};
use crate::document::{self, Collections};
use crate::goal::{Job, JobTask};
use crate::id::{DeletionId, ThreadId};
use crate::item::Line;
use crate::query::{Receipt, Removed};
use crate::tree;

/// Why an event does not fit the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApplyError(pub(crate) String);

pub(super) type Applied = Result<(), ApplyError>;

impl Catalog {
    /// Applies the events of entry `position`.
    ///
    /// After an error the catalog is not usable any more.
    pub(crate) fn apply_entry(&mut self, position: u64, at: i64, events: &[Event]) -> Applied {
        check_entry(position, at)?;
        self.position = position;
        self.at = self.at.max(at);
        events.iter().try_for_each(|event| self.apply(event, at))
    }

    /// Applies one event at a time.
    pub(crate) fn apply(&mut self, event: &Event, at: i64) -> Applied {
        check_event(event, self.position)?;
        match event {
            Event::Created(record) => self.created(record),
            Event::Appended { thread, first, touch, lines } => {
                self.appended(*thread, *first, touch, lines)
            }
            Event::Segmented { thread, first, count, bytes, segment, touch } => {
                let ord = self.edit(*thread, |record| {
                    check_length(record, *first)?;
                    record.len += count;
                    record.bytes += bytes;
                    record.packed = record.len;
                    record.segment = *segment;
                    record.touch(touch);
                    Ok(())
                })?;
                self.drop_tail(ord);
                Ok(())
            }
            Event::Truncated { thread, length, bytes, segment, touch } => {
                self.truncated(*thread, *length, *bytes, *segment, touch)
            }
            Event::Updated { thread, touch } => self.change(*thread, |record| record.touch(touch)),
            Event::EdgeSet { thread, status } => {
                self.change(*thread, |record| record.edge = Some(*status))
            }
            Event::Moved { thread, parent, edge } => self.change(*thread, |record| {
                record.parent = *parent;
                record.edge = *edge;
            }),
            Event::GoalSet { thread, goal } => {
                self.change(*thread, |record| record.goal.clone_from(goal))
            }
            Event::Logged { thread, first, count } => {
                self.change(*thread, |record| record.logs = first + count)
            }
            Event::ToolsSet { thread, tools } => {
                self.change(*thread, |record| record.tools = *tools)
            }
            Event::DocumentsChanged { thread: Some(thread), collection, change } => {
                self.change(*thread, |record| {
                    let mut documents = record.documents.take().unwrap_or_default();
                    document::change(&mut documents, collection, change);
                    record.documents = (!documents.is_empty()).then_some(documents);
                })
            }
            Event::DocumentsChanged { thread: None, collection, change } => {
                let mut documents = Collections::clone(&self.documents);
                document::change(&mut documents, collection, change);
                self.set_documents(Arc::new(documents));
                Ok(())
            }
            Event::JobCreated(job) => {
                self.set_job(job.id, Some(Arc::new((**job).clone())));
                Ok(())
            }
            Event::TaskSet { job, task } => self.set_task(*job, task, at),
            Event::JobDeleted { job } => {
                self.set_job(*job, None);
                Ok(())
            }
            Event::Archived { group, members, .. } => {
                let archived = Archived { at, group: *group };
                self.edit_all(members, |record| record.archived = Some(Box::new(archived)))
            }
            Event::Unarchived { members, .. } => {
                self.edit_all(members, |record| record.archived = None)
            }
            Event::Deleted { deletion, members, staged: true, .. }
                if self.is_staging(*deletion) =>
            {
                self.staged(*deletion, members)
            }
            Event::Deleted { .. } => self.deleted(event, at),
            Event::Undeleted { deletion } => {
                let state = self.pending(*deletion)?.clone();
                self.edit_all(&state.members, |record| record.deletion = None)?;
                self.set_deletion(*deletion, None);
                Ok(())
            }
            Event::Erasing { deletion, members, removed, tasks } => {
                tasks.iter().try_for_each(|(job, task)| self.set_task(*job, task, at))?;
                self.erasing(*deletion, members, removed)
            }
            Event::Erased { receipt } => {
                if !self.pending(receipt.deletion)?.all_erased() {
                    let reason = format!("deletion {} ends before its time", receipt.deletion);
                    return Err(ApplyError(reason));
                }
                let staged = self.is_staging(receipt.deletion);
                self.set_deletion(receipt.deletion, None);
                // What never was there may be asked for again.
                if !staged {
                    self.add_receipt(Arc::new((**receipt).clone()));
                }
                Ok(())
            }
            Event::Checkpoint { checkpoint, position, packed, scrubbed, expired } => {
                self.checkpointed(*checkpoint, *position, packed, scrubbed, expired)
            }
        }
    }

    /// Puts back a record that a page holds.
    pub(crate) fn load_record(&mut self, mut record: Record) -> Applied {
        check_record(&record)?;
        let ord = record.ord;
        // Threads that were made one after another often say the same of themselves.
        if let Some(before) = ord.checked_sub(1).and_then(|before| self.slot(before)) {
            record.details.share(&before.details);
        }
        if self.slot(ord).is_some() || self.record(record.id).is_some() {
            return Err(ApplyError(format!("thread {} is there twice", record.id)));
        }
        self.grow(ord);
        self.set(ord, Some(Arc::new(record)));
        Ok(())
    }

    /// Puts back what the head holds.
    pub(crate) fn load_head(&mut self, next_ordinal: u32, deletions: Vec<Deletion>) {
        if let Some(last) = next_ordinal.checked_sub(1) {
            self.grow(last);
        }
        for deletion in deletions {
            self.set_deletion(deletion.deletion, Some(deletion));
        }
    }

    /// Puts back a receipt.
    pub(crate) fn add_receipt(&mut self, receipt: Arc<Receipt>) {
        for member in receipt.members.iter().chain([&receipt.root]) {
            self.receipt_of.insert(*member, receipt.deletion);
        }
        self.receipts.insert(receipt.deletion, receipt);
    }

    fn created(&mut self, record: &Record) -> Applied {
        if record.ord != self.next_ordinal() {
            let next = self.next_ordinal();
            return Err(ApplyError(format!("ordinal {} where {next} is next", record.ord)));
        }
        self.load_record(record.clone())?;
        self.mark(record.ord);
        Ok(())
    }

    fn appended(&mut self, id: ThreadId, first: u64, touch: &Touch, lines: &[Line]) -> Applied {
        let ord = self.edit(id, |record| {
            check_length(record, first)?;
            record.len += lines.len() as u64;
            record.bytes += lines.iter().map(Line::size).sum::<u64>();
            record.touch(touch);
            Ok(())
        })?;
        let tail = self.tails.entry(ord).or_default();
        if let Some(undo) = &mut self.undo {
            undo.push(Undo::TailLength(ord, tail.lines().len()));
        }
        tail.push(first, lines);
        Ok(())
    }

    fn truncated(
        &mut self,
        id: ThreadId,
        length: u64,
        bytes: u64,
        segment: Segment,
        touch: &Touch,
    ) -> Applied {
        let ord = self.edit(id, |record| {
            if length > record.len {
                return Err(ApplyError(format!("thread {id} is cut to more than it has")));
            }
            (record.len, record.bytes) = (length, bytes);
            if length < record.packed {
                (record.packed, record.segment) = (length, segment);
            }
            record.generation += 1;
            record.touch(touch);
            Ok(())
        })?;
        if let Some(tail) = self.tails.get_mut(&ord) {
            if let Some(undo) = &mut self.undo {
                undo.push(Undo::Tail(ord, Some(tail.clone())));
            }
            tail.truncate(tail.slice(0, length).len());
            if tail.lines().is_empty() {
                self.tails.remove(&ord);
            }
        }
        Ok(())
    }

    fn set_task(&mut self, id: Uuid, task: &JobTask, at: i64) -> Applied {
        let missing = || ApplyError(format!("job {id} has no task {}", task.id));
        let mut job = Job::clone(self.job(id).ok_or_else(missing)?);
        let slot = job.tasks.iter_mut().find(|slot| slot.id == task.id).ok_or_else(missing)?;
        slot.clone_from(task);
        job.updated_at = at;
        self.set_job(id, Some(Arc::new(job)));
        Ok(())
    }

    fn checkpointed(
        &mut self,
        checkpoint: u64,
        position: u64,
        packed: &[Packed],
        scrubbed: &[DeletionId],
        expired: &[DeletionId],
    ) -> Applied {
        self.checkpoint = self.checkpoint.max(checkpoint);
        for packed in packed {
            let Some(record) = self.slot(packed.thread) else { continue };
            if packed.upto > record.packed {
                check_packed(record, packed)?;
                let mut record = (**record).clone();
                record.packed = packed.upto;
                record.segment = packed.segment;
                self.set(packed.thread, Some(Arc::new(record)));
            }
            if let Some(tail) = self.tails.get_mut(&packed.thread) {
                tail.drop_before(packed.upto);
                if tail.lines().is_empty() {
                    self.drop_tail(packed.thread);
                }
            }
        }
        self.dirty.retain(|_, touched| *touched > position);
        self.dirty_jobs.retain(|_, touched| *touched > position);
        for id in scrubbed {
            if let Some(state) = self.deletions.get_mut(id) {
                state.scrubbed = true;
            }
        }
        for id in expired {
            self.receipts.remove(id);
            self.receipt_of.retain(|_, deletion| deletion != id);
        }
        Ok(())
    }

    /// Returns the descendants of a thread that `include` lets pass, by depth then id.
    pub(crate) fn descendants_among(&self, root: u32, include: impl Fn(u32) -> bool) -> Vec<u32> {
        let children = |ord| self.indexes.children(ord).filter(|child| include(*child));
        let id = |ord: &u32| self.slot(*ord).map(|record| record.id);
        tree::descendants_of_one(root, children, id)
    }

    pub(super) fn pending(&self, deletion: DeletionId) -> Result<&Deletion, ApplyError> {
        self.deletion(deletion)
            .ok_or_else(|| ApplyError(format!("deletion {deletion} is not known")))
    }

    fn change(&mut self, id: ThreadId, change: impl FnOnce(&mut Record)) -> Applied {
        let edited = self.edit(id, |record| {
            change(record);
            Ok(())
        });
        edited.map(drop)
    }

    /// Changes one record in place of its old self, and marks its page.
    fn edit(
        &mut self,
        id: ThreadId,
        change: impl FnOnce(&mut Record) -> Applied,
    ) -> Result<u32, ApplyError> {
        let record =
            self.record(id).ok_or_else(|| ApplyError(format!("thread {id} is missing")))?;
        let mut record = Record::clone(record);
        change(&mut record)?;
        check_record(&record)?;
        let ord = record.ord;
        self.set(ord, Some(Arc::new(record)));
        self.mark(ord);
        Ok(ord)
    }

    pub(super) fn edit_all(&mut self, members: &Ordinals, change: impl Fn(&mut Record)) -> Applied {
        for ord in members.iter() {
            let mut record = Record::clone(self.slot(ord).ok_or_else(|| missing(ord))?);
            change(&mut record);
            self.set(ord, Some(Arc::new(record)));
            self.mark(ord);
        }
        Ok(())
    }
}

impl Removed {
    /// Adds another batch's counts.
    pub(crate) fn add(&mut self, other: &Self) {
        self.threads = self.threads.saturating_add(other.threads);
        self.items = self.items.saturating_add(other.items);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.names = self.names.saturating_add(other.names);
        self.edges = self.edges.saturating_add(other.edges);
        self.goals = self.goals.saturating_add(other.goals);
        self.logs = self.logs.saturating_add(other.logs);
        self.tools = self.tools.saturating_add(other.tools);
        self.documents = self.documents.saturating_add(other.documents);
        self.memory_modes = self.memory_modes.saturating_add(other.memory_modes);
        self.assignments = self.assignments.saturating_add(other.assignments);
    }
}

fn check_length(record: &Record, first: u64) -> Applied {
    if record.len == first {
        return Ok(());
    }
    Err(ApplyError(format!("items of {} from {first} on, where it has {}", record.id, record.len)))
}

pub(super) fn missing(ord: u32) -> ApplyError {
    ApplyError(format!("there is no thread with ordinal {ord}"))
}
