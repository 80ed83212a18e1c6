//! Deleting trees of threads: plan, delete, undo, and what is known of deletions.

use super::Store;
use super::inner::Reply;
use crate::catalog::{Command, plan};
use crate::deletion::receipt_so_far;
use crate::error::{Error, Result};
use crate::id::{DeletionId, ThreadId, new_uuid};
use crate::query::{Children, DeleteOptions, DeletionPlan, PendingDeletion, Receipt, Wait};
use crate::storage::Storage;

impl<S: Storage> Store<S> {
    /// Returns what deleting a thread now would take, without changing anything.
    ///
    /// # Errors
    /// [`Error::HasChildren`] with [`Children::Refuse`], [`Error::ThreadNotFound`] and
    /// [`Error::ThreadDeleted`].
    pub async fn plan_delete(&self, id: ThreadId, children: Children) -> Result<DeletionPlan> {
        self.with_visible(id, |_, _| ()).await?;
        plan(&self.inner.lock().replica.catalog, id, children)
    }

    /// Deletes a thread, by default with everything below it, for good.
    ///
    /// The deletion is one commit: from then on nothing shows the threads, whatever happens. By
    /// default the call resolves when nothing of them is left in the store; see [`Wait`]. Dropping
    /// the call does not stop the deletion. A thread that is deleted already answers with the
    /// receipt of that deletion, once it is finished.
    ///
    /// # Errors
    /// Before the commit: [`Error::PlanChanged`], [`Error::HasChildren`],
    /// [`Error::ThreadNotFound`]. After it: [`Error::EraseIncomplete`] when erasing keeps failing
    /// or the store is closed (it goes on by itself, or with the next open),
    /// [`Error::Undeleted`] when the deletion was undone.
    pub async fn delete(&self, id: ThreadId, options: DeleteOptions) -> Result<Receipt> {
        let deletion = new_uuid(&*self.inner.env);
        let wait = if options.grace.is_some() { Wait::Committed } else { options.wait };
        let command = Command::Delete { thread: id, deletion, options };
        let deletion = match self.commit(command).await {
            Ok(_) => deletion,
            Err(Error::ThreadDeleted { deletion, .. }) => deletion,
            Err(error) => return Err(error),
        };
        match wait {
            Wait::Committed => self.receipt_of(deletion),
            Wait::Erased => {
                let waits = |shared: &mut _, reply| {
                    wait_for(shared, deletion, reply);
                    Ok(())
                };
                let erased = self.ask(waits).await;
                erased.map_err(|error| incomplete(deletion, error))
            }
        }
    }

    /// Undoes a deletion of which nothing has been erased, and brings its threads back exactly.
    ///
    /// Returns them: the root first, then by depth.
    ///
    /// # Errors
    /// [`Error::NotUndoable`] once erasing has begun, or while the parent of the deleted root is
    /// deleted too.
    pub async fn undelete(&self, deletion: DeletionId) -> Result<Vec<ThreadId>> {
        let members = |store: &Self| {
            let shared = store.inner.lock();
            let catalog = &shared.replica.catalog;
            let state = catalog.deletion(deletion)?;
            let mut order = catalog.members_in_deletion_order(state.root, &state.members);
            order.reverse();
            Some(catalog.ids(&order))
        };
        let mut known = members(self);
        if known.is_none() {
            self.refresh().await?;
            known = members(self);
        }
        self.commit(Command::Undelete { deletion }).await?;
        Ok(known.unwrap_or_default())
    }

    /// Returns the deletions that are not finished, oldest first.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub async fn pending_deletions(&self) -> Result<Vec<PendingDeletion>> {
        let shared = self.inner.lock();
        shared.check_open()?;
        let catalog = &shared.replica.catalog;
        let mut pending: Vec<PendingDeletion> = catalog
            .deletions_asked_for()
            .map(|state| {
                let erasure = shared.erasures.get(&state.deletion);
                let undo_until = state.undo_until.filter(|_| state.erased.is_empty());
                let name = undo_until.and_then(|_| catalog.slot(state.root)?.name.clone());
                PendingDeletion {
                    deletion: state.deletion,
                    root: state.root_id,
                    name,
                    threads: state.members.len(),
                    erased: state.erased.len(),
                    deleted_at: state.at,
                    undo_until,
                    attempts: erasure.map_or(0, |erasure| erasure.attempts),
                    next_attempt_at: erasure
                        .filter(|erasure| erasure.attempts > 0)
                        .map(|erasure| erasure.next_at),
                    last_error: erasure
                        .and_then(|erasure| Some(erasure.last_error.as_ref()?.to_string())),
                }
            })
            .collect();
        pending.sort_unstable_by_key(|pending| (pending.deleted_at, pending.deletion));
        Ok(pending)
    }

    /// Returns the receipt of the deletion that took a thread; `None` if it was not deleted, or
    /// so long ago that the receipt is gone.
    ///
    /// While the deletion is not finished, `erased_at` is `None`.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub async fn receipt(&self, id: ThreadId) -> Result<Option<Receipt>> {
        let deletion = {
            let shared = self.inner.lock();
            shared.check_open()?;
            shared.replica.catalog.deletion_of(id)
        };
        deletion.map(|deletion| self.receipt_of(deletion)).transpose()
    }

    fn receipt_of(&self, deletion: DeletionId) -> Result<Receipt> {
        let shared = self.inner.lock();
        let catalog = &shared.replica.catalog;
        if let Some(receipt) = catalog.receipt(deletion) {
            return Ok((**receipt).clone());
        }
        let state = catalog.deletion(deletion);
        state.map(receipt_so_far).ok_or(Error::Undeleted { deletion })
    }
}

/// The deletion is decided: whatever stops the waiting, a caller must not take it for a refusal.
fn incomplete(deletion: DeletionId, error: Error) -> Error {
    match error {
        Error::EraseIncomplete { .. } | Error::Undeleted { .. } => error,
        other => Error::EraseIncomplete { deletion, reason: other.to_string() },
    }
}

/// Answers at once if the deletion is finished, else when it is; work that waited for its next
/// attempt, or was left to another instance, starts now.
fn wait_for(shared: &mut super::inner::Shared, deletion: DeletionId, reply: Reply<Receipt>) {
    let catalog = &shared.replica.catalog;
    // A caller that went away has no use for the answer.
    if let Some(receipt) = catalog.receipt(deletion) {
        let _ = reply.send(Ok((**receipt).clone()));
    } else if catalog.deletion(deletion).is_none() {
        let _ = reply.send(Err(Error::Undeleted { deletion }));
    } else {
        let erasure = shared.erasures.entry(deletion).or_default();
        erasure.next_at = 0;
        erasure.attempts = 0;
        erasure.waiters.push(reply);
    }
}
