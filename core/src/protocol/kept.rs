//! What a client keeps beside a conversation: collections of documents, read and changed for the
//! families that have them.

use serde_json::Value;

use super::Call;
use super::json::Object;
use super::params::Params;
use super::rpc::RpcError;
use crate::document::{Document, DocumentChange};
use crate::error::excerpt;
use crate::id::ThreadId;
use crate::item::Item;
use crate::storage::Storage;

const DEFAULT: u32 = 25;
const MOST: u32 = 100;

/// Returns a collection of a thread; an ephemeral or unstored thread has none.
pub(super) async fn read<S: Storage>(
    call: &Call<'_, S>,
    id: ThreadId,
    collection: &str,
) -> Result<Vec<Document>, RpcError> {
    if call.threads.get(id).is_some_and(|live| !live.is_stored()) {
        return Ok(Vec::new());
    }
    let documents = call.threads.store().documents(Some(id), collection).await;
    documents.map_err(|error| RpcError::about(&error, "thread not found"))
}

/// Adds a document to a collection of a thread, or replaces the one with its id.
pub(super) async fn put<S: Storage>(
    call: &Call<'_, S>,
    id: ThreadId,
    collection: &str,
    document: (&str, &str),
) -> Result<(), RpcError> {
    let (name, value) = document;
    let document = Document { id: name.to_owned(), value: Item::new(value)? };
    change(call, id, collection, DocumentChange::Put { document, before: None }).await?;
    Ok(())
}

/// Changes a collection of a thread, which is stored first; false if it was that way already.
pub(super) async fn change<S: Storage>(
    call: &Call<'_, S>,
    id: ThreadId,
    collection: &str,
    change: DocumentChange,
) -> Result<bool, RpcError> {
    let missing = |error| RpcError::about(&error, "thread not found");
    call.threads.persist(id).await.map_err(missing)?;
    call.threads.store().change_documents(Some(id), collection, change).await.map_err(missing)
}

/// Parses a document; one that is damaged is null.
pub(super) fn value(document: &Document) -> Value {
    document.value.parse().unwrap_or_default()
}

/// Writes a page of what has ids; a cursor is the id of the last one before it.
pub(super) fn page(entries: &[(String, String)], params: &Params<'_>) -> Result<Object, RpcError> {
    let limit = params.limit(DEFAULT, MOST)? as usize;
    let start = match params.text("cursor")? {
        None => 0,
        Some(from) => match entries.iter().position(|(id, _)| *id == from) {
            Some(place) => place + 1,
            None => {
                return Err(RpcError::refused(format!("invalid cursor: {}", excerpt(&from))));
            }
        },
    };
    let rest = &entries[start..];
    let shown = &rest[..rest.len().min(limit)];
    let next = shown.last().filter(|_| rest.len() > limit).map(|(id, _)| id.as_str());
    let data: Vec<String> = shown.iter().map(|(_, json)| json.clone()).collect();
    Ok(Object::new().list("data", &data).text_or_null("nextCursor", next))
}
