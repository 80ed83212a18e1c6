//! Random batches against three plain maps: every backend answers as they do.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bytes::Bytes;
use creel::storage::{
    Batch, Durability, Exists, Key, KeyRange, MemoryStorage, Order, SqliteStorage, Storage,
    StorageError, Table, Write,
};
use futures_lite::future::block_on;
use proptest::prelude::*;

type Model = BTreeMap<(Table, Key), Bytes>;

/// Applies `batch` as the contract says, or nothing if it is refused.
fn apply(model: &mut Model, batch: &Batch) -> bool {
    let mut next = model.clone();
    for check in &batch.checks {
        if !next.contains_key(&(check.table, check.key.clone())) {
            return false;
        }
    }
    for write in &batch.writes {
        match write {
            Write::Insert { table, key, value } => {
                if next.insert((*table, key.clone()), value.clone()).is_some() {
                    return false;
                }
            }
            Write::Put { table, key, value } => {
                next.insert((*table, key.clone()), value.clone());
            }
            Write::Delete { table, key } => {
                next.remove(&(*table, key.clone()));
            }
            Write::DeleteRange { table, range } => {
                next.retain(|(at, key), _| at != table || !range.contains(key));
            }
        }
    }
    *model = next;
    true
}

fn table() -> impl Strategy<Value = Table> {
    prop_oneof![Just(Table::Journal), Just(Table::Catalog), Just(Table::History)]
}

/// Few and near keys, so that they meet.
fn key() -> impl Strategy<Value = Key> {
    prop_oneof![4 => "[ab~]{1,2}", 1 => "[!%/0A_a~]{1,3}"]
}

fn range() -> impl Strategy<Value = KeyRange> {
    prop_oneof![
        (key(), key()).prop_map(|(start, end)| KeyRange::new(start, end)),
        "[ab/]{1,2}".prop_map(|prefix| KeyRange::prefix(&prefix)),
    ]
}

fn write() -> impl Strategy<Value = Write> {
    let value = || {
        let bytes = prop_oneof![
            6 => proptest::collection::vec(any::<u8>(), 0..40),
            1 => proptest::collection::vec(any::<u8>(), 3000..9000),
        ];
        bytes.prop_map(Bytes::from)
    };
    prop_oneof![
        2 => (table(), key(), value()).prop_map(|(table, key, value)| Write::Insert { table, key, value }),
        3 => (table(), key(), value()).prop_map(|(table, key, value)| Write::Put { table, key, value }),
        2 => (table(), key()).prop_map(|(table, key)| Write::Delete { table, key }),
        1 => (table(), range()).prop_map(|(table, range)| Write::DeleteRange { table, range }),
    ]
}

fn batch() -> impl Strategy<Value = Batch> {
    let check = (table(), key()).prop_map(|(table, key)| Exists { table, key });
    (proptest::collection::vec(check, 0..2), proptest::collection::vec(write(), 0..6))
        .prop_map(|(checks, writes)| Batch { checks, writes })
}

#[derive(Clone, Debug)]
enum Step {
    Commit(Batch, Durability),
    Get(Table, Vec<Key>),
    Scan(Table, KeyRange, usize, Order),
}

fn step() -> impl Strategy<Value = Step> {
    let durability = prop_oneof![9 => Just(Durability::Relaxed), 1 => Just(Durability::Strict)];
    let order = prop_oneof![Just(Order::Ascending), Just(Order::Descending)];
    prop_oneof![
        3 => (batch(), durability).prop_map(|(batch, durability)| Step::Commit(batch, durability)),
        1 => (table(), proptest::collection::vec(key(), 0..6))
            .prop_map(|(table, keys)| Step::Get(table, keys)),
        1 => (table(), range(), 1..6_usize, order)
            .prop_map(|(table, range, limit, order)| Step::Scan(table, range, limit, order)),
    ]
}

async fn run(storage: &impl Storage, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut model = Model::new();
    for step in steps {
        match step {
            Step::Commit(batch, durability) => {
                let fits = apply(&mut model, &batch);
                match storage.commit(batch, durability).await {
                    Ok(()) => prop_assert!(fits, "a batch that must conflict was committed"),
                    Err(StorageError::Conflict) => prop_assert!(!fits, "a conflict without cause"),
                    Err(error) => return Err(TestCaseError::fail(error.to_string())),
                }
            }
            Step::Get(table, keys) => {
                let expected: Vec<Option<Bytes>> =
                    keys.iter().map(|key| model.get(&(table, key.clone())).cloned()).collect();
                prop_assert_eq!(storage.get(table, keys).await.unwrap(), expected);
            }
            Step::Scan(table, range, limit, order) => {
                let mut expected = records(&model, table, &range);
                if order == Order::Descending {
                    expected.reverse();
                }
                let more = expected.len() > limit;
                expected.truncate(limit);
                let page = storage.scan(table, range, limit, order).await.unwrap();
                prop_assert_eq!((page.records, page.more), (expected, more));
            }
        }
    }
    for table in Table::ALL {
        let everything = KeyRange::new("!", "~~~~");
        let expected = records(&model, table, &everything);
        let page = storage.scan(table, everything, 10_000, Order::Ascending).await.unwrap();
        prop_assert_eq!((page.records, page.more), (expected, false));
    }
    Ok(())
}

fn records(model: &Model, table: Table, range: &KeyRange) -> Vec<(Key, Bytes)> {
    let here = model.iter().filter(|((at, key), _)| *at == table && range.contains(key));
    here.map(|((_, key), value)| (key.clone(), value.clone())).collect()
}

async fn empty(storage: &impl Storage) {
    let everything = KeyRange::new("!", "~~~~");
    let delete = |table| Write::DeleteRange { table, range: everything.clone() };
    let batch = Batch { checks: vec![], writes: Table::ALL.map(delete).to_vec() };
    storage.commit(batch, Durability::Relaxed).await.unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn memory_answers_as_plain_maps_do(steps in proptest::collection::vec(step(), 1..40)) {
        block_on(run(&MemoryStorage::new(), steps))?;
    }

    #[test]
    fn sqlite_answers_as_plain_maps_do(steps in proptest::collection::vec(step(), 1..40)) {
        // One store for all cases: making one syncs its directory and takes longer than a case.
        static DIR: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
        static STORAGE: LazyLock<SqliteStorage> =
            LazyLock::new(|| block_on(SqliteStorage::open(DIR.path())).unwrap());
        block_on(empty(&*STORAGE));
        block_on(run(&*STORAGE, steps))?;
    }
}
