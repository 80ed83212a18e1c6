//! `thread/readState/update`: what a person has read of a thread.
//!
//! A revision names the state that a client knows; an update of another one is refused.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::json::Object;
use super::metadata::no_rollout;
use super::params::{Params, missing, unknown_variant};
use super::rpc::RpcError;
use super::{Call, turns};
use crate::manager::LiveEvent;
use crate::storage::Storage;
use crate::thread::{Thread, ThreadPatch};

/// Returns the read state of a thread as JSON; that of one that was never marked is made up.
pub(super) fn of(thread: &Thread) -> String {
    state(thread).to_string()
}

fn state(thread: &Thread) -> Value {
    thread.details.read_state.clone().unwrap_or_else(
        || json!({"firstUnread": null, "revision": format!("initial:{}", thread.id)}),
    )
}

pub(super) async fn update<S: Storage>(
    call: &Call<'_, S>,
    params: Params<'_>,
) -> Result<Box<RawValue>, RpcError> {
    let id = params.thread("thread")?;
    let expected = params.required("expectedRevision")?;
    let operation = params.within("operation")?.ok_or_else(|| missing("operation"))?;
    let kinds = ["read", "unread"];
    let kind = operation.required("type")?;
    if !kinds.contains(&kind.as_str()) {
        return Err(unknown_variant(&kind, &kinds));
    }
    let thread = call.threads.read(id).await.map_err(|error| no_rollout(&error))?;
    let now = state(&thread);
    let revision = now.get("revision").and_then(Value::as_str).unwrap_or_default();
    if revision != expected {
        let message = format!("read state of thread {id} has revision {revision}, not {expected}");
        return Err(RpcError::refused(message));
    }
    let first_unread = match kind.as_str() {
        "read" => Value::Null,
        _ => match turns::heads(call, id).await?.last() {
            Some(turn) => json!({"type": "turn", "turnId": turn.id}),
            None => json!({"type": "threadStart"}),
        },
    };
    let revision = crate::id::new_uuid(&**call.threads.store().env()).to_string();
    let state = json!({"firstUnread": first_unread, "revision": revision});
    let read_state = Some(Some(state.clone()));
    let patch = ThreadPatch { read_state, ..ThreadPatch::default() };
    call.threads.update(id, patch).await.map_err(|error| no_rollout(&error))?;
    call.threads.tell(LiveEvent::ReadStateChanged { thread_id: id, read_state: state.clone() });
    let state = state.to_string();
    Object::new().raw("readState", &state).answer()
}
