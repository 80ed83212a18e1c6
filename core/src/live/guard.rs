//! Holds a live thread while it is being set up.

use super::LiveThread;
use crate::storage::Storage;

/// Discards a live thread unless its setting up succeeds.
///
/// Whatever ends the setting up early, an error or a dropped future, leaves nothing behind that was
/// not stored before.
#[derive(Debug)]
#[must_use = "the thread is discarded unless it is kept"]
pub struct InitGuard<S: Storage>(Option<LiveThread<S>>);

impl<S: Storage> InitGuard<S> {
    /// Takes a thread whose setting up begins.
    pub fn new(live: LiveThread<S>) -> Self {
        Self(Some(live))
    }

    /// Returns the thread: it is set up.
    pub fn keep(mut self) -> Option<LiveThread<S>> {
        self.0.take()
    }

    /// Returns the thread while it is being set up.
    pub fn thread(&self) -> Option<&LiveThread<S>> {
        self.0.as_ref()
    }
}

impl<S: Storage> Drop for InitGuard<S> {
    fn drop(&mut self) {
        if let Some(live) = &self.0 {
            live.discard();
        }
    }
}
