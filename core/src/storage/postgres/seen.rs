//! What the newest entries of the journal looked like when this handle last saw them.
//!
//! A server that crashes forgets relaxed commits, and one that fails over, or is restored, forgets
//! others too; this process lives on and remembers them. Were it only asked whether entry `n`
//! exists, a commit decided on the lost entry could be put after another one that took its place.
//! So a check of a journal entry also asks whether it is the entry that was seen. An entry that
//! changed is a conflict, upon which a store pulls, finds that its past is gone, and loads afresh.

use std::collections::VecDeque;

use bytes::Bytes;

use super::plan::Changes;
use crate::storage::{Key, StorageError, StorageResult};

/// A store checks its newest entry alone; a few more cost nothing.
const KEPT: usize = 8;

/// How much of an entry's beginning is compared. Writer and commit, which no two entries share,
/// stand there.
pub(super) const PREFIX: usize = 256;

/// By what an entry is known again: its length and its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) length: i32,
    pub(super) prefix: Bytes,
}

impl Mark {
    fn of(value: &Bytes) -> Self {
        let length = i32::try_from(value.len()).unwrap_or(i32::MAX);
        Self { length, prefix: Bytes::copy_from_slice(&value[..value.len().min(PREFIX)]) }
    }
}

/// The entries that a handle saw last, the latest at the end.
#[derive(Debug, Default)]
pub(super) struct Seen(VecDeque<Entry>);

#[derive(Debug)]
struct Entry {
    key: Key,
    mark: Mark,
    /// It was another one before, and whoever decides has not been told.
    changed: bool,
}

impl Seen {
    /// Takes note of an entry that was read.
    pub(super) fn read(&mut self, key: &str, value: &Bytes) {
        let mark = Mark::of(value);
        let before = self.take(key);
        let changed = before.is_some_and(|before| before.changed || before.mark != mark);
        self.keep(Entry { key: key.to_owned(), mark, changed });
    }

    /// Takes note of an entry that this handle has committed.
    pub(super) fn wrote(&mut self, key: &str, value: &Bytes) {
        self.take(key);
        self.keep(Entry { key: key.to_owned(), mark: Mark::of(value), changed: false });
    }

    /// Makes the checks of a batch ask for the entries that were seen.
    ///
    /// # Errors
    /// [`StorageError::Conflict`], once, for an entry that was found changed.
    pub(super) fn sharpen(&mut self, journal: &mut Changes) -> StorageResult<()> {
        for entry in &mut self.0 {
            if journal.exist.contains(&entry.key) {
                if std::mem::take(&mut entry.changed) {
                    return Err(StorageError::Conflict);
                }
                journal.same.push((entry.key.clone(), entry.mark.clone()));
            }
        }
        Ok(())
    }

    fn take(&mut self, key: &str) -> Option<Entry> {
        let place = self.0.iter().position(|entry| entry.key == key)?;
        self.0.remove(place)
    }

    fn keep(&mut self, entry: Entry) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks(seen: &mut Seen, key: &str) -> StorageResult<Vec<(Key, Mark)>> {
        let mut changes = Changes::default();
        changes.exist.insert(key.into());
        seen.sharpen(&mut changes).map(|()| changes.same)
    }

    #[test]
    fn a_check_asks_for_the_entry_that_was_seen() {
        let mut seen = Seen::default();
        let value = Bytes::from("x".repeat(300));
        assert_eq!(checks(&mut seen, "7").unwrap(), []);
        seen.read("7", &value);
        let mark = Mark { length: 300, prefix: value.slice(..PREFIX) };
        assert_eq!(checks(&mut seen, "7").unwrap(), [("7".into(), mark)]);
        assert_eq!(checks(&mut seen, "6").unwrap(), []);
    }

    #[test]
    fn an_entry_that_changed_is_one_conflict() {
        let mut seen = Seen::default();
        seen.wrote("7", &Bytes::from("mine"));
        seen.read("7", &Bytes::from("mine"));
        assert!(checks(&mut seen, "7").is_ok());
        seen.read("7", &Bytes::from("another"));
        seen.read("7", &Bytes::from("another"));
        assert!(matches!(checks(&mut seen, "7"), Err(StorageError::Conflict)));
        assert_eq!(checks(&mut seen, "7").unwrap()[0].1.length, 7);
        seen.read("7", &Bytes::from("mine"));
        seen.wrote("7", &Bytes::from("new"));
        assert_eq!(checks(&mut seen, "7").unwrap()[0].1.length, 3);
    }

    #[test]
    fn only_the_latest_are_kept() {
        let mut seen = Seen::default();
        for n in 0..100 {
            seen.read(&n.to_string(), &Bytes::new());
        }
        assert_eq!(seen.0.len(), KEPT);
        assert_eq!(checks(&mut seen, "91").unwrap(), []);
        assert_eq!(checks(&mut seen, "92").unwrap().len(), 1);
    }
}
