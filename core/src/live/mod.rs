//! A thread that an agent has open: what it says is kept from the first item on, in order.
//!
//! A live thread decides nothing about the store; it holds what is not stored yet, and hands it on
//! in one commit. Metadata follow from the items, as with every append.

mod guard;
mod memory;
mod policy;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::lock::Mutex as AsyncMutex;

pub use guard::InitGuard;
pub use policy::ItemPolicy;

use crate::catalog::check_new;
use crate::error::{Error, Result};
use crate::id::ThreadId;
use crate::item::Item;
use crate::query::{ItemPage, ItemQuery};
use crate::storage::Storage;
use crate::store::Store;
use crate::thread::{CreateThread, Thread, ThreadPatch};

/// The most items, and about the most bytes, of one append of a flush.
const BATCH: (usize, usize) = (1000, 1024 * 1024);

/// How a live thread keeps what it is given; the defaults keep everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveOptions {
    /// Whether the thread lives in memory alone: it is never stored, and so can be neither archived
    /// nor deleted.
    pub ephemeral: bool,
    /// The items to keep.
    pub policy: ItemPolicy,
}

/// Owns the persistence of one open thread.
///
/// A thread that is [started](Self::start) is stored with its first kept item, in one commit, and
/// with every ancestor that is not stored either. [`record`](Self::record) takes items without
/// waiting and [`flush`](Self::flush) stores them; [`append`](Self::append) does both. A clone is
/// another handle of the same live thread.
#[derive(Debug)]
pub struct LiveThread<S: Storage> {
    inner: Arc<Inner<S>>,
}

impl<S: Storage> Clone for LiveThread<S> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

#[derive(Debug)]
struct Inner<S: Storage> {
    store: Store<S>,
    id: ThreadId,
    options: LiveOptions,
    /// The parent, where it may have to be stored first.
    parent: Option<LiveThread<S>>,
    state: Mutex<State>,
    /// Held by whoever stores, so that items keep their order.
    writing: AsyncMutex<()>,
}

#[derive(Debug)]
struct State {
    /// What the thread is to be stored as; nothing once it is.
    unstored: Option<Box<CreateThread>>,
    /// What a thread that is not stored looks like.
    shown: Option<Box<Thread>>,
    /// What is not stored: of an ephemeral thread, everything.
    buffer: VecDeque<(i64, Item)>,
    closed: bool,
}

impl<S: Storage> LiveThread<S> {
    /// Begins a thread, of which nothing is stored yet; `parent` is its parent, if that is live.
    ///
    /// # Errors
    /// [`Error::ThreadExists`] and [`Error::ThreadDeleted`] for an id that was given before,
    /// [`Error::ParentNotFound`], [`Error::ThreadArchived`] for an archived parent, and errors that
    /// name the field that is out of its limits.
    pub async fn start(
        store: &Store<S>,
        thread: CreateThread,
        parent: Option<Self>,
        options: LiveOptions,
    ) -> Result<Self> {
        check_new(&thread)?;
        let env = store.env();
        let id = match thread.id {
            Some(id) => match store.read(id).await {
                Err(Error::ThreadNotFound { .. }) => id,
                Ok(_) => return Err(Error::ThreadExists { id }),
                Err(error) => return Err(error),
            },
            None => ThreadId::new(&**env),
        };
        let now = env.now_ms();
        let thread =
            CreateThread { id: Some(id), created_at: thread.created_at.or(Some(now)), ..thread };
        let above = match (&parent, thread.parent_thread_id) {
            (Some(parent), _) => Some(parent.read().await?),
            (None, Some(parent)) => {
                Some(store.read(parent).await.map_err(|error| match error {
                    Error::ThreadNotFound { id } => Error::ParentNotFound { id },
                    other => other,
                })?)
            }
            (None, None) => None,
        };
        if let Some(above) = above.as_ref().filter(|above| above.archived()) {
            return Err(Error::ThreadArchived { id: above.id });
        }
        let session = above.map(|above| above.session_id);
        let shown = memory::shown(id, now, &thread, session);
        Ok(Self::new(store, id, parent, options, Some((thread, shown))))
    }

    /// Opens a stored thread; an archived one only with `archived`.
    ///
    /// # Errors
    /// [`Error::ThreadArchived`], [`Error::ThreadNotFound`] and [`Error::ThreadDeleted`].
    pub async fn resume(
        store: &Store<S>,
        id: ThreadId,
        archived: bool,
        policy: ItemPolicy,
    ) -> Result<Self> {
        if store.read(id).await?.archived() && !archived {
            return Err(Error::ThreadArchived { id });
        }
        let options = LiveOptions { ephemeral: false, policy };
        Ok(Self::new(store, id, None, options, None))
    }

    fn new(
        store: &Store<S>,
        id: ThreadId,
        parent: Option<Self>,
        options: LiveOptions,
        unstored: Option<(CreateThread, Thread)>,
    ) -> Self {
        let (unstored, shown) =
            unstored.map(|(thread, shown)| (Box::new(thread), Box::new(shown))).unzip();
        let state = State { unstored, shown, buffer: VecDeque::new(), closed: false };
        let inner = Inner {
            store: store.clone(),
            id,
            options,
            parent,
            state: Mutex::new(state),
            writing: AsyncMutex::new(()),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Returns the thread's id.
    pub fn id(&self) -> ThreadId {
        self.inner.id
    }

    /// Tells whether the thread is never stored.
    pub fn is_ephemeral(&self) -> bool {
        self.inner.options.ephemeral
    }

    /// Tells whether the store has the thread.
    pub fn is_stored(&self) -> bool {
        self.lock().unstored.is_none()
    }

    /// Returns the thread as it is: from the store, or as it is to be stored.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn read(&self) -> Result<Thread> {
        let shown = {
            let state = self.lock();
            if state.unstored.is_some() { state.shown.clone() } else { None }
        };
        match shown {
            Some(shown) => Ok(*shown),
            None => self.inner.store.read(self.inner.id).await,
        }
    }

    /// Returns a page of the items that are kept, buffered ones not among them.
    ///
    /// # Errors
    /// As [`Store::items`].
    pub async fn items(&self, query: ItemQuery) -> Result<ItemPage> {
        if self.is_stored() {
            return self.inner.store.items(self.inner.id, query).await;
        }
        let state = self.lock();
        let none = VecDeque::new();
        memory::page(if self.is_ephemeral() { &state.buffer } else { &none }, &query)
    }

    /// Takes items, in order, without waiting for the store; returns how many the policy keeps.
    ///
    /// # Errors
    /// [`Error::ThreadClosed`].
    pub fn record(&self, items: Vec<Item>) -> Result<usize> {
        let at = self.inner.store.env().now_ms();
        let policy = &self.inner.options.policy;
        let kept: Vec<_> =
            items.into_iter().filter(|item| policy.keeps(item)).map(|item| (at, item)).collect();
        let mut state = self.open()?;
        let count = kept.len();
        if self.is_ephemeral()
            && let Some(shown) = &mut state.shown
        {
            memory::observe_all(shown, &kept);
        }
        state.buffer.extend(kept);
        Ok(count)
    }

    /// Stores what was recorded. What can't be stored stays recorded, for another try.
    ///
    /// # Errors
    /// As [`Store::create`] and [`Store::append`].
    pub async fn flush(&self) -> Result<()> {
        if self.is_ephemeral() {
            return Ok(());
        }
        let writing = self.inner.writing.lock().await;
        loop {
            let batch = memory::batch(&self.lock().buffer, BATCH);
            if batch.is_empty() {
                break;
            }
            let count = batch.len();
            self.store(batch).await?;
            let mut state = self.lock();
            let stored = count.min(state.buffer.len());
            state.buffer.drain(..stored);
        }
        drop(writing);
        Ok(())
    }

    /// Records items and stores them; returns how many the policy keeps.
    ///
    /// # Errors
    /// As [`record`](Self::record) and [`flush`](Self::flush).
    pub async fn append(&self, items: Vec<Item>) -> Result<usize> {
        let kept = self.record(items)?;
        self.flush().await?;
        Ok(kept)
    }

    /// Stores the thread now, also when it has no item yet.
    ///
    /// # Errors
    /// [`Error::ThreadEphemeral`], and as [`flush`](Self::flush).
    pub async fn persist(&self) -> Result<()> {
        if self.is_ephemeral() {
            return Err(Error::ThreadEphemeral { id: self.inner.id });
        }
        drop(self.open()?);
        if !self.is_stored() && self.lock().buffer.is_empty() {
            let writing = self.inner.writing.lock().await;
            self.store(Vec::new()).await?;
            drop(writing);
        }
        self.flush().await
    }

    /// Changes the thread's metadata, and stores it if it is not stored: what was acknowledged is
    /// never lost.
    ///
    /// # Errors
    /// As [`persist`](Self::persist) and [`Store::update`].
    pub async fn update(&self, patch: ThreadPatch) -> Result<Thread> {
        self.persist().await?;
        self.inner.store.update(self.inner.id, patch).await
    }

    /// Stores what was recorded and closes the thread. A second call does nothing.
    ///
    /// # Errors
    /// As [`flush`](Self::flush). The thread then stays open, for another try, unless it was deleted
    /// or archived by others.
    pub async fn shutdown(&self) -> Result<()> {
        let result = self.flush().await;
        let gone = matches!(
            result,
            Err(Error::ThreadDeleted { .. }
                | Error::ThreadNotFound { .. }
                | Error::ThreadArchived { .. })
        );
        self.lock().closed |= result.is_ok() || gone;
        result
    }

    /// Closes the thread without storing what was recorded; returns whether nothing was ever stored.
    pub fn discard(&self) -> bool {
        let mut state = self.lock();
        state.closed = true;
        state.buffer.clear();
        state.unstored.is_some()
    }

    /// Stores the thread, if it is not, with its ancestors that are not, and appends to it.
    async fn store(&self, items: Vec<(i64, Item)>) -> Result<()> {
        let mut line = Vec::new();
        let mut next = Some(self);
        while let Some(live) = next {
            let state = live.lock();
            let Some(thread) = state.unstored.as_deref() else { break };
            if live.is_ephemeral() || (state.closed && !line.is_empty()) {
                return Err(Error::ParentNotFound { id: live.id() });
            }
            line.push((live, thread.clone()));
            drop(state);
            next = live.inner.parent.as_ref();
        }
        if line.is_empty() {
            return self.inner.store.append_at(self.inner.id, items).await.map(drop);
        }
        let threads = line.iter().rev().map(|(_, thread)| thread.clone()).collect();
        let (created, appended) = self.inner.store.create_with(threads, items).await;
        created?;
        for (live, _) in line {
            live.lock().unstored = None;
        }
        appended
    }

    fn open(&self) -> Result<MutexGuard<'_, State>> {
        let state = self.lock();
        if state.closed { Err(Error::ThreadClosed { id: self.inner.id }) } else { Ok(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
