//! `thread/start`, `thread/resume`, `thread/fork` and `thread/revert`: threads that open, and their
//! histories. What speaks of a model or a sandbox is echoed.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::json::{Object, quoted, to_json};
use super::metadata::no_rollout;
use super::params::Params;
use super::rpc::RpcError;
use super::{Call, notify, projects, turns};
use crate::error::Error;
use crate::query::Fork;
use crate::storage::Storage;
use crate::thread::{CreateThread, Thread, ThreadDetails};

type Answer = Result<Box<RawValue>, RpcError>;

/// Nothing is stored before the thread's first item.
pub(super) async fn start<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    params.choice("historyMode", &["legacy", "paginated"])?;
    let sandbox = policy(params)?;
    let thread = CreateThread { details: details(call, params)?, ..CreateThread::default() };
    let ephemeral = params.flag("ephemeral")?.unwrap_or_default();
    let project = params.text("projectId")?;
    if let Some(project) = &project {
        projects::find(call, project).await?;
    }
    let live = call.threads.start(thread, ephemeral).await?;
    call.threads.subscribe(live.id(), call.subscriber);
    if let Some(project) = &project {
        projects::join(call, live.id(), Some(project)).await?;
    }
    let thread = live.read().await?;
    opened(call, params, &thread, &[], &sandbox)?.answer()
}

/// Opens a thread, and has the client listen to it.
pub(super) async fn resume<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("session")?;
    let sandbox = policy(params)?;
    let live = call.threads.resume(id, false).await.map_err(|error| not_active(&error))?;
    call.threads.subscribe(id, call.subscriber);
    let thread = live.read().await.map_err(|error| not_active(&error))?;
    let heads = turns::heads(call, id).await?;
    let shown = shown(call, params, &thread).await?;
    let mut answer = opened(call, params, &thread, &shown, &sandbox)?;
    answer = match params.within("initialTurnsPage")? {
        Some(page) => answer.raw("initialTurnsPage", &turns::page(call, id, &page).await?.json()),
        None => answer.null("initialTurnsPage"),
    };
    let has_goal = live.is_stored() && call.threads.store().goal(id).await?.is_some();
    if !has_goal {
        call.tell(notify::of_thread("thread/goal/cleared", id, call.now()));
    }
    back(answer, &heads).answer()
}

/// Makes a thread with the history of another one, or with its turns up to one of them.
pub(super) async fn fork<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("session")?;
    let sandbox = policy(params)?;
    let source = call.threads.read(id).await.map_err(|error| not_active(&error))?;
    if source.archived() {
        return Err(not_active(&Error::ThreadArchived { id }));
    }
    let (last, before) = (params.text("lastTurnId")?, params.text("beforeTurnId")?);
    let length = match (last, before) {
        (None, None) => None,
        (Some(_), Some(_)) => {
            return Err(RpcError::refused("lastTurnId and beforeTurnId are mutually exclusive"));
        }
        (Some(turn), None) => Some(turns::find(&turns::heads(call, id).await?, &turn)?.end),
        (None, Some(turn)) => Some(turns::find(&turns::heads(call, id).await?, &turn)?.first),
    };
    let mut details = details(call, params)?;
    details.cwd = params.text("cwd")?.or(source.details.cwd);
    details.model = params.text("model")?.or(source.details.model);
    details.model_provider = params.text("modelProvider")?.or(source.details.model_provider);
    let thread = CreateThread { details, ..CreateThread::default() };
    let ephemeral = params.flag("ephemeral")?.unwrap_or_default();
    let forked = call.threads.fork(id, Fork { length, thread }, ephemeral).await;
    let live = forked.map_err(|error| not_active(&error))?;
    call.threads.subscribe(live.id(), call.subscriber);
    let thread = live.read().await?;
    let shown = shown(call, params, &thread).await?;
    opened(call, params, &thread, &shown, &sandbox)?.answer()
}

/// Takes back a turn and all that came after it.
pub(super) async fn revert<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let turn = params.required("beforeTurnId")?;
    let missing = |error: &Error| RpcError::about(error, "thread not found");
    if let Some(live) = call.threads.get(id) {
        if live.is_ephemeral() {
            let message = format!("ephemeral thread does not support revert: {id}");
            return Err(RpcError::told(&Error::ThreadEphemeral { id }, message));
        }
        live.flush().await.map_err(|error| missing(&error))?;
    }
    call.threads.read(id).await.map_err(|error| missing(&error))?;
    let mut heads = turns::heads(call, id).await?;
    let length = turns::find(&heads, &turn)?.first;
    let thread = call.threads.store().truncate(id, length).await;
    let thread = thread.map_err(|error| missing(&error))?;
    heads.retain(|head| head.end <= length);
    back(Object::new().raw("thread", &call.wire(&thread)?), &heads).answer()
}

/// Says in the reference's words why a thread can't be opened.
fn not_active(error: &Error) -> RpcError {
    match error {
        Error::ThreadArchived { id } => {
            let message = format!(
                "session {id} is archived. Run `codex unarchive {id}` to unarchive it first."
            );
            RpcError::told(error, message)
        }
        _ => no_rollout(error),
    }
}

fn details<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Result<ThreadDetails, RpcError> {
    let defaults = call.defaults;
    Ok(ThreadDetails {
        cwd: params.text("cwd")?.or_else(|| defaults.cwd.clone()),
        source: Some(defaults.source.as_str().into()),
        thread_source: params.value("threadSource")?,
        model: params.text("model")?.or_else(|| defaults.model.clone()),
        model_provider: params.text("modelProvider")?.or_else(|| defaults.model_provider.clone()),
        originator: call.client.name.clone(),
        cli_version: call.client.version.clone(),
        ..ThreadDetails::default()
    })
}

async fn shown<S: Storage>(
    call: &Call<'_, S>,
    params: &Params<'_>,
    thread: &Thread,
) -> Result<Vec<Value>, RpcError> {
    match params.flag("excludeTurns")? {
        Some(true) => Ok(Vec::new()),
        _ => turns::all(call, thread.id).await,
    }
}

fn opened<S: Storage>(
    call: &Call<'_, S>,
    params: &Params<'_>,
    thread: &Thread,
    turns: &[Value],
    sandbox: &Value,
) -> Result<Object, RpcError> {
    let mut wire = call.spell(thread);
    wire.turns = turns.to_vec();
    let echoed = |field: &str, default: &str| match params.raw(field) {
        Some(raw) => raw.get().to_owned(),
        None => quoted(default),
    };
    let cwd = params.text("cwd")?.unwrap_or_else(|| wire.cwd.clone());
    let roots = match params.texts("runtimeWorkspaceRoots")? {
        Some(roots) => roots,
        None => Some(cwd.clone()).filter(|cwd| !cwd.is_empty()).into_iter().collect(),
    };
    let model = params.text("model")?.or_else(|| wire.model.clone());
    let model = model.or_else(|| call.defaults.model.clone()).unwrap_or_default();
    let provider = params.text("modelProvider")?.unwrap_or_else(|| wire.model_provider.clone());
    Ok(Object::new()
        .raw("thread", &to_json(&wire)?)
        .text("model", &model)
        .text("modelProvider", &provider)
        .text_or_null("serviceTier", params.text("serviceTier")?.as_deref())
        .raw("disabledPluginIds", "[]")
        .text("cwd", &cwd)
        .raw("runtimeWorkspaceRoots", &to_json(&roots)?)
        .raw("instructionSources", "[]")
        .raw("approvalPolicy", &echoed("approvalPolicy", "never"))
        .raw("approvalsReviewer", &echoed("approvalsReviewer", "user"))
        .raw("sandbox", &sandbox.to_string())
        .null("activePermissionProfile")
        .null("reasoningEffort")
        .raw("multiAgentMode", &echoed("multiAgentMode", "explicitRequestOnly")))
}

/// Adds the cursors from which a client pages back.
fn back(answer: Object, heads: &[turns::Head]) -> Object {
    let cursors = turns::cursors_back(heads);
    let (turns, items) = cursors.unzip();
    answer
        .text_or_null("turnsBackwardsCursor", turns.as_deref())
        .text_or_null("itemsBackwardsCursor", items.as_deref())
}

/// Spells the sandbox asked for as a policy; the strictest if none is.
fn policy(params: &Params<'_>) -> Result<Value, RpcError> {
    let modes = ["read-only", "workspace-write", "danger-full-access"];
    Ok(match params.choice("sandbox", &modes)? {
        Some("danger-full-access") => json!({"type": "dangerFullAccess"}),
        Some("workspace-write") => json!({
            "type": "workspaceWrite", "writableRoots": [], "networkAccess": false,
            "excludeTmpdirEnvVar": false, "excludeSlashTmp": false,
        }),
        _ => json!({"type": "readOnly", "networkAccess": false}),
    })
}
