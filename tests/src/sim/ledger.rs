//! Who asked for what, what was answered, and in which order it was committed.
//!
//! The journal is read only for that order: an entry's events say which operation they belong to,
//! and the plain model works out what the operation means.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use creel::storage::{Batch, Table, Write};
use creel::{DeletionId, Error, ThreadId};
use serde_json::Value;

use super::answers::check_page;
use super::model::{Model, Plan};
use super::op::{Action, Answer, Planned, Surface, Told};
use super::staging::marks;

/// One operation.
#[derive(Debug)]
pub struct Op {
    pub id: u64,
    pub action: Action,
    pub process: u64,
    pub instance: usize,
    /// The task that carries it out.
    pub task: u64,
    /// When it began, on the clock.
    pub began: i64,
    /// The oldest state of the model that the instance may have answered from.
    pub oldest: usize,
    pub ended: Option<Ended>,
    /// The position of its commit.
    pub committed: Option<u64>,
    /// The number of the state that its event led to.
    pub led_to: Option<usize>,
    /// The place of its first item.
    pub first: Option<u64>,
    /// The threads that its commit changed.
    pub changed: BTreeSet<ThreadId>,
    /// What its deletion was to take when it was planned.
    pub plan: Option<Plan>,
}

/// How an operation ended.
#[derive(Debug)]
pub enum Ended {
    Answered(Answer),
    Refused(Error),
    /// Its caller went away: it may have happened or not.
    Unknown,
}

/// All operations, and the states that their commits led to.
#[derive(Debug)]
pub struct Ledger {
    pub ops: Vec<Op>,
    /// The state after each event.
    pub states: Vec<Rc<Model>>,
    /// The number of the last state of each journal entry.
    entries: Vec<usize>,
    pub(super) ordinals: Vec<ThreadId>,
}

impl Default for Ledger {
    fn default() -> Self {
        let states = vec![Rc::new(Model::default())];
        Self { ops: Vec::new(), states, entries: Vec::new(), ordinals: Vec::new() }
    }
}

impl Ledger {
    /// Returns the newest state.
    pub fn newest(&self) -> &Rc<Model> {
        &self.states[self.states.len() - 1]
    }

    /// Returns the position of the newest entry; `None` before the store is made.
    pub fn position(&self) -> Option<u64> {
        (self.entries.len() as u64).checked_sub(1)
    }

    /// Returns the number of the state at a position.
    pub fn state_at(&self, position: u64) -> Option<usize> {
        self.entries.get(usize::try_from(position).ok()?).copied()
    }

    /// Takes note of a commit that was applied.
    pub fn commit(&mut self, process: u64, batch: &Batch) -> Result<Option<String>, String> {
        let entry = batch.writes.iter().find_map(|write| match write {
            Write::Insert { table: Table::Journal, value, .. } => Some(value),
            _ => None,
        });
        let Some(entry) = entry else { return Ok(None) };
        let entry: Value = serde_json::from_slice(entry).map_err(|error| error.to_string())?;
        let (n, at) = (number(&entry["n"])?, entry["at"].as_i64().unwrap_or_default());
        if n != self.entries.len() as u64 {
            return Err(format!("entry {n} was committed where {} is next", self.entries.len()));
        }
        let mut summary = format!("entry {n} by p{process}:");
        let mut model = (**self.newest()).clone();
        for event in entry["events"].as_array().into_iter().flatten() {
            let Some((name, event)) = event.as_object().and_then(|event| event.iter().next())
            else {
                return Err(format!("entry {n} has an event of no kind: {event}"));
            };
            let what = self.event(process, n, at, name, event, batch, &mut model)?;
            summary.push_str(&format!(" {name} {what};"));
            model.check_itself().map_err(|error| format!("after {name} of entry {n}: {error}"))?;
            self.states.push(Rc::new(model.clone()));
        }
        self.entries.push(self.states.len() - 1);
        Ok(Some(summary))
    }

    #[allow(clippy::too_many_arguments, reason = "one place, one use")]
    fn event(
        &mut self,
        process: u64,
        n: u64,
        at: i64,
        name: &str,
        event: &Value,
        batch: &Batch,
        model: &mut Model,
    ) -> Result<String, String> {
        if let Some(what) = self.staged_event(process, n, (name, event), batch, model)? {
            return Ok(what);
        }
        let thread = || id(&event["thread"]);
        let root = |ledger: &Self| ledger.thread_of(&event["root"]);
        let index =
            match name {
                "created" => {
                    let name = event["name"].as_str().unwrap_or_default().to_owned();
                    self.ordinals.push(id(&event["id"])?);
                    self.claim(process, n, name.as_str(), |action| {
                    matches!(action, Action::Create { name: asked, .. } if *asked == name)
                })?
                }
                "appended" | "segmented" => {
                    let first = number(&event["first"])?;
                    let marks = marks(event, batch, thread()?)?;
                    let op = marks[0].0;
                    let index = self.claim_op(n, op)?;
                    let asked =
                        (0..marks.len() as u64).map(|place| (op, place)).collect::<Vec<_>>();
                    let wanted = matches!(&self.ops[index].action,
                    Action::Append { count, .. } if *count == asked.len() as u64);
                    if !wanted || marks != asked {
                        return Err(format!("operation {op} was committed as {marks:?}"));
                    }
                    self.ops[index].first = Some(first);
                    index
                }
                "updated" => {
                    let name =
                        event["touch"]["patch"]["name"].as_str().unwrap_or_default().to_owned();
                    self.claim(process, n, name.as_str(), |action| {
                    matches!(action, Action::Rename { name: asked, .. } if *asked == name)
                })?
                }
                "goalSet" | "logged" | "toolsSet" => {
                    let thread = thread()?;
                    let about = match name {
                        "goalSet" => Surface::Goal,
                        "logged" => Surface::Log,
                        _ => Surface::Tools,
                    };
                    self.claim(process, n, "work", |action| {
                        matches!(action, Action::Work { thread: asked, surface, .. }
                        if *asked == thread && *surface == about)
                    })?
                }
                "truncated" => {
                    let (thread, left) = (thread()?, number(&event["length"])?);
                    let there = model.threads.get(&thread).map_or(0, |it| it.items.len() as u64);
                    self.claim(process, n, "a cut", |action| match action {
                        Action::Truncate { thread: asked, length } => {
                            *asked == thread && *length == left
                        }
                        Action::Pop { thread: asked, count } => {
                            *asked == thread && there.saturating_sub(u64::from(*count)) == left
                        }
                        _ => false,
                    })?
                }
                "moved" => {
                    let thread = thread()?;
                    let parent = match &event["parent"] {
                        Value::Null => None,
                        parent => Some(self.thread_of(parent)?),
                    };
                    self.claim(process, n, "a move", |action| {
                        matches!(action, Action::Move { thread: asked, parent: under }
                        if *asked == thread && *under == parent)
                    })?
                }
                "archived" => {
                    let root = root(self)?;
                    self.claim(
                        process,
                        n,
                        "an archiving",
                        |action| matches!(action, Action::Archive { thread } if *thread == root),
                    )?
                }
                "unarchived" => {
                    let root = root(self)?;
                    self.claim(
                        process,
                        n,
                        "an unarchiving",
                        |action| matches!(action, Action::Unarchive { thread } if *thread == root),
                    )?
                }
                "deleted" => {
                    let root = root(self)?;
                    let index = self.claim(
                        process,
                        n,
                        "a deletion",
                        |action| matches!(action, Action::Delete { thread, .. } if *thread == root),
                    )?;
                    self.check_planned(index, model)?;
                    model.delete(deletion(&event["deletion"])?, &self.ops[index].action, at)?;
                    return Ok(format!("{root} for operation {}", self.ops[index].id));
                }
                "undeleted" => {
                    let undone = deletion(&event["deletion"])?;
                    self.claim(process, n, "an undoing", |action| {
                    matches!(action, Action::Undelete { deletion } if *deletion == undone)
                })?
                }
                "erasing" => {
                    let members = self.threads_of(&event["members"])?;
                    model.erase(deletion(&event["deletion"])?, &members, at)?;
                    return Ok(format!("{members:?}"));
                }
                "erased" => {
                    let finished = deletion(&event["receipt"]["deletion"])?;
                    model.finish(finished)?;
                    return Ok(finished.to_string());
                }
                "checkpoint" => return Ok(format!("through {}", event["position"])),
                other => return Err(format!("an event that the model does not know: {other}")),
            };
        let (op, action) = (self.ops[index].id, self.ops[index].action.clone());
        let before = model.clone();
        model.commit(op, &action)?;
        if let (Some(first), Some(target)) = (self.ops[index].first, action.target()) {
            let length = before.threads.get(&target).map_or(0, |thread| thread.items.len() as u64);
            if first != length {
                return Err(format!(
                    "{target} has {length} items, and the next are put at {first}"
                ));
            }
        }
        let changed = model.threads.iter().filter(|(id, thread)| {
            before.threads.get(id).is_none_or(|before| !Rc::ptr_eq(before, thread))
        });
        self.ops[index].led_to = Some(self.states.len());
        self.ops[index].changed = changed.map(|(id, _)| *id).collect();
        Ok(format!("for operation {op}"))
    }

    /// Takes what an operation tells while it is under way.
    pub fn hear(&mut self, what: Told) -> Result<(), String> {
        match what {
            Told::Page(page) => check_page(self, &page),
            Told::Plan(planned) => self.hear_plan(&planned),
        }
    }

    /// A plan says what the deletion would take at that position.
    fn hear_plan(&mut self, planned: &Planned) -> Result<(), String> {
        let Planned { op, position, plan } = planned;
        let model = self.state_at(*position).map(|state| Rc::clone(&self.states[state]));
        let model = model.ok_or("a plan from a place unknown")?;
        let op = self.ops.iter_mut().find(|known| known.id == *op).ok_or("an unknown plan")?;
        let Action::Delete { thread, children, .. } = op.action else { return Ok(()) };
        let wanted = model.plan(thread, children);
        let wanted = wanted.ok_or_else(|| format!("{thread} is planned to be deleted again"))?;
        let items: u64 = wanted.members.values().map(|(_, items)| items).sum();
        let forks = model.threads.iter().filter(|(id, it)| {
            let source = it.forked_from.is_some_and(|from| wanted.members.contains_key(&from));
            source && it.deletion.is_none() && !wanted.members.contains_key(id)
        });
        let sets = |ids: &[ThreadId]| ids.iter().copied().collect::<BTreeSet<_>>();
        let said = (sets(&plan.members), sets(&plan.detached), sets(&plan.forks));
        let keys = |of: &BTreeMap<ThreadId, _>| of.keys().copied().collect::<BTreeSet<_>>();
        let forks = forks.map(|(id, _)| *id).collect();
        if said != (keys(&wanted.members), keys(&wanted.detached), forks)
            || (plan.threads, plan.items) != (wanted.members.len() as u64, items)
            || plan.members.last() != Some(&thread)
        {
            return Err(format!("{plan:?} is planned, it would be {wanted:?}"));
        }
        op.plan = Some(wanted);
        Ok(())
    }

    /// A deletion takes what was planned; who is whose parent is not all of that.
    fn check_planned(&self, index: usize, model: &Model) -> Result<(), String> {
        let Op { action: Action::Delete { thread, children, planned, .. }, plan, .. } =
            &self.ops[index]
        else {
            return Ok(());
        };
        let taken = |plan: &Plan| {
            let lengths = plan.members.iter().chain(&plan.detached);
            lengths.map(|(id, (_, length))| (*id, *length)).collect::<Vec<_>>()
        };
        let now = model.plan(*thread, *children);
        if *planned && plan.as_ref().map(taken) != now.as_ref().map(taken) {
            return Err(format!("{now:?} is deleted, planned was {plan:?}"));
        }
        Ok(())
    }

    /// Finds the operation of a process that an event belongs to.
    fn claim(
        &mut self,
        process: u64,
        n: u64,
        what: &str,
        asked: impl Fn(&Action) -> bool,
    ) -> Result<usize, String> {
        let mut wanted = (0..self.ops.len())
            .filter(|index| self.ops[*index].process == process && asked(&self.ops[*index].action));
        match wanted.clone().find(|index| self.ops[*index].may_come()).or_else(|| wanted.next()) {
            Some(index) => self.claim_op(n, self.ops[index].id),
            None => Err(format!("entry {n} holds {what}, which nobody asked for")),
        }
    }

    pub(super) fn claim_op(&mut self, n: u64, op: u64) -> Result<usize, String> {
        let index = self.ops.iter().position(|known| known.id == op);
        let index = index.ok_or_else(|| format!("entry {n} is of an unknown operation {op}"))?;
        let op = &mut self.ops[index];
        if let Some(before) = op.committed {
            return Err(format!("DOUBLED: {:?} is in entry {before} and in entry {n}", op.action));
        }
        if op.refused() {
            return Err(format!("{:?} was refused ({:?}) and committed", op.action, op.ended));
        }
        op.committed = Some(n);
        Ok(index)
    }

    fn thread_of(&self, ordinal: &Value) -> Result<ThreadId, String> {
        let known = usize::try_from(number(ordinal)?).ok().and_then(|n| self.ordinals.get(n));
        known.copied().ok_or_else(|| format!("ordinal {ordinal} is of no thread"))
    }

    fn threads_of(&self, ranges: &Value) -> Result<Vec<ThreadId>, String> {
        let mut threads = Vec::new();
        for range in ranges.as_array().into_iter().flatten() {
            for ordinal in number(&range[0])?..=number(&range[1])? {
                threads.push(self.thread_of(&Value::from(ordinal))?);
            }
        }
        Ok(threads)
    }
}

impl Op {
    /// Tells whether its commit may still come.
    pub fn may_come(&self) -> bool {
        let answered = matches!(self.ended, Some(Ended::Answered(_)));
        self.committed.is_none() && !answered && !self.refused()
    }

    /// Tells whether the answer says that nothing was written.
    pub fn refused(&self) -> bool {
        matches!(&self.ended, Some(Ended::Refused(error)) if says_nothing_was_written(error))
    }
}

/// Tells whether an error rules out that the operation was, or will be, committed.
pub fn says_nothing_was_written(error: &Error) -> bool {
    !matches!(
        error,
        Error::OutcomeUnknown { .. }
            | Error::Undeleted { .. }
            | Error::EraseIncomplete { .. }
            | Error::Corrupt { .. }
    )
}

/// The lines of a large append, which the same commit wrote as segments.
pub(super) fn large_lines(
    batch: &Batch,
    thread: ThreadId,
    places: std::ops::Range<u64>,
) -> Vec<String> {
    let mut lines = BTreeMap::new();
    for write in &batch.writes {
        let Write::Put { table: Table::History, key, value } = write else { continue };
        let Some((start, of)) = segment(key) else { continue };
        let text = String::from_utf8_lossy(value);
        let numbered = (start..).zip(text.lines().map(str::to_owned));
        lines.extend(numbered.filter(|(seq, _)| of == thread && places.contains(seq)));
    }
    lines.into_values().collect()
}

/// Reads the key of a segment: its first item, and its thread.
pub fn segment(key: &str) -> Option<(u64, ThreadId)> {
    let (thread, rest) = owner(key)?;
    Some((rest.parse().ok()?, thread))
}

/// Reads the thread of a key of the history, and what follows it.
pub fn owner(key: &str) -> Option<(ThreadId, &str)> {
    let (_, key) = key.split_once('/')?;
    let (thread, rest) = key.split_once('/')?;
    Some((thread.parse().ok()?, rest))
}

pub(super) fn number(value: &Value) -> Result<u64, String> {
    value.as_u64().ok_or_else(|| format!("{value} is no number"))
}

pub(super) fn id(value: &Value) -> Result<ThreadId, String> {
    let text = value.as_str().unwrap_or_default();
    text.parse().map_err(|_| format!("{value} is no thread's id"))
}

pub(super) fn deletion(value: &Value) -> Result<DeletionId, String> {
    let text = value.as_str().unwrap_or_default();
    text.parse().map_err(|_| format!("{value} is no deletion's id"))
}
