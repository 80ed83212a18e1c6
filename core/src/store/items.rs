//! Reading histories by pages, in both directions, from segments and tails.
//!
//! A reader asks for the segment that covers a sequence number, so packing and merging under it do
//! not disturb it. A gap means that this instance is behind: it pulls and looks again.

use std::ops::Range;

use super::Store;
use super::inner::Inner;
use crate::catalog::page_limit;
use crate::error::{Error, Result, excerpt};
use crate::id::{ThreadId, TreeId};
use crate::item::{Line, StoredItem};
use crate::journal::entry::corrupt;
use crate::keys;
use crate::limits::MAX_PAGE_BYTES;
use crate::maybe_send::{MaybeSend, MaybeSync};
use crate::mutation::{self, Mutation};
use crate::query::{ItemPage, ItemQuery, SortDirection};
use crate::storage::{Order, Storage, Table};

/// The most segments of one scan.
const SEGMENTS: usize = 8;

/// Lines of a history with their numbers.
type Lines = Vec<(u64, Line)>;

impl<S: Storage> Store<S> {
    /// Returns a page of a thread's items.
    ///
    /// A page ends after `limit` items or about 4 MB, whichever is first; `next_cursor` tells
    /// whether there is more. Cursors are places in the history and stay good as it grows; once it
    /// is cut back they are invalid.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a limit that is not 1 to 1,000, [`Error::InvalidCursor`],
    /// [`Error::InvalidField`] for a cursor together with `from`, [`Error::ThreadNotFound`] and
    /// [`Error::ThreadDeleted`], also when the thread is deleted while it is read.
    pub async fn items(&self, id: ThreadId, query: ItemQuery) -> Result<ItemPage> {
        let take = |history: &History, lines: Lines, descending| {
            let items = decoded(history, lines)?;
            Ok(page(items, history, descending))
        };
        self.lines(id, query, take).await
    }

    /// Returns a page of a thread's items as the JSON text of an [`ItemPage`], which is as storage has
    /// it and not parsed.
    ///
    /// # Errors
    /// As [`items`](Self::items), which also tells of an item that is no JSON.
    pub async fn items_text(&self, id: ThreadId, query: ItemQuery) -> Result<String> {
        self.lines(id, query, text_page).await
    }

    /// Reads the lines of a page, again where another instance changed them meanwhile.
    async fn lines<T>(
        &self,
        id: ThreadId,
        query: ItemQuery,
        take: impl Fn(&History, Lines, bool) -> Result<T> + MaybeSend + MaybeSync,
    ) -> Result<T> {
        let limit = page_limit(query.limit)? as u64;
        let from = Start::of(&query)?;
        let descending = query.sort_direction == Some(SortDirection::Desc);
        let mut last_gap = None;
        loop {
            let history = self.history(id).await?;
            let range =
                wanted(history.len, from.at(&query, history.generation)?, limit, descending);
            let lines = read_lines(&self.inner, &history, range, descending).await;
            match lines.and_then(|lines| take(&history, lines, descending)) {
                Err(Error::Corrupt { .. }) if mutation::on(Mutation::GapIsEnd) => {
                    return take(&History { len: 0, ..history }, Lines::new(), descending);
                }
                Err(Error::Corrupt { key, reason }) => {
                    // Erased or repacked meanwhile, or else damaged: the same gap twice tells.
                    let gap = Some((key.clone(), history.packed, history.len));
                    if last_gap == gap {
                        return Err(Error::Corrupt { key, reason });
                    }
                    last_gap = gap;
                    self.refresh().await?;
                }
                other => return other,
            }
        }
    }

    pub(super) async fn history(&self, id: ThreadId) -> Result<History> {
        self.with_visible(id, |catalog, record| History {
            id,
            tree: record.tree,
            generation: record.generation,
            len: record.len,
            packed: record.packed,
            tail: catalog.tail(record.ord).map(|tail| tail.lines().to_vec()).unwrap_or_default(),
        })
        .await
    }
}

/// A thread's history as it was when the read began.
#[derive(Debug)]
pub(super) struct History {
    pub(super) id: ThreadId,
    pub(super) tree: TreeId,
    pub(super) generation: u64,
    pub(super) len: u64,
    pub(super) packed: u64,
    pub(super) tail: Vec<Line>,
}

/// Where a page starts, and how often the history was cut back when its cursor was made.
#[derive(Clone, Copy, Debug)]
struct Start {
    from: Option<u64>,
    generation: Option<u64>,
}

impl Start {
    fn of(query: &ItemQuery) -> Result<Self> {
        let Some(cursor) = &query.cursor else {
            return Ok(Self { from: query.from, generation: None });
        };
        if query.from.is_some() {
            let reason = "it can't be given together with cursor".into();
            return Err(Error::InvalidField { field: "from".into(), reason });
        }
        let parsed = || {
            let place = cursor.strip_prefix('i')?;
            let (from, generation) = place.split_once('.').unwrap_or((place, "0"));
            Some(Self { from: from.parse().ok(), generation: Some(generation.parse().ok()?) })
        };
        let start = parsed().filter(|start| start.from.is_some());
        start.ok_or_else(|| Error::InvalidCursor { value: excerpt(cursor) })
    }

    /// Returns the place, unless the history was cut back since: what is there now is another item.
    fn at(self, query: &ItemQuery, generation: u64) -> Result<Option<u64>> {
        match (&query.cursor, self.generation) {
            (Some(cursor), Some(then)) if then != generation => {
                Err(Error::InvalidCursor { value: excerpt(cursor) })
            }
            _ => Ok(self.from),
        }
    }
}

fn cursor(seq: u64, history: &History) -> String {
    match history.generation {
        0 => format!("i{seq}"),
        generation => format!("i{seq}.{generation}"),
    }
}

fn wanted(len: u64, from: Option<u64>, limit: u64, descending: bool) -> Range<u64> {
    if descending {
        let end = from.map_or(len, |from| from.saturating_add(1)).min(len);
        end.saturating_sub(limit)..end
    } else {
        let start = from.unwrap_or(0).min(len);
        start..start.saturating_add(limit).min(len)
    }
}

fn page(mut items: Vec<StoredItem>, history: &History, descending: bool) -> ItemPage {
    if descending {
        items.reverse();
    }
    let seqs = (items.first().map(|first| first.seq), items.last().map(|last| last.seq));
    let (backwards_cursor, next_cursor) = cursors(history, seqs, descending);
    ItemPage { data: items, next_cursor, backwards_cursor }
}

/// Writes a page, in which every line is copied once.
fn text_page(history: &History, mut lines: Lines, descending: bool) -> Result<String> {
    if descending {
        lines.reverse();
    }
    let seqs = (lines.first().map(|(seq, _)| *seq), lines.last().map(|(seq, _)| *seq));
    let size: usize = lines.iter().map(|(_, line)| line.text().len() + 32).sum();
    let mut text = String::with_capacity(size + 256);
    text.push_str("{\"data\":[");
    for (index, (seq, line)) in lines.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        if !line.push_numbered(*seq, &mut text) {
            return Err(gap(history, *seq, "it is no line of a segment"));
        }
    }
    let (backwards, next) = cursors(history, seqs, descending);
    let quoted = |cursor: Option<String>| {
        cursor.map_or_else(|| "null".to_owned(), |cursor| format!("\"{cursor}\""))
    };
    text.push_str("],\"nextCursor\":");
    text.push_str(&quoted(next));
    text.push_str(",\"backwardsCursor\":");
    text.push_str(&quoted(backwards));
    text.push('}');
    Ok(text)
}

/// Returns where a page in the other direction and the next page start.
fn cursors(
    history: &History,
    (first, last): (Option<u64>, Option<u64>),
    descending: bool,
) -> (Option<String>, Option<String>) {
    let next = last.and_then(|last| if descending { last.checked_sub(1) } else { Some(last + 1) });
    let next = next.filter(|next| *next < history.len);
    (first.map(|first| cursor(first, history)), next.map(|next| cursor(next, history)))
}

/// Reads a range, ascending; a long one is cut at the end that is read last.
pub(super) async fn read<S: Storage>(
    inner: &Inner<S>,
    history: &History,
    range: Range<u64>,
    descending: bool,
) -> Result<Vec<StoredItem>> {
    decoded(history, read_lines(inner, history, range, descending).await?)
}

fn decoded(history: &History, lines: Lines) -> Result<Vec<StoredItem>> {
    lines
        .into_iter()
        .map(|(seq, line)| line.decode(seq).map_err(|error| gap(history, seq, error)))
        .collect()
}

async fn read_lines<S: Storage>(
    inner: &Inner<S>,
    history: &History,
    range: Range<u64>,
    descending: bool,
) -> Result<Lines> {
    let mut lines = Lines::new();
    let mut bytes = 0;
    let packed = range.start.min(history.packed)..range.end.min(history.packed);
    let tail_first = history.len - history.tail.len() as u64;
    let tail = (tail_first..).zip(history.tail.iter().cloned());
    let tail = tail.filter(|(seq, _)| range.contains(seq) && *seq >= history.packed);
    let mut take = |from: Vec<(u64, Line)>, lines: &mut Vec<(u64, Line)>| {
        for (seq, line) in from {
            if !lines.is_empty() && bytes + line.size() > MAX_PAGE_BYTES {
                return false;
            }
            bytes += line.size();
            lines.push((seq, line));
        }
        true
    };
    if descending {
        let tail: Vec<_> = tail.collect();
        let mut room = take(tail.into_iter().rev().collect(), &mut lines);
        let mut end = packed.end;
        while room && end > packed.start {
            let (first, segment) = covering(inner, history, end - 1).await?;
            let start = first.max(packed.start);
            let part = slice(history, first, &segment, start..end)?;
            room = take(part.into_iter().rev().collect(), &mut lines);
            end = start;
        }
        lines.reverse();
    } else {
        let mut room = true;
        let mut next = packed.start;
        while room && next < packed.end {
            for (first, segment) in covering_on(inner, history, next, packed.end).await? {
                let part = slice(history, first, &segment, next..packed.end)?;
                next += part.len() as u64;
                room = take(part, &mut lines);
                if !room {
                    break;
                }
            }
        }
        if room {
            take(tail.collect(), &mut lines);
        }
    }
    check_whole(history, &range, &lines, descending)?;
    Ok(lines)
}

/// A page may be short, but it starts where it was asked to and has no gap.
fn check_whole(
    history: &History,
    range: &Range<u64>,
    lines: &[(u64, Line)],
    descending: bool,
) -> Result<()> {
    let anchored = match (descending, lines.first(), lines.last()) {
        (false, Some((first, _)), _) => *first == range.start,
        (true, _, Some((last, _))) => last + 1 == range.end,
        _ => range.is_empty(),
    };
    if anchored && lines.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0) {
        return Ok(());
    }
    Err(gap(history, range.start, "an item is missing"))
}

/// Reads the segment that covers an item.
pub(super) async fn covering<S: Storage>(
    inner: &Inner<S>,
    history: &History,
    seq: u64,
) -> Result<(u64, String)> {
    let range = keys::segments(history.tree, history.id, 0, Some(seq + 1));
    let page = inner.storage.scan(Table::History, range, 1, Order::Descending).await?;
    let Some((key, value)) = page.records.into_iter().next() else {
        return Err(gap(history, seq, "no segment holds it"));
    };
    let found = decode(key, &value)?;
    if mutation::on(Mutation::ExactSegment) && found.0 != seq {
        return Err(gap(history, seq, "no segment starts there"));
    }
    Ok(found)
}

/// Reads the segment that covers an item, and some of those after it.
async fn covering_on<S: Storage>(
    inner: &Inner<S>,
    history: &History,
    seq: u64,
    end: u64,
) -> Result<Vec<(u64, String)>> {
    // Nothing comes before the first segment, so that one is found like the others.
    let mut segments = Vec::new();
    if seq > 0 {
        segments.push(covering(inner, history, seq).await?);
    }
    let reached: u64 =
        segments.iter().map(|(first, text)| first + text.lines().count() as u64).sum();
    if seq == 0 || reached < end {
        let from = if seq == 0 { 0 } else { seq + 1 };
        let range = keys::segments(history.tree, history.id, from, Some(end));
        let page = inner.storage.scan(Table::History, range, SEGMENTS, Order::Ascending).await?;
        for (key, value) in page.records {
            segments.push(decode(key, &value)?);
        }
    }
    if segments.is_empty() {
        return Err(gap(history, seq, "no segment holds it"));
    }
    Ok(segments)
}

pub(super) fn decode(key: String, value: &[u8]) -> Result<(u64, String)> {
    let first = keys::segment_first(&key)
        .ok_or_else(|| corrupt(Table::History, &key, "its key is no number"))?;
    let text = std::str::from_utf8(value).map_err(|error| corrupt(Table::History, &key, error))?;
    Ok((first, text.to_owned()))
}

/// Takes the lines of a range that a segment has; the first of the range must be among them.
fn slice(
    history: &History,
    first: u64,
    segment: &str,
    range: Range<u64>,
) -> Result<Vec<(u64, Line)>> {
    let lines: Vec<(u64, Line)> = (first..)
        .zip(segment.lines())
        .filter(|(seq, _)| range.contains(seq))
        .map(|(seq, line)| (seq, Line::stored(line)))
        .collect();
    match lines.first() {
        Some((seq, _)) if *seq == range.start => Ok(lines),
        _ => Err(gap(history, range.start, "no segment holds it")),
    }
}

pub(super) fn gap(history: &History, seq: u64, reason: impl std::fmt::Display) -> Error {
    corrupt(Table::History, &keys::segment(history.tree, history.id, seq), reason)
}
