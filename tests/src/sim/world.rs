//! One run: instances that open, work, crash and come back, until all is done and checked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use creel::storage::MemoryStorage;
use creel::storage::faulty::{FaultPlan, FaultyStorage};
use creel::{Error, Store, ThreadId};

use super::Violation;
use super::answers::{Circumstances, check_answer, check_refusal};
use super::check::{Look, at_once};
use super::counts::Counts;
use super::draw::Shape;
use super::executor::{Executor, SimEnv, lock};
use super::fault::{FaultKind, Faults};
use super::ledger::{Ended, Ledger, Op};
use super::op::{Action, Answer, Kind, Told, perform};
use super::storage::{CommitLog, Witnessed};
use super::watch::Watch;

type SimStore = Store<FaultyStorage<Witnessed>>;
type Results = Arc<Mutex<Vec<(u64, Result<Answer, Error>)>>>;

const START: i64 = 1_760_000_000_000;
/// An operation that has not ended after this time is stuck.
const PATIENCE: i64 = 3_600_000;
/// A run that takes more steps than this is going round in circles.
pub(super) const MOST_POLLS: u64 = 400_000;

/// One place where a store is open, or was, or will be.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) process: u64,
    pub(super) plan: FaultPlan,
    pub(super) faults: Arc<Faults>,
    pub(super) phase: Phase,
    /// The position at which it was compared last.
    pub(super) compared: Option<u64>,
    pub(super) watch: Option<Watch>,
}

#[derive(Debug)]
pub(super) enum Phase {
    Down,
    Opening,
    Open(SimStore),
    Closing(SimStore),
}

/// A run.
#[derive(Debug)]
pub struct World {
    pub(super) seed: u64,
    pub(super) rng: fastrand::Rng,
    pub(super) shape: Shape,
    pub(super) executor: Executor,
    pub(super) memory: MemoryStorage,
    pub(super) log: CommitLog,
    pub(super) ledger: Ledger,
    pub(super) instances: Vec<Instance>,
    /// Plans of processes that are gone, whose commits may still land.
    pub(super) late: Vec<FaultPlan>,
    pub(super) processes: u64,
    pub(super) results: Results,
    pub(super) opened: Arc<Mutex<Vec<(u64, SimStore)>>>,
    pub(super) told: Arc<Mutex<Vec<Told>>>,
    /// The content of these threads is gone for good.
    pub(super) gone: BTreeMap<u64, ThreadId>,
    pub(super) look: Look,
    pub(super) counts: Counts,
    pub(super) trace: Option<Vec<String>>,
    pub(super) calm: bool,
}

pub(super) type Checked = Result<(), String>;

impl World {
    /// Makes the world of a seed.
    pub fn new(seed: u64, traced: bool) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let shape = Shape::draw(&mut rng);
        let executor = Executor::new(rng.u64(..), START);
        let memory = MemoryStorage::new();
        let instances = (0..shape.instances)
            .map(|_| {
                let plan = FaultPlan::new();
                let faults = Faults::rule(&plan, &executor, &memory, 0);
                Instance {
                    process: 0,
                    plan,
                    faults,
                    phase: Phase::Down,
                    compared: None,
                    watch: None,
                }
            })
            .collect();
        Self {
            seed,
            rng,
            shape,
            executor,
            memory,
            log: CommitLog::default(),
            ledger: Ledger::default(),
            instances,
            late: Vec::new(),
            processes: 0,
            results: Results::default(),
            opened: Arc::default(),
            told: Arc::default(),
            gone: BTreeMap::new(),
            look: Look::default(),
            counts: Counts::default(),
            trace: traced.then(Vec::new),
            calm: false,
        }
    }

    /// Runs to the end.
    ///
    /// # Errors
    /// The first violation.
    pub fn run(mut self) -> Result<Counts, Box<Violation>> {
        let result = self.go_on().and_then(|()| self.come_to_rest());
        self.counts.polls = self.executor.polls();
        match result {
            Ok(()) => Ok(self.counts),
            Err(what) => {
                let trace = self.trace.unwrap_or_default();
                Err(Box::new(Violation { seed: self.seed, what, trace }))
            }
        }
    }

    fn go_on(&mut self) -> Checked {
        let mut left = self.shape.operations;
        while left > 0 || self.under_way() > 0 {
            match self.rng.u32(..100) {
                0..12 if left > 0 && self.under_way() < self.shape.at_once => {
                    if self.begin() {
                        left -= 1;
                    }
                }
                12 => self.release(),
                13 => self.abandon(),
                14 => self.executor.advance(self.rng.i64(1..3_000)),
                _ => {
                    if !self.executor.step() && !self.executor.pass_time() && left == 0 {
                        return Err("nothing moves any more".into());
                    }
                }
            }
            self.after_step()?;
        }
        Ok(())
    }

    pub(super) fn under_way(&self) -> usize {
        self.ledger.ops.iter().rev().filter(|op| op.ended.is_none()).count()
    }

    /// Begins an operation; false if none fits.
    fn begin(&mut self) -> bool {
        let index = self.rng.usize(..self.instances.len());
        let store = match &self.instances[index].phase {
            Phase::Down => {
                self.open(index);
                return false;
            }
            Phase::Open(store) => store.clone(),
            _ => return false,
        };
        let op = self.ledger.ops.len() as u64;
        let now = self.executor.now();
        let newest = Arc::clone(&self.results);
        let model = self.ledger.newest().clone();
        let action = self.shape.action(&model, now, op, &mut self.rng);
        // Two like this at once could not be told apart in the journal.
        let process = self.instances[index].process;
        let alike = |other: &Op| {
            other.process == process
                && other.may_come()
                && (other.action.kind(), other.action.target()) == (action.kind(), action.target())
                && !matches!(action.kind(), Kind::Append | Kind::AppendLarge | Kind::Read)
        };
        if self.ledger.ops.iter().any(alike) {
            return false;
        }
        if let Some(armed) = self.shape.fault(action.kind(), &mut self.rng) {
            self.instances[index].faults.arm(armed);
        }
        let position = store.stats().position;
        if matches!(action, Action::Close) {
            self.instances[index].phase = Phase::Closing(store.clone());
        }
        let told = Arc::clone(&self.told);
        let telling = Arc::new(move |what| lock(&told).push(what));
        let asked = action.clone();
        let task = self.executor.spawn(
            process,
            Box::pin(async move {
                let result = perform(store, op, asked, telling).await;
                lock(&newest).push((op, result));
            }),
        );
        self.enter(op, action, index, position, task);
        true
    }

    fn enter(&mut self, id: u64, action: Action, instance: usize, position: u64, task: u64) {
        self.note(|| format!("op {id} in {instance}: {action:?}"));
        *self.counts.operations.entry(action.kind()).or_default() += 1;
        let process = self.instances[instance].process;
        self.ledger.ops.push(Op {
            id,
            action,
            process,
            instance,
            task,
            began: self.executor.now(),
            oldest: self.ledger.state_at(position).unwrap_or(0),
            ended: None,
            committed: None,
            led_to: None,
            first: None,
            changed: Default::default(),
            plan: None,
        });
    }

    pub(super) fn open(&mut self, index: usize) {
        self.processes += 1;
        let process = self.processes;
        let plan = FaultPlan::new();
        let faults = Faults::rule(&plan, &self.executor, &self.memory, self.rng.u64(..));
        let watches = self.rng.u32(..3) > 0;
        let witnessed = Witnessed::new(self.memory.reopen(), process, watches, &self.log);
        let storage = FaultyStorage::new(witnessed, &plan);
        let skew = [0, 0, -4_000, 3_000][self.rng.usize(..4)];
        let env = Arc::new(SimEnv::new(&self.executor, process, skew, self.rng.u64(..)));
        if !self.calm
            && let Some(armed) = self.shape.fault(Kind::Open, &mut self.rng)
        {
            faults.arm(armed);
        }
        let old = std::mem::replace(
            &mut self.instances[index],
            Instance { process, plan, faults, phase: Phase::Opening, compared: None, watch: None },
        );
        self.late.push(old.plan);
        let (opened, results) = (Arc::clone(&self.opened), Arc::clone(&self.results));
        let (op, options) = (self.ledger.ops.len() as u64, self.shape.options());
        let task = self.executor.spawn(
            process,
            Box::pin(async move {
                let result = Store::open(storage, env, options).await.map(|store| {
                    lock(&opened).push((process, store));
                    Answer::Done
                });
                lock(&results).push((op, result));
            }),
        );
        self.enter(op, Action::Open, index, 0, task);
    }

    /// Lets commits that were in flight land.
    pub(super) fn release(&mut self) {
        let mut plans: Vec<FaultPlan> =
            self.instances.iter().map(|instance| instance.plan.clone()).collect();
        plans.append(&mut self.late);
        for plan in plans.iter().filter(|plan| plan.zombies() > 0) {
            let landed = at_once(plan.release_zombies());
            self.note(|| format!("late commits land: {landed:?}"));
        }
        self.late = plans;
        let alive: Vec<FaultPlan> = self.late.drain(..).filter(|plan| plan.zombies() > 0).collect();
        self.late = alive;
    }

    /// A caller goes away; what it asked for may happen all the same.
    fn abandon(&mut self) {
        let can =
            |op: &&mut Op| op.ended.is_none() && !matches!(op.action, Action::Open | Action::Close);
        if self.rng.u32(..4) == 0
            && let Some(op) = self.ledger.ops.iter_mut().rev().find(can)
        {
            op.ended = Some(Ended::Unknown);
            let (id, task) = (op.id, op.task);
            self.executor.cancel(task);
            self.note(|| format!("op {id}: its caller goes away"));
        }
    }

    pub(super) fn crash(&mut self, index: usize) {
        let process = self.instances[index].process;
        self.note(|| format!("instance {index} (p{process}) dies"));
        self.instances[index].plan.kill_all();
        self.executor.kill(process);
        for op in &mut self.ledger.ops {
            if op.process == process && op.ended.is_none() {
                op.ended = Some(Ended::Unknown);
            }
        }
        lock(&self.opened).retain(|(opened, _)| *opened != process);
        self.instances[index].phase = Phase::Down;
        (self.instances[index].compared, self.instances[index].watch) = (None, None);
    }

    pub(super) fn after_step(&mut self) -> Checked {
        if self.executor.polls() > MOST_POLLS {
            return Err("it goes round in circles".into());
        }
        let commits = std::mem::take(&mut *lock(&self.log));
        for (process, batch) in &commits {
            self.counts.commits += 1;
            let summary = self.ledger.commit(*process, batch)?;
            self.note(|| {
                summary.unwrap_or_else(|| format!("a commit without an entry: {batch:?}"))
            });
        }
        self.collect_faults();
        for what in std::mem::take(&mut *lock(&self.told)) {
            self.ledger.hear(what)?;
        }
        self.collect_results()?;
        self.compare_instances()?;
        if !commits.is_empty() {
            self.check_storage()?;
        }
        let now = self.executor.now();
        match self.ledger.ops.iter().find(|op| op.ended.is_none() && now - op.began > PATIENCE) {
            Some(op) => Err(format!("op {} does not end: {:?}", op.id, op.action)),
            None => Ok(()),
        }
    }

    fn collect_faults(&mut self) {
        for index in 0..self.instances.len() {
            let process = self.instances[index].process;
            for fault in self.instances[index].faults.collect() {
                self.note(|| format!("instance {index} (p{process}) meets {fault:?}"));
                for op in &self.ledger.ops {
                    if op.process == process && op.ended.is_none() {
                        *self.counts.pairs.entry((op.action.kind(), fault)).or_default() += 1;
                    }
                }
                if matches!(fault, FaultKind::CrashBefore | FaultKind::CrashAfter) {
                    self.crash(index);
                }
            }
        }
    }

    fn collect_results(&mut self) -> Checked {
        let results = std::mem::take(&mut *lock(&self.results));
        for (id, result) in results {
            let Some(index) = self.ledger.ops.iter().position(|op| op.id == id) else { continue };
            if self.ledger.ops[index].ended.is_some() {
                continue;
            }
            self.note(|| format!("op {id} answers {result:?}"));
            let op = &self.ledger.ops[index];
            let (process, instance, kind) = (op.process, op.instance, op.action.kind());
            let faults = Arc::clone(&self.instances[instance].faults);
            let closes = |op: &Op| op.process == process && matches!(op.action, Action::Close);
            let circumstances = Circumstances {
                struck: faults.struck(None),
                torn: faults.struck(Some(FaultKind::TornRead)),
                closing: self.ledger.ops.iter().any(closes),
            };
            match &result {
                Ok(answer) => check_answer(&self.ledger, op, answer)?,
                Err(error) => check_refusal(&self.ledger, op, error, circumstances)?,
            }
            self.counts.plans_changed +=
                u64::from(matches!(result, Err(Error::PlanChanged { .. })));
            let stopped = matches!(result, Err(Error::Corrupt { .. }));
            let op = &mut self.ledger.ops[index];
            op.ended = Some(match result {
                Ok(answer) => Ended::Answered(answer),
                Err(error) => Ended::Refused(error),
            });
            if op.refused() && op.committed.is_some() {
                return Err(format!("{:?} was committed and refused: {:?}", op.action, op.ended));
            }
            self.settle_phase(instance, process, kind, stopped);
        }
        Ok(())
    }

    fn settle_phase(&mut self, instance: usize, process: u64, kind: Kind, stopped: bool) {
        if kind == Kind::Open {
            let mut opened = lock(&self.opened);
            let store = opened.iter().position(|(opened, _)| *opened == process);
            self.instances[instance].phase = match store {
                Some(place) => {
                    let store = opened.swap_remove(place).1;
                    self.instances[instance].watch = Watch::begin(&store);
                    Phase::Open(store)
                }
                None => Phase::Down,
            };
        } else if kind == Kind::Close || stopped {
            self.crash(instance);
        }
    }

    pub(super) fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            let now = self.executor.now() - START;
            trace.push(format!("{now:>8} {}", line()));
        }
    }
}
