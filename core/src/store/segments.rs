//! Finding the segments of a history.
//!
//! A reader asks for the segment that covers a sequence number, so packing and merging under it do
//! not disturb it. One that knows where that segment began asks for it and those after it at once.

use std::ops::Range;

use super::inner::Inner;
use super::items::{History, Lines, gap};
use crate::error::Result;
use crate::id::{ThreadId, TreeId};
use crate::item::Line;
use crate::journal::entry::corrupt;
use crate::keys;
use crate::mutation::{self, Mutation};
use crate::storage::{Key, Order, Storage, Table};

/// The most segments of one scan.
pub(super) const SEGMENTS: usize = 8;

/// A segment as storage has it: lines, the first of which is the item number `first`.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(super) first: u64,
    pub(super) text: String,
    len: u64,
}

impl Segment {
    /// Reads the record of a segment.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) for what is none.
    pub(super) fn decode(key: Key, value: Vec<u8>) -> Result<Self> {
        let first = keys::segment_first(&key)
            .ok_or_else(|| corrupt(Table::History, &key, "its key is no number"))?;
        let text =
            String::from_utf8(value).map_err(|error| corrupt(Table::History, &key, error))?;
        let len = lines(&text).count() as u64;
        Ok(Self { first, text, len })
    }

    /// Returns the numbers of its items.
    pub(super) fn range(&self) -> Range<u64> {
        self.first..self.first.saturating_add(self.len)
    }

    /// Takes the lines of a range that it has; the first of the range must be among them.
    pub(super) fn slice(&self, history: &History, range: Range<u64>) -> Result<Lines> {
        let lines: Lines = (self.first..)
            .zip(lines(&self.text))
            .skip_while(|(seq, _)| *seq < range.start)
            .take_while(|(seq, _)| *seq < range.end)
            .map(|(seq, line)| (seq, Line::stored(line)))
            .collect();
        match lines.first() {
            Some((seq, _)) if *seq == range.start => Ok(lines),
            _ => Err(gap(history, range.start, "no segment holds it")),
        }
    }

    fn covers(&self, seq: u64) -> bool {
        if mutation::on(Mutation::ExactSegment) {
            return self.first == seq;
        }
        self.range().contains(&seq)
    }
}

/// Returns the lines of a segment; only the last may lack its end.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
    let mut start = 0;
    ends.map_while(move |end| {
        let line = text.get(start..end).filter(|_| start < text.len());
        start = end + 1;
        line
    })
}

/// Returns how many segments like one hold so many items, as far as one scan gets.
pub(super) fn as_many(items: u64, like: &Segment) -> usize {
    usize::try_from(items.div_ceil(like.len.max(1))).unwrap_or(SEGMENTS).clamp(1, SEGMENTS)
}

/// Reads the segment that covers an item.
pub(super) async fn covering<S: Storage>(
    inner: &Inner<S>,
    history: &History,
    seq: u64,
) -> Result<Segment> {
    let mut found = downwards(inner, history, seq + 1, 1).await?;
    found.pop().ok_or_else(|| gap(history, seq, "no segment holds it"))
}

/// Reads at most so many segments that begin before `end`, the last of them first.
pub(super) async fn downwards<S: Storage>(
    inner: &Inner<S>,
    history: &History,
    end: u64,
    most: usize,
) -> Result<Vec<Segment>> {
    let range = keys::segments(history.tree, history.id, 0, Some(end));
    let page = inner.storage.scan(Table::History, range, most, Order::Descending).await?;
    let found = decoded(page.records)?;
    let missing = || gap(history, end - 1, "no segment holds it");
    let last = found.first().ok_or_else(missing)?;
    if mutation::on(Mutation::ExactSegment) && last.first != end - 1 {
        return Err(gap(history, end - 1, "no segment starts there"));
    }
    Ok(found)
}

/// Reads the segment that covers the first item of a range, and some of those after it; `known` is
/// where that segment began, as far as is known.
pub(super) async fn upwards<S: Storage>(
    inner: &Inner<S>,
    history: &History,
    Range { start, end }: Range<u64>,
    known: Option<u64>,
) -> Result<Vec<Segment>> {
    // Nothing comes before the first segment.
    if let Some(first) = known.or_else(|| (start == 0).then_some(0)) {
        let found = ascending(inner, (history.tree, history.id), first..end, SEGMENTS).await?;
        if found.first().is_some_and(|segment| segment.covers(start)) {
            return Ok(found);
        }
    }
    let mut found = vec![covering(inner, history, start).await?];
    if found.iter().all(|segment| segment.range().end < end) {
        let rest = ascending(inner, (history.tree, history.id), start + 1..end, SEGMENTS).await?;
        found.extend(rest);
    }
    Ok(found)
}

/// Reads at most so many segments of a thread that begin within a range.
pub(super) async fn ascending<S: Storage>(
    inner: &Inner<S>,
    (tree, thread): (TreeId, ThreadId),
    Range { start, end }: Range<u64>,
    most: usize,
) -> Result<Vec<Segment>> {
    let range = keys::segments(tree, thread, start, Some(end));
    decoded(inner.storage.scan(Table::History, range, most, Order::Ascending).await?.records)
}

fn decoded(records: Vec<(Key, bytes::Bytes)>) -> Result<Vec<Segment>> {
    records.into_iter().map(|(key, value)| Segment::decode(key, value.into())).collect()
}
