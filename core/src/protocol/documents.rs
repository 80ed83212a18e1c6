//! What the families of methods over documents share: reading, finding, and pages of them.

use serde_json::value::RawValue;

use super::Call;
use super::json::Object;
use super::metadata::no_rollout;
use super::params::Params;
use super::rpc::RpcError;
use crate::document::{Document, DocumentChange};
use crate::error::{Error, excerpt};
use crate::id::ThreadId;
use crate::item::Item;
use crate::storage::Storage;

const DEFAULT: u32 = 25;
const MOST: u32 = 100;

/// Returns a collection of a thread, or of the store.
pub(super) async fn read<S: Storage>(
    call: &Call<'_, S>,
    owner: Option<ThreadId>,
    collection: &str,
) -> Result<Vec<Document>, RpcError> {
    let documents = call.threads.store().documents(owner, collection).await;
    documents.map_err(|error| no_rollout(&error))
}

/// Changes a collection; a thread that is open and not stored yet is stored first.
pub(super) async fn change<S: Storage>(
    call: &Call<'_, S>,
    owner: Option<ThreadId>,
    collection: &str,
    change: DocumentChange,
) -> Result<(), RpcError> {
    if let Some(id) = owner.filter(|id| call.threads.get(*id).is_some()) {
        call.threads.persist(id).await.map_err(|error| match &error {
            Error::ThreadEphemeral { id } => {
                let message = format!("ephemeral thread does not support metadata updates: {id}");
                RpcError::told(&error, message)
            }
            _ => no_rollout(&error),
        })?;
    }
    let changed = call.threads.store().change_documents(owner, collection, change).await;
    changed.map(drop).map_err(|error| no_rollout(&error))
}

/// Adds or replaces a document.
pub(super) fn put(
    id: &str,
    value: Object,
    before: Option<String>,
) -> Result<DocumentChange, RpcError> {
    let document = Document { id: id.to_owned(), value: Item::new(&value.json())? };
    Ok(DocumentChange::Put { document, before })
}

/// Answers with a page of values that are in the order of `ids`; a cursor is the id before it.
pub(super) fn page(
    params: &Params<'_>,
    values: Vec<(String, String)>,
) -> Result<Box<RawValue>, RpcError> {
    let limit = params.limit(DEFAULT, MOST)? as usize;
    let start = match params.text("cursor")? {
        None => 0,
        Some(cursor) => {
            let place = values.iter().position(|(id, _)| *id == cursor);
            let invalid = || RpcError::refused(format!("invalid cursor: {}", excerpt(&cursor)));
            place.ok_or_else(invalid)? + 1
        }
    };
    let page = &values[start..values.len().min(start.saturating_add(limit))];
    let next = page.last().filter(|_| start + page.len() < values.len());
    let data: Vec<String> = page.iter().map(|(_, value)| value.clone()).collect();
    let next = next.map(|(id, _)| id.as_str());
    Object::new().list("data", &data).text_or_null("nextCursor", next).answer()
}

/// Reads a field of a document's value as it is kept.
pub(super) fn field<'a>(document: &'a Document, name: &str) -> Option<&'a RawValue> {
    Params::of(document.value.json()).ok()?.raw(name)
}

/// Reads a text of a document's value.
pub(super) fn text(document: &Document, name: &str) -> Option<String> {
    Params::of(document.value.json()).ok()?.text(name).ok()?
}

/// Reads a whole number of a document's value.
pub(super) fn number(document: &Document, name: &str) -> i64 {
    let number = Params::of(document.value.json()).and_then(|fields| fields.integer(name));
    number.ok().flatten().unwrap_or_default()
}
