//! The indexes of the catalog: by id, by parent, by time, by tree, and the totals.
//!
//! They follow from the records alone: [`Indexes::replace`] is told of every change.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::order::{Order, Place};
use super::record::Record;
use crate::id::{ThreadId, TreeId};
use crate::query::SortKey;

/// Everything that is looked up in other ways than by ordinal.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Indexes {
    ids: HashMap<ThreadId, u32>,
    /// Pairs of parent and child, invisible ones included.
    children: BTreeSet<(u32, u32)>,
    active: Orders,
    archived: Orders,
    /// How many threads of each tree are not erased, its root apart: most trees are a root alone.
    below: HashMap<TreeId, u32>,
    totals: Totals,
}

/// Visible threads in each order.
#[derive(Clone, Debug, Default, PartialEq)]
struct Orders {
    created: Order,
    updated: Order,
    recency: Order,
}

/// Counts over the visible threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) threads: u64,
    pub(crate) archived: u64,
    pub(crate) items: u64,
    pub(crate) bytes: u64,
}

impl Indexes {
    pub(crate) fn ordinal(&self, id: ThreadId) -> Option<u32> {
        self.ids.get(&id).copied()
    }

    /// Returns the children of a thread, invisible ones included, by ordinal.
    pub(crate) fn children(&self, parent: u32) -> impl Iterator<Item = u32> + '_ {
        self.children.range((parent, 0)..=(parent, u32::MAX)).map(|(_, child)| *child)
    }

    /// Returns the visible active or archived threads in the order of `key`.
    pub(crate) fn order(&self, archived: bool, key: SortKey) -> &Order {
        let orders = if archived { &self.archived } else { &self.active };
        match key {
            SortKey::CreatedAt => &orders.created,
            SortKey::UpdatedAt => &orders.updated,
            SortKey::RecencyAt => &orders.recency,
        }
    }

    /// Returns how many threads born below the root of `tree` are not erased.
    pub(super) fn born_below(&self, tree: TreeId) -> u32 {
        self.below.get(&tree).copied().unwrap_or(0)
    }

    pub(crate) fn totals(&self) -> Totals {
        self.totals
    }

    /// Says in which orders the change of a slot moves it.
    pub(super) fn moves(old: Option<&Record>, new: Option<&Record>) -> Moves {
        let listed = |record: Option<&Record>, key| {
            let record = record.filter(|record| record.visible())?;
            Some((record.archived.is_some(), place(record, key)))
        };
        KEYS.map(|key| (listed(old, key), listed(new, key)))
    }

    /// Takes a slot, which is as it was, out of the orders in which it moves.
    pub(super) fn leave(&mut self, ord: u32, moves: &Moves, slots: &Slots) {
        for (key, (from, to)) in KEYS.into_iter().zip(moves) {
            if let Some((archived, at)) = from
                && from != to
            {
                self.order_mut(*archived, key).remove(ord, *at, |ord| place_in(slots, ord, key));
            }
        }
    }

    /// Puts a slot, which is as it will be, into the orders in which it moves.
    pub(super) fn enter(&mut self, ord: u32, moves: &Moves, slots: &Slots) {
        for (key, (from, to)) in KEYS.into_iter().zip(moves) {
            if let Some((archived, at)) = to
                && from != to
            {
                self.order_mut(*archived, key).insert(ord, *at, |ord| place_in(slots, ord, key));
            }
        }
    }

    /// Follows the change of one slot, its place in the orders apart.
    pub(super) fn replace(&mut self, old: Option<&Record>, new: Option<&Record>) {
        if let Some(old) = old {
            self.count(old, false);
        }
        if let Some(new) = new {
            self.count(new, true);
        }
        let edge = |record: &Record| record.parent.map(|parent| (parent, record.ord));
        let (from, to) = (old.and_then(edge), new.and_then(edge));
        if from != to {
            if let Some(edge) = from {
                self.children.remove(&edge);
            }
            self.children.extend(to);
        }
        match (old, new) {
            (None, Some(new)) => {
                self.ids.insert(new.id, new.ord);
                if new.tree != new.id {
                    *self.below.entry(new.tree).or_default() += 1;
                }
            }
            (Some(old), None) => {
                self.ids.remove(&old.id);
                if old.tree != old.id
                    && let Some(size) = self.below.get_mut(&old.tree)
                {
                    *size -= 1;
                    if *size == 0 {
                        self.below.remove(&old.tree);
                    }
                }
            }
            _ => {}
        }
    }

    fn order_mut(&mut self, archived: bool, key: SortKey) -> &mut Order {
        let orders = if archived { &mut self.archived } else { &mut self.active };
        match key {
            SortKey::CreatedAt => &mut orders.created,
            SortKey::UpdatedAt => &mut orders.updated,
            SortKey::RecencyAt => &mut orders.recency,
        }
    }

    fn count(&mut self, record: &Record, add: bool) {
        if !record.visible() {
            return;
        }
        let totals = &mut self.totals;
        let archived = u64::from(record.archived.is_some());
        for (total, value) in [
            (&mut totals.threads, 1),
            (&mut totals.archived, archived),
            (&mut totals.items, record.len),
            (&mut totals.bytes, record.bytes),
        ] {
            // Modulo arithmetic, so that what is added comes off again whatever it was.
            *total = if add { total.wrapping_add(value) } else { total.wrapping_sub(value) };
        }
    }
}

/// The records by ordinal.
pub(super) type Slots = [Option<Arc<Record>>];

/// Where a slot was and will be in each order: whether among the archived ones, and at what place.
pub(super) type Moves = [(Option<(bool, Place)>, Option<(bool, Place)>); KEYS.len()];

const KEYS: [SortKey; 3] = [SortKey::CreatedAt, SortKey::UpdatedAt, SortKey::RecencyAt];

/// Returns the place of a slot that is in an order, and so has a record.
pub(super) fn place_in(slots: &Slots, ord: u32, key: SortKey) -> Place {
    let record = slots.get(ord as usize).and_then(Option::as_deref);
    record.map_or((i64::MIN, ThreadId::from_uuid(uuid::Uuid::nil())), |record| place(record, key))
}

/// Returns the place of a record in an order.
pub(crate) fn place(record: &Record, key: SortKey) -> Place {
    let time = match key {
        SortKey::CreatedAt => record.created_at,
        SortKey::UpdatedAt => record.updated_at,
        SortKey::RecencyAt => record.recency_at,
    };
    (time, record.id)
}
