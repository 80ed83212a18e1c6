//! Forks in the making: threads that are in the storage and that nobody sees yet.
//!
//! What is copied must be what the source has; a fork appears whole or is erased.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use creel::storage::Batch;
use creel::{DeletionId, ThreadId};
use serde_json::Value;

use super::ledger::{Ledger, deletion, id, large_lines, number};
use super::model::{Mark, Model, Thread};
use super::op::{Action, mark};

/// A fork from its beginning on.
#[derive(Clone, Debug)]
pub struct Staging {
    pub id: ThreadId,
    /// The operation that makes it.
    pub op: u64,
    /// The thread as it will appear.
    pub thread: Thread,
    /// It has appeared, or is erased: nothing more comes of it.
    pub over: bool,
    pub erased: bool,
}

impl Model {
    /// Returns the fork in the making that a thread is.
    pub fn staged(&self, id: ThreadId) -> Option<(DeletionId, &Rc<Staging>)> {
        let staged = |staging: &&Rc<Staging>| staging.id == id && !staging.over;
        let found = self.stagings.iter().find(|(_, staging)| staged(staging));
        found.map(|(key, staging)| (*key, staging))
    }

    /// Returns a thread whose content is in the storage, seen or not.
    pub fn stored(&self, id: ThreadId) -> Option<&Thread> {
        let there = self.threads.get(&id).filter(|thread| !thread.erased);
        let staged = || self.staged(id).filter(|(_, staging)| !staging.erased);
        there.map(|thread| &**thread).or_else(|| staged().map(|(_, staging)| &staging.thread))
    }

    /// Leaves out the tokens of content that is gone, of which a fork still has a copy.
    pub fn without_copied(&self, mut gone: BTreeMap<u64, ThreadId>) -> BTreeMap<u64, ThreadId> {
        let done = |thread: &Thread| {
            let deletion = thread.deletion.and_then(|deletion| self.deletions.get(&deletion));
            deletion.is_some_and(|deletion| deletion.done)
        };
        let stagings = self.stagings.values().filter(|staging| !staging.over);
        let threads = self.threads.values().map(|thread| &**thread);
        for thread in threads.chain(stagings.map(|staging| &staging.thread)) {
            if !thread.inherited.is_empty() && !done(thread) {
                gone.retain(|token, _| !thread.inherited.contains(token));
            }
        }
        gone
    }

    fn edit_staging(&mut self, key: DeletionId, change: impl FnOnce(&mut Staging)) {
        if let Some(staging) = self.stagings.get_mut(&key) {
            change(Rc::make_mut(staging));
        }
    }
}

impl Ledger {
    /// Takes an event that is about a fork in the making; `None` if it is about something else.
    pub(super) fn staged_event(
        &mut self,
        process: u64,
        n: u64,
        (name, event): (&str, &Value),
        batch: &Batch,
        model: &mut Model,
    ) -> Result<Option<String>, String> {
        let key = |value: &Value| {
            let key = deletion(value).ok();
            key.filter(|key| model.stagings.contains_key(key))
        };
        match name {
            "created" if !event["deletion"].is_null() => {
                let (new, key) = (id(&event["id"])?, deletion(&event["deletion"])?);
                self.ordinals.push(new);
                self.begin(process, new, key, model).map(Some)
            }
            "deleted" if event["staged"] == true => Ok(Some("of a fork".into())),
            "appended" | "segmented" => {
                let thread = id(&event["thread"])?;
                let Some((key, staging)) = model.staged(thread) else { return Ok(None) };
                let (first, there) = (number(&event["first"])?, staging.thread.items.len() as u64);
                if first != there {
                    return Err(format!("the fork {thread} has {there} items, not {first}"));
                }
                let marks = marks(event, batch, thread)?;
                model.edit_staging(key, |staging| staging.thread.items.extend(marks));
                Ok(Some(format!("to the fork {thread}")))
            }
            "undeleted" => match key(&event["deletion"]) {
                Some(key) => self.publish(n, key, model).map(Some),
                None => Ok(None),
            },
            "erasing" | "erased" => {
                let over = name == "erased";
                let of = if over { &event["receipt"] } else { event };
                let Some(key) = key(&of["deletion"]) else { return Ok(None) };
                if model.stagings.get(&key).is_some_and(|staging| staging.over) {
                    return Err(format!("the fork {key} is over, and then {name}"));
                }
                model.edit_staging(key, |staging| (staging.erased, staging.over) = (true, over));
                Ok(Some(format!("the fork {key}")))
            }
            _ => Ok(None),
        }
    }

    fn begin(
        &self,
        process: u64,
        new: ThreadId,
        key: DeletionId,
        model: &mut Model,
    ) -> Result<String, String> {
        let wanted = |action: &Action| match action {
            Action::Fork { source, new: thread, .. } if thread.target() == Some(new) => {
                Some((*source, (**thread).clone()))
            }
            _ => None,
        };
        let mut ops = self.ops.iter().rev().filter(|op| op.process == process);
        let found = ops.find_map(|op| Some((op.id, wanted(&op.action)?)));
        let (op, (source, action)) = found.ok_or("a fork that nobody asked for is begun")?;
        let mut thread = model.thread(&action);
        let from = model.threads.get(&source).ok_or("a thread that is not there is forked")?;
        thread.forked_from = Some(source);
        thread.inherited = from.inherited.union(&BTreeSet::from([from.token])).copied().collect();
        let staging = Staging { id: new, op, thread, over: false, erased: false };
        model.stagings.insert(key, Rc::new(staging));
        Ok(format!("a fork of {source} for operation {op}"))
    }

    /// A fork appears with a beginning of what its source has now.
    fn publish(&mut self, n: u64, key: DeletionId, model: &mut Model) -> Result<String, String> {
        let staging = Rc::clone(&model.stagings[&key]);
        if staging.over || staging.erased {
            return Err(format!("the fork {key} appears, and was given up before"));
        }
        model.edit_staging(key, |staging| staging.over = true);
        let index = self.claim_op(n, staging.op)?;
        let op = &mut self.ops[index];
        if let Some(refusal) = model.refusal(&op.action) {
            return Err(format!(
                "{:?} was committed, but it is to be refused: {refusal}",
                op.action
            ));
        }
        let Action::Fork { source, length, .. } = &op.action else {
            return Err(format!("{:?} is no fork", op.action));
        };
        let (has, source) = (&staging.thread.items, model.threads[source].items.as_slice());
        let whole = length.is_none_or(|length| length == has.len() as u64);
        if !whole || !source.starts_with(has) {
            return Err(format!("{:?} has the items {has:?} of {source:?}", op.action));
        }
        model.threads.insert(staging.id, Rc::new(staging.thread.clone()));
        op.led_to = Some(self.states.len());
        op.changed = BTreeSet::from([staging.id]);
        Ok(format!("the fork {} for operation {}", staging.id, op.id))
    }
}

/// The marks of the items of an append.
pub(super) fn marks(event: &Value, batch: &Batch, thread: ThreadId) -> Result<Vec<Mark>, String> {
    let first = number(&event["first"])?;
    let lines: Vec<String> = match event["lines"].as_array() {
        Some(lines) => lines.iter().map(Value::to_string).collect(),
        None => large_lines(batch, thread, first..first + number(&event["count"])?),
    };
    let marks: Option<Vec<Mark>> = lines.iter().map(|line| mark(line)).collect();
    marks.filter(|marks| !marks.is_empty()).ok_or_else(|| "items without marks".into())
}
