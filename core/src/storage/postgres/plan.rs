//! A batch by its net effect: what must be there, what must not, and what is left in the end.
//!
//! A batch applies its writes in order, and one SQL statement knows no order. So the order is
//! played through here, on the keys alone; what remains touches every record once.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::seen::Mark;
use crate::storage::{Batch, Key, KeyRange, StorageError, StorageResult, Table, Write};

/// What a batch comes to in each table, in the order of [`Table::ALL`].
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan(pub(super) [Changes; 3]);

/// What a batch comes to in one table. No key is in two of `delete`, `ranges` and `put`, but for
/// a `put` in a range, which is kept.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// Keys that must exist before.
    pub(super) exist: BTreeSet<Key>,
    /// Of these, the ones that must be as this handle last saw them.
    pub(super) same: Vec<(Key, Mark)>,
    /// Keys that must not exist before.
    pub(super) absent: BTreeSet<Key>,
    pub(super) delete: Vec<Key>,
    pub(super) ranges: Vec<KeyRange>,
    pub(super) put: Vec<(Key, Bytes)>,
}

impl Plan {
    /// Plans `batch`.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] for an insert of a key that the batch itself has written.
    pub(super) fn new(batch: Batch) -> StorageResult<Self> {
        let mut plan = Self::default();
        for check in batch.checks {
            plan.of(check.table).exist.insert(check.key);
        }
        let mut ends: [BTreeMap<Key, Option<Bytes>>; 3] = Default::default();
        for write in batch.writes {
            match write {
                Write::Insert { table, key, value } => {
                    let end = &mut ends[index(table)];
                    let changes = plan.of(table);
                    match end.get(&key) {
                        Some(Some(_)) => return Err(StorageError::Conflict),
                        Some(None) => {}
                        None if changes.in_a_range(&key) => {}
                        None => drop(changes.absent.insert(key.clone())),
                    }
                    end.insert(key, Some(value));
                }
                Write::Put { table, key, value } => {
                    ends[index(table)].insert(key, Some(value));
                }
                Write::Delete { table, key } => drop(ends[index(table)].insert(key, None)),
                Write::DeleteRange { range, .. } if range.is_empty() => {}
                Write::DeleteRange { table, range } => {
                    let written =
                        ends[index(table)].range_mut(range.start.clone()..range.end.clone());
                    written.for_each(|(_, end)| *end = None);
                    plan.of(table).ranges.push(range);
                }
            }
        }
        for (changes, end) in plan.0.iter_mut().zip(ends) {
            for (key, end) in end {
                match end {
                    Some(value) => changes.put.push((key, value)),
                    None if changes.in_a_range(&key) => {}
                    None => changes.delete.push(key),
                }
            }
        }
        Ok(plan)
    }

    pub(super) fn of(&mut self, table: Table) -> &mut Changes {
        &mut self.0[index(table)]
    }
}

impl Changes {
    pub(super) fn in_a_range(&self, key: &str) -> bool {
        self.ranges.iter().any(|range| range.contains(key))
    }

    /// Tells whether every key put must be absent before, so that a plain insert does.
    pub(super) fn only_inserts(&self) -> bool {
        self.put.iter().all(|(key, _)| self.absent.contains(key))
    }
}

pub(super) fn index(table: Table) -> usize {
    match table {
        Table::Journal => 0,
        Table::Catalog => 1,
        Table::History => 2,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Records = BTreeMap<Key, Bytes>;

    /// Applies a batch to one table as the contract says, write by write.
    fn apply(records: &Records, batch: &Batch) -> Option<Records> {
        let mut records = records.clone();
        if batch.checks.iter().any(|check| !records.contains_key(&check.key)) {
            return None;
        }
        for write in &batch.writes {
            match write {
                Write::Insert { key, .. } if records.contains_key(key) => return None,
                Write::Insert { key, value, .. } | Write::Put { key, value, .. } => {
                    records.insert(key.clone(), value.clone());
                }
                Write::Delete { key, .. } => drop(records.remove(key)),
                Write::DeleteRange { range, .. } => records.retain(|key, _| !range.contains(key)),
            }
        }
        Some(records)
    }

    /// Applies a plan as its statement does: all parts look at the records before.
    fn carry_out(records: &Records, changes: &Changes) -> Option<Records> {
        let there = |key: &Key| records.contains_key(key);
        if !changes.exist.iter().all(there) || changes.absent.iter().any(there) {
            return None;
        }
        let put: BTreeSet<&Key> = changes.put.iter().map(|(key, _)| key).collect();
        let mut after = records.clone();
        after.retain(|key, _| {
            put.contains(key) || !(changes.delete.contains(key) || changes.in_a_range(key))
        });
        after.extend(changes.put.iter().cloned());
        Some(after)
    }

    fn write() -> impl Strategy<Value = Write> {
        let table = Table::History;
        let key = || (0..8_u8).prop_map(|n| format!("k{n}"));
        let value = || (0..200_u8).prop_map(|n| Bytes::from(vec![n]));
        prop_oneof![
            (key(), value()).prop_map(move |(key, value)| Write::Insert { table, key, value }),
            (key(), value()).prop_map(move |(key, value)| Write::Put { table, key, value }),
            key().prop_map(move |key| Write::Delete { table, key }),
            (key(), key()).prop_map(move |(start, end)| {
                Write::DeleteRange { table, range: KeyRange { start, end } }
            }),
        ]
    }

    proptest! {
        #[test]
        fn a_plan_comes_to_what_its_batch_comes_to(
            before in prop::collection::btree_map((0..8_u8).prop_map(|n| format!("k{n}")), Just(Bytes::from("old")), 0..8),
            checks in prop::collection::vec((0..8_u8).prop_map(|n| format!("k{n}")), 0..2),
            writes in prop::collection::vec(write(), 0..10),
        ) {
            let exists = |key| crate::storage::Exists { table: Table::History, key };
            let batch = Batch { checks: checks.into_iter().map(exists).collect(), writes };
            let expected = apply(&before, &batch);
            let found = match Plan::new(batch) {
                Ok(mut plan) => carry_out(&before, plan.of(Table::History)),
                Err(StorageError::Conflict) => None,
                Err(error) => panic!("{error}"),
            };
            prop_assert_eq!(found, expected);
        }
    }
}
