//! A storage that says on standard output what it is about to do and what it has done.
//!
//! A parent that reads along can kill the process inside the very call that it wants to interrupt,
//! and knows afterwards which call that was.

use bytes::Bytes;
use creel::BoxFn;
use creel::storage::{
    Batch, Durability, Key, KeyRange, Order, Page, Scrubbed, Storage, StorageResult, Table, Write,
};

/// Announces commits (`before appended+created`, `after …`) and scrubs; reads go by in silence.
#[derive(Debug)]
pub struct Announcing<S>(pub S);

impl<S: Storage> Storage for Announcing<S> {
    async fn get(&self, table: Table, keys: Vec<Key>) -> StorageResult<Vec<Option<Bytes>>> {
        self.0.get(table, keys).await
    }

    async fn scan(
        &self,
        table: Table,
        range: KeyRange,
        limit: usize,
        order: Order,
    ) -> StorageResult<Page> {
        self.0.scan(table, range, limit, order).await
    }

    async fn commit(&self, batch: Batch, durability: Durability) -> StorageResult<()> {
        let events = events(&batch);
        println!("before {events}");
        let result = self.0.commit(batch, durability).await;
        let outcome = if result.is_ok() { "after" } else { "failed" };
        println!("{outcome} {events}");
        result
    }

    async fn close(&self) -> StorageResult<()> {
        self.0.close().await
    }

    async fn scrub(&self) -> StorageResult<Scrubbed> {
        println!("before scrub");
        let result = self.0.scrub().await;
        println!("after scrub");
        result
    }

    fn watch(&self, callback: BoxFn<()>) -> bool {
        self.0.watch(callback)
    }
}

/// Returns the kinds of events in the entry that a batch inserts, each once.
fn events(batch: &Batch) -> String {
    let entry = batch.writes.iter().find_map(|write| match write {
        Write::Insert { table: Table::Journal, value, .. } => serde_json::from_slice(value).ok(),
        _ => None,
    });
    let entry: serde_json::Value = entry.unwrap_or_default();
    let events = entry["events"].as_array().into_iter().flatten();
    let mut kinds: Vec<&String> =
        events.filter_map(|event| event.as_object()?.keys().next()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let kinds: Vec<&str> = kinds.into_iter().map(String::as_str).collect();
    if kinds.is_empty() { "nothing".into() } else { kinds.join("+") }
}
