//! Real processes killed with -9 while they work on a store, in every phase of its work: on SQLite,
//! and with the feature `postgres` on a server.
//!
//! What a victim was told is written down here, outside of it, as it comes through a pipe. After
//! each kill the store is opened by another process, this one: nothing that was acknowledged is
//! lost, nothing that was deleted comes back, nothing is half there, and every deletion ends.
//!
//! `CREEL_KILLS` sets the number of kills; at least 20 of them land in each phase.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod known;
mod shot;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use creel::storage::{KeyRange, Order, Storage, Table};
use creel::{Env, Store, StoreOptions, SystemEnv};
use creel_tests::place;
use futures_lite::future::block_on;

use known::Known;
use shot::{Phase, shoot};

/// The kills of a run, unless `CREEL_KILLS` says otherwise; 300 of them take some two minutes.
const KILLS: usize = 100;
/// The least kills in each phase.
const LEAST: usize = 20;
/// The stores are worked on side by side, each by one victim after the other.
const LANES: usize = 2;
/// A store is left for a new one after this many victims.
const VICTIMS: usize = 25;
/// A deletion that has not ended after this long never will, in milliseconds.
const PATIENCE: i64 = 60_000;

/// How many kills landed in each phase, and how many deletions were found unfinished.
#[derive(Default)]
struct Counts {
    kills: usize,
    missed: usize,
    landed: BTreeMap<Phase, usize>,
    resumed: usize,
}

impl Counts {
    /// Returns the phase to aim at next, the rarest one, and none when there were enough kills.
    fn aim(&self, kills: usize, phases: &[Phase]) -> Option<Phase> {
        let landed = |phase: &Phase| self.landed.get(phase).copied().unwrap_or(0);
        let rarest = phases.iter().copied().min_by_key(landed)?;
        (self.kills < kills || landed(&rarest) < LEAST).then_some(rarest)
    }
}

#[test]
fn nothing_told_is_lost_and_nothing_deleted_returns_whenever_the_process_is_killed() {
    kill(&Phase::ALL, || {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().to_str().unwrap().to_owned();
        (place, dir)
    });
}

#[test]
#[cfg(feature = "postgres")]
fn nothing_told_is_lost_and_nothing_deleted_returns_on_postgresql_either() {
    let server = creel_tests::postgres::Server::start(&[]);
    let stores = std::sync::atomic::AtomicUsize::new(0);
    kill(&Phase::WITHOUT_SCRUB, || {
        let number = stores.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        (server.place(&format!("victims {number}")), ())
    });
}

/// Kills victims on stores at new places; what comes with a place lives as long as its store.
fn kill<G>(phases: &[Phase], new_place: impl Fn() -> (String, G) + Sync) {
    let kills = std::env::var("CREEL_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let counts = Mutex::new(Counts::default());
    std::thread::scope(|scope| {
        for lane in 0..LANES {
            let (counts, new_place) = (&counts, &new_place);
            scope.spawn(move || work_on_stores(lane, kills, phases, counts, new_place));
        }
    });
    let counts = counts.lock().unwrap();
    for (phase, landed) in &counts.landed {
        println!("{landed:4} kills in {phase:?}");
    }
    let elsewhere = counts.kills - counts.landed.values().sum::<usize>();
    println!("{elsewhere:4} kills elsewhere, {} missed their mark", counts.missed);
    println!("{} deletions were cut short and finished by another process", counts.resumed);
    assert!(counts.kills >= kills && counts.resumed > 0);
    assert!(phases.iter().all(|phase| counts.landed.get(phase) >= Some(&LEAST)));
}

fn work_on_stores<G>(
    lane: usize,
    kills: usize,
    phases: &[Phase],
    counts: &Mutex<Counts>,
    new_place: &impl Fn() -> (String, G),
) {
    for store in 0.. {
        let (place, _guard) = new_place();
        let mut known = Known::default();
        for victim in 0..VICTIMS {
            let Some(aim) = counts.lock().unwrap().aim(kills, phases) else { return };
            let seed = ((lane * 1_000 + store) * VICTIMS + victim) as u64 + 1;
            println!("lane {lane} store {store} victim {victim}: {aim:?}");
            let landed = shoot(&place, seed, aim, &mut known);
            {
                let mut counts = counts.lock().unwrap();
                counts.kills += 1;
                counts.missed += usize::from(landed != Some(aim));
                landed.into_iter().for_each(|phase| *counts.landed.entry(phase).or_default() += 1);
            }
            // Now and then the next victim finds the store just as this one left it.
            if !seed.is_multiple_of(4) {
                let resumed = block_on(inspect(&place, &mut known));
                counts.lock().unwrap().resumed += resumed;
            }
        }
        block_on(inspect(&place, &mut known));
    }
}

/// Opens the store, waits for its deletions, compares it with what is known; returns how many
/// deletions were pending.
async fn inspect(place: &str, known: &mut Known) -> usize {
    let env = Arc::new(SystemEnv::new());
    let storage = place::open(place).await.unwrap();
    let store = Store::open(storage, env.clone(), StoreOptions::default()).await.unwrap();
    let pending = store.pending_deletions().await.unwrap().len();
    known.compare(&store).await;
    let deadline = env.now_ms() + PATIENCE;
    while !store.pending_deletions().await.unwrap().is_empty() {
        assert!(env.now_ms() < deadline, "a deletion does not end");
        env.sleep(2).await;
    }
    known.compare(&store).await;
    store.close().await.unwrap();
    let storage = place::open(place).await.unwrap();
    for root in known.deleted() {
        let range = KeyRange::prefix(&format!("{root}/"));
        let left = storage.scan(Table::History, range, 1, Order::Ascending).await.unwrap();
        assert!(left.records.is_empty(), "{:?} is left of {root}", left.records);
    }
    storage.close().await.unwrap();
    pending
}
