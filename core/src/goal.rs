//! Goals of threads, and the jobs whose tasks threads work on.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::id::ThreadId;
use crate::limits::MAX_OBJECTIVE_CHARS;

/// What a thread is to reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub struct Goal {
    /// Identifies the goal; setting another objective makes another goal.
    #[cfg_attr(feature = "tsify", tsify(type = "string"))]
    pub goal_id: Uuid,
    /// What is to be reached.
    pub objective: String,
    /// How it stands.
    pub status: GoalStatus,
    /// The most tokens it may take.
    pub token_budget: Option<u64>,
    /// The tokens it has taken.
    pub tokens_used: u64,
    /// The time it has taken, in seconds.
    pub time_used_seconds: u64,
    /// When it was set, in milliseconds.
    pub created_at: i64,
    /// When it was last changed, in milliseconds.
    pub updated_at: i64,
}

impl Goal {
    /// Refuses what no goal can be.
    pub(crate) fn check(&self) -> Result<()> {
        let invalid = |field: &str, reason: &str| {
            Err(Error::InvalidField { field: field.into(), reason: reason.into() })
        };
        if self.objective.is_empty() {
            return invalid("objective", "goal objective must not be empty");
        }
        let size = self.objective.chars().count();
        if size > MAX_OBJECTIVE_CHARS {
            let field = "objective".into();
            return Err(Error::TooLarge { field, size, limit: MAX_OBJECTIVE_CHARS });
        }
        if self.token_budget == Some(0) {
            return invalid("tokenBudget", "goal budgets must be positive when provided");
        }
        Ok(())
    }
}

/// How a goal stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum GoalStatus {
    /// It is worked on.
    #[default]
    Active,
    /// It rests.
    Paused,
    /// It can't go on.
    Blocked,
    /// The account's limit is reached.
    UsageLimited,
    /// The goal's own budget is spent.
    BudgetLimited,
    /// It is reached.
    Complete,
}

/// A change of a goal: a field left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct GoalPatch {
    /// The objective; needed where there is no goal yet. Another one starts a new goal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objective: Option<String>,
    /// The status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<GoalStatus>,
    /// The most tokens it may take; `null` removes the budget.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "crate::thread::double")]
    #[cfg_attr(feature = "tsify", tsify(type = "number | null", optional))]
    pub token_budget: Option<Option<u64>>,
    /// The tokens it has taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_used: Option<u64>,
    /// The time it has taken, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_used_seconds: Option<u64>,
}

/// A piece of work in tasks, which threads are assigned to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// The job's id.
    #[cfg_attr(feature = "tsify", tsify(type = "string"))]
    pub id: Uuid,
    /// What it is for.
    pub name: String,
    /// When it was created, in milliseconds.
    pub created_at: i64,
    /// When a task last changed, in milliseconds.
    pub updated_at: i64,
    /// Its tasks, in the order given.
    pub tasks: Vec<JobTask>,
}

/// One task of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub struct JobTask {
    /// The task's name, unique in its job.
    pub id: String,
    /// How it stands.
    pub status: TaskStatus,
    /// The thread assigned to it.
    #[cfg_attr(feature = "tsify", tsify(type = "string | null"))]
    pub thread_id: Option<ThreadId>,
    /// Why it last failed or went back to pending.
    pub last_error: Option<String>,
}

/// How a task stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum TaskStatus {
    /// Nobody works on it.
    #[default]
    Pending,
    /// A thread works on it.
    Running,
    /// It is done.
    Completed,
    /// It failed.
    Failed,
}
