//! What waits to be sent to one client. It has two bounds: above the first no request is read, and
//! a client that lets notifications pile up above the second is let go.

use std::cell::Cell;

use smol::channel::{Receiver, Sender, bounded, unbounded};

/// Above this, the next request waits until the client has read.
const ANSWERS: usize = 4 * 1024 * 1024;
/// Above this, a notification finds no room.
const NOTIFICATIONS: usize = 16 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Outbox {
    batches: (Sender<Vec<String>>, Receiver<Vec<String>>),
    progress: (Sender<()>, Receiver<()>),
    waiting: Cell<usize>,
}

impl Default for Outbox {
    fn default() -> Self {
        Self { batches: unbounded(), progress: bounded(1), waiting: Cell::new(0) }
    }
}

impl Outbox {
    /// Returns the bytes of messages.
    pub(super) fn size(batch: &[String]) -> usize {
        batch.iter().map(String::len).sum()
    }

    /// Puts messages behind all others, at once.
    pub(super) fn put(&self, batch: Vec<String>) {
        let size = Self::size(&batch);
        if !batch.is_empty() && self.batches.0.try_send(batch).is_ok() {
            self.waiting.set(self.waiting.get() + size);
        }
    }

    /// Waits until there is room for the answer to another request.
    pub(super) async fn room(&self) {
        while self.waiting.get() > ANSWERS {
            if self.progress.1.recv().await.is_err() {
                return;
            }
        }
    }

    /// Tells whether even notifications have no room.
    pub(super) fn overflows(&self) -> bool {
        self.waiting.get() > NOTIFICATIONS
    }

    /// Takes the messages that are next, and none once it is closed and empty.
    pub(super) async fn next(&self) -> Option<Vec<String>> {
        self.batches.1.recv().await.ok()
    }

    /// Counts messages as sent.
    pub(super) fn sent(&self, size: usize) {
        self.waiting.set(self.waiting.get().saturating_sub(size));
        // A full channel has told already.
        let _ = self.progress.0.try_send(());
    }

    /// Takes no more messages.
    pub(super) fn close(&self) {
        self.batches.0.close();
    }
}

#[cfg(test)]
mod tests {
    use futures_lite::future::{block_on, poll_once};

    use super::*;

    #[test]
    fn requests_wait_where_notifications_still_have_room() {
        let outbox = Outbox::default();
        outbox.put(vec!["x".repeat(ANSWERS)]);
        assert!(block_on(poll_once(outbox.room())).is_some());
        outbox.put(vec!["x".into()]);
        assert!(block_on(poll_once(outbox.room())).is_none());
        assert!(!outbox.overflows());
        let batch = block_on(outbox.next()).unwrap();
        assert!(block_on(poll_once(outbox.room())).is_none(), "taken is not sent");
        outbox.sent(Outbox::size(&batch));
        assert!(block_on(poll_once(outbox.room())).is_some());
        outbox.put(vec!["x".repeat(NOTIFICATIONS)]);
        assert!(outbox.overflows());
    }

    #[test]
    fn what_was_put_before_closing_is_still_taken() {
        let outbox = Outbox::default();
        outbox.put(vec!["a".into()]);
        outbox.put(Vec::new());
        outbox.close();
        outbox.put(vec!["b".into()]);
        assert_eq!(block_on(outbox.next()), Some(vec!["a".to_owned()]));
        assert_eq!(block_on(outbox.next()), None);
    }
}
