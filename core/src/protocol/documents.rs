//! What sections and projects share: documents of the store, and those that say where a thread is.

use serde_json::value::RawValue;

use super::Call;
use super::json::Object;
use super::metadata::no_rollout;
use super::params::Params;
use super::rpc::RpcError;
use crate::document::{Document, DocumentChange};
use crate::error::Error;
use crate::id::ThreadId;
use crate::item::Item;
use crate::storage::Storage;

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
