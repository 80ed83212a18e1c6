//! Stores of format 1 open as they always did, whatever becomes of the code.
//!
//! The fixture was written by the first version. It is never written again: a store that a user
//! has can't be either. A change of the format comes with a fixture of its own.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::Arc;

use creel::storage::{Batch, Durability, MemoryStorage, Storage, Table, Write};
use creel::{
    ArchiveFilter, CreateThread, DeleteOptions, GoalPatch, Item, ItemQuery, Store, StoreOptions,
    SystemEnv, Thread, ThreadId, ThreadQuery,
};
use futures_lite::future::block_on;

type Tables = BTreeMap<String, BTreeMap<String, String>>;

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/format-1.json");

async fn open(storage: &MemoryStorage) -> Store<MemoryStorage> {
    let env = Arc::new(SystemEnv::new());
    Store::open(storage.reopen(), env, StoreOptions::default()).await.unwrap()
}

async fn fixture() -> MemoryStorage {
    let tables: Tables = serde_json::from_slice(&std::fs::read(FIXTURE).unwrap()).unwrap();
    let mut writes = Vec::new();
    for table in Table::ALL {
        for (key, value) in tables.get(table.name()).into_iter().flatten() {
            let (key, value) = (key.clone(), value.clone().into());
            writes.push(Write::Put { table, key, value });
        }
    }
    let storage = MemoryStorage::new();
    storage.commit(Batch { checks: Vec::new(), writes }, Durability::Strict).await.unwrap();
    storage
}

fn item(n: u64) -> Item {
    Item::new(&format!(r#"{{"role":"user","content":"item {n}","n":1.50}}"#)).unwrap()
}

/// Writes the fixture; only for a new format.
#[test]
#[ignore = "writes the fixture"]
fn write_the_fixture() {
    block_on(async {
        let storage = MemoryStorage::new();
        let store = open(&storage).await;
        let named = |name: &str, parent: Option<ThreadId>| CreateThread {
            name: Some(name.into()),
            parent_thread_id: parent,
            ..CreateThread::default()
        };
        let root = store.create(named("root", None)).await.unwrap().id;
        let child = store.create(named("child", Some(root))).await.unwrap().id;
        let archived = store.create(named("archived", None)).await.unwrap().id;
        let hidden = store.create(named("hidden", None)).await.unwrap().id;
        let erased = store.create(named("erased", None)).await.unwrap().id;
        store.append(root, (0..20).map(item).collect()).await.unwrap();
        let goal = GoalPatch { objective: Some("Ship it".into()), ..GoalPatch::default() };
        store.set_goal(root, goal).await.unwrap();
        store.append_logs(root, vec![item(0)]).await.unwrap();
        store.set_tools(child, vec![item(1)]).await.unwrap();
        store.create_job("job", vec!["a".into(), "b".into()]).await.unwrap();
        store.delete(erased, DeleteOptions::default()).await.unwrap();
        store.append(hidden, (0..3).map(item).collect()).await.unwrap();
        let grace = DeleteOptions { grace: Some(1 << 50), ..DeleteOptions::default() };
        store.delete(hidden, grace).await.unwrap();
        store.archive(archived).await.unwrap();
        store.append(root, (20..25).map(item).collect()).await.unwrap();
        let records = |table| {
            let records = storage.records(table).into_iter();
            records.map(|(key, value)| (key, String::from_utf8(value.to_vec()).unwrap())).collect()
        };
        let tables: Tables =
            Table::ALL.into_iter().map(|table| (table.name().to_owned(), records(table))).collect();
        std::fs::write(FIXTURE, serde_json::to_string_pretty(&tables).unwrap() + "\n").unwrap();
    });
}

#[test]
fn a_store_of_format_1_opens_whole() {
    block_on(async {
        let storage = fixture().await;
        for _ in 0..2 {
            let store = open(&storage).await;
            let all = ThreadQuery { archived: Some(ArchiveFilter::All), ..ThreadQuery::default() };
            let threads = store.list(all).await.unwrap().data;
            let thread = |name: &str| -> &Thread {
                threads.iter().find(|thread| thread.name.as_deref() == Some(name)).unwrap()
            };
            assert_eq!(threads.len(), 3);
            let (root, child) = (thread("root"), thread("child"));
            assert_eq!(child.parent_thread_id, Some(root.id));
            assert!(thread("archived").archived());
            assert_eq!(root.preview, "item 0");
            let items = store.items(root.id, ItemQuery::default()).await.unwrap().data;
            let expected: Vec<Item> = (0..25).map(item).collect();
            assert_eq!(items.into_iter().map(|item| item.item).collect::<Vec<_>>(), expected);
            assert_eq!(store.goal(root.id).await.unwrap().unwrap().objective, "Ship it");
            assert_eq!(store.logs(root.id, 0, 10).await.unwrap()[0].item, item(0));
            assert_eq!(store.tools(child.id).await.unwrap(), [item(1)]);
            assert_eq!(store.jobs().await.unwrap()[0].tasks.len(), 2);
            let pending = store.pending_deletions().await.unwrap();
            assert_eq!((pending.len(), pending[0].name.as_deref()), (1, Some("hidden")));
            store.checkpoint().await.unwrap();
            store.close().await.unwrap();
        }
    });
}

#[test]
fn a_deletion_of_format_1_can_be_undone() {
    block_on(async {
        let store = open(&fixture().await).await;
        let pending = store.pending_deletions().await.unwrap();
        let threads = store.undelete(pending[0].deletion).await.unwrap();
        let items = store.items(threads[0], ItemQuery::default()).await.unwrap().data;
        assert_eq!(items.len(), 3);
    });
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    block_on(async {
        let storage = fixture().await;
        let head = storage.get(Table::Catalog, vec!["head".into()]).await.unwrap();
        let head = String::from_utf8(head[0].as_ref().unwrap().to_vec()).unwrap();
        let newer = head.replacen("\"v\":1", "\"v\":2", 1);
        let write = Write::Put { table: Table::Catalog, key: "head".into(), value: newer.into() };
        let batch = Batch { checks: Vec::new(), writes: vec![write] };
        storage.commit(batch, Durability::Strict).await.unwrap();
        let before = Table::ALL.map(|table| storage.records(table));
        let env = Arc::new(SystemEnv::new());
        let opened = Store::open(storage.reopen(), env, StoreOptions::default()).await;
        assert_eq!(opened.unwrap_err().code(), "schema_too_new");
        assert_eq!(Table::ALL.map(|table| storage.records(table)), before);
    });
}
