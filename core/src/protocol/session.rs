//! What a client that has introduced itself is told, in order, and once.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use async_channel::Receiver;

use super::Call;
use super::call::Client;
use super::notify;
use crate::change::{Change, ChangeEvent};
use crate::id::ThreadId;
use crate::manager::{LiveEvent, ThreadManager};
use crate::storage::Storage;

/// A client that has introduced itself.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) experimental: bool,
    pub(super) client: Client,
    changes: Receiver<ChangeEvent>,
    events: Receiver<LiveEvent>,
    /// They ring for what the two above hold.
    change_bell: Receiver<ChangeEvent>,
    event_bell: Receiver<LiveEvent>,
    /// Threads that the client was told of before they were stored.
    started: Mutex<HashSet<ThreadId>>,
}

/// What a client is to be told.
#[derive(Debug, Default)]
pub(super) struct News {
    /// Before the answer of the request that it comes from: threads that opened or closed.
    pub(super) before: Vec<String>,
    /// After it.
    pub(super) after: Vec<String>,
}

impl Session {
    pub(super) fn new<S: Storage>(
        threads: &ThreadManager<S>,
        experimental: bool,
        client: Client,
    ) -> Self {
        Self {
            experimental,
            client,
            changes: threads.store().subscribe(),
            events: threads.events(),
            change_bell: threads.store().subscribe(),
            event_bell: threads.events(),
            started: Mutex::new(HashSet::new()),
        }
    }

    /// Waits until there may be something to tell; false once the store is closed.
    pub(super) async fn rung(&self) -> bool {
        let (change, event) = (self.change_bell.recv(), self.event_bell.recv());
        match futures_util::future::select(Box::pin(change), Box::pin(event)).await {
            futures_util::future::Either::Left((change, _)) => change.is_ok(),
            futures_util::future::Either::Right((event, _)) => event.is_ok(),
        }
    }

    /// Hears of nothing more.
    pub(super) fn close(&self) {
        for receiver in [&self.changes, &self.change_bell] {
            receiver.close();
        }
        for receiver in [&self.events, &self.event_bell] {
            receiver.close();
        }
    }

    /// Takes all that there is to tell.
    pub(super) async fn news<S: Storage>(&self, call: &Call<'_, S>) -> News {
        while self.change_bell.try_recv().is_ok() {}
        let mut changes = Vec::new();
        while let Ok(event) = self.changes.try_recv() {
            call.threads.follow(&event.change);
            changes.push(event.change);
        }
        while self.event_bell.try_recv().is_ok() {}
        let mut news = News::default();
        while let Ok(event) = self.events.try_recv() {
            let first = matches!(event, LiveEvent::StatusChanged { .. } | LiveEvent::Closed { .. });
            if let LiveEvent::Started { thread, .. } = &event {
                self.remember(thread.id);
            }
            let messages = notify::of_event(event, call.now());
            if first { news.before.extend(messages) } else { news.after.extend(messages) }
        }
        for change in changes {
            if !matches!(&change, Change::Created { thread_id } if self.knows(*thread_id)) {
                news.after.extend(notify::of_change(call, change).await);
            }
        }
        news
    }

    fn remember(&self, id: ThreadId) {
        self.started.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
    }

    /// Tells, once, whether the client was told of a thread before it was stored.
    fn knows(&self, id: ThreadId) -> bool {
        self.started.lock().unwrap_or_else(PoisonError::into_inner).remove(&id)
    }
}
