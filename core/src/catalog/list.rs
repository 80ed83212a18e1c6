//! Lists of threads: filters, orders and cursors, answered from the catalog alone.
//!
//! A cursor names a place in an order, not a thread, so it outlives the thread it was made from.

use std::ops::Bound;

use serde_json::Value;

use super::index::{place, place_in};
use super::order::{Order, Place};
use super::{Catalog, Record};
use crate::error::{Error, Result, excerpt};
use crate::limits::{DEFAULT_PAGE, MAX_PAGE, MAX_QUERY_TEXT};
use crate::query::{ArchiveFilter, SortDirection, SortKey, ThreadPage, ThreadQuery};

impl Catalog {
    /// Returns a page of visible threads.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a limit that is not 1 to [`MAX_PAGE`], [`Error::InvalidCursor`]
    /// for a cursor of another order, [`Error::InvalidField`] when both a parent and an ancestor
    /// are asked for, [`Error::TooLarge`] for a search term that is too long.
    pub(crate) fn list(&self, query: &ThreadQuery) -> Result<ThreadPage> {
        let limit = page_limit(query.limit)?;
        if query.parent_thread_id.is_some() && query.ancestor_thread_id.is_some() {
            let reason = "it can't be given together with parentThreadId".into();
            return Err(Error::InvalidField { field: "ancestorThreadId".into(), reason });
        }
        if let Some(size) =
            query.search_term.as_ref().map(String::len).filter(|size| *size > MAX_QUERY_TEXT)
        {
            let field = "searchTerm".into();
            return Err(Error::TooLarge { field, size, limit: MAX_QUERY_TEXT });
        }
        let descending = query.sort_direction == SortDirection::Desc;
        let from =
            query.cursor.as_ref().map(|text| Cursor::parse(text, query.sort_key)).transpose()?;
        let start = match &from {
            None => Bound::Unbounded,
            Some(cursor) if cursor.included => Bound::Included(cursor.place),
            Some(cursor) => Bound::Excluded(cursor.place),
        };
        let at = |ord| self.place(ord, query.sort_key);
        let found: Vec<&Record> = if let Some(candidates) = self.candidates(query) {
            let from_start = |place: &Place| match (start, descending) {
                (Bound::Unbounded, _) => true,
                (Bound::Included(start), true) => *place <= start,
                (Bound::Included(start), false) => *place >= start,
                (Bound::Excluded(start), true) => *place < start,
                (Bound::Excluded(start), false) => *place > start,
            };
            let placed = candidates.into_iter().map(|ord| (at(ord), ord));
            let matching = placed
                .filter(|(place, _)| from_start(place))
                .filter_map(|(place, ord)| Some((place, self.matching(ord, query)?)));
            first(matching, limit + 1, descending)
        } else if descending {
            let orders = orders(self, query).into_iter();
            let ranges = orders.map(|order| order.downwards(start, at)).collect();
            merged(ranges, |a, b| at(a) > at(b))
                .filter_map(|ord| self.matching(ord, query))
                .take(limit + 1)
                .collect()
        } else {
            let orders = orders(self, query).into_iter();
            let ranges = orders.map(|order| order.upwards(start, at)).collect();
            merged(ranges, |a, b| at(a) < at(b))
                .filter_map(|ord| self.matching(ord, query))
                .take(limit + 1)
                .collect()
        };
        let page = &found[..found.len().min(limit)];
        let cursor = |record: Option<&&Record>, included| {
            let place = place(record?, query.sort_key);
            Some(Cursor { place, included }.text(query.sort_key))
        };
        Ok(ThreadPage {
            data: page.iter().map(|record| self.thread(record)).collect(),
            next_cursor: if found.len() > limit { cursor(page.last(), false) } else { None },
            backwards_cursor: cursor(page.first(), true),
        })
    }

    /// The threads below a parent or an ancestor, in no order.
    fn candidates(&self, query: &ThreadQuery) -> Option<Vec<u32>> {
        if let Some(parent) = query.parent_thread_id {
            let parent = self.visible(parent).ok().map(|parent| parent.ord);
            return Some(
                parent.into_iter().flat_map(|parent| self.indexes().children(parent)).collect(),
            );
        }
        let ancestor = self.visible(query.ancestor_thread_id?).ok();
        Some(ancestor.map_or_else(Vec::new, |ancestor| self.visible_descendants(ancestor.ord)))
    }

    /// Returns the place of a thread that is in an order, and so has a record.
    pub(crate) fn place(&self, ord: u32, key: SortKey) -> Place {
        place_in(&self.slots, ord, key)
    }

    fn matching(&self, ord: u32, query: &ThreadQuery) -> Option<&Record> {
        let record = &**self.slot(ord)?;
        let details = &record.details;
        let among = |wanted: &[String], value: Option<&String>| {
            wanted.is_empty() || value.is_some_and(|value| wanted.contains(value))
        };
        let archived = match query.archived.unwrap_or_default() {
            ArchiveFilter::All => true,
            ArchiveFilter::Active => record.archived.is_none(),
            ArchiveFilter::Archived => record.archived.is_some(),
        };
        let is_root = || self.parent(record).is_none();
        let searched = || match query.search_term.as_deref() {
            None | Some("") => true,
            Some(term) => [&record.name, &record.title, &record.preview]
                .into_iter()
                .flatten()
                .any(|text| text.contains(term)),
        };
        let matches = record.visible()
            && archived
            && (!query.roots_only || is_root())
            && among(&query.model_providers, details.model_provider.as_ref())
            && among(&query.cwd, details.cwd.as_ref())
            && (query.source_kinds.is_empty() || self.of_kind(record, &query.source_kinds))
            && searched();
        matches.then_some(record)
    }

    /// The kinds are those of the Codex protocol: `subAgent` takes every sub-agent, `unknown` what has
    /// no source.
    fn of_kind(&self, record: &Record, kinds: &[String]) -> bool {
        let is = |kind: &str| kinds.iter().any(|wanted| wanted == kind);
        match &record.details.source {
            Some(Value::String(source)) => is(source),
            Some(Value::Object(source)) => source.iter().any(|(kind, detail)| {
                let kind = if kind == "subagent" { "subAgent" } else { kind };
                if kind != "subAgent" {
                    return is(kind);
                }
                let detail = match detail {
                    Value::String(detail) => detail.as_str(),
                    Value::Object(detail) => detail.keys().next().map_or("other", String::as_str),
                    _ => "other",
                };
                is(kind)
                    || is(match detail {
                        "review" => "subAgentReview",
                        "compact" => "subAgentCompact",
                        "thread_spawn" => "subAgentThreadSpawn",
                        _ => "subAgentOther",
                    })
            }),
            _ if self.parent(record).is_some() => is("subAgent") || is("subAgentThreadSpawn"),
            _ => is("unknown"),
        }
    }
}

/// Checks a page's limit; nothing given is the default.
pub(crate) fn page_limit(limit: Option<u32>) -> Result<usize> {
    let limit = limit.map_or(DEFAULT_PAGE, |limit| limit as usize);
    if (1..=MAX_PAGE).contains(&limit) {
        return Ok(limit);
    }
    let (value, max) = (limit as i64, MAX_PAGE as i64);
    Err(Error::OutOfRange { field: "limit", value, min: 1, max })
}

fn orders<'a>(catalog: &'a Catalog, query: &ThreadQuery) -> Vec<&'a Order> {
    let order = |archived| catalog.indexes().order(archived, query.sort_key);
    match query.archived.unwrap_or_default() {
        ArchiveFilter::Active => vec![order(false)],
        ArchiveFilter::Archived => vec![order(true)],
        ArchiveFilter::All => vec![order(false), order(true)],
    }
}

/// Takes the first of what comes in no order: few of many, so that most are compared once.
fn first<'a>(
    records: impl Iterator<Item = (Place, &'a Record)>,
    most: usize,
    descending: bool,
) -> Vec<&'a Record> {
    let before = |a: &Place, b: &Place| if descending { a > b } else { a < b };
    let mut found: Vec<(Place, &Record)> = Vec::new();
    for (place, record) in records {
        if found.len() == most && found.last().is_some_and(|(last, _)| before(last, &place)) {
            continue;
        }
        let index = found.partition_point(|(other, _)| before(other, &place));
        found.insert(index, (place, record));
        found.truncate(most);
    }
    found.into_iter().map(|(_, record)| record).collect()
}

/// Merges sorted iterators.
fn merged<I: Iterator<Item = u32>>(
    sources: Vec<I>,
    before: impl Fn(u32, u32) -> bool,
) -> impl Iterator<Item = u32> {
    let mut sources: Vec<_> = sources.into_iter().map(Iterator::peekable).collect();
    std::iter::from_fn(move || {
        let mut best: Option<(usize, u32)> = None;
        for (index, source) in sources.iter_mut().enumerate() {
            if let Some(ord) = source.peek().copied()
                && best.is_none_or(|(_, least)| before(ord, least))
            {
                best = Some((index, ord));
            }
        }
        sources[best?.0].next()
    })
}

/// A place in an order, as text: `c1795233293123|<id>`, with `=` after the letter where the place
/// itself is included.
struct Cursor {
    place: Place,
    included: bool,
}

impl Cursor {
    fn letter(key: SortKey) -> char {
        match key {
            SortKey::CreatedAt => 'c',
            SortKey::UpdatedAt => 'u',
            SortKey::RecencyAt => 'r',
        }
    }

    fn text(&self, key: SortKey) -> String {
        let (time, id) = self.place;
        let mark = if self.included { "=" } else { "" };
        format!("{}{mark}{time}|{id}", Self::letter(key))
    }

    fn parse(text: &str, key: SortKey) -> Result<Self> {
        let parsed = || {
            let rest = text.strip_prefix(Self::letter(key))?;
            let (rest, included) = match rest.strip_prefix('=') {
                Some(rest) => (rest, true),
                None => (rest, false),
            };
            let (time, id) = rest.split_once('|')?;
            let place = (time.parse().ok()?, id.parse().ok()?);
            Some(Self { place, included })
        };
        parsed().ok_or_else(|| Error::InvalidCursor { value: excerpt(text) })
    }
}
