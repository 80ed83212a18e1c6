//! `thread/inject_items` and `thread/items/list`: a history's items, each as it was given.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::rpc::{RpcError, reason, thread_id};
use super::{Call, Nothing};
use crate::item::Item;
use crate::query::{ItemQuery, SortDirection};
use crate::storage::Storage;

const DEFAULT: u32 = 25;
const MOST: u32 = 100;

/// The parameters of `thread/inject_items`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadInjectItemsParams {
    /// The thread.
    pub thread_id: String,
    /// The items; each has a `type`.
    pub items: Vec<Box<RawValue>>,
}

/// The parameters of `thread/items/list`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadItemsListParams {
    /// The thread.
    pub thread_id: String,
    /// Items are not grouped into turns here: any turn is one that is not found.
    #[serde(default)]
    pub turn_id: Option<String>,
    /// Where the page starts.
    #[serde(default)]
    pub cursor: Option<String>,
    /// How many items: 25 if left out, never fewer than 1 or more than 100.
    #[serde(default)]
    pub limit: Option<u32>,
    /// The direction; `asc` if left out.
    #[serde(default)]
    pub sort_direction: Option<SortDirection>,
}

/// The answer of `thread/items/list`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadItemsListResponse {
    /// The items.
    pub data: Vec<ThreadItemEntry>,
    /// Where the next page starts.
    pub next_cursor: Option<String>,
    /// Where a page in the other direction starts.
    pub backwards_cursor: Option<String>,
}

/// An item of a history on the wire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadItemEntry {
    /// Its place in the history, from 0.
    pub seq: u64,
    /// The item.
    pub item: Item,
    /// When it was appended, in milliseconds since the Unix epoch.
    pub completed_at_ms: i64,
}

pub(super) async fn inject<S: Storage>(
    call: Call<'_, S>,
    params: ThreadInjectItemsParams,
) -> Result<Nothing, RpcError> {
    let id = thread_id(&params.thread_id, "thread")?;
    if params.items.is_empty() {
        return Err(RpcError::refused("items must not be empty"));
    }
    let mut items = Vec::with_capacity(params.items.len());
    for (index, raw) in params.items.iter().enumerate() {
        if let Err(error) = serde_json::from_str::<Typed<'_>>(raw.get()) {
            let reason = reason(&error);
            let message = format!("items[{index}] is not a valid response item: {reason}");
            return Err(RpcError::refused(message));
        }
        items.push(Item::at_index(raw.get(), index)?);
    }
    let appended = call.store.append(id, items).await;
    appended.map_err(|error| RpcError::about(&error, "thread not found"))?;
    Ok(Nothing {})
}

/// What every response item has.
#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(borrow, rename = "type")]
    _kind: std::borrow::Cow<'a, str>,
}

pub(super) async fn list<S: Storage>(
    call: Call<'_, S>,
    params: ThreadItemsListParams,
) -> Result<ThreadItemsListResponse, RpcError> {
    let id = thread_id(&params.thread_id, "thread")?;
    let query = ItemQuery {
        limit: Some(params.limit.unwrap_or(DEFAULT).clamp(1, MOST)),
        sort_direction: params.sort_direction,
        cursor: params.cursor,
        from: None,
    };
    let page = call.store.items(id, query).await;
    let page = page.map_err(|error| RpcError::about(&error, "thread not loaded"))?;
    if let Some(turn) = params.turn_id {
        return Err(RpcError::refused(format!("turn not found: {turn}")));
    }
    let entry = |stored: crate::item::StoredItem| ThreadItemEntry {
        seq: stored.seq,
        item: stored.item,
        completed_at_ms: stored.at,
    };
    Ok(ThreadItemsListResponse {
        data: page.data.into_iter().map(entry).collect(),
        next_cursor: page.next_cursor,
        backwards_cursor: page.backwards_cursor,
    })
}
