//! Group commit: the commands that wait become one entry.
//!
//! They are decided in order, each on the catalog plus the events before it; then all of that is
//! taken back, and only the commit brings it about. So readers never see what is not committed.

use super::driver::{advance, reply_all};
use super::erasing;
use super::inner::{Committed, Inner, Request};
use crate::catalog::{Catalog, Command, Decision, decide};
use crate::error::{Error, Result};
use crate::journal::commit::{Outcome, Prepared, prepare, send};
use crate::journal::entry::{CommitId, Entry, FORMAT};
use crate::journal::front::carried;
use crate::mutation::{self, Mutation};
use crate::storage::{Durability, Storage};

/// The most commands of one entry.
const COMMANDS: usize = 256;
/// Commands are added to a group up to this many bytes of items.
const GROUP_BYTES: usize = 1024 * 1024;
/// Making a commit of more bytes takes long, and so does sending it: something else may come between.
const LONG: usize = 128 * 1024;
/// The time of an entry is never this far past the decider's own clock.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// Commits the commands that wait, as far as they fit into one entry.
pub(super) async fn commit_waiting<S: Storage>(inner: &Inner<S>) {
    let group = take_group(inner);
    if !group.is_empty() {
        commit_group(inner, group).await;
    }
}

fn take_group<S: Storage>(inner: &Inner<S>) -> Vec<Request> {
    let mut shared = inner.lock();
    let (mut group, mut bytes) = (Vec::new(), 0);
    while let Some(request) = shared.queue.front() {
        let size = request.command.size();
        if !group.is_empty() && (group.len() >= COMMANDS || bytes + size > GROUP_BYTES) {
            break;
        }
        bytes += size;
        group.extend(shared.queue.pop_front());
    }
    group
}

async fn commit_group<S: Storage>(inner: &Inner<S>, group: Vec<Request>) {
    let commands: Vec<_> =
        group.iter().map(|request| (&request.command, request.durability)).collect();
    match try_group(inner, &commands).await {
        Ok(results) => {
            for (request, result) in group.into_iter().zip(results) {
                // A caller that went away has no use for the answer.
                let _ = request.reply.send(result);
            }
        }
        Err(error) if group.len() > 1 && scarce(&error) => commit_one_by_one(inner, group).await,
        Err(error) => reply_all(group.into_iter().map(|request| request.reply), &error),
    }
}

/// What is too much together may fit alone; what makes room goes first.
async fn commit_one_by_one<S: Storage>(inner: &Inner<S>, group: Vec<Request>) {
    let (first, then): (Vec<_>, Vec<_>) =
        group.into_iter().partition(|request| request.command.frees());
    let mut waiting = first.into_iter().chain(then);
    for request in waiting.by_ref() {
        let result = commit_alone(inner, &request.command, request.durability).await;
        let _ = request.reply.send(result);
        // Nothing is committed beside an unknown outcome.
        if inner.lock().unsettled.is_some() {
            break;
        }
    }
    let mut shared = inner.lock();
    for request in waiting.rev() {
        shared.queue.push_front(request);
    }
}

/// Commits one command in an entry of its own.
pub(super) async fn commit_alone<S: Storage>(
    inner: &Inner<S>,
    command: &Command,
    durability: Durability,
) -> Result<Committed> {
    let mut results = try_group(inner, &[(command, durability)]).await?;
    results.pop().unwrap_or(Err(Error::Closed))
}

fn scarce(error: &Error) -> bool {
    matches!(error, Error::QuotaExceeded { .. } | Error::TooLarge { .. })
}

/// Decides and commits a group. A conflict pulls what was missed and decides all of it again; a
/// refusal is only final when nothing was missed.
async fn try_group<S: Storage>(
    inner: &Inner<S>,
    group: &[(&Command, Durability)],
) -> Result<Vec<Result<Committed>>> {
    let mut pulled = false;
    let mut stale = None;
    for round in 0_u32.. {
        let (decisions, prepared) = prepare_group(inner, group, stale.take())?;
        if !pulled && decisions.iter().any(Result::is_err) {
            pulled = true;
            if advance(inner).await?.moved {
                continue;
            }
        }
        let Some(prepared) = prepared else { return Ok(results(inner, group, decisions)) };
        if mutation::on(Mutation::DecideOnce) {
            stale = Some(decisions.clone());
        }
        match commit(inner, prepared).await {
            Sent::Committed => return Ok(results(inner, group, decisions)),
            Sent::Failed(error) => return Err(error),
            Sent::Conflict => {
                pulled = true;
                advance(inner).await?;
                back_off(inner, round).await;
            }
        }
    }
    Err(Error::Closed)
}

fn results<S: Storage>(
    inner: &Inner<S>,
    group: &[(&Command, Durability)],
    decisions: Vec<Result<Decision>>,
) -> Vec<Result<Committed>> {
    let shared = inner.lock();
    let catalog = &shared.replica.catalog;
    let committed = |command: &Command, decision: Decision| {
        let record = command.answers_with().and_then(|id| catalog.record(id));
        let thread = record.map(|record| Box::new(catalog.thread(record)));
        let job = command.job().and_then(|id| catalog.job(id).cloned());
        Committed { events: decision.events, thread, job }
    };
    group
        .iter()
        .zip(decisions)
        .map(|((command, _), decision)| decision.map(|decision| committed(command, decision)))
        .collect()
}

/// Many instances that write at once take turns sooner when the losers wait a little.
async fn back_off<S: Storage>(inner: &Inner<S>, round: u32) {
    const PATIENCE: u32 = 3;
    if round >= PATIENCE {
        let most = 1_u64 << (round - PATIENCE).min(5);
        inner.env.sleep(u64::from(inner.env.random()[15]) % (most + 1)).await;
    }
}

type Decided = (Vec<Result<Decision>>, Option<Prepared>);

fn prepare_group<S: Storage>(
    inner: &Inner<S>,
    group: &[(&Command, Durability)],
    stale: Option<Vec<Result<Decision>>>,
) -> Result<Decided> {
    let mut shared = inner.lock();
    let at = entry_time(inner.env.now_ms(), shared.replica.catalog.at);
    let decisions = stale.unwrap_or_else(|| decide_all(&mut shared.replica.catalog, group, at));
    let decided = || decisions.iter().flatten();
    let events: Vec<_> = decided().flat_map(|decision| decision.events.iter().cloned()).collect();
    if events.is_empty() {
        return Ok((decisions, None));
    }
    let writes = decided().flat_map(|decision| decision.writes.iter().cloned()).collect();
    let strict = group
        .iter()
        .any(|(command, durability)| *durability == Durability::Strict || command.strict());
    let durability = if strict { Durability::Strict } else { Durability::Relaxed };
    shared.commits += 1;
    let carried = carried(&shared.replica, &events);
    let entry = Entry {
        v: FORMAT,
        n: shared.replica.catalog.position + 1,
        prev: shared.replica.last.clone(),
        id: CommitId { writer: inner.writer.clone(), commit: shared.commits },
        at,
        events,
        carried,
    };
    let prepared = prepare(&shared.replica, entry, writes, durability)?;
    Ok((decisions, Some(prepared)))
}

/// Time never goes back, and a clock that was wrong once does not drag the others along for long.
pub(super) fn entry_time(now: i64, before: i64) -> i64 {
    now.max(before.min(now.saturating_add(DAY)))
}

fn decide_all(
    catalog: &mut Catalog,
    group: &[(&Command, Durability)],
    at: i64,
) -> Vec<Result<Decision>> {
    if let [(command, _)] = group {
        return vec![decide_one(catalog, command, at)];
    }
    catalog.try_out();
    let decisions = group
        .iter()
        .map(|(command, _)| {
            let decision = decide_one(catalog, command, at)?;
            for event in &decision.events {
                catalog
                    .apply(event, at)
                    .map_err(|error| Error::Corrupt { key: "catalog".into(), reason: error.0 })?;
            }
            Ok(decision)
        })
        .collect();
    catalog.roll_back();
    decisions
}

fn decide_one(catalog: &mut Catalog, command: &Command, at: i64) -> Result<Decision> {
    catalog.reveal(command.staging());
    let decision = decide(catalog, command, at);
    catalog.reveal(None);
    decision
}

/// What became of a commit, once the replica knows of it.
pub(super) enum Sent {
    Committed,
    Conflict,
    Failed(Error),
}

/// Sends a commit, and applies it when it is there.
pub(super) async fn commit<S: Storage>(inner: &Inner<S>, prepared: Prepared) -> Sent {
    if prepared.batch.size() > LONG {
        inner.env.pause().await;
    }
    let started = inner.env.monotonic_ms();
    let outcome = send(&inner.storage, &*inner.env, &prepared, false).await;
    settle(inner, prepared, outcome, started)
}

/// Finds out what became of a commit of an unknown outcome.
pub(super) async fn settle_unknown<S: Storage>(inner: &Inner<S>, prepared: Prepared) -> Sent {
    let started = inner.env.monotonic_ms();
    let outcome = send(&inner.storage, &*inner.env, &prepared, true).await;
    settle(inner, prepared, outcome, started)
}

fn settle<S: Storage>(
    inner: &Inner<S>,
    prepared: Prepared,
    outcome: Outcome,
    started: f64,
) -> Sent {
    let mut shared = inner.lock();
    match outcome {
        Outcome::Committed => {
            shared.last_commit_ms = Some(inner.env.monotonic_ms() - started);
            match shared.replica.accept(&prepared.entry, prepared.size) {
                Ok(changes) => {
                    erasing::answered(&mut shared, &changes);
                    shared.announce(changes);
                    Sent::Committed
                }
                Err(error) => {
                    shared.stop(prepared.entry.n, &error);
                    Sent::Failed(error)
                }
            }
        }
        Outcome::Conflict => Sent::Conflict,
        Outcome::Failed(error) => Sent::Failed(error),
        Outcome::Unknown(error) => {
            shared.unsettled = Some(prepared);
            Sent::Failed(error)
        }
    }
}
