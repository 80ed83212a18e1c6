//! Histories as text: the same pages as those of parsed items, and damage told of.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use creel::storage::{MemoryStorage, Table};
use creel::{
    CreateThread, DeleteOptions, Item, ItemQuery, SortDirection, Store, StoreOptions, SystemEnv,
    ThreadId,
};
use futures_lite::future::block_on;

type Memory = Store<MemoryStorage>;

async fn open(storage: &MemoryStorage) -> Memory {
    let env = Arc::new(SystemEnv::new());
    Store::open(storage.reopen(), env, StoreOptions::default()).await.unwrap()
}

/// A history of several segments and a tail, with spellings that parsing would not keep.
async fn history(store: &Memory) -> ThreadId {
    let id = store.create(CreateThread::default()).await.unwrap().id;
    let item = |n: usize| {
        let pad = "x".repeat(4000);
        Item::new(&format!(r#"{{"n":{n},"half":0.50,"é":"\u00e9","pad":"{pad}"}}"#)).unwrap()
    };
    for start in [0, 60, 120] {
        store.append(id, (start..start + 60).map(item).collect()).await.unwrap();
        store.checkpoint().await.unwrap();
    }
    store.append(id, (180..187).map(item).collect()).await.unwrap();
    id
}

#[test]
fn a_page_as_text_is_the_page_of_items() {
    block_on(async {
        let store = open(&MemoryStorage::new()).await;
        let id = history(&store).await;
        for sort_direction in [SortDirection::Asc, SortDirection::Desc] {
            for limit in [1, 7, 50, 187, 1000] {
                for from in [None, Some(0), Some(33), Some(185), Some(187), Some(5000)] {
                    let query = ItemQuery {
                        limit: Some(limit),
                        from,
                        sort_direction: Some(sort_direction),
                        ..ItemQuery::default()
                    };
                    let page = store.items(id, query.clone()).await.unwrap();
                    let text = store.items_text(id, query).await.unwrap();
                    assert_eq!(text, serde_json::to_string(&page).unwrap());
                }
            }
        }
        store.truncate(id, 100).await.unwrap();
        let page = store.items(id, ItemQuery::default()).await.unwrap();
        let text = store.items_text(id, ItemQuery::default()).await.unwrap();
        assert_eq!(text, serde_json::to_string(&page).unwrap());
    });
}

#[test]
fn a_cursor_is_good_wherever_its_segment_has_gone() {
    block_on(async {
        let store = open(&MemoryStorage::new()).await;
        let id = history(&store).await;
        let at = |cursor: String| ItemQuery { cursor: Some(cursor), ..ItemQuery::default() };
        let expected = store.items(id, at("i33".into())).await.unwrap();
        for segment in [0, 1, 32, 33, 34, 60, 186, 5000, u64::MAX] {
            let page = store.items(id, at(format!("i33.0.{segment}"))).await.unwrap();
            assert_eq!(page, expected, "segment {segment}");
        }
        for wrong in ["i", "i33.", "i33.0.", "i33.0.x", "i33.0.1.2", "i33.-1", "33.0.1", "i33.1.0"]
        {
            let error = store.items(id, at(wrong.into())).await.unwrap_err();
            assert_eq!(error.code(), "invalid_cursor", "{wrong}");
        }
    });
}

#[test]
fn pages_follow_each_other_while_their_segments_are_merged() {
    block_on(async {
        let store = open(&MemoryStorage::new()).await;
        let id = store.create(CreateThread::default()).await.unwrap().id;
        let item = |n: usize| Item::new(&format!(r#"{{"n":{n},"pad":"{}"}}"#, "x".repeat(900)));
        let mut len = 0;
        let mut query = ItemQuery { limit: Some(13), ..ItemQuery::default() };
        let mut seen = Vec::new();
        while len < 600 || query.cursor.is_some() {
            if len < 600 {
                store
                    .append(id, (len..len + 20).map(|n| item(n).unwrap()).collect())
                    .await
                    .unwrap();
                store.checkpoint().await.unwrap();
                len += 20;
            }
            let page = store.items(id, query.clone()).await.unwrap();
            seen.extend(page.data.iter().map(|stored| stored.seq));
            query.cursor = page.next_cursor;
        }
        assert_eq!(seen, (0..600).collect::<Vec<u64>>());
    });
}

/// Reads a page and the one after its cursor, which has the one after that read ahead.
async fn read_two(store: &Memory, id: ThreadId) {
    let first = ItemQuery { limit: Some(20), ..ItemQuery::default() };
    let page = store.items(id, first.clone()).await.unwrap();
    let second = ItemQuery { cursor: page.next_cursor, ..first };
    assert_eq!(store.items(id, second).await.unwrap().data.len(), 20);
    assert!(holds(store), "nothing is read ahead");
}

/// Tells whether a store's memory holds something of a history.
fn holds(store: &Memory) -> bool {
    format!("{store:?}").contains("xxxxxxxxxxxxxxxx")
}

#[test]
fn nothing_read_ahead_outlives_its_history() {
    block_on(async {
        let storage = MemoryStorage::new();
        let (store, other) = (open(&storage).await, open(&storage).await);
        for other_deletes in [false, true] {
            let id = history(&store).await;
            store.checkpoint().await.unwrap();
            read_two(&store, id).await;
            other.refresh().await.unwrap();
            let deleting = if other_deletes { &other } else { &store };
            deleting.delete(id, DeleteOptions::default()).await.unwrap();
            store.refresh().await.unwrap();
            assert!(!holds(&store), "after a deletion of another: {other_deletes}");
        }
        let id = history(&store).await;
        store.checkpoint().await.unwrap();
        read_two(&store, id).await;
        store.truncate(id, 0).await.unwrap();
        store.checkpoint().await.unwrap();
        assert!(!holds(&store), "after a cut");
    });
}

#[test]
fn a_page_as_text_names_a_record_that_is_no_segment() {
    block_on(async {
        let storage = MemoryStorage::new();
        let store = open(&storage).await;
        let id = history(&store).await;
        store.checkpoint().await.unwrap();
        store.close().await.unwrap();
        let mut damaged = storage.snapshot();
        let segments = damaged.records_mut(Table::History);
        let key = segments.keys().next().unwrap().clone();
        let lines =
            String::from_utf8(segments[&key].to_vec()).unwrap().replace("{\"at\":", "{\"as\":");
        segments.insert(key, lines.into());
        let store = open(&MemoryStorage::from_snapshot(&damaged)).await;
        let error = store.items_text(id, ItemQuery::default()).await.unwrap_err();
        assert_eq!(error.code(), "corrupt");
        assert!(error.to_string().contains(&format!("history/{id}")), "{error}");
    });
}
