//! What becomes of the calls of faulty storages: the test's decision, the count, the dead handles.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::maybe_send::BoxFuture;
use crate::storage::{
    Batch, Durability, Key, KeyRange, Order, Storage, StorageError, StorageResult, Table, Write,
};

/// Decides what becomes of the calls of the faulty storages made with it.
///
/// Clones share one plan. A new one lets every call pass.
#[derive(Clone)]
pub struct FaultPlan(Arc<Mutex<State>>);

/// One call, as the test's decision sees it.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The number of the call under its plan, from 1.
    pub number: u64,
    /// The handle that was called, [`FaultyStorage::handle`](super::FaultyStorage::handle).
    pub handle: u64,
    /// What was asked for.
    pub operation: Operation<'a>,
}

/// What a call asks for.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the fields are the arguments of the method of the same name")]
pub enum Operation<'a> {
    /// [`Storage::get`].
    Get { table: Table, keys: &'a [Key] },
    /// [`Storage::scan`].
    Scan { table: Table, range: &'a KeyRange, limit: usize, order: Order },
    /// [`Storage::commit`].
    Commit { batch: &'a Batch, durability: Durability },
    /// [`Storage::scrub`].
    Scrub,
    /// [`Storage::close`].
    Close,
}

/// What becomes of a call.
#[derive(Clone, Debug, Default)]
pub enum Fault {
    /// It passes.
    #[default]
    None,
    /// It touches nothing and answers this error.
    Fail(StorageError),
    /// The process dies before the call does anything.
    CrashBefore,
    /// The process dies after the call did its work, before the answer.
    CrashAfter,
    /// The call does its work and answers a retryable [`StorageError::Unavailable`].
    LostAnswer,
    /// As [`LostAnswer`](Self::LostAnswer), but a commit is applied only when the test
    /// [releases](FaultPlan::release_zombies) it, if ever; any other call does nothing.
    Zombie,
    /// The value of this key, if the call reads it, is cut in half.
    TornRead {
        /// The key.
        key: Key,
    },
}

/// How many calls were made of each kind, and what the commits among them asked to write.
///
/// Calls that a dead handle refused are not counted; calls that failed are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls of [`Storage::get`].
    pub gets: u64,
    /// Calls of [`Storage::scan`].
    pub scans: u64,
    /// Calls of [`Storage::commit`].
    pub commits: u64,
    /// Commits that asked for [`Durability::Strict`].
    pub strict: u64,
    /// Calls of [`Storage::scrub`].
    pub scrubs: u64,
    /// Calls of [`Storage::close`].
    pub closes: u64,
    /// [`Write::Insert`]s of all commits.
    pub inserts: u64,
    /// [`Write::Put`]s of all commits.
    pub puts: u64,
    /// [`Write::Delete`]s of all commits.
    pub deletes: u64,
    /// [`Write::DeleteRange`]s of all commits.
    pub range_deletes: u64,
    /// The sum of [`Batch::size`].
    pub bytes: u64,
}

impl Counts {
    /// Returns the number of calls of all kinds.
    pub fn calls(&self) -> u64 {
        self.gets + self.scans + self.commits + self.scrubs + self.closes
    }

    /// Returns the number of writes of all kinds in all commits.
    pub fn writes(&self) -> u64 {
        self.inserts + self.puts + self.deletes + self.range_deletes
    }
}

impl FaultPlan {
    /// Makes a plan that lets every call pass.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(State::default())))
    }

    /// Lets `decide` say what becomes of each call from now on.
    ///
    /// It is asked when the call is about to do its work, after the pause before it.
    pub fn on_call(&self, decide: impl Fn(&Call<'_>) -> Fault + Send + Sync + 'static) {
        self.state().decide = Some(Arc::new(decide));
    }

    /// Lets every call pass from now on. The dead stay dead.
    pub fn calm(&self) {
        self.state().decide = None;
    }

    /// Crashes every handle at its first call from call number `number` on, before it does anything.
    pub fn crash_before(&self, number: u64) {
        self.on_call(
            move |call| {
                if call.number >= number { Fault::CrashBefore } else { Fault::None }
            },
        );
    }

    /// Crashes with call number `number`: its work is done, and no later call does any.
    pub fn crash_after(&self, number: u64) {
        self.on_call(move |call| match call.number.cmp(&number) {
            std::cmp::Ordering::Less => Fault::None,
            std::cmp::Ordering::Equal => Fault::CrashAfter,
            std::cmp::Ordering::Greater => Fault::CrashBefore,
        });
    }

    /// Awaits a future of `pause` before and after the work of each call.
    ///
    /// A seeded scheduler interleaves the calls of several tasks here.
    pub fn on_pause(&self, pause: impl Fn() -> BoxFuture<'static, ()> + Send + Sync + 'static) {
        self.state().pause = Some(Arc::new(pause));
    }

    /// Says whether the calls of dead handles never answer. By default they answer errors.
    pub fn hang_when_dead(&self, hang: bool) {
        self.state().hang = hang;
    }

    /// Kills one handle now; calls in flight may still do their work, but never answer with it.
    pub fn kill(&self, handle: u64) {
        self.state().dead.insert(handle);
    }

    /// Kills every handle made so far, as a loss of power does.
    pub fn kill_all(&self) {
        let mut state = self.state();
        let handles = 0..state.handles;
        state.dead.extend(handles);
    }

    /// Tells whether a handle is dead.
    pub fn is_dead(&self, handle: u64) -> bool {
        self.state().dead.contains(&handle)
    }

    /// Returns how many commits wait as zombies.
    pub fn zombies(&self) -> usize {
        self.state().zombies.len()
    }

    /// Applies the waiting zombies, oldest first, and returns what became of each.
    ///
    /// A zombie whose storage was closed in an orderly way meanwhile is [`StorageError::Closed`].
    pub async fn release_zombies(&self) -> Vec<StorageResult<()>> {
        let zombies = std::mem::take(&mut self.state().zombies);
        let mut results = Vec::with_capacity(zombies.len());
        for zombie in zombies {
            results.push(zombie.await);
        }
        results
    }

    /// Returns the counts since the plan was made or they were last taken.
    pub fn counts(&self) -> Counts {
        self.state().counts
    }

    /// Returns the counts and starts again from zero. Numbers of calls go on.
    pub fn take_counts(&self) -> Counts {
        std::mem::take(&mut self.state().counts)
    }

    /// Returns the number of the last call.
    pub fn last_call(&self) -> u64 {
        self.state().calls
    }

    pub(super) fn add_handle(&self) -> u64 {
        let mut state = self.state();
        state.handles += 1;
        state.handles - 1
    }

    pub(super) fn hangs(&self) -> bool {
        self.state().hang
    }

    pub(super) fn count<'a>(&self, handle: u64, operation: Operation<'a>) -> Call<'a> {
        let mut state = self.state();
        state.calls += 1;
        state.counts.add(operation);
        Call { number: state.calls, handle, operation }
    }

    pub(super) async fn pause(&self) {
        let pause = self.state().pause.clone();
        if let Some(pause) = pause {
            pause().await;
        }
    }

    pub(super) fn decide(&self, call: &Call<'_>) -> Fault {
        // Called without the lock: a decision may ask the plan for its counts.
        let decide = self.state().decide.clone();
        decide.map_or(Fault::None, |decide| decide(call))
    }

    pub(super) fn keep_zombie<S: Storage>(
        &self,
        storage: Arc<S>,
        batch: Batch,
        durability: Durability,
    ) {
        let zombie = async move { storage.commit(batch, durability).await };
        self.state().zombies.push(Box::pin(zombie));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for FaultPlan {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("FaultPlan")
            .field("calls", &state.calls)
            .field("dead", &state.dead)
            .field("zombies", &state.zombies.len())
            .finish_non_exhaustive()
    }
}

type Decide = dyn Fn(&Call<'_>) -> Fault + Send + Sync;
type Pause = dyn Fn() -> BoxFuture<'static, ()> + Send + Sync;

#[derive(Default)]
struct State {
    decide: Option<Arc<Decide>>,
    pause: Option<Arc<Pause>>,
    hang: bool,
    handles: u64,
    dead: BTreeSet<u64>,
    zombies: Vec<BoxFuture<'static, StorageResult<()>>>,
    calls: u64,
    counts: Counts,
}

impl Counts {
    fn add(&mut self, operation: Operation<'_>) {
        match operation {
            Operation::Get { .. } => self.gets += 1,
            Operation::Scan { .. } => self.scans += 1,
            Operation::Scrub => self.scrubs += 1,
            Operation::Close => self.closes += 1,
            Operation::Commit { batch, durability } => {
                self.commits += 1;
                self.strict += u64::from(durability == Durability::Strict);
                self.bytes += batch.size() as u64;
                for write in &batch.writes {
                    match write {
                        Write::Insert { .. } => self.inserts += 1,
                        Write::Put { .. } => self.puts += 1,
                        Write::Delete { .. } => self.deletes += 1,
                        Write::DeleteRange { .. } => self.range_deletes += 1,
                    }
                }
            }
        }
    }
}
