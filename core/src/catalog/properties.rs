//! Properties of deciding and applying, over scripts of commands that nobody thought of.

use proptest::prelude::*;

use super::command::{Cut, Staged};
use super::event::Event;
use super::{Catalog, Command, Eraser, decide};
use crate::document::{DRAFTS, Document, DocumentChange};
use crate::goal::GoalPatch;
use crate::id::{DeletionId, ThreadId};
use crate::item::Item;
use crate::limits::SEGMENT_BYTES;
use crate::query::{Children, DeleteOptions};
use crate::thread::{CreateThread, ThreadPatch};

/// One command: its kind, and two numbers that choose what it is about.
type Step = (u8, u8, u8);

/// There are a few threads to choose from, and more as the script goes on.
fn thread(number: usize, n: u8) -> ThreadId {
    let n = usize::from(n) % (2 + number / 6);
    ThreadId::from_uuid(uuid::Uuid::from_u128(n as u128 + 1))
}

/// A deletion is named after the step that asks for it.
fn deletion(step: usize) -> DeletionId {
    DeletionId::from_u128(step as u128 + 1)
}

fn command(catalog: &Catalog, number: usize, (kind, a, b): Step) -> Command {
    let id = thread(number, a);
    let item = |pad: usize| {
        let json = format!(r#"{{"role":"user","content":"{number}","pad":"{}"}}"#, "x".repeat(pad));
        (None, Item::new(&json).unwrap())
    };
    let append = |items: Vec<(Option<i64>, Item)>| {
        let observed = Box::new(crate::observe::observe(&items[0].1));
        Command::Append { thread: id, items, observed }
    };
    match kind % 18 {
        0 | 1 | 16 => {
            let parent_thread_id = (b % 4 > 0).then(|| thread(number, b));
            let thread = CreateThread { parent_thread_id, ..CreateThread::default() };
            Command::Create { id, thread: Box::new(thread) }
        }
        2 | 3 => append((0..=b % 3).map(|_| item(0)).collect()),
        17 if b % 2 == 0 => {
            let document = Document { id: "draft".into(), value: item(0).1 };
            let change = Box::new(DocumentChange::Put { document, before: None });
            Command::ChangeDocuments { owner: Some(id), collection: DRAFTS.into(), change }
        }
        17 => {
            let append = Box::new(append(vec![item(if b % 3 == 0 { SEGMENT_BYTES } else { 0 })]));
            Command::FinishDraft { draft: "draft".into(), append }
        }
        4 => append(vec![item(SEGMENT_BYTES), item(0)]),
        5 => {
            let name = Some((b % 3 > 0).then(|| format!("name {number}")));
            let patch = Box::new(ThreadPatch { name, ..ThreadPatch::default() });
            Command::Update { thread: id, patch }
        }
        6 => Command::SetParent { thread: id, parent: (b % 3 > 0).then(|| thread(number, b)) },
        7 => Command::Archive { thread: id, group: number as u64 },
        8 => Command::Unarchive { thread: id },
        9 => {
            let children =
                [Children::Delete, Children::Detach, Children::Refuse][usize::from(b % 3)];
            let grace = (b % 5 == 0).then_some(3);
            let options = DeleteOptions { children, grace, ..DeleteOptions::default() };
            Command::Delete { thread: id, deletion: deletion(number), options }
        }
        10 => Command::Undelete { deletion: deletion(number.saturating_sub(usize::from(b % 6))) },
        11 => {
            let deletion = deletion(number.saturating_sub(usize::from(b % 6)));
            Command::Erase(Eraser {
                deletion,
                limit: 1 + usize::from(a % 3),
                quarantined: Vec::new(),
                now: false,
            })
        }
        12 => {
            let of = catalog.record(id).map(|it| (it.generation, it.len, it.packed));
            let seen = of.unwrap_or_default();
            let length = u64::from(b) % (seen.1 + 1);
            let last = length.checked_sub(1).map(|first| (first, "{}\n".to_owned()));
            let cut = Cut { length, seen, dropped: 0, last };
            Command::Truncate { thread: id, cut: Box::new(cut) }
        }
        13 => {
            let thread = CreateThread::default();
            let staged = Staged { id, thread, archived: None, goal: None, documents: None };
            let staging = deletion(number.saturating_sub(usize::from(b % 3)));
            Command::Stage { staging, thread: Box::new(staged) }
        }
        14 => {
            let staging = deletion(number.saturating_sub(usize::from(b % 6)));
            Command::Publish { staging, copied: None }
        }
        _ => {
            let objective = Some(format!("objective {number}"));
            let patch = Box::new(GoalPatch { objective, ..GoalPatch::default() });
            Command::SetGoal { thread: id, id: deletion(number), patch }
        }
    }
}

/// Decides commands one after the other, each on what those before it led to.
fn try_all(catalog: &mut Catalog, first: usize, steps: &[Step], at: i64) -> Vec<Event> {
    let mut events = Vec::new();
    for (number, step) in (first..).zip(steps) {
        // A refused command leads to nothing.
        let Ok(decision) = decide(catalog, &command(catalog, number, *step), at) else { continue };
        for event in decision.events {
            catalog.apply(&event, at).unwrap();
            events.push(event);
        }
    }
    events
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_tried_out_leaves_no_trace_and_a_journal_replays_to_the_same(
        script in prop::collection::vec(prop::collection::vec(any::<Step>(), 1..6), 1..24),
    ) {
        let (mut running, mut replayed) = (Catalog::default(), Catalog::default());
        let mut number = 0;
        for (position, steps) in (1_u64..).zip(&script) {
            let at = position as i64;
            let before = running.clone();
            running.try_out();
            let events = try_all(&mut running, number, steps, at);
            running.roll_back();
            prop_assert!(running == before, "a trial left a trace");
            number += steps.len();

            running.apply_entry(position, at, &events).unwrap();
            let stored = serde_json::to_vec(&events).unwrap();
            let read: Vec<Event> = serde_json::from_slice(&stored).unwrap();
            prop_assert!(read == events, "events are not read as they were written");
            replayed.apply_entry(position, at, &read).unwrap();
            prop_assert!(running == replayed, "a replay leads elsewhere");
        }
    }

    #[test]
    fn an_erased_thread_stays_gone_and_a_visible_one_has_its_parent(
        script in prop::collection::vec(any::<Step>(), 1..90),
    ) {
        let mut catalog = Catalog::default();
        let mut erased: Vec<ThreadId> = Vec::new();
        for (number, step) in script.iter().enumerate() {
            let at = number as i64;
            let Ok(decision) = decide(&catalog, &command(&catalog, number, *step), at) else { continue };
            for event in &decision.events {
                if let Event::Erasing { members, .. } = event {
                    erased.extend(members.iter().filter_map(|ord| Some(catalog.slot(ord)?.id)));
                }
            }
            catalog.apply_entry(number as u64 + 1, at, &decision.events).unwrap();
            prop_assert!(erased.iter().all(|id| catalog.record(*id).is_none()));
            for record in catalog.records().filter(|record| record.visible()) {
                let under = |parent| catalog.is_visible(parent) || catalog.is_detached(record);
                prop_assert!(record.parent.is_none_or(under));
            }
        }
    }
}
