//! One rollout file on its way into a store: a new thread, or what a known one has gained.
//!
//! No more of it is held than one batch, which is also what a new thread's creation waits for: the
//! line that says what the thread is may come after others.

use super::codex::{Reader, Row};
use crate::error::{Error, Result};
use crate::id::ThreadId;
use crate::item::Item;
use crate::query::ItemQuery;
use crate::storage::Storage;
use crate::store::{Staging, Store};
use crate::thread::Thread;

/// The items and the bytes of one append: large enough to be fast, small enough to be held.
const BATCH: (usize, usize) = (1000, 4 * 1024 * 1024);

#[derive(Debug)]
pub(super) struct Incoming<S: Storage> {
    pub(super) id: ThreadId,
    pub(super) path: String,
    pub(super) reader: Reader,
    pub(super) target: Target<S>,
    batch: Vec<Row>,
    bytes: usize,
}

/// Where the items go.
#[derive(Debug)]
pub(super) enum Target<S: Storage> {
    /// A thread that is not there, not even in part.
    New,
    /// A new thread that nobody sees yet; lines without a time take that of its creation.
    Staged { staging: Staging<S>, begun_at: i64, items: u64 },
    /// A thread that was there before.
    Known {
        thread: Box<Thread>,
        /// The items of the file that were looked at.
        seen: u64,
        /// The file's item in the place of the thread's last one.
        last: Option<Item>,
        /// Whether something was appended.
        grown: bool,
        /// How many items were.
        appended: u64,
    },
}

impl<S: Storage> Target<S> {
    pub(super) fn known(thread: Thread) -> Self {
        Self::Known { thread: Box::new(thread), seen: 0, last: None, grown: false, appended: 0 }
    }
}

impl<S: Storage> Incoming<S> {
    pub(super) fn new(id: ThreadId, path: &str, target: Target<S>) -> Self {
        let (path, reader) = (path.to_owned(), Reader::new(path));
        Self { id, path, reader, target, batch: Vec::new(), bytes: 0 }
    }

    /// Returns how many items were written to a thread that nobody sees yet.
    pub(super) fn staged(&self) -> u64 {
        match &self.target {
            Target::Staged { items, .. } => *items,
            Target::New | Target::Known { .. } => 0,
        }
    }

    /// Tells whether the store has not got the file's next item.
    ///
    /// # Errors
    /// [`Error::InvalidField`] at the first such item, if the thread's last item is not the file's.
    pub(super) async fn is_news(&mut self, store: &Store<S>, item: &Item) -> Result<bool> {
        let Target::Known { thread, seen, last, grown, .. } = &mut self.target else {
            return Ok(true);
        };
        let place = *seen;
        *seen += 1;
        if place + 1 == thread.items {
            *last = Some(item.clone());
        }
        if place < thread.items {
            return Ok(false);
        }
        if let Some(expected) = last.take() {
            let from = thread.items.checked_sub(1);
            let query = ItemQuery { from, limit: Some(1), ..ItemQuery::default() };
            let page = store.items(thread.id, query).await?;
            if page.data.first().is_none_or(|last| last.item != expected) {
                let reason = "the thread has other items than the file, so nothing was appended";
                let field = thread.id.to_string();
                return Err(Error::InvalidField { field, reason: reason.to_owned() });
            }
        }
        *grown = true;
        Ok(true)
    }

    pub(super) fn is_full(&self, next: &Item) -> bool {
        let full = self.bytes + next.json().len() > BATCH.1 || self.batch.len() >= BATCH.0;
        full && !self.batch.is_empty()
    }

    pub(super) fn push(&mut self, at: Option<i64>, item: Item) {
        self.bytes += item.json().len();
        self.batch.push((at, item));
    }

    /// Writes what was taken since the last time; returns how many items everybody sees now.
    pub(super) async fn write(&mut self, store: &Store<S>) -> Result<u64> {
        self.bytes = 0;
        let batch = std::mem::take(&mut self.batch);
        if batch.is_empty() {
            return Ok(0);
        }
        let timed = |begun_at: i64| {
            batch.into_iter().map(move |(at, item)| (at.unwrap_or(begun_at), item)).collect()
        };
        match &mut self.target {
            Target::New => Ok(0),
            Target::Staged { staging, begun_at, items } => {
                let batch: Vec<_> = timed(*begun_at);
                let count = batch.len() as u64;
                staging.append(self.id, batch).await?;
                *items += count;
                Ok(0)
            }
            // Another import of the same file would append the same items.
            Target::Known { thread, appended, .. } => {
                let length = thread.items + *appended;
                let batch = timed(thread.created_at);
                let count = store.append_after(self.id, length, batch).await?.count;
                *appended += count;
                Ok(count)
            }
        }
    }
}
