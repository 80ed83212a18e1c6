//! Reading ahead of whoever goes through a history from page to page: while a page is worked on,
//! storage gets what the next one needs.

use std::sync::Arc;

use futures_channel::oneshot;

use super::inner::{Inner, Shared};
use super::items::{Found, History};
use super::segments::{self, SEGMENTS, Segment};
use crate::catalog::Catalog;
use crate::error::Result;
use crate::id::ThreadId;
use crate::storage::Storage;

/// What is read ahead of one reader. Lines never change, so it is good until the history is cut.
#[derive(Debug)]
pub(crate) struct Ahead {
    thread: ThreadId,
    generation: u64,
    /// Where the segment begins in which the next page does.
    next: u64,
    /// That segment and some after it, as far as the last page needed them too.
    segments: Vec<Segment>,
    /// Those after them.
    after: oneshot::Receiver<Result<Vec<Segment>>>,
}

impl Ahead {
    /// Tells whether it is good still: nothing of a history that is deleted or was cut may be kept.
    fn is_good(&self, catalog: &Catalog) -> bool {
        let record = catalog.record(self.thread).filter(|record| record.visible());
        record.is_some_and(|record| record.generation == self.generation)
    }
}

/// Forgets what was read ahead of a history that a commit has deleted or cut.
pub(super) fn forget_stale(shared: &mut Shared) {
    let catalog = &shared.replica.catalog;
    shared.ahead.take_if(|ahead| !ahead.is_good(catalog));
}

/// Takes what was read ahead for a page that begins in the segment at `known`.
///
/// `None` where that was something else or failed: then the page reads for itself.
pub(super) async fn take<S: Storage>(
    inner: &Inner<S>,
    history: &History,
    known: Option<u64>,
) -> Option<Vec<Segment>> {
    let mut ahead = inner.lock().ahead.take_if(|ahead| {
        let place = (ahead.thread, ahead.generation, Some(ahead.next));
        place == (history.id, history.generation, known)
    })?;
    ahead.segments.extend(ahead.after.await.ok()?.ok()?);
    Some(ahead.segments).filter(|segments| !segments.is_empty())
}

/// Begins to read what follows a page, about as much as the page took.
pub(super) fn begin<S: Storage>(inner: &Arc<Inner<S>>, history: &History, found: &mut Found) {
    let Some(next) = found.next else { return };
    let segments = std::mem::take(&mut found.rest);
    let kept = segments.len();
    let (thread, generation) = (history.id, history.generation);
    let (sender, after) = oneshot::channel();
    let ahead = Ahead { thread, generation, next, segments, after };
    {
        let mut shared = inner.lock();
        if !ahead.is_good(&shared.replica.catalog) {
            return;
        }
        shared.ahead = Some(ahead);
    }
    let (of, range) = ((history.tree, thread), found.end..history.packed);
    let most = found.taken.saturating_sub(kept) + 1;
    if range.is_empty() {
        // Who waits for it no more has begun something else.
        let _ = sender.send(Ok(Vec::new()));
        return;
    }
    let reading = Arc::clone(inner);
    inner.env.spawn(Box::pin(async move {
        let read = segments::ascending(&reading, of, range, most.min(SEGMENTS)).await;
        let _ = sender.send(read);
    }));
}
