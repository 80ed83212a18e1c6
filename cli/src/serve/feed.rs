//! The changes of one open store, as messages, for clients that resume: each says where it is in the
//! journal and gets what comes after that, in order and once.
//!
//! The newest are kept for those who come back; whoever was away for longer is told that it missed
//! some.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use creel::storage::BoxedStorage;
use creel::{Change, ChangeEvent, Replayed, Store};
use serde::Serialize;
use smol::channel::{Receiver, Sender, bounded};

/// What is kept, in bytes and in messages.
const BYTES: usize = 8 * 1024 * 1024;
const MESSAGES: usize = 10_000;

/// The changes of one journal entry.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) position: u64,
    pub(super) message: Rc<str>,
}

#[derive(Debug)]
pub(super) struct Feed {
    changes: Receiver<ChangeEvent>,
    waiting: RefCell<Vec<ChangeEvent>>,
    told: RefCell<VecDeque<Told>>,
    /// All changes after this position are kept.
    from: Cell<u64>,
    bytes: Cell<usize>,
    bells: RefCell<Vec<Sender<()>>>,
}

impl Feed {
    /// Begins behind `position`, up to which only that is kept which opening the store has replayed.
    pub(super) fn new(
        changes: Receiver<ChangeEvent>,
        position: u64,
        replayed: Option<Replayed>,
    ) -> Self {
        // Where something was committed since, it is not whole.
        let replayed = replayed.filter(|replayed| replayed.to == position);
        let feed = Self {
            changes,
            waiting: RefCell::default(),
            told: RefCell::default(),
            from: Cell::new(replayed.as_ref().map_or(position, |replayed| replayed.from)),
            bytes: Cell::new(0),
            bells: RefCell::default(),
        };
        let changes = replayed.map(|replayed| replayed.changes).unwrap_or_default();
        for same in changes.chunk_by(|one, next| one.position == next.position) {
            feed.push(same);
        }
        feed
    }

    /// Takes the changes of a store until it is closed, and tells those who listen.
    pub(super) async fn follow(&self, store: Store<BoxedStorage>) {
        while let Ok(change) = self.changes.recv().await {
            self.waiting.borrow_mut().push(change);
            self.drain(&store);
        }
        self.bells.borrow_mut().clear();
    }

    /// Takes whatever the store has told so far; what was answered is among it.
    pub(super) fn drain(&self, store: &Store<BoxedStorage>) {
        let mut waiting = self.waiting.borrow_mut();
        // What an entry brings is told in one step, after which the store is at its position.
        loop {
            let position = store.stats().position;
            while let Ok(change) = self.changes.try_recv() {
                waiting.push(change);
            }
            if waiting.last().is_none_or(|last| last.position <= position) {
                break;
            }
        }
        if waiting.is_empty() {
            return;
        }
        for same in waiting.chunk_by(|one, next| one.position == next.position) {
            self.push(same);
        }
        waiting.clear();
        self.bells.borrow_mut().retain(|bell| !bell.is_closed());
        for bell in self.bells.borrow().iter() {
            // A full one rings already.
            let _ = bell.try_send(());
        }
    }

    /// Returns what rings whenever there is something new, and is closed with the store.
    pub(super) fn bell(&self) -> Receiver<()> {
        let (bell, rings) = bounded(1);
        self.bells.borrow_mut().push(bell);
        rings
    }

    /// Returns the next changes after a position; none when some of them are not kept any more.
    pub(super) fn after(&self, position: u64, most: usize) -> Option<Vec<Told>> {
        if position < self.from.get() {
            return None;
        }
        let told = self.told.borrow();
        let start = told.partition_point(|told| told.position <= position);
        Some(told.range(start..).take(most).cloned().collect())
    }

    fn push(&self, changes: &[ChangeEvent]) {
        let Some(first) = changes.first() else { return };
        if first.position <= self.from.get() {
            return;
        }
        let params = Changed {
            position: first.position,
            changes: changes.iter().map(|c| &c.change).collect(),
        };
        let Ok(message) = serde_json::to_string(&Notification { method: "creel/changed", params })
        else {
            return;
        };
        let mut told = self.told.borrow_mut();
        self.bytes.set(self.bytes.get() + message.len());
        told.push_back(Told { position: first.position, message: message.into() });
        while told.len() > MESSAGES || (self.bytes.get() > BYTES && told.len() > 1) {
            let Some(dropped) = told.pop_front() else { break };
            self.bytes.set(self.bytes.get() - dropped.message.len());
            self.from.set(dropped.position);
        }
    }
}

#[derive(Serialize)]
struct Notification<'a> {
    method: &'a str,
    params: Changed<'a>,
}

#[derive(Serialize)]
struct Changed<'a> {
    position: u64,
    changes: Vec<&'a Change>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(position: u64) -> ChangeEvent {
        let change = Change::JobChanged { job: Default::default() };
        ChangeEvent { position, change }
    }

    fn positions(feed: &Feed, after: u64) -> Option<Vec<u64>> {
        feed.after(after, 100).map(|told| told.iter().map(|told| told.position).collect())
    }

    #[test]
    fn who_comes_back_gets_what_it_missed_and_nothing_twice() {
        let feed = Feed::new(bounded(1).1, 5, None);
        feed.push(&[change(5)]);
        feed.push(&[change(6), change(6)]);
        feed.push(&[change(9)]);
        assert_eq!(positions(&feed, 5), Some(vec![6, 9]));
        assert_eq!(positions(&feed, 6), Some(vec![9]));
        assert_eq!(positions(&feed, 9), Some(vec![]));
        assert_eq!(positions(&feed, 4), None, "what was before the store was opened is not known");
    }

    #[test]
    fn who_was_away_too_long_is_told_so() {
        let feed = Feed::new(bounded(1).1, 0, None);
        (1..=MESSAGES as u64 + 3).for_each(|n| feed.push(&[change(n)]));
        assert_eq!(positions(&feed, 2), None);
        assert_eq!(feed.after(3, 2).unwrap().len(), 2);
    }
}
