//! Threads that are written piece by piece and appear together, or not at all: forks and imports.

use std::collections::BTreeMap;

use super::{Store, driver};
use crate::catalog::{Archived, Command, Copied, Staged};
use crate::document::Document;
use crate::error::{Error, Result};
use crate::goal::Goal;
use crate::id::{DeletionId, ThreadId, new_uuid};
use crate::item::Item;
use crate::observe::{Observed, observe_at};
use crate::storage::Storage;
use crate::thread::{CreateThread, Thread};

/// A thread that is brought in whole, with what it already was.
#[derive(Clone, Debug, Default)]
pub struct StagedThread {
    /// What it starts with, its times included.
    pub thread: CreateThread,
    /// When it was archived, and the number that it shares with what was archived together with it.
    pub archived: Option<(i64, u64)>,
    /// Its goal.
    pub goal: Option<Goal>,
    /// Its documents, by the names of their collections.
    pub documents: BTreeMap<String, Vec<Document>>,
}

/// Threads in the making: nobody sees them before [`publish`](Self::publish), which shows all of
/// them at once.
///
/// Dropping it gives them up, and what was written is erased; so it is a day after a crash.
#[derive(Debug)]
pub struct Staging<S: Storage> {
    store: Store<S>,
    id: DeletionId,
    begun: bool,
}

impl<S: Storage> Store<S> {
    /// Begins to write threads that are to appear together.
    pub fn stage(&self) -> Staging<S> {
        Staging { store: self.clone(), id: new_uuid(&*self.inner.env), begun: false }
    }
}

impl<S: Storage> Staging<S> {
    /// Creates a thread, under one that was staged before, under a visible one, or as a root.
    ///
    /// Another staging that has a thread of this id is given up: a crash may have left it.
    ///
    /// # Errors
    /// Those of [`Store::create`].
    pub async fn create(&mut self, staged: StagedThread) -> Result<ThreadId> {
        let StagedThread { thread, archived, goal, documents } = staged;
        let id = thread.id.unwrap_or_else(|| ThreadId::new(&*self.store.inner.env));
        let archived = archived.map(|(at, group)| Archived { at, group });
        let documents = (!documents.is_empty()).then(|| Box::new(documents));
        let goal = goal.map(Box::new);
        let thread = Box::new(Staged { id, thread, archived, goal, documents });
        self.begun = true;
        loop {
            let command = Command::Stage { staging: self.id, thread: thread.clone() };
            match self.store.commit(command).await {
                Ok(_) => return Ok(id),
                Err(error @ Error::ThreadExists { .. }) => self.make_room(id, error).await?,
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits until what another staging has of a thread is erased; only that can be helped.
    async fn make_room(&self, id: ThreadId, error: Error) -> Result<()> {
        const PAUSE: u64 = 5;
        let inner = &self.store.inner;
        loop {
            {
                let mut shared = inner.lock();
                shared.check_open()?;
                let shared = &mut *shared;
                let catalog = &shared.replica.catalog;
                let Some(record) = catalog.record(id) else { return Ok(()) };
                let other = record.deletion.filter(|it| *it != self.id && catalog.is_staging(*it));
                let erasure = other.map(|other| shared.erasures.entry(other).or_default());
                match erasure {
                    Some(erasure) if erasure.attempts < inner.options.erase_attempts => {
                        erasure.given_up = true;
                    }
                    _ => return Err(error),
                }
            }
            driver::kick(inner);
            inner.env.sleep(PAUSE).await;
        }
    }

    /// Appends items with their times to a staged thread, and takes from them what they say of it.
    ///
    /// # Errors
    /// Those of [`Store::append_at`].
    pub async fn append(&self, id: ThreadId, items: Vec<(i64, Item)>) -> Result<()> {
        let observed = items
            .iter()
            .map(|(at, item)| observe_at(item, Some(*at)))
            .fold(Observed::default(), Observed::merge);
        self.fill(append(id, items, observed)).await
    }

    /// Appends items with their times to a staged thread and leaves its metadata as it was given.
    ///
    /// # Errors
    /// Those of [`Store::append_at`].
    pub async fn copy(&self, id: ThreadId, items: Vec<(i64, Item)>) -> Result<()> {
        self.fill(append(id, items, Observed::default())).await
    }

    /// Appends records with their times to a staged thread's log.
    ///
    /// # Errors
    /// Those of [`Store::append_logs`].
    pub async fn append_logs(&self, id: ThreadId, records: Vec<(i64, Item)>) -> Result<()> {
        let records = records.into_iter().map(|(at, record)| (Some(at), record)).collect();
        self.fill(Command::Log { thread: id, records }).await
    }

    /// Sets the dynamic tools of a staged thread.
    ///
    /// # Errors
    /// Those of [`Store::set_tools`].
    pub async fn set_tools(&self, id: ThreadId, tools: Vec<Item>) -> Result<()> {
        self.fill(Command::SetTools { thread: id, tools }).await
    }

    /// Shows all the threads, in one commit.
    ///
    /// # Errors
    /// [`Error::NotUndoable`](crate::Error::NotUndoable) when they were given up meanwhile, and
    /// what a visible parent of theirs refuses.
    pub async fn publish(self) -> Result<()> {
        self.publish_from(None).await.map(drop)
    }

    /// Shows the threads if the source may still be copied and was not cut back since; returns the
    /// fork as the commit left it.
    pub(super) async fn publish_from(mut self, copied: Option<Copied>) -> Result<Option<Thread>> {
        let command = Command::Publish { staging: self.id, copied };
        let published = if self.begun { Some(self.store.commit(command).await?) } else { None };
        self.begun = false;
        Ok(published.and_then(|published| published.thread).map(|thread| *thread))
    }

    async fn fill(&self, command: Command) -> Result<()> {
        let command = Box::new(command);
        self.store.commit(Command::Fill { staging: self.id, command }).await.map(drop)
    }
}

impl<S: Storage> Drop for Staging<S> {
    fn drop(&mut self) {
        if !self.begun {
            return;
        }
        let inner = &self.store.inner;
        inner.lock().erasures.entry(self.id).or_default().given_up = true;
        driver::kick(inner);
    }
}

fn append(thread: ThreadId, items: Vec<(i64, Item)>, observed: Observed) -> Command {
    let items = items.into_iter().map(|(at, item)| (Some(at), item)).collect();
    Command::Append { thread, items, observed: Box::new(observed) }
}
