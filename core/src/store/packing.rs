//! When a checkpoint is due, and carrying it out.

use bytes::Bytes;

use super::StoreOptions;
use super::driver::{advance, reply_all};
use super::group::{Sent, commit, entry_time};
use super::inner::{Inner, Shared};
use crate::error::{Error, Result};
use crate::journal::checkpoint::{Plan, Planning, segments_to_read};
use crate::journal::commit::prepare;
use crate::journal::entry::{CommitId, Entry, FORMAT};
use crate::journal::load::read;
use crate::mutation::{self, Mutation};
use crate::storage::{Batch, Durability, Exists, Storage, StorageError, Table, Write};

/// Checkpoints of one instance are at least this far apart, in milliseconds.
const APART: i64 = 1000;
/// After this long without a change the journal is packed, in milliseconds.
const IDLE: i64 = 5000;
/// A journal of fewer entries and bytes is not worth a checkpoint on close or when idle: the next
/// opening reads it in no time.
const FEW: (u64, u64) = (100, 128 * 1024);
/// Beyond this many times the trigger, appends wait for the checkpoint.
const OVERDUE: u64 = 4;
/// A plan that others keep spoiling is given up until the next trigger.
const PLANS: usize = 20;

/// Tells whether a checkpoint should be made now.
pub(super) fn due(shared: &Shared, options: &StoreOptions, now: i64) -> bool {
    if !shared.checkpoints.is_empty() {
        return true;
    }
    now >= shared.checkpoint_after && (beyond(shared, options, 1) || is_idle(shared, now))
}

/// Tells whether appends must wait for the checkpoint.
pub(super) fn overdue(shared: &Shared, options: &StoreOptions) -> bool {
    !shared.queue.is_empty() && beyond(shared, options, OVERDUE)
}

fn beyond(shared: &Shared, options: &StoreOptions, times: u64) -> bool {
    let (entries, bytes) = shared.replica.waiting();
    entries >= options.checkpoint_entries * times || bytes >= options.checkpoint_bytes * times
}

fn is_idle(shared: &Shared, now: i64) -> bool {
    worth_it_on_close(shared) && now - shared.replica.catalog.at >= IDLE
}

/// Tells whether the journal is long enough to be packed before the store is closed.
pub(super) fn worth_it_on_close(shared: &Shared) -> bool {
    let (entries, bytes) = shared.replica.waiting();
    entries >= FEW.0 || bytes >= FEW.1
}

/// Returns when the journal is to be packed if nothing happens.
pub(super) fn next_due(shared: &Shared, options: &StoreOptions, now: i64) -> Option<i64> {
    if beyond(shared, options, 1) {
        return Some(shared.checkpoint_after);
    }
    worth_it_on_close(shared).then(|| shared.checkpoint_after.max(now + IDLE))
}

/// Makes a checkpoint, and answers those who asked for one.
pub(super) async fn checkpoint_now<S: Storage>(inner: &Inner<S>) {
    let waiting = std::mem::take(&mut inner.lock().checkpoints);
    let result = checkpoint(inner).await;
    rest(inner, result.is_err());
    match result {
        Ok(()) => waiting.into_iter().for_each(|reply| drop(reply.send(Ok(())))),
        Err(error) => {
            // Appends that wait for this checkpoint must not wait for ever.
            let refused = {
                let mut shared = inner.lock();
                let overdue = overdue(&shared, &inner.options);
                if overdue { std::mem::take(&mut shared.queue) } else { Default::default() }
            };
            let (freeing, refused): (Vec<_>, Vec<_>) =
                refused.into_iter().partition(|request| request.command.frees());
            inner.lock().queue.extend(freeing);
            reply_all(refused.into_iter().map(|request| request.reply), &error);
            reply_all(waiting.into_iter(), &error);
        }
    }
}

/// Many instances that see the same trigger do not all pack at once, and one that fails waits
/// longer each time.
fn rest<S: Storage>(inner: &Inner<S>, failed: bool) {
    let jitter = i64::from(inner.env.random()[15]);
    let mut shared = inner.lock();
    shared.checkpoint_failures = if failed { shared.checkpoint_failures + 1 } else { 0 };
    let wait = APART << shared.checkpoint_failures.min(6);
    shared.checkpoint_after = inner.env.now_ms() + wait + jitter;
}

/// Packs the journal up to now and trims it.
pub(super) async fn checkpoint<S: Storage>(inner: &Inner<S>) -> Result<()> {
    for _ in 0..PLANS {
        let wanted = segments_to_read(&inner.lock().replica.catalog);
        let segments = if wanted.is_empty() {
            Vec::new()
        } else {
            read(&inner.storage, Table::History, wanted).await?
        };
        let planned = match plan(inner, segments).await {
            // What the plan wanted to read may have been rewritten by others meanwhile.
            Err(Error::Corrupt { .. }) if advance(inner).await?.moved => continue,
            other => other?,
        };
        if carry_out(inner, planned).await? {
            return Ok(());
        }
    }
    let reason = "other instances kept rewriting what the checkpoint read".into();
    Err(Error::Storage(crate::storage::StorageError::Unavailable {
        retryable: true,
        reason,
        cause: None,
    }))
}

/// Plans a checkpoint; between the pages, the thread may do something else.
async fn plan<S: Storage>(inner: &Inner<S>, segments: Vec<Option<Bytes>>) -> Result<Plan> {
    // Only the driver changes the replica, so it stays the one that the segments were read for.
    let mut planning = Planning::begin(&inner.lock().replica, segments)?;
    inner.env.pause().await;
    while planning.page(&inner.lock().replica)? {
        inner.env.pause().await;
    }
    planning.finish(&inner.lock().replica)
}

/// Commits a plan, moving it behind what others commit; false where it must be made again.
async fn carry_out<S: Storage>(inner: &Inner<S>, plan: Plan) -> Result<bool> {
    loop {
        let prepared = {
            let mut shared = inner.lock();
            shared.commits += 1;
            let entry = Entry {
                v: FORMAT,
                n: shared.replica.catalog.position + 1,
                prev: shared.replica.last.clone(),
                id: CommitId { writer: inner.writer.clone(), commit: shared.commits },
                at: entry_time(inner.env.now_ms(), shared.replica.catalog.at),
                events: vec![plan.event.clone()],
                carried: Vec::new(),
            };
            prepare(&shared.replica, entry, plan.writes.clone(), Durability::Strict)?
        };
        if mutation::on(Mutation::CheckpointWithoutEntry) {
            return commit_without_entry(inner, &plan, prepared.batch).await;
        }
        if mutation::on(Mutation::MergeWithoutEntry) {
            merge_without_entry(inner, &plan, prepared.batch.checks.clone()).await?;
        }
        match commit(inner, prepared).await {
            Sent::Committed => return Ok(true),
            Sent::Failed(error) => return Err(error),
            Sent::Conflict => {
                let spoiled = advance(inner).await?.spoiled;
                if spoiled && !mutation::on(Mutation::KeepSpoiledPlan) {
                    return Ok(false);
                }
            }
        }
    }
}

/// What a checkpoint never is; only for the test that switches its rule off.
async fn commit_without_entry<S: Storage>(
    inner: &Inner<S>,
    plan: &Plan,
    mut batch: Batch,
) -> Result<bool> {
    batch.writes.remove(0);
    match inner.storage.commit(batch, Durability::Strict).await {
        Ok(()) => {
            let at = inner.env.now_ms();
            let applied = inner.lock().replica.catalog.apply(&plan.event, at);
            applied.map_err(|error| Error::Corrupt { key: "catalog".into(), reason: error.0 })?;
            Ok(true)
        }
        Err(StorageError::Conflict) => advance(inner).await.map(|_| false),
        Err(error) => Err(error.into()),
    }
}

/// How segments are never merged; only for the test that switches its rule off.
async fn merge_without_entry<S: Storage>(
    inner: &Inner<S>,
    plan: &Plan,
    checks: Vec<Exists>,
) -> Result<()> {
    let merged = segments_to_read(&inner.lock().replica.catalog);
    let merges = |write: &&Write| matches!(write, Write::Put { key, .. } if merged.contains(key));
    let writes: Vec<Write> = plan.writes.iter().filter(merges).cloned().collect();
    if writes.is_empty() {
        return Ok(());
    }
    match inner.storage.commit(Batch { checks, writes }, Durability::Strict).await {
        Ok(()) | Err(StorageError::Conflict) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
