//! Goals: set, changed, cleared.

use uuid::Uuid;

use super::super::Catalog;
use super::super::command::Decision;
use super::super::event::Event;
use super::writable;
use crate::error::{Error, Result};
use crate::goal::{Goal, GoalPatch};
use crate::id::ThreadId;

/// Another objective makes another goal; without a goal there must be one.
pub(super) fn set(
    catalog: &Catalog,
    thread: ThreadId,
    id: Uuid,
    patch: &GoalPatch,
    at: i64,
) -> Result<Decision> {
    let record = writable(catalog, thread)?;
    let invalid = |field: &str, reason: &str| {
        Err(Error::InvalidField { field: field.into(), reason: reason.into() })
    };
    let objective = patch.objective.as_deref().map(str::trim);
    if patch.token_budget == Some(Some(0)) {
        return invalid("tokenBudget", "goal budgets must be positive when provided");
    }
    let mut goal = match (record.goal.as_deref(), objective) {
        (Some(goal), None) => goal.clone(),
        (Some(goal), Some(objective)) if goal.objective == objective => goal.clone(),
        (_, Some(objective)) => Goal {
            goal_id: id,
            objective: objective.to_owned(),
            status: Default::default(),
            token_budget: None,
            tokens_used: 0,
            time_used_seconds: 0,
            created_at: at,
            updated_at: at,
        },
        (None, None) => {
            let reason = format!("cannot update goal for thread {thread}: no goal exists");
            return invalid("objective", &reason);
        }
    };
    goal.status = patch.status.unwrap_or(goal.status);
    goal.token_budget = patch.token_budget.unwrap_or(goal.token_budget);
    goal.tokens_used = patch.tokens_used.unwrap_or(goal.tokens_used);
    goal.time_used_seconds = patch.time_used_seconds.unwrap_or(goal.time_used_seconds);
    goal.check()?;
    if record.goal.as_deref() == Some(&goal) {
        return Ok(Decision::default());
    }
    goal.updated_at = at;
    Ok(Event::GoalSet { thread, goal: Some(Box::new(goal)) }.into())
}

/// Clearing where there is no goal writes nothing.
pub(super) fn clear(catalog: &Catalog, thread: ThreadId) -> Result<Decision> {
    let record = writable(catalog, thread)?;
    if record.goal.is_none() {
        return Ok(Decision::default());
    }
    Ok(Event::GoalSet { thread, goal: None }.into())
}
