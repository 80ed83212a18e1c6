//! The indexes of the catalog: by id, by parent, by time, by tree, and the totals.
//!
//! They follow from the records alone: [`Indexes::replace`] is told of every change.

use std::collections::{BTreeSet, HashMap};

use super::record::Record;
use crate::id::{ThreadId, TreeId};
use crate::query::SortKey;

/// A place in an order of threads: a time, ties broken by id.
pub(crate) type Place = (i64, ThreadId);

/// Everything that is looked up in other ways than by ordinal.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Indexes {
    ids: HashMap<ThreadId, u32>,
    /// Pairs of parent and child, invisible ones included.
    children: BTreeSet<(u32, u32)>,
    active: Orders,
    archived: Orders,
    /// How many threads of each tree are not erased.
    trees: HashMap<TreeId, u32>,
    totals: Totals,
}

/// Visible threads in each order.
#[derive(Clone, Debug, Default, PartialEq)]
struct Orders {
    created: BTreeSet<Place>,
    updated: BTreeSet<Place>,
    recency: BTreeSet<Place>,
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
    pub(crate) fn order(&self, archived: bool, key: SortKey) -> &BTreeSet<Place> {
        let orders = if archived { &self.archived } else { &self.active };
        match key {
            SortKey::CreatedAt => &orders.created,
            SortKey::UpdatedAt => &orders.updated,
            SortKey::RecencyAt => &orders.recency,
        }
    }

    /// Returns how many threads born in `tree` are not erased.
    pub(crate) fn tree_size(&self, tree: TreeId) -> u32 {
        self.trees.get(&tree).copied().unwrap_or(0)
    }

    pub(crate) fn totals(&self) -> Totals {
        self.totals
    }

    /// Follows the change of one slot.
    pub(super) fn replace(&mut self, old: Option<&Record>, new: Option<&Record>) {
        if let Some(old) = old {
            self.count(old, false);
        }
        if let Some(new) = new {
            self.count(new, true);
        }
        let listed = |record: Option<&Record>| {
            record.filter(|record| record.visible()).map(|record| record.archived.is_some())
        };
        for key in [SortKey::CreatedAt, SortKey::UpdatedAt, SortKey::RecencyAt] {
            let from = old.and_then(|old| Some((listed(Some(old))?, place(old, key))));
            let to = new.and_then(|new| Some((listed(Some(new))?, place(new, key))));
            if from != to {
                if let Some((archived, place)) = from {
                    self.order_mut(archived, key).remove(&place);
                }
                if let Some((archived, place)) = to {
                    self.order_mut(archived, key).insert(place);
                }
            }
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
                *self.trees.entry(new.tree).or_default() += 1;
            }
            (Some(old), None) => {
                self.ids.remove(&old.id);
                if let Some(size) = self.trees.get_mut(&old.tree) {
                    *size -= 1;
                    if *size == 0 {
                        self.trees.remove(&old.tree);
                    }
                }
            }
            _ => {}
        }
    }

    fn order_mut(&mut self, archived: bool, key: SortKey) -> &mut BTreeSet<Place> {
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

/// Returns the place of a record in an order.
pub(crate) fn place(record: &Record, key: SortKey) -> Place {
    let time = match key {
        SortKey::CreatedAt => record.created_at,
        SortKey::UpdatedAt => record.updated_at,
        SortKey::RecencyAt => record.recency_at,
    };
    (time, record.id)
}
