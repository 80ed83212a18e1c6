//! What threads work with beside their items: goals, logs, dynamic tools, tasks of jobs.

use uuid::Uuid;

use super::Store;
use crate::catalog::{Catalog, Command, Event};
use crate::error::{Error, Result};
use crate::goal::{Goal, GoalPatch, Job, JobTask};
use crate::id::{ThreadId, new_uuid};
use crate::item::{Item, Line, StoredItem};
use crate::journal::entry::corrupt;
use crate::journal::load::read;
use crate::keys;
use crate::storage::{Order, Storage, Table};

impl<S: Storage> Store<S> {
    /// Returns the number that an archived thread shares with those archived together with it.
    pub(crate) async fn archive_group(&self, id: ThreadId) -> Result<Option<u64>> {
        self.with_visible(id, |_, record| record.archived.as_deref().map(|archived| archived.group))
            .await
    }

    /// Sets or changes a thread's goal, and returns it.
    ///
    /// # Errors
    /// [`Error::InvalidField`] for an empty objective, a budget of 0, or a change where there is
    /// no goal; [`Error::TooLarge`]; and those of [`append`](Self::append).
    pub async fn set_goal(&self, id: ThreadId, patch: GoalPatch) -> Result<Goal> {
        let goal = new_uuid(&*self.inner.env);
        let command = Command::SetGoal { thread: id, id: goal, patch: Box::new(patch) };
        match self.commit(command).await?.events.into_iter().next() {
            Some(Event::GoalSet { goal: Some(goal), .. }) => Ok(*goal),
            _ => self.goal(id).await?.ok_or(Error::ThreadNotFound { id }),
        }
    }

    /// Returns a thread's goal.
    ///
    /// # Errors
    /// [`Error::ThreadNotFound`] and [`Error::ThreadDeleted`].
    pub async fn goal(&self, id: ThreadId) -> Result<Option<Goal>> {
        self.with_visible(id, |_, record| record.goal.as_deref().cloned()).await
    }

    /// Clears a thread's goal; false if it had none.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub async fn clear_goal(&self, id: ThreadId) -> Result<bool> {
        Ok(!self.commit(Command::ClearGoal { thread: id }).await?.events.is_empty())
    }

    /// Appends records, JSON objects, to a thread's log.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub async fn append_logs(&self, id: ThreadId, records: Vec<Item>) -> Result<()> {
        let records = records.into_iter().map(|record| (None, record)).collect();
        self.commit(Command::Log { thread: id, records }).await.map(drop)
    }

    /// Returns records of a thread's log from the number `from` on, at most about `limit`, oldest
    /// first.
    ///
    /// # Errors
    /// [`Error::ThreadNotFound`] and [`Error::ThreadDeleted`].
    pub async fn logs(&self, id: ThreadId, from: u64, limit: usize) -> Result<Vec<StoredItem>> {
        let tree = self.with_visible(id, |_, record| record.tree).await?;
        let mut range = keys::logs_from(tree, id, 0);
        range.end = keys::log(tree, id, from.saturating_add(1));
        let before = self.inner.storage.scan(Table::History, range, 1, Order::Descending).await?;
        let range = keys::logs_from(tree, id, from.saturating_add(1));
        let after =
            self.inner.storage.scan(Table::History, range, limit.max(1), Order::Ascending).await?;
        let mut found = Vec::new();
        for (key, value) in before.records.into_iter().chain(after.records) {
            let first = keys::segment_first(&key)
                .ok_or_else(|| corrupt(Table::History, &key, "its key is no number"))?;
            for (seq, line) in (first..).zip(lines(&key, &value)?) {
                if seq >= from && found.len() < limit {
                    let line = Line::stored(line).decode(seq);
                    found.push(line.map_err(|error| corrupt(Table::History, &key, error))?);
                }
            }
        }
        Ok(found)
    }

    /// Replaces a thread's dynamic tools, JSON objects.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub async fn set_tools(&self, id: ThreadId, tools: Vec<Item>) -> Result<()> {
        self.commit(Command::SetTools { thread: id, tools }).await.map(drop)
    }

    /// Returns a thread's dynamic tools.
    ///
    /// # Errors
    /// [`Error::ThreadNotFound`] and [`Error::ThreadDeleted`].
    pub async fn tools(&self, id: ThreadId) -> Result<Vec<Item>> {
        let tree = self.with_visible(id, |_, record| record.tree).await?;
        let key = keys::tools(tree, id);
        let value = read(&self.inner.storage, Table::History, vec![key.clone()]).await?;
        let Some(value) = value.into_iter().next().flatten() else { return Ok(Vec::new()) };
        let tools = lines(&key, &value)?.map(Item::new).collect::<Result<_>>();
        tools.map_err(|error| corrupt(Table::History, &key, error))
    }

    /// Creates a job with its tasks, all pending.
    ///
    /// # Errors
    /// [`Error::EmptyName`], [`Error::TooLarge`], [`Error::InvalidField`] for a task named twice.
    pub async fn create_job(&self, name: &str, tasks: Vec<String>) -> Result<Job> {
        let id = new_uuid(&*self.inner.env);
        let create = Command::CreateJob { id, name: name.to_owned(), tasks };
        self.commit_job(create, id).await
    }

    /// Returns a job.
    ///
    /// # Errors
    /// [`Error::JobNotFound`].
    pub async fn job(&self, id: Uuid) -> Result<Job> {
        let look = |catalog: &Catalog| catalog.job(id).map(|job| (**job).clone());
        if let Some(job) = look(&self.inner.lock().replica.catalog) {
            return Ok(job);
        }
        self.refresh().await?;
        let job = look(&self.inner.lock().replica.catalog);
        job.ok_or(Error::JobNotFound { id: id.to_string() })
    }

    /// Returns every job, by id.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub async fn jobs(&self) -> Result<Vec<Job>> {
        let shared = self.inner.lock();
        shared.check_open()?;
        Ok(shared.replica.catalog.jobs().map(|job| (**job).clone()).collect())
    }

    /// Changes a task: its status, the thread assigned to it, its last error.
    ///
    /// A running task whose thread is deleted goes back to pending by itself.
    ///
    /// # Errors
    /// [`Error::JobNotFound`], [`Error::InvalidField`] for a running task without a thread, and
    /// those of [`append`](Self::append) for the thread.
    pub async fn set_task(&self, job: Uuid, task: JobTask) -> Result<Job> {
        self.commit_job(Command::SetTask { job, task }, job).await
    }

    /// Commits a change of a job, and returns the job as the commit left it.
    async fn commit_job(&self, command: Command, id: Uuid) -> Result<Job> {
        let job = self.commit(command).await?.job;
        job.map(|job| (*job).clone()).ok_or(Error::JobNotFound { id: id.to_string() })
    }

    /// Deletes a job; the threads assigned to its tasks stay.
    ///
    /// # Errors
    /// [`Error::JobNotFound`].
    pub async fn delete_job(&self, id: Uuid) -> Result<()> {
        self.commit(Command::DeleteJob { job: id }).await.map(drop)
    }
}

fn lines<'a>(key: &str, value: &'a [u8]) -> Result<impl Iterator<Item = &'a str>> {
    let text = std::str::from_utf8(value).map_err(|error| corrupt(Table::History, key, error))?;
    Ok(text.lines())
}
