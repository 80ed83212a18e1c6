//! The storage of a simulation: one memory, watched from below, so that the order of commits is known.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use creel::BoxFn;
use creel::storage::{
    Batch, Durability, Key, KeyRange, MemoryStorage, Order, Page, Scrubbed, Storage, StorageResult,
    Table,
};

use super::executor::lock;

/// Commits as they were applied, each with the process whose storage did it.
pub type CommitLog = Arc<Mutex<Vec<(u64, Batch)>>>;

/// A memory that notes every commit that it applied.
#[derive(Debug)]
pub struct Witnessed {
    inner: MemoryStorage,
    process: u64,
    watches: bool,
    log: CommitLog,
}

impl Witnessed {
    /// Wraps a handle of `process`; with `watches` it hears of the commits of others.
    pub fn new(inner: MemoryStorage, process: u64, watches: bool, log: &CommitLog) -> Self {
        Self { inner, process, watches, log: Arc::clone(log) }
    }
}

impl Storage for Witnessed {
    async fn get(&self, table: Table, keys: Vec<Key>) -> StorageResult<Vec<Option<Bytes>>> {
        self.inner.get(table, keys).await
    }

    async fn scan(
        &self,
        table: Table,
        range: KeyRange,
        limit: usize,
        order: Order,
    ) -> StorageResult<Page> {
        self.inner.scan(table, range, limit, order).await
    }

    async fn commit(&self, batch: Batch, durability: Durability) -> StorageResult<()> {
        self.inner.commit(batch.clone(), durability).await?;
        lock(&self.log).push((self.process, batch));
        Ok(())
    }

    async fn close(&self) -> StorageResult<()> {
        self.inner.close().await
    }

    async fn scrub(&self) -> StorageResult<Scrubbed> {
        self.inner.scrub().await
    }

    fn watch(&self, callback: BoxFn<()>) -> bool {
        self.watches && self.inner.watch(callback)
    }
}
