//! Goals of threads, and the jobs whose tasks threads work on.

use serde::Serialize;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::id::ThreadId;
use crate::limits::MAX_OBJECTIVE_CHARS;

/// What a thread is to reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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

crate::fields::fields! {
    Goal, blank: Self::unread(),
    must "goalId" goal_id,
    must "objective" objective,
    must "status" status,
    may "tokenBudget" token_budget,
    must "tokensUsed" tokens_used,
    must "timeUsedSeconds" time_used_seconds,
    must "createdAt" created_at,
    must "updatedAt" updated_at,
}

impl Goal {
    /// What a goal is before its fields are read.
    fn unread() -> Self {
        Self {
            goal_id: Uuid::nil(),
            objective: String::new(),
            status: GoalStatus::Active,
            token_budget: None,
            tokens_used: 0,
            time_used_seconds: 0,
            created_at: 0,
            updated_at: 0,
        }
    }

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
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

crate::fields::words! { GoalStatus { "active" Active, "paused" Paused, "blocked" Blocked, "usageLimited" UsageLimited, "budgetLimited" BudgetLimited, "complete" Complete } }

/// A change of a goal: a field left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
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
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(type = "number | null", optional))]
    pub token_budget: Option<Option<u64>>,
    /// The tokens it has taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_used: Option<u64>,
    /// The time it has taken, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_used_seconds: Option<u64>,
}

crate::fields::fields! {
    GoalPatch, blank: Self::default(),
    may "objective" objective,
    may "status" status,
    null "tokenBudget" token_budget,
    may "tokensUsed" tokens_used,
    may "timeUsedSeconds" time_used_seconds,
}

/// A piece of work in tasks, which threads are assigned to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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

crate::fields::fields! {
    Job, blank: Self { id: Uuid::nil(), name: String::new(), created_at: 0, updated_at: 0, tasks: Vec::new() },
    must "id" id,
    must "name" name,
    must "createdAt" created_at,
    must "updatedAt" updated_at,
    must "tasks" tasks,
}

/// One task of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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

impl JobTask {
    /// What a task is before its fields are read.
    pub(crate) fn unread() -> Self {
        Self { id: String::new(), status: TaskStatus::Pending, thread_id: None, last_error: None }
    }
}

crate::fields::fields! {
    JobTask, blank: Self::unread(),
    must "id" id,
    must "status" status,
    may "threadId" thread_id,
    may "lastError" last_error,
}

/// How a task stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
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

crate::fields::words! { TaskStatus { "pending" Pending, "running" Running, "completed" Completed, "failed" Failed } }
