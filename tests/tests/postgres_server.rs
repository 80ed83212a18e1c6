//! What belongs to a PostgreSQL server beside the contract: names, versions, secrets, TLS, news.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use creel::storage::{
    Batch, Durability, KeyRange, Order, PostgresOptions, PostgresPool, PostgresStorage, Storage,
    StorageError, StorageResult, Table, Write,
};
use creel::{CreateThread, Error, Store, StoreOptions, SystemEnv};
use creel_tests::postgres::{PASSWORD, Server, patient};
use futures_lite::future::block_on;
use futures_util::future::join_all;

fn connect(url: &str) -> StorageResult<PostgresPool> {
    block_on(PostgresPool::connect(url, patient()))
}

/// Connects to what is not there.
fn connect_in_vain(url: &str) -> StorageError {
    let mut options = PostgresOptions::default();
    options.connect_timeout_ms = 500;
    block_on(PostgresPool::connect(url, options)).unwrap_err()
}

fn put(storage: &PostgresStorage, key: &str, size: usize) {
    let value = Bytes::from(vec![7; size]);
    let writes = vec![Write::Put { table: Table::History, key: key.into(), value }];
    block_on(storage.commit(Batch { checks: vec![], writes }, Durability::Relaxed)).unwrap();
}

#[test]
fn stores_of_one_database_are_apart_and_can_be_listed_and_destroyed() {
    let server = Server::start(&[]);
    let pool = server.pool();
    assert_eq!(block_on(pool.names()).unwrap(), Vec::<String>::new());
    let names = ["B", "a", "it's; a \"name\" -- %", "~"];
    let stores = names.map(|name| block_on(pool.store(name)).unwrap());
    assert_eq!(block_on(pool.names()).unwrap(), names);
    for (store, name) in stores.iter().zip(names) {
        put(store, name, 10);
    }
    for (store, name) in stores.iter().zip(names) {
        let scan = store.scan(Table::History, KeyRange::new("!", "~~"), 10, Order::Ascending);
        let keys: Vec<_> =
            block_on(scan).unwrap().records.into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, [name]);
    }
    block_on(pool.destroy(names[2])).unwrap();
    block_on(pool.destroy("never there")).unwrap();
    assert_eq!(block_on(pool.names()).unwrap(), ["B", "a", "~"]);
    assert_eq!(server.sql("SELECT count(*) FROM creel.history"), "3");
    let put = Write::Put { table: Table::Journal, key: "k".into(), value: Bytes::new() };
    let late = stores[2].commit(Batch { checks: vec![], writes: vec![put] }, Durability::Strict);
    assert!(matches!(block_on(late), Err(StorageError::Conflict)));
    assert_eq!(server.sql("SELECT count(*) FROM creel.journal"), "0");
    for name in ["", "a\nb", "ä"] {
        let refused = block_on(pool.store(name)).unwrap_err();
        assert_eq!(Error::from(refused).code(), "invalid_field");
    }
    block_on(pool.healthy()).unwrap();
    assert!(pool.usage().open >= 1 && pool.usage().max == 10);
}

#[test]
fn whoever_has_a_destroyed_store_open_is_told() {
    let server = Server::start(&[]);
    let pool = server.pool();
    block_on(async {
        let open = async || {
            let storage = pool.store("a").await.unwrap();
            let env = Arc::new(SystemEnv::new());
            Store::open(storage, env, StoreOptions::default()).await.unwrap()
        };
        let store = open().await;
        store.create(CreateThread::default()).await.unwrap();
        pool.destroy("a").await.unwrap();
        let again = open().await;
        let error = store.create(CreateThread::default()).await.unwrap_err();
        assert_eq!(error.code(), "store_replaced");
        assert_eq!(again.list(Default::default()).await.unwrap().data, []);
        again.create(CreateThread::default()).await.unwrap();
    });
}

#[test]
fn many_first_starts_at_once_make_the_tables_once() {
    let server = Server::start(&["max_connections=60"]);
    let options = || {
        let mut options = patient();
        options.schema = "several_at_once".into();
        options
    };
    let url = server.url();
    let pools = join_all((0..24).map(|_| PostgresPool::connect(&url, options())));
    for pool in block_on(pools) {
        pool.unwrap();
    }
    assert_eq!(server.sql("SELECT version FROM several_at_once.format"), "1");
}

#[test]
fn large_values_are_compressed_by_lz4_where_the_server_can() {
    let server = Server::start(&[]);
    drop(server.pool());
    let able = "SELECT count(*) FROM pg_settings \
                WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)";
    let columns = "SELECT count(*) FROM pg_attribute AS a WHERE attname = 'value' \
                   AND attrelid = ANY ('{creel.journal, creel.catalog, creel.history}'::regclass[]) \
                   AND to_jsonb(a) ->> 'attcompression' = 'l'";
    let expected = if server.sql(able) == "1" { "3" } else { "0" };
    assert_eq!(server.sql(columns), expected);
}

#[test]
fn tables_of_a_newer_version_are_refused() {
    let server = Server::start(&[]);
    drop(server.pool());
    server.sql("UPDATE creel.format SET version = 2");
    let refused = connect(&server.url()).unwrap_err();
    assert!(matches!(refused, StorageError::SchemaTooNew { found: 2, known: 1 }), "{refused:?}");
}

#[test]
fn a_user_without_the_right_to_make_tables_uses_those_that_are_there() {
    let server = Server::start(&[]);
    drop(server.pool());
    server.sql("CREATE ROLE app LOGIN PASSWORD 'app'");
    server.sql("GRANT USAGE ON SCHEMA creel TO app; GRANT SELECT ON creel.format TO app");
    let url = server.url().replace(&format!("creel:{PASSWORD}"), "app:app");
    let pool = connect(&url).unwrap();
    let refused = block_on(pool.store("a")).unwrap_err();
    assert!(refused.to_string().contains("permission denied"), "{refused}");
    server.sql("GRANT ALL ON ALL TABLES IN SCHEMA creel TO app");
    put(&block_on(pool.store("a")).unwrap(), "k", 1);
    server.sql("REVOKE INSERT ON creel.history FROM app");
    let storage = block_on(pool.store("a")).unwrap();
    let put = Write::Put { table: Table::History, key: "l".into(), value: Bytes::new() };
    let refused = storage.commit(Batch { checks: vec![], writes: vec![put] }, Durability::Strict);
    let refused = block_on(refused).unwrap_err();
    assert!(
        matches!(&refused, StorageError::Blocked { reason } if reason.contains("42501")),
        "{refused:?}"
    );
}

#[test]
fn no_error_and_no_debug_form_holds_the_password() {
    let server = Server::start_guarded(&[], &[]);
    let pool = server.pool();
    let storage = block_on(pool.store("a")).unwrap();
    let mut said = vec![format!("{pool:?} {storage:?} {:?}", PostgresOptions::default())];
    let wrong = server.url().replace("/creel:", "/nobody:");
    let (port, url) = (server.port().to_string(), server.url());
    for url in [
        wrong,
        url.replace("/postgres", "/absent"),
        url.replace(&port, "1"),
        url.replace("127.0.0.1", "host.invalid"),
        format!("{url}?sslmode=require"),
        format!("{url}?sslmode={PASSWORD}"),
        format!("{url}?sslmode=verify-full&sslrootcert=/{PASSWORD}"),
        url.replace(&port, PASSWORD),
    ] {
        let error = connect_in_vain(&url);
        let outer = Error::from(error.clone());
        let source = std::error::Error::source(&error).map(|source| format!("{source} {source:?}"));
        said.push(format!("{error} {error:?} {outer} {outer:?} {source:?}"));
    }
    // A path that the caller gave as a file's name is the one place that repeats it.
    said.retain(|said| !said.contains("sslrootcert"));
    assert_eq!(said.len(), 8);
    for said in said {
        assert!(!said.contains(PASSWORD), "{said}");
    }
    assert!(!server.log().contains(PASSWORD));
}

#[test]
fn the_server_sends_no_more_of_a_scan_than_a_page() {
    let server = Server::start(&[]);
    let storage = block_on(server.pool().store("a")).unwrap();
    for n in 0..40 {
        put(&storage, &format!("{n:02}"), 1 << 20);
    }
    for order in [Order::Ascending, Order::Descending] {
        let scan = storage.scan(Table::History, KeyRange::new("0", ":"), 1000, order);
        let page = block_on(scan).unwrap();
        assert_eq!((page.records.len(), page.more), (4, true), "{order:?}");
    }
    let nothing = storage.scan(Table::History, KeyRange::new("0", ":"), 0, Order::Ascending);
    let nothing = block_on(nothing).unwrap();
    assert_eq!((nothing.records.len(), nothing.more), (0, true));
}

#[test]
fn news_of_another_pool_comes_without_waiting_to_be_asked_for() {
    let server = Server::start(&[]);
    let mut options = patient();
    // So what comes within the test came by LISTEN.
    options.recheck_ms = 3_600_000;
    options.poll_ms = 3_600_000;
    let pools =
        [(); 2].map(|()| block_on(PostgresPool::connect(&server.url(), options.clone())).unwrap());
    let [here, there] = [&pools[0], &pools[1]].map(|pool| block_on(pool.store("a")).unwrap());
    let other = block_on(pools[1].store("b")).unwrap();
    let news = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&news);
    let count = move |()| {
        counted.fetch_add(1, Ordering::SeqCst);
    };
    assert!(here.watch(Box::new(count)));
    let listening = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'";
    wait(|| server.sql(listening) == "1");
    put(&here, "own", 1);
    put(&other, "of another store", 1);
    put(&there, "k", 1);
    wait(|| news.load(Ordering::SeqCst) > 0);
    assert_eq!(news.load(Ordering::SeqCst), 1, "own news, or another store's, was told");
    // A listener that is cut off comes back, and asks for what it missed.
    server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'");
    let entry = Write::Insert { table: Table::Journal, key: "1".into(), value: Bytes::new() };
    let batch = Batch { checks: vec![], writes: vec![entry] };
    block_on(there.commit(batch, Durability::Relaxed)).unwrap();
    wait(|| news.load(Ordering::SeqCst) > 1);
    block_on(here.close()).unwrap();
    drop((here, there, other, pools));
    server.wait_until_unused();
}

/// Looks until something is so; what never is so fails by the runner's time limit.
fn wait(so: impl Fn() -> bool) {
    while !so() {
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn sslmode_encrypts_and_verifies_what_it_says() {
    let certificate = tempfile::tempdir().unwrap();
    let [cert, key] = ["server.crt", "server.key"].map(|name| certificate.path().join(name));
    for arguments in [
        "req -new -x509 -days 2 -nodes -subj /CN=Authority -keyout ca.key -out ca.crt",
        "req -new -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost \
         -keyout server.key -out server.csr",
        "x509 -req -in server.csr -days 2 -CA ca.crt -CAkey ca.key -CAcreateserial \
         -copy_extensions copy -out server.crt",
    ] {
        let mut openssl = Command::new("openssl");
        openssl.args(arguments.split_whitespace()).current_dir(certificate.path());
        let made = openssl.output().unwrap();
        assert!(made.status.success(), "{made:?}");
    }
    let server = Server::start_guarded(
        &["ssl=on", "ssl_cert_file=../server.crt", "ssl_key_file=../server.key"],
        &[&cert, &key],
    );
    let at = |host: &str, parameters: &str| {
        format!("{}?{parameters}", server.url().replace("127.0.0.1", host))
    };
    let roots = format!("sslrootcert={}", certificate.path().join("ca.crt").display());
    let encrypted = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                     WHERE application_name = 'creel'";
    for (host, parameters, expected) in [
        ("127.0.0.1", "sslmode=disable".to_owned(), Some("f")),
        ("127.0.0.1", "sslmode=prefer".to_owned(), Some("t")),
        ("127.0.0.1", "sslmode=require".to_owned(), Some("t")),
        ("127.0.0.1", format!("sslmode=verify-ca&{roots}"), Some("t")),
        ("localhost", format!("sslmode=verify-full&{roots}"), Some("t")),
        ("127.0.0.1", format!("sslmode=verify-full&{roots}"), None),
        ("localhost", "sslmode=verify-full".to_owned(), None),
        ("127.0.0.1", "sslmode=verify-ca".to_owned(), None),
    ] {
        let mut options = patient();
        if expected.is_none() {
            options.connect_timeout_ms = 2000;
        }
        let connected = block_on(PostgresPool::connect(&at(host, &parameters), options));
        match (connected, expected) {
            (Ok(pool), Some(expected)) => {
                assert_eq!(server.sql(encrypted), expected, "{parameters}");
                drop(pool);
                server.wait_until_unused();
            }
            (Err(error), None) => {
                assert!(error.to_string().contains("ertificate"), "{parameters}: {error}");
            }
            (found, _) => panic!("{host} {parameters}: {found:?}"),
        }
    }
}
