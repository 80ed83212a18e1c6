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

pub use index::session_index;

use crate::id::ThreadId;
use crate::item::Item;
use crate::thread::CreateThread;
use meta::Meta;

/// A rollout file, read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rollout {
    /// The thread that it is the history of; without an id when neither a line nor the file's name
    /// has one.
    pub thread: CreateThread,
    /// Every line that is a JSON object, as it is, with its time in milliseconds.
    pub items: Vec<(i64, Item)>,
    /// Whether the file lies among the archived ones.
    pub archived: bool,
    /// The lines that are left out.
    pub bad_lines: Vec<BadLine>,
}

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

/// Reads a rollout file of the given path.
///
/// Lines are kept whole and as they are, the first one (`session_meta`) included. Empty lines do not
/// count. A line without a time takes the one before it.
pub fn parse_rollout(path: &str, text: &[u8]) -> Rollout {
    let mut rollout = Rollout { archived: archived(path), ..Rollout::default() };
    let named = FileName::read(path);
    let mut meta: Option<Meta> = None;
    let mut first_time = None;
    let mut untimed = 0;
    for (number, line) in lines(text) {
        let item = match item(line) {
            Ok(item) => item,
            Err(reason) => {
                let line = number;
                rollout.bad_lines.push(BadLine { file: path.to_owned(), line, reason });
                continue;
            }
        };
        let head: Head<'_> = item.parse().unwrap_or_default();
        if meta.as_ref().is_none_or(|meta| Some(meta.id) != named.id) {
            meta = better(meta, head.meta(), named.id);
        }
        match head.time() {
            Some(at) => {
                first_time.get_or_insert(at);
                rollout.items.push((at, item));
            }
            None => {
                untimed += usize::from(rollout.items.len() == untimed);
                let at = rollout.items.last().map_or(0, |(at, _)| *at);
                rollout.items.push((at, item));
            }
        }
    }
    let created_at = meta.as_ref().and_then(|meta| meta.created_at).or(named.at).or(first_time);
    for (at, _) in rollout.items.iter_mut().take(untimed) {
        *at = created_at.unwrap_or(0);
    }
    rollout.thread = meta.map(Meta::into_thread).unwrap_or_default();
    rollout.thread.id = rollout.thread.id.or(named.id);
    rollout.thread.created_at = created_at;
    // Lines may be older than the time that the session gives; what is appended raises both.
    let times = rollout.items.iter().map(|(at, _)| *at);
    rollout.thread.updated_at = times.clone().max();
    rollout.thread.recency_at = times.min();
    rollout
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
    for (_, line) in lines(beginning) {
        let Ok(text) = std::str::from_utf8(line) else { continue };
        let head: Head<'_> = serde_json::from_str(text).unwrap_or_default();
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
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.starts_with("rollout-") && name.ends_with(".jsonl")
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

fn archived(path: &str) -> bool {
    path.split(['/', '\\']).any(|folder| folder == "archived_sessions")
}

/// Splits into lines, numbered from 1, without the empty ones.
fn lines(text: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let numbered = (1..).zip(text.split(|byte| *byte == b'\n'));
    numbered.map(|(number, line)| (number, line.trim_ascii())).filter(|(_, line)| !line.is_empty())
}

fn item(line: &[u8]) -> Result<Item, String> {
    let text = std::str::from_utf8(line).map_err(|cause| cause.to_string())?;
    Item::new(text).map_err(|error| match error {
        crate::Error::InvalidItem { reason, .. } => reason,
        other => other.to_string(),
    })
}

/// The frame of a rollout line.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Head<'a> {
    #[serde(borrow)]
    timestamp: Option<&'a serde_json::value::RawValue>,
    #[serde(borrow, rename = "type")]
    kind: Option<&'a serde_json::value::RawValue>,
    #[serde(borrow)]
    payload: Option<&'a serde_json::value::RawValue>,
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
#[derive(Default)]
struct FileName {
    id: Option<ThreadId>,
    at: Option<i64>,
}

impl FileName {
    fn read(path: &str) -> Self {
        const TIME: usize = "2026-03-02T09-15-00".len();
        const ID: usize = "6513270e-269e-4d37-b2a7-4de452e6b438".len();
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
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
