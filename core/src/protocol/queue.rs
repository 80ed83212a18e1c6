//! `thread/queue/*`: what a person has sent and no turn has taken yet. To start turns is for others.

use serde_json::value::RawValue;

use super::Call;
use super::documents::{change, field, page, put, read};
use super::json::{Object, quoted};
use super::params::{Params, missing};
use super::rpc::RpcError;
use crate::document::{Document, DocumentChange};
use crate::id::new_uuid;
use crate::storage::Storage;

pub(super) const QUEUE: &str = "queue";
const METADATA: &str = "responsesapiClientMetadata";

type Answer = Result<Box<RawValue>, RpcError>;

/// A submission with the client's id of one that waits already is that one.
pub(super) async fn add<S: Storage>(call: &Call<'_, S>, params: Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let client_id = params.required("clientUserMessageId")?;
    let value = submission(&params, &quoted(&client_id))?;
    let waiting = read(call, Some(id), QUEUE).await.unwrap_or_default();
    let is_same = |it: &&Document| {
        super::documents::text(it, "clientUserMessageId").as_ref() == Some(&client_id)
    };
    let submission = match waiting.iter().find(is_same) {
        Some(waiting) => waiting.id.clone(),
        None => {
            let submission = new_uuid(&**call.threads.store().env()).to_string();
            change(call, Some(id), QUEUE, put(&submission, value, None)?).await?;
            submission
        }
    };
    let queued = find(&read(call, Some(id), QUEUE).await?, &submission)?;
    Object::new().raw("queuedSubmission", &wire(&queued)).answer()
}

pub(super) async fn list<S: Storage>(call: &Call<'_, S>, params: Params<'_>) -> Answer {
    let waiting = read(call, Some(params.thread("thread")?), QUEUE).await?;
    page(&params, waiting.into_iter().map(|it| (it.id.clone(), wire(&it))).collect())
}

/// The input is replaced; the client's metadata too, where it is given.
pub(super) async fn update<S: Storage>(call: &Call<'_, S>, params: Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let old = find(&read(call, Some(id), QUEUE).await?, &params.required("queuedSubmissionId")?)?;
    let client_id = field(&old, "clientUserMessageId").map_or("null", RawValue::get);
    let mut value = submission(&params, client_id)?;
    if !params.has(METADATA)
        && let Some(metadata) = field(&old, METADATA)
    {
        value = value.raw(METADATA, metadata.get());
    }
    change(call, Some(id), QUEUE, put(&old.id, value, None)?).await?;
    let queued = find(&read(call, Some(id), QUEUE).await?, &old.id)?;
    Object::new().raw("queuedSubmission", &wire(&queued)).answer()
}

pub(super) async fn delete<S: Storage>(call: &Call<'_, S>, params: Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let submission = params.required("queuedSubmissionId")?;
    let there = find(&read(call, Some(id), QUEUE).await?, &submission).is_ok();
    change(call, Some(id), QUEUE, DocumentChange::Remove { id: submission }).await?;
    Object::new().raw("deleted", if there { "true" } else { "false" }).answer()
}

pub(super) async fn reorder<S: Storage>(call: &Call<'_, S>, params: Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let ids = params.texts("queuedSubmissionIds")?;
    let ids = ids.ok_or_else(|| missing("queuedSubmissionIds"))?;
    let waiting = read(call, Some(id), QUEUE).await?;
    for id in &ids {
        find(&waiting, id)?;
    }
    change(call, Some(id), QUEUE, DocumentChange::Order { ids }).await?;
    Object::new().answer()
}

fn submission(params: &Params<'_>, client_id: &str) -> Result<Object, RpcError> {
    let input: Vec<String> =
        params.list("input")?.into_iter().map(|input| input.get().to_owned()).collect();
    let value = Object::new().raw("clientUserMessageId", client_id).list("input", &input);
    Ok(match params.within(METADATA)? {
        Some(_) => value.raw(METADATA, params.raw(METADATA).map_or("null", RawValue::get)),
        None => value,
    })
}

fn find(waiting: &[Document], id: &str) -> Result<Document, RpcError> {
    let found = waiting.iter().find(|it| it.id == id).cloned();
    let id = crate::error::excerpt(id);
    found.ok_or_else(|| RpcError::refused(format!("queued submission not found: {id}")))
}

fn wire(queued: &Document) -> String {
    let part = |name| field(queued, name).map_or("null", RawValue::get);
    Object::new()
        .text("id", &queued.id)
        .raw("clientUserMessageId", part("clientUserMessageId"))
        .raw("input", part("input"))
        .raw(METADATA, part(METADATA))
        .json()
}
