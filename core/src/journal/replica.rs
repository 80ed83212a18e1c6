//! One instance's copy of the store: the catalog at a position, and what it takes to go on from it.

use std::collections::VecDeque;

use super::entry::{CommitId, Entry, corrupt};
use super::front;
use crate::catalog::{ApplyError, Catalog, Event, Ordinals};
use crate::change::{Change, ChangeEvent};
use crate::doctor::damage::{Losses, fitting};
use crate::error::Result;
use crate::fields::ByName;
use crate::id::ThreadId;
use crate::keys;
use crate::storage::Table;

/// The state that follows from the entries read so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replica {
    pub(crate) catalog: Catalog,
    pub(crate) epoch: String,
    /// The commit of the entry at the catalog's position.
    pub(crate) last: CommitId,
    /// The last commit of each writer of late, and when it was.
    pub(crate) writers: ByName<(u64, i64)>,
    /// What the load could not read; a replica with damage is for reading only.
    pub(crate) losses: Losses,
    /// The position that the pages are at.
    pub(crate) base: u64,
    /// What listeners would have heard of the entries that the load applied.
    pub(crate) replayed: Vec<ChangeEvent>,
    /// Threads that the front or an entry after it holds.
    pub(crate) carried: Ordinals,
    /// The thread that the front has otherwise than the pages.
    pub(crate) odd_front: Option<ThreadId>,
    /// Entries that no checkpoint has covered, and their sizes.
    waiting: VecDeque<(u64, u64)>,
    waiting_bytes: u64,
}

impl Replica {
    /// Applies the next entry, and returns what listeners hear of it.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) when the entry does not fit; the replica stays
    /// as it was.
    pub(crate) fn accept(&mut self, entry: &Entry, size: u64) -> Result<Vec<ChangeEvent>> {
        let before = (self.catalog.position, self.catalog.at, self.losses.skipped.len());
        self.catalog.try_out();
        let changes = match self.apply(entry) {
            Ok(changes) => changes,
            Err(error) => {
                self.catalog.roll_back();
                (self.catalog.position, self.catalog.at) = (before.0, before.1);
                self.losses.skipped.truncate(before.2);
                return Err(corrupt(Table::Journal, &keys::entry(entry.n), error.0));
            }
        };
        self.catalog.keep();
        self.last = entry.id.clone();
        self.writers.insert(entry.id.writer.clone(), (entry.id.commit, entry.at));
        self.waiting.push_back((entry.n, size));
        self.waiting_bytes += size;
        front::follow_carried(&mut self.carried, entry, &self.catalog);
        for event in &entry.events {
            if let Event::Checkpoint { position, .. } = event {
                self.trim(*position);
                // The front of a state that has gone by can't be told any more.
                let is_now = position + 1 == entry.n;
                let front = is_now.then(|| front::ordinals(&self.catalog));
                self.carried = front.unwrap_or_default();
            }
        }
        let position = entry.n;
        Ok(changes.into_iter().map(|change| ChangeEvent { position, change }).collect())
    }

    fn apply(&mut self, entry: &Entry) -> std::result::Result<Vec<Change>, ApplyError> {
        let mut changes = Vec::new();
        self.catalog.apply_entry(entry.n, entry.at, &[])?;
        for event in &entry.events {
            let fitting = if self.losses.lenient { fitting(&self.catalog, event) } else { None };
            if self.losses.lenient && fitting.is_none() {
                self.losses.skipped.push((entry.at, event.clone()));
                continue;
            }
            let event = fitting.as_ref().unwrap_or(event);
            changes.extend(self.catalog.announce_undeleted(event));
            self.catalog.apply(event, entry.at)?;
            changes.extend(self.catalog.announce(event));
        }
        Ok(changes)
    }

    /// Returns how many entries no checkpoint has covered, and their bytes.
    pub(crate) fn waiting(&self) -> (u64, u64) {
        (self.waiting.len() as u64, self.waiting_bytes)
    }

    fn trim(&mut self, position: u64) {
        while let Some((n, size)) = self.waiting.front().copied()
            && n <= position
        {
            self.waiting.pop_front();
            self.waiting_bytes -= size;
        }
    }
}
