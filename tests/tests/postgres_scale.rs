//! Many stores in one database, many connections at once, one large store. The figures are printed,
//! and read with the machine in mind; what is asserted is that all of it is there.
//!
//! `CREEL_STORES` and `CREEL_THREADS` set the numbers of stores and of threads.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;
use std::time::Instant;

use creel::storage::{Durability, PostgresPool, PostgresStorage};
use creel::{CreateThread, Item, Store, StoreOptions, SystemEnv, ThreadQuery};
use creel_tests::postgres::{Server, patient};
use futures_lite::future::block_on;
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};

fn number(variable: &str, usual: usize) -> usize {
    std::env::var(variable).map_or(usual, |number| number.parse().unwrap())
}

fn pool(server: &Server, connections: usize) -> PostgresPool {
    let mut options = patient();
    options.max_connections = connections;
    block_on(PostgresPool::connect(&server.url(), options)).unwrap()
}

async fn open(pool: &PostgresPool, name: &str, durability: Durability) -> Store<PostgresStorage> {
    let storage = pool.store(name).await.unwrap();
    let mut options = StoreOptions::default();
    options.durability = durability;
    Store::open(storage, Arc::new(SystemEnv::new()), options).await.unwrap()
}

fn item(n: usize) -> Vec<Item> {
    vec![Item::new(&format!(r#"{{"n":{n},"filler":"{}"}}"#, "x".repeat(580))).unwrap()]
}

/// The memory of this process, in MB.
fn memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1024.0
}

#[test]
fn ten_thousand_stores_live_in_one_database() {
    let stores = number("CREEL_STORES", 10_000);
    let server = Server::start(&["fsync=off"]);
    let pool = pool(&server, 16);
    let name = |n: usize| format!("tenant/{n:06}");
    let started = Instant::now();
    let open_stores: Vec<_> = block_on(
        stream::iter(0..stores)
            .map(async |n| {
                let store = open(&pool, &name(n), Durability::Relaxed).await;
                let thread = store.create(CreateThread::default()).await.unwrap();
                store.append(thread.id, item(n)).await.unwrap();
                store
            })
            .buffered(64)
            .collect(),
    );
    let made = started.elapsed();
    let all_open = memory();
    assert_eq!(open_stores.len(), stores);
    let started = Instant::now();
    drop(open_stores);
    let dropped = memory();
    let opened = stream::iter((0..stores).step_by(10)).map(async |n| {
        let store = open(&pool, &name(n), Durability::Relaxed).await;
        assert_eq!(store.list(ThreadQuery::default()).await.unwrap().data.len(), 1);
    });
    let opened = block_on(opened.buffered(64).count());
    let used = started.elapsed();
    assert_eq!(block_on(pool.names()).unwrap().len(), stores);
    println!(
        "{stores} stores made and written in {made:.1?}, {opened} opened and listed in {used:.1?}; \
         all open at once {all_open:.0} MB, all dropped {dropped:.0} MB; {} connections; {}",
        pool.usage().open,
        server.sql("SELECT pg_size_pretty(pg_database_size('postgres'))"),
    );
}

#[test]
fn two_hundred_connections_write_at_once() {
    const CONNECTIONS: usize = 200;
    const APPENDS: usize = 50;
    let server = Server::start(&["max_connections=220"]);
    let pool = pool(&server, CONNECTIONS);
    let seconds = block_on(async {
        let stores = join_all(
            (0..CONNECTIONS).map(async |n| open(&pool, &n.to_string(), Durability::Strict).await),
        );
        let stores = stores.await;
        let threads = join_all(
            stores
                .iter()
                .map(async |store| store.create(CreateThread::default()).await.unwrap().id),
        );
        let threads = threads.await;
        let started = Instant::now();
        join_all(stores.iter().zip(&threads).map(async |(store, thread)| {
            for n in 0..APPENDS {
                store.append(*thread, item(n)).await.unwrap();
            }
        }))
        .await;
        let seconds = started.elapsed().as_secs_f64();
        for (store, thread) in stores.iter().zip(&threads) {
            assert_eq!(store.read(*thread).await.unwrap().items, APPENDS as u64);
        }
        seconds
    });
    let appends = CONNECTIONS * APPENDS;
    assert_eq!(pool.usage().open, CONNECTIONS);
    println!(
        "{appends} strict appends on {CONNECTIONS} connections: {:.0} a second",
        appends as f64 / seconds
    );
}

#[test]
fn a_store_of_a_hundred_thousand_threads_opens_and_lists() {
    let threads = number("CREEL_THREADS", 100_000);
    let server = Server::start(&["fsync=off"]);
    let pool = pool(&server, 4);
    block_on(async {
        let store = open(&pool, "large", Durability::Relaxed).await;
        let started = Instant::now();
        let made = stream::iter(0..threads).map(async |n| {
            let name = Some(format!("thread {n}"));
            store.create(CreateThread { name, ..CreateThread::default() }).await.unwrap();
        });
        assert_eq!(made.buffered(512).count().await, threads);
        println!("{threads} threads made in {:.1?}", started.elapsed());
        store.close().await.unwrap();
        let started = Instant::now();
        let store = open(&pool, "large", Durability::Relaxed).await;
        let opened = started.elapsed();
        let started = Instant::now();
        let query = ThreadQuery { limit: Some(50), ..ThreadQuery::default() };
        assert_eq!(store.list(query).await.unwrap().data.len(), 50);
        println!("opened in {opened:.1?}, the first 50 listed in {:.1?}", started.elapsed());
        assert_eq!(store.stats().threads, threads as u64);
        store.close().await.unwrap();
    });
}
