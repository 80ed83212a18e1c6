//! A storage that fails on command, around any other one.
//!
//! A test holds the [`FaultPlan`], looks at every call and decides what becomes of it. One plan
//! may rule several handles, as one machine runs several processes.

mod plan;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

pub use plan::{Call, Counts, Fault, FaultPlan, Operation};

use super::{
    Batch, Durability, Key, KeyRange, Order, Page, Scrubbed, Storage, StorageError, StorageResult,
    Table,
};
use crate::maybe_send::BoxFn;

/// Passes calls to a storage unless the plan says otherwise.
///
/// A handle that crashed is dead: its later calls touch nothing and answer
/// [`StorageError::Closed`]. The calls that the crash cut off answer
/// [`StorageError::Unavailable`], not retryable, since their outcome is unknown. A plan that
/// [hangs](FaultPlan::hang_when_dead) answers none of them, ever, as a real crash does.
pub struct FaultyStorage<S> {
    inner: Arc<S>,
    plan: FaultPlan,
    handle: u64,
}

impl<S: Storage> FaultyStorage<S> {
    /// Wraps `storage` as one more handle that `plan` rules.
    pub fn new(storage: S, plan: &FaultPlan) -> Self {
        Self { inner: Arc::new(storage), plan: plan.clone(), handle: plan.add_handle() }
    }

    /// Returns the number by which the plan knows this handle.
    pub fn handle(&self) -> u64 {
        self.handle
    }

    /// Runs one call under the plan; beside its result, the key whose value is to be torn.
    async fn call<T>(
        &self,
        operation: Operation<'_>,
        apply: impl Future<Output = StorageResult<T>>,
    ) -> StorageResult<(T, Option<Key>)> {
        if self.plan.is_dead(self.handle) {
            return self.dead(StorageError::Closed).await;
        }
        let call = self.plan.count(self.handle, operation);
        self.plan.pause().await;
        if self.plan.is_dead(self.handle) {
            return self.dead(crashed()).await;
        }
        let mut torn = None;
        let result = match self.plan.decide(&call) {
            Fault::None => apply.await,
            Fault::TornRead { key } => {
                torn = Some(key);
                apply.await
            }
            Fault::Fail(error) => Err(error),
            Fault::CrashBefore => {
                self.plan.kill(self.handle);
                Err(crashed())
            }
            Fault::CrashAfter => {
                // The outcome, good or bad, dies with the process.
                let _ = apply.await;
                self.plan.kill(self.handle);
                Err(crashed())
            }
            Fault::LostAnswer => {
                // An answer that never came can't tell success from failure.
                let _ = apply.await;
                Err(lost())
            }
            Fault::Zombie => {
                if let Operation::Commit { batch, durability } = call.operation {
                    self.plan.keep_zombie(self.inner.clone(), batch.clone(), durability);
                }
                Err(lost())
            }
        };
        self.plan.pause().await;
        if self.plan.is_dead(self.handle) {
            return self.dead(crashed()).await;
        }
        result.map(|value| (value, torn))
    }

    async fn dead<T>(&self, error: StorageError) -> StorageResult<T> {
        if self.plan.hangs() {
            std::future::pending::<()>().await;
        }
        Err(error)
    }
}

impl<S: Storage> Storage for FaultyStorage<S> {
    async fn get(&self, table: Table, keys: Vec<Key>) -> StorageResult<Vec<Option<Bytes>>> {
        let operation = Operation::Get { table, keys: &keys };
        let (mut values, torn) = self.call(operation, self.inner.get(table, keys.clone())).await?;
        if let Some(torn) = torn {
            let found = keys.iter().zip(&mut values).filter(|(key, _)| **key == torn);
            found.filter_map(|(_, value)| value.as_mut()).for_each(tear);
        }
        Ok(values)
    }

    async fn scan(
        &self,
        table: Table,
        range: KeyRange,
        limit: usize,
        order: Order,
    ) -> StorageResult<Page> {
        let operation = Operation::Scan { table, range: &range, limit, order };
        let scan = self.inner.scan(table, range.clone(), limit, order);
        let (mut page, torn) = self.call(operation, scan).await?;
        if let Some(torn) = torn {
            let found = page.records.iter_mut().filter(|(key, _)| *key == torn);
            found.for_each(|(_, value)| tear(value));
        }
        Ok(page)
    }

    async fn commit(&self, batch: Batch, durability: Durability) -> StorageResult<()> {
        let operation = Operation::Commit { batch: &batch, durability };
        let ((), _) = self.call(operation, self.inner.commit(batch.clone(), durability)).await?;
        Ok(())
    }

    async fn close(&self) -> StorageResult<()> {
        match self.call(Operation::Close, self.inner.close()).await {
            Ok(_) | Err(StorageError::Closed) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn scrub(&self) -> StorageResult<Scrubbed> {
        let (scrubbed, _) = self.call(Operation::Scrub, self.inner.scrub()).await?;
        Ok(scrubbed)
    }

    fn watch(&self, callback: BoxFn<()>) -> bool {
        let (plan, handle) = (self.plan.clone(), self.handle);
        self.inner.watch(Box::new(move |()| {
            if !plan.is_dead(handle) {
                callback(());
            }
        }))
    }
}

impl<S: fmt::Debug> fmt::Debug for FaultyStorage<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyStorage")
            .field("inner", &self.inner)
            .field("handle", &self.handle)
            .finish_non_exhaustive()
    }
}

fn crashed() -> StorageError {
    // Not `Closed`, which would say that nothing was written.
    StorageError::Unavailable {
        retryable: false,
        reason: "the process crashed".into(),
        cause: None,
    }
}

fn lost() -> StorageError {
    StorageError::Unavailable { retryable: true, reason: "the answer was lost".into(), cause: None }
}

fn tear(value: &mut Bytes) {
    // The first half arrives; of an empty value, a byte that was never written.
    *value = match value.len() {
        0 => Bytes::from_static(b"\0"),
        length => value.slice(..length / 2),
    };
}
