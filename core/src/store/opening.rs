//! Opening in two steps: what the newest threads show at once, then the whole store.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use super::inner::Inner;
use super::{POLL_MS, Replayed, Store, StoreOptions, driver};
use crate::catalog::Catalog;
use crate::change::{Change, ChangeEvent};
use crate::env::Env;
use crate::error::Result;
use crate::journal::front;
use crate::journal::load::{load, preview};
use crate::journal::replica::Replica;
use crate::query::{ThreadPage, ThreadQuery};
use crate::storage::Storage;

type Listeners = Arc<Mutex<Vec<async_channel::Sender<ChangeEvent>>>>;

/// A store that is being opened: its newest threads can be listed before all of it is read.
#[derive(Debug)]
pub struct Opening<S: Storage> {
    storage: S,
    env: Arc<dyn Env>,
    options: StoreOptions,
    watch: Watch<S>,
    preview: Option<Preview>,
}

/// What a store shows before all of it is read; a clone shows the same.
#[derive(Clone, Debug)]
pub struct Preview {
    shown: Arc<front::Preview>,
    listeners: Listeners,
}

impl Preview {
    /// Returns a page of threads if it is certain to be the one that the whole store would give: one of the newest
    /// active threads, in any of the orders. `None` says to ask the store.
    pub fn list(&self, query: &ThreadQuery) -> Option<ThreadPage> {
        self.shown.list(query)
    }

    /// Returns a stream of everything committed after what is shown, as [`Store::subscribe`] does; it goes on when the
    /// store is open. To be asked for before [`Opening::finish`] returns.
    pub fn subscribe(&self) -> async_channel::Receiver<ChangeEvent> {
        let (sender, receiver) = async_channel::unbounded();
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        receiver
    }

    /// Returns what is new in a store that was read later.
    fn missed(&self, replica: &Replica, replayed: &[ChangeEvent]) -> Vec<ChangeEvent> {
        let early = self.shown.catalog();
        if replica.base <= early.position {
            return replayed.iter().filter(|it| it.position > early.position).cloned().collect();
        }
        // A checkpoint of another instance has taken the entries in between.
        let newest = front::ordinals(&replica.catalog);
        let is_seen = |catalog: &Catalog, change: &Change| match change {
            Change::Created { thread_id } | Change::Appended { thread_id, first: 0, .. } => {
                let record = catalog.record(*thread_id);
                record.is_some_and(|record| {
                    newest.contains(record.ord) || early.slot(record.ord).is_some()
                })
            }
            _ => true,
        };
        let (catalog, position) = (&replica.catalog, replica.catalog.position);
        let changes = catalog.announce_since(early).into_iter();
        let seen = changes.filter(|change| is_seen(catalog, change));
        seen.map(|change| ChangeEvent { position, change }).collect()
    }
}

impl<S: Storage> Opening<S> {
    /// Begins to open the store in `storage`, of which it reads a few records.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn begin(storage: S, env: Arc<dyn Env>, options: StoreOptions) -> Result<Self> {
        let mut opening = Self::start(storage, env, options);
        let shown = preview(&opening.storage).await?.map(Arc::new);
        // Whoever opens a page lists at once, and both together keep it from answering.
        opening.env.pause().await;
        opening.preview = shown.map(|shown| Preview { shown, listeners: Listeners::default() });
        Ok(opening)
    }

    /// Watches before anything is read, so that nothing is missed between the two.
    pub(super) fn start(storage: S, env: Arc<dyn Env>, options: StoreOptions) -> Self {
        let watch = Watch::start(&storage);
        Self { storage, env, options, watch, preview: None }
    }

    /// Returns what the store shows already: nothing for a small one, which is read as soon, and nothing where the
    /// newest threads can't be told for certain.
    pub fn preview(&self) -> Option<Preview> {
        self.preview.clone()
    }

    /// Reads the whole store.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn finish(self) -> Result<Store<S>> {
        let Self { storage, env, options, watch, preview } = self;
        let mut replica = load(&storage, &*env).await?;
        let changes = std::mem::take(&mut replica.replayed);
        let missed = preview.as_ref().map(|preview| preview.missed(&replica, &changes));
        let (from, to) = (replica.base, replica.catalog.position);
        let replayed = options.keep_replayed.then_some(Replayed { from, to, changes });
        let mut inner = Inner::new(storage, env, options, replica);
        if !watch.tells {
            inner.options.poll_ms.get_or_insert(POLL_MS);
        }
        {
            let mut shared = inner.lock();
            shared.replayed = replayed;
            if let Some(Preview { listeners, .. }) = preview {
                let waiting = &mut *listeners.lock().unwrap_or_else(PoisonError::into_inner);
                shared.listeners = std::mem::take(waiting);
            }
            shared.announce(missed.unwrap_or_default());
        }
        let inner = Arc::new(inner);
        watch.lead_to(&inner);
        driver::kick(&inner);
        Ok(Store { inner })
    }
}

/// Hears of news from the moment on at which it starts, before there is a store to tell.
#[derive(Debug)]
struct Watch<S: Storage> {
    tells: bool,
    early: Arc<AtomicBool>,
    store: Arc<OnceLock<Weak<Inner<S>>>>,
}

impl<S: Storage> Watch<S> {
    fn start(storage: &S) -> Self {
        let early = Arc::new(AtomicBool::new(false));
        let store = Arc::new(OnceLock::<Weak<Inner<S>>>::new());
        let (missed, watched) = (Arc::clone(&early), Arc::clone(&store));
        let tells = storage.watch(Box::new(move |()| {
            missed.store(true, Ordering::SeqCst);
            if let Some(inner) = watched.get().and_then(Weak::upgrade) {
                inner.lock().news = true;
                driver::kick(&inner);
            }
        }));
        Self { tells, early, store }
    }

    fn lead_to(self, inner: &Arc<Inner<S>>) {
        // Nobody else sets it.
        let _ = self.store.set(Arc::downgrade(inner));
        inner.lock().news |= self.early.load(Ordering::SeqCst);
    }
}
