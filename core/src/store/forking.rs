//! Forking: a new thread that starts with a copy of another one's history.

use super::Store;
use super::staging::{StagedThread, Staging};
use crate::catalog::{Copied, check_length};
use crate::error::{Error, Result};
use crate::id::ThreadId;
use crate::query::{Fork, ItemQuery};
use crate::storage::Storage;
use crate::thread::{CreateThread, Thread, ThreadDetails};

/// The items of one copied page.
const PAGE: u32 = 1000;

impl<S: Storage> Store<S> {
    /// Forks a thread: makes a new one whose history is a copy of the other's, or of its beginning.
    ///
    /// The fork appears whole or not at all. What [`Fork::thread`] leaves out of title, preview and
    /// details is taken from the source; the name is not. The fork outlives its source.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a length beyond the source's, [`Error::InvalidField`] when the
    /// source was cut back meanwhile, [`Error::ThreadArchived`], [`Error::ThreadDeleted`] and
    /// [`Error::ThreadNotFound`] for the source, and those of [`create`](Self::create).
    pub async fn fork(&self, source: ThreadId, fork: Fork) -> Result<Thread> {
        let history = self.history(source).await?;
        let from = self.read(source).await?;
        if from.archived() {
            return Err(Error::ThreadArchived { id: source });
        }
        let length = check_length(fork.length.unwrap_or(history.len), history.len)?;
        let mut staging = self.stage();
        let parent = fork.thread.parent_thread_id;
        let thread = CreateThread { forked_from_id: Some(source), ..heir(fork.thread, from) };
        let id = staging.create(StagedThread { thread, ..StagedThread::default() }).await?;
        self.copy_history(&staging, source, id, length).await?;
        let copied = Copied { source, generation: history.generation, fork: id };
        let published = match staging.publish_from(Some(copied)).await {
            Err(error @ Error::NotUndoable { .. }) => {
                // The parent is gone, and says so itself, unless the fork was given up.
                if let Some(parent) = parent {
                    self.read(parent).await?;
                }
                return Err(error);
            }
            other => other?,
        };
        published.ok_or(Error::ThreadNotFound { id })
    }

    async fn copy_history(
        &self,
        staging: &Staging<S>,
        source: ThreadId,
        fork: ThreadId,
        length: u64,
    ) -> Result<()> {
        let mut copied = 0;
        while copied < length {
            let limit = Some(u32::try_from(length - copied).unwrap_or(PAGE).min(PAGE));
            let query = ItemQuery { limit, from: Some(copied), ..ItemQuery::default() };
            let items = self.items(source, query).await?.data;
            if items.is_empty() {
                let reason = "the history was cut back while it was copied".into();
                return Err(Error::InvalidField { field: "length".into(), reason });
            }
            copied += items.len() as u64;
            let items = items.into_iter().map(|stored| (stored.at, stored.item)).collect();
            staging.copy(fork, items).await?;
        }
        Ok(())
    }
}

fn heir(given: CreateThread, source: Thread) -> CreateThread {
    let (own, other) = (given.details, source.details);
    CreateThread {
        title: given.title.or(source.title),
        preview: given.preview.or(Some(source.preview).filter(|preview| !preview.is_empty())),
        details: ThreadDetails {
            cwd: own.cwd.or(other.cwd),
            source: own.source.or(other.source),
            thread_source: own.thread_source.or(other.thread_source),
            model_provider: own.model_provider.or(other.model_provider),
            model: own.model.or(other.model),
            cli_version: own.cli_version.or(other.cli_version),
            originator: own.originator.or(other.originator),
            git_info: own.git_info.or(other.git_info),
            agent_nickname: own.agent_nickname.or(other.agent_nickname),
            agent_role: own.agent_role.or(other.agent_role),
            agent_path: own.agent_path.or(other.agent_path),
            memory_mode: own.memory_mode.or(other.memory_mode),
            token_usage: own.token_usage.or(other.token_usage),
            metadata: own.metadata.or(other.metadata),
        },
        ..given
    }
}
