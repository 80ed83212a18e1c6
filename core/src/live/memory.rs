//! What a thread looks like while the store does not have it.

use std::collections::VecDeque;

use crate::catalog::page_limit;
use crate::error::{Error, Result, excerpt};
use crate::id::ThreadId;
use crate::item::{Item, StoredItem};
use crate::observe::observe;
use crate::query::{ItemPage, ItemQuery, SortDirection};
use crate::thread::{CreateThread, Thread};

/// Spells a thread that is to be stored as the store will.
pub(super) fn shown(
    id: ThreadId,
    now: i64,
    thread: &CreateThread,
    session: Option<String>,
) -> Thread {
    let created_at = thread.created_at.unwrap_or(now);
    Thread {
        id,
        session_id: thread.session_id.clone().or(session).unwrap_or_else(|| id.to_string()),
        parent_thread_id: thread.parent_thread_id,
        edge_status: thread.parent_thread_id.map(|_| thread.edge_status.unwrap_or_default()),
        forked_from_id: thread.forked_from_id,
        name: thread.name.clone(),
        preview: thread.preview.clone().unwrap_or_default(),
        title: thread.title.clone(),
        created_at,
        updated_at: thread.updated_at.unwrap_or(created_at),
        recency_at: thread.recency_at.unwrap_or(created_at),
        archived_at: None,
        items: 0,
        bytes: 0,
        details: thread.details.clone(),
    }
}

/// Derives the metadata of an ephemeral thread, as an append does that of a stored one.
pub(super) fn observe_all(thread: &mut Thread, items: &[(i64, Item)]) {
    for (at, item) in items {
        let observed = observe(item);
        thread.items += 1;
        thread.bytes += item.json().len() as u64;
        thread.updated_at = thread.updated_at.max(*at);
        if observed.user_turn {
            thread.recency_at = thread.recency_at.max(*at);
        }
        if thread.preview.is_empty() {
            thread.preview = observed.preview.unwrap_or_default();
        }
        let details = &mut thread.details;
        details.model = observed.model.or(details.model.take());
        details.token_usage = observed.token_usage.or(details.token_usage.take());
        details.cwd = details.cwd.take().or(observed.cwd);
        thread.title = thread.title.take().or(observed.title);
    }
}

/// Returns the first of the items, as many as one append takes.
pub(super) fn batch(
    items: &VecDeque<(i64, Item)>,
    (count, bytes): (usize, usize),
) -> Vec<(i64, Item)> {
    let mut size = 0;
    let mut batch = Vec::new();
    for (at, item) in items {
        size += item.json().len();
        if !batch.is_empty() && (batch.len() == count || size > bytes) {
            break;
        }
        batch.push((*at, item.clone()));
    }
    batch
}

/// Returns a page of items that are kept in memory.
pub(super) fn page(items: &VecDeque<(i64, Item)>, query: &ItemQuery) -> Result<ItemPage> {
    let limit = page_limit(query.limit)?;
    let from = match &query.cursor {
        Some(cursor) => {
            let place = cursor.strip_prefix('i').and_then(|place| place.parse().ok());
            Some(place.ok_or_else(|| Error::InvalidCursor { value: excerpt(cursor) })?)
        }
        None => query.from,
    };
    let numbered = (0_u64..).zip(items).map(|(seq, (at, item))| StoredItem {
        seq,
        at: *at,
        item: item.clone(),
    });
    let data: Vec<StoredItem> = if query.sort_direction == Some(SortDirection::Desc) {
        let from = from.unwrap_or(u64::MAX);
        let mut all: Vec<_> = numbered.filter(|stored| stored.seq <= from).collect();
        all.reverse();
        all.truncate(limit);
        all
    } else {
        numbered
            .skip(usize::try_from(from.unwrap_or(0)).unwrap_or(usize::MAX))
            .take(limit)
            .collect()
    };
    let descending = query.sort_direction == Some(SortDirection::Desc);
    let next = data
        .last()
        .and_then(|last| if descending { last.seq.checked_sub(1) } else { Some(last.seq + 1) });
    let next = next.filter(|next| *next < items.len() as u64);
    Ok(ItemPage {
        next_cursor: next.map(|next| format!("i{next}")),
        backwards_cursor: data.first().map(|first| format!("i{}", first.seq)),
        data,
    })
}
