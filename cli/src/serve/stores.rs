//! The stores of a server: opened when a client wants one, closed when nobody has for a while, and
//! never more of them open than there may be.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use creel::storage::BoxedStorage;
use creel::{Env, ManagerOptions, Store, StoreOptions, SystemEnv, ThreadManager};
use smol::lock::Mutex;
use smol::{LocalExecutor, Timer};

use super::Threads;
use super::feed::Feed;
use super::metered::Metered;
use super::metrics::Metrics;
use super::source::Source;
use crate::args::Limits;
use crate::failure::Failure;

/// How long a store may take to close before it is left to itself.
const CLOSING: Duration = Duration::from_secs(10);

/// One open store.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) threads: Threads,
    pub(super) feed: Rc<Feed>,
    /// It was replaced under this instance, and has to be opened anew.
    pub(super) broken: Cell<bool>,
}

/// A place that a store may be open in.
#[derive(Debug)]
struct Place {
    open: Mutex<Option<Rc<Open>>>,
    is_open: Cell<bool>,
    users: Cell<usize>,
    unused_since: Cell<Instant>,
}

/// Keeps a store open for as long as it is held.
#[derive(Debug)]
pub(super) struct Lease {
    open: Rc<Open>,
    _using: Using,
}

impl Deref for Lease {
    type Target = Open;

    fn deref(&self) -> &Open {
        &self.open
    }
}

#[derive(Debug)]
struct Using(Rc<Place>);

impl Using {
    fn new(place: &Rc<Place>) -> Self {
        place.users.set(place.users.get() + 1);
        Self(Rc::clone(place))
    }
}

impl Drop for Using {
    fn drop(&mut self) {
        self.0.users.set(self.0.users.get() - 1);
        self.0.unused_since.set(Instant::now());
    }
}

/// Why a store can't be had.
#[derive(Debug)]
pub(super) enum Unavailable {
    /// Every store that may be open is in use.
    Full,
    Failed(creel::Error),
}

/// Opens and closes stores.
#[derive(Debug)]
pub(super) struct Stores {
    source: Source,
    limits: Limits,
    metrics: Metrics,
    executor: Rc<LocalExecutor<'static>>,
    places: RefCell<BTreeMap<String, Rc<Place>>>,
    open: Cell<usize>,
    /// When stores that are closed have something to erase, in milliseconds since the Unix epoch.
    due: RefCell<BTreeMap<String, i64>>,
}

impl Stores {
    pub(super) fn new(
        source: Source,
        limits: Limits,
        metrics: Metrics,
        executor: Rc<LocalExecutor<'static>>,
    ) -> Self {
        let (places, due) = (RefCell::default(), RefCell::default());
        Self { source, limits, metrics, executor, places, open: Cell::new(0), due }
    }

    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    /// Returns a store, which is opened if need be.
    pub(super) async fn lease(&self, name: &str) -> Result<Lease, Unavailable> {
        let place =
            Rc::clone(self.places.borrow_mut().entry(name.to_owned()).or_insert_with(|| {
                Rc::new(Place {
                    open: Mutex::new(None),
                    is_open: Cell::new(false),
                    users: Cell::new(0),
                    unused_since: Cell::new(Instant::now()),
                })
            }));
        let using = Using::new(&place);
        let mut there = place.open.lock().await;
        if let Some(open) = there.as_ref().filter(|open| !open.broken.get()) {
            return Ok(Lease { open: Rc::clone(open), _using: using });
        }
        if there.take().is_none() {
            self.make_room().await?;
            self.open.set(self.open.get() + 1);
        }
        match self.open(name).await {
            Ok(open) => {
                *there = Some(Rc::clone(&open));
                place.is_open.set(true);
                Ok(Lease { open, _using: using })
            }
            Err(error) => {
                self.open.set(self.open.get() - 1);
                place.is_open.set(false);
                tracing::warn!(code = error.code(), "a store can't be opened");
                Err(Unavailable::Failed(error))
            }
        }
    }

    async fn open(&self, name: &str) -> creel::Result<Rc<Open>> {
        let storage = self.source.open(name).await?;
        let storage = BoxedStorage::new(Metered::new(storage, self.metrics.clone()));
        let env = Arc::new(SystemEnv::new());
        let mut options = StoreOptions::default();
        options.keep_replayed = true;
        let store = Store::open(storage, env, options).await?;
        let changes = store.subscribe();
        let feed = Rc::new(Feed::new(changes, store.stats().position, store.replayed()));
        let (follower, followed) = (Rc::clone(&feed), store.clone());
        self.executor.spawn(async move { follower.follow(followed).await }).detach();
        let threads = ThreadManager::new(store, ManagerOptions::default());
        self.metrics.opened.inc();
        tracing::debug!(open = self.open.get(), "a store was opened");
        Ok(Rc::new(Open { threads, feed, broken: Cell::new(false) }))
    }

    /// Closes stores that nobody uses, those first that were used longest ago.
    async fn make_room(&self) -> Result<(), Unavailable> {
        while self.open.get() >= self.limits.max_open_stores {
            let unused =
                self.unused().into_iter().min_by_key(|(_, place)| place.unused_since.get());
            let Some((name, place)) = unused else { return Err(Unavailable::Full) };
            self.close(&name, &place).await;
        }
        Ok(())
    }

    fn unused(&self) -> Vec<(String, Rc<Place>)> {
        let places = self.places.borrow();
        let unused =
            places.iter().filter(|(_, place)| place.users.get() == 0 && place.is_open.get());
        unused.map(|(name, place)| (name.clone(), Rc::clone(place))).collect()
    }

    /// Closes a store, unless somebody began to use it.
    async fn close(&self, name: &str, place: &Place) {
        let mut there = place.open.lock().await;
        if place.users.get() > 0 {
            return;
        }
        let Some(open) = there.take() else { return };
        if let Some(due) = due(&open.threads).await {
            self.due.borrow_mut().insert(name.to_owned(), due);
        }
        finish(open.threads.store()).await;
        place.is_open.set(false);
        self.open.set(self.open.get() - 1);
        tracing::debug!(open = self.open.get(), "a store was closed");
    }

    /// Closes what has been unused for long enough, now and then, and opens what has to be erased.
    pub(super) async fn tend(&self) {
        let idle = Duration::from_secs(self.limits.idle);
        let pause = (idle / 4).clamp(Duration::from_millis(50), Duration::from_secs(5));
        loop {
            Timer::after(pause).await;
            for (name, place) in self.unused() {
                if place.unused_since.get().elapsed() >= idle && !is_erasing(&place).await {
                    self.close(&name, &place).await;
                }
            }
            self.places
                .borrow_mut()
                .retain(|_, place| place.users.get() > 0 || place.is_open.get());
            let now = SystemEnv::new().now_ms();
            let first =
                self.due.borrow().iter().find(|(_, due)| **due <= now).map(|(n, _)| n.clone());
            if let Some(name) = first.filter(|_| self.open.get() < self.limits.max_open_stores) {
                self.due.borrow_mut().remove(&name);
                // What fails now is done when somebody opens the store.
                let _ = self.lease(&name).await;
            }
        }
    }

    /// Closes every store, used or not, all at once.
    pub(super) async fn close_all(&self) {
        let places: Vec<Rc<Place>> = self.places.borrow().values().cloned().collect();
        let close = |place: Rc<Place>| {
            self.executor.spawn(async move {
                if let Some(open) = place.open.lock().await.take() {
                    finish(open.threads.store()).await;
                }
            })
        };
        let closing: Vec<_> = places.into_iter().map(close).collect();
        for closed in closing {
            closed.await;
        }
    }

    /// Sets the gauges that are read from the stores.
    pub(super) fn measure(&self) {
        let (mut threads, mut deletions, mut open) = (0, 0, 0);
        for place in self.places.borrow().values() {
            // One that is being opened or closed counts the next time.
            let Some(there) = place.open.try_lock() else { continue };
            let Some(stats) = there.as_ref().map(|open| open.threads.store().stats()) else {
                continue;
            };
            open += 1;
            threads += stats.threads;
            deletions += stats.pending_deletions;
        }
        self.metrics.stores.set(open);
        self.metrics.threads.set(i64::try_from(threads).unwrap_or(i64::MAX));
        self.metrics.deletions.set(i64::try_from(deletions).unwrap_or(i64::MAX));
    }
}

/// Returns when a store next has something to erase.
async fn due(threads: &Threads) -> Option<i64> {
    let pending = threads.store().pending_deletions().await.ok()?;
    pending.iter().map(|deletion| deletion.undo_until.unwrap_or_default()).min()
}

async fn is_erasing(place: &Place) -> bool {
    let there = place.open.lock().await;
    let Some(open) = there.as_ref() else { return false };
    due(&open.threads).await.is_some_and(|due| due <= SystemEnv::new().now_ms())
}

async fn finish(store: &Store<BoxedStorage>) {
    let closed = async { store.close().await.err().map(|error| error.code()) };
    let late = async {
        Timer::after(CLOSING).await;
        Some("late")
    };
    if let Some(code) = futures_lite::future::or(closed, late).await {
        tracing::warn!(code, "a store did not close in order; what was acknowledged is kept");
    }
}

/// Says what is wrong with a name that no store can have.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let fits =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    if first && name.len() <= 100 && name.bytes().all(fits) {
        return Ok(());
    }
    Err("a store's name has 1 to 100 of a-z, 0-9, `.`, `_` and `-`, the first a letter or digit"
        .into())
}

impl From<Unavailable> for Failure {
    fn from(reason: Unavailable) -> Self {
        match reason {
            Unavailable::Full => Self::other("server_full", "as many stores are open as may be"),
            Unavailable::Failed(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::check_name;

    #[test]
    fn a_name_is_no_path() {
        for good in ["a", "0", "team-7", "a.b_c", &"x".repeat(100)] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            ".",
            "..",
            ".a",
            "-a",
            "a/b",
            "../a",
            "a\\b",
            "a\0",
            "A",
            "é",
            "a b",
            "a%2fb",
            &"x".repeat(101),
        ] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
