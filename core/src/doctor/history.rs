//! Reading the records of one thread's history and finding what is wrong with them.
//!
//! The records come in the order of their keys and are not kept, so a history of any size takes
//! little memory.

use super::report::{Finding, FindingCode};
use crate::catalog::{Record, Tail};
use crate::id::{ThreadId, TreeId};
use crate::item::{Item, Line};
use crate::keys;
use crate::storage::Table;

/// Whose record a key of the history table names, and which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) tree: TreeId,
    pub(super) thread: ThreadId,
    pub(super) stream: Stream,
}

/// A record of a thread by its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Items(u64),
    Log(u64),
    Tools,
    Unknown,
}

/// Reads a key of the history table; `None` if it is no thread's.
pub(super) fn place(key: &str) -> Option<Place> {
    let mut parts = key.splitn(3, '/');
    let mut id = || {
        let text = parts.next()?;
        let id: ThreadId = text.parse().ok()?;
        (id.to_string() == text).then_some(id)
    };
    let (tree, thread) = (id()?, id()?);
    let rest = parts.next()?;
    let stream = match (keys::segment_first(key), rest) {
        (Some(first), rest) if rest.len() == 12 => Stream::Items(first),
        (Some(first), rest) if rest.len() == 16 && rest.starts_with("log/") => Stream::Log(first),
        (_, "tools") => Stream::Tools,
        _ => Stream::Unknown,
    };
    Some(Place { tree, thread, stream })
}

/// Returns the lines of a segment or a log record, each whole or not.
pub(super) fn lines(value: &[u8]) -> Vec<Option<Line>> {
    let mut lines: Vec<Option<Line>> = value
        .split(|byte| *byte == b'\n')
        .map(|line| {
            let line = Line::stored(std::str::from_utf8(line).ok()?);
            let item = line.decode(0).ok()?.item;
            Item::new(item.json()).ok()?;
            Some(line)
        })
        .collect();
    // After the last line break is nothing, unless the value was cut.
    if value.ends_with(b"\n") || value.is_empty() {
        lines.pop();
    }
    lines
}

/// Returns whether every dynamic tool of a record can be read, and how many there are.
pub(super) fn tools(value: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(value).ok()?;
    let mut count = 0;
    for line in text.lines() {
        Item::new(line).ok()?;
        count += 1;
    }
    text.ends_with('\n').then_some(count)
}

/// Walks over one thread's records.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    record: &'a Record,
    tail: Option<&'a Tail>,
    findings: Vec<Finding>,
    /// The number of the next item.
    next: u64,
    bytes: u64,
    /// The first item and the size of the last segment.
    last: Option<(u64, u64)>,
    /// A segment can't be read, so counts say nothing.
    soiled: bool,
    logs: u64,
    logs_soiled: bool,
    tools: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(record: &'a Record, tail: Option<&'a Tail>) -> Self {
        Self {
            record,
            tail,
            findings: Vec::new(),
            next: 0,
            bytes: 0,
            last: None,
            soiled: false,
            logs: 0,
            logs_soiled: false,
            tools: false,
        }
    }

    /// Takes the next record.
    pub(super) fn take(&mut self, key: &str, stream: Stream, value: &[u8]) {
        match stream {
            Stream::Items(first) => self.segment(key, first, value),
            Stream::Log(first) => self.log(key, first, value),
            Stream::Tools => {
                self.tools = true;
                let found = tools(value);
                if found != Some(self.record.tools) {
                    let found = found.map_or("unreadable".into(), |found| found.to_string());
                    let message = format!("{} tools expected, {found}", self.record.tools);
                    self.add(FindingCode::ToolsUnreadable, key.to_owned(), message);
                }
            }
            Stream::Unknown => {
                let message = "no record of a thread has such a key".to_owned();
                self.add(FindingCode::StrayKey, key.to_owned(), message);
            }
        }
    }

    /// Compares what was read with what the catalog says, and returns the findings.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        let record = self.record;
        let expected = |first| keys::segment(record.tree, record.id, first);
        if !self.soiled {
            let tail = self.tail.map_or(0, |tail| tail.bytes());
            if self.next < record.packed {
                self.gap(record.packed);
            } else if self.next > record.packed {
                let (found, packed) = (self.next, record.packed);
                let message = format!("{packed} items are packed, segments have {found}");
                self.add(FindingCode::LengthMismatch, expected(packed), message);
            } else if self.bytes + tail != record.bytes {
                let (found, bytes) = (self.bytes + tail, record.bytes);
                let message = format!("the history has {found} bytes, the catalog says {bytes}");
                self.add(FindingCode::BytesMismatch, expected(0), message);
            } else if self.last.is_some_and(|last| last != segment(record)) {
                let message = format!("the catalog has {:?} as the last segment", segment(record));
                self.add(
                    FindingCode::SegmentPointer,
                    expected(self.last.unwrap_or_default().0),
                    message,
                );
            }
        }
        let tail = self.tail.map_or(0, |tail| tail.lines().len() as u64);
        if record.packed + tail != record.len {
            let message = format!("{} items, {} packed, {tail} not", record.len, record.packed);
            self.add(FindingCode::LengthMismatch, expected(record.len), message);
        }
        if self.logs != record.logs && !self.logs_soiled {
            let message = format!("{} log records, the catalog says {}", self.logs, record.logs);
            let key = keys::log(record.tree, record.id, self.logs.min(record.logs));
            self.add(FindingCode::LogMismatch, key, message);
        }
        if record.tools > 0 && !self.tools {
            let key = keys::tools(record.tree, record.id);
            self.add(FindingCode::ToolsUnreadable, key, "they are missing".to_owned());
        }
        self.findings
    }

    fn segment(&mut self, key: &str, first: u64, value: &[u8]) {
        let lines = lines(value);
        let bad = lines.iter().filter(|line| line.is_none()).count();
        if bad > 0 || lines.is_empty() {
            let message = format!("{bad} of {} lines can't be read", lines.len());
            self.add(FindingCode::SegmentUnreadable, key.to_owned(), message);
        }
        if first > self.next && !self.soiled {
            self.gap(first);
        } else if first < self.next {
            let message = format!("items {first} to {} are in the segment before", self.next - 1);
            self.add(FindingCode::SegmentOverlap, key.to_owned(), message);
            self.soiled = true;
        }
        self.soiled |= bad > 0 || lines.is_empty();
        self.next = self.next.max(first.saturating_add(lines.len() as u64));
        self.bytes += value.len() as u64;
        self.last = Some((first, value.len() as u64));
    }

    fn gap(&mut self, to: u64) {
        let key = keys::segment(self.record.tree, self.record.id, self.next);
        let message = format!("items {} to {} are missing", self.next, to - 1);
        self.add(FindingCode::SegmentGap, key, message);
        self.soiled = true;
    }

    fn log(&mut self, key: &str, first: u64, value: &[u8]) {
        let lines = lines(value);
        if lines.is_empty() || lines.iter().any(Option::is_none) {
            let message = "a line can't be read".to_owned();
            self.add(FindingCode::LogUnreadable, key.to_owned(), message);
            self.logs_soiled = true;
        } else if first != self.logs && !self.logs_soiled {
            let message = format!("log record {} is followed by {first}", self.logs);
            self.add(FindingCode::LogMismatch, key.to_owned(), message);
            self.logs_soiled = true;
        }
        self.logs = first.saturating_add(lines.len() as u64);
    }

    fn add(&mut self, code: FindingCode, key: String, message: String) {
        let key = format!("{}/{key}", Table::History.name());
        self.findings.push(Finding::new(code, Some(key), Some(self.record.id), message));
    }
}

fn segment(record: &Record) -> (u64, u64) {
    (record.segment.first, record.segment.bytes)
}
