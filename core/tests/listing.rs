//! Lists of children and descendants, paged in every order, beside a plain sort.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use creel::storage::MemoryStorage;
use creel::{
    ArchiveFilter, CreateThread, SortDirection, SortKey, Store, StoreOptions, SystemEnv, Thread,
    ThreadId, ThreadQuery,
};
use futures_lite::future::block_on;
use proptest::prelude::*;

type Memory = Store<MemoryStorage>;

async fn under(store: &Memory, parent: ThreadId, at: (i64, i64)) -> ThreadId {
    let thread = CreateThread {
        parent_thread_id: Some(parent),
        created_at: Some(at.0),
        updated_at: Some(at.1),
        ..CreateThread::default()
    };
    store.create(thread).await.unwrap().id
}

async fn all_pages(store: &Memory, mut query: ThreadQuery) -> Vec<ThreadId> {
    let mut found = Vec::new();
    loop {
        let page = store.list(query.clone()).await.unwrap();
        assert!(page.data.len() <= query.limit.unwrap() as usize);
        found.extend(page.data.iter().map(|thread| thread.id));
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            return found;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn pages_below_a_thread_are_those_of_a_sorted_list(
        times in prop::collection::vec((0_i64..40, 0_i64..40), 1..80),
        limit in 1_u32..30,
        archived in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
    ) {
        block_on(async {
            let env = Arc::new(SystemEnv::new());
            let options = StoreOptions::default();
            let store = Store::open(MemoryStorage::new(), env, options).await.unwrap();
            let root = store.create(CreateThread::default()).await.unwrap().id;
            let (mut children, mut below) = (Vec::new(), Vec::new());
            for (n, at) in times.iter().enumerate() {
                // Every third is a grandchild.
                let parent = children.last().filter(|_| n % 3 == 2).copied();
                let id = under(&store, parent.unwrap_or(root), *at).await;
                if parent.is_none() {
                    children.push(id);
                }
                below.push(id);
            }
            for index in archived {
                store.archive(*index.get(&children)).await.unwrap();
            }
            for (of_parent, ids) in [(true, &children), (false, &below)] {
                let mut threads: Vec<Thread> = Vec::new();
                for id in ids {
                    threads.push(store.read(*id).await.unwrap());
                }
                for sort_key in [SortKey::CreatedAt, SortKey::UpdatedAt, SortKey::RecencyAt] {
                    let key = |thread: &Thread| match sort_key {
                        SortKey::CreatedAt => (thread.created_at, thread.id),
                        SortKey::UpdatedAt => (thread.updated_at, thread.id),
                        SortKey::RecencyAt => (thread.recency_at, thread.id),
                    };
                    threads.sort_by_key(key);
                    for filter in [ArchiveFilter::Active, ArchiveFilter::Archived, ArchiveFilter::All] {
                        let mut expected: Vec<ThreadId> = threads
                            .iter()
                            .filter(|thread| match filter {
                                ArchiveFilter::All => true,
                                ArchiveFilter::Active => thread.archived_at.is_none(),
                                ArchiveFilter::Archived => thread.archived_at.is_some(),
                            })
                            .map(|thread| thread.id)
                            .collect();
                        for sort_direction in [SortDirection::Asc, SortDirection::Desc] {
                            let query = ThreadQuery {
                                parent_thread_id: of_parent.then_some(root),
                                ancestor_thread_id: (!of_parent).then_some(root),
                                archived: Some(filter),
                                limit: Some(limit),
                                sort_key,
                                sort_direction,
                                ..ThreadQuery::default()
                            };
                            assert_eq!(all_pages(&store, query).await, expected);
                            expected.reverse();
                        }
                    }
                }
            }
        });
    }
}
