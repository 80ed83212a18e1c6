//! Trees of live and stored threads: their members, their archiving, their deletion.

use std::collections::HashMap;

use super::{LiveEvent, LivePlan, ThreadManager};
use crate::error::{Error, Result};
use crate::id::ThreadId;
use crate::query::{Children, DeleteOptions, DeletionPlan, Receipt};
use crate::storage::Storage;
use crate::tree;

impl<S: Storage> ThreadManager<S> {
    /// Returns every thread below a thread, stored or open, by depth, then by id.
    ///
    /// # Errors
    /// [`Error::ThreadNotFound`] and [`Error::ThreadDeleted`] for a thread that is neither.
    pub async fn subtree(&self, id: ThreadId) -> Result<Vec<ThreadId>> {
        let mut children: HashMap<ThreadId, Vec<ThreadId>> = HashMap::new();
        let mut add = |parent: Option<ThreadId>, child: ThreadId| {
            if let Some(parent) = parent {
                children.entry(parent).or_default().push(child);
            }
        };
        match self.inner.store.descendants(id).await {
            Ok(stored) => stored.iter().for_each(|thread| add(thread.parent_thread_id, thread.id)),
            Err(error) if self.get(id).is_none() => return Err(error),
            Err(_) => {}
        }
        for unstored in self.unstored().await? {
            add(unstored.1, unstored.0);
        }
        let below = |id: ThreadId| children.get(&id).cloned().unwrap_or_default();
        Ok(tree::descendants(id, below, |id| *id))
    }

    /// Returns what deleting a thread now would take, open threads included.
    ///
    /// # Errors
    /// As [`Store::plan_delete`](crate::Store::plan_delete), and [`Error::ThreadEphemeral`].
    pub async fn plan_delete(&self, id: ThreadId, children: Children) -> Result<LivePlan> {
        let root = self.get(id);
        if root.as_ref().is_some_and(|root| root.is_ephemeral()) {
            return Err(Error::ThreadEphemeral { id });
        }
        let below = match children {
            Children::Delete => self.subtree(id).await?,
            Children::Detach | Children::Refuse => Vec::new(),
        };
        let mut plan = match root.filter(|root| !root.is_stored()) {
            Some(_) => DeletionPlan {
                root: id,
                members: Vec::new(),
                detached: Vec::new(),
                threads: 0,
                items: 0,
                bytes: 0,
                forks: Vec::new(),
                token: String::new(),
            },
            None => self.inner.store.plan_delete(id, children).await?,
        };
        plan.members = tree::deletion_order(id, &below);
        plan.threads = plan.members.len() as u64;
        let shared = self.lock();
        let loaded = plan.members.iter().copied();
        let loaded = loaded.filter(|member| shared.loaded.contains_key(member)).collect();
        Ok(LivePlan { plan, loaded })
    }

    /// Deletes a thread with everything below it, stored or open; see
    /// [`Store::delete`](crate::Store::delete).
    ///
    /// Open members are closed, and what they have recorded is dropped. There is no receipt where
    /// nothing was ever stored.
    ///
    /// # Errors
    /// [`Error::ThreadEphemeral`], and those of the store.
    pub async fn delete(&self, id: ThreadId, options: DeleteOptions) -> Result<Option<Receipt>> {
        let root = self.get(id);
        if root.as_ref().is_some_and(|root| root.is_ephemeral()) {
            return Err(Error::ThreadEphemeral { id });
        }
        let unstored: Vec<ThreadId> = match options.children {
            Children::Delete => {
                let mut ids: Vec<_> =
                    self.unstored().await?.into_iter().map(|(id, _)| id).collect();
                let below = self.subtree(id).await.unwrap_or_default();
                ids.retain(|id| below.contains(id));
                below.into_iter().rev().filter(|id| ids.contains(id)).collect()
            }
            Children::Detach | Children::Refuse => Vec::new(),
        };
        if let Some(root) = root
            && !root.is_stored()
        {
            let thread_ids: Vec<_> = unstored.into_iter().chain([id]).collect();
            self.forget(&thread_ids, 2);
            self.tell(LiveEvent::Deleted { thread_ids });
            return Ok(None);
        }
        let receipt = self.inner.store.delete(id, options).await;
        if decided(&receipt) {
            self.forget(&unstored, 2);
            if !unstored.is_empty() {
                self.tell(LiveEvent::Deleted { thread_ids: unstored });
            }
            let gone: Vec<_> = self.gone().await;
            self.forget(&gone, 2);
        }
        receipt.map(Some)
    }

    /// Archives a thread with everything below it; see [`Store::archive`](crate::Store::archive).
    ///
    /// Open members are stored first, and closed.
    ///
    /// # Errors
    /// [`Error::ThreadEphemeral`], and those of the store.
    pub async fn archive(&self, id: ThreadId) -> Result<Vec<ThreadId>> {
        self.persist(id).await?;
        for member in self.subtree(id).await? {
            match self.persist(member).await {
                Ok(()) | Err(Error::ThreadEphemeral { .. } | Error::ThreadArchived { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let archived = self.inner.store.archive(id).await?;
        self.forget(&archived, 1);
        Ok(archived)
    }

    /// Returns the open threads that are not stored, with their parents.
    async fn unstored(&self) -> Result<Vec<(ThreadId, Option<ThreadId>)>> {
        let unstored: Vec<_> = {
            let shared = self.lock();
            let live = shared.loaded.values().map(|loaded| loaded.live.clone());
            live.filter(|live| !live.is_stored()).collect()
        };
        let mut threads = Vec::with_capacity(unstored.len());
        for live in unstored {
            threads.push((live.id(), live.read().await?.parent_thread_id));
        }
        Ok(threads)
    }

    /// Returns the open threads that the store has deleted.
    async fn gone(&self) -> Vec<ThreadId> {
        let mut gone = Vec::new();
        for id in self.loaded() {
            let Some(live) = self.get(id).filter(|live| live.is_stored()) else { continue };
            if matches!(live.read().await, Err(Error::ThreadDeleted { .. })) {
                gone.push(id);
            }
        }
        gone
    }
}

/// Tells whether a deletion was committed, whatever became of its erasure.
fn decided(receipt: &Result<Receipt>) -> bool {
    matches!(receipt, Ok(_) | Err(Error::EraseIncomplete { .. }))
}
