//! `thread/read`, `thread/name/set`, `thread/metadata/update` and `thread/memoryMode/set`.

use serde_json::value::RawValue;

use super::json::Object;
use super::params::{Params, missing};
use super::rpc::{METHOD_NOT_FOUND, RpcError};
use super::{Call, projects, read_state, turns};
use crate::error::Error;
use crate::id::ThreadId;
use crate::storage::Storage;
use crate::thread::{GitInfo, Thread, ThreadPatch};

type Answer = Result<Box<RawValue>, RpcError>;

pub(super) async fn read<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let live = call.threads.get(id);
    let thread = call.threads.read(id).await;
    let thread = thread.map_err(|error| RpcError::about(&error, "thread not loaded"))?;
    let stored = live.as_ref().is_none_or(|live| live.is_stored());
    let mut wire = call.spell(&thread);
    if params.flag("includeTurns")?.unwrap_or_default() {
        if live.is_some_and(|live| live.is_ephemeral()) {
            let message = "ephemeral threads do not support includeTurns";
            return Err(RpcError::refused(message));
        }
        if !stored {
            return Err(RpcError::new(METHOD_NOT_FOUND, "list_turns is not supported yet"));
        }
        wire.turns = turns::all(call, id).await?;
    }
    let state = if stored { read_state::of(call, id).await } else { "null".to_owned() };
    Object::new().raw("thread", &super::json::to_json(&wire)?).raw("readState", &state).answer()
}

pub(super) async fn set_name<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let name = params.required("name")?;
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::EmptyName.into());
    }
    let name = Some(Some(name.to_owned()));
    update(call, id, ThreadPatch { name, ..ThreadPatch::default() }).await?;
    Object::new().answer()
}

/// A field of `gitInfo` that is left out stays, one that is null is cleared.
pub(super) async fn update_metadata<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let empty = || RpcError::refused("thread metadata update must include at least one field");
    let about_project = params.names("projectId");
    if about_project {
        projects::join(call, id, params.text("projectId")?.as_deref()).await?;
    }
    let fields = ["sha", "branch", "originUrl"];
    let given = params.within("gitInfo")?.unwrap_or_default();
    if !fields.iter().any(|field| given.names(field)) {
        if !about_project {
            return Err(empty());
        }
        let thread = call.threads.read(id).await.map_err(|error| no_rollout(&error))?;
        return Object::new().raw("thread", &call.wire(&thread)?).answer();
    }
    let thread = call.threads.read(id).await;
    let thread = thread.map_err(|error| no_rollout(&error))?;
    let mut git = thread.details.git_info.unwrap_or_default();
    let [sha, branch, origin] = fields;
    for (field, value) in
        [(sha, &mut git.sha), (branch, &mut git.branch), (origin, &mut git.origin_url)]
    {
        if given.names(field) {
            *value = given.text(field)?.map(|text| text.trim().to_owned());
        }
    }
    let git_info = Some(Some(git).filter(|git| *git != GitInfo::default()));
    let thread = update(call, id, ThreadPatch { git_info, ..ThreadPatch::default() }).await?;
    Object::new().raw("thread", &call.wire(&thread)?).answer()
}

pub(super) async fn set_memory_mode<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let mode = params.choice("mode", &["enabled", "disabled"])?;
    let mode = mode.ok_or_else(|| missing("mode"))?;
    let memory_mode = Some(Some(mode.to_owned()));
    update(call, id, ThreadPatch { memory_mode, ..ThreadPatch::default() }).await?;
    Object::new().answer()
}

async fn update<S: Storage>(
    call: &Call<'_, S>,
    id: ThreadId,
    patch: ThreadPatch,
) -> Result<Thread, RpcError> {
    call.threads.update(id, patch).await.map_err(|error| match &error {
        Error::ThreadEphemeral { id } => {
            let message = format!("ephemeral thread does not support metadata updates: {id}");
            RpcError::told(&error, message)
        }
        _ => no_rollout(&error),
    })
}

/// Says in the reference's words that a thread is not there, or not active.
pub(super) fn no_rollout(error: &Error) -> RpcError {
    match error {
        Error::ThreadNotFound { id }
        | Error::ThreadDeleted { id, .. }
        | Error::ThreadArchived { id } => {
            RpcError::told(error, format!("no rollout found for thread id {id}"))
        }
        _ => error.clone().into(),
    }
}
