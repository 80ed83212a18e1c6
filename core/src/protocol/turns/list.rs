//! `thread/turns/list`, `thread/items/list` and `thread/items/read`: pages of turns and of items.
//!
//! A page ends early where its items grow too large. A cursor names the place of an item in the history: `t12` is past it, `t=12` includes it.

use serde_json::value::RawValue;

use super::{Head, TurnItem, View, heads, load};
use crate::id::ThreadId;
use crate::limits::MAX_PAGE_BYTES;
use crate::protocol::Call;
use crate::protocol::json::Object;
use crate::protocol::params::{Params, invalid};
use crate::protocol::rpc::RpcError;
use crate::query::SortDirection;
use crate::storage::Storage;

const DEFAULT: u32 = 25;
const MOST: u32 = 100;

type Answer = Result<Box<RawValue>, RpcError>;

/// Newest first unless asked otherwise, and of each turn what was asked and what was answered.
pub(in crate::protocol) async fn turns_list<S: Storage>(
    call: &Call<'_, S>,
    params: &Params<'_>,
) -> Answer {
    let id = params.thread("thread")?;
    page(call, id, params).await?.answer()
}

/// Returns a page of turns: of `thread/turns/list`, or the first one of a `thread/resume`.
pub(in crate::protocol) async fn page<S: Storage>(
    call: &Call<'_, S>,
    id: ThreadId,
    params: &Params<'_>,
) -> Result<Object, RpcError> {
    let limit = params.limit(DEFAULT, MOST)? as usize;
    let view = match params.choice("itemsView", &["notLoaded", "summary", "full"])? {
        Some("notLoaded") => View::NotLoaded,
        Some("full") => View::Full,
        _ => View::Summary,
    };
    let descending = params.direction()? != Some(SortDirection::Asc);
    let from = params.text("cursor")?.as_deref().map(Place::read).transpose()?;
    let mut heads = heads(call, id).await?;
    if descending {
        heads.reverse();
    }
    heads.retain(|head| from.is_none_or(|from| from.admits(head.first, descending)));
    let (mut turns, mut bytes) = (Vec::new(), 0);
    for head in heads.iter().take(limit) {
        let items = match view {
            View::NotLoaded => Vec::new(),
            View::Summary | View::Full => load(call, id, head).await?,
        };
        let turn = head.wire(&items, view).to_string();
        bytes += turn.len() as u64;
        if bytes > MAX_PAGE_BYTES && !turns.is_empty() {
            break;
        }
        turns.push(turn);
    }
    let more = heads.len() > turns.len();
    heads.truncate(turns.len());
    let next = heads.last().filter(|_| more).map(|head| Place::past(head.first));
    let back = heads.first().map(|head| Place::at(head.first));
    Ok(paged(&turns, next.as_deref(), back.as_deref()))
}

/// Oldest first unless asked otherwise.
pub(in crate::protocol) async fn items_list<S: Storage>(
    call: &Call<'_, S>,
    params: &Params<'_>,
) -> Answer {
    let id = params.thread("thread")?;
    let limit = params.limit(DEFAULT, MOST)? as usize;
    let descending = params.direction()? == Some(SortDirection::Desc);
    let (from, anchor) = match params.raw("cursor") {
        Some(raw) if raw.get().starts_with('{') => {
            (None, Some(Params::read(Some(raw))?.required("itemId")?))
        }
        _ => (params.text("cursor")?.as_deref().map(Place::read).transpose()?, None),
    };
    let mut heads = heads(call, id).await?;
    if let Some(turn) = params.text("turnId")? {
        heads = vec![find(&heads, &turn)?.clone()];
    }
    let wanted = Wanted { from, anchor, descending, limit };
    let (found, more) = collect(call, id, heads, wanted).await?;
    let entries: Vec<String> =
        found.iter().map(|(head, item)| item.entry(&head.id).to_string()).collect();
    let next = found.last().filter(|_| more).map(|(_, item)| Place::past(item.seq));
    let back = found.first().map(|(_, item)| Place::at(item.seq));
    paged(&entries, next.as_deref(), back.as_deref()).answer()
}

/// Everything that a conversation shows, in order, with its place in the history.
pub(in crate::protocol) async fn timeline<S: Storage>(
    call: &Call<'_, S>,
    params: &Params<'_>,
) -> Answer {
    let id = params.thread("thread")?;
    let limit = params.limit(DEFAULT, MOST)? as usize;
    let from = params.text("cursor")?.as_deref().map(Place::read).transpose()?;
    let wanted = Wanted { from, anchor: None, descending: false, limit };
    let (found, more) = collect(call, id, heads(call, id).await?, wanted).await?;
    let entries: Vec<String> =
        found.iter().map(|(head, item)| item.in_timeline(&head.id).to_string()).collect();
    let next = found.last().filter(|_| more).map(|(_, item)| Place::past(item.seq));
    Object::new()
        .list("data", &entries)
        .text_or_null("nextCursor", next.as_deref())
        .null("activeRealtimeSessionAtPageStart")
        .answer()
}

/// Which items of a thread a page has.
struct Wanted {
    from: Option<Place>,
    /// The id of the item that the page begins with.
    anchor: Option<String>,
    descending: bool,
    limit: usize,
}

/// Returns a page of items, and whether there are more.
async fn collect<S: Storage>(
    call: &Call<'_, S>,
    id: ThreadId,
    mut heads: Vec<Head>,
    wanted: Wanted,
) -> Result<(Vec<(Head, TurnItem)>, bool), RpcError> {
    let Wanted { from, anchor: mut waits, descending, limit } = wanted;
    if descending {
        heads.reverse();
    }
    let (mut found, mut bytes) = (Vec::<(Head, TurnItem)>::new(), 0);
    let mut more = false;
    'page: for head in heads {
        if from.is_some_and(|from| !from.reaches(&head, descending)) {
            continue;
        }
        let mut items = load(call, id, &head).await?;
        if descending {
            items.reverse();
        }
        for item in items {
            if from.is_some_and(|from| !from.admits(item.seq, descending)) {
                continue;
            }
            if waits.as_deref().is_some_and(|anchor| anchor != item.id()) {
                continue;
            }
            waits = None;
            bytes += item.bytes;
            if found.len() == limit || (bytes > MAX_PAGE_BYTES && !found.is_empty()) {
                more = true;
                break 'page;
            }
            found.push((head.clone(), item));
        }
    }
    if let Some(anchor) = waits {
        return Err(RpcError::refused(format!("item not found: {anchor}")));
    }
    Ok((found, more))
}

/// Returns items of one turn by their ids, in the order asked for; those that are not there are left
/// out.
pub(in crate::protocol) async fn items_read<S: Storage>(
    call: &Call<'_, S>,
    params: &Params<'_>,
) -> Answer {
    let id = params.thread("thread")?;
    let turn = params.required("turnId")?;
    let wanted = params.texts("itemIds")?.ok_or_else(|| invalid("missing field `itemIds`"))?;
    let heads = heads(call, id).await?;
    let head = find(&heads, &turn)?;
    let items = load(call, id, head).await?;
    let found = wanted.iter().filter_map(|id| items.iter().find(|item| item.id() == id));
    let entries: Vec<String> = found.map(|item| item.entry(&turn).to_string()).collect();
    Object::new().list("data", &entries).answer()
}

/// Returns the cursors from which a client pages back through a thread's turns and items.
pub(in crate::protocol) fn cursors_back(heads: &[Head]) -> Option<(String, String)> {
    let last = heads.last()?;
    Some((Place::at(last.first), Place::at(last.end.saturating_sub(1))))
}

/// Returns the cursor of a page of turns that begins with this one.
pub(in crate::protocol) fn cursor_at(head: &Head) -> String {
    Place::at(head.first)
}

pub(in crate::protocol) fn find<'a>(heads: &'a [Head], turn: &str) -> Result<&'a Head, RpcError> {
    let found = heads.iter().find(|head| head.id == turn);
    found.ok_or_else(|| RpcError::refused(format!("turn not found: {turn}")))
}

fn paged(data: &[String], next: Option<&str>, back: Option<&str>) -> Object {
    Object::new()
        .list("data", data)
        .text_or_null("nextCursor", next)
        .text_or_null("backwardsCursor", back)
}

/// A place in a history.
#[derive(Clone, Copy, Debug)]
struct Place {
    seq: u64,
    included: bool,
}

impl Place {
    fn read(text: &str) -> Result<Self, RpcError> {
        let parsed = || {
            let rest = text.strip_prefix('t')?;
            let (rest, included) = match rest.strip_prefix('=') {
                Some(rest) => (rest, true),
                None => (rest, false),
            };
            Some(Self { seq: rest.parse().ok()?, included })
        };
        parsed().ok_or_else(|| {
            RpcError::refused(format!("invalid cursor: {}", crate::error::excerpt(text)))
        })
    }

    fn past(seq: u64) -> String {
        format!("t{seq}")
    }

    fn at(seq: u64) -> String {
        format!("t={seq}")
    }

    fn admits(self, seq: u64, descending: bool) -> bool {
        let beyond = if descending { seq < self.seq } else { seq > self.seq };
        beyond || (self.included && seq == self.seq)
    }

    /// Tells whether a turn may have items that the place admits.
    fn reaches(self, head: &Head, descending: bool) -> bool {
        if descending { head.first <= self.seq } else { head.end > self.seq }
    }
}
