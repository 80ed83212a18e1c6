//! Reading histories by pages, in both directions, from segments and tails.
//!
//! `segments` has how segments are found. A gap means that this instance is behind: it pulls and
//! looks again.

use std::ops::Range;

use super::inner::Inner;
use super::segments::{self, Segment};
use super::{Store, ahead};
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
use crate::storage::{Storage, Table};

/// Lines of a history with their numbers.
pub(super) type Lines = Vec<(u64, Line)>;

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
        let take = |history: &History, found: Found, descending| page(history, found, descending);
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
        take: impl Fn(&History, Found, bool) -> Result<T> + MaybeSend + MaybeSync,
    ) -> Result<T> {
        let limit = page_limit(query.limit)? as u64;
        let from = Start::of(&query)?;
        let descending = query.sort_direction == Some(SortDirection::Desc);
        let mut last_gap = None;
        loop {
            let history = self.history(id).await?;
            let range =
                wanted(history.len, from.at(&query, history.generation)?, limit, descending);
            let found = find(&self.inner, &history, range, from.segment, descending).await;
            let page = found.and_then(|mut found| {
                // Who follows one cursor is likely to follow the next.
                if from.segment.is_some() {
                    ahead::begin(&self.inner, &history, &mut found);
                }
                take(&history, found, descending)
            });
            match page {
                Err(Error::Corrupt { .. }) if mutation::on(Mutation::GapIsEnd) => {
                    return take(&History { len: 0, ..history }, Found::default(), descending);
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

/// Where a page starts, how often the history was cut back when its cursor was made, and which
/// segment held that place.
#[derive(Clone, Copy, Debug)]
struct Start {
    from: Option<u64>,
    generation: Option<u64>,
    segment: Option<u64>,
}

impl Start {
    fn of(query: &ItemQuery) -> Result<Self> {
        let Some(cursor) = &query.cursor else {
            return Ok(Self { from: query.from, generation: None, segment: None });
        };
        if query.from.is_some() {
            let reason = "it can't be given together with cursor".into();
            return Err(Error::InvalidField { field: "from".into(), reason });
        }
        let parsed = || {
            let mut words = cursor.strip_prefix('i')?.split('.').map(|word| word.parse().ok());
            let (from, generation) = (words.next()??, words.next().unwrap_or(Some(0))?);
            let segment = words.next().map_or(Some(None), |word| word.map(Some))?;
            let start = Self { from: Some(from), generation: Some(generation), segment };
            words.next().is_none().then_some(start)
        };
        parsed().ok_or_else(|| Error::InvalidCursor { value: excerpt(cursor) })
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

fn cursor(seq: u64, history: &History, segment: Option<u64>) -> String {
    match (history.generation, segment) {
        (0, None) => format!("i{seq}"),
        (generation, None) => format!("i{seq}.{generation}"),
        (generation, Some(segment)) => format!("i{seq}.{generation}.{segment}"),
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

fn page(history: &History, found: Found, descending: bool) -> Result<ItemPage> {
    let (next_cursor, backwards_cursor) = found.cursors(history, descending);
    let mut data = decoded(history, found.lines)?;
    if descending {
        data.reverse();
    }
    Ok(ItemPage { data, next_cursor, backwards_cursor })
}

/// Writes a page, in which every line is copied once.
fn text_page(history: &History, found: Found, descending: bool) -> Result<String> {
    let (next, backwards) = found.cursors(history, descending);
    let mut lines = found.lines;
    if descending {
        lines.reverse();
    }
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

/// What was read of a range, ascending.
#[derive(Debug, Default)]
pub(super) struct Found {
    lines: Lines,
    /// Where the segment begins in which the page after this one does, as far as is known.
    pub(super) next: Option<u64>,
    /// That segment and those after it which were read.
    pub(super) rest: Vec<Segment>,
    /// Where all that were read end.
    pub(super) end: u64,
    /// How many segments the lines come from.
    pub(super) taken: usize,
}

impl Found {
    /// Returns where the next page and the one in the other direction start.
    fn cursors(&self, history: &History, descending: bool) -> (Option<String>, Option<String>) {
        let (first, last) = (self.lines.first(), self.lines.last());
        let ends = if descending { (last, first) } else { (first, last) };
        let (from, to) = (ends.0.map(|(seq, _)| *seq), ends.1.map(|(seq, _)| *seq));
        let next = to.and_then(|to| if descending { to.checked_sub(1) } else { Some(to + 1) });
        let next = next.filter(|next| *next < history.len);
        let next = next.map(|next| cursor(next, history, self.next));
        (next, from.map(|from| cursor(from, history, None)))
    }

    /// Sees where the next page begins.
    fn look_on(&mut self, history: &History) {
        let Some(next) = self.lines.last().map(|(last, _)| last + 1) else { return };
        self.end = self.rest.last().map_or(0, |segment| segment.range().end);
        self.rest.retain(|segment| segment.range().end > next);
        let boundary = (self.end == next && next < history.packed).then_some(next);
        self.next = self.rest.first().map(|segment| segment.first).or(boundary);
    }
}

/// Reads a range, ascending; a long one is cut at the end that is read last.
pub(super) async fn read<S: Storage>(
    inner: &Inner<S>,
    history: &History,
    range: Range<u64>,
    descending: bool,
) -> Result<Vec<StoredItem>> {
    decoded(history, find(inner, history, range, None, descending).await?.lines)
}

fn decoded(history: &History, lines: Lines) -> Result<Vec<StoredItem>> {
    lines
        .into_iter()
        .map(|(seq, line)| line.decode(seq).map_err(|error| gap(history, seq, error)))
        .collect()
}

/// Reads the lines of a range; `segment` may hold the first of them.
async fn find<S: Storage>(
    inner: &Inner<S>,
    history: &History,
    range: Range<u64>,
    segment: Option<u64>,
    descending: bool,
) -> Result<Found> {
    let mut found = Found::default();
    let mut bytes = 0;
    let packed = range.start.min(history.packed)..range.end.min(history.packed);
    let tail_first = history.len - history.tail.len() as u64;
    let tail = (tail_first..).zip(history.tail.iter().cloned());
    let tail = tail.filter(|(seq, _)| range.contains(seq) && *seq >= history.packed);
    let mut take = |from: Lines, lines: &mut Lines| {
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
        let mut room = take(tail.into_iter().rev().collect(), &mut found.lines);
        let mut end = packed.end;
        let mut most = 1;
        while room && end > packed.start {
            for segment in segments::downwards(inner, history, end, most).await? {
                let start = segment.range().start.max(packed.start);
                let part = segment.slice(history, start..end)?;
                // Those before it are likely as long.
                most = segments::as_many(start - packed.start, &segment);
                room = take(part.into_iter().rev().collect(), &mut found.lines);
                end = start;
                if !room || end <= packed.start {
                    break;
                }
            }
        }
        found.lines.reverse();
    } else {
        let mut room = true;
        let mut next = packed.start;
        let mut known = segment;
        while room && next < packed.end {
            let mut segments = match ahead::take(inner, history, known).await {
                Some(ahead) => ahead.into_iter(),
                None => {
                    segments::upwards(inner, history, next..packed.end, known).await?.into_iter()
                }
            };
            for segment in segments.by_ref() {
                let part = segment.slice(history, next..packed.end)?;
                next += part.len() as u64;
                room = take(part, &mut found.lines);
                found.taken += 1;
                found.rest = vec![segment];
                if !room || next >= packed.end {
                    break;
                }
            }
            found.rest.extend(segments);
            known = Some(next);
        }
        found.look_on(history);
        if room {
            take(tail.collect(), &mut found.lines);
        }
    }
    check_whole(history, &range, &found.lines, descending)?;
    Ok(found)
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

pub(super) fn gap(history: &History, seq: u64, reason: impl std::fmt::Display) -> Error {
    corrupt(Table::History, &keys::segment(history.tree, history.id, seq), reason)
}
