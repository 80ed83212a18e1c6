//! Cutting histories back: to a length, or by the last items.
//!
//! What a cut rewrites is read first and decided on after; where the history has changed in
//! between, it is measured again.

use super::Store;
use super::items::{History, gap, read};
use super::segments::{Segment, covering};
use crate::catalog::{Command, Cut, check_length, page_limit};
use crate::error::{Error, Result};
use crate::id::ThreadId;
use crate::item::{Line, StoredItem};
use crate::keys;
use crate::storage::{Order, Storage, StorageError, Table};
use crate::thread::Thread;

/// A cut that others keep spoiling is given up.
const TRIES: usize = 50;
/// The most segments of one scan.
const SEGMENTS: usize = 8;

impl<S: Storage> Store<S> {
    /// Cuts a history back to its first `length` items, and returns the thread.
    ///
    /// Cursors into the history are invalid from then on. What was cut off leaves the store with
    /// the next checkpoint. A history that is that long already is left alone.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a length beyond the history, and those of
    /// [`append`](Self::append).
    pub async fn truncate(&self, id: ThreadId, length: u64) -> Result<Thread> {
        for _ in 0..TRIES {
            let history = self.history(id).await?;
            if check_length(length, history.len)? == history.len {
                return self.read(id).await;
            }
            if let Some(thread) = self.cut(&history, length).await? {
                return Ok(thread);
            }
        }
        Err(contended())
    }

    /// Removes the last `count` items of a history, 1 to 1,000, and returns them in their order;
    /// a shorter history gives all that it has.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], and those of [`append`](Self::append).
    pub async fn pop(&self, id: ThreadId, count: u32) -> Result<Vec<StoredItem>> {
        let count = page_limit(Some(count))? as u64;
        for _ in 0..TRIES {
            let history = self.history(id).await?;
            let length = history.len.saturating_sub(count);
            if length == history.len {
                return Ok(Vec::new());
            }
            let mut items: Vec<StoredItem> = Vec::new();
            let mut gap = None;
            while let next = length + items.len() as u64
                && next < history.len
                && gap.is_none()
            {
                match read(&self.inner, &history, next..history.len, false).await {
                    Ok(more) => items.extend(more),
                    Err(error) => gap = Some(error),
                }
            }
            if let Some(error) = gap {
                self.look_again(error, &history).await?;
            } else if self.cut(&history, length).await?.is_some() {
                return Ok(items);
            }
        }
        Err(contended())
    }

    /// Cuts a history as it was seen; `None` where it has changed since.
    async fn cut(&self, history: &History, length: u64) -> Result<Option<Thread>> {
        let cut = match self.measure(history, length).await {
            Ok(cut) => Box::new(cut),
            Err(error) => return self.look_again(error, history).await.map(|()| None),
        };
        let committed = self.commit(Command::Truncate { thread: history.id, cut }).await?;
        if committed.events.is_empty() {
            return Ok(None);
        }
        Ok(committed.thread.map(|thread| *thread))
    }

    /// A gap means that the history was repacked or erased meanwhile, or else that it is damaged.
    async fn look_again(&self, error: Error, then: &History) -> Result<()> {
        self.refresh().await?;
        let now = self.history(then.id).await?;
        let seen = |history: &History| (history.generation, history.len, history.packed);
        if seen(&now) == seen(then) { Err(error) } else { Ok(()) }
    }

    async fn measure(&self, history: &History, length: u64) -> Result<Cut> {
        let sizes = |lines: &[Line]| lines.iter().map(Line::size).sum::<u64>();
        let tail_first = history.len - history.tail.len() as u64;
        let kept = length.max(history.packed).saturating_sub(tail_first);
        let kept = usize::try_from(kept).unwrap_or(usize::MAX).min(history.tail.len());
        let seen = (history.generation, history.len, history.packed);
        let mut cut = Cut { length, seen, dropped: sizes(&history.tail[kept..]), last: None };
        if length >= history.packed {
            return Ok(cut);
        }
        let mut next = length;
        if let Some(seq) = length.checked_sub(1) {
            let Segment { first, text, .. } = covering(&self.inner, history, seq).await?;
            next = whole(history, first, first, &text)?;
            let keep = usize::try_from(length - first).unwrap_or(usize::MAX);
            let end: usize = text.split_inclusive('\n').take(keep).map(str::len).sum();
            cut.dropped += (text.len() - end) as u64;
            cut.last = Some((first, text[..end].to_owned()));
        }
        let mut range = keys::segments(history.tree, history.id, length, None);
        loop {
            let storage = &self.inner.storage;
            let page =
                storage.scan(Table::History, range.clone(), SEGMENTS, Order::Ascending).await?;
            let last = page.records.last().map(|(key, _)| format!("{key} "));
            for (key, value) in page.records {
                let Segment { first, text, .. } = Segment::decode(key, value.into())?;
                next = whole(history, next, first, &text)?;
                cut.dropped += text.len() as u64;
            }
            match last {
                Some(after) if page.more => range.start = after,
                _ if next == history.packed => return Ok(cut),
                _ => return Err(gap(history, next, "no segment holds it")),
            }
        }
    }
}

/// What is read short must not be written back short: returns the place after a segment that
/// starts at `next` and ends with a whole line.
fn whole(history: &History, next: u64, first: u64, text: &str) -> Result<u64> {
    if first != next || !text.ends_with('\n') {
        return Err(gap(history, next, "its segment is cut short"));
    }
    Ok(first + text.lines().count() as u64)
}

fn contended() -> Error {
    let reason = "other instances kept changing the history".into();
    Error::Storage(StorageError::Unavailable { retryable: true, reason, cause: None })
}
