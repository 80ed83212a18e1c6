//! PostgreSQL killed and restarted under load: nothing that was acknowledged as strict is lost,
//! nothing is doubled, nothing that was deleted comes back, and instances that live through it
//! agree, also where the server forgot what was acknowledged as relaxed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use creel::storage::{Durability, PostgresOptions, PostgresStorage, StorageError};
use creel::{
    CreateThread, DeleteOptions, Error, Item, ItemQuery, Result, Store, StoreOptions, SystemEnv,
    ThreadId, Wait,
};
use creel_tests::postgres::Server;
use futures_lite::future::block_on;

/// How often the server is stopped in a run.
const STOPS: usize = 6;
/// The instances, each with a pool of its own, and the writers of each.
const INSTANCES: usize = 2;
const WRITERS: usize = 3;

type Open = Store<PostgresStorage>;

/// What a writer was told of its thread and of the trees that it deleted.
struct Told {
    thread: ThreadId,
    items: u64,
    deleted: Vec<ThreadId>,
}

async fn open(server: &Server, durability: Durability) -> Open {
    let mut options = PostgresOptions::default();
    options.connect_timeout_ms = 3000;
    let storage = loop {
        // A busy machine is late, too.
        match PostgresStorage::connect(&server.url(), "a", options.clone()).await {
            Ok(storage) => break storage,
            Err(StorageError::Unavailable { retryable: true, .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    };
    let mut options = StoreOptions::default();
    options.durability = durability;
    options.checkpoint_entries = 50;
    Store::open(storage, Arc::new(SystemEnv::new()), options).await.unwrap()
}

/// Reads the store until the server answers, after which nothing is unsettled any more.
async fn settle(store: &Open) {
    while let Err(error) = store.refresh().await {
        assert!(error.retryable(), "{error:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Does what may fail while the server is away, and looks afterwards what became of it.
async fn insist<T>(
    store: &Open,
    mut attempt: impl AsyncFnMut() -> Result<T>,
    mut done: impl AsyncFnMut() -> Option<T>,
) -> T {
    loop {
        match attempt().await {
            Ok(value) => return value,
            Err(error) if error.retryable() => {
                settle(store).await;
                if let Some(value) = done().await {
                    return value;
                }
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

async fn create(store: &Open, random: &mut u64, parent: Option<ThreadId>) -> ThreadId {
    let n = creel_tests::next_random(random);
    let id = ThreadId::from_uuid(uuid::Uuid::from_u64_pair(n, creel_tests::next_random(random)));
    let thread =
        || CreateThread { id: Some(id), parent_thread_id: parent, ..CreateThread::default() };
    let there = async || store.read(id).await.is_ok().then_some(());
    insist(store, async || store.create(thread()).await.map(drop), there).await;
    id
}

/// Appends numbered items to a thread and deletes trees beside, until it is told to stop.
async fn write(store: &Open, seed: u64, stop: &AtomicBool, done: &AtomicUsize) -> Told {
    let mut random = seed;
    let thread = create(store, &mut random, None).await;
    let (mut items, mut deleted) = (0, Vec::new());
    while !stop.load(Ordering::SeqCst) {
        // A loss of relaxed commits is seen by reading, and the writer goes on from there.
        let strict_length = items;
        let item = || vec![Item::new(&format!(r#"{{"n":{items}}}"#)).unwrap()];
        let length = async || store.read(thread).await.map_or(0, |thread| thread.items);
        let landed = async || (length().await > strict_length).then_some(());
        insist(store, async || store.append(thread, item()).await.map(drop), landed).await;
        items += 1;
        done.fetch_add(1, Ordering::SeqCst);
        if items % 20 == 0 {
            let root = create(store, &mut random, None).await;
            create(store, &mut random, Some(root)).await;
            let gone = async || match store.read(root).await {
                Err(Error::ThreadDeleted { .. }) => Some(()),
                _ => None,
            };
            let options = || DeleteOptions { wait: Wait::Committed, ..DeleteOptions::default() };
            insist(store, async || store.delete(root, options()).await.map(drop), gone).await;
            deleted.push(root);
        }
    }
    Told { thread, items, deleted }
}

/// Runs writers of several instances while the server is stopped and started again.
fn under_load(
    server: &mut Server,
    instances: &[Open],
    writer: impl Fn(&Open, u64, &AtomicBool, &AtomicUsize) -> Told + Sync,
) -> Vec<Told> {
    let (stop, done) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let mut writers = Vec::new();
        for (n, store) in instances.iter().enumerate() {
            for m in 0..WRITERS {
                let (writer, stop, done) = (&writer, &stop, &done);
                let seed = (n * WRITERS + m + 1) as u64;
                writers.push(scope.spawn(move || writer(store, seed, stop, done)));
            }
        }
        let progress = |least: usize| {
            let from = done.load(Ordering::SeqCst);
            while done.load(Ordering::SeqCst) < from + least {
                assert!(writers.iter().all(|writer| !writer.is_finished()), "a writer has failed");
                std::thread::sleep(Duration::from_millis(1));
            }
        };
        for round in 0..STOPS {
            progress(40 + 17 * round);
            if round % 2 == 0 {
                server.kill()
            } else {
                server.stop_immediately()
            }
            if round == 2 {
                // Long enough for calls to give up waiting for a connection.
                std::thread::sleep(Duration::from_millis(3500));
            }
            server.restart();
        }
        progress(60);
        stop.store(true, Ordering::SeqCst);
        println!("{} appends around {STOPS} stops", done.load(Ordering::SeqCst));
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    })
}

async fn numbers(store: &Open, thread: ThreadId) -> Vec<u64> {
    let (mut numbers, mut cursor) = (Vec::new(), None);
    loop {
        let query = ItemQuery { cursor, limit: Some(1000), ..ItemQuery::default() };
        let page = store.items(thread, query).await.unwrap();
        for item in page.data {
            let value: serde_json::Value = item.item.parse().unwrap();
            numbers.push(value["n"].as_u64().unwrap());
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            return numbers;
        }
    }
}

async fn finish(server: &Server, instances: Vec<Open>, told: &[Told], exactly: bool) {
    // One opened afterwards, and those that lived through it all.
    let fresh = open(server, Durability::Strict).await;
    for store in instances.iter().chain([&fresh]) {
        settle(store).await;
        for told in told {
            let found = numbers(store, told.thread).await;
            if exactly {
                assert_eq!(found, (0..told.items).collect::<Vec<_>>());
            }
            for root in &told.deleted {
                let error = store.read(*root).await.unwrap_err();
                assert_eq!(error.code(), "thread_deleted", "{root}");
            }
        }
        while !store.pending_deletions().await.unwrap().is_empty() {
            std::thread::sleep(Duration::from_millis(20));
            settle(store).await;
        }
    }
    let everything = async |store: &Open| {
        let query = creel::ThreadQuery { limit: Some(1000), ..Default::default() };
        let threads = store.list(query).await.unwrap().data;
        let mut seen = BTreeMap::new();
        for thread in threads {
            seen.insert(thread.id, numbers(store, thread.id).await);
        }
        seen
    };
    let expected = everything(&fresh).await;
    for store in &instances {
        assert_eq!(everything(store).await, expected);
    }
    let report = fresh.check().await.unwrap();
    assert!(report.findings.is_empty(), "{report:?}");
    for store in instances.iter().chain([&fresh]) {
        store.close().await.unwrap();
    }
}

#[test]
fn nothing_told_as_strict_is_lost_or_doubled_when_the_server_dies() {
    let mut server = Server::start(&[]);
    let instances: Vec<Open> =
        (0..INSTANCES).map(|_| block_on(open(&server, Durability::Strict))).collect();
    let told = under_load(&mut server, &instances, |store, seed, stop, done| {
        block_on(write(store, seed, stop, done))
    });
    assert!(told.iter().map(|told| told.deleted.len()).sum::<usize>() > 0);
    block_on(finish(&server, instances, &told, true));
}

/// Appends relaxed to a thread that all instances share, and takes what was lost as it comes.
async fn write_shared(store: &Open, by: u64, stop: &AtomicBool, done: &AtomicUsize) -> Told {
    let thread = creel_tests::shared(0);
    let (mut n, mut deleted) = (0_u64, Vec::new());
    let mut random = by;
    while !stop.load(Ordering::SeqCst) {
        let item = Item::new(&format!(r#"{{"n":{}}}"#, by * 1_000_000 + n)).unwrap();
        match store.append(thread, vec![item]).await {
            Ok(_) => drop(done.fetch_add(1, Ordering::SeqCst)),
            Err(error) if error.retryable() => settle(store).await,
            Err(error) => panic!("{error:?}"),
        }
        n += 1;
        if n.is_multiple_of(30) {
            // The deletion is strict, and makes the creation before it durable.
            let root = create(store, &mut random, None).await;
            let gone = async || match store.read(root).await {
                Err(Error::ThreadDeleted { .. } | Error::ThreadNotFound { .. }) => Some(false),
                _ => None,
            };
            let options = || DeleteOptions { wait: Wait::Committed, ..DeleteOptions::default() };
            let delete = async || match store.delete(root, options()).await {
                // Its creation was lost with the server.
                Err(Error::ThreadNotFound { .. }) => Ok(false),
                other => other.map(|_| true),
            };
            if insist(store, delete, gone).await {
                deleted.push(root);
            }
        }
    }
    Told { thread, items: n, deleted }
}

#[test]
fn instances_that_outlive_a_server_that_forgot_relaxed_commits_agree_again() {
    // The log goes to the disk late, so that much is forgotten.
    let mut server = Server::start(&["wal_writer_delay=10000ms", "wal_writer_flush_after=0"]);
    let instances: Vec<Open> =
        (0..INSTANCES).map(|_| block_on(open(&server, Durability::Relaxed))).collect();
    block_on(async {
        let strict = open(&server, Durability::Strict).await;
        let id = Some(creel_tests::shared(0));
        strict.create(CreateThread { id, ..CreateThread::default() }).await.unwrap();
        strict.close().await.unwrap();
    });
    let told = under_load(&mut server, &instances, |store, by, stop, done| {
        block_on(write_shared(store, by, stop, done))
    });
    block_on(async {
        let found = numbers(&instances[0], told[0].thread).await;
        let asked: u64 = told.iter().map(|told| told.items).sum();
        println!("{} of {asked} items were kept", found.len());
        for by in 1..=told.len() as u64 {
            let own: Vec<u64> = found.iter().copied().filter(|n| n / 1_000_000 == by).collect();
            assert!(
                own.windows(2).all(|pair| pair[0] < pair[1]),
                "doubled or out of order: {own:?}"
            );
        }
        finish(&server, instances, &told, false).await;
    });
}
