//! What the reference has not: deletions that are planned, undone and looked at, the state of the
//! store.

use serde_json::value::RawValue;

use super::json::{Object, quoted, to_json};
use super::params::Params;
use super::rpc::RpcError;
use super::{Call, archive};
use crate::id::ThreadId;
use crate::query::{Children, DeleteOptions, Wait};
use crate::storage::Storage;

type Answer = Result<Box<RawValue>, RpcError>;

/// Deletes a tree in the way asked for, and answers with the receipt; with none where nothing was
/// ever stored.
pub(super) async fn delete<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let wait = match params.choice("wait", &["committed", "erased"])? {
        Some("committed") => Wait::Committed,
        _ => Wait::Erased,
    };
    let grace = params.integer("grace")?.map(|grace| u64::try_from(grace).unwrap_or(0));
    let options =
        DeleteOptions { children: children(params)?, plan: params.text("plan")?, wait, grace };
    let receipt = archive::erase(call, id, options).await?;
    Object::new().raw("receipt", &to_json(&receipt)?).answer()
}

pub(super) async fn plan<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let planned = call.threads.plan_delete(id, children(params)?).await;
    let planned = planned.map_err(|error| RpcError::about(&error, "thread not found"))?;
    Object::new()
        .raw("plan", &to_json(&planned.plan)?)
        .list("loaded", &ids(&planned.loaded))
        .answer()
}

pub(super) async fn pending<S: Storage>(call: &Call<'_, S>) -> Answer {
    let pending = call.threads.store().pending_deletions().await?;
    Object::new().raw("data", &to_json(&pending)?).answer()
}

pub(super) async fn undo<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let text = &params.required("deletion")?;
    // A deletion's id is spelled as a thread's.
    let deletion: ThreadId = super::rpc::thread_id(text, "deletion")?;
    let back = call.threads.store().undelete(*deletion.as_uuid()).await?;
    Object::new().list("threadIds", &ids(&back)).answer()
}

pub(super) async fn doctor<S: Storage>(call: &Call<'_, S>) -> Answer {
    let report = call.threads.store().check().await?;
    Object::new().raw("report", &to_json(&report)?).answer()
}

pub(super) fn stats<S: Storage>(call: &Call<'_, S>) -> Answer {
    let stats = to_json(&call.threads.store().stats())?;
    let loaded = call.threads.loaded().len();
    Object::new().raw("stats", &stats).raw("loaded", &loaded.to_string()).answer()
}

fn children(params: &Params<'_>) -> Result<Children, RpcError> {
    Ok(match params.choice("children", &["delete", "detach", "refuse"])? {
        Some("detach") => Children::Detach,
        Some("refuse") => Children::Refuse,
        Some(_) | None => Children::Delete,
    })
}

fn ids(ids: &[ThreadId]) -> Vec<String> {
    ids.iter().map(|id| quoted(&id.to_string())).collect()
}
