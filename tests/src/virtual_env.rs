//! An environment whose time, chance and tasks belong to the test, on one thread.
//!
//! Time stands still while anything can run and jumps to the next timer when nothing can, so a
//! back-off of a minute takes no time, and a wait that can never end is found at once.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use async_executor::Executor;
use creel::{BoxFuture, Env};

/// More steps than this of one [`VirtualEnv::run`] are a hang.
const MOST_STEPS: usize = 200_000;

/// Gives a store virtual time and seeded randomness; a clone is the same environment.
#[derive(Clone)]
pub struct VirtualEnv(Arc<World>);

struct World {
    executor: Executor<'static>,
    clock: Mutex<Clock>,
}

struct Clock {
    now: i64,
    random: u64,
    timers: BTreeMap<(i64, u64), async_channel::Sender<()>>,
    sleepers: u64,
}

impl VirtualEnv {
    /// Makes an environment that starts at `now`, in milliseconds, and draws from `seed`.
    pub fn new(now: i64, seed: u64) -> Self {
        let clock = Clock { now, random: seed, timers: BTreeMap::new(), sleepers: 0 };
        Self(Arc::new(World { executor: Executor::new(), clock: Mutex::new(clock) }))
    }

    /// Runs `future` to its end, and background tasks beside it.
    ///
    /// # Panics
    /// When it can't end: nothing can run and no timer is left, or it takes too many steps.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let flag = Arc::new(Flag(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&flag));
        let mut future = pin!(future);
        for _ in 0..MOST_STEPS {
            if flag.0.swap(false, Ordering::SeqCst)
                && let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker))
            {
                // A task that never ran would keep the environment alive, and itself in it.
                while self.0.executor.try_tick() {}
                return value;
            }
            let ran = self.0.executor.try_tick();
            if !ran && !flag.0.load(Ordering::SeqCst) {
                assert!(self.advance(), "it waits for something that can't happen");
            }
        }
        panic!("it does not end");
    }

    /// Jumps to the next timer; false if there is none.
    fn advance(&self) -> bool {
        let mut clock = self.clock();
        let Some(((at, _), sleeper)) = clock.timers.pop_first() else { return false };
        clock.now = clock.now.max(at);
        // Whoever slept may be gone.
        let _ = sleeper.try_send(());
        true
    }

    fn clock(&self) -> MutexGuard<'_, Clock> {
        self.0.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Env for VirtualEnv {
    fn now_ms(&self) -> i64 {
        self.clock().now
    }

    fn random(&self) -> [u8; 16] {
        let mut clock = self.clock();
        let mut bytes = [0; 16];
        for half in bytes.chunks_mut(8) {
            half.copy_from_slice(&crate::next_random(&mut clock.random).to_le_bytes());
        }
        bytes
    }

    fn sleep(&self, ms: u64) -> BoxFuture<'static, ()> {
        let (sender, receiver) = async_channel::bounded(1);
        let mut clock = self.clock();
        clock.sleepers += 1;
        let at = (clock.now.saturating_add_unsigned(ms), clock.sleepers);
        clock.timers.insert(at, sender);
        Box::pin(async move {
            let _ = receiver.recv().await;
        })
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.0.executor.spawn(task).detach();
    }
}

impl fmt::Debug for VirtualEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualEnv").field("now", &self.now_ms()).finish_non_exhaustive()
    }
}

/// Remembers that the future was woken.
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}
