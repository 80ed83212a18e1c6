//! What a store needs from the world besides storage: time, randomness, timers, background tasks.
//!
//! The core never asks the operating system itself, so a test can own time and chance.

use std::fmt::Debug;

use crate::maybe_send::{BoxFuture, MaybeSend, MaybeSync};

/// Gives a store time, randomness, timers and background tasks.
///
/// Natively use [`SystemEnv`](crate::SystemEnv); the wasm bindings bring their own; a simulation
/// injects a seeded one.
pub trait Env: Debug + MaybeSend + MaybeSync + 'static {
    /// Returns the wall clock in milliseconds since the Unix epoch. It may jump; the store copes.
    fn now_ms(&self) -> i64;

    /// Returns a clock that only goes forward, in milliseconds, for measuring; as fine as there is.
    ///
    /// The default is the wall clock.
    fn monotonic_ms(&self) -> f64 {
        self.now_ms() as f64
    }

    /// Returns 16 unpredictable bytes, for ids.
    fn random(&self) -> [u8; 16];

    /// Resolves after `ms` milliseconds, or later.
    fn sleep(&self, ms: u64) -> BoxFuture<'static, ()>;

    /// Resolves when what waits for the thread had its turn: long work asks for it now and then.
    ///
    /// The default resolves at once, for threads that nobody else waits for.
    fn pause(&self) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }

    /// Runs `task` to its end in the background, whatever becomes of the caller.
    fn spawn(&self, task: BoxFuture<'static, ()>);
}
