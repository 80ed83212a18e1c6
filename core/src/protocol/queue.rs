//! `thread/queue/…`: what a person has written for an agent that is still busy.
//!
//! The store keeps the queue in its order; whoever runs the agent takes from it.

use serde_json::value::RawValue;

use super::json::Object;
use super::params::{Params, missing};
use super::rpc::RpcError;
use super::{Call, kept};
use crate::document::DocumentChange;
use crate::id::{ThreadId, new_uuid};
use crate::storage::Storage;

/// The collection of a thread that holds its queue.
pub(super) const COLLECTION: &str = "queue";

type Answer = Result<Box<RawValue>, RpcError>;

pub(super) async fn add<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let message = params.required("clientUserMessageId")?;
    params.list("input")?;
    let name = new_uuid(&**call.threads.store().env()).to_string();
    save(call, id, &name, &message, params).await
}

pub(super) async fn update<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let name = params.required("queuedSubmissionId")?;
    params.list("input")?;
    let queue = kept::read(call, id, COLLECTION).await?;
    let known = queue.iter().find(|known| known.id == name).ok_or_else(|| not_found(&name))?;
    let message = kept::value(known)["clientUserMessageId"].as_str().unwrap_or_default().to_owned();
    save(call, id, &name, &message, params).await
}

pub(super) async fn list<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    call.threads.read(id).await.map_err(|error| RpcError::about(&error, "thread not found"))?;
    let queue = kept::read(call, id, COLLECTION).await?;
    let entries: Vec<_> =
        queue.into_iter().map(|known| (known.id, known.value.json().to_owned())).collect();
    kept::page(&entries, params)?.answer()
}

pub(super) async fn delete<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let name = params.required("queuedSubmissionId")?;
    let remove = DocumentChange::Remove { id: name };
    let deleted = kept::change(call, id, COLLECTION, remove).await?;
    Object::new().raw("deleted", if deleted { "true" } else { "false" }).answer()
}

pub(super) async fn reorder<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let wanted = params.texts("queuedSubmissionIds")?;
    let ids = wanted.ok_or_else(|| missing("queuedSubmissionIds"))?;
    let queue = kept::read(call, id, COLLECTION).await?;
    if let Some(unknown) = ids.iter().find(|id| !queue.iter().any(|known| known.id == **id)) {
        return Err(not_found(unknown));
    }
    kept::change(call, id, COLLECTION, DocumentChange::Order { ids }).await?;
    Object::new().answer()
}

async fn save<S: Storage>(
    call: &Call<'_, S>,
    id: ThreadId,
    name: &str,
    message: &str,
    params: &Params<'_>,
) -> Answer {
    let sent = |field: &str| params.raw(field).map_or("null", RawValue::get);
    let submission = Object::new()
        .text("id", name)
        .text("clientUserMessageId", message)
        .raw("input", sent("input"))
        .raw("responsesapiClientMetadata", sent("responsesapiClientMetadata"))
        .json();
    kept::put(call, id, COLLECTION, (name, &submission)).await?;
    Object::new().raw("queuedSubmission", &submission).answer()
}

fn not_found(name: &str) -> RpcError {
    RpcError::refused(format!("queued submission not found: {}", crate::error::excerpt(name)))
}
