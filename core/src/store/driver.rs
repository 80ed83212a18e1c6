//! The driver: the one task of an open store that commits, one commit at a time.
//!
//! It belongs to the store, not to a caller, so dropping a caller's future never drops a commit.
//! It runs while there is something to do, and sleeps until the next thing is due.

use std::sync::Arc;

use super::group::{self, Sent};
use super::inner::{Inner, Reply, Shared, State};
use super::{erasing, packing};
use crate::error::{Error, Result};
use crate::id::DeletionId;
use crate::journal::checkpoint::survives;
use crate::journal::commit::Prepared;
use crate::journal::load::{load, scan_all};
use crate::journal::pull::{Pulled, pull};
use crate::journal::replica::Replica;
use crate::keys;
use crate::storage::{KeyRange, Storage, Table};

/// How long to wait before a pull that failed, or looking into a commit of an unknown outcome, is
/// tried again, in milliseconds.
const RETRY_MS: u64 = 1000;

/// Starts the driver unless it runs.
pub(super) fn kick<S: Storage>(inner: &Arc<Inner<S>>) {
    {
        let mut shared = inner.lock();
        if shared.driving || matches!(shared.state, State::Closed) {
            return;
        }
        shared.driving = true;
    }
    let driven = Arc::clone(inner);
    inner.env.spawn(Box::pin(async move { drive(driven).await }));
}

/// What the driver does next.
enum Job {
    Settle(Prepared),
    Commit,
    Pull,
    Checkpoint,
    Erase(DeletionId),
    Close,
}

async fn drive<S: Storage>(inner: Arc<Inner<S>>) {
    // Work that commits content and work that tidies up take turns, so neither starves.
    let mut tidy = false;
    while let Some(job) = next_job(&inner, tidy) {
        tidy = !tidy;
        match job {
            Job::Settle(prepared) => settle(&inner, prepared).await,
            Job::Commit => group::commit_waiting(&inner).await,
            Job::Pull => answer_pulls(&inner).await,
            Job::Checkpoint => packing::checkpoint_now(&inner).await,
            Job::Erase(deletion) => erasing::step(&inner, deletion).await,
            Job::Close => {
                close(&inner).await;
                return;
            }
        }
    }
}

/// Returns the next job, or makes the driver stop and arranges for its return.
fn next_job<S: Storage>(inner: &Arc<Inner<S>>, tidy: bool) -> Option<Job> {
    let now = inner.env.now_ms();
    let mut shared = inner.lock();
    if let State::Dead(error) = &shared.state {
        let error = error.clone();
        give_up(&mut shared, &error);
        if !shared.closers.is_empty() {
            return Some(Job::Close);
        }
        shared.driving = false;
        return None;
    }
    let closing = matches!(shared.state, State::Closing);
    if let Some(error) = shared.replica.losses.error() {
        // Reading goes on, and no timer runs: news comes when somebody asks for it.
        refuse_changes(&mut shared, &error);
        let asked = shared.news || !shared.pulls.is_empty();
        let job = asked.then_some(Job::Pull).or_else(|| closing.then_some(Job::Close));
        shared.driving = job.is_some();
        return job;
    }
    if let Some(prepared) = shared.unsettled.take() {
        return Some(Job::Settle(prepared));
    }
    let tidying = |shared: &Shared| {
        if packing::due(shared, &inner.options, now) {
            return Some(Job::Checkpoint);
        }
        let erasure = erasing::due(shared, now).filter(|_| !closing);
        erasure.map(Job::Erase)
    };
    let job = if packing::overdue(&shared, &inner.options) && !tidy {
        Some(Job::Checkpoint)
    } else if tidy {
        tidying(&shared).or_else(|| (!shared.queue.is_empty()).then_some(Job::Commit))
    } else if !shared.queue.is_empty() {
        Some(Job::Commit)
    } else {
        None
    };
    let job = job
        .or_else(|| (shared.news || !shared.pulls.is_empty()).then_some(Job::Pull))
        .or_else(|| tidying(&shared))
        .or_else(|| closing.then_some(Job::Close));
    if job.is_none() {
        shared.driving = false;
        sleep_until_due(inner, &mut shared, now);
    }
    job
}

/// Has the driver started again when the next thing is due.
fn sleep_until_due<S: Storage>(inner: &Arc<Inner<S>>, shared: &mut Shared, now: i64) {
    let due = [
        erasing::next_due(shared, now),
        packing::next_due(shared, &inner.options, now),
        inner.options.poll_ms.map(|poll| now.saturating_add_unsigned(poll)),
        shared.pull_after,
    ];
    let Some(at) = due.into_iter().flatten().min() else { return };
    if shared.wake.is_some_and(|(earlier, _)| earlier <= at) {
        return;
    }
    shared.sleepers += 1;
    let sleeper = shared.sleepers;
    shared.wake = Some((at, sleeper));
    let weak = Arc::downgrade(inner);
    let delay = u64::try_from(at.saturating_sub(now)).unwrap_or(0).max(1);
    let slept = inner.env.sleep(delay);
    inner.env.spawn(Box::pin(async move {
        slept.await;
        let Some(inner) = weak.upgrade() else { return };
        {
            let mut shared = inner.lock();
            if shared.wake.is_none_or(|(_, latest)| latest != sleeper) {
                return;
            }
            shared.wake = None;
            shared.news |= inner.options.poll_ms.is_some() || shared.pull_after.is_some();
        }
        kick(&inner);
    }));
}

/// A commit of an unknown outcome comes before all else: nothing can be decided beside it.
async fn settle<S: Storage>(inner: &Inner<S>, prepared: Prepared) {
    match group::settle_unknown(inner, prepared).await {
        Sent::Committed => {}
        Sent::Conflict => {
            if let Err(error) = advance(inner).await {
                refuse_waiting(inner, &error);
            }
        }
        Sent::Failed(error) => {
            let moved_on = advance(inner).await;
            if moved_on.is_ok() && forget_lost(inner) {
                return;
            }
            refuse_waiting(inner, &error);
            if matches!(inner.lock().state, State::Closing) {
                inner.lock().unsettled = None;
                return;
            }
            inner.env.sleep(RETRY_MS).await;
        }
    }
}

/// Once the journal is past a lost commit's place, the commit can't land any more. Nor can it where
/// storage has forgotten the entry that it was decided on, as a server does that fails over.
fn forget_lost<S: Storage>(inner: &Inner<S>) -> bool {
    let mut shared = inner.lock();
    let next = shared.replica.catalog.position + 1;
    let forgotten = shared.unsettled.take_if(|lost| lost.entry.n != next);
    forgotten.is_some()
}

/// Callers don't wait for a storage that is away.
fn refuse_waiting<S: Storage>(inner: &Inner<S>, error: &Error) {
    let mut shared = inner.lock();
    let error = match error {
        // Of these commands the outcome is known: nothing of them was sent.
        Error::OutcomeUnknown { reason } => {
            Error::Storage(crate::storage::StorageError::Unavailable {
                retryable: true,
                reason: reason.clone(),
                cause: None,
            })
        }
        other => other.clone(),
    };
    reply_all(shared.queue.drain(..).map(|request| request.reply), &error);
    reply_all(shared.pulls.drain(..), &error);
    reply_all(shared.checkpoints.drain(..), &error);
    erasing::held_up(&mut shared, &error, &inner.options);
}

async fn answer_pulls<S: Storage>(inner: &Inner<S>) {
    let waiting = {
        let mut shared = inner.lock();
        shared.news = false;
        shared.pull_after = None;
        std::mem::take(&mut shared.pulls)
    };
    let advanced = advance(inner).await;
    let damaged = !inner.lock().replica.losses.damage.is_empty();
    match advanced {
        // A damaged store tells no news, and is read all the same.
        Err(Error::Corrupt { .. }) if damaged => {
            waiting.into_iter().for_each(|reply| drop(reply.send(Ok(()))));
        }
        Ok(_) => waiting.into_iter().for_each(|reply| drop(reply.send(Ok(())))),
        Err(error) => {
            // The news is there still, and nobody may tell of it again.
            let again = inner.env.now_ms().saturating_add_unsigned(RETRY_MS);
            inner.lock().pull_after = Some(again);
            reply_all(waiting.into_iter(), &error);
        }
    }
}

/// What a pull did.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Advance {
    /// There was news.
    pub(super) moved: bool,
    /// The news spoils the plan of a checkpoint made before it.
    pub(super) spoiled: bool,
}

/// Reads and applies everything that others have committed since.
///
/// # Errors
/// [`Error::Corrupt`] as long as the store is damaged, so that nobody commits to it.
pub(super) async fn advance<S: Storage>(inner: &Inner<S>) -> Result<Advance> {
    let mut advanced = Advance::default();
    loop {
        let (epoch, position, last, damage) = {
            let Replica { epoch, catalog, last, losses, .. } = &inner.lock().replica;
            let damage = losses.error().filter(|_| losses.stuck());
            (epoch.clone(), catalog.position, last.clone(), damage)
        };
        if let Some(damage) = damage {
            return Err(mended(inner, &epoch).await?.unwrap_or(damage));
        }
        match pull(&inner.storage, &epoch, position, &last).await {
            Ok(Pulled::Entries(entries, more)) => {
                let mut shared = inner.lock();
                for (entry, size) in &entries {
                    advanced.moved = true;
                    advanced.spoiled |= !survives(entry);
                    let accepted = shared.replica.accept(entry, *size);
                    let changes = accepted.inspect_err(|error| shared.stop(entry.n, error))?;
                    erasing::noticed(&mut shared, &changes, &*inner.env);
                    shared.announce(changes);
                }
                if !more {
                    let damage = shared.replica.losses.error();
                    return damage.map_or(Ok(advanced), Err);
                }
            }
            Ok(Pulled::Trimmed) => {
                reload(inner, &epoch).await?;
                if let Some(damage) = inner.lock().replica.losses.error() {
                    return Err(damage);
                }
                return Ok(Advance { moved: true, spoiled: true });
            }
            Err(error @ Error::StoreReplaced) => {
                inner.lock().state = State::Dead(error.clone());
                return Err(error);
            }
            Err(error) => return Err(error),
        }
    }
}

/// Tells whether a damaged store was mended meanwhile: then it is another one.
async fn mended<S: Storage>(inner: &Inner<S>, epoch: &str) -> Result<Option<Error>> {
    let epochs = scan_all(&inner.storage, Table::Catalog, KeyRange::prefix(keys::EPOCHS)).await?;
    if epochs.is_empty() || epochs.iter().any(|(key, _)| *key == keys::epoch(epoch)) {
        return Ok(None);
    }
    inner.lock().state = State::Dead(Error::StoreReplaced);
    Ok(Some(Error::StoreReplaced))
}

/// Loads afresh, and tells listeners what is different.
async fn reload<S: Storage>(inner: &Inner<S>, epoch: &str) -> Result<()> {
    let mut replica = load(&inner.storage, &*inner.env).await?;
    replica.replayed = Vec::new();
    let mut shared = inner.lock();
    if replica.epoch != epoch && !replica.epoch.is_empty() {
        shared.state = State::Dead(Error::StoreReplaced);
        return Err(Error::StoreReplaced);
    }
    let known = shared.replica.catalog.position;
    if !replica.losses.damage.is_empty() && replica.catalog.position <= known {
        // What this instance knows is more than what can still be read.
        replica.losses.stopped.get_or_insert(known + 1);
        shared.replica.losses = replica.losses;
        return Ok(());
    }
    let position = replica.catalog.position;
    let old = std::mem::replace(&mut shared.replica, replica);
    let changes = shared.replica.catalog.announce_since(&old.catalog);
    let changes = changes
        .into_iter()
        .map(|change| crate::change::ChangeEvent { position, change })
        .collect::<Vec<_>>();
    erasing::noticed(&mut shared, &changes, &*inner.env);
    shared.announce(changes);
    Ok(())
}

async fn close<S: Storage>(inner: &Inner<S>) {
    let worth_it = {
        let shared = inner.lock();
        matches!(shared.state, State::Closing)
            && shared.replica.losses.damage.is_empty()
            && packing::worth_it_on_close(&shared)
    };
    if worth_it {
        packing::checkpoint_now(inner).await;
    }
    let closed = inner.storage.close().await.map_err(Error::from);
    let mut shared = inner.lock();
    shared.state = State::Closed;
    shared.driving = false;
    let closers = std::mem::take(&mut shared.closers);
    give_up(&mut shared, &Error::Closed);
    shared.listeners.clear();
    for closer in closers {
        // A caller that went away has no use for the answer.
        let _ = closer.send(closed.clone());
    }
}

/// Answers everyone who waits for a change that won't come.
fn refuse_changes(shared: &mut Shared, error: &Error) {
    shared.unsettled = None;
    reply_all(shared.queue.drain(..).map(|request| request.reply), error);
    reply_all(shared.checkpoints.drain(..), error);
    for erasure in shared.erasures.values_mut() {
        reply_all(erasure.waiters.drain(..), error);
    }
}

/// Answers everyone who waits; nobody waits on a store that is gone.
fn give_up(shared: &mut Shared, error: &Error) {
    reply_all(shared.queue.drain(..).map(|request| request.reply), error);
    reply_all(shared.pulls.drain(..), error);
    reply_all(shared.checkpoints.drain(..), error);
    for (_, erasure) in shared.erasures.drain() {
        reply_all(erasure.waiters.into_iter(), error);
    }
}

pub(super) fn reply_all<T>(replies: impl Iterator<Item = Reply<T>>, error: &Error) {
    for reply in replies {
        // A caller that went away has no use for the answer.
        let _ = reply.send(Err(error.clone()));
    }
}
