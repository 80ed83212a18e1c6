//! Carrying deletions out: erase, scrub, verify, with retries, whoever decided them.

use super::StoreOptions;
use super::driver::advance;
use super::group::{Sent, commit, commit_alone, entry_time};
use super::inner::{Erasure, Inner, Shared};
use super::packing;
use crate::catalog::{Command, Deletion, Eraser, Event, decide};
use crate::change::{Change, ChangeEvent};
use crate::deletion;
use crate::env::Env;
use crate::error::{Error, Result};
use crate::id::DeletionId;
use crate::journal::commit::prepare;
use crate::journal::entry::{CommitId, Entry, FORMAT, encode};
use crate::keys;
use crate::mutation::{self, Mutation};
use crate::storage::{Batch, Durability, Scrubbed, Storage, StorageError, Table, Write};

/// The most threads erased by one commit, unless a whole tree goes as one range.
const BATCH: usize = 256;
/// How long another instance's deletion is left to it, in milliseconds.
const LEAVE: i64 = 2000;
/// The first and the longest wait after a failure, in milliseconds.
const BACK_OFF: (u64, u64) = (250, 60_000);

/// Returns a deletion that has work to do now.
pub(super) fn due(shared: &Shared, now: i64) -> Option<DeletionId> {
    shared
        .replica
        .catalog
        .deletions()
        .filter(|state| due_at(shared, state) <= now)
        .map(|state| state.deletion)
        .min_by_key(|id| shared.erasures.get(id).map_or(0, |erasure| erasure.next_at))
}

/// Returns when the next deletion has work to do.
pub(super) fn next_due(shared: &Shared, now: i64) -> Option<i64> {
    shared.replica.catalog.deletions().map(|state| due_at(shared, state).max(now)).min()
}

fn due_at(shared: &Shared, state: &Deletion) -> i64 {
    let erasure = shared.erasures.get(&state.deletion);
    let begun = !state.erased.is_empty() || erasure.is_some_and(|erasure| erasure.given_up);
    let next = erasure.map_or(0, |erasure| erasure.next_at);
    next.max(state.undo_until.filter(|_| !begun).unwrap_or(0))
}

/// Takes note of what others committed: a deletion of theirs is first left to them.
pub(super) fn noticed(shared: &mut Shared, changes: &[ChangeEvent], env: &dyn Env) {
    for event in changes {
        if let Change::Deleted { deletion, .. } = &event.change {
            let jitter = i64::from(env.random()[15]) * 4;
            shared.erasures.entry(*deletion).or_default().next_at = env.now_ms() + LEAVE + jitter;
        }
    }
    answered(shared, changes);
}

/// Answers whoever waits for a deletion that is finished or undone.
pub(super) fn answered(shared: &mut Shared, changes: &[ChangeEvent]) {
    for event in changes {
        match &event.change {
            Change::Undeleted { deletion, .. } => {
                let error = Error::Undeleted { deletion: *deletion };
                if let Some(erasure) = shared.erasures.remove(deletion) {
                    super::driver::reply_all(erasure.waiters.into_iter(), &error);
                }
            }
            Change::Erased { deletion, .. } => finished(shared, *deletion),
            _ => {}
        }
    }
}

fn finished(shared: &mut Shared, deletion: DeletionId) {
    let receipt = shared.replica.catalog.receipt(deletion).map(|receipt| (**receipt).clone());
    let Some(erasure) = shared.erasures.remove(&deletion) else { return };
    for waiter in erasure.waiters {
        // A caller that went away has no use for the answer.
        let _ = waiter.send(receipt.clone().ok_or(Error::Closed));
    }
}

/// Nothing can be erased before an unknown outcome is settled; whoever waits is told in the end.
pub(super) fn held_up(shared: &mut Shared, error: &Error, options: &StoreOptions) {
    for (id, erasure) in &mut shared.erasures {
        if erasure.waiters.is_empty() {
            continue;
        }
        erasure.attempts += 1;
        if erasure.attempts >= options.erase_attempts {
            let error = Error::EraseIncomplete { deletion: *id, reason: error.to_string() };
            super::driver::reply_all(erasure.waiters.drain(..), &error);
        }
        erasure.last_error = Some(error.clone());
    }
}

/// Takes a deletion one step further.
pub(super) async fn step<S: Storage>(inner: &Inner<S>, id: DeletionId) {
    let result = try_step(inner, id).await;
    let now = inner.env.now_ms();
    let mut shared = inner.lock();
    let shared = &mut *shared;
    if shared.replica.catalog.deletion(id).is_none() {
        return;
    }
    let erasure = shared.erasures.entry(id).or_default();
    match result {
        Ok(()) => {
            let waiters = std::mem::take(&mut erasure.waiters);
            *erasure = Erasure { waiters, ..Erasure::default() };
        }
        Err(error) => failed(erasure, id, error, now, &*inner.env, &inner.options),
    }
}

fn failed(
    erasure: &mut Erasure,
    id: DeletionId,
    error: Error,
    now: i64,
    env: &dyn Env,
    options: &StoreOptions,
) {
    erasure.attempts += 1;
    let (first, most) = BACK_OFF;
    let wait = first.saturating_mul(1 << erasure.attempts.min(16)).min(most);
    let jitter = wait * u64::from(env.random()[15]) / 512;
    erasure.next_at = now.saturating_add_unsigned(wait / 2 + jitter);
    if erasure.attempts >= options.erase_attempts {
        let error = Error::EraseIncomplete { deletion: id, reason: error.to_string() };
        super::driver::reply_all(erasure.waiters.drain(..), &error);
    }
    erasure.last_error = Some(error);
}

async fn try_step<S: Storage>(inner: &Inner<S>, id: DeletionId) -> Result<()> {
    let (state, staying, members, now) = {
        let shared = inner.lock();
        let now = shared.erasures.get(&id).is_some_and(|erasure| erasure.given_up);
        let catalog = &shared.replica.catalog;
        let Some(state) = catalog.deletion(id) else { return Ok(()) };
        let staying = if state.scrubbed { deletion::staying(catalog, state) } else { Vec::new() };
        (state.clone(), staying, catalog.ids(&state.members.iter().collect::<Vec<_>>()), now)
    };
    if !state.all_erased() {
        let quarantined = crate::doctor::quarantine::of(&inner.storage, &members).await?;
        let command = Command::Erase(Eraser { deletion: id, limit: BATCH, now, quarantined });
        if mutation::on(Mutation::EraseWithoutEntry) {
            erase_without_entry(inner, &command).await?;
        }
        return commit_alone(inner, &command, Durability::Strict).await.map(drop);
    }
    let unclean = !state.scrubbed && !mutation::on(Mutation::NoScrub);
    if unclean {
        return packing::checkpoint(inner).await;
    }
    let scrubbed = inner.storage.scrub().await?;
    if scrubbed == Scrubbed::Prevented && !is_last_attempt(inner, id) {
        let reason = "another instance's reader prevented the scrub".into();
        return Err(Error::Storage(StorageError::Blocked { reason }));
    }
    if !mutation::on(Mutation::NoScrub)
        && let Err(error) = deletion::verify(&inner.storage, &state, &staying).await
    {
        // Another instance may have moved the store on while it was read.
        return if advance(inner).await?.moved { Ok(()) } else { Err(error) };
    }
    finish(inner, id, scrubbed).await
}

/// A reader that stays is told of in the receipt; one that comes and goes is waited for.
fn is_last_attempt<S: Storage>(inner: &Inner<S>, id: DeletionId) -> bool {
    let shared = inner.lock();
    let attempts = shared.erasures.get(&id).map_or(0, |erasure| erasure.attempts);
    attempts + 1 >= inner.options.erase_attempts
}

/// Commits the end of a deletion with its receipt.
async fn finish<S: Storage>(inner: &Inner<S>, id: DeletionId, scrubbed: Scrubbed) -> Result<()> {
    loop {
        let prepared = {
            let mut shared = inner.lock();
            let Some(state) = shared.replica.catalog.deletion(id) else { return Ok(()) };
            if !state.scrubbed && !mutation::on(Mutation::NoScrub) {
                return Ok(());
            }
            let staged = state.staged;
            let at = entry_time(inner.env.now_ms(), shared.replica.catalog.at);
            let receipt = deletion::receipt(state, at, scrubbed);
            let key = keys::receipt(id);
            let value = encode(Table::Catalog, &key, &receipt)?;
            shared.commits += 1;
            let entry = Entry {
                v: FORMAT,
                n: shared.replica.catalog.position + 1,
                prev: shared.replica.last.clone(),
                id: CommitId { writer: inner.writer.clone(), commit: shared.commits },
                at,
                events: vec![Event::Erased { receipt: Box::new(receipt) }],
                carried: Vec::new(),
            };
            let write = Write::Put { table: Table::Catalog, key, value };
            let writes = if staged { Vec::new() } else { vec![write] };
            prepare(&shared.replica, entry, writes, Durability::Strict)?
        };
        match commit(inner, prepared).await {
            Sent::Committed => return Ok(()),
            Sent::Failed(error) => return Err(error),
            Sent::Conflict => {
                advance(inner).await?;
            }
        }
    }
}

/// What an erasure never does; only for the test that switches its rule off.
async fn erase_without_entry<S: Storage>(inner: &Inner<S>, command: &Command) -> Result<()> {
    let now = inner.env.now_ms();
    let writes = decide(&inner.lock().replica.catalog, command, now)?.writes;
    let batch = Batch { checks: Vec::new(), writes };
    Ok(inner.storage.commit(batch, Durability::Strict).await?)
}
