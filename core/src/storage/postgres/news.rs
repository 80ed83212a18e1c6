//! "There is news": from commits of this pool at once, from other processes by LISTEN, and by
//! polling for what neither tells.
//!
//! A hint may come too often, never too late for ever: the listener asks for every store that is
//! watched after each reconnect, and from time to time. Nothing here is needed for correctness.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::future::poll_fn;
use tokio::sync::{Notify, mpsc};
use tokio::task::AbortHandle;
use tokio_postgres::AsyncMessage;

use super::call::{Connection, read};
use super::error::Failure;
use super::{Shared, runtime, sql};
use crate::maybe_send::BoxFn;
use crate::storage::{Key, StorageResult};

/// How long a listener that was cut off waits before it connects again.
const PAUSE: Duration = Duration::from_millis(100);

/// How long after a telling the next one waits, so that a store that commits one after the other does
/// not have as many transactions that tell as those that are told of.
const GATHER: Duration = Duration::from_millis(5);

/// Who wants to know of which store, and what is to be told to other processes.
#[derive(Default)]
pub(super) struct News {
    watched: Mutex<HashMap<String, Watched>>,
    /// By store, its newest journal key as far as a commit of this pool wrote one.
    untold: Mutex<BTreeMap<String, Key>>,
    told: Arc<Notify>,
    tasks: Mutex<Tasks>,
}

#[derive(Default)]
struct Watched {
    tip: Option<Key>,
    watchers: Vec<(u64, Arc<BoxFn<()>>)>,
}

#[derive(Default)]
struct Tasks {
    teller: Option<AbortHandle>,
    listener: Option<AbortHandle>,
}

impl News {
    /// Calls `callback` at news of `store` that doesn't come from `handle` itself.
    pub(super) fn watch(&self, store: &str, handle: u64, callback: BoxFn<()>) {
        let mut watched = lock(&self.watched);
        let watchers = &mut watched.entry(store.to_owned()).or_default().watchers;
        watchers.push((handle, Arc::new(callback)));
    }

    pub(super) fn unwatch(&self, store: &str, handle: u64) {
        let mut gone = Vec::new();
        let mut watched = lock(&self.watched);
        if let Some(of_store) = watched.get_mut(store) {
            gone.extend(of_store.watchers.extract_if(.., |(watcher, _)| *watcher == handle));
            if of_store.watchers.is_empty() {
                watched.remove(store);
            }
        }
        drop(watched);
        // Dropped after the lock: a callback may own a handle of this very pool.
        drop(gone);
    }

    /// Tells everyone but `handle` that it has committed to `store`.
    pub(super) fn committed(&self, store: &str, handle: u64, tip: Option<&Key>) {
        self.call(store, Some(handle), tip);
        let mut untold = lock(&self.untold);
        let newest = untold.entry(store.to_owned()).or_default();
        if let Some(tip) = tip {
            newest.clone_from(tip);
        }
        drop(untold);
        self.told.notify_one();
    }

    /// Calls the watchers of a store; a tip that is known already is no news.
    fn call(&self, store: &str, but: Option<u64>, tip: Option<&Key>) {
        let callbacks: Vec<Arc<BoxFn<()>>> = {
            let mut watched = lock(&self.watched);
            let Some(of_store) = watched.get_mut(store) else { return };
            if let Some(tip) = tip {
                of_store.tip = Some(tip.clone());
            }
            let others = of_store.watchers.iter().filter(|(handle, _)| Some(*handle) != but);
            others.map(|(_, callback)| Arc::clone(callback)).collect()
        };
        callbacks.iter().for_each(|callback| callback(()));
    }

    fn take_untold(&self) -> BTreeMap<String, Key> {
        std::mem::take(&mut lock(&self.untold))
    }

    fn stores(&self) -> Vec<String> {
        lock(&self.watched).keys().cloned().collect()
    }

    fn knows(&self, store: &str, tip: Option<&str>) -> bool {
        lock(&self.watched).get(store).is_none_or(|watched| watched.tip.as_deref() == tip)
    }

    pub(super) fn stop(&self) {
        let tasks = lock(&self.tasks);
        [&tasks.teller, &tasks.listener].into_iter().flatten().for_each(AbortHandle::abort);
    }
}

/// Starts what tells other processes, unless it runs.
pub(super) fn start_telling(shared: &Arc<Shared>) {
    let mut tasks = lock(&shared.news.tasks);
    if tasks.teller.is_none() {
        let task = tell(Arc::downgrade(shared), Arc::clone(&shared.news.told));
        tasks.teller = runtime::spawn(task).ok().map(|task| task.abort_handle());
    }
}

/// Starts what listens to other processes, unless it runs.
pub(super) fn start_listening(shared: &Arc<Shared>) {
    let mut tasks = lock(&shared.news.tasks);
    if tasks.listener.is_none() {
        let task = listen(Arc::downgrade(shared));
        tasks.listener = runtime::spawn(task).ok().map(|task| task.abort_handle());
    }
}

/// Tells other processes of commits, after them: a transaction that notifies keeps all others of
/// the database that do from committing beside it, so it must not be the one that syncs. What
/// comes while one is under way, or shortly after, goes with the next, in one statement.
async fn tell(pool: Weak<Shared>, told: Arc<Notify>) {
    loop {
        told.notified().await;
        let Some(shared) = pool.upgrade() else { return };
        loop {
            let news = shared.news.take_untold();
            if news.is_empty() {
                break;
            }
            let payloads: Vec<String> =
                news.iter().map(|(store, tip)| format!("{} {tip} {store}", shared.id)).collect();
            let channel = channel(&shared);
            let query = sql::notify(&channel, payloads.iter().map(String::as_str).collect());
            // Where it can't be told, others find out by asking.
            if let Ok(connection) = Connection::acquire(&shared).await {
                let _ = connection.query(&query).await;
            }
            // The pool is kept until then, or what comes meanwhile would go untold with it.
            tokio::time::sleep(GATHER).await;
        }
    }
}

fn channel(shared: &Shared) -> String {
    format!("{}_news", shared.options.schema)
}

/// Listens, and asks for what it might have missed.
async fn listen(pool: Weak<Shared>) {
    loop {
        let Some(shared) = pool.upgrade() else { return };
        let (poll, recheck) = {
            let ms = Duration::from_millis;
            (ms(shared.options.poll_ms), ms(shared.options.recheck_ms))
        };
        let ear = if shared.options.pooler { None } else { connect(&shared).await.ok() };
        drop(shared);
        match ear {
            Some(mut ear) => {
                while ask(&pool).await.is_some() {
                    if !hear(&pool, &mut ear, recheck).await {
                        break;
                    }
                }
                tokio::time::sleep(PAUSE).await;
            }
            None => {
                if ask(&pool).await.is_none() {
                    return;
                }
                tokio::time::sleep(poll).await;
            }
        }
    }
}

/// A connection that listens, as the stream of what was told on it.
struct Ear {
    told: mpsc::UnboundedReceiver<String>,
    /// Its end is the connection's.
    _client: tokio_postgres::Client,
}

async fn connect(shared: &Shared) -> Result<Ear, tokio_postgres::Error> {
    let (client, mut connection) = shared.address.config.connect(shared.connector.clone()).await?;
    let (sender, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notification(told) = message
                && sender.send(told.payload().to_owned()).is_err()
            {
                break;
            }
        }
    });
    client.batch_execute(&format!("LISTEN \"{}\"", channel(shared))).await?;
    Ok(Ear { told, _client: client })
}

/// Passes on what is told until it is time to ask again; false when the connection has ended.
async fn hear(pool: &Weak<Shared>, ear: &mut Ear, recheck: Duration) -> bool {
    let until = tokio::time::Instant::now() + recheck;
    loop {
        let Ok(told) = tokio::time::timeout_at(until, ear.told.recv()).await else { return true };
        let Some(told) = told else { return false };
        let Some(shared) = pool.upgrade() else { return false };
        let mut words = told.splitn(3, ' ');
        if let (Some(id), Some(tip), Some(store)) = (words.next(), words.next(), words.next())
            && id != shared.id
        {
            let tip = Some(tip.to_owned()).filter(|tip| !tip.is_empty());
            shared.news.call(store, None, tip.as_ref());
        }
    }
}

/// Asks for the newest entry of every watched store, and calls those for which it is another than
/// the one known; none if the pool is gone.
async fn ask(pool: &Weak<Shared>) -> Option<()> {
    let shared = pool.upgrade()?;
    let stores = shared.news.stores();
    if let Ok(tips) = tips(&shared, &stores).await {
        for (store, tip) in tips {
            if !shared.news.knows(&store, tip.as_deref()) {
                shared.news.call(&store, None, tip.as_ref());
            }
        }
    }
    Some(())
}

async fn tips(shared: &Shared, stores: &[String]) -> StorageResult<Vec<(String, Option<Key>)>> {
    if stores.is_empty() {
        return Ok(Vec::new());
    }
    let stores = stores.iter().map(String::as_str).collect();
    let rows = read(shared, &sql::tips(&shared.options.schema, stores)).await?;
    let tip = |row: &tokio_postgres::Row| Ok((row.try_get(0)?, row.try_get(1)?));
    let tips: Result<_, tokio_postgres::Error> = rows.iter().map(tip).collect();
    tips.map_err(|error| Failure::of(error).of_read())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that can panic runs under these locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
