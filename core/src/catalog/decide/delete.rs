//! Deleting trees: the plan, the one decision, its undoing, and the batches of its erasure.

use std::collections::HashMap;

use super::super::command::{Decision, Eraser};
use super::super::event::Event;
use super::super::{Catalog, Deletion, Ordinals, Record};
use crate::error::{Error, Result};
use crate::id::{DeletionId, ThreadId};
use crate::keys;
use crate::mutation::{self, Mutation};
use crate::query::{Children, DeleteOptions, DeletionPlan, Removed};
use crate::storage::{Table, Write};
use crate::tree;

/// Returns what deleting a thread now would take.
pub(crate) fn plan(catalog: &Catalog, id: ThreadId, children: Children) -> Result<DeletionPlan> {
    let (order, detached) = members(catalog, id, children)?;
    let mut plan = DeletionPlan {
        root: id,
        members: catalog.ids(&order),
        detached: catalog.ids(&detached),
        threads: order.len() as u64,
        items: 0,
        bytes: 0,
        forks: Vec::new(),
        token: String::new(),
    };
    // FNV-1a: stable across versions, and nobody gains from forging a token.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for record in order.iter().chain(&detached).filter_map(|ord| catalog.slot(*ord)) {
        for byte in record.ord.to_le_bytes().into_iter().chain(record.len.to_le_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    for record in order.iter().filter_map(|ord| catalog.slot(*ord)) {
        plan.items = plan.items.saturating_add(record.len);
        plan.bytes = plan.bytes.saturating_add(record.bytes);
    }
    let taken: Ordinals = order.iter().copied().collect();
    let is_taken =
        |id: ThreadId| catalog.record(id).is_some_and(|record| taken.contains(record.ord));
    plan.forks = catalog
        .records()
        .filter(|record| record.visible() && !taken.contains(record.ord))
        .filter(|record| record.forked_from.as_deref().copied().is_some_and(is_taken))
        .map(|record| record.id)
        .collect();
    plan.token = format!("{}.{}.{hash:016x}", plan.threads, plan.items);
    Ok(plan)
}

/// Members are the descendants visible now: one that is deleted already stays with its deletion.
pub(super) fn delete(
    catalog: &Catalog,
    id: ThreadId,
    deletion: DeletionId,
    options: &DeleteOptions,
    at: i64,
) -> Result<Decision> {
    let root = catalog.visible(id)?.ord;
    if let Some(token) = &options.plan {
        check_plan(token, &plan(catalog, id, options.children)?)?;
    }
    let (order, detached) = members(catalog, id, options.children)?;
    let event = Event::Deleted {
        deletion,
        root,
        members: order.into_iter().collect(),
        detached: detached.into_iter().collect(),
        staged: false,
        undo_until: options.grace.map(|grace| at.saturating_add_unsigned(grace)),
    };
    Ok(event.into())
}

fn members(catalog: &Catalog, id: ThreadId, children: Children) -> Result<(Vec<u32>, Vec<u32>)> {
    let root = catalog.visible(id)?.ord;
    let visible = catalog.visible_children(root);
    match children {
        Children::Delete => {
            Ok((tree::deletion_order(root, &catalog.visible_descendants(root)), Vec::new()))
        }
        Children::Detach => Ok((vec![root], visible)),
        Children::Refuse if visible.is_empty() => Ok((vec![root], Vec::new())),
        Children::Refuse => Err(Error::HasChildren { id, children: visible.len() }),
    }
}

fn check_plan(token: &str, now: &DeletionPlan) -> Result<()> {
    if token == now.token {
        return Ok(());
    }
    let mut parts = token.split('.').map(str::parse::<u64>);
    let changes = match (parts.next(), parts.next()) {
        (Some(Ok(threads)), Some(Ok(items))) => {
            let differing = [(threads, now.threads, "threads"), (items, now.items, "items")];
            let changes: Vec<String> = differing
                .into_iter()
                .filter(|(then, now, _)| then != now)
                .map(|(then, now, what)| format!("it had {then} {what} and now has {now}"))
                .collect();
            if changes.is_empty() { "its threads are others".into() } else { changes.join(", ") }
        }
        _ => {
            let reason = format!("`{}` is not a plan's token", crate::error::excerpt(token));
            return Err(Error::InvalidField { field: "plan".into(), reason });
        }
    };
    Err(Error::PlanChanged { changes })
}

/// Undoing ends where erasing begins, and needs a parent to come back to.
pub(super) fn undelete(catalog: &Catalog, deletion: DeletionId) -> Result<Decision> {
    let refuse = |reason: &str| Err(Error::NotUndoable { deletion, reason: reason.into() });
    let Some(state) = catalog.deletion(deletion).filter(|state| !state.staged) else {
        return refuse(match catalog.receipt(deletion) {
            Some(_) => "it is finished",
            None => "it is not known",
        });
    };
    if !state.erased.is_empty() && !mutation::on(Mutation::UndeleteLate) {
        return refuse("erasing has begun");
    }
    let orphan = state
        .members
        .iter()
        .filter_map(|ord| catalog.slot(ord))
        .filter(|record| !catalog.is_detached(record))
        .filter_map(|record| record.parent)
        .any(|parent| !state.members.contains(parent) && !catalog.is_visible(parent));
    if orphan {
        return refuse("the parent of its root is deleted too");
    }
    Ok(Event::Undeleted { deletion }.into())
}

/// Erases the next members in deletion order, or a whole tree as one key range if every thread
/// born in it is an erasable member: not one that was detached, nor one of another deletion.
pub(super) fn erase(catalog: &Catalog, eraser: &Eraser, at: i64) -> Result<Decision> {
    let Some(state) = catalog.deletion(eraser.deletion) else {
        return Ok(Decision::default());
    };
    if state.all_erased() || !eraser.now && state.undo_until.is_some_and(|until| at < until) {
        return Ok(Decision::default());
    }
    let remaining = remaining(catalog, state);
    let (tree, whole) = whole_tree(catalog, &remaining);
    let batch: Vec<&Record> = match tree {
        Some(_) => whole,
        None => remaining.into_iter().take(eraser.limit).collect(),
    };
    let mut removed = Removed::default();
    for record in &batch {
        removed.add(&counts(record));
    }
    let range = |range| Write::DeleteRange { table: Table::History, range };
    let mut writes = match tree {
        Some(tree) => vec![range(keys::tree(tree))],
        None => batch.iter().map(|record| range(keys::thread(record.tree, record.id))).collect(),
    };
    let quarantined = eraser.quarantined.iter().cloned();
    writes.extend(quarantined.map(|key| Write::Delete { table: Table::Catalog, key }));
    let members: Ordinals = batch.iter().map(|record| record.ord).collect();
    let tasks = super::job::without(catalog, &members);
    removed.assignments = tasks.len() as u64;
    let event = Event::Erasing { deletion: eraser.deletion, members, removed, tasks };
    Ok(Decision { events: vec![event], writes })
}

fn remaining<'a>(catalog: &'a Catalog, state: &Deletion) -> Vec<&'a Record> {
    let order = catalog.members_in_deletion_order(state.root, &state.members);
    let erased = |ord: &u32| !state.erased.contains(*ord);
    let mut records: Vec<&Record> = order
        .iter()
        .filter(|ord| erased(ord))
        .filter_map(|ord| catalog.slot(*ord).map(|record| &**record))
        .collect();
    if records.is_empty() {
        // Damaged edges can hide members from the root; they are erased all the same.
        records = state.members.iter().filter_map(|ord| catalog.slot(ord).map(|r| &**r)).collect();
    }
    records
}

fn whole_tree<'a>(
    catalog: &Catalog,
    remaining: &[&'a Record],
) -> (Option<ThreadId>, Vec<&'a Record>) {
    let mut trees: HashMap<ThreadId, Vec<&'a Record>> = HashMap::new();
    for record in remaining {
        trees.entry(record.tree).or_default().push(record);
    }
    let whole = trees
        .into_iter()
        .filter(|(tree, records)| {
            catalog.tree_size(*tree) as usize - overlooked(catalog, *tree, records) == records.len()
        })
        .min_by_key(|(tree, _)| *tree);
    match whole {
        Some((tree, records)) => (Some(tree), records),
        None => (None, Vec::new()),
    }
}

/// Returns how many threads that stay are left out of account: none, unless a rule is off.
fn overlooked(catalog: &Catalog, tree: ThreadId, leaving: &[&Record]) -> usize {
    let (others, graced) =
        (mutation::on(Mutation::RangeOverOthers), mutation::on(Mutation::RangeOverGraced));
    if !others && !graced {
        return 0;
    }
    let stays = |record: &&std::sync::Arc<Record>| {
        record.tree == tree && !leaving.iter().any(|leaving| leaving.ord == record.ord)
    };
    catalog.records().filter(stays).filter(|record| record.visible() == others).count()
}

fn counts(record: &Record) -> Removed {
    Removed {
        threads: 1,
        items: record.len,
        bytes: record.bytes,
        names: u64::from(record.name.is_some()),
        edges: u64::from(record.parent.is_some()),
        goals: u64::from(record.goal.is_some()),
        logs: record.logs,
        tools: record.tools,
        documents: record
            .documents
            .iter()
            .flat_map(|all| all.values())
            .map(|it| it.len() as u64)
            .sum(),
        memory_modes: u64::from(record.details.memory_mode.is_some()),
        ..Removed::default()
    }
}
