//! Opening in two steps: what a large store shows before its pages are read is what it shows afterwards.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, OnceLock};

use creel::doctor::FindingCode;
use creel::storage::faulty::{FaultPlan, FaultyStorage};
use creel::storage::{MemoryStorage, Snapshot, Table};
use creel::{
    ArchiveFilter, Change, CreateThread, DeleteOptions, Item, Opening, SortDirection, SortKey,
    Store, StoreOptions, SystemEnv, ThreadId, ThreadPatch, ThreadQuery, Wait,
};
use futures_lite::future::block_on;
use futures_util::future::try_join_all;
use proptest::prelude::*;

type Small = Store<MemoryStorage>;

/// More than a store without a front has.
const THREADS: usize = 1500;

async fn open(memory: &MemoryStorage) -> Small {
    let env = Arc::new(SystemEnv::new());
    Store::open(memory.reopen(), env, StoreOptions::default()).await.unwrap()
}

async fn begin(memory: &MemoryStorage) -> Opening<MemoryStorage> {
    let env = Arc::new(SystemEnv::new());
    Opening::begin(memory.reopen(), env, StoreOptions::default()).await.unwrap()
}

fn named(name: &str, parent: Option<ThreadId>) -> CreateThread {
    let name = Some(name.to_owned());
    CreateThread { name, parent_thread_id: parent, ..CreateThread::default() }
}

fn note(n: usize) -> Vec<Item> {
    vec![Item::new(&format!(r#"{{"role":"user","content":"note {n}"}}"#)).unwrap()]
}

/// A packed store of many threads, a third of them in trees, and its threads by creation.
fn large() -> &'static (Snapshot, Vec<ThreadId>) {
    static LARGE: OnceLock<(Snapshot, Vec<ThreadId>)> = OnceLock::new();
    LARGE.get_or_init(|| {
        let memory = MemoryStorage::new();
        let ids = block_on(async {
            let store = open(&memory).await;
            let mut ids: Vec<ThreadId> = Vec::new();
            for chunk in 0..THREADS / 100 {
                let made = (0..100).map(|n| {
                    let parent = (n % 3 == 0).then(|| ids.get(ids.len() / 2).copied()).flatten();
                    store.create(named(&format!("{chunk}-{n}"), parent))
                });
                let made = try_join_all(made).await.unwrap();
                ids.extend(made.into_iter().map(|thread| thread.id));
            }
            store.checkpoint().await.unwrap();
            store.close().await.unwrap();
            ids
        });
        (memory.snapshot(), ids)
    })
}

fn queries() -> Vec<ThreadQuery> {
    let mut queries = Vec::new();
    for sort_key in [SortKey::CreatedAt, SortKey::UpdatedAt, SortKey::RecencyAt] {
        for limit in [1, 20, 50, 100] {
            for roots_only in [false, true] {
                let limit = Some(limit);
                queries.push(ThreadQuery { sort_key, limit, roots_only, ..ThreadQuery::default() });
            }
        }
    }
    let other = |query| ThreadQuery { limit: Some(5), ..query };
    queries.push(other(ThreadQuery { archived: Some(ArchiveFilter::All), ..Default::default() }));
    let upwards = SortDirection::Asc;
    queries.push(other(ThreadQuery { sort_direction: upwards, ..Default::default() }));
    queries.push(other(ThreadQuery { search_term: Some("7".into()), ..Default::default() }));
    queries
}

/// Compares all that a preview says with the whole store; returns how many lists it had.
async fn compare(memory: &MemoryStorage) -> usize {
    let opening = begin(memory).await;
    let Some(preview) = opening.preview() else { return 0 };
    let store = opening.finish().await.unwrap();
    let mut answered = 0;
    for mut query in queries() {
        for _page in 0..3 {
            let Some(page) = preview.list(&query) else { break };
            assert_eq!(page, store.list(query.clone()).await.unwrap(), "{query:?}");
            answered += 1;
            query.cursor = page.next_cursor;
            if query.cursor.is_none() {
                break;
            }
        }
    }
    answered
}

/// Does one thing to a thread; what is refused changes nothing.
async fn act(store: &Small, ids: &mut Vec<ThreadId>, number: usize, (kind, a, b): (u8, u16, u16)) {
    // Half of what happens is about the newest threads.
    let pick = |n: u16| {
        let n = usize::from(n);
        ids[if n % 2 == 0 { ids.len() - 1 - n / 2 % 40 } else { n / 2 % ids.len() }]
    };
    let id = pick(a);
    let graced = DeleteOptions { grace: Some(60_000), ..DeleteOptions::default() };
    match kind % 12 {
        0 => ids.push(store.create(named(&format!("new {number}"), None)).await.unwrap().id),
        1 => {
            let child = store.create(named(&format!("child {number}"), Some(id))).await;
            ids.extend(child.ok().map(|child| child.id));
        }
        2..=4 => drop(store.append(id, note(number)).await),
        5 => {
            let name = Some(Some(format!("name {number}")));
            drop(store.update(id, ThreadPatch { name, ..ThreadPatch::default() }).await);
        }
        6 => drop(store.archive(id).await),
        7 => drop(store.unarchive(id).await),
        8 => drop(store.set_parent(id, (b % 3 > 0).then(|| pick(b))).await),
        9 => drop(store.delete(id, DeleteOptions::default()).await),
        10 => {
            if let Ok(receipt) = store.delete(id, graced).await
                && b % 2 == 0
            {
                drop(store.undelete(receipt.deletion).await);
            }
        }
        _ => store.checkpoint().await.unwrap(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_preview_never_says_what_the_store_does_not(
        script in prop::collection::vec(any::<(u8, u16, u16)>(), 1..30),
    ) {
        let (snapshot, ids) = large();
        let (memory, mut ids) = (MemoryStorage::from_snapshot(snapshot), ids.clone());
        block_on(async {
            let store = open(&memory).await;
            for (number, step) in script.into_iter().enumerate() {
                act(&store, &mut ids, number, step).await;
                if number % 6 == 5 {
                    compare(&memory).await;
                }
            }
            compare(&memory).await;
        });
    }
}

#[test]
fn appends_anywhere_leave_a_preview_of_every_order() {
    let (snapshot, ids) = large();
    let memory = MemoryStorage::from_snapshot(snapshot);
    block_on(async {
        let store = open(&memory).await;
        assert!(compare(&memory).await >= 40);
        for (n, id) in ids.iter().step_by(97).chain(ids.iter().rev().take(3)).enumerate() {
            store.append(*id, note(n)).await.unwrap();
            store.create(named("new", Some(*id))).await.unwrap();
            assert!(compare(&memory).await >= 40, "after {n} appends");
        }
        store.archive(ids[THREADS - 1]).await.unwrap();
        store.delete(ids[THREADS - 2], DeleteOptions::default()).await.unwrap();
        assert!(compare(&memory).await >= 40);
    });
}

#[test]
fn the_first_list_of_a_large_store_takes_two_reads_and_no_page() {
    let (snapshot, _) = large();
    block_on(async {
        let plan = FaultPlan::new();
        let storage = FaultyStorage::new(MemoryStorage::from_snapshot(snapshot), &plan);
        let env = Arc::new(SystemEnv::new());
        let opening = Opening::begin(storage, env, StoreOptions::default()).await.unwrap();
        let newest = ThreadQuery { sort_key: SortKey::UpdatedAt, ..ThreadQuery::default() };
        assert_eq!(opening.preview().unwrap().list(&newest).unwrap().data.len(), 50);
        let counts = plan.take_counts();
        assert!(counts.calls() == 2, "{counts:?}");
        let pages = THREADS.div_ceil(256) as u64;
        opening.finish().await.unwrap();
        // Head, pages by two, receipts, jobs, journal.
        let counts = plan.take_counts();
        assert!(counts.calls() <= 4 + pages.div_ceil(2), "{counts:?}");
    });
}

#[test]
fn a_small_store_has_no_preview() {
    let memory = MemoryStorage::new();
    block_on(async {
        let store = open(&memory).await;
        store.create(named("one", None)).await.unwrap();
        store.checkpoint().await.unwrap();
        assert!(begin(&memory).await.preview().is_none());
    });
}

/// Commits while a store is read, and returns what is heard from the preview on, as the kind and the thread, and the
/// threads that were created, archived and deleted.
async fn meanwhile(packs: bool) -> (Vec<(&'static str, ThreadId)>, [ThreadId; 3]) {
    let (snapshot, ids) = large();
    let memory = MemoryStorage::from_snapshot(snapshot);
    let other = open(&memory).await;
    other.append(ids[0], note(0)).await.unwrap();
    let opening = begin(&memory).await;
    let events = opening.preview().unwrap().subscribe();
    let made = other.create(named("meanwhile", None)).await.unwrap().id;
    let (archived, deleted) = (ids[THREADS - 1], ids[THREADS - 2]);
    other.archive(archived).await.unwrap();
    let committed = DeleteOptions { wait: Wait::Committed, ..DeleteOptions::default() };
    other.delete(deleted, committed).await.unwrap();
    if packs {
        other.checkpoint().await.unwrap();
    }
    let store = opening.finish().await.unwrap();
    store.append(made, note(1)).await.unwrap();
    let mut heard = Vec::new();
    while let Ok(event) = events.try_recv() {
        match event.change {
            Change::Created { thread_id } => heard.push(("created", thread_id)),
            Change::Appended { thread_id, .. } => heard.push(("appended", thread_id)),
            Change::Archived { thread_ids } => {
                heard.extend(thread_ids.into_iter().map(|id| ("archived", id)));
            }
            Change::Deleted { thread_ids, .. } => {
                heard.extend(thread_ids.into_iter().map(|id| ("deleted", id)));
            }
            _ => {}
        }
    }
    (heard, [made, archived, deleted])
}

#[test]
fn what_is_committed_while_a_store_is_read_is_heard_of_once() {
    for packs in [false, true] {
        let (heard, [made, archived, deleted]) = block_on(meanwhile(packs));
        for expected in
            [("created", made), ("appended", made), ("archived", archived), ("deleted", deleted)]
        {
            let times = heard.iter().filter(|it| **it == expected).count();
            assert_eq!(times, 1, "{expected:?} in {heard:?}, packed: {packs}");
        }
    }
}

#[test]
fn nothing_of_a_deleted_thread_stays_in_the_front() {
    let (snapshot, ids) = large();
    let memory = MemoryStorage::from_snapshot(snapshot);
    block_on(async {
        let store = open(&memory).await;
        let parent = store.create(named("canary-7b1f", None)).await.unwrap().id;
        let child = store.create(named("child", Some(parent))).await.unwrap().id;
        store.append(ids[3], note(1)).await.unwrap();
        store.checkpoint().await.unwrap();
        let holds = || {
            let mut records = memory.records(Table::Catalog);
            records.extend(memory.records(Table::Journal));
            let canary = b"canary-7b1f";
            records.iter().any(|(_, value)| value.windows(canary.len()).any(|it| it == canary))
        };
        assert!(holds());
        let front = memory.records(Table::Catalog).into_iter().find(|(key, _)| key == "front");
        assert!(String::from_utf8_lossy(&front.unwrap().1).contains("canary-7b1f"));
        let detach = creel::Children::Detach;
        let options = DeleteOptions { children: detach, ..DeleteOptions::default() };
        store.delete(parent, options).await.unwrap();
        store.append(child, note(2)).await.unwrap();
        assert!(!holds());
    });
}

#[test]
fn a_front_that_is_not_what_the_pages_say_is_found_and_written_anew() {
    let (snapshot, ids) = large();
    let mut snapshot = snapshot.clone();
    let front = snapshot.records_mut(Table::Catalog).get_mut("front").unwrap();
    *front = String::from_utf8_lossy(front).replacen("14-99", "99-14", 1).into_bytes().into();
    let memory = MemoryStorage::from_snapshot(&snapshot);
    block_on(async {
        let store = open(&memory).await;
        let found = store.check().await.unwrap().findings;
        let codes: Vec<FindingCode> = found.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, [FindingCode::FrontMismatch]);
        store.append(ids[0], note(0)).await.unwrap();
        store.checkpoint().await.unwrap();
        assert!(store.check().await.unwrap().is_clean());
        let preview = begin(&memory).await.preview().unwrap();
        let newest = ThreadQuery { limit: Some(100), ..ThreadQuery::default() };
        let names = preview.list(&newest).unwrap().data.into_iter().filter_map(|it| it.name);
        let names: Vec<String> = names.collect();
        assert!(names.contains(&"14-99".into()) && !names.contains(&"99-14".into()));
    });
}
