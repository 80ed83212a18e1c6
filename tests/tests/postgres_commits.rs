//! Commits on a real PostgreSQL server when answers get lost, the server forgets, or all is well.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use bytes::Bytes;
use creel::storage::{
    Batch, Durability, Exists, KeyRange, Order, PostgresPool, PostgresStorage, Storage,
    StorageError, StorageResult, Table, Write,
};
use creel::{CreateThread, Item, ItemQuery, Store, StoreOptions, SystemEnv};
use creel_tests::postgres::{Server, patient};
use creel_tests::postgres_proxy::{Fault, Proxy};
use futures_lite::future::block_on;

fn through(proxy: &Proxy, server: &Server) -> PostgresPool {
    let url = server.url().replace(&server.port().to_string(), &proxy.port().to_string());
    block_on(PostgresPool::connect(&url, patient())).unwrap()
}

fn entry(n: u32, text: &'static str) -> Write {
    Write::Insert {
        table: Table::Journal,
        key: format!("{n:016}"),
        value: Bytes::from_static(text.as_bytes()),
    }
}

/// Inserts entry `n` after the one before.
fn append(storage: &PostgresStorage, n: u32, text: &'static str) -> StorageResult<()> {
    let before = n.checked_sub(1).map(|n| format!("{n:016}"));
    let checks = before.map(|key| Exists { table: Table::Journal, key }).into_iter().collect();
    block_on(storage.commit(Batch { checks, writes: vec![entry(n, text)] }, Durability::Strict))
}

fn journal(storage: &PostgresStorage) -> Vec<String> {
    let scan = storage.scan(Table::Journal, KeyRange::new("0", ":"), 1000, Order::Ascending);
    let records = block_on(scan).unwrap().records;
    records.iter().map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect()
}

#[test]
fn a_commit_waits_for_no_answer_before_all_of_it_is_sent() {
    let server = Server::start(&[]);
    let proxy = Proxy::start(server.port());
    let storage = block_on(through(&proxy, &server).store("a")).unwrap();
    // The first of a kind prepares its statements.
    append(&storage, 0, "first").unwrap();
    append(&storage, 1, "second").unwrap();
    // Many, since what tells others of a commit may be at work during the next one.
    for n in 2..50 {
        proxy.arm(Fault::HoldAnswers);
        append(&storage, n, "next").unwrap();
        assert!(proxy.happened());
    }
    assert_eq!(journal(&storage).len(), 50);
}

#[test]
fn a_commit_whose_answer_is_lost_has_an_unknown_outcome_and_is_found_when_sent_again() {
    let server = Server::start(&[]);
    let proxy = Proxy::start(server.port());
    let storage = block_on(through(&proxy, &server).store("a")).unwrap();
    append(&storage, 0, "first").unwrap();
    for (n, fault, lands) in [(1, Fault::LoseAnswer, true), (2, Fault::LoseCommit, false)] {
        proxy.arm(fault);
        let lost = append(&storage, n, "lost");
        assert!(matches!(lost, Err(StorageError::Unavailable { retryable: true, .. })), "{lost:?}");
        assert_eq!(journal(&storage).len() == n as usize + 1, lands, "{fault:?}");
        match append(&storage, n, "lost") {
            Err(StorageError::Conflict) if lands => {}
            Ok(()) if !lands => {}
            other => panic!("{fault:?}: {other:?}"),
        }
    }
    assert_eq!(journal(&storage), ["first", "lost", "lost"]);
}

#[test]
fn a_store_loses_and_doubles_nothing_while_answers_get_lost() {
    let server = Server::start(&[]);
    let proxy = Proxy::start(server.port());
    block_on(async {
        let storage = through(&proxy, &server).store("a").await.unwrap();
        let env = Arc::new(SystemEnv::new());
        let store = Store::open(storage, env, StoreOptions::default()).await.unwrap();
        let id = store.create(CreateThread::default()).await.unwrap().id;
        for n in 0..60 {
            match n % 4 {
                0 => proxy.arm(Fault::LoseAnswer),
                2 => proxy.arm(Fault::LoseCommit),
                _ => {}
            }
            let item = Item::new(&format!(r#"{{"n":{n}}}"#)).unwrap();
            store.append(id, vec![item]).await.unwrap();
        }
        let query = ItemQuery { limit: Some(1000), ..ItemQuery::default() };
        let page = store.items(id, query).await.unwrap();
        let found: Vec<_> = page.data.iter().map(|item| item.item.json().to_owned()).collect();
        let expected: Vec<_> = (0..60).map(|n| format!(r#"{{"n":{n}}}"#)).collect();
        assert_eq!(found, expected);
        store.close().await.unwrap();
    });
}

#[test]
fn a_check_is_of_the_entry_that_was_seen() {
    let server = Server::start(&[]);
    let pool = server.pool();
    let (one, other) = (block_on(pool.store("a")).unwrap(), block_on(pool.store("a")).unwrap());
    append(&one, 0, "first").unwrap();
    append(&one, 1, "the server forgets this").unwrap();
    assert_eq!(journal(&other).len(), 2);
    // What a crash does to a relaxed commit, and what another instance does then.
    server.sql("DELETE FROM creel.journal WHERE key = '0000000000000001'");
    append(&other, 1, "this took its place").unwrap();
    for _ in 0..2 {
        let decided_on_the_lost = append(&one, 2, "wrong");
        assert!(
            matches!(decided_on_the_lost, Err(StorageError::Conflict)),
            "{decided_on_the_lost:?}"
        );
    }
    // Reading it is not yet deciding anew.
    assert_eq!(journal(&one), ["first", "this took its place"]);
    assert!(matches!(append(&one, 2, "wrong"), Err(StorageError::Conflict)));
    append(&one, 2, "right").unwrap();
    append(&other, 3, "it never saw entry 2, so it has to exist only").unwrap();
}

#[test]
fn a_strict_commit_syncs_the_servers_log_once_and_a_relaxed_one_does_not() {
    // The server's own setting is the lazy one, and its writer of the log sleeps meanwhile.
    let server = Server::start(&["synchronous_commit=off", "wal_writer_delay=10000ms"]);
    let syncs = |durability| {
        let synced = || server.sql("SELECT wal_sync FROM pg_stat_wal").parse::<u32>().unwrap();
        let pool = server.pool();
        let storage = block_on(pool.store("a")).unwrap();
        let before = synced();
        for _ in 0..50 {
            let put = Write::Put { table: Table::Journal, key: "k".into(), value: Bytes::new() };
            block_on(storage.commit(Batch { checks: vec![], writes: vec![put] }, durability))
                .unwrap();
        }
        drop((pool, storage));
        // A connection that ends leaves its counts.
        server.wait_until_unused();
        synced() - before
    };
    let (relaxed, strict) = (syncs(Durability::Relaxed), syncs(Durability::Strict));
    println!("50 relaxed commits: {relaxed} syncs; 50 strict ones: {strict}");
    assert!(relaxed < 15 && (50..65).contains(&strict), "{relaxed}, {strict}");
}

#[test]
fn a_commit_that_waits_too_long_for_another_was_not_made() {
    let server = Server::start(&[]);
    let mut options = patient();
    options.statement_timeout_ms = 300;
    let pool = block_on(PostgresPool::connect(&server.url(), options)).unwrap();
    let storage = block_on(pool.store("a")).unwrap();
    append(&storage, 0, "first").unwrap();
    let hold = "BEGIN; SELECT FROM creel.store FOR UPDATE; SELECT pg_sleep(5); COMMIT";
    std::thread::scope(|scope| {
        scope.spawn(|| server.sql(hold));
        let locked = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) \
                      WHERE query LIKE 'BEGIN; SELECT FROM%' AND relation = 'creel.store'::regclass";
        while server.sql(locked) == "0" {}
        let waited = append(&storage, 1, "second");
        assert!(matches!(waited, Err(StorageError::Blocked { .. })), "{waited:?}");
        assert_eq!(journal(&storage), ["first"]);
    });
    append(&storage, 1, "second").unwrap();
}
