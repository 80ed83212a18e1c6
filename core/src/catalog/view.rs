//! Records as callers see them.

use super::record::Record;
use super::{Catalog, Deletion};
use crate::error::{Error, Result};
use crate::id::ThreadId;
use crate::thread::Thread;

impl Catalog {
    /// Returns the visible record of a thread.
    ///
    /// # Errors
    /// [`Error::ThreadDeleted`] while a deletion or its receipt is known, else
    /// [`Error::ThreadNotFound`].
    pub(crate) fn visible(&self, id: ThreadId) -> Result<&Record> {
        match self.record(id) {
            Some(record) => match record.deletion {
                None => Ok(record),
                Some(deletion) if self.revealed == Some(deletion) => Ok(record),
                Some(deletion) if self.is_staging(deletion) => Err(Error::ThreadNotFound { id }),
                Some(deletion) => Err(Error::ThreadDeleted { id, deletion }),
            },
            None => match self.deletion_of(id) {
                Some(deletion) => Err(Error::ThreadDeleted { id, deletion }),
                None => Err(Error::ThreadNotFound { id }),
            },
        }
    }

    /// Returns the deletion, finished or not, that took a thread.
    pub(crate) fn deletion_of(&self, id: ThreadId) -> Option<crate::id::DeletionId> {
        if let Some(record) = self.record(id) {
            return record.deletion.filter(|deletion| !self.is_staging(*deletion));
        }
        self.receipt_of(id).or_else(|| {
            let took = |pending: &&Deletion| pending.root_id == id || pending.ids.contains(&id);
            let pending = self.deletions_asked_for().find(took);
            pending.map(|pending| pending.deletion)
        })
    }

    /// Returns the visible descendants of a thread, by depth then id.
    pub(crate) fn visible_descendants(&self, root: u32) -> Vec<u32> {
        self.descendants_among(root, |ord| self.is_visible(ord))
    }

    /// Returns the visible children of a thread, by id.
    pub(crate) fn visible_children(&self, parent: u32) -> Vec<u32> {
        let mut children: Vec<u32> =
            self.indexes().children(parent).filter(|child| self.is_visible(*child)).collect();
        children.sort_unstable_by_key(|child| self.slot(*child).map(|record| record.id));
        children
    }

    /// Returns the thread that a thread is under: none where its parent is deleted.
    pub(crate) fn parent(&self, record: &Record) -> Option<&Record> {
        self.slot(record.parent?).map(|parent| &**parent).filter(|parent| parent.visible())
    }

    /// Tells whether a thread outlives its deleted parent, which undoing may bring back.
    pub(crate) fn is_detached(&self, record: &Record) -> bool {
        let parent = record.parent.and_then(|parent| self.slot(parent));
        let deletion = parent.and_then(|parent| self.deletion(parent.deletion?));
        deletion.is_some_and(|state| state.detached.contains(record.ord))
    }

    pub(crate) fn is_visible(&self, ord: u32) -> bool {
        self.slot(ord).is_some_and(|record| record.visible())
    }

    /// Returns the ids of ordinals that are not erased.
    pub(crate) fn ids(&self, ordinals: &[u32]) -> Vec<ThreadId> {
        ordinals.iter().filter_map(|ord| Some(self.slot(*ord)?.id)).collect()
    }

    /// Returns ordinals as callers see the threads.
    pub(crate) fn threads(&self, ordinals: &[u32]) -> Vec<Thread> {
        ordinals.iter().filter_map(|ord| Some(self.thread(self.slot(*ord)?))).collect()
    }

    /// Returns a record as callers see it.
    pub(crate) fn thread(&self, record: &Record) -> Thread {
        let parent = self.parent(record);
        Thread {
            id: record.id,
            session_id: record.session.clone().unwrap_or_else(|| record.tree.to_string()),
            parent_thread_id: parent.map(|parent| parent.id),
            edge_status: parent.and(record.edge),
            forked_from_id: record.forked_from.as_deref().copied(),
            name: record.name.clone(),
            preview: record.preview.clone().unwrap_or_default(),
            title: record.title.clone(),
            created_at: record.created_at,
            updated_at: record.updated_at,
            recency_at: record.recency_at,
            archived_at: record.archived.as_deref().map(|archived| archived.at),
            items: record.len,
            bytes: record.bytes,
            details: (*record.details).clone(),
        }
    }
}
