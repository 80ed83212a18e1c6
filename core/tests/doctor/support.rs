//! A store with something of everything, and ways to damage it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use creel::doctor::{FindingCode, Report};
use creel::storage::{MemoryStorage, Snapshot, Table};
use creel::{
    ArchiveFilter, CreateThread, DeleteOptions, GoalPatch, Item, ItemQuery, JobTask, Result, Store,
    StoreOptions, SystemEnv, TaskStatus, ThreadId, ThreadQuery,
};
use serde_json::Value;

pub(crate) type Memory = Store<MemoryStorage>;

/// The threads of the store that tests damage.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Threads {
    pub(crate) root: ThreadId,
    pub(crate) child: ThreadId,
    /// Without history, parent or anything that refers to it.
    pub(crate) plain: ThreadId,
    pub(crate) other: ThreadId,
    /// Two segments.
    pub(crate) long: ThreadId,
    /// Deleted, and can still be undone.
    pub(crate) graced: ThreadId,
    /// Deleted for good.
    pub(crate) erased: ThreadId,
}

pub(crate) async fn try_open(storage: &MemoryStorage) -> Result<Memory> {
    let env = Arc::new(SystemEnv::new());
    Store::open(storage.reopen(), env, StoreOptions::default()).await
}

pub(crate) async fn open(storage: &MemoryStorage) -> Memory {
    try_open(storage).await.unwrap()
}

pub(crate) fn named(name: &str) -> CreateThread {
    CreateThread { name: Some(name.into()), ..CreateThread::default() }
}

pub(crate) fn under(parent: ThreadId) -> CreateThread {
    CreateThread { parent_thread_id: Some(parent), ..CreateThread::default() }
}

pub(crate) fn item(n: usize) -> Item {
    Item::new(&format!(r#"{{"role":"user","content":"item {n}"}}"#)).unwrap()
}

pub(crate) fn items(range: std::ops::Range<usize>) -> Vec<Item> {
    range.map(item).collect()
}

pub(crate) async fn filled() -> (MemoryStorage, Threads) {
    let storage = MemoryStorage::new();
    let store = open(&storage).await;
    let create = async |thread| store.create(thread).await.unwrap().id;
    let root = create(named("root")).await;
    let child = create(under(root)).await;
    let plain = create(named("plain")).await;
    let other = create(named("other")).await;
    let long = create(named("long")).await;
    let graced = create(named("graced")).await;
    let erased = create(named("erased")).await;
    let threads = Threads { root, child, plain, other, long, graced, erased };
    for id in [root, child, erased] {
        store.append(id, items(0..20)).await.unwrap();
    }
    let filler = "x".repeat(900);
    let large = |n| Item::new(&format!(r#"{{"n":{n},"filler":"{filler}"}}"#)).unwrap();
    store.append(long, (0..200).map(large).collect()).await.unwrap();
    store.append_logs(root, items(0..3)).await.unwrap();
    store.append_logs(root, items(3..5)).await.unwrap();
    store.set_tools(root, items(0..2)).await.unwrap();
    let goal = GoalPatch { objective: Some("end".into()), ..GoalPatch::default() };
    store.set_goal(child, goal).await.unwrap();
    let job = store.create_job("job", vec!["task".into()]).await.unwrap();
    let task = JobTask {
        id: "task".into(),
        status: TaskStatus::Running,
        thread_id: Some(child),
        last_error: None,
    };
    store.set_task(job.id, task).await.unwrap();
    store.delete(erased, DeleteOptions::default()).await.unwrap();
    let grace = DeleteOptions { grace: Some(1_000_000_000), ..DeleteOptions::default() };
    store.delete(graced, grace).await.unwrap();
    store.checkpoint().await.unwrap();
    store.append(child, items(20..25)).await.unwrap();
    store.append(root, items(20..22)).await.unwrap();
    store.append(child, items(25..30)).await.unwrap();
    store.close().await.unwrap();
    (storage, threads)
}

pub(crate) fn codes(report: &Report) -> BTreeSet<FindingCode> {
    report.findings.iter().map(|finding| finding.code).collect()
}

/// Every item that can be read, by thread and number.
pub(crate) async fn readable(store: &Memory) -> BTreeMap<(ThreadId, u64), String> {
    let query = ThreadQuery {
        archived: Some(ArchiveFilter::All),
        limit: Some(1000),
        ..ThreadQuery::default()
    };
    let mut found = BTreeMap::new();
    for thread in store.list(query).await.unwrap().data {
        let mut from = 0;
        while from < thread.items.min(1000) {
            let query = ItemQuery { from: Some(from), limit: Some(1000), ..ItemQuery::default() };
            let page = match store.items(thread.id, query.clone()).await {
                Ok(page) => page,
                // One bad item fails its page; the others are read one by one.
                Err(_) => {
                    let one = ItemQuery { limit: Some(1), ..query };
                    store.items(thread.id, one).await.unwrap_or_default()
                }
            };
            from = page.data.last().map_or(from, |last| last.seq) + 1;
            for item in page.data {
                found.insert((thread.id, item.seq), item.item.json().to_owned());
            }
        }
    }
    found
}

pub(crate) fn page_key(snapshot: &Snapshot) -> String {
    let mut keys = snapshot.records(Table::Catalog).keys();
    keys.find(|key| key.starts_with("page/")).unwrap().clone()
}

/// Changes a record as JSON.
pub(crate) fn edit(
    snapshot: &mut Snapshot,
    table: Table,
    key: &str,
    change: impl FnOnce(&mut Value),
) {
    let records = snapshot.records_mut(table);
    let mut value: Value = serde_json::from_slice(&records[key]).unwrap();
    change(&mut value);
    records.insert(key.to_owned(), Bytes::from(serde_json::to_vec(&value).unwrap()));
}

/// Changes a thread's record in its page.
pub(crate) fn edit_thread(snapshot: &mut Snapshot, id: ThreadId, change: impl FnOnce(&mut Value)) {
    let page = page_key(snapshot);
    edit(snapshot, Table::Catalog, &page, |page| {
        let threads = page["threads"].as_array_mut().unwrap();
        let thread = threads.iter_mut().find(|thread| thread["id"] == id.to_string()).unwrap();
        change(thread);
    });
}

pub(crate) fn key_with(snapshot: &Snapshot, table: Table, part: &str) -> String {
    snapshot.records(table).keys().find(|key| key.contains(part)).unwrap().clone()
}

/// Cuts a record in half.
pub(crate) fn cut(snapshot: &mut Snapshot, table: Table, key: &str) {
    let value = snapshot.records_mut(table).get_mut(key).unwrap();
    *value = value.slice(..value.len() / 2);
}

pub(crate) fn replace(snapshot: &mut Snapshot, table: Table, key: &str, from: &str, to: &str) {
    let value = snapshot.records_mut(table).get_mut(key).unwrap();
    let text = String::from_utf8(value.to_vec()).unwrap();
    assert!(text.contains(from), "{key} holds {from}");
    *value = Bytes::from(text.replacen(from, to, 1));
}
