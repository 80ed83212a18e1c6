//! The manager over a memory store: who is open, what a tree is, and what is told.

use std::sync::Arc;

use futures_lite::future::block_on;

use super::*;
use crate::storage::MemoryStorage;
use crate::{Children, DeleteOptions, Item, StoreOptions, SystemEnv};

type Manager = ThreadManager<MemoryStorage>;

fn manager(idle_ms: u64) -> Manager {
    let env = Arc::new(SystemEnv::new());
    let store = block_on(Store::open(MemoryStorage::new(), env, StoreOptions::default())).unwrap();
    ThreadManager::new(store, ManagerOptions { idle_ms, ..ManagerOptions::default() })
}

fn start(manager: &Manager, parent: Option<ThreadId>, ephemeral: bool) -> ThreadId {
    let thread = CreateThread { parent_thread_id: parent, ..CreateThread::default() };
    block_on(manager.start(thread, ephemeral)).unwrap().id()
}

fn say(manager: &Manager, id: ThreadId) {
    let items = vec![Item::new(r#"{"role":"user","content":"x"}"#).unwrap()];
    block_on(manager.get(id).unwrap().append(items)).unwrap();
}

/// The events as kind and thread.
fn told(events: &async_channel::Receiver<LiveEvent>) -> Vec<(&'static str, ThreadId)> {
    let mut told = Vec::new();
    while let Ok(event) = events.try_recv() {
        match event {
            LiveEvent::Started { thread, .. } => told.push(("started", thread.id)),
            LiveEvent::StatusChanged { thread_id, loaded: true } => told.push(("open", thread_id)),
            LiveEvent::StatusChanged { thread_id, .. } => told.push(("shut", thread_id)),
            LiveEvent::Closed { thread_id } => told.push(("closed", thread_id)),
            LiveEvent::Deleted { thread_ids } => {
                told.extend(thread_ids.into_iter().map(|id| ("deleted", id)));
            }
        }
    }
    told
}

#[test]
fn a_thread_is_open_until_it_is_removed_and_opens_again() {
    let manager = manager(1000);
    let events = manager.events();
    let id = start(&manager, None, false);
    say(&manager, id);
    assert_eq!(manager.loaded(), [id]);
    assert!(block_on(manager.remove(id)).unwrap().is_some());
    assert!(block_on(manager.remove(id)).unwrap().is_none());
    assert_eq!((manager.loaded(), manager.get(id).is_none()), (vec![], true));
    block_on(manager.resume(id, false)).unwrap();
    block_on(manager.resume(id, false)).unwrap();
    assert_eq!(told(&events), [("started", id), ("shut", id), ("open", id)]);
}

#[test]
fn a_thread_that_nobody_listens_to_is_stored_and_closed() {
    let manager = manager(20);
    let events = manager.events();
    let id = start(&manager, None, false);
    let (one, two) = (manager.subscriber(), manager.subscriber());
    assert!(manager.subscribe(id, one) && manager.subscribe(id, two));
    manager.get(id).unwrap().record(vec![Item::new(r#"{"n":1}"#).unwrap()]).unwrap();
    assert_eq!(manager.unsubscribe(id, one), Unsubscribed::Unsubscribed);
    assert_eq!(manager.unsubscribe(id, one), Unsubscribed::NotSubscribed);
    assert_eq!(told(&events), [("started", id)]);
    manager.disconnect(two);
    block_on(async {
        assert!(matches!(events.recv().await, Ok(LiveEvent::StatusChanged { .. })));
        assert_eq!(events.recv().await, Ok(LiveEvent::Closed { thread_id: id }));
    });
    assert_eq!(manager.unsubscribe(id, two), Unsubscribed::NotLoaded);
    assert_eq!(block_on(manager.store().read(id)).unwrap().items, 1);
}

#[test]
fn somebody_who_comes_in_time_keeps_a_thread_open() {
    let manager = manager(30);
    let id = start(&manager, None, false);
    let (one, two) = (manager.subscriber(), manager.subscriber());
    manager.subscribe(id, one);
    manager.unsubscribe(id, one);
    manager.subscribe(id, two);
    block_on(manager.store().env().sleep(120));
    assert_eq!(manager.loaded(), [id]);
}

#[test]
fn a_tree_has_its_stored_and_its_live_threads() {
    let manager = manager(1000);
    let root = start(&manager, None, false);
    let stored = start(&manager, Some(root), false);
    say(&manager, stored);
    let lazy = start(&manager, Some(stored), false);
    let fleeting = start(&manager, Some(root), true);
    let mut first = [stored, fleeting];
    first.sort_unstable();
    let expected: Vec<_> = first.into_iter().chain([lazy]).collect();
    assert_eq!(block_on(manager.subtree(root)).unwrap(), expected);

    let plan = block_on(manager.plan_delete(root, Children::Delete)).unwrap();
    assert_eq!((plan.plan.threads, plan.plan.items, plan.loaded.len()), (4, 1, 4));
    assert_eq!(plan.plan.members.last(), Some(&root));
    let token = Some(plan.plan.token);
    let events = manager.events();
    let receipt =
        block_on(manager.delete(root, DeleteOptions { plan: token, ..Default::default() }));
    assert_eq!(receipt.unwrap().unwrap().members, [stored, root]);
    assert!(manager.loaded().is_empty());
    let told = told(&events);
    let deleted: Vec<_> = told.iter().filter(|(kind, _)| *kind == "deleted").collect();
    assert_eq!(deleted, [&("deleted", lazy), &("deleted", fleeting)]);
    assert_eq!(told.iter().filter(|(kind, _)| *kind == "shut").count(), 8);
}

#[test]
fn deleting_what_was_never_stored_writes_nothing() {
    let manager = manager(1000);
    let root = start(&manager, None, false);
    let child = start(&manager, Some(root), false);
    let events = manager.events();
    assert!(block_on(manager.delete(root, DeleteOptions::default())).unwrap().is_none());
    let told = told(&events);
    assert_eq!(told[told.len() - 2..], [("deleted", child), ("deleted", root)]);
    assert_eq!(manager.store().stats().position, 0);
    assert!(block_on(manager.read(root)).is_err());
}

#[test]
fn archiving_stores_and_closes_open_members_and_refuses_ephemeral_roots() {
    let manager = manager(1000);
    let root = start(&manager, None, false);
    let child = start(&manager, Some(root), false);
    let archived = block_on(manager.archive(root)).unwrap();
    assert_eq!(archived, [root, child]);
    assert!(manager.loaded().is_empty());
    let fleeting = start(&manager, None, true);
    let code = |result: Result<()>| result.unwrap_err().code();
    let archive = block_on(manager.archive(fleeting)).map(drop);
    let delete = block_on(manager.delete(fleeting, DeleteOptions::default())).map(drop);
    assert_eq!((code(archive), code(delete)), ("thread_ephemeral", "thread_ephemeral"));
    assert_eq!(manager.loaded(), [fleeting]);
}
