//! Are the answers of operations true?

use std::rc::Rc;

use creel::{ArchiveFilter, Error, ThreadId};

use super::ledger::{Ledger, Op};
use super::model::{Mark, Model};
use super::op::{Action, Answer, ListedPage};

/// What befell the process that answered.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// Any fault.
    pub struck: bool,
    /// A torn read.
    pub torn: bool,
    /// It is closing.
    pub closing: bool,
}

/// Checks a good answer of an operation.
pub fn check_answer(ledger: &Ledger, op: &Op, answer: &Answer) -> Result<(), String> {
    let newest = ledger.newest();
    let lost = || Err(format!("LOST: {:?} was acknowledged and is not committed", op.action));
    match (&op.action, answer) {
        (Action::Create { id, parent, name, .. }, Answer::Thread(thread)) => {
            if op.committed.is_none() {
                return lost();
            }
            let made = (thread.id, thread.parent_thread_id, thread.name.as_deref());
            if made != (*id, *parent, Some(name)) && !changed_since(ledger, op, *id) {
                return Err(format!("create {id} answered {thread:?}"));
            }
        }
        (Action::Fork { source, new, .. }, Answer::Thread(thread)) => {
            if op.committed.is_none() {
                return lost();
            }
            let made = (Some(thread.id), thread.forked_from_id);
            if made != (new.target(), Some(*source)) {
                return Err(format!("{:?} answered {thread:?}", op.action));
            }
        }
        (Action::Truncate { thread, length }, _) if op.committed.is_none() => {
            // It may have had that length when it was looked at.
            let was = |model: &Rc<Model>| {
                model.threads.get(thread).is_some_and(|it| it.items.len() as u64 == *length)
            };
            if !ledger.states[op.oldest..].iter().any(was) {
                return lost();
            }
        }
        (Action::Pop { thread, .. }, Answer::Popped(items)) => {
            let before = op.led_to.and_then(|state| ledger.states.get(state.checked_sub(1)?));
            let was = |model: &Rc<Model>| {
                let all = model.threads.get(thread).map(|thread| thread.items.clone());
                all.unwrap_or_default()
            };
            let fair = match before {
                Some(before) => was(before).ends_with(items) && !items.is_empty(),
                None => {
                    let empty = |model: &Rc<Model>| was(model).is_empty();
                    items.is_empty() && ledger.states[op.oldest..].iter().any(empty)
                }
            };
            if !fair {
                return Err(format!("{:?} answered {items:?}", op.action));
            }
        }
        (Action::Append { .. }, Answer::Appended(first)) => {
            if op.committed.is_none() {
                return lost();
            }
            if op.first != Some(*first) {
                return Err(format!("{:?} is at {:?}, not {first}", op.action, op.first));
            }
        }
        (Action::Rename { .. } | Action::Work { .. }, _) if op.committed.is_none() => {
            return lost();
        }
        (Action::Unarchive { .. } | Action::Undelete { .. }, _) if op.committed.is_none() => {
            return lost();
        }
        (Action::Archive { .. } | Action::Unarchive { .. }, Answer::Threads(threads)) => {
            if op.committed.is_none() && !threads.is_empty() {
                return lost();
            }
            if let Some(other) = threads.iter().find(|id| !op.changed.contains(id)) {
                return Err(format!("{:?} names {other}, which it did not change", op.action));
            }
        }
        (Action::Delete { thread, wait, grace, .. }, Answer::Receipt(receipt)) => {
            let Some(deletion) = newest.deletions.get(&receipt.deletion) else {
                return lost();
            };
            if !deletion.members.contains(thread) {
                return Err(format!(
                    "the receipt for {thread} is of another deletion: {receipt:?}"
                ));
            }
            let waited = *wait == creel::Wait::Erased && grace.is_none();
            if waited && (!deletion.done || receipt.erased_at.is_none()) {
                return Err(format!("{thread} is said to be erased and is not: {receipt:?}"));
            }
            if receipt.members.iter().any(|member| !deletion.members.contains(member))
                || receipt.members.len() != deletion.members.len()
            {
                return Err(format!("{receipt:?} does not name the members {deletion:?}"));
            }
        }
        (Action::Read { thread, .. }, Answer::History { position, known, items, descending }) => {
            check_history(ledger, *thread, *position, *known, items, *descending)?;
        }
        _ => {}
    }
    Ok(())
}

/// Something else may have changed a thread between the commit and the answer.
fn changed_since(ledger: &Ledger, op: &Op, id: ThreadId) -> bool {
    let states = op.led_to.and_then(|state| ledger.states.get(state..)).unwrap_or_default();
    let thread = |model: &Rc<Model>| {
        let thread = model.threads.get(&id)?;
        Some((Rc::clone(thread), model.parent_of(thread)))
    };
    states.windows(2).any(|pair| match (thread(&pair[0]), thread(&pair[1])) {
        (Some(a), Some(b)) => !Rc::ptr_eq(&a.0, &b.0) || a.1 != b.1,
        _ => true,
    })
}

/// A read has exactly what was known at its start, and of what came since a true continuation.
fn check_history(
    ledger: &Ledger,
    thread: ThreadId,
    position: u64,
    known: u64,
    items: &[Mark],
    descending: bool,
) -> Result<(), String> {
    let at_start = ledger.state_at(position).map(|state| &ledger.states[state]);
    let length = |model: &Rc<Model>| model.threads.get(&thread).map(|thread| thread.items.len());
    let there = at_start.and_then(length).unwrap_or_default();
    if there as u64 != known {
        return Err(format!("{thread} had {there} items at {position}, not {known}"));
    }
    let mut read = items.to_vec();
    if descending {
        read.reverse();
    }
    // A read from the end starts at the end known then; items may have come before that, and it
    // may have been cut back before the first page was read.
    let since = ledger.state_at(position).map_or(0, |state| state);
    let whole = ledger.states[since..].iter().any(|model| {
        let all = model.threads.get(&thread).map_or(&[][..], |thread| &thread.items);
        all.starts_with(&read) && (read.len() >= there || read.len() == all.len())
    });
    if whole {
        return Ok(());
    }
    Err(format!("a history of {there} items of {thread} was read as {read:?}"))
}

/// Checks that a refusal was right in some state that the instance may have answered from.
pub fn check_refusal(
    ledger: &Ledger,
    op: &Op,
    error: &Error,
    circumstances: Circumstances,
) -> Result<(), String> {
    let Circumstances { struck, torn, closing } = circumstances;
    let fair = match error {
        Error::Corrupt { .. } => torn,
        Error::Closed => closing || struck,
        Error::OutcomeUnknown { .. } | Error::QuotaExceeded { .. } | Error::Storage(_) => struck,
        Error::EraseIncomplete { .. } => struck || closing,
        Error::Undeleted { deletion } => {
            ledger.newest().deletions.get(deletion).is_some_and(|deletion| deletion.undone)
        }
        Error::PlanChanged { changes } => {
            let Action::Delete { thread, children, .. } = op.action else { return Ok(()) };
            let now = |model: &Rc<Model>| model.plan(thread, children);
            let mut states = ledger.states[op.oldest..].iter();
            !changes.is_empty() && op.plan.is_some() && states.any(|state| now(state) != op.plan)
        }
        Error::OutOfRange { .. } => {
            let (id, length) = match op.action {
                Action::Truncate { thread, length } => (thread, length),
                Action::Fork { source, length: Some(length), .. } => (source, length),
                _ => return Err(format!("{:?} was refused: {error}", op.action)),
            };
            let short = |model: &Rc<Model>| {
                model.visible(id).is_ok_and(|thread| length > thread.items.len() as u64)
            };
            ledger.states[op.oldest..].iter().any(short)
        }
        Error::InvalidCursor { .. } | Error::InvalidField { .. } => cut_since(ledger, op),
        _ => ledger.states[op.oldest..].iter().any(|model| {
            let refused = |action: &Action| model.refusal(action) == Some(error.code());
            // A fork looks at its source and at what it makes at different times.
            let new = match &op.action {
                Action::Fork { new, .. } => match **new {
                    Action::Create { parent, .. } => {
                        refused(new) || model.parent(parent) == Err(error.code())
                    }
                    _ => false,
                },
                _ => false,
            };
            refused(&op.action) || new
        }),
    };
    if fair {
        return Ok(());
    }
    Err(format!("{:?} was refused without a cause: {error}", op.action))
}

/// Items were taken from the end of what the operation reads.
fn cut_since(ledger: &Ledger, op: &Op) -> bool {
    let (Action::Read { thread, .. } | Action::Fork { source: thread, .. }) = op.action else {
        return false;
    };
    let cuts = |model: &Rc<Model>| model.threads.get(&thread).map_or(0, |thread| thread.cuts);
    ledger.states.get(op.oldest).is_some_and(|state| cuts(state) != cuts(ledger.newest()))
}

/// Checks a page of a list against the state that the instance was at.
pub fn check_page(ledger: &Ledger, page: &ListedPage) -> Result<(), String> {
    let state = ledger.state_at(page.position);
    let model = state.map(|state| &ledger.states[state]).ok_or("a list from a place unknown")?;
    let mut places: Vec<(i64, ThreadId)> = model
        .threads
        .iter()
        .filter(|(_, thread)| {
            thread.deletion.is_none()
                && match page.archived {
                    ArchiveFilter::All => true,
                    ArchiveFilter::Active => thread.archived.is_none(),
                    ArchiveFilter::Archived => thread.archived.is_some(),
                }
        })
        .map(|(id, thread)| (thread.created_at, *id))
        .filter(|place| page.after.is_none_or(|after| *place > after))
        .collect();
    places.sort_unstable();
    let more = places.len() > page.limit as usize;
    places.truncate(page.limit as usize);
    let wanted: Vec<ThreadId> = places.into_iter().map(|(_, id)| id).collect();
    if wanted == page.threads && more == page.more {
        return Ok(());
    }
    Err(format!("{page:?} should hold {wanted:?}, more: {more}"))
}
