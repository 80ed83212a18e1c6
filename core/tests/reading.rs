//! Histories as text: the same pages as those of parsed items, and damage told of.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use creel::storage::{MemoryStorage, Table};
use creel::{
    CreateThread, Item, ItemQuery, SortDirection, Store, StoreOptions, SystemEnv, ThreadId,
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
