//! What threads work with beside their items: goals, logs, dynamic tools, jobs.

use creel::{GoalPatch, JobTask, Result, TaskStatus};
use js_sys::Promise;
use tsify::Ts;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::convert::{argument, invalid, thread_id, uuid};
use crate::items;
use crate::store::{Store, nothing, object, optional};

#[wasm_bindgen]
impl Store {
    /// Reads the goal of a thread.
    #[wasm_bindgen(unchecked_return_type = "Promise<Goal | undefined>")]
    pub fn goal(&self, id: String) -> Promise {
        self.run(optional, async move |core| core.goal(thread_id(&id)?).await)
    }

    /// Sets or changes the goal of a thread.
    #[wasm_bindgen(js_name = setGoal, unchecked_return_type = "Promise<Goal>")]
    pub fn set_goal(&self, id: String, patch: Ts<GoalPatch>) -> Promise {
        self.run(object, async move |core| {
            core.set_goal(thread_id(&id)?, argument("patch", Some(patch))?).await
        })
    }

    /// Clears the goal of a thread; resolves to whether it had one.
    #[wasm_bindgen(js_name = clearGoal, unchecked_return_type = "Promise<boolean>")]
    pub fn clear_goal(&self, id: String) -> Promise {
        self.run(object, async move |core| core.clear_goal(thread_id(&id)?).await)
    }

    /// Appends records to the log of a thread: a JSON array, or one JSON object a line.
    #[wasm_bindgen(js_name = appendLogs, unchecked_return_type = "Promise<void>")]
    pub fn append_logs(&self, id: String, records: String) -> Promise {
        self.run(nothing, async move |core| {
            core.append_logs(thread_id(&id)?, items::read(&records)?).await
        })
    }

    /// Reads records of a log, as the JSON text of an array of `{ seq, at, item }`.
    #[wasm_bindgen(unchecked_return_type = "Promise<string>")]
    pub fn logs(&self, id: String, from: f64, limit: f64) -> Promise {
        let write = |records: Vec<_>| Ok(items::write_stored(&records).into());
        self.run(write, async move |core| {
            let (from, limit) = (whole("from", from)?, whole("limit", limit)?);
            core.logs(thread_id(&id)?, from, usize::try_from(limit).unwrap_or(usize::MAX)).await
        })
    }

    /// Replaces the dynamic tools of a thread: a JSON array, or one JSON object a line.
    #[wasm_bindgen(js_name = setTools, unchecked_return_type = "Promise<void>")]
    pub fn set_tools(&self, id: String, tools: String) -> Promise {
        self.run(nothing, async move |core| {
            core.set_tools(thread_id(&id)?, items::read(&tools)?).await
        })
    }

    /// Reads the dynamic tools of a thread, as the JSON text of an array.
    #[wasm_bindgen(unchecked_return_type = "Promise<string>")]
    pub fn tools(&self, id: String) -> Promise {
        let write = |tools: Vec<_>| Ok(items::write_bare(&tools).into());
        self.run(write, async move |core| core.tools(thread_id(&id)?).await)
    }

    /// Creates a job with its tasks, all pending.
    #[wasm_bindgen(js_name = createJob, unchecked_return_type = "Promise<Job>")]
    pub fn create_job(&self, name: String, tasks: Vec<String>) -> Promise {
        self.run(object, async move |core| core.create_job(&name, tasks).await)
    }

    /// Reads a job.
    #[wasm_bindgen(unchecked_return_type = "Promise<Job>")]
    pub fn job(&self, id: String) -> Promise {
        self.run(object, async move |core| core.job(uuid("jobId", &id)?).await)
    }

    /// Lists the jobs, by id.
    #[wasm_bindgen(unchecked_return_type = "Promise<Job[]>")]
    pub fn jobs(&self) -> Promise {
        self.run(object, async move |core| core.jobs().await)
    }

    /// Changes a task of a job: its status, thread and last error are as given.
    #[wasm_bindgen(js_name = setTask, unchecked_return_type = "Promise<Job>")]
    pub fn set_task(
        &self,
        job: String,
        id: String,
        status: String,
        thread: Option<String>,
        last_error: Option<String>,
    ) -> Promise {
        self.run(object, async move |core| {
            let status = read_status(&status)?;
            let thread_id = thread.as_deref().map(thread_id).transpose()?;
            let task = JobTask { id, status, thread_id, last_error };
            core.set_task(uuid("jobId", &job)?, task).await
        })
    }

    /// Deletes a job.
    #[wasm_bindgen(js_name = deleteJob, unchecked_return_type = "Promise<void>")]
    pub fn delete_job(&self, id: String) -> Promise {
        self.run(nothing, async move |core| core.delete_job(uuid("jobId", &id)?).await)
    }
}

fn read_status(text: &str) -> Result<TaskStatus> {
    match text {
        "pending" => Ok(TaskStatus::Pending),
        "running" => Ok(TaskStatus::Running),
        "completed" => Ok(TaskStatus::Completed),
        "failed" => Ok(TaskStatus::Failed),
        other => Err(invalid("status", format!("`{other:.80}` is no status of a task"))),
    }
}

/// A number that counts something.
pub(crate) fn whole(name: &str, value: f64) -> Result<u64> {
    if value >= 0.0 && value.fract() == 0.0 {
        return Ok(value as u64);
    }
    Err(invalid(name, format!("`{value}` is no count")))
}
