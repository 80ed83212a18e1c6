//! The threads that are open in this process: who listens to them, and what becomes of them when a
//! tree is archived or deleted.
//!
//! The store stays the judge of what may be done; the manager makes live and stored threads one
//! tree, and tells of what the store does not know: threads that open, close, or never were stored.

mod closing;
mod event;
#[cfg(test)]
mod tests;
mod trees;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use litemap::LiteMap;

pub use event::{LiveEvent, LivePlan, SubscriberId, Unsubscribed};

use crate::error::{Error, Result};
use crate::id::ThreadId;
use crate::live::{InitGuard, ItemPolicy, LiveOptions, LiveThread};
use crate::query::{Fork, ItemQuery};
use crate::storage::Storage;
use crate::store::Store;
use crate::thread::{CreateThread, Thread, ThreadPatch};

/// The items of one copied page.
const PAGE: u32 = 1000;

/// How a manager treats its threads.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManagerOptions {
    /// How long a thread stays open when its last subscriber has left, in milliseconds; 30 minutes
    /// by default.
    pub idle_ms: u64,
    /// The items that threads keep; all by default.
    pub policy: ItemPolicy,
}

impl Default for ManagerOptions {
    fn default() -> Self {
        Self { idle_ms: 30 * 60 * 1000, policy: ItemPolicy::All }
    }
}

/// Keeps the open threads of a store.
///
/// A clone is another handle of the same manager. Several clients of one process share one, so that
/// each sees what the others have open.
#[derive(Debug)]
pub struct ThreadManager<S: Storage> {
    inner: Arc<Inner<S>>,
}

impl<S: Storage> Clone for ThreadManager<S> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

#[derive(Debug)]
struct Inner<S: Storage> {
    store: Store<S>,
    options: ManagerOptions,
    shared: Mutex<Shared<S>>,
}

#[derive(Debug)]
struct Shared<S: Storage> {
    loaded: LiteMap<ThreadId, Loaded<S>>,
    listeners: Vec<async_channel::Sender<LiveEvent>>,
    subscribers: SubscriberId,
}

#[derive(Debug)]
struct Loaded<S: Storage> {
    live: LiveThread<S>,
    subscribers: LiteMap<SubscriberId, ()>,
    /// Changes whenever somebody comes or leaves, so that an old timer closes nothing.
    turn: u64,
}

impl<S: Storage> ThreadManager<S> {
    /// Makes a manager that has no thread open.
    pub fn new(store: Store<S>, options: ManagerOptions) -> Self {
        let shared =
            Shared { loaded: LiteMap::new(), listeners: Vec::new(), subscribers: SubscriberId(0) };
        Self { inner: Arc::new(Inner { store, options, shared: Mutex::new(shared) }) }
    }

    /// Returns the store.
    pub fn store(&self) -> &Store<S> {
        &self.inner.store
    }

    /// Begins a thread and keeps it open. Nothing is stored before its first kept item; an ephemeral
    /// thread is never stored.
    ///
    /// # Errors
    /// As [`LiveThread::start`].
    pub async fn start(&self, thread: CreateThread, ephemeral: bool) -> Result<LiveThread<S>> {
        let parent = thread.parent_thread_id.and_then(|parent| self.get(parent));
        let options = LiveOptions { ephemeral, policy: self.inner.options.policy.clone() };
        let live = LiveThread::start(&self.inner.store, thread, parent, options).await?;
        let guard = InitGuard::new(live.clone());
        let shown = live.read().await?;
        if self.lock().loaded.contains_key(&live.id()) {
            return Err(Error::ThreadExists { id: live.id() });
        }
        self.insert(&live, false);
        guard.keep();
        self.tell(LiveEvent::Started { thread: Box::new(shown), ephemeral });
        Ok(live)
    }

    /// Opens a stored thread, an archived one only with `archived`; one that is open is returned.
    ///
    /// # Errors
    /// As [`LiveThread::resume`].
    pub async fn resume(&self, id: ThreadId, archived: bool) -> Result<LiveThread<S>> {
        if let Some(live) = self.get(id) {
            return Ok(live);
        }
        let policy = self.inner.options.policy.clone();
        let live = LiveThread::resume(&self.inner.store, id, archived, policy).await?;
        Ok(self.insert(&live, true))
    }

    /// Forks a stored thread, open or not, and keeps the fork open; see [`Store::fork`]. An
    /// ephemeral fork is a copy in memory.
    ///
    /// # Errors
    /// As [`Store::fork`].
    pub async fn fork(
        &self,
        source: ThreadId,
        fork: Fork,
        ephemeral: bool,
    ) -> Result<LiveThread<S>> {
        if let Some(live) = self.get(source) {
            live.flush().await?;
        }
        let live = if ephemeral {
            self.copy(source, fork).await?
        } else {
            let stored = self.inner.store.fork(source, fork).await?;
            let policy = self.inner.options.policy.clone();
            LiveThread::resume(&self.inner.store, stored.id, false, policy).await?
        };
        let shown = live.read().await?;
        self.insert(&live, false);
        self.tell(LiveEvent::Started { thread: Box::new(shown), ephemeral });
        Ok(live)
    }

    async fn copy(&self, source: ThreadId, fork: Fork) -> Result<LiveThread<S>> {
        let from = self.read(source).await?;
        let length = fork.length.unwrap_or(from.items);
        let thread = CreateThread {
            forked_from_id: Some(source),
            preview: fork.thread.preview.clone().or(Some(from.preview)),
            ..fork.thread
        };
        let options = LiveOptions { ephemeral: true, policy: ItemPolicy::All };
        let live = LiveThread::start(&self.inner.store, thread, None, options).await?;
        let mut copied = 0;
        while copied < length {
            let limit = u32::try_from(length - copied).unwrap_or(PAGE).min(PAGE);
            let query =
                ItemQuery { from: Some(copied), limit: Some(limit), ..ItemQuery::default() };
            let items = self.inner.store.items(source, query).await?.data;
            if items.is_empty() {
                break;
            }
            copied += items.len() as u64;
            live.record(items.into_iter().map(|stored| stored.item).collect())?;
        }
        Ok(live)
    }

    /// Returns a thread that is open.
    pub fn get(&self, id: ThreadId) -> Option<LiveThread<S>> {
        self.lock().loaded.get(&id).map(|loaded| loaded.live.clone())
    }

    /// Returns the threads that are open, by id.
    pub fn loaded(&self) -> Vec<ThreadId> {
        self.lock().loaded.keys().copied().collect()
    }

    /// Returns a thread, open or stored.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn read(&self, id: ThreadId) -> Result<Thread> {
        match self.get(id) {
            Some(live) => live.read().await,
            None => self.inner.store.read(id).await,
        }
    }

    /// Changes a thread's metadata, open or stored.
    ///
    /// # Errors
    /// [`Error::ThreadEphemeral`], and as [`Store::update`].
    pub async fn update(&self, id: ThreadId, patch: ThreadPatch) -> Result<Thread> {
        match self.get(id) {
            Some(live) => live.update(patch).await,
            None => self.inner.store.update(id, patch).await,
        }
    }

    /// Sees to it that the store has a thread, if it is open.
    ///
    /// # Errors
    /// [`Error::ThreadEphemeral`], and as [`LiveThread::persist`].
    pub async fn persist(&self, id: ThreadId) -> Result<()> {
        match self.get(id) {
            Some(live) => live.persist().await,
            None => Ok(()),
        }
    }

    /// Returns a stream of what is not in the store's own: threads that open and close.
    pub fn events(&self) -> async_channel::Receiver<LiveEvent> {
        let (sender, receiver) = async_channel::unbounded();
        self.lock().listeners.push(sender);
        receiver
    }

    /// Tells every listener; those that are gone are forgotten.
    pub(crate) fn tell(&self, event: LiveEvent) {
        self.lock().listeners.retain(|listener| listener.try_send(event.clone()).is_ok());
    }

    /// Registers a thread, or returns the one that another call registered meanwhile.
    fn insert(&self, live: &LiveThread<S>, opened: bool) -> LiveThread<S> {
        let id = live.id();
        {
            let mut shared = self.lock();
            if let Some(loaded) = shared.loaded.get(&id) {
                return loaded.live.clone();
            }
            let loaded = Loaded { live: live.clone(), subscribers: LiteMap::new(), turn: 0 };
            shared.loaded.insert(id, loaded);
        }
        if opened {
            self.tell(LiveEvent::StatusChanged { thread_id: id, loaded: true });
        }
        live.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Shared<S>> {
        self.inner.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
