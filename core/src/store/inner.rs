//! The parts of one open store that its handles and its driver share.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_channel::oneshot;

use super::StoreOptions;
use crate::catalog::Command;
use crate::change::ChangeEvent;
use crate::doctor::FindingCode;
use crate::env::Env;
use crate::error::{Error, Result};
use crate::id::DeletionId;
use crate::journal::commit::Prepared;
use crate::journal::replica::Replica;
use crate::query::Receipt;
use crate::storage::{Durability, Storage, Table};

/// One open store.
#[derive(Debug)]
pub(crate) struct Inner<S> {
    pub(crate) storage: S,
    pub(crate) env: Arc<dyn Env>,
    pub(crate) options: StoreOptions,
    /// Random per open; names this instance's commits.
    pub(crate) writer: String,
    shared: Mutex<Shared>,
}

/// What changes while a store is open.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// The committed state.
    pub(crate) replica: Replica,
    /// The number of this instance's last commit.
    pub(crate) commits: u64,
    pub(crate) queue: VecDeque<Request>,
    /// A commit that was sent, of which nobody knows what became.
    pub(crate) unsettled: Option<Prepared>,
    /// Callers that wait for a pull.
    pub(crate) pulls: Vec<Reply<()>>,
    /// There is news, said another instance.
    pub(crate) news: bool,
    /// When to look for news that could not be read.
    pub(crate) pull_after: Option<i64>,
    /// Callers that wait for a checkpoint.
    pub(crate) checkpoints: Vec<Reply<()>>,
    /// When this instance may make its next checkpoint unasked, by its own clock.
    pub(crate) checkpoint_after: i64,
    /// Checkpoints that failed since the last one that did not.
    pub(crate) checkpoint_failures: u32,
    /// Callers that wait for the close.
    pub(crate) closers: Vec<Reply<()>>,
    pub(crate) erasures: HashMap<DeletionId, Erasure>,
    pub(crate) listeners: Vec<async_channel::Sender<ChangeEvent>>,
    pub(crate) replayed: Option<super::Replayed>,
    pub(crate) last_commit_ms: Option<f64>,
    /// What is read ahead of a reader.
    pub(crate) ahead: Option<super::ahead::Ahead>,
    /// Whether the driver runs.
    pub(crate) driving: bool,
    /// When the driver is to look for work again, and which sleeper is to wake it.
    pub(crate) wake: Option<(i64, u64)>,
    pub(crate) sleepers: u64,
    pub(crate) state: State,
}

/// Whether a store can be used.
#[derive(Clone, Debug, Default)]
pub(crate) enum State {
    #[default]
    Open,
    /// Nothing new is taken; what was taken is finished.
    Closing,
    Closed,
    /// It can't go on: the store was replaced.
    Dead(Error),
}

/// A change that waits for its commit.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) command: Command,
    pub(crate) durability: Durability,
    pub(crate) reply: Reply<Committed>,
}

/// What a command led to.
#[derive(Clone, Debug)]
pub(crate) struct Committed {
    pub(crate) events: Vec<crate::catalog::Event>,
    /// The thread that the command is about, as the commit left it: when the caller gets to look,
    /// another instance may have deleted it.
    pub(crate) thread: Option<Box<crate::thread::Thread>>,
    /// The job that the command is about, likewise.
    pub(crate) job: Option<Arc<crate::goal::Job>>,
}

pub(crate) type Reply<T> = oneshot::Sender<Result<T>>;

/// This instance's part in erasing a deletion.
#[derive(Debug, Default)]
pub(crate) struct Erasure {
    /// Failures since the last success.
    pub(crate) attempts: u32,
    /// When to go on, by this instance's clock.
    pub(crate) next_at: i64,
    pub(crate) last_error: Option<Error>,
    pub(crate) waiters: Vec<Reply<Receipt>>,
    /// Whether this instance staged the threads and gave them up.
    pub(crate) given_up: bool,
}

impl<S: Storage> Inner<S> {
    pub(crate) fn new(
        storage: S,
        env: Arc<dyn Env>,
        options: StoreOptions,
        replica: Replica,
    ) -> Self {
        let writer = crate::id::new_uuid(&*env).simple().to_string();
        let shared = Mutex::new(Shared { replica, ..Shared::default() });
        Self { storage, env, options, writer, shared }
    }

    /// Returns the shared state; never to be held across an await.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Refuses what comes after a close, and what a store that can't go on is asked for.
    pub(crate) fn check_open(&self) -> Result<()> {
        match &self.state {
            State::Open => Ok(()),
            State::Closing | State::Closed => Err(Error::Closed),
            State::Dead(error) => Err(error.clone()),
        }
    }

    /// Refuses changes of a store of which something can't be read.
    pub(crate) fn check_sound(&self) -> Result<()> {
        self.check_open()?;
        self.replica.losses.error().map_or(Ok(()), Err)
    }

    /// Stops before an entry that does not fit: from here on the store is read, not written.
    pub(crate) fn stop(&mut self, n: u64, error: &Error) {
        let (code, key) = (FindingCode::EntryMisfit, crate::keys::entry(n));
        self.replica.losses.unreadable(code, Table::Journal, &key, error.clone());
        self.replica.losses.stopped = Some(n);
    }

    /// Tells of a commit that was applied: every listener (those that are gone are forgotten), and
    /// what was read ahead.
    pub(crate) fn announce(&mut self, changes: Vec<ChangeEvent>) {
        super::ahead::forget_stale(self);
        for change in changes {
            self.listeners.retain(|listener| listener.try_send(change.clone()).is_ok());
        }
    }
}
