//! A storage that is counted: its commits, the conflicts among them, and what fails.

use std::time::Instant;

use bytes::Bytes;
use creel::BoxFn;
use creel::storage::{
    Batch, BoxedStorage, Durability, Key, KeyRange, Order, Page, Scrubbed, Storage, StorageError,
    StorageResult, Table,
};

use super::metrics::Metrics;

#[derive(Debug)]
pub(super) struct Metered {
    storage: BoxedStorage,
    metrics: Metrics,
}

impl Metered {
    pub(super) fn new(storage: BoxedStorage, metrics: Metrics) -> Self {
        Self { storage, metrics }
    }

    fn count<T>(&self, result: StorageResult<T>) -> StorageResult<T> {
        match &result {
            Err(StorageError::Conflict) => self.metrics.conflicts.inc(),
            Err(StorageError::Closed) | Ok(_) => 0,
            Err(_) => self.metrics.storage_errors.inc(),
        };
        result
    }
}

impl Storage for Metered {
    async fn get(&self, table: Table, keys: Vec<Key>) -> StorageResult<Vec<Option<Bytes>>> {
        self.count(self.storage.get(table, keys).await)
    }

    async fn scan(
        &self,
        table: Table,
        range: KeyRange,
        limit: usize,
        order: Order,
    ) -> StorageResult<Page> {
        self.count(self.storage.scan(table, range, limit, order).await)
    }

    async fn commit(&self, batch: Batch, durability: Durability) -> StorageResult<()> {
        let begun = Instant::now();
        let result = self.count(self.storage.commit(batch, durability).await);
        if result.is_ok() {
            self.metrics.commits.inc();
            self.metrics.committed(begun.elapsed());
        }
        result
    }

    async fn close(&self) -> StorageResult<()> {
        self.storage.close().await
    }

    async fn scrub(&self) -> StorageResult<Scrubbed> {
        self.count(self.storage.scrub().await)
    }

    fn watch(&self, callback: BoxFn<()>) -> bool {
        self.storage.watch(callback)
    }
}
