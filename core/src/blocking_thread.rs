//! Threads that are made for calls that block, and know it: on them such a call needs no other thread.

use std::cell::Cell;
use std::task::{Context, Poll, Waker};

use crate::maybe_send::BoxFuture;

thread_local! {
    static MAY_BLOCK: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`, which blocks, on a thread made for that: the one that asks, if it is one.
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    if MAY_BLOCK.get() { work() } else { blocking::unblock(work).await }
}

/// Runs `task` on such a thread until it waits for something else than a call that blocks, and gives what is left of it
/// to `then`.
///
/// A store on files so commits without a change of threads, and no thread is held by what only waits.
pub(crate) fn begin(
    mut task: BoxFuture<'static, ()>,
    then: impl FnOnce(BoxFuture<'static, ()>) + Send + 'static,
) {
    let begun = move || {
        let _marked = Marked::new();
        // Whoever takes it over asks it at once how far it is, so no waking is missed.
        let waits = task.as_mut().poll(&mut Context::from_waker(Waker::noop())) == Poll::Pending;
        waits.then_some(task)
    };
    let begin = move || {
        if let Some(task) = begun() {
            then(task);
        }
    };
    blocking::unblock(begin).detach();
}

/// Marks this thread as one that may block, as long as it lives.
struct Marked;

impl Marked {
    fn new() -> Self {
        MAY_BLOCK.set(true);
        Self
    }
}

impl Drop for Marked {
    fn drop(&mut self) {
        MAY_BLOCK.set(false);
    }
}

#[cfg(test)]
mod tests {
    use std::thread::{self, ThreadId};

    use futures_lite::future::{block_on, yield_now};

    use super::*;

    /// Runs two calls that block, with a wait between them, and returns the threads that they and the task were on.
    fn threads(waits: bool) -> Vec<(ThreadId, ThreadId)> {
        let (sender, receiver) = async_channel::unbounded();
        let task = Box::pin(async move {
            for call in 0..2 {
                let called = run(|| thread::current().id()).await;
                sender.send((thread::current().id(), called)).await.unwrap();
                if waits && call == 0 {
                    yield_now().await;
                }
            }
        });
        begin(task, |rest| {
            thread::spawn(|| block_on(rest));
        });
        block_on(async {
            let mut found = Vec::new();
            while let Ok(threads) = receiver.recv().await {
                found.push(threads);
            }
            found
        })
    }

    #[test]
    fn calls_that_block_stay_on_a_thread_that_may() {
        let found = threads(false);
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|(task, call)| task == call && *task == found[0].0), "{found:?}");
    }

    #[test]
    fn a_task_that_waits_goes_on_elsewhere_and_does_not_block_there() {
        let found = threads(true);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].0, found[0].1);
        assert_ne!(found[1].0, found[0].0);
        assert_ne!(found[1].0, found[1].1);
    }
}
