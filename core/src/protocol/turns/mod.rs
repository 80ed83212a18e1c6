//! Turns: what a person said, and all that came of it. A history is read into turns when asked for.

mod convert;
mod group;
mod list;
#[cfg(test)]
mod tests;

pub(super) use group::{Head, TurnItem, View};
pub(super) use list::{
    cursor_at, cursors_back, find, items_list, items_read, page, timeline, turns_list,
};

use group::{Grouper, Step};
use serde_json::Value;

use super::Call;
use super::rpc::RpcError;
use crate::id::ThreadId;
use crate::item::StoredItem;
use crate::query::ItemQuery;
use crate::storage::Storage;

/// The items of one read.
const PAGE: u32 = 1000;

/// Returns the turns of a thread, without what was said in them, in order.
pub(super) async fn heads<S: Storage>(
    call: &Call<'_, S>,
    id: ThreadId,
) -> Result<Vec<Head>, RpcError> {
    let (mut grouper, mut heads, mut next) = (Grouper::default(), Vec::new(), 0);
    loop {
        let items = read(call, id, next, PAGE).await?;
        let Some(last) = items.last() else { break };
        next = last.seq + 1;
        for item in &items {
            match grouper.take(item) {
                Step::None => {}
                Step::Finished(turn) => heads.push(turn.0),
                Step::RolledBack(turns) => {
                    heads.truncate(heads.len().saturating_sub(turns));
                }
            }
        }
    }
    heads.extend(grouper.finish(next).map(|turn| turn.0));
    Ok(heads)
}

/// Returns what was said in a turn.
pub(super) async fn load<S: Storage>(
    call: &Call<'_, S>,
    id: ThreadId,
    head: &Head,
) -> Result<Vec<TurnItem>, RpcError> {
    let (mut grouper, mut next) = (Grouper::default(), head.first);
    while next < head.end {
        let left = u32::try_from(head.end - next).unwrap_or(PAGE).min(PAGE);
        let items = read(call, id, next, left).await?;
        let Some(last) = items.last() else { break };
        next = last.seq + 1;
        for item in &items {
            if let Step::Finished(turn) = grouper.take(item) {
                return Ok(turn.1);
            }
        }
    }
    Ok(grouper.finish(head.end).map(|turn| turn.1).unwrap_or_default())
}

/// Returns every turn of a thread, with all that was said.
pub(super) async fn all<S: Storage>(
    call: &Call<'_, S>,
    id: ThreadId,
) -> Result<Vec<Value>, RpcError> {
    let mut turns = Vec::new();
    for head in heads(call, id).await? {
        turns.push(head.wire(&load(call, id, &head).await?, View::Full));
    }
    Ok(turns)
}

async fn read<S: Storage>(
    call: &Call<'_, S>,
    id: ThreadId,
    from: u64,
    limit: u32,
) -> Result<Vec<StoredItem>, RpcError> {
    let query = ItemQuery { limit: Some(limit), from: Some(from), ..ItemQuery::default() };
    let page = match call.threads.get(id) {
        Some(live) => live.items(query).await,
        None => call.threads.store().items(id, query).await,
    };
    page.map(|page| page.data).map_err(|error| RpcError::about(&error, "thread not loaded"))
}
