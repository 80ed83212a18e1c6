//! After a deletion returned, no file of the store holds anything of the threads: canaries are put
//! on every surface of a tree and searched for in every file, while the store is open and after.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use creel::storage::{
    Batch, Durability, Key, KeyRange, Order, Page, Scrubbed, SqliteStorage, Storage, StorageResult,
    Table,
};
use creel::{
    CreateThread, DeleteOptions, GoalPatch, Item, Store, StoreOptions, SystemEnv, ThreadDetails,
    ThreadId, ThreadPatch,
};
use creel_tests::canary::{Canary, search};
use creel_tests::next_random;
use futures_lite::future::block_on;

const SEEDS: u64 = 120;

/// Passes everything on but the scrub, which it only claims to have done.
#[derive(Debug)]
struct Unscrubbed(SqliteStorage);

impl Storage for Unscrubbed {
    async fn get(&self, table: Table, keys: Vec<Key>) -> StorageResult<Vec<Option<Bytes>>> {
        self.0.get(table, keys).await
    }

    async fn scan(
        &self,
        table: Table,
        range: KeyRange,
        limit: usize,
        order: Order,
    ) -> StorageResult<Page> {
        self.0.scan(table, range, limit, order).await
    }

    async fn commit(&self, batch: Batch, durability: Durability) -> StorageResult<()> {
        self.0.commit(batch, durability).await
    }

    async fn close(&self) -> StorageResult<()> {
        self.0.close().await
    }

    async fn scrub(&self) -> StorageResult<Scrubbed> {
        Ok(Scrubbed::Physical)
    }
}

/// Puts canaries on every surface of threads.
struct Planter {
    random: u64,
    planted: Vec<Canary>,
}

impl Planter {
    fn below(&mut self, most: u64) -> u64 {
        next_random(&mut self.random) % most
    }

    fn plant(&mut self, surface: &str) -> String {
        let canary = Canary::new(surface, &mut self.random);
        self.planted.push(canary.clone());
        canary.text
    }

    fn item(&mut self, surface: &str, size: usize) -> Item {
        let (start, end) = (self.plant(surface), self.plant(surface));
        let filler = "lorem ipsum ".repeat(size / 12);
        let item =
            format!(r#"{{"role":"user","content":"{start}","filler":"{filler}","end":"{end}"}}"#);
        Item::new(&item).unwrap()
    }

    /// Creates a thread with everything that a thread can have.
    async fn thread<S: Storage>(&mut self, store: &Store<S>, parent: Option<ThreadId>) -> ThreadId {
        let mut metadata = serde_json::Map::new();
        metadata.insert("note".into(), self.plant("metadata").into());
        let details = ThreadDetails {
            cwd: Some(self.plant("cwd")),
            agent_nickname: Some(self.plant("nickname")),
            metadata: Some(metadata),
            ..ThreadDetails::default()
        };
        let create = CreateThread {
            parent_thread_id: parent,
            name: Some(self.plant("name")),
            title: Some(self.plant("title")),
            session_id: parent.is_none().then(|| self.plant("session")),
            details,
            ..CreateThread::default()
        };
        let id = store.create(create).await.unwrap().id;
        let objective = Some(self.plant("goal"));
        store.set_goal(id, GoalPatch { objective, ..GoalPatch::default() }).await.unwrap();
        store.set_tools(id, vec![self.item("tool", 12)]).await.unwrap();
        self.append(store, id).await;
        id
    }

    async fn append<S: Storage>(&mut self, store: &Store<S>, id: ThreadId) {
        let size = match self.below(12) {
            0 => 300_000,
            1 => 9_000,
            _ => 60,
        };
        let count = 1 + self.below(4);
        let items = (0..count).map(|_| self.item("item", size)).collect();
        store.append(id, items).await.unwrap();
        if self.below(2) == 0 {
            let records = vec![self.item("log", 60)];
            store.append_logs(id, records).await.unwrap();
        }
        if self.below(4) == 0 {
            let name = Some(Some(self.plant("second name")));
            store.update(id, ThreadPatch { name, ..ThreadPatch::default() }).await.unwrap();
        }
    }

    /// Grows a tree of `size` threads under `root`, packing the journal now and then.
    async fn grow<S: Storage>(
        &mut self,
        store: &Store<S>,
        root: ThreadId,
        size: u64,
        neighbour: (ThreadId, &mut Self),
    ) {
        let mut tree = vec![root];
        for _ in 1..size {
            let parent = tree[self.below(tree.len() as u64) as usize];
            tree.push(self.thread(store, Some(parent)).await);
            let older = tree[self.below(tree.len() as u64) as usize];
            self.append(store, older).await;
            neighbour.1.append(store, neighbour.0).await;
            if self.below(5) == 0 {
                store.checkpoint().await.unwrap();
            }
        }
    }
}

/// Makes a store with a tree and neighbours, deletes the tree, and returns what is left of it.
///
/// # Panics
/// When the neighbours are not found: then the search proves nothing.
async fn left<S: Storage>(dir: &Path, seed: u64, open: impl AsyncFn() -> Store<S>) -> Vec<String> {
    let store = open().await;
    let mut going = Planter { random: seed, planted: Vec::new() };
    let mut staying = Planter { random: !seed, planted: Vec::new() };
    let neighbour = staying.thread(&store, None).await;
    // A tree of its own, or a part of one of which the rest stays.
    let above = (seed.is_multiple_of(3)).then_some(neighbour);
    let root = going.thread(&store, above).await;
    let size = if seed.is_multiple_of(10) { 30 } else { 1 + going.below(8) };
    going.grow(&store, root, size, (neighbour, &mut staying)).await;
    let other = if seed.is_multiple_of(4) { Some(open().await) } else { None };
    if seed.is_multiple_of(2) {
        store.checkpoint().await.unwrap();
    }
    if seed.is_multiple_of(5) {
        let options = DeleteOptions { grace: Some(1 << 30), ..DeleteOptions::default() };
        let deletion = store.delete(root, options).await.unwrap().deletion;
        store.checkpoint().await.unwrap();
        store.undelete(deletion).await.unwrap();
    }
    let receipt = store.delete(root, DeleteOptions::default()).await.unwrap();
    assert_eq!(receipt.scrubbed, Some(Scrubbed::Physical), "seed {seed}");
    assert_eq!(receipt.removed.threads, size);
    let mut found = search(dir, &going.planted);
    assert!(!search(dir, &staying.planted).is_empty(), "seed {seed}: the neighbours are not found");
    for store in other.iter().chain([&store]) {
        store.close().await.unwrap();
    }
    found.extend(search(dir, &going.planted).into_iter().map(|left| format!("{left}, closed")));
    found
}

async fn open(dir: &Path) -> Store<SqliteStorage> {
    let storage = SqliteStorage::open(dir).await.unwrap();
    Store::open(storage, Arc::new(SystemEnv::new()), StoreOptions::default()).await.unwrap()
}

#[test]
fn no_file_holds_anything_of_a_deleted_tree() {
    let check = |seeds: std::ops::Range<u64>| {
        for seed in seeds {
            let dir = tempfile::tempdir().unwrap();
            let found = block_on(left(dir.path(), seed, async || open(dir.path()).await));
            assert_eq!(found, Vec::<String>::new(), "seed {seed}");
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| check(0..SEEDS / 2));
        scope.spawn(|| check(SEEDS / 2..SEEDS));
    });
}

#[test]
fn a_store_that_does_not_scrub_is_found_out() {
    let leaks = (0..8).filter(|seed| {
        let dir = tempfile::tempdir().unwrap();
        let open = async || {
            let storage = Unscrubbed(SqliteStorage::open(dir.path()).await.unwrap());
            let env = Arc::new(SystemEnv::new());
            Store::open(storage, env, StoreOptions::default()).await.unwrap()
        };
        !block_on(left(dir.path(), *seed, open)).is_empty()
    });
    assert!(leaks.count() > 0);
}

#[test]
fn a_planted_leak_is_found_in_every_encoding_and_across_a_cut() {
    let dir = tempfile::tempdir().unwrap();
    let canary = Canary::new("name", &mut 7);
    assert_eq!(search(dir.path(), std::slice::from_ref(&canary)), Vec::<String>::new());
    let below = dir.path().join("below");
    std::fs::create_dir(&below).unwrap();
    let text = &canary.text;
    let wide = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let plants = [
        ("a", text.as_bytes().to_vec(), "UTF-8"),
        ("b", wide(u16::to_le_bytes), "UTF-16LE"),
        ("c", wide(u16::to_be_bytes), "UTF-16BE"),
        ("d", text.as_bytes()[..23].to_vec(), "UTF-8"),
        ("e", text.as_bytes()[23..].to_vec(), "UTF-8"),
    ];
    for (name, plant, encoding) in plants {
        let path = below.join(name);
        std::fs::write(&path, [b"before ".as_slice(), &plant, b" after"].concat()).unwrap();
        let found = search(dir.path(), std::slice::from_ref(&canary));
        assert!(found.contains(&format!("{name}: name in {encoding}")), "{found:?}");
        std::fs::remove_file(path).unwrap();
    }
}
