//! `thread/inject_items`, and a history's items as they were given: `creel/items/…`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Call;
use super::json::{Object, to_json};
use super::params::Params;
use super::rpc::{RpcError, reason};
use crate::error::Error;
use crate::item::{Item, StoredItem};
use crate::query::ItemQuery;
use crate::storage::Storage;

const DEFAULT: u32 = 50;
const MOST: u32 = 1000;

type Answer = Result<Box<RawValue>, RpcError>;

/// Appends response items to an open thread.
pub(super) async fn inject<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let raw = params.list("items")?;
    let not_open = || RpcError::about(&Error::ThreadNotFound { id }, "thread not found");
    let live = call.threads.get(id).ok_or_else(not_open)?;
    if raw.is_empty() {
        return Err(RpcError::refused("items must not be empty"));
    }
    for (index, raw) in raw.iter().enumerate() {
        if let Err(error) = serde_json::from_str::<Typed<'_>>(raw.get()) {
            let reason = reason(&error);
            let message = format!("items[{index}] is not a valid response item: {reason}");
            return Err(RpcError::refused(message));
        }
    }
    let appended = live.append(items(&raw)?).await;
    appended.map_err(|error| RpcError::about(&error, "thread not found"))?;
    Object::new().answer()
}

/// What every response item has.
#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(borrow, rename = "type")]
    _kind: std::borrow::Cow<'a, str>,
}

/// Appends items to a thread, open or not.
pub(super) async fn append<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let items = items(&params.list("items")?)?;
    let count = match call.threads.get(id) {
        Some(live) => live.append(items).await?,
        None => call.threads.store().append(id, items).await.map(|to| to.count as usize)?,
    };
    let length = call.threads.read(id).await?.items;
    Object::new().raw("count", &count.to_string()).raw("length", &length.to_string()).answer()
}

/// Returns items with their places and times, oldest first unless asked otherwise.
pub(super) async fn list<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let query = ItemQuery {
        limit: Some(params.limit(DEFAULT, MOST)?),
        sort_direction: params.direction()?,
        cursor: params.text("cursor")?,
        from: None,
    };
    let page = match call.threads.get(id) {
        Some(live) => live.items(query).await?,
        None => call.threads.store().items(id, query).await?,
    };
    Object::new()
        .list("data", &spelled(&page.data)?)
        .text_or_null("nextCursor", page.next_cursor.as_deref())
        .text_or_null("backwardsCursor", page.backwards_cursor.as_deref())
        .answer()
}

/// Removes the last items, and returns them.
pub(super) async fn pop<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let count = params.integer("count")?.unwrap_or(1);
    let popped = call.threads.store().pop(id, u32::try_from(count).unwrap_or(0)).await?;
    Object::new().list("data", &spelled(&popped)?).answer()
}

fn items(raw: &[&RawValue]) -> Result<Vec<Item>, RpcError> {
    let item = |(index, raw): (usize, &&RawValue)| Item::at_index(raw.get(), index);
    Ok(raw.iter().enumerate().map(item).collect::<Result<_, Error>>()?)
}

fn spelled(items: &[StoredItem]) -> Result<Vec<String>, RpcError> {
    items.iter().map(to_json).collect()
}
