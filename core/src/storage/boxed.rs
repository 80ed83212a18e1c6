//! One type for storages that are chosen at run time, as the CLI and `serve` do.
//!
//! [`Storage`] has async methods and can't be a trait object itself; the private trait here is
//! its object-safe double. Nothing else in the core boxes a storage.

use bytes::Bytes;

use super::{
    Batch, Durability, Key, KeyRange, Order, Page, Scrubbed, Storage, StorageResult, Table,
};
use crate::maybe_send::{BoxFn, BoxFuture, MaybeSend, MaybeSync};

/// Holds a storage of any kind, at the cost of one allocation a call.
#[derive(Debug)]
pub struct BoxedStorage(Box<dyn DynStorage>);

impl BoxedStorage {
    /// Boxes `storage`.
    pub fn new(storage: impl Storage) -> Self {
        Self(Box::new(storage))
    }
}

/// What is boxed already is given on as it is: a future around it would weigh in every caller.
type Answer<'a, T> = BoxFuture<'a, StorageResult<T>>;

#[allow(refining_impl_trait, reason = "the types are as the trait has them, and known")]
impl Storage for BoxedStorage {
    fn get(&self, table: Table, keys: Vec<Key>) -> Answer<'_, Vec<Option<Bytes>>> {
        self.0.get(table, keys)
    }

    fn scan(&self, table: Table, range: KeyRange, limit: usize, order: Order) -> Answer<'_, Page> {
        self.0.scan(table, range, limit, order)
    }

    fn commit(&self, batch: Batch, durability: Durability) -> Answer<'_, ()> {
        self.0.commit(batch, durability)
    }

    fn close(&self) -> Answer<'_, ()> {
        self.0.close()
    }

    fn scrub(&self) -> Answer<'_, Scrubbed> {
        self.0.scrub()
    }

    fn watch(&self, callback: BoxFn<()>) -> bool {
        self.0.watch(callback)
    }
}

trait DynStorage: std::fmt::Debug + MaybeSend + MaybeSync {
    fn get(&self, table: Table, keys: Vec<Key>)
    -> BoxFuture<'_, StorageResult<Vec<Option<Bytes>>>>;

    fn scan(
        &self,
        table: Table,
        range: KeyRange,
        limit: usize,
        order: Order,
    ) -> BoxFuture<'_, StorageResult<Page>>;

    fn commit(&self, batch: Batch, durability: Durability) -> BoxFuture<'_, StorageResult<()>>;

    fn close(&self) -> BoxFuture<'_, StorageResult<()>>;

    fn scrub(&self) -> BoxFuture<'_, StorageResult<Scrubbed>>;

    fn watch(&self, callback: BoxFn<()>) -> bool;
}

impl<S: Storage> DynStorage for S {
    fn get(
        &self,
        table: Table,
        keys: Vec<Key>,
    ) -> BoxFuture<'_, StorageResult<Vec<Option<Bytes>>>> {
        Box::pin(Storage::get(self, table, keys))
    }

    fn scan(
        &self,
        table: Table,
        range: KeyRange,
        limit: usize,
        order: Order,
    ) -> BoxFuture<'_, StorageResult<Page>> {
        Box::pin(Storage::scan(self, table, range, limit, order))
    }

    fn commit(&self, batch: Batch, durability: Durability) -> BoxFuture<'_, StorageResult<()>> {
        Box::pin(Storage::commit(self, batch, durability))
    }

    fn close(&self) -> BoxFuture<'_, StorageResult<()>> {
        Box::pin(Storage::close(self))
    }

    fn scrub(&self) -> BoxFuture<'_, StorageResult<Scrubbed>> {
        Box::pin(Storage::scrub(self))
    }

    fn watch(&self, callback: BoxFn<()>) -> bool {
        Storage::watch(self, callback)
    }
}
