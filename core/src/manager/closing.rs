//! Who listens to which thread, and closing threads that nobody listens to.

use std::sync::Arc;

use super::{Inner, LiveEvent, SubscriberId, ThreadManager, Unsubscribed};
use crate::change::Change;
use crate::error::Result;
use crate::id::ThreadId;
use crate::live::LiveThread;
use crate::storage::Storage;

impl<S: Storage> ThreadManager<S> {
    /// Makes a name for a new subscriber.
    pub fn subscriber(&self) -> SubscriberId {
        let mut shared = self.lock();
        shared.subscribers.0 += 1;
        shared.subscribers
    }

    /// Has a subscriber listen to an open thread; false if it is not open.
    pub fn subscribe(&self, id: ThreadId, subscriber: SubscriberId) -> bool {
        let mut shared = self.lock();
        let Some(loaded) = shared.loaded.get_mut(&id) else { return false };
        loaded.subscribers.insert(subscriber, ());
        loaded.turn += 1;
        true
    }

    /// Ends a subscription. A thread without subscribers is closed after
    /// [`idle_ms`](super::ManagerOptions::idle_ms), unless somebody comes before.
    pub fn unsubscribe(&self, id: ThreadId, subscriber: SubscriberId) -> Unsubscribed {
        let turn = {
            let mut shared = self.lock();
            let Some(loaded) = shared.loaded.get_mut(&id) else { return Unsubscribed::NotLoaded };
            if loaded.subscribers.remove(&subscriber).is_none() {
                return Unsubscribed::NotSubscribed;
            }
            loaded.turn += 1;
            loaded.subscribers.is_empty().then_some(loaded.turn)
        };
        if let Some(turn) = turn {
            self.close_later(id, turn);
        }
        Unsubscribed::Unsubscribed
    }

    /// Ends all subscriptions of a subscriber, as when its connection breaks.
    pub fn disconnect(&self, subscriber: SubscriberId) {
        let ids: Vec<ThreadId> = {
            let shared = self.lock();
            let listens =
                shared.loaded.iter().filter(|(_, l)| l.subscribers.contains_key(&subscriber));
            listens.map(|(id, _)| *id).collect()
        };
        for id in ids {
            self.unsubscribe(id, subscriber);
        }
    }

    /// Closes a thread, storing what it has recorded; `None` if it is not open.
    ///
    /// # Errors
    /// As [`LiveThread::shutdown`]; the thread then stays open.
    pub async fn remove(&self, id: ThreadId) -> Result<Option<LiveThread<S>>> {
        let Some(live) = self.get(id) else { return Ok(None) };
        live.shutdown().await?;
        self.forget(&[id], 1);
        Ok(Some(live))
    }

    /// Follows what happened to the store, by this process or others: threads that were archived or
    /// deleted are open no more.
    pub(crate) fn follow(&self, change: &Change) {
        match change {
            Change::Archived { thread_ids } => self.forget(thread_ids, 1),
            // The reference says it twice: when it closes the thread, and when it drops it.
            Change::Deleted { thread_ids, .. } => self.forget(thread_ids, 2),
            _ => {}
        }
    }

    /// Drops open threads and says so, `times` times each.
    pub(super) fn forget(&self, ids: &[ThreadId], times: usize) {
        for id in ids {
            let Some(loaded) = self.lock().loaded.remove(id) else { continue };
            loaded.live.discard();
            for _ in 0..times {
                self.tell(LiveEvent::StatusChanged { thread_id: *id, loaded: false });
            }
        }
    }

    fn close_later(&self, id: ThreadId, turn: u64) {
        let env = Arc::clone(self.inner.store.env());
        let idle = self.inner.options.idle_ms;
        let inner = Arc::downgrade(&self.inner);
        let sleeping = env.sleep(idle);
        env.spawn(Box::pin(async move {
            sleeping.await;
            if let Some(inner) = inner.upgrade() {
                Self { inner }.close_quiet(id, turn).await;
            }
        }));
    }

    /// Closes a thread that nobody has come to since its last subscriber left. What can't be stored
    /// keeps it open, for another try.
    async fn close_quiet(&self, id: ThreadId, turn: u64) {
        let quiet = |inner: &Inner<S>| {
            let shared = inner.shared.lock().ok()?;
            let loaded = shared.loaded.get(&id)?;
            (loaded.subscribers.is_empty() && loaded.turn == turn).then(|| loaded.live.clone())
        };
        let Some(live) = quiet(&self.inner) else { return };
        if live.flush().await.is_err() {
            return self.close_later(id, turn);
        }
        if quiet(&self.inner).is_some() {
            self.forget(&[id], 1);
            self.tell(LiveEvent::Closed { thread_id: id });
        }
    }
}
