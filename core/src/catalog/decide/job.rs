//! Jobs and the assignment of their tasks to threads.

use uuid::Uuid;

use super::super::command::Decision;
use super::super::event::Event;
use super::super::{Catalog, Ordinals};
use super::{validate, writable};
use crate::error::{Error, Result};
use crate::goal::{Job, JobTask, TaskStatus};
use crate::limits::MAX_TASKS;

/// What a task says whose thread was deleted while it ran.
const THREAD_DELETED: &str = "assigned thread was deleted";

/// Tasks start pending; their ids are unique in the job.
pub(super) fn create(
    catalog: &Catalog,
    id: Uuid,
    name: &str,
    tasks: &[String],
    at: i64,
) -> Result<Decision> {
    validate::name(Some(&name.to_owned()))?;
    if tasks.len() > MAX_TASKS {
        let (field, size) = ("tasks".into(), tasks.len());
        return Err(Error::TooLarge { field, size, limit: MAX_TASKS });
    }
    let invalid = |reason: String| Error::InvalidField { field: "tasks".into(), reason };
    let mut seen = std::collections::HashSet::new();
    for task in tasks {
        validate::name(Some(task))?;
        if !seen.insert(task) {
            return Err(invalid(format!("`{}` is there twice", crate::error::excerpt(task))));
        }
    }
    if catalog.job(id).is_some() {
        let reason = format!("job {id} exists already");
        return Err(Error::InvalidField { field: "id".into(), reason });
    }
    let task = |id: &String| JobTask {
        id: id.clone(),
        status: TaskStatus::Pending,
        thread_id: None,
        last_error: None,
    };
    let tasks = tasks.iter().map(task).collect();
    let job = Job { id, name: name.to_owned(), created_at: at, updated_at: at, tasks };
    Ok(Event::JobCreated(Box::new(job)).into())
}

/// A running task has a thread, and that thread can be written to.
pub(super) fn set_task(catalog: &Catalog, id: Uuid, task: &JobTask) -> Result<Decision> {
    let missing = || Error::JobNotFound { id: format!("{id}/{}", task.id) };
    let job = catalog.job(id).ok_or_else(missing)?;
    let now = job.tasks.iter().find(|now| now.id == task.id).ok_or_else(missing)?;
    validate::text("lastError", task.last_error.as_ref())?;
    if let Some(thread) = task.thread_id.filter(|thread| now.thread_id != Some(*thread)) {
        writable(catalog, thread)?;
    }
    if task.status == TaskStatus::Running && task.thread_id.is_none() {
        let reason = "a running task needs a thread".into();
        return Err(Error::InvalidField { field: "threadId".into(), reason });
    }
    if now == task {
        return Ok(Decision::default());
    }
    Ok(Event::TaskSet { job: id, task: task.clone() }.into())
}

/// Deletes a job; threads stay as they are.
pub(super) fn delete(catalog: &Catalog, id: Uuid) -> Result<Decision> {
    if catalog.job(id).is_none() {
        return Err(Error::JobNotFound { id: id.to_string() });
    }
    Ok(Event::JobDeleted { job: id }.into())
}

/// Returns the tasks assigned to `members`, as they are once those are gone: a running one is
/// pending again and says why, the others just lose their thread.
pub(super) fn without(catalog: &Catalog, members: &Ordinals) -> Vec<(Uuid, JobTask)> {
    let is_member = |task: &JobTask| {
        let record = task.thread_id.and_then(|thread| catalog.record(thread));
        record.is_some_and(|record| members.contains(record.ord))
    };
    catalog
        .jobs()
        .flat_map(|job| job.tasks.iter().map(|task| (job.id, task)))
        .filter(|(_, task)| is_member(task))
        .map(|(job, task)| {
            let mut task = JobTask { thread_id: None, ..task.clone() };
            if task.status == TaskStatus::Running {
                task.status = TaskStatus::Pending;
                task.last_error = Some(THREAD_DELETED.into());
            }
            (job, task)
        })
        .collect()
}
