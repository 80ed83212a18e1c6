//! The environment of a native process: its clock, its randomness, its timers, its threads.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_executor::Executor;
use futures_lite::FutureExt;
use futures_lite::future::{block_on, pending};

use crate::blocking_thread;
use crate::env::Env;
use crate::maybe_send::BoxFuture;

/// Gives a store the operating system's time, randomness and timers.
///
/// Background tasks of all stores of the process wait on one thread, which starts with the first that
/// does, and are on one of a pool while they use the disk. None belongs to an async runtime.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEnv;

impl SystemEnv {
    /// Returns the environment of this process.
    pub fn new() -> Self {
        Self
    }
}

impl Env for SystemEnv {
    fn now_ms(&self) -> i64 {
        let now = SystemTime::now();
        // A clock before 1970 is wrong, but a date all the same.
        match now.duration_since(UNIX_EPOCH) {
            Ok(since) => millis(since),
            Err(before) => -millis(before.duration()),
        }
    }

    fn monotonic_ms(&self) -> f64 {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1000.0
    }

    fn random(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        match getrandom::fill(&mut bytes) {
            Ok(()) => bytes,
            Err(_) => unique(),
        }
    }

    fn sleep(&self, ms: u64) -> BoxFuture<'static, ()> {
        Box::pin(futures_timer::Delay::new(Duration::from_millis(ms)))
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        // A panic of one task must not take the thread from the others.
        let task = async { drop(AssertUnwindSafe(task).catch_unwind().await) };
        blocking_thread::begin(Box::pin(task), |task| match executor() {
            Some(executor) => executor.spawn(task).detach(),
            None => block_on(task),
        });
    }
}

/// Returns the executor, whose thread the first call starts; none if the system has no thread left.
fn executor() -> Option<&'static Executor<'static>> {
    static EXECUTOR: Executor<'static> = Executor::new();
    static STARTED: OnceLock<bool> = OnceLock::new();
    let started = STARTED.get_or_init(|| {
        let thread = std::thread::Builder::new().name("creel".into());
        thread.spawn(|| block_on(EXECUTOR.run(pending::<()>()))).is_ok()
    });
    started.then_some(&EXECUTOR)
}

/// Returns bytes that no other call returns, for a system without randomness.
fn unique() -> [u8; 16] {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    let half = |part: u8| {
        let mut hasher = DefaultHasher::new();
        (part, call, std::process::id(), SystemTime::now()).hash(&mut hasher);
        hasher.finish().to_le_bytes()
    };
    let mut bytes = [0; 16];
    let (first, second) = bytes.split_at_mut(8);
    first.copy_from_slice(&half(0));
    second.copy_from_slice(&half(1));
    bytes
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn the_clock_is_in_milliseconds() {
        let now = SystemEnv.now_ms();
        let year = 1970 + now / 1000 / 60 / 60 / 24 / 365;
        assert!((2024..2200).contains(&year), "{now}");
    }

    #[test]
    fn random_bytes_differ() {
        assert_ne!(SystemEnv.random(), SystemEnv.random());
        assert_ne!(unique(), unique());
    }

    #[test]
    fn a_sleep_takes_its_time() {
        let start = Instant::now();
        block_on(SystemEnv.sleep(20));
        assert!(start.elapsed() >= Duration::from_millis(20));
    }

    #[test]
    fn tasks_run_in_the_background_and_outlive_a_panic_of_another() {
        let (sender, receiver) = async_channel::bounded(1);
        SystemEnv.spawn(Box::pin(async { panic!("a panic that the test makes") }));
        SystemEnv.spawn(Box::pin(async move {
            SystemEnv.sleep(5).await;
            sender.send("done").await.unwrap();
        }));
        assert_eq!(receiver.recv_blocking(), Ok("done"));
    }
}
