//! Live threads over a memory store: when something is stored, and in how many commits.

use std::sync::Arc;

use futures_lite::future::block_on;

use super::*;
use crate::storage::MemoryStorage;
use crate::{StoreOptions, SystemEnv};

fn store() -> (MemoryStorage, Store<MemoryStorage>) {
    let storage = MemoryStorage::new();
    let opening =
        Store::open(storage.reopen(), Arc::new(SystemEnv::new()), StoreOptions::default());
    (storage, block_on(opening).unwrap())
}

fn start(
    store: &Store<MemoryStorage>,
    parent: Option<LiveThread<MemoryStorage>>,
    options: LiveOptions,
) -> LiveThread<MemoryStorage> {
    let parent_thread_id = parent.as_ref().map(LiveThread::id);
    let thread = CreateThread { parent_thread_id, ..CreateThread::default() };
    block_on(LiveThread::start(store, thread, parent, options)).unwrap()
}

fn said(text: &str) -> Vec<Item> {
    vec![Item::new(&format!(r#"{{"role":"user","content":"{text}"}}"#)).unwrap()]
}

#[test]
fn nothing_is_stored_before_the_first_kept_item_which_costs_one_commit() {
    let (storage, store) = store();
    let before = storage.calls();
    let dropped = ItemPolicy::Except(["delta".to_owned()].into());
    let live = start(&store, None, LiveOptions { policy: dropped, ..LiveOptions::default() });
    let noise = Item::new(r#"{"type":"delta"}"#).unwrap();
    assert_eq!(block_on(live.append(vec![noise])).unwrap(), 0);
    assert_eq!((storage.calls(), live.is_stored()), (before, false));
    assert_eq!(block_on(live.items(ItemQuery::default())).unwrap(), ItemPage::default());
    let created_at = block_on(live.read()).unwrap().created_at;

    assert_eq!(block_on(live.append(said("hi"))).unwrap(), 1);
    assert_eq!(storage.calls().commit, before.commit + 1);
    let thread = block_on(store.read(live.id())).unwrap();
    assert_eq!((thread.preview.as_str(), thread.items), ("hi", 1));
    assert_eq!(thread.created_at, created_at);
    assert_eq!(block_on(live.items(ItemQuery::default())).unwrap().data.len(), 1);
}

#[test]
fn spawning_under_a_thread_that_is_not_stored_stores_both_in_one_commit() {
    let (storage, store) = store();
    let root = start(&store, None, LiveOptions::default());
    let child = start(&store, Some(root.clone()), LiveOptions::default());
    let grand = start(&store, Some(child.clone()), LiveOptions::default());
    let before = storage.calls().commit;
    block_on(grand.append(said("count"))).unwrap();
    assert_eq!(storage.calls().commit, before + 1);
    assert!(root.is_stored() && child.is_stored());
    let below = block_on(store.descendants(root.id())).unwrap();
    let ids: Vec<_> = below.iter().map(|thread| thread.id).collect();
    assert_eq!(ids, [child.id(), grand.id()]);
    assert_eq!(below[1].session_id, root.id().to_string());
}

#[test]
fn a_child_of_a_discarded_parent_is_refused_and_stores_nothing() {
    let (_, store) = store();
    let root = start(&store, None, LiveOptions::default());
    let child = start(&store, Some(root.clone()), LiveOptions::default());
    assert!(root.discard());
    assert_eq!(block_on(child.append(said("x"))).unwrap_err().code(), "parent_not_found");
    assert_eq!(store.stats().threads, 0);
}

#[test]
fn what_was_recorded_is_stored_by_flush_in_order_and_lost_by_discard() {
    let (_, store) = store();
    let live = start(&store, None, LiveOptions::default());
    for n in 0..2500 {
        live.record(said(&n.to_string())).unwrap();
    }
    block_on(live.flush()).unwrap();
    live.record(said("never stored")).unwrap();
    assert!(!live.discard());
    let thread = block_on(store.read(live.id())).unwrap();
    assert_eq!(thread.items, 2500);
    let last = ItemQuery { from: Some(2499), ..ItemQuery::default() };
    let page = block_on(store.items(live.id(), last)).unwrap();
    assert_eq!(page.data[0].item.json(), r#"{"role":"user","content":"2499"}"#);
    assert_eq!(live.record(said("x")).unwrap_err().code(), "thread_closed");
}

#[test]
fn an_initialisation_that_fails_leaves_nothing() {
    let (_, store) = store();
    let live = start(&store, None, LiveOptions::default());
    live.record(said("too early")).unwrap();
    drop(InitGuard::new(live.clone()));
    assert_eq!(block_on(live.append(said("x"))).unwrap_err().code(), "thread_closed");
    block_on(live.flush()).unwrap();
    assert_eq!(store.stats().threads, 0);

    let kept = InitGuard::new(start(&store, None, LiveOptions::default())).keep().unwrap();
    block_on(kept.append(said("x"))).unwrap();
    assert_eq!(store.stats().threads, 1);
}

#[test]
fn an_ephemeral_thread_is_never_stored_and_reads_like_a_stored_one() {
    let (storage, store) = store();
    let before = storage.calls();
    let live = start(&store, None, LiveOptions { ephemeral: true, ..LiveOptions::default() });
    for n in 0..3 {
        block_on(live.append(said(&n.to_string()))).unwrap();
    }
    let thread = block_on(live.read()).unwrap();
    assert_eq!((thread.preview.as_str(), thread.items), ("0", 3));
    let query = |limit, cursor, sort_direction| {
        let query = ItemQuery { limit: Some(limit), cursor, sort_direction, from: None };
        block_on(live.items(query)).unwrap()
    };
    let page = query(2, None, None);
    assert_eq!((page.data[1].seq, page.next_cursor.as_deref()), (1, Some("i2")));
    let page = query(2, page.next_cursor, None);
    assert_eq!((page.data.len(), page.next_cursor), (1, None));
    let page = query(2, None, Some(crate::SortDirection::Desc));
    assert_eq!((page.data[0].seq, page.next_cursor.as_deref()), (2, Some("i0")));
    assert_eq!(block_on(live.persist()).unwrap_err().code(), "thread_ephemeral");
    let rename = ThreadPatch { name: Some(Some("x".into())), ..ThreadPatch::default() };
    assert_eq!(block_on(live.update(rename)).unwrap_err().code(), "thread_ephemeral");
    assert_eq!(storage.calls(), before);
}

#[test]
fn resuming_knows_archived_and_deleted_threads() {
    let (_, store) = store();
    let live = start(&store, None, LiveOptions::default());
    block_on(live.append(said("x"))).unwrap();
    block_on(live.shutdown()).unwrap();
    block_on(live.shutdown()).unwrap();
    let resume = |archived| {
        block_on(LiveThread::resume(&store, live.id(), archived, ItemPolicy::All))
            .map(drop)
            .map_err(|error| error.code())
    };
    assert_eq!(resume(false), Ok(()));
    block_on(store.archive(live.id())).unwrap();
    assert_eq!((resume(false), resume(true)), (Err("thread_archived"), Ok(())));
    block_on(store.delete(live.id(), crate::DeleteOptions::default())).unwrap();
    assert_eq!(resume(true), Err("thread_deleted"));
}

#[test]
fn metadata_of_a_thread_that_is_not_stored_are_kept_and_bad_ones_refused_at_once() {
    let (_, store) = store();
    let live = start(&store, None, LiveOptions::default());
    let rename = ThreadPatch { name: Some(Some("Red main".into())), ..ThreadPatch::default() };
    block_on(live.update(rename)).unwrap();
    assert_eq!(block_on(store.read(live.id())).unwrap().name.as_deref(), Some("Red main"));
    let thread = CreateThread { name: Some(" ".into()), ..CreateThread::default() };
    let refused = block_on(LiveThread::start(&store, thread, None, LiveOptions::default()));
    assert_eq!(refused.unwrap_err().code(), "empty_name");
    let again = CreateThread { id: Some(live.id()), ..CreateThread::default() };
    let refused = block_on(LiveThread::start(&store, again, None, LiveOptions::default()));
    assert_eq!(refused.unwrap_err().code(), "thread_exists");
}
