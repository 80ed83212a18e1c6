//! The keys of the three tables: fixed widths, so that the order of keys is the order of numbers.

use crate::id::{DeletionId, ThreadId, TreeId};
use crate::storage::{Key, KeyRange, Table};

/// The catalog's head.
pub(crate) const HEAD: &str = "head";
/// The copy of the newest threads, in the range of [`start`].
pub(crate) const FRONT: &str = "front";
/// The prefix of catalog pages.
pub(crate) const PAGES: &str = "page/";
/// The prefix of epochs.
pub(crate) const EPOCHS: &str = "epoch/";
/// The prefix of what a repair took out of use.
pub(crate) const QUARANTINE: &str = "quarantine/";
/// The prefix of receipts.
pub(crate) const RECEIPTS: &str = "receipt/";

/// The journal entry `n`.
pub(crate) fn entry(n: u64) -> Key {
    format!("{n:016}")
}

/// The journal entries from `n` on.
pub(crate) fn entries_from(n: u64) -> KeyRange {
    KeyRange::new(entry(n), ":")
}

/// The journal entries up to and including `n`.
pub(crate) fn entries_through(n: u64) -> KeyRange {
    KeyRange::new("0", entry(n.saturating_add(1)))
}

/// Reads the number of a journal key.
pub(crate) fn entry_number(key: &str) -> Option<u64> {
    digits(key, 16)
}

/// The key that exists as long as the store is the one that was opened.
pub(crate) fn epoch(epoch: &str) -> Key {
    format!("{EPOCHS}{epoch}")
}

/// The epochs, the front and the head, in one range.
pub(crate) fn start() -> KeyRange {
    KeyRange::new(EPOCHS, format!("{HEAD} "))
}

/// A record in quarantine, under the table and the key that it had.
pub(crate) fn quarantine(table: Table, key: &str) -> Key {
    format!("{QUARANTINE}{}/{key}", table.name())
}

/// The prefix of jobs.
pub(crate) const JOBS: &str = "job/";

/// A job.
pub(crate) fn job(id: uuid::Uuid) -> Key {
    format!("{JOBS}{id}")
}

/// A record of a thread's log, by the number of its first line.
pub(crate) fn log(tree: TreeId, thread: ThreadId, first: u64) -> Key {
    format!("{tree}/{thread}/log/{first:012}")
}

/// A thread's log from the record that starts at `from` on.
pub(crate) fn logs_from(tree: TreeId, thread: ThreadId, from: u64) -> KeyRange {
    KeyRange::new(log(tree, thread, from), format!("{tree}/{thread}/log/:"))
}

/// A thread's dynamic tools.
pub(crate) fn tools(tree: TreeId, thread: ThreadId) -> Key {
    format!("{tree}/{thread}/tools")
}

/// The catalog page `k`.
pub(crate) fn page(k: u32) -> Key {
    format!("{PAGES}{k:08}")
}

/// Reads the number of a page's key.
pub(crate) fn page_number(key: &str) -> Option<u32> {
    let number = digits(key.strip_prefix(PAGES)?, 8)?;
    u32::try_from(number).ok()
}

/// The receipt of a deletion.
pub(crate) fn receipt(deletion: DeletionId) -> Key {
    format!("{RECEIPTS}{deletion}")
}

/// The segment of a thread whose first item is `first`.
pub(crate) fn segment(tree: TreeId, thread: ThreadId, first: u64) -> Key {
    format!("{tree}/{thread}/{first:012}")
}

/// Reads the first item's number of a segment's key.
pub(crate) fn segment_first(key: &str) -> Option<u64> {
    let (_, first) = key.rsplit_once('/')?;
    digits(first, 12)
}

/// Reads a number of a fixed width.
fn digits(text: &str, width: usize) -> Option<u64> {
    let all = text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

/// The segments of a thread that start in `from..to`; other streams sort after them.
pub(crate) fn segments(tree: TreeId, thread: ThreadId, from: u64, to: Option<u64>) -> KeyRange {
    let end = to.map_or_else(|| format!("{tree}/{thread}/:"), |to| segment(tree, thread, to));
    KeyRange::new(segment(tree, thread, from), end)
}

/// Everything stored of one thread.
pub(crate) fn thread(tree: TreeId, thread: ThreadId) -> KeyRange {
    KeyRange::prefix(&format!("{tree}/{thread}/"))
}

/// Everything stored of the threads born in one tree.
pub(crate) fn tree(tree: TreeId) -> KeyRange {
    KeyRange::prefix(&format!("{tree}/"))
}
