//! What operations cost on PostgreSQL, whatever the machine: calls of Creel's storage, transactions that the server
//! counted, and round trips that the caller waits for.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use creel_tests::postgres::Server;

use super::distant::{Distant, round_trips};
use super::{Entrant, storage};
use crate::contenders::{Contender, Creel};
use crate::counting::{Counting, Counts};
use crate::counts::{appends, say, trees, without_checkpoints};
use crate::data;
use crate::workloads::{SMALL, timed};

/// Where everything is counted.
const SIZE: &str = "small";
/// How many appends the server counts, and how many lists.
const APPENDS: usize = 50;
const LISTS: usize = 10;
/// How often round trips are looked at; the fewest count, since a machine may make anything longer. Even,
/// so that what is archived is active again.
const LOOKS: usize = 6;
/// How long connections may take to end.
const PATIENCE: Duration = Duration::from_secs(30);
const APPEND: &str = "append one item, strict, 600 B";
const LIST: &str = "list 50 of 10,000";
const ARCHIVE: &str = "archive a tree of 1,001";
/// A tree that no round has had.
const OWN_TREE: u64 = 5_000_000;
/// The tree that is archived far away.
const TREE: u64 = 20_000;

/// One operation, and its number in its session.
type Operation = fn(&mut dyn Contender, usize) -> Result<()>;

const APPENDING: Operation =
    |store, n| store.append(data::id(n as u64 % 10), &[data::item(0, n, SMALL)]);
const LISTING: Operation = |store, _| store.newest(50).map(drop);
/// Every other archives again what was just unarchived, so both are looked at.
const ARCHIVING: Operation = |store, n| {
    let root = data::id(TREE);
    if n % 2 == 0 { store.archive(root).map(drop) } else { store.unarchive(root) }
};

/// Counts everything and says it.
///
/// # Errors
/// When a store fails. What a contender other than Creel can't do is reported as void.
pub(super) fn all(server: &Server, entrants: &[Entrant<'_>]) -> Result<()> {
    // Its workers' transactions are counted in the databases that they clean.
    server.sql("ALTER SYSTEM SET autovacuum = off");
    server.sql("SELECT pg_reload_conf()");
    let creel = entrants.first().context("no contenders")?;
    for strict in [false, true] {
        let (counted, counts) = counted(server, creel, strict)?;
        appends(counted, &counts, strict)?;
    }
    let (mut reading, counts) = self::counted(server, creel, false)?;
    reading.load(data::long().id)?;
    say("W3", "load 10,000 items", creel.name, 1, counts.take())?;
    Box::new(reading).close()?;
    let (counted, counts) = counted(server, creel, false)?;
    trees(counted, &counts, OWN_TREE)?;
    let distant = Distant::start(server.port())?;
    for entrant in entrants {
        commits(server, entrant, "W1", APPEND, APPENDING, APPENDS)?;
        if entrant.lists_shortly() {
            commits(server, entrant, "W4", LIST, LISTING, LISTS)?;
        }
        trips(server, &distant, entrant)?;
    }
    Ok(())
}

/// Opens Creel's store, and waits until it has asked for what others wrote while it was opened.
fn counted(
    server: &Server,
    creel: &Entrant<'_>,
    strict: bool,
) -> Result<(Creel<Counting<creel::storage::PostgresStorage>>, Counts)> {
    let (storage, counts) = Counting::new(storage(&creel.url(server, SIZE))?);
    let creel = Creel::over(storage, without_checkpoints(strict))?;
    let mut quiet = 0;
    while quiet < 3 {
        counts.take();
        std::thread::sleep(Duration::from_millis(200));
        quiet = if counts.take()["storageCalls"] == 0 { quiet + 1 } else { 0 };
    }
    Ok((creel, counts))
}

/// The transactions of so many operations, less those of opening and closing a store.
fn commits(
    server: &Server,
    entrant: &Entrant<'_>,
    workload: &str,
    case: &str,
    operation: Operation,
    count: usize,
) -> Result<()> {
    let database = entrant.database(SIZE);
    let session = |count: usize| -> Result<u64> {
        let before = committed(server, &database)?;
        let mut store = (entrant.open)(&entrant.url(server, SIZE), true)?;
        for n in 0..count {
            operation(&mut *store, n)?;
        }
        store.close()?;
        Ok(committed(server, &database)? - before)
    };
    let (idle, all) = (session(0)?, session(count)?);
    let counts = BTreeMap::from([("serverCommits", all.saturating_sub(idle))]);
    say(workload, case, entrant.name, count, counts)
}

/// The transactions of a database so far, when all who were connected have gone and left their counts.
fn committed(server: &Server, database: &str) -> Result<u64> {
    let connected = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'");
    let started = Instant::now();
    while server.sql(&connected) != "0" {
        ensure!(started.elapsed() < PATIENCE, "somebody stays connected to {database}");
        std::thread::sleep(Duration::from_millis(20));
    }
    let committed =
        format!("SELECT xact_commit FROM pg_stat_database WHERE datname = '{database}'");
    server.sql(&committed).parse().context("xact_commit")
}

/// The round trips of operations: how much longer they take with the server far away.
fn trips(server: &Server, distant: &Distant, entrant: &Entrant<'_>) -> Result<()> {
    let url = entrant.url(server, SIZE);
    let far = url.replace(&format!(":{}/", server.port()), &format!(":{}/", distant.port));
    let mut near = (entrant.open)(&url, true)?;
    let mut cases = vec![("W1", APPEND, APPENDING)];
    if entrant.lists_shortly() {
        cases.push(("W4", LIST, LISTING));
    }
    if near.archives() {
        cases.push(("W6", ARCHIVE, ARCHIVING));
    }
    let nearby = least(&mut *near, &cases)?;
    near.close()?;
    let mut far = (entrant.open)(&far, true)?;
    for ((workload, case, operation), near) in cases.into_iter().zip(nearby) {
        // What takes long by itself would only take longer.
        if round_trips(near, 0.0).is_some() {
            let times = least(&mut *far, &[(workload, case, operation)])?;
            let trips = times.first().and_then(|far| round_trips(near, *far));
            let counts = trips.into_iter().map(|trips| ("roundTrips", trips)).collect();
            say(workload, case, entrant.name, 1, counts)?;
        }
    }
    far.close()
}

/// The least that each operation takes, in milliseconds.
fn least(store: &mut dyn Contender, cases: &[(&str, &str, Operation)]) -> Result<Vec<f64>> {
    let least = |operation: Operation, store: &mut dyn Contender| -> Result<f64> {
        let mut least = f64::INFINITY;
        for n in 0..LOOKS {
            let (time, ()) = timed(|| operation(store, n))?;
            least = least.min(store.took().unwrap_or(time));
        }
        Ok(least)
    };
    cases.iter().map(|(_, _, operation)| least(*operation, store)).collect()
}
