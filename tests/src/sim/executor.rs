//! A scheduler that owns time and order: one thread, and chance says which task goes on.
//!
//! Tasks belong to processes; killing a process drops its tasks where they stand, as a crash does.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use creel::{BoxFuture, Env};
use futures_lite::future::yield_now;

/// Tasks, timers and a clock of their own; clones share them.
#[derive(Clone)]
pub struct Executor(Arc<Mutex<Core>>);

struct Core {
    rng: fastrand::Rng,
    now: i64,
    next: u64,
    tasks: BTreeMap<u64, Task>,
    timers: BTreeMap<(i64, u64), Waker>,
    ready: Arc<Mutex<Vec<u64>>>,
    polls: u64,
}

struct Task {
    process: u64,
    waker: Arc<TaskWaker>,
    /// `None` while it is polled.
    future: Option<BoxFuture<'static, ()>>,
}

impl Executor {
    /// Makes a scheduler whose every choice follows from `seed`.
    pub fn new(seed: u64, now: i64) -> Self {
        Self(Arc::new(Mutex::new(Core {
            rng: fastrand::Rng::with_seed(seed),
            now,
            next: 0,
            tasks: BTreeMap::new(),
            timers: BTreeMap::new(),
            ready: Arc::default(),
            polls: 0,
        })))
    }

    /// Returns the clock, in milliseconds.
    pub fn now(&self) -> i64 {
        self.core().now
    }

    /// Returns how often a task was polled.
    pub fn polls(&self) -> u64 {
        self.core().polls
    }

    /// Adds a task of `process` and returns its number.
    pub fn spawn(&self, process: u64, future: BoxFuture<'static, ()>) -> u64 {
        let mut core = self.core();
        core.next += 1;
        let id = core.next;
        let ready = Arc::clone(&core.ready);
        let waker = Arc::new(TaskWaker { id, queued: AtomicBool::new(false), ready });
        core.tasks.insert(id, Task { process, waker: Arc::clone(&waker), future: Some(future) });
        drop(core);
        waker.wake_by_ref();
        id
    }

    /// Polls one of the tasks that can go on; false where there is none.
    pub fn step(&self) -> bool {
        let (id, mut future, waker) = {
            let mut core = self.core();
            let core = &mut *core;
            let mut ready = lock(&core.ready);
            ready.retain(|id| core.tasks.contains_key(id));
            // Wakes may come in an order that no seed rules.
            ready.sort_unstable();
            if ready.is_empty() {
                return false;
            }
            let place = core.rng.usize(..ready.len());
            let id = ready.swap_remove(place);
            let Some(task) = core.tasks.get_mut(&id) else { return true };
            task.waker.queued.store(false, Ordering::SeqCst);
            core.polls += 1;
            let Some(future) = task.future.take() else { return true };
            (id, future, Waker::from(Arc::clone(&task.waker)))
        };
        let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
        let mut core = self.core();
        let ended = match polled {
            Poll::Ready(()) => core.tasks.remove(&id).map(|_| future),
            Poll::Pending => match core.tasks.get_mut(&id) {
                Some(task) => {
                    task.future = Some(future);
                    None
                }
                // Killed from within.
                None => Some(future),
            },
        };
        drop(core);
        drop(ended);
        true
    }

    /// Lets time pass until the next timer; false where there is none.
    pub fn pass_time(&self) -> bool {
        let mut core = self.core();
        let Some(((at, _), waker)) = core.timers.pop_first() else { return false };
        core.now = core.now.max(at);
        drop(core);
        waker.wake();
        true
    }

    /// Lets `ms` pass, with every timer that falls due.
    pub fn advance(&self, ms: i64) {
        let until = self.now() + ms;
        while self.core().timers.first_key_value().is_some_and(|((at, _), _)| *at <= until) {
            self.pass_time();
        }
        let mut core = self.core();
        core.now = core.now.max(until);
    }

    /// Drops every task of a process.
    pub fn kill(&self, process: u64) {
        let mut core = self.core();
        let gone: Vec<Task> =
            core.tasks.extract_if(.., |_, task| task.process == process).map(|(_, t)| t).collect();
        drop(core);
        drop(gone);
    }

    /// Drops one task.
    pub fn cancel(&self, id: u64) {
        let gone = self.core().tasks.remove(&id);
        drop(gone);
    }

    /// Runs `future` with everything else until it is there; `None` if that takes too many steps.
    pub fn run<T: Send + 'static>(
        &self,
        process: u64,
        steps: u64,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let result = Arc::new(Mutex::new(None));
        let place = Arc::clone(&result);
        self.spawn(process, Box::pin(async move { *lock(&place) = Some(future.await) }));
        for _ in 0..steps {
            if let Some(value) = lock(&result).take() {
                return Some(value);
            }
            if !self.step() && !self.pass_time() {
                break;
            }
        }
        lock(&result).take()
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        lock(&self.0)
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").field("now", &self.now()).finish_non_exhaustive()
    }
}

struct TaskWaker {
    id: u64,
    queued: AtomicBool,
    ready: Arc<Mutex<Vec<u64>>>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::SeqCst) {
            lock(&self.ready).push(self.id);
        }
    }
}

/// The world of one process: its clock may be off, its chance is seeded.
#[derive(Debug)]
pub struct SimEnv {
    executor: Executor,
    process: u64,
    skew: i64,
    rng: Mutex<fastrand::Rng>,
}

impl SimEnv {
    /// Makes the world of `process`, whose clock is `skew` milliseconds ahead.
    pub fn new(executor: &Executor, process: u64, skew: i64, seed: u64) -> Self {
        let rng = Mutex::new(fastrand::Rng::with_seed(seed));
        Self { executor: executor.clone(), process, skew, rng }
    }
}

impl Env for SimEnv {
    fn now_ms(&self) -> i64 {
        self.executor.now() + self.skew
    }

    fn random(&self) -> [u8; 16] {
        lock(&self.rng).u128(..).to_le_bytes()
    }

    fn sleep(&self, ms: u64) -> BoxFuture<'static, ()> {
        Box::pin(Sleep::new(&self.executor, ms))
    }

    fn pause(&self) -> BoxFuture<'static, ()> {
        Box::pin(yield_now())
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.executor.spawn(self.process, task);
    }
}

/// Resolves after a time on the scheduler's clock.
#[derive(Debug)]
pub struct Sleep {
    executor: Executor,
    at: i64,
    key: Option<(i64, u64)>,
}

impl Sleep {
    /// Starts to sleep.
    pub fn new(executor: &Executor, ms: u64) -> Self {
        let at = executor.now().saturating_add_unsigned(ms);
        Self { executor: executor.clone(), at, key: None }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let executor = self.executor.clone();
        let mut core = executor.core();
        if let Some(key) = self.key.take() {
            core.timers.remove(&key);
        }
        if core.now >= self.at {
            return Poll::Ready(());
        }
        core.next += 1;
        let key = (self.at, core.next);
        core.timers.insert(key, context.waker().clone());
        self.key = Some(key);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            let waker = self.executor.core().timers.remove(&key);
            drop(waker);
        }
    }
}

/// Lets the others go first, once.
pub async fn give_way() {
    let mut waited = false;
    std::future::poll_fn(|context| {
        if waited {
            return Poll::Ready(());
        }
        waited = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
