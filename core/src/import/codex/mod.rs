//! Reads the files of a Codex home: rollouts, the index of names, the times in them.
//!
//! Everything here is pure: bytes in, threads and items out, so that the command line and the
//! browser import alike. A line that can't be read is named and left out; it is never fatal.

mod index;
mod meta;

use serde::Deserialize;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub(super) use index::name;
pub use index::session_index;

use super::lines::{Line, Lines};
use crate::id::ThreadId;
use crate::item::Item;
use crate::limits::MAX_ITEM;
use crate::thread::CreateThread;
use meta::Meta;

/// A line of a file that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct BadLine {
    /// The file.
    pub file: String,
    /// The line's number, from 1.
    pub line: u64,
    /// Why it can't be read.
    pub reason: String,
}

/// A line of a rollout as it is, with its time in milliseconds, or else that of the line before.
pub(super) type Row = (Option<i64>, Item);

/// Reads a rollout file as its bytes come, and remembers what they say of the thread.
///
/// Lines are kept whole and as they are, the first one (`session_meta`) included. Empty lines do not
/// count, a line that is no JSON object is left out.
#[derive(Debug)]
pub(super) struct Reader {
    path: String,
    named: FileName,
    lines: Lines,
    meta: Option<Meta>,
    first_time: Option<i64>,
    earliest: Option<i64>,
    time: Option<i64>,
}

impl Reader {
    pub(super) fn new(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            named: FileName::read(path),
            lines: Lines::new(MAX_ITEM),
            meta: None,
            first_time: None,
            earliest: None,
            time: None,
        }
    }

    /// Takes the next line off `bytes`; what is left without a line's end is held.
    pub(super) fn next(&mut self, bytes: &mut &[u8]) -> Option<Result<Row, BadLine>> {
        loop {
            let line = self.lines.next(bytes)?;
            if let Some(row) = self.row(line) {
                return Some(row);
            }
        }
    }

    /// Takes the last line, if the file doesn't end with a line's end.
    pub(super) fn last(&mut self) -> Option<Result<Row, BadLine>> {
        let line = self.lines.last()?;
        self.row(line)
    }

    /// Returns what the lines so far say of the thread; without an id when they and the file's name
    /// have none.
    pub(super) fn thread(&self) -> CreateThread {
        let mut thread = self.meta.as_ref().map(Meta::thread).unwrap_or_default();
        thread.id = thread.id.or(self.named.id);
        thread.created_at = thread.created_at.or(self.named.at).or(self.first_time);
        // Lines may be older than the time that the session gives; what is appended raises both.
        thread.updated_at = self.earliest;
        thread.recency_at = self.earliest;
        thread
    }

    fn row(&mut self, line: Line) -> Option<Result<Row, BadLine>> {
        if line.as_ref().is_ok_and(|line| line.trim().is_empty()) {
            return None;
        }
        let item = match line.and_then(|line| item(&line)) {
            Ok(item) => item,
            Err(reason) => {
                let (file, line) = (self.path.clone(), self.lines.number());
                return Some(Err(BadLine { file, line, reason }));
            }
        };
        let head: Head<'_> = item.parse().unwrap_or_default();
        if self.meta.as_ref().is_none_or(|meta| Some(meta.id) != self.named.id) {
            self.meta = better(self.meta.take(), head.meta(), self.named.id);
        }
        self.time = head.time().or(self.time);
        self.first_time = self.first_time.or(self.time);
        self.earliest = self.earliest.into_iter().chain(self.time).min();
        Some(Ok((self.time, item)))
    }
}

/// What the beginning of a rollout file says of its place in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Announced {
    pub(crate) id: ThreadId,
    pub(crate) parent: Option<ThreadId>,
}

/// Reads the beginning of a rollout file, at least its first line.
pub(crate) fn announce(path: &str, beginning: &[u8]) -> Option<Announced> {
    let named = FileName::read(path);
    let mut found: Option<Meta> = None;
    let (mut lines, mut rest) = (Lines::new(MAX_ITEM), beginning);
    while let Some(line) = lines.next(&mut rest).or_else(|| lines.last()) {
        let Ok(line) = line else { continue };
        let head: Head<'_> = serde_json::from_str(&line).unwrap_or_default();
        found = better(found, head.meta(), named.id);
        if found.as_ref().is_some_and(|meta| named.id.is_none_or(|id| meta.id == id)) {
            break;
        }
    }
    match found {
        Some(meta) => Some(Announced { id: meta.id, parent: meta.parent }),
        None => named.id.map(|id| Announced { id, parent: None }),
    }
}

/// Tells whether a path is one of a rollout file: `rollout-….jsonl`, in any folder.
pub fn is_rollout(path: &str) -> bool {
    name_of(path).starts_with("rollout-") && path.ends_with(".jsonl")
}

/// Tells whether a path is one of a compressed rollout file: `rollout-….jsonl.zst`, in any folder.
///
/// Its text is for the caller to decompress.
pub fn is_compressed_rollout(path: &str) -> bool {
    path.strip_suffix(COMPRESSED).is_some_and(is_rollout)
}

const COMPRESSED: &str = ".zst";

fn name_of(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The first `session_meta` wins, but for one that has the id of the file's name: a fork begins
/// with its own and carries those of the threads it was forked from.
fn better(found: Option<Meta>, next: Option<Meta>, named: Option<ThreadId>) -> Option<Meta> {
    match (&found, next) {
        (None, next) => next,
        (Some(found), Some(next)) if Some(found.id) != named && Some(next.id) == named => {
            Some(next)
        }
        _ => found,
    }
}

/// Tells whether a file lies among the archived ones.
pub(super) fn archived(path: &str) -> bool {
    path.split(['/', '\\']).any(|folder| folder == "archived_sessions")
}

fn item(line: &str) -> Result<Item, String> {
    Item::new(line).map_err(|error| match error {
        crate::Error::InvalidItem { reason, .. } => reason,
        other => other.to_string(),
    })
}

/// The frame of a rollout line.
#[derive(Default)]
struct Head<'a> {
    timestamp: Option<&'a serde_json::value::RawValue>,
    kind: Option<&'a serde_json::value::RawValue>,
    payload: Option<&'a serde_json::value::RawValue>,
}

crate::fields::fields! {
    Head<'de>, blank: Self::default(),
    may "timestamp" timestamp,
    may "type" kind,
    may "payload" payload,
}

impl Head<'_> {
    fn time(&self) -> Option<i64> {
        serde_json::from_str::<&str>(self.timestamp?.get()).ok().and_then(millis)
    }

    fn meta(&self) -> Option<Meta> {
        let kind: &str = serde_json::from_str(self.kind?.get()).ok()?;
        if kind != "session_meta" {
            return None;
        }
        Meta::read(self.payload?.get())
    }
}

/// What a file's name says: `rollout-2026-03-02T09-15-00-<id>.jsonl`.
#[derive(Debug, Default)]
struct FileName {
    id: Option<ThreadId>,
    at: Option<i64>,
}

impl FileName {
    fn read(path: &str) -> Self {
        const TIME: usize = "2026-03-02T09-15-00".len();
        const ID: usize = "6513270e-269e-4d37-b2a7-4de452e6b438".len();
        let name = name_of(path).trim_end_matches(COMPRESSED);
        let Some(stem) = name.strip_suffix(".jsonl") else { return Self::default() };
        let id = stem.len().checked_sub(ID).and_then(|start| stem.get(start..));
        let time = stem.strip_prefix("rollout-").and_then(|rest| rest.get(..TIME));
        let at = time.and_then(|time| {
            let (day, clock) = time.split_once('T')?;
            millis(&format!("{day}T{}Z", clock.replace('-', ":")))
        });
        Self { id: id.and_then(|id| id.parse().ok()), at }
    }
}

/// Reads an RFC 3339 time into milliseconds since the Unix epoch; none that a store refuses.
pub(crate) fn millis(text: &str) -> Option<i64> {
    const LAST: i64 = 253_402_300_799_999;
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let millis = i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000)).ok()?;
    (0..=LAST).contains(&millis).then_some(millis)
}

#[cfg(test)]
mod tests;
