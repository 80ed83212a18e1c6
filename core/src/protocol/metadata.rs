//! `thread/read` and `thread/name/set`.

use serde::{Deserialize, Serialize};

use super::rpc::{METHOD_NOT_FOUND, RpcError, thread_id};
use super::thread::WireThread;
use super::{Call, Nothing};
use crate::error::Error;
use crate::storage::Storage;
use crate::thread::ThreadPatch;

/// The parameters of `thread/read`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadReadParams {
    /// The thread.
    pub thread_id: String,
    /// Must not be true: items are read with `thread/items/list`.
    #[serde(default)]
    pub include_turns: bool,
}

/// An answer that is a thread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThreadResponse {
    /// The thread.
    pub thread: WireThread,
}

/// The parameters of `thread/name/set`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadSetNameParams {
    /// The thread.
    pub thread_id: String,
    /// The name; white space around it is cut.
    pub name: String,
}

pub(super) async fn read<S: Storage>(
    call: Call<'_, S>,
    params: ThreadReadParams,
) -> Result<ThreadResponse, RpcError> {
    let id = thread_id(&params.thread_id, "thread")?;
    let thread = call.store.read(id).await;
    let thread = thread.map_err(|error| RpcError::about(&error, "thread not loaded"))?;
    if params.include_turns {
        return Err(RpcError::new(METHOD_NOT_FOUND, "list_turns is not supported yet"));
    }
    Ok(ThreadResponse { thread: WireThread::from(&thread) })
}

pub(super) async fn set_name<S: Storage>(
    call: Call<'_, S>,
    params: ThreadSetNameParams,
) -> Result<Nothing, RpcError> {
    let id = thread_id(&params.thread_id, "thread")?;
    let name = Some(Some(params.name.trim().to_owned()));
    match call.store.update(id, ThreadPatch { name, ..ThreadPatch::default() }).await {
        Ok(_) => Ok(Nothing {}),
        Err(error @ Error::ThreadArchived { id }) => {
            Err(RpcError::told(&error, format!("no rollout found for thread id {id}")))
        }
        Err(error) => Err(super::archive::no_rollout(&error)),
    }
}
