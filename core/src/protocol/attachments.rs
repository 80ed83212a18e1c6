//! `thread/attachment/…` and `thread/attachmentOwner/list`: what clients pin to threads, told apart by
//! type and key.

use serde_json::Value;
use serde_json::value::RawValue;

use super::json::{Object, quoted, to_json};
use super::params::{Params, missing};
use super::rpc::RpcError;
use super::{Call, kept, notify};
use crate::document::{Document, DocumentChange};
use crate::id::ThreadId;
use crate::storage::Storage;

/// The collection of a thread that holds its attachments.
pub(super) const COLLECTION: &str = "attachments";

type Answer = Result<Box<RawValue>, RpcError>;

/// What is there already stays as it is.
pub(super) async fn add<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let (kind, key) = identity(params)?;
    let payload = match params.raw("payload") {
        Some(payload) => payload.get(),
        None if params.names("payload") => "null",
        None => return Err(missing("payload")),
    };
    let name = name(&kind, &key)?;
    let known = kept::read(call, id, COLLECTION).await?;
    if let Some(known) = known.iter().find(|known| known.id == name) {
        let answer = Object::new().raw("attachment", known.value.json());
        return answer.text("outcome", "existing").answer();
    }
    let attachment = Object::new()
        .text("id", &name)
        .text("attachmentType", &kind)
        .text("identityKey", &key)
        .raw("payload", payload)
        .number("createdAt", call.now().div_euclid(1000))
        .json();
    kept::put(call, id, COLLECTION, (&name, &attachment)).await?;
    Object::new().raw("attachment", &attachment).text("outcome", "created").answer()
}

/// Oldest first.
pub(super) async fn list<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    call.threads.read(id).await.map_err(|error| RpcError::about(&error, "thread not found"))?;
    let known = kept::read(call, id, COLLECTION).await?;
    let entries: Vec<_> =
        known.into_iter().map(|known| (known.id, known.value.json().to_owned())).collect();
    kept::page(&entries, params)?.answer()
}

pub(super) async fn remove<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let (kind, key) = identity(params)?;
    call.threads.read(id).await.map_err(|error| RpcError::about(&error, "thread not found"))?;
    let remove = DocumentChange::Remove { id: name(&kind, &key)? };
    kept::change(call, id, COLLECTION, remove).await?;
    Object::new().answer()
}

/// Lists the threads that have an attachment, by id.
pub(super) async fn owners<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let (kind, key) = identity(params)?;
    let (name, archived) = (name(&kind, &key)?, params.flag("archived")?);
    let mut entries = Vec::new();
    for (id, attachments) in call.threads.store().owners(COLLECTION).await? {
        if !attachments.iter().any(|attachment| attachment.id == name) {
            continue;
        }
        let is_archived = call.threads.read(id).await.is_ok_and(|thread| thread.archived());
        if archived.is_none_or(|archived| archived == is_archived) {
            let flag = if is_archived { "true" } else { "false" };
            let entry = Object::new().text("threadId", &id.to_string()).raw("archived", flag);
            entries.push((id.to_string(), entry.json()));
        }
    }
    kept::page(&entries, params)?.answer()
}

/// Spells a change of a thread's attachments.
pub(super) fn told(id: ThreadId, change: &DocumentChange, now: i64) -> Option<String> {
    let (name, operation) = match change {
        DocumentChange::Put { document: Document { id, .. }, .. } => (id, "created"),
        DocumentChange::Remove { id } => (id, "deleted"),
        DocumentChange::Order { .. } => return None,
    };
    let [kind, key]: [String; 2] = serde_json::from_str(name).ok()?;
    let params = Object::new()
        .text("threadId", &id.to_string())
        .text("attachmentId", name)
        .text("attachmentType", &kind)
        .text("identityKey", &key)
        .raw("operation", &quoted(operation));
    Some(notify::message("thread/attachment/updated", &params.json(), now))
}

fn identity(params: &Params<'_>) -> Result<(String, String), RpcError> {
    Ok((params.required("attachmentType")?, params.required("identityKey")?))
}

/// An attachment's id says its type and key, so that both are known when it is gone.
fn name(kind: &str, key: &str) -> Result<String, RpcError> {
    to_json(&Value::from(vec![kind, key]))
}
