//! `thread/readState/update`: what a person has read of a thread.
//!
//! A revision names the state that a client knows; an update of another one is refused.

use serde_json::json;
use serde_json::value::RawValue;

use super::json::Object;
use super::metadata::no_rollout;
use super::params::{Params, missing, unknown_variant};
use super::rpc::{RpcError, reason};
use super::{Call, turns};
use crate::document::{Document, DocumentChange};
use crate::id::ThreadId;
use crate::item::Item;
use crate::storage::Storage;

/// The collection of a thread that holds its read state, as its one document.
pub(super) const COLLECTION: &str = "readState";

/// Returns the read state of a thread as JSON; that of one that was never marked is made up.
pub(super) async fn of<S: Storage>(call: &Call<'_, S>, id: ThreadId) -> String {
    let kept = call.threads.store().documents(Some(id), COLLECTION).await.unwrap_or_default();
    match kept.first() {
        Some(document) => document.value.json().to_owned(),
        None => json!({"firstUnread": null, "revision": format!("initial:{id}")}).to_string(),
    }
}

pub(super) async fn update<S: Storage>(
    call: &Call<'_, S>,
    params: &Params<'_>,
) -> Result<Box<RawValue>, RpcError> {
    let id = params.thread("thread")?;
    let expected = params.required("expectedRevision")?;
    let operation = params.within("operation")?.ok_or_else(|| missing("operation"))?;
    let kinds = ["read", "unread"];
    let kind = operation.required("type")?;
    if !kinds.contains(&kind.as_str()) {
        return Err(unknown_variant(&kind, &kinds));
    }
    call.threads.persist(id).await.map_err(|error| no_rollout(&error))?;
    call.threads.read(id).await.map_err(|error| no_rollout(&error))?;
    let now: serde_json::Value = serde_json::from_str(&of(call, id).await)
        .map_err(|error| RpcError::refused(reason(&error)))?;
    let revision = now["revision"].as_str().unwrap_or_default();
    if revision != expected {
        let message = format!("read state of thread {id} has revision {revision}, not {expected}");
        return Err(RpcError::refused(message));
    }
    let first_unread = match kind.as_str() {
        "read" => serde_json::Value::Null,
        _ => match turns::heads(call, id).await?.last() {
            Some(turn) => json!({"type": "turn", "turnId": turn.id}),
            None => json!({"type": "threadStart"}),
        },
    };
    let revision = crate::id::new_uuid(&**call.threads.store().env()).to_string();
    let state = json!({"firstUnread": first_unread, "revision": revision}).to_string();
    let document = Document { id: "state".to_owned(), value: Item::new(&state)? };
    let change = DocumentChange::Put { document, before: None };
    let changed = call.threads.store().change_documents(Some(id), COLLECTION, change).await;
    changed.map_err(|error| no_rollout(&error))?;
    Object::new().raw("readState", &state).answer()
}
