//! Several processes write to one store at once: nothing is lost, nothing is doubled, and whoever
//! looks afterwards finds every writer's items in the order in which it wrote them.
//!
//! `CREEL_OPERATIONS` sets the number of operations of all writers together.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};
use std::sync::Arc;

use creel::storage::BoxedStorage;
use creel::{CreateThread, ItemQuery, Store, StoreOptions, SystemEnv, ThreadId, ThreadQuery};
use creel_tests::{place, shared};
use futures_lite::future::block_on;

const OPERATIONS: usize = 20_000;
const WRITERS: [&str; 2] = ["a", "b"];
/// How many threads the writers share.
const SHARED: usize = 8;

/// What the writers say they did.
#[derive(Default)]
struct Said {
    /// By thread and writer, the numbers in the order of writing.
    items: BTreeMap<ThreadId, BTreeMap<String, Vec<u64>>>,
    created: BTreeSet<ThreadId>,
    /// By thread, the deletion.
    deleted: BTreeMap<ThreadId, String>,
}

impl Said {
    fn read(&mut self, writer: &str, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let id: ThreadId = words[1].parse().unwrap();
        match words[..] {
            ["appended", _, n] => {
                let threads = self.items.entry(id).or_default();
                threads.entry(writer.to_owned()).or_default().push(n.parse().unwrap());
            }
            ["created" | "won", _] => assert!(self.created.insert(id), "{id} was made twice"),
            ["deleted", _, deletion] => {
                let before = self.deleted.insert(id, deletion.to_owned());
                assert!(before.is_none_or(|before| before == deletion), "{id} has two deletions");
            }
            _ => panic!("{line}"),
        }
    }
}

async fn open(place: &str) -> Store<BoxedStorage> {
    let storage = place::open(place).await.unwrap();
    Store::open(storage, Arc::new(SystemEnv::new()), StoreOptions::default()).await.unwrap()
}

#[test]
fn two_processes_at_once_lose_and_double_nothing() {
    let dir = tempfile::tempdir().unwrap();
    work_together(dir.path().to_str().unwrap());
}

#[test]
#[cfg(feature = "postgres")]
fn two_processes_at_once_on_postgresql_lose_and_double_nothing() {
    let server = creel_tests::postgres::Server::start(&[]);
    work_together(&server.place("shared"));
}

fn work_together(place: &str) {
    let operations =
        std::env::var("CREEL_OPERATIONS").map_or(OPERATIONS, |count| count.parse().unwrap());
    block_on(async {
        let store = open(place).await;
        for n in 0..SHARED {
            let create = CreateThread { id: Some(shared(n)), ..CreateThread::default() };
            store.create(create).await.unwrap();
        }
        store.close().await.unwrap();
    });
    let started = std::time::Instant::now();
    let each = (operations / WRITERS.len()).to_string();
    let writers = WRITERS.map(|name| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_writer"));
        let command = command.args([place, name, &each]);
        // A pipe that nobody reads yet would stop its writer.
        let out = tempfile::NamedTempFile::new().unwrap();
        (command.stdout(Stdio::from(out.reopen().unwrap())).spawn().unwrap(), name, out)
    });
    let mut said = Said::default();
    for (mut writer, name, out) in writers {
        assert!(writer.wait().unwrap().success());
        let text = std::fs::read_to_string(out.path()).unwrap();
        text.lines().for_each(|line| said.read(name, line));
    }
    println!("{operations} operations of 2 processes in {:?}", started.elapsed());
    block_on(compare(place, &said));
}

async fn compare(place: &str, said: &Said) {
    let store = open(place).await;
    let (mut appended, mut switches) = (0, 0);
    for n in 0..SHARED {
        let id = shared(n);
        let found = written(&store, id).await;
        switches += found.windows(2).filter(|pair| pair[0].0 != pair[1].0).count();
        appended += found.len();
        let mut by_writer: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        found.into_iter().for_each(|(by, n)| by_writer.entry(by).or_default().push(n));
        assert_eq!(by_writer, said.items[&id], "{id}");
    }
    assert!(switches > 0, "the writers never met");
    let query = ThreadQuery { limit: Some(1000), ..ThreadQuery::default() };
    let page = store.list(query).await.unwrap();
    assert_eq!(page.next_cursor, None);
    let listed: BTreeSet<ThreadId> = page.data.into_iter().map(|thread| thread.id).collect();
    let kept = said.created.iter().filter(|id| !said.deleted.contains_key(id)).copied();
    assert_eq!(listed, kept.chain((0..SHARED).map(shared)).collect());
    for (id, deletion) in &said.deleted {
        let receipt = store.delete(*id, Default::default()).await.unwrap();
        assert_eq!(receipt.deletion.to_string(), *deletion);
        assert!(receipt.erased_at.is_some());
    }
    println!(
        "{appended} items, {} threads made, {} deleted, {switches} times the other one's turn",
        said.created.len(),
        said.deleted.len()
    );
    assert!(!said.deleted.is_empty());
    store.close().await.unwrap();
}

/// Reads who wrote the items of a thread, and their numbers.
async fn written(store: &Store<BoxedStorage>, id: ThreadId) -> Vec<(String, u64)> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let query = ItemQuery { cursor, limit: Some(1000), ..ItemQuery::default() };
        let page = store.items(id, query).await.unwrap();
        for item in page.data {
            let value: serde_json::Value = item.item.parse().unwrap();
            found.push((value["by"].as_str().unwrap().to_owned(), value["n"].as_u64().unwrap()));
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            return found;
        }
    }
}
