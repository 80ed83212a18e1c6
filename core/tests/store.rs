//! The store from its public face, over the memory storage.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use creel::storage::MemoryStorage;
use creel::{
    ArchiveFilter, Change, CreateThread, DeleteOptions, EdgeStatus, Error, Item, ItemQuery,
    SortDirection, Store, StoreOptions, SystemEnv, ThreadId, ThreadPatch, ThreadQuery,
};
use futures_lite::future::block_on;

type Memory = Store<MemoryStorage>;

async fn open(storage: &MemoryStorage) -> Memory {
    Store::open(storage.reopen(), Arc::new(SystemEnv::new()), StoreOptions::default())
        .await
        .unwrap()
}

fn named(name: &str) -> CreateThread {
    CreateThread { name: Some(name.into()), ..CreateThread::default() }
}

fn under(parent: ThreadId) -> CreateThread {
    CreateThread { parent_thread_id: Some(parent), ..CreateThread::default() }
}

fn item(n: usize) -> Item {
    Item::new(&format!(r#"{{"type":"note","n":{n}}}"#)).unwrap()
}

async fn numbers(store: &Memory, id: ThreadId) -> Vec<u64> {
    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        let query = ItemQuery { cursor, limit: Some(7), ..ItemQuery::default() };
        let page = store.items(id, query).await.unwrap();
        for item in &page.data {
            #[derive(serde::Deserialize)]
            struct Note {
                n: u64,
            }
            assert_eq!(item.seq, found.len() as u64);
            found.push(item.item.parse::<Note>().unwrap().n);
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            return found;
        }
    }
}

async fn listed(store: &Memory) -> Vec<ThreadId> {
    let query = ThreadQuery { archived: Some(ArchiveFilter::All), ..ThreadQuery::default() };
    store.list(query).await.unwrap().data.into_iter().map(|thread| thread.id).collect()
}

#[test]
fn a_tree_is_kept_over_checkpoint_and_reopening() {
    block_on(async {
        let storage = MemoryStorage::new();
        let store = open(&storage).await;
        let root = store.create(named("root")).await.unwrap();
        let child = store.create(under(root.id)).await.unwrap();
        store.append(child.id, (0..10).map(item).collect()).await.unwrap();
        store.checkpoint().await.unwrap();
        store.append(child.id, (10..30).map(item).collect()).await.unwrap();
        assert_eq!(numbers(&store, child.id).await, (0..30).collect::<Vec<_>>());
        store.checkpoint().await.unwrap();
        store.append(child.id, (30..33).map(item).collect()).await.unwrap();
        let before = (store.read(root.id).await.unwrap(), store.read(child.id).await.unwrap());
        store.close().await.unwrap();
        assert!(matches!(store.read(root.id).await, Err(Error::Closed)));

        let store = open(&storage).await;
        let after = (store.read(root.id).await.unwrap(), store.read(child.id).await.unwrap());
        assert_eq!(before, after);
        assert_eq!(after.1.parent_thread_id, Some(root.id));
        assert_eq!(numbers(&store, child.id).await, (0..33).collect::<Vec<_>>());
    });
}

#[test]
fn pages_of_items_go_both_ways() {
    block_on(async {
        let store = open(&MemoryStorage::new()).await;
        let root = store.create(named("root")).await.unwrap().id;
        for part in 0..10 {
            store.append(root, (part * 10..part * 10 + 10).map(item).collect()).await.unwrap();
            if part % 3 == 0 {
                store.checkpoint().await.unwrap();
            }
        }
        let mut query = ItemQuery {
            limit: Some(30),
            sort_direction: Some(SortDirection::Desc),
            ..ItemQuery::default()
        };
        let mut seen = Vec::new();
        loop {
            let page = store.items(root, query.clone()).await.unwrap();
            seen.extend(page.data.iter().map(|item| item.seq));
            query.cursor = page.next_cursor;
            if query.cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, (0..100).rev().collect::<Vec<_>>());
        let from = ItemQuery { from: Some(95), ..ItemQuery::default() };
        let page = store.items(root, from).await.unwrap();
        assert_eq!(page.data.len(), 5);
        assert_eq!(page.next_cursor, None);
    });
}

#[test]
fn a_large_append_goes_into_segments_at_once() {
    block_on(async {
        let storage = MemoryStorage::new();
        let store = open(&storage).await;
        let root = store.create(named("root")).await.unwrap().id;
        store.append(root, (0..5).map(item).collect()).await.unwrap();
        let appended =
            store.append(root, (5..20_000).map(item).take(9_995).collect()).await.unwrap();
        assert_eq!((appended.first, appended.count), (5, 9_995));
        store.append(root, (10_000..10_003).map(item).collect()).await.unwrap();
        assert!(store.stats().journal_bytes < 10_000);
        assert_eq!(numbers(&store, root).await, (0..10_003).collect::<Vec<_>>());
        let other = open(&storage).await;
        assert_eq!(numbers(&other, root).await, (0..10_003).collect::<Vec<_>>());
        store.checkpoint().await.unwrap();
        assert_eq!(numbers(&other, root).await, (0..10_003).collect::<Vec<_>>());
        assert_eq!(numbers(&store, root).await, (0..10_003).collect::<Vec<_>>());
    });
}

#[test]
fn deleting_a_tree_leaves_nothing_and_keeps_a_receipt() {
    block_on(async {
        let storage = MemoryStorage::new();
        let store = open(&storage).await;
        let root = store.create(named("canary-name")).await.unwrap().id;
        let child = store.create(under(root)).await.unwrap().id;
        let grandchild = store.create(under(child)).await.unwrap().id;
        let stays = store.create(named("stays")).await.unwrap().id;
        for id in [root, child, grandchild, stays] {
            store.append(id, (0..50).map(item).collect()).await.unwrap();
        }
        store.checkpoint().await.unwrap();
        store.append(grandchild, (50..60).map(item).collect()).await.unwrap();
        let plan = store.plan_delete(root, creel::Children::Delete).await.unwrap();
        assert_eq!((plan.threads, plan.items), (3, 160));
        assert_eq!(plan.members, [grandchild, child, root]);
        let changes = store.subscribe();
        let options = DeleteOptions { plan: Some(plan.token), ..DeleteOptions::default() };
        let receipt = store.delete(root, options).await.unwrap();
        assert_eq!(receipt.members, [grandchild, child, root]);
        assert_eq!((receipt.removed.threads, receipt.removed.items), (3, 160));
        assert!(receipt.erased_at.is_some());
        let deleted = std::iter::from_fn(|| changes.try_recv().ok())
            .find_map(|event| match event.change {
                Change::Deleted { thread_ids, .. } => Some(thread_ids),
                _ => None,
            })
            .unwrap();
        assert_eq!(deleted, [grandchild, child, root]);
        assert_eq!(listed(&store).await, [stays]);
        for id in [root, child, grandchild] {
            assert_eq!(store.read(id).await.unwrap_err().code(), "thread_deleted");
            assert_eq!(store.append(id, vec![item(0)]).await.unwrap_err().code(), "thread_deleted");
            let again = store.delete(id, DeleteOptions::default()).await.unwrap();
            assert_eq!(again, receipt);
        }
        let tables = creel::storage::Table::ALL;
        for (table, (key, value)) in tables
            .iter()
            .flat_map(|table| storage.records(*table).into_iter().map(move |r| (table, r)))
        {
            let text = format!("{key} {}", String::from_utf8_lossy(&value));
            assert!(!text.contains("canary-name"), "{table:?} {key}");
            if !key.starts_with("receipt/") && !text.contains("\"erased\"") {
                assert!(!text.contains(&grandchild.to_string()), "{table:?} {text}");
            }
        }
        assert_eq!(numbers(&store, stays).await, (0..50).collect::<Vec<_>>());
        let store = open(&storage).await;
        assert_eq!(listed(&store).await, [stays]);
        assert_eq!(store.receipt(child).await.unwrap(), Some(receipt));
        let create = CreateThread { id: Some(root), ..CreateThread::default() };
        assert_eq!(store.create(create).await.unwrap_err().code(), "thread_deleted");
    });
}

#[test]
fn two_instances_see_each_other_and_lose_nothing() {
    block_on(async {
        let storage = MemoryStorage::new();
        let (a, b) = (open(&storage).await, open(&storage).await);
        let root = a.create(named("shared")).await.unwrap().id;
        let changes = b.subscribe();
        for n in 0..100 {
            let store = if n % 2 == 0 { &a } else { &b };
            store.append(root, vec![item(n)]).await.unwrap();
        }
        a.refresh().await.unwrap();
        b.refresh().await.unwrap();
        assert_eq!(numbers(&a, root).await, (0..100).collect::<Vec<_>>());
        assert_eq!(numbers(&b, root).await, (0..100).collect::<Vec<_>>());
        let appended: u64 = std::iter::from_fn(|| changes.try_recv().ok())
            .map(|event| match event.change {
                Change::Appended { count, .. } => count,
                _ => 0,
            })
            .sum();
        assert_eq!(appended, 100);
        a.delete(root, DeleteOptions::default()).await.unwrap();
        assert_eq!(b.append(root, vec![item(0)]).await.unwrap_err().code(), "thread_deleted");
        assert_eq!(listed(&b).await, []);
    });
}

#[test]
fn concurrent_appends_share_commits() {
    block_on(async {
        let store = open(&MemoryStorage::new()).await;
        let root = store.create(named("root")).await.unwrap().id;
        let before = store.stats().position;
        let appends: Vec<_> = (0..25).map(|n| store.append(root, vec![item(n)])).collect();
        let results = futures_util::future::join_all(appends).await;
        assert!(results.iter().all(Result::is_ok));
        assert_eq!(store.read(root).await.unwrap().items, 25);
        assert!(store.stats().position - before <= 25);
    });
}

#[test]
fn archive_and_unarchive_go_together() {
    block_on(async {
        let store = open(&MemoryStorage::new()).await;
        let root = store.create(named("root")).await.unwrap().id;
        let (a, b) = (
            store.create(under(root)).await.unwrap().id,
            store.create(under(root)).await.unwrap().id,
        );
        assert_eq!(store.archive(a).await.unwrap(), [a]);
        assert_eq!(store.archive(root).await.unwrap(), [root, b]);
        assert_eq!(store.archive(root).await.unwrap(), []);
        assert_eq!(store.append(b, vec![item(0)]).await.unwrap_err().code(), "thread_archived");
        assert_eq!(store.unarchive(b).await.unwrap_err().code(), "thread_archived");
        assert_eq!(store.unarchive(root).await.unwrap(), [root, b]);
        assert_eq!(store.unarchive(root).await.unwrap_err().code(), "thread_not_archived");
        assert!(store.read(a).await.unwrap().archived());
    });
}

#[test]
fn a_deletion_in_grace_can_be_undone_across_reopening() {
    block_on(async {
        let storage = MemoryStorage::new();
        let store = open(&storage).await;
        let root = store.create(named("root")).await.unwrap().id;
        let child = store.create(under(root)).await.unwrap().id;
        store.append(child, (0..9).map(item).collect()).await.unwrap();
        let before = store.read(child).await.unwrap();
        let options = DeleteOptions { grace: Some(3_600_000), ..DeleteOptions::default() };
        let receipt = store.delete(root, options).await.unwrap();
        assert_eq!(receipt.erased_at, None);
        store.checkpoint().await.unwrap();
        store.close().await.unwrap();
        let store = open(&storage).await;
        assert_eq!(listed(&store).await, []);
        let pending = store.pending_deletions().await.unwrap();
        assert_eq!(pending[0].name.as_deref(), Some("root"));
        assert_eq!(store.undelete(receipt.deletion).await.unwrap(), [root, child]);
        assert_eq!(store.read(child).await.unwrap(), before);
        assert_eq!(numbers(&store, child).await, (0..9).collect::<Vec<_>>());
        let error = store.undelete(receipt.deletion).await.unwrap_err();
        assert_eq!(error.code(), "not_undoable");
    });
}

#[test]
fn children_can_be_detached_or_refuse_the_deletion() {
    block_on(async {
        let store = open(&MemoryStorage::new()).await;
        let root = store.create(named("root")).await.unwrap().id;
        let child = store.create(under(root)).await.unwrap().id;
        let below = store.create(under(child)).await.unwrap().id;
        store.append(below, (0..3).map(item).collect()).await.unwrap();
        store.checkpoint().await.unwrap();
        let refuse =
            DeleteOptions { children: creel::Children::Refuse, ..DeleteOptions::default() };
        assert_eq!(store.delete(root, refuse).await.unwrap_err().code(), "has_children");
        let detach =
            DeleteOptions { children: creel::Children::Detach, ..DeleteOptions::default() };
        store.delete(root, detach).await.unwrap();
        assert_eq!(store.read(child).await.unwrap().parent_thread_id, None);
        assert_eq!(store.read(below).await.unwrap().parent_thread_id, Some(child));
        assert_eq!(numbers(&store, below).await, [0, 1, 2]);
        store.delete(child, DeleteOptions::default()).await.unwrap();
        assert_eq!(listed(&store).await, []);
    });
}

#[test]
fn undoing_a_deletion_gives_detached_children_their_parent_back() {
    block_on(async {
        let storage = MemoryStorage::new();
        let store = open(&storage).await;
        let root = store.create(named("root")).await.unwrap().id;
        let child = store.create(under(root)).await.unwrap().id;
        let moved = store.create(under(root)).await.unwrap().id;
        let before = store.set_edge_status(child, EdgeStatus::Closed).await.unwrap();
        let detach = DeleteOptions {
            children: creel::Children::Detach,
            grace: Some(60_000),
            ..DeleteOptions::default()
        };
        let deletion = store.delete(root, detach.clone()).await.unwrap().deletion;
        let alone = store.read(child).await.unwrap();
        assert_eq!((alone.parent_thread_id, alone.edge_status), (None, None));
        let error = store.set_edge_status(child, EdgeStatus::Open).await.unwrap_err();
        assert_eq!(error.code(), "not_spawned");
        let hidden = DeleteOptions { grace: Some(60_000), ..DeleteOptions::default() };
        let hidden = store.delete(child, hidden).await.unwrap().deletion;
        store.undelete(hidden).await.unwrap();
        store.set_parent(moved, None).await.unwrap();
        store.checkpoint().await.unwrap();
        store.undelete(deletion).await.unwrap();
        assert_eq!(store.read(child).await.unwrap(), before);
        assert_eq!(store.read(moved).await.unwrap().parent_thread_id, None);

        let detach = DeleteOptions { grace: None, ..detach };
        store.delete(root, detach).await.unwrap();
        assert_eq!(store.read(child).await.unwrap().parent_thread_id, None);
        store.close().await.unwrap();
        let store = open(&storage).await;
        assert_eq!(store.read(child).await.unwrap().edge_status, None);
        assert!(store.check().await.unwrap().is_clean());
    });
}

#[test]
fn bad_input_has_its_own_code_and_writes_nothing() {
    block_on(async {
        let store = open(&MemoryStorage::new()).await;
        let root = store.create(named("root")).await.unwrap().id;
        let position = store.stats().position;
        let unknown = ThreadId::from_uuid(uuid::Uuid::from_u128(7));
        let code = |error: Error| error.code();
        let create = |thread| async { code(store.create(thread).await.unwrap_err()) };
        assert_eq!(create(under(unknown)).await, "parent_not_found");
        let own = CreateThread { id: Some(unknown), ..under(unknown) };
        assert_eq!(create(own).await, "cycle");
        assert_eq!(create(named(" ")).await, "empty_name");
        assert_eq!(create(named(&"x".repeat(1025))).await, "too_large");
        let again = CreateThread { id: Some(root), ..CreateThread::default() };
        assert_eq!(create(again).await, "thread_exists");
        let early = CreateThread { created_at: Some(-1), ..CreateThread::default() };
        assert_eq!(create(early).await, "out_of_range");
        assert_eq!(code(store.read(unknown).await.unwrap_err()), "thread_not_found");
        assert_eq!(
            code(store.append(unknown, vec![item(0)]).await.unwrap_err()),
            "thread_not_found"
        );
        let many = vec![item(0); 10_001];
        assert_eq!(code(store.append(root, many).await.unwrap_err()), "too_large");
        let empty = ThreadPatch { name: Some(Some(String::new())), ..ThreadPatch::default() };
        assert_eq!(code(store.update(root, empty).await.unwrap_err()), "empty_name");
        let list = |query| async { code(store.list(query).await.unwrap_err()) };
        assert_eq!(
            list(ThreadQuery { limit: Some(0), ..Default::default() }).await,
            "out_of_range"
        );
        assert_eq!(
            list(ThreadQuery { limit: Some(1001), ..Default::default() }).await,
            "out_of_range"
        );
        let cursor = Some("u17|x".into());
        assert_eq!(list(ThreadQuery { cursor, ..Default::default() }).await, "invalid_cursor");
        let items = |query| async { code(store.items(root, query).await.unwrap_err()) };
        let cursor = Some("nope".into());
        assert_eq!(items(ItemQuery { cursor, ..Default::default() }).await, "invalid_cursor");
        assert_eq!(items(ItemQuery { limit: Some(0), ..Default::default() }).await, "out_of_range");
        assert_eq!(code("nope".parse::<ThreadId>().unwrap_err()), "invalid_thread_id");
        assert_eq!(store.stats().position, position);
    });
}

#[test]
fn documents_are_kept_with_their_thread_or_with_the_store() {
    block_on(async {
        let storage = MemoryStorage::new();
        let store = open(&storage).await;
        let id = store.create(named("a")).await.unwrap().id;
        let put = |id: &str, n| {
            let document = creel::Document { id: id.into(), value: item(n) };
            creel::DocumentChange::Put { document, before: None }
        };
        let events = store.subscribe();
        assert!(store.change_documents(Some(id), "queue", put("x", 1)).await.unwrap());
        assert!(!store.change_documents(Some(id), "queue", put("x", 1)).await.unwrap());
        assert!(store.change_documents(None, "sections", put("y", 2)).await.unwrap());
        assert_eq!(std::iter::from_fn(|| events.try_recv().ok()).count(), 2);
        let code = |error: Error| error.code();
        let bad = store.change_documents(Some(id), "", put("x", 1)).await;
        assert_eq!(code(bad.unwrap_err()), "invalid_field");
        let bad = store.change_documents(Some(id), "queue", put("", 1)).await;
        assert_eq!(code(bad.unwrap_err()), "invalid_field");
        let large = Item::new(&format!(r#"{{"a":"{}"}}"#, "x".repeat(256 * 1024))).unwrap();
        let document = creel::Document { id: "z".into(), value: large };
        let large = creel::DocumentChange::Put { document, before: None };
        let bad = store.change_documents(None, "sections", large).await;
        assert_eq!(code(bad.unwrap_err()), "too_large");
        store.archive(id).await.unwrap();
        assert!(store.change_documents(Some(id), "queue", put("w", 3)).await.unwrap());
        for checkpoint in [false, true] {
            if checkpoint {
                store.checkpoint().await.unwrap();
            }
            let other = open(&storage).await;
            let queue = other.documents(Some(id), "queue").await.unwrap();
            assert_eq!(queue.iter().map(|it| &*it.id).collect::<Vec<_>>(), ["x", "w"]);
            assert_eq!(other.documents(None, "sections").await.unwrap()[0].value, item(2));
            assert_eq!(other.owners("queue").await.unwrap()[0].0, id);
            assert!(other.check().await.unwrap().is_clean());
        }
        let receipt = store.delete(id, DeleteOptions::default()).await.unwrap();
        assert_eq!(receipt.removed.documents, 2);
        let gone = store.change_documents(Some(id), "queue", put("x", 1)).await;
        assert_eq!(code(gone.unwrap_err()), "thread_deleted");
        assert_eq!(store.owners("queue").await.unwrap(), []);
        assert_eq!(store.documents(None, "sections").await.unwrap().len(), 1);
    });
}

#[test]
fn a_draft_grows_outlives_its_writer_and_becomes_one_item_once() {
    block_on(async {
        let storage = MemoryStorage::default();
        let store = open(&storage).await;
        let id = store.create(named("Fix the build")).await.unwrap().id;
        store.put_draft(id, "answer", &item(1)).await.unwrap();
        store.put_draft(id, "answer", &item(2)).await.unwrap();
        assert_eq!(numbers(&store, id).await, [0u64; 0]);

        // The writer is gone; another instance finds what it left.
        let store = open(&storage).await;
        let drafts = store.drafts(id).await.unwrap();
        assert_eq!(drafts.len(), 1);
        assert!(drafts[0].value.json().ends_with(r#""item":{"type":"note","n":2}}"#));
        let done = store.finish_draft(id, "answer", vec![item(0)]).await.unwrap();
        assert_eq!((done.first, done.count), (0, 1));
        assert_eq!(store.drafts(id).await.unwrap(), []);
        let again = store.finish_draft(id, "answer", vec![item(0)]).await.unwrap_err();
        assert_eq!(again.code(), "invalid_field");
        assert_eq!(numbers(&store, id).await, [0]);

        store.put_draft(id, "second", &item(1)).await.unwrap();
        assert!(store.drop_draft(id, "second").await.unwrap());
        assert!(!store.drop_draft(id, "second").await.unwrap());

        // What refuses an append leaves the draft.
        store.put_draft(id, "third", &item(1)).await.unwrap();
        store.archive(id).await.unwrap();
        let refused = store.finish_draft(id, "third", vec![item(1)]).await.unwrap_err();
        assert_eq!(refused.code(), "thread_archived");
        assert_eq!(store.drafts(id).await.unwrap().len(), 1);
        store.delete(id, DeleteOptions::default()).await.unwrap();
        assert_eq!(store.drafts(id).await.unwrap_err().code(), "thread_deleted");
    });
}

#[test]
fn opening_tells_what_it_replayed_once_and_only_if_asked() {
    block_on(async {
        let storage = MemoryStorage::new();
        let first = open(&storage).await;
        first.create(named("packed")).await.unwrap();
        first.checkpoint().await.unwrap();
        let heard = first.subscribe();
        let id = first.create(named("waiting")).await.unwrap().id;
        first.append(id, vec![item(0), item(1)]).await.unwrap();
        let mut expected = Vec::new();
        while let Ok(event) = heard.try_recv() {
            expected.push(event);
        }
        assert_eq!(open(&storage).await.replayed(), None);
        let mut options = StoreOptions::default();
        options.keep_replayed = true;
        let env = Arc::new(SystemEnv::new());
        let second = Store::open(storage.reopen(), env, options).await.unwrap();
        let replayed = second.replayed().unwrap();
        assert_eq!(replayed.changes, expected);
        assert_eq!(replayed.to, first.stats().position);
        assert!(replayed.from < expected[0].position);
        assert_eq!(second.replayed(), None);
    });
}
