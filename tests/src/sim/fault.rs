//! Faults: which kinds there are, and when an armed one strikes.

use std::fmt;
use std::sync::{Arc, Mutex};

use creel::storage::faulty::{Call, Fault, FaultPlan, Operation};
use creel::storage::{MemoryStorage, StorageError, Table};

use super::executor::{Executor, Sleep, give_way, lock};

/// What can befall a storage call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// It fails and does nothing; now and then every call does so for a while.
    Error,
    /// The process dies before the call does anything.
    CrashBefore,
    /// The process dies after the call did its work.
    CrashAfter,
    /// The call does its work and its answer is lost.
    LostAck,
    /// A commit is in flight; it lands later or never.
    Zombie,
    /// The instance sleeps for long, in the middle of its call.
    Stale,
    /// A value that is read comes back cut in half, once.
    TornRead,
}

impl FaultKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Error,
        Self::CrashBefore,
        Self::CrashAfter,
        Self::LostAck,
        Self::Zombie,
        Self::Stale,
        Self::TornRead,
    ];
}

/// A fault that waits for its call.
#[derive(Clone, Copy, Debug)]
pub struct Armed {
    /// Its kind.
    pub kind: FaultKind,
    /// How many suitable calls pass before it.
    pub skip: u32,
    /// Whether reads are suitable for faults that are meant for commits.
    pub reads: bool,
}

/// The faults of one process.
pub struct Faults {
    executor: Executor,
    memory: MemoryStorage,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    armed: Option<Armed>,
    /// Struck and not yet collected.
    struck: Vec<FaultKind>,
    ever: Vec<FaultKind>,
    /// How many calls still fail.
    outage: u32,
    rng: fastrand::Rng,
}

impl Faults {
    /// Rules `plan` with faults that are armed later.
    pub fn rule(
        plan: &FaultPlan,
        executor: &Executor,
        memory: &MemoryStorage,
        seed: u64,
    ) -> Arc<Self> {
        let rng = fastrand::Rng::with_seed(seed);
        let state = State { armed: None, struck: Vec::new(), ever: Vec::new(), outage: 0, rng };
        let faults = Arc::new(Self {
            executor: executor.clone(),
            memory: memory.reopen(),
            state: Mutex::new(state),
        });
        plan.hang_when_dead(true);
        let (deciding, pausing) = (Arc::clone(&faults), Arc::clone(&faults));
        plan.on_call(move |call| deciding.decide(call));
        plan.on_pause(move || {
            let nap = pausing.nap();
            let executor = pausing.executor.clone();
            Box::pin(async move {
                match nap {
                    Some(ms) => Sleep::new(&executor, ms).await,
                    None => give_way().await,
                }
            })
        });
        faults
    }

    /// Lets a fault wait for its call.
    pub fn arm(&self, armed: Armed) {
        lock(&self.state).armed = Some(armed);
    }

    /// Takes the waiting fault away.
    pub fn disarm(&self) {
        let mut state = lock(&self.state);
        (state.armed, state.outage) = (None, 0);
    }

    /// Returns the faults that struck since this was last asked.
    pub fn collect(&self) -> Vec<FaultKind> {
        std::mem::take(&mut lock(&self.state).struck)
    }

    /// Tells whether any fault, or one of `kind`, ever struck.
    pub fn struck(&self, kind: Option<FaultKind>) -> bool {
        let state = lock(&self.state);
        state.ever.iter().any(|struck| kind.is_none_or(|kind| kind == *struck))
    }

    fn nap(&self) -> Option<u64> {
        let mut state = lock(&self.state);
        if state.armed.is_some_and(|armed| armed.kind == FaultKind::Stale) && state.due() {
            state.strike(FaultKind::Stale);
            return Some(state.rng.u64(1_000..200_000));
        }
        // Now and then a call takes its time.
        state.rng.u32(..20).eq(&0).then(|| state.rng.u64(1..2_000))
    }

    fn decide(&self, call: &Call<'_>) -> Fault {
        let mut state = lock(&self.state);
        if state.outage > 0 {
            state.outage -= 1;
            return Fault::Fail(away());
        }
        let Some(armed) = state.armed else { return Fault::None };
        let commit = matches!(call.operation, Operation::Commit { .. });
        let read = matches!(call.operation, Operation::Get { .. } | Operation::Scan { .. });
        match armed.kind {
            FaultKind::Stale => Fault::None,
            FaultKind::TornRead => match self.readable(call.operation, &mut state.rng) {
                Some(key) if state.due() => {
                    state.strike(FaultKind::TornRead);
                    Fault::TornRead { key }
                }
                _ => Fault::None,
            },
            kind if (commit || (read && armed.reads)) && state.due() => {
                state.strike(kind);
                if kind == FaultKind::Error && state.rng.u32(..4) == 0 {
                    state.outage = state.rng.u32(1..60);
                    return Fault::Fail(away());
                }
                match kind {
                    FaultKind::Error if commit => {
                        Fault::Fail(StorageError::QuotaExceeded { cause: None })
                    }
                    FaultKind::Error => Fault::Fail(away()),
                    FaultKind::CrashBefore => Fault::CrashBefore,
                    FaultKind::CrashAfter => Fault::CrashAfter,
                    FaultKind::LostAck => Fault::LostAnswer,
                    _ => Fault::Zombie,
                }
            }
            _ => Fault::None,
        }
    }

    /// Returns one of the keys whose values the call reads.
    fn readable(&self, operation: Operation<'_>, rng: &mut fastrand::Rng) -> Option<String> {
        let (table, reads): (Table, &dyn Fn(&str) -> bool) = match operation {
            Operation::Get { table, keys } => {
                (table, &|key| keys.iter().any(|wanted| wanted == key))
            }
            Operation::Scan { table, range, .. } => (table, &|key| range.contains(key)),
            _ => return None,
        };
        let records = self.memory.records(table);
        let keys: Vec<_> =
            records.into_iter().map(|(key, _)| key).filter(|key| reads(key)).collect();
        (!keys.is_empty()).then(|| keys[rng.usize(..keys.len())].clone())
    }
}

fn away() -> StorageError {
    let reason = "the medium failed".into();
    StorageError::Unavailable { retryable: true, reason, cause: None }
}

impl State {
    fn due(&mut self) -> bool {
        match &mut self.armed {
            Some(Armed { skip: 0, .. }) => true,
            Some(armed) => {
                armed.skip -= 1;
                false
            }
            None => false,
        }
    }

    fn strike(&mut self, kind: FaultKind) {
        self.armed = None;
        self.struck.push(kind);
        self.ever.push(kind);
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults").field("state", &*lock(&self.state)).finish_non_exhaustive()
    }
}
