//! `thread/goal/set`, `thread/goal/get` and `thread/goal/clear`.

use serde_json::value::RawValue;

use super::Call;
use super::json::{Object, to_json};
use super::params::{Params, unknown_variant};
use super::rpc::RpcError;
use crate::error::Error;
use crate::goal::{Goal, GoalPatch, GoalStatus};
use crate::id::ThreadId;
use crate::limits::MAX_OBJECTIVE_CHARS;
use crate::storage::Storage;

const STATUSES: [(&str, GoalStatus); 6] = [
    ("active", GoalStatus::Active),
    ("paused", GoalStatus::Paused),
    ("blocked", GoalStatus::Blocked),
    ("usageLimited", GoalStatus::UsageLimited),
    ("budgetLimited", GoalStatus::BudgetLimited),
    ("complete", GoalStatus::Complete),
];

type Answer = Result<Box<RawValue>, RpcError>;

/// A budget of null removes the one there is.
pub(super) async fn set<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let status = match params.text("status")? {
        None => None,
        Some(word) => Some(status(&word)?),
    };
    let budget = match params.integer("tokenBudget")? {
        Some(tokens) if tokens <= 0 => {
            return Err(RpcError::refused("goal budgets must be positive when provided"));
        }
        Some(tokens) => Some(u64::try_from(tokens).ok()),
        None => params.names("tokenBudget").then_some(None),
    };
    let patch = GoalPatch {
        objective: params.text("objective")?,
        status,
        token_budget: budget,
        ..GoalPatch::default()
    };
    persisted(call, id).await?;
    let goal = call.threads.store().set_goal(id, patch).await.map_err(|error| refused(&error))?;
    Object::new().raw("goal", &wire(id, &goal)?).answer()
}

pub(super) async fn get<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let goal = match call.threads.get(id) {
        Some(live) if live.is_ephemeral() => return Err(ephemeral(id)),
        Some(live) if !live.is_stored() => None,
        _ => call.threads.store().goal(id).await.map_err(|error| refused(&error))?,
    };
    let goal = goal.map(|goal| wire(id, &goal)).transpose()?;
    Object::new().raw("goal", goal.as_deref().unwrap_or("null")).answer()
}

pub(super) async fn clear<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let cleared = match call.threads.get(id) {
        Some(live) if live.is_ephemeral() => return Err(ephemeral(id)),
        Some(live) if !live.is_stored() => false,
        _ => call.threads.store().clear_goal(id).await.map_err(|error| refused(&error))?,
    };
    Object::new().raw("cleared", if cleared { "true" } else { "false" }).answer()
}

/// Spells a goal for the wire: with its thread, and in seconds.
pub(super) fn wire(id: ThreadId, goal: &Goal) -> Result<String, RpcError> {
    let status = STATUSES.iter().find(|(_, status)| *status == goal.status);
    let answer = Object::new()
        .text("threadId", &id.to_string())
        .text("objective", &goal.objective)
        .text("status", status.map_or("active", |(word, _)| word))
        .raw("tokenBudget", &to_json(&goal.token_budget)?)
        .raw("tokensUsed", &goal.tokens_used.to_string())
        .raw("timeUsedSeconds", &goal.time_used_seconds.to_string())
        .number("createdAt", goal.created_at.div_euclid(1000))
        .number("updatedAt", goal.updated_at.div_euclid(1000));
    Ok(answer.json())
}

/// A goal is stored, and so is its thread.
async fn persisted<S: Storage>(call: &Call<'_, S>, id: ThreadId) -> Result<(), RpcError> {
    call.threads.persist(id).await.map_err(|error| match &error {
        Error::ThreadEphemeral { id } => ephemeral(*id),
        _ => refused(&error),
    })
}

fn status(word: &str) -> Result<GoalStatus, RpcError> {
    let found = STATUSES.iter().find(|(known, _)| *known == word).map(|(_, status)| *status);
    found.ok_or_else(|| unknown_variant(word, &STATUSES.map(|(known, _)| known)))
}

fn ephemeral(id: ThreadId) -> RpcError {
    let message = format!("ephemeral thread does not support goals: {id}");
    RpcError::told(&Error::ThreadEphemeral { id }, message)
}

fn refused(error: &Error) -> RpcError {
    match error {
        Error::InvalidField { reason, .. } => RpcError::told(error, reason.clone()),
        Error::TooLarge { field, .. } if field == "objective" => {
            let most = MAX_OBJECTIVE_CHARS;
            RpcError::told(error, format!("goal objective must be at most {most} characters"))
        }
        _ => RpcError::about(error, "thread not found"),
    }
}
