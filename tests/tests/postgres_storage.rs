//! The storage contract on a real PostgreSQL server, and what that server's side of it needs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use creel::storage::conformance::{self, Capabilities, Factory, Verdict};
use creel::storage::{PostgresOptions, PostgresPool, PostgresStorage, StorageResult};
use creel_tests::postgres::{Server, patient};
use futures_lite::future::block_on;

/// Gives every handle a pool of its own, as if each were of another process.
struct Pools<'a> {
    server: &'a Server,
    options: PostgresOptions,
}

impl Factory for Pools<'_> {
    type Storage = PostgresStorage;

    async fn open(&self, name: &str) -> StorageResult<PostgresStorage> {
        PostgresStorage::connect(&self.server.url(), name, self.options.clone()).await
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { watch: true, ..Capabilities::default() }
    }

    async fn moment(&self) {
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Gives all handles the same pool.
struct OnePool(PostgresPool);

impl Factory for OnePool {
    type Storage = PostgresStorage;

    async fn open(&self, name: &str) -> StorageResult<PostgresStorage> {
        self.0.store(name).await
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { watch: true, ..Capabilities::default() }
    }

    async fn moment(&self) {
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn assert_conforms(factory: &impl Factory) {
    let outcomes = block_on(conformance::run(factory));
    assert_eq!(conformance::failures(&outcomes), Vec::<String>::new());
    assert!(outcomes.iter().all(|outcome| outcome.verdict == Verdict::Passed), "{outcomes:?}");
}

#[test]
fn stores_of_one_pool_conform() {
    let server = Server::start(&[]);
    assert_conforms(&OnePool(server.pool()));
}

#[test]
fn stores_of_a_pool_each_conform() {
    let server = Server::start(&[]);
    let mut options = patient();
    options.max_connections = 3;
    assert_conforms(&Pools { server: &server, options });
}

#[test]
fn stores_behind_a_pooler_conform() {
    let server = Server::start(&[]);
    let mut options = patient();
    options.pooler = true;
    options.poll_ms = 20;
    assert_conforms(&Pools { server: &server, options });
}
