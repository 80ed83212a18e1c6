//! `thread/start`: makes a thread. What speaks of a model or a sandbox is echoed.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Call;
use super::rpc::RpcError;
use super::thread::{WireStatus, WireThread};
use crate::storage::Storage;
use crate::thread::{CreateThread, ThreadDetails};

/// The parameters of `thread/start` that a store understands or echoes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ThreadStartParams {
    /// The model.
    pub model: Option<String>,
    /// The provider of the model.
    pub model_provider: Option<String>,
    /// The working directory.
    pub cwd: Option<String>,
    /// What kind of thread it is.
    pub thread_source: Option<Value>,
    /// Must not be true: a store has only threads that it keeps.
    pub ephemeral: Option<bool>,
    /// Echoed; `never` if left out.
    pub approval_policy: Option<Value>,
    /// Echoed; `user` if left out.
    pub approvals_reviewer: Option<Value>,
    /// Echoed as a policy; `read-only` if left out.
    pub sandbox: Option<SandboxMode>,
    /// Echoed.
    pub service_tier: Option<String>,
    /// Ignored, but experimental.
    pub history_mode: Option<Value>,
    /// Ignored, but experimental.
    pub dynamic_tools: Option<Value>,
}

/// What an agent may touch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SandboxMode {
    /// Nothing.
    #[default]
    ReadOnly,
    /// Its workspace.
    WorkspaceWrite,
    /// Everything.
    DangerFullAccess,
}

/// The answer of `thread/start`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadStartResponse {
    /// The thread.
    pub thread: WireThread,
    /// Echoed.
    pub model: String,
    /// Echoed.
    pub model_provider: String,
    /// Echoed.
    pub service_tier: Option<String>,
    /// Echoed.
    pub cwd: String,
    /// Always empty.
    pub instruction_sources: [(); 0],
    /// Echoed.
    pub approval_policy: Value,
    /// Echoed.
    pub approvals_reviewer: Value,
    /// Echoed.
    pub sandbox: Value,
    /// Always null.
    pub reasoning_effort: (),
}

pub(super) async fn start<S: Storage>(
    call: Call<'_, S>,
    params: ThreadStartParams,
) -> Result<ThreadStartResponse, RpcError> {
    call.experimental("thread/start.historyMode", params.history_mode.is_some())?;
    call.experimental("thread/start.dynamicTools", params.dynamic_tools.is_some())?;
    if params.ephemeral == Some(true) {
        return Err(RpcError::refused("ephemeral threads are not stored"));
    }
    let details = ThreadDetails {
        cwd: params.cwd,
        source: Some(call.source.into()),
        thread_source: params.thread_source.filter(|source| !source.is_null()),
        model: params.model,
        model_provider: params.model_provider,
        ..ThreadDetails::default()
    };
    let thread = call.store.create(CreateThread { details, ..CreateThread::default() }).await?;
    let wire = WireThread { status: WireStatus::Idle, ..WireThread::from(&thread) };
    Ok(ThreadStartResponse {
        model: wire.model.clone().unwrap_or_default(),
        model_provider: wire.model_provider.clone(),
        service_tier: params.service_tier,
        cwd: wire.cwd.clone(),
        instruction_sources: [],
        approval_policy: params.approval_policy.unwrap_or_else(|| "never".into()),
        approvals_reviewer: params.approvals_reviewer.unwrap_or_else(|| "user".into()),
        sandbox: policy(params.sandbox.unwrap_or_default()),
        reasoning_effort: (),
        thread: wire,
    })
}

fn policy(mode: SandboxMode) -> Value {
    match mode {
        SandboxMode::ReadOnly => json!({"type": "readOnly", "networkAccess": false}),
        SandboxMode::WorkspaceWrite => json!({
            "type": "workspaceWrite", "writableRoots": [], "networkAccess": false,
            "excludeTmpdirEnvVar": false, "excludeSlashTmp": false,
        }),
        SandboxMode::DangerFullAccess => json!({"type": "dangerFullAccess"}),
    }
}
