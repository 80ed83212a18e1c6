//! Stop after every single storage call, and look again: what was there before or what was asked
//! for, never something between; and asking again ends clean.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use creel::storage::faulty::{FaultPlan, FaultyStorage};
use creel::storage::{MemoryStorage, Snapshot, SqliteStorage, Storage, Table};
use creel::{
    ArchiveFilter, BoxFuture, CreateThread, DeleteOptions, DeletionId, Env, Error, Item, ItemQuery,
    Store, StoreOptions, SystemEnv, ThreadId, ThreadQuery,
};
use futures_lite::future::block_on;

const CANARY: &str = "cnry-of-the-tree";
const GRACE: u64 = 3_600_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Delete,
    Archive,
    Unarchive,
    Undelete,
    Checkpoint,
}

/// Where a store lies: can be copied, opened, and searched.
trait Medium: Sized {
    type Storage: Storage;
    fn copy(&self) -> Self;
    fn open(&self) -> Self::Storage;
    fn holds(&self, text: &str) -> bool;
}

struct Memory(MemoryStorage);

impl Medium for Memory {
    type Storage = MemoryStorage;

    fn copy(&self) -> Self {
        Self(MemoryStorage::from_snapshot(&self.0.snapshot()))
    }

    fn open(&self) -> MemoryStorage {
        self.0.reopen()
    }

    fn holds(&self, text: &str) -> bool {
        let snapshot: Snapshot = self.0.snapshot();
        let found = |value: &[u8]| memchr::memmem::find(value, text.as_bytes()).is_some();
        Table::ALL.iter().any(|table| snapshot.records(*table).values().any(|value| found(value)))
    }
}

struct Sqlite(tempfile::TempDir);

impl Medium for Sqlite {
    type Storage = SqliteStorage;

    fn copy(&self) -> Self {
        let copy = tempfile::tempdir().unwrap();
        for file in files(self.0.path()) {
            std::fs::copy(&file, copy.path().join(file.file_name().unwrap())).unwrap();
        }
        Self(copy)
    }

    fn open(&self) -> SqliteStorage {
        block_on(SqliteStorage::open(self.0.path())).unwrap()
    }

    fn holds(&self, text: &str) -> bool {
        files(self.0.path()).iter().any(|file| {
            memchr::memmem::find(&std::fs::read(file).unwrap(), text.as_bytes()).is_some()
        })
    }
}

/// A store on a server, among others.
#[cfg(feature = "postgres")]
struct Postgres<'a> {
    server: &'a creel_tests::postgres::Server,
    pool: creel::storage::PostgresPool,
    store: usize,
    stores: std::rc::Rc<std::cell::Cell<usize>>,
}

#[cfg(feature = "postgres")]
impl Medium for Postgres<'_> {
    type Storage = creel::storage::PostgresStorage;

    fn copy(&self) -> Self {
        let store = self.stores.get() + 1;
        self.stores.set(store);
        let _ = block_on(self.pool.store(&store.to_string())).unwrap();
        let copies = Table::ALL.map(|table| {
            let name = table.name();
            format!(
                "INSERT INTO creel.{name} SELECT '{store}', key, value FROM creel.{name} \
                 WHERE store = '{}'",
                self.store
            )
        });
        self.server.sql(&copies.join(";"));
        let (pool, stores) = (self.pool.clone(), std::rc::Rc::clone(&self.stores));
        Self { server: self.server, pool, store, stores }
    }

    fn open(&self) -> creel::storage::PostgresStorage {
        block_on(self.pool.store(&self.store.to_string())).unwrap()
    }

    fn holds(&self, text: &str) -> bool {
        let found = Table::ALL.map(|table| {
            let name = table.name();
            format!(
                "EXISTS (SELECT FROM creel.{name} WHERE store = '{}' \
                 AND position('{text}'::bytea IN value) > 0)",
                self.store
            )
        });
        self.server.sql(&format!("SELECT {}", found.join(" OR "))) == "t"
    }
}

fn files(directory: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_file()).collect()
}

/// The system's environment, but nobody waits: a dead storage is asked again at once.
#[derive(Debug)]
struct Hasty(SystemEnv);

impl Env for Hasty {
    fn now_ms(&self) -> i64 {
        self.0.now_ms()
    }

    fn random(&self) -> [u8; 16] {
        self.0.random()
    }

    fn sleep(&self, _ms: u64) -> BoxFuture<'static, ()> {
        self.0.sleep(1)
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.0.spawn(task);
    }
}

async fn open<S: Storage>(storage: S) -> Store<S> {
    let mut options = StoreOptions::default();
    options.erase_attempts = 1;
    Store::open(storage, Arc::new(Hasty(SystemEnv::new())), options).await.unwrap()
}

/// What a store shows: name, parent, archived or not, items.
type View = BTreeMap<ThreadId, (Option<String>, Option<ThreadId>, bool, u64)>;

async fn view<S: Storage>(store: &Store<S>) -> View {
    let (mut view, mut cursor) = (View::new(), None);
    loop {
        let archived = Some(ArchiveFilter::All);
        let query = ThreadQuery { archived, cursor, limit: Some(1000), ..ThreadQuery::default() };
        let page = store.list(query).await.unwrap();
        for thread in page.data {
            let archived = thread.archived();
            view.insert(thread.id, (thread.name, thread.parent_thread_id, archived, thread.items));
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            return view;
        }
    }
}

/// Every tenth item-bearing thread gives back what was put into it.
async fn read_some<S: Storage>(store: &Store<S>, view: &View) {
    for (id, (.., items)) in view.iter().step_by(view.len().div_ceil(10).max(1)) {
        let page = store.items(*id, ItemQuery::default()).await.unwrap();
        assert_eq!(page.data.len() as u64, *items);
    }
}

/// A tree of `size` threads beside one that stays; of a large tree one thread has moved out, so
/// that it can't be erased as one range.
async fn plant<S: Storage>(store: &Store<S>, size: usize) -> (ThreadId, Vec<ThreadId>) {
    let make = |name: String, parent| CreateThread {
        name: Some(name),
        parent_thread_id: parent,
        ..CreateThread::default()
    };
    let stays = store.create(make("stays".into(), None)).await.unwrap().id;
    let item = |text: &str| vec![Item::new(&format!(r#"{{"text":"{text}"}}"#)).unwrap()];
    store.append(stays, item("stays too")).await.unwrap();
    let mut tree: Vec<ThreadId> = Vec::new();
    for n in 0..size {
        let parent = (n > 0).then(|| tree[(n - 1) / 3]);
        tree.push(store.create(make(format!("{CANARY} {n}"), parent)).await.unwrap().id);
        if n % 7 == 0 {
            store.append(tree[n], item(CANARY)).await.unwrap();
        }
    }
    if size > 100 {
        let moved = store.create(make("moved".into(), Some(tree[size / 2]))).await.unwrap().id;
        store.set_parent(moved, None).await.unwrap();
    }
    store.checkpoint().await.unwrap();
    store.append(tree[0], item(CANARY)).await.unwrap();
    (tree[0], tree)
}

/// Does what comes before an operation, and returns the deletion to undo.
async fn prepare<S: Storage>(
    store: &Store<S>,
    operation: Operation,
    root: ThreadId,
) -> Option<DeletionId> {
    match operation {
        Operation::Unarchive => {
            store.archive(root).await.unwrap();
            None
        }
        Operation::Undelete => {
            let options = DeleteOptions { grace: Some(GRACE), ..DeleteOptions::default() };
            Some(store.delete(root, options).await.unwrap().deletion)
        }
        _ => None,
    }
}

async fn perform<S: Storage>(
    store: &Store<S>,
    operation: Operation,
    root: ThreadId,
    deletion: Option<DeletionId>,
) -> Result<(), Error> {
    match operation {
        Operation::Delete => store.delete(root, DeleteOptions::default()).await.map(drop),
        Operation::Archive => store.archive(root).await.map(drop),
        Operation::Unarchive => store.unarchive(root).await.map(drop),
        Operation::Undelete => store.undelete(deletion.unwrap_or_default()).await.map(drop),
        Operation::Checkpoint => store.checkpoint().await,
    }
}

fn matrix<M: Medium>(empty: &M, operation: Operation, size: usize) {
    block_on(async {
        let base = empty.copy();
        let store = open(base.open()).await;
        let (root, tree) = plant(&store, size).await;
        let deletion = prepare(&store, operation, root).await;
        let before = view(&store).await;
        store.close().await.unwrap();
        let after = {
            let done = base.copy();
            let store = open(done.open()).await;
            perform(&store, operation, root, deletion).await.unwrap();
            let after = view(&store).await;
            store.close().await.unwrap();
            after
        };
        assert_eq!(before == after, operation == Operation::Checkpoint);
        let mut stops = 0;
        let (mut olds, mut news) = (0, 0);
        for call in 1.. {
            let mut reached = false;
            for crash_after in [false, true] {
                let medium = base.copy();
                let plan = FaultPlan::new();
                let store = open(FaultyStorage::new(medium.open(), &plan)).await;
                let number = plan.last_call() + call;
                if crash_after {
                    plan.crash_after(number)
                } else {
                    plan.crash_before(number)
                }
                let result = perform(&store, operation, root, deletion).await;
                let hit = plan.last_call() >= number;
                reached |= hit;
                // The process is gone; this only ends its tasks.
                let _ = store.close().await;
                drop(store);
                if !hit {
                    continue;
                }
                stops += 1;
                let store = open(medium.open()).await;
                let found = view(&store).await;
                let what = format!("{operation:?} of {size}, call {call}, after: {crash_after}");
                assert!(found == before || found == after, "{what}: something between");
                assert!(result.is_err() || found == after, "{what}: acknowledged and lost");
                olds += u32::from(found == before);
                news += u32::from(found == after);
                read_some(&store, &found).await;
                again(&store, operation, root, deletion, found == after, &what).await;
                assert_eq!(view(&store).await, after, "{what}: not done by the second run");
                read_some(&store, &after).await;
                if operation == Operation::Delete {
                    let receipt = store.receipt(root).await.unwrap().unwrap();
                    assert!(receipt.erased_at.is_some());
                    assert_eq!(receipt.members.len(), tree.len());
                    assert!(store.pending_deletions().await.unwrap().is_empty());
                    assert!(!medium.holds(CANARY), "{what}: something is left");
                }
                store.close().await.unwrap();
            }
            if !reached {
                break;
            }
        }
        println!("{operation:?} of {size}: {stops} stops, {olds} old, {news} new");
        assert!(olds > 0 && news > 0 && stops >= 2);
    });
}

/// The second run: it does what is left, or says that it is done.
async fn again<S: Storage>(
    store: &Store<S>,
    operation: Operation,
    root: ThreadId,
    deletion: Option<DeletionId>,
    done: bool,
    what: &str,
) {
    match (operation, perform(store, operation, root, deletion).await) {
        (_, Ok(())) => {}
        (Operation::Unarchive, Err(Error::ThreadNotArchived { .. })) if done => {}
        (Operation::Undelete, Err(Error::NotUndoable { .. })) if done => {}
        (_, Err(error)) => panic!("{what}: the second run fails: {error}"),
    }
}

const ALL: [Operation; 5] = [
    Operation::Delete,
    Operation::Archive,
    Operation::Unarchive,
    Operation::Undelete,
    Operation::Checkpoint,
];

#[test]
fn every_stop_in_memory_leaves_the_old_or_the_new() {
    for size in [1, 3] {
        for operation in ALL {
            matrix(&Memory(MemoryStorage::new()), operation, size);
        }
    }
}

#[test]
fn every_stop_with_a_tree_of_a_thousand_leaves_the_old_or_the_new() {
    for operation in ALL {
        matrix(&Memory(MemoryStorage::new()), operation, 1_000);
    }
}

#[test]
fn every_stop_over_sqlite_leaves_the_old_or_the_new() {
    for size in [1, 3] {
        for operation in ALL {
            matrix(&Sqlite(tempfile::tempdir().unwrap()), operation, size);
        }
    }
}

#[test]
#[cfg(feature = "postgres")]
fn every_stop_over_postgresql_leaves_the_old_or_the_new() {
    let server = creel_tests::postgres::Server::start(&["fsync=off"]);
    for size in [1, 3] {
        for operation in ALL {
            let (pool, stores) = (server.pool(), std::rc::Rc::default());
            matrix(&Postgres { server: &server, pool, store: 0, stores }, operation, size);
            server.sql("TRUNCATE creel.journal, creel.catalog, creel.history, creel.store");
        }
    }
}
