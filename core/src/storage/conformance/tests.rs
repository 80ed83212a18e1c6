//! The suite over the backends of this crate, and the suite's own test: broken storages fail it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use bytes::Bytes;
use futures_lite::future::block_on;

use super::*;
use crate::storage::faulty::{FaultPlan, FaultyStorage};
use crate::storage::{
    Batch, BoxedStorage, Durability, Key, KeyRange, MemoryStorage, Order, Page, StorageError,
    Table, Write,
};

/// Keeps one memory database a name and wraps its handles.
struct Memory<S> {
    databases: Mutex<BTreeMap<String, MemoryStorage>>,
    wrap: fn(MemoryStorage) -> S,
}

impl<S> Memory<S> {
    fn new(wrap: fn(MemoryStorage) -> S) -> Self {
        Self { databases: Mutex::default(), wrap }
    }
}

impl<S: Storage> Factory for Memory<S> {
    type Storage = S;

    async fn open(&self, name: &str) -> StorageResult<S> {
        let mut databases = self.databases.lock().unwrap();
        let database = databases.entry(name.to_owned()).or_default();
        Ok((self.wrap)(database.reopen()))
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { watch: true, ..Capabilities::default() }
    }
}

fn assert_conforms(factory: &impl Factory) {
    let outcomes = block_on(run(factory));
    assert_eq!(failures(&outcomes), Vec::<String>::new());
    assert!(outcomes.iter().all(|outcome| outcome.verdict == Verdict::Passed), "{outcomes:?}");
}

#[test]
fn memory_conforms() {
    assert_conforms(&Memory::new(|storage| storage));
}

#[test]
fn a_boxed_storage_conforms() {
    assert_conforms(&Memory::new(BoxedStorage::new));
}

#[test]
fn a_faulty_storage_without_faults_conforms() {
    assert_conforms(&Memory::new(|storage| FaultyStorage::new(storage, &FaultPlan::new())));
}

#[test]
fn case_names_are_unique() {
    let mut names: Vec<_> = cases::<Memory<MemoryStorage>>().iter().map(|case| case.name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn a_case_whose_capability_is_missing_is_skipped() {
    struct Poor(Memory<MemoryStorage>);
    impl Factory for Poor {
        type Storage = MemoryStorage;
        async fn open(&self, name: &str) -> StorageResult<MemoryStorage> {
            self.0.open(name).await
        }
        fn capabilities(&self) -> Capabilities {
            Capabilities { watch: false, max_value: 64 << 10 }
        }
    }
    let outcomes = block_on(run(&Poor(Memory::new(|storage| storage))));
    let skipped = outcomes.iter().filter(|outcome| outcome.verdict == Verdict::Skipped).count();
    assert_eq!((failures(&outcomes).len(), skipped), (0, 3));
}

/// A memory storage that breaks the contract in one way.
#[derive(Debug)]
struct Broken {
    inner: MemoryStorage,
    flaw: Flaw,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Flaw {
    InsertOverwrites,
    ChecksIgnored,
    ConflictKeepsTheBatch,
    LimitIgnored,
    EndIncluded,
    MoreNeverSaid,
    CloseForgotten,
    RangeDeleteSkipped,
    GetSorted,
    NoNews,
}

impl Storage for Broken {
    async fn get(&self, table: Table, mut keys: Vec<Key>) -> StorageResult<Vec<Option<Bytes>>> {
        if self.flaw == Flaw::GetSorted {
            keys.sort();
        }
        self.inner.get(table, keys).await
    }

    async fn scan(
        &self,
        table: Table,
        mut range: KeyRange,
        limit: usize,
        order: Order,
    ) -> StorageResult<Page> {
        if self.flaw == Flaw::EndIncluded && !range.is_empty() {
            range.end.push('!');
        }
        let limit = if self.flaw == Flaw::LimitIgnored { usize::MAX } else { limit };
        let mut page = self.inner.scan(table, range, limit, order).await?;
        page.more &= self.flaw != Flaw::MoreNeverSaid;
        Ok(page)
    }

    async fn commit(&self, mut batch: Batch, durability: Durability) -> StorageResult<()> {
        match self.flaw {
            Flaw::ChecksIgnored => batch.checks.clear(),
            Flaw::RangeDeleteSkipped => {
                batch.writes.retain(|write| !matches!(write, Write::DeleteRange { .. }));
            }
            Flaw::InsertOverwrites => {
                for write in &mut batch.writes {
                    if let Write::Insert { table, key, value } = write.clone() {
                        *write = Write::Put { table, key, value };
                    }
                }
            }
            Flaw::ConflictKeepsTheBatch => {
                for write in batch.writes {
                    let one = Batch { checks: batch.checks.clone(), writes: vec![write] };
                    self.inner.commit(one, durability).await?;
                }
                return Ok(());
            }
            _ => {}
        }
        self.inner.commit(batch, durability).await
    }

    async fn close(&self) -> StorageResult<()> {
        if self.flaw == Flaw::CloseForgotten { Ok(()) } else { self.inner.close().await }
    }

    fn watch(&self, callback: crate::BoxFn<()>) -> bool {
        self.flaw == Flaw::NoNews || self.inner.watch(callback)
    }
}

#[test]
fn a_storage_that_breaks_the_contract_fails() {
    for flaw in [
        Flaw::InsertOverwrites,
        Flaw::ChecksIgnored,
        Flaw::ConflictKeepsTheBatch,
        Flaw::LimitIgnored,
        Flaw::EndIncluded,
        Flaw::MoreNeverSaid,
        Flaw::CloseForgotten,
        Flaw::RangeDeleteSkipped,
        Flaw::GetSorted,
        Flaw::NoNews,
    ] {
        struct Factory(Memory<MemoryStorage>, Flaw);
        impl super::Factory for Factory {
            type Storage = Broken;
            async fn open(&self, name: &str) -> Result<Broken, StorageError> {
                Ok(Broken { inner: self.0.open(name).await?, flaw: self.1 })
            }
            fn capabilities(&self) -> Capabilities {
                self.0.capabilities()
            }
        }
        let outcomes = block_on(run(&Factory(Memory::new(|storage| storage), flaw)));
        assert_ne!(failures(&outcomes), Vec::<String>::new(), "{flaw:?} went unseen");
    }
}
