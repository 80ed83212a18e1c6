//! `thread/archive`, `thread/unarchive` and `thread/delete`: what takes a whole tree; and
//! `thread/unsubscribe`.

use serde_json::value::RawValue;

use super::Call;
use super::json::Object;
use super::metadata::no_rollout;
use super::params::Params;
use super::rpc::RpcError;
use crate::error::Error;
use crate::id::ThreadId;
use crate::manager::Unsubscribed;
use crate::query::{DeleteOptions, Receipt};
use crate::storage::Storage;

type Answer = Result<Box<RawValue>, RpcError>;

/// Archives a tree. One that is archived already is no error, so that a client may try again.
pub(super) async fn archive<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("session")?;
    call.threads.archive(id).await.map_err(|error| match &error {
        Error::ThreadEphemeral { id } => {
            RpcError::told(&error, format!("no rollout found for thread id {id}"))
        }
        _ => no_rollout(&error),
    })?;
    Object::new().answer()
}

pub(super) async fn unarchive<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("session")?;
    let missing = |error: Error| match &error {
        Error::ThreadNotArchived { id }
        | Error::ThreadNotFound { id }
        | Error::ThreadDeleted { id, .. } => {
            RpcError::told(&error, format!("no archived rollout found for thread id {id}"))
        }
        _ => error.into(),
    };
    call.threads.store().unarchive(id).await.map_err(missing)?;
    let thread = call.threads.store().read(id).await.map_err(missing)?;
    Object::new().raw("thread", &call.wire(&thread)?).answer()
}

/// Deletes a tree, and answers when nothing of it is left.
///
/// A deletion that is not finished is carried on; one that is finished is a thread not found.
pub(super) async fn delete<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    erase(call, id, DeleteOptions::default()).await?;
    Object::new().answer()
}

/// Deletes a tree in the way asked for.
pub(super) async fn erase<S: Storage>(
    call: &Call<'_, S>,
    id: ThreadId,
    options: DeleteOptions,
) -> Result<Option<Receipt>, RpcError> {
    if let Err(error) = call.threads.read(id).await {
        let receipt = call.threads.store().receipt(id).await?;
        if receipt.is_none_or(|receipt| receipt.erased_at.is_some()) {
            return Err(RpcError::about(&error, "thread not found"));
        }
    }
    match call.threads.delete(id, options).await {
        Ok(receipt) => Ok(receipt),
        Err(error @ (Error::ThreadNotFound { .. } | Error::ThreadDeleted { .. })) => {
            Err(RpcError::about(&error, "thread not found"))
        }
        Err(error @ Error::ThreadEphemeral { .. }) => {
            let message = format!("thread is not persisted and cannot be deleted: {id}");
            Err(RpcError::told(&error, message))
        }
        Err(error @ (Error::PlanChanged { .. } | Error::HasChildren { .. })) => Err(error.into()),
        Err(error) => {
            let message = format!("failed to delete thread: {error}");
            Err(RpcError::told(&error, message))
        }
    }
}

/// The thread stays open for a while, in case somebody comes.
pub(super) fn unsubscribe<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let status = match call.threads.unsubscribe(id, call.subscriber) {
        Unsubscribed::NotLoaded => "notLoaded",
        Unsubscribed::NotSubscribed => "notSubscribed",
        Unsubscribed::Unsubscribed => "unsubscribed",
    };
    Object::new().text("status", status).answer()
}
