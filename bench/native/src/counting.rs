//! A storage that counts what its store asks of it and otherwise does what the one inside does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use creel::BoxFn;
use creel::storage::{
    Batch, Durability, Key, KeyRange, Order, Page, Scrubbed, Storage, StorageResult, Table, Write,
};

/// What has been asked for; clones share the numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts(Arc<Numbers>);

#[derive(Debug, Default)]
struct Numbers {
    transactions: AtomicU64,
    strict: AtomicU64,
    checks: AtomicU64,
    inserts: AtomicU64,
    other_writes: AtomicU64,
    reads: AtomicU64,
    scrubs: AtomicU64,
}

impl Counts {
    /// Takes the numbers since the last time.
    pub(crate) fn take(&self) -> BTreeMap<&'static str, u64> {
        let numbers = &self.0;
        let take = |number: &AtomicU64| number.swap(0, Ordering::SeqCst);
        let transactions = take(&numbers.transactions);
        let (reads, scrubs) = (take(&numbers.reads), take(&numbers.scrubs));
        BTreeMap::from([
            ("transactions", transactions),
            ("strict", take(&numbers.strict)),
            ("checks", take(&numbers.checks)),
            ("inserts", take(&numbers.inserts)),
            ("otherWrites", take(&numbers.other_writes)),
            ("reads", reads),
            ("storageCalls", transactions + reads + scrubs),
        ])
    }
}

/// The counting storage.
#[derive(Debug)]
pub(crate) struct Counting<S> {
    inside: S,
    counts: Counts,
}

impl<S: Storage> Counting<S> {
    /// Counts what is asked of `inside`.
    pub(crate) fn new(inside: S) -> (Self, Counts) {
        let counts = Counts::default();
        (Self { inside, counts: counts.clone() }, counts)
    }

    fn add(number: &AtomicU64, by: usize) {
        number.fetch_add(by as u64, Ordering::SeqCst);
    }
}

impl<S: Storage> Storage for Counting<S> {
    async fn get(&self, table: Table, keys: Vec<Key>) -> StorageResult<Vec<Option<Bytes>>> {
        Self::add(&self.counts.0.reads, 1);
        self.inside.get(table, keys).await
    }

    async fn scan(
        &self,
        table: Table,
        range: KeyRange,
        limit: usize,
        order: Order,
    ) -> StorageResult<Page> {
        Self::add(&self.counts.0.reads, 1);
        self.inside.scan(table, range, limit, order).await
    }

    async fn commit(&self, batch: Batch, durability: Durability) -> StorageResult<()> {
        let numbers = &self.counts.0;
        Self::add(&numbers.transactions, 1);
        Self::add(&numbers.strict, usize::from(durability == Durability::Strict));
        Self::add(&numbers.checks, batch.checks.len());
        let inserts = batch.writes.iter().filter(|write| matches!(write, Write::Insert { .. }));
        let inserts = inserts.count();
        Self::add(&numbers.inserts, inserts);
        Self::add(&numbers.other_writes, batch.writes.len() - inserts);
        self.inside.commit(batch, durability).await
    }

    async fn close(&self) -> StorageResult<()> {
        self.inside.close().await
    }

    async fn scrub(&self) -> StorageResult<Scrubbed> {
        Self::add(&self.counts.0.scrubs, 1);
        self.inside.scrub().await
    }

    fn watch(&self, callback: BoxFn<()>) -> bool {
        self.inside.watch(callback)
    }
}
