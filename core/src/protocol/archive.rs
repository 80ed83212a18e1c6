//! `thread/archive`, `thread/unarchive` and `thread/delete`: what takes a whole tree.

use serde::{Deserialize, Serialize};

use super::metadata::ThreadResponse;
use super::rpc::{RpcError, thread_id};
use super::thread::WireThread;
use super::{Call, Nothing};
use crate::error::Error;
use crate::query::DeleteOptions;
use crate::storage::Storage;

/// Parameters that are a thread.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadParams {
    /// The thread.
    pub thread_id: String,
}

/// Archives a tree. One that is archived already is no error, so that a client may try again.
pub(super) async fn archive<S: Storage>(
    call: Call<'_, S>,
    params: ThreadParams,
) -> Result<Nothing, RpcError> {
    let id = thread_id(&params.thread_id, "session")?;
    call.store.archive(id).await.map_err(|error| no_rollout(&error))?;
    Ok(Nothing {})
}

pub(super) async fn unarchive<S: Storage>(
    call: Call<'_, S>,
    params: ThreadParams,
) -> Result<ThreadResponse, RpcError> {
    let id = thread_id(&params.thread_id, "session")?;
    let missing = |error: Error| match &error {
        Error::ThreadNotArchived { id }
        | Error::ThreadNotFound { id }
        | Error::ThreadDeleted { id, .. } => {
            RpcError::told(&error, format!("no archived rollout found for thread id {id}"))
        }
        _ => error.into(),
    };
    call.store.unarchive(id).await.map_err(missing)?;
    let thread = call.store.read(id).await.map_err(missing)?;
    Ok(ThreadResponse { thread: WireThread::from(&thread) })
}

/// Deletes a tree, and answers when nothing of it is left.
///
/// A deletion that is not finished is carried on; one that is finished is a thread not found.
pub(super) async fn delete<S: Storage>(
    call: Call<'_, S>,
    params: ThreadParams,
) -> Result<Nothing, RpcError> {
    let id = thread_id(&params.thread_id, "thread")?;
    if let Err(error) = call.store.read(id).await {
        let erased =
            call.store.receipt(id).await?.is_none_or(|receipt| receipt.erased_at.is_some());
        if erased {
            return Err(RpcError::about(&error, "thread not found"));
        }
    }
    match call.store.delete(id, DeleteOptions::default()).await {
        Ok(_) => Ok(Nothing {}),
        Err(error @ (Error::ThreadNotFound { .. } | Error::ThreadDeleted { .. })) => {
            Err(RpcError::about(&error, "thread not found"))
        }
        Err(error) => {
            let message = format!("failed to delete thread: {error}");
            Err(RpcError::told(&error, message))
        }
    }
}

/// Says in the reference's words that a thread is not there.
pub(super) fn no_rollout(error: &Error) -> RpcError {
    match error {
        Error::ThreadNotFound { id } | Error::ThreadDeleted { id, .. } => {
            RpcError::told(error, format!("no rollout found for thread id {id}"))
        }
        _ => error.clone().into(),
    }
}
