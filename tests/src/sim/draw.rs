//! What may happen in a run: its shape, and the operations and faults that are drawn.

use creel::{ArchiveFilter, Children, StoreOptions, ThreadId, Wait};

use super::fault::{Armed, FaultKind};
use super::model::Model;
use super::op::{Action, Kind, Surface, canary};

/// What one run is like: not every run does everything, so that rare things meet each other.
#[derive(Debug)]
pub struct Shape {
    /// How many instances.
    pub instances: usize,
    /// How many operations.
    pub operations: u64,
    /// How many may be under way at once.
    pub at_once: usize,
    /// Of a hundred operations, how many meet a fault.
    pub faults: u32,
    /// The kinds of operations, as often as they are likely.
    kinds: Vec<Kind>,
    threads: usize,
    options: StoreOptions,
}

impl Shape {
    /// Draws a shape.
    pub fn draw(rng: &mut fastrand::Rng) -> Self {
        let weights = [
            (Kind::Create, 4),
            (Kind::Spawn, 8),
            (Kind::Append, 14),
            (Kind::AppendLarge, 2),
            (Kind::Rename, 3),
            (Kind::Work, 4),
            (Kind::Truncate, 3),
            (Kind::Fork, 3),
            (Kind::Move, 2),
            (Kind::Archive, 4),
            (Kind::Unarchive, 4),
            (Kind::Delete, 8),
            (Kind::Undelete, 5),
            (Kind::Checkpoint, 6),
            (Kind::Refresh, 3),
            (Kind::List, 4),
            (Kind::Read, 6),
            (Kind::Close, 4),
        ];
        let mut kinds = vec![Kind::Create, Kind::Spawn, Kind::Append, Kind::Delete];
        for (kind, weight) in weights {
            let times = [0, 1, 1, 2][rng.usize(..4)] * weight;
            kinds.extend(std::iter::repeat_n(kind, times));
        }
        let mut options = StoreOptions::default();
        if rng.bool() {
            options.checkpoint_entries = rng.u64(2..30);
        }
        if rng.bool() {
            options.poll_ms = Some(rng.u64(500..10_000));
        }
        Self {
            instances: rng.usize(2..=4),
            operations: rng.u64(12..70),
            at_once: rng.usize(1..=6),
            faults: [0, 15, 40, 70][rng.usize(..4)],
            kinds,
            threads: rng.usize(2..14),
            options,
        }
    }

    /// Returns how an instance is opened.
    pub fn options(&self) -> StoreOptions {
        self.options.clone()
    }

    /// Draws a fault for an operation of `kind`, or none.
    pub fn fault(&self, kind: Kind, rng: &mut fastrand::Rng) -> Option<Armed> {
        // Those that touch the storage least get the most, so that they get some at all.
        let more = if matches!(kind, Kind::List | Kind::Undelete | Kind::Move) { 3 } else { 1 };
        (rng.u32(..100) < self.faults * more).then(|| Armed {
            kind: FaultKind::ALL[rng.usize(..FaultKind::ALL.len())],
            skip: [0, 0, 0, 1, 2, 5][rng.usize(..if kind == Kind::List { 3 } else { 6 })],
            reads: kind.reads() || rng.u32(..4) == 0,
        })
    }

    /// Draws an operation for a store as the model has it.
    pub fn action(&self, model: &Model, now: i64, op: u64, rng: &mut fastrand::Rng) -> Action {
        let visible = || model.threads.iter().filter(|(_, thread)| thread.deletion.is_none());
        loop {
            let kind = self.kinds[rng.usize(..self.kinds.len())];
            let room = visible().count() < self.threads;
            let action = match kind {
                Kind::Create if room => Some(create(model, None, now, op, rng)),
                Kind::Spawn if room => {
                    pick(model, rng).map(|parent| create(model, Some(parent), now, op, rng))
                }
                Kind::Append => append(model, false, rng),
                Kind::AppendLarge => append(model, true, rng),
                Kind::Rename => pick(model, rng).map(|thread| {
                    let name = name(model.threads[&thread].token, op);
                    Action::Rename { thread, name }
                }),
                Kind::Work => pick(model, rng).map(|thread| {
                    let surface = [Surface::Goal, Surface::Log, Surface::Tools][rng.usize(..3)];
                    Action::Work { thread, surface, token: model.threads[&thread].token }
                }),
                Kind::Truncate => pick(model, rng).map(|thread| truncate(model, thread, rng)),
                Kind::Fork if room => pick(model, rng).map(|source| {
                    let parent = if rng.u32(..3) == 0 { pick(model, rng) } else { None };
                    let length = rng.bool().then(|| length(model, source, rng));
                    let new = Box::new(create(model, parent, now, op, rng));
                    Action::Fork { source, length, new }
                }),
                Kind::Move => pick(model, rng).map(|thread| {
                    let parent = if rng.u32(..3) == 0 { None } else { pick(model, rng) };
                    Action::Move { thread, parent }
                }),
                Kind::Archive => pick(model, rng).map(|thread| Action::Archive { thread }),
                Kind::Unarchive => {
                    let archived: Vec<ThreadId> = visible()
                        .filter(|(_, thread)| thread.archived.is_some())
                        .map(|(id, _)| *id)
                        .collect();
                    one(&archived, rng)
                        .or_else(|| pick(model, rng))
                        .map(|thread| Action::Unarchive { thread })
                }
                Kind::Delete => pick(model, rng).map(|thread| delete(thread, rng)),
                Kind::Undelete => {
                    let graced: Vec<_> = model
                        .pending()
                        .filter(|(_, found)| found.undo_until.is_some() || rng.u32(..4) == 0)
                        .map(|(id, _)| *id)
                        .collect();
                    one(&graced, rng).map(|deletion| Action::Undelete { deletion })
                }
                Kind::Checkpoint => Some(Action::Checkpoint),
                Kind::Refresh => Some(Action::Refresh),
                Kind::List => Some(Action::List {
                    limit: rng.u32(1..5),
                    archived: [ArchiveFilter::All, ArchiveFilter::Active, ArchiveFilter::Archived]
                        [rng.usize(..3)],
                    refresh: rng.bool(),
                }),
                Kind::Read => pick(model, rng).map(|thread| Action::Read {
                    thread,
                    limit: rng.u32(1..6),
                    descending: rng.u32(..3) == 0,
                }),
                Kind::Close => Some(Action::Close),
                _ => None,
            };
            if let Some(action) = action {
                return action;
            }
            if model.threads.is_empty() {
                return create(model, None, now, op, rng);
            }
        }
    }
}

fn one<T: Copy>(among: &[T], rng: &mut fastrand::Rng) -> Option<T> {
    (!among.is_empty()).then(|| among[rng.usize(..among.len())])
}

/// Picks a thread, mostly one that is there.
fn pick(model: &Model, rng: &mut fastrand::Rng) -> Option<ThreadId> {
    let any = rng.u32(..12) == 0;
    let among: Vec<ThreadId> = model
        .threads
        .iter()
        .filter(|(_, thread)| any || thread.deletion.is_none())
        .map(|(id, _)| *id)
        .collect();
    one(&among, rng)
}

fn name(token: u64, op: u64) -> String {
    format!("{} {op}", canary(token))
}

/// A new thread, or now and then the id of one that was deleted.
fn create(
    model: &Model,
    parent: Option<ThreadId>,
    now: i64,
    op: u64,
    rng: &mut fastrand::Rng,
) -> Action {
    let gone: Vec<ThreadId> = model
        .threads
        .iter()
        .filter(|(_, thread)| thread.deletion.is_some())
        .map(|(id, _)| *id)
        .collect();
    let again = (rng.u32(..12) == 0).then(|| one(&gone, rng)).flatten();
    let uuid = uuid::Builder::from_random_bytes(rng.u128(..).to_le_bytes()).into_uuid();
    let token = rng.u64(..);
    Action::Create {
        id: again.unwrap_or_else(|| uuid.into()),
        parent,
        name: name(token, op),
        // Some share their time.
        created_at: now - now % 2_000,
        token,
    }
}

fn append(model: &Model, large: bool, rng: &mut fastrand::Rng) -> Option<Action> {
    let thread = pick(model, rng)?;
    let token = model.threads.get(&thread)?.token;
    Some(Action::Append { thread, count: rng.u64(1..4), large, token })
}

/// Draws a length, now and then one that the history has not.
fn length(model: &Model, thread: ThreadId, rng: &mut fastrand::Rng) -> u64 {
    let there = model.threads.get(&thread).map_or(0, |thread| thread.items.len() as u64);
    if rng.u32(..10) == 0 { there + 1 } else { rng.u64(..=there) }
}

fn truncate(model: &Model, thread: ThreadId, rng: &mut fastrand::Rng) -> Action {
    if rng.bool() {
        return Action::Pop { thread, count: rng.u32(1..4) };
    }
    Action::Truncate { thread, length: length(model, thread, rng) }
}

fn delete(thread: ThreadId, rng: &mut fastrand::Rng) -> Action {
    let children = [Children::Delete, Children::Delete, Children::Detach, Children::Refuse];
    let grace = (rng.u32(..3) == 0).then(|| rng.u64(1_000..60_000));
    let wait = if rng.bool() { Wait::Erased } else { Wait::Committed };
    let planned = rng.u32(..3) == 0;
    Action::Delete { thread, children: children[rng.usize(..4)], grace, wait, planned }
}
