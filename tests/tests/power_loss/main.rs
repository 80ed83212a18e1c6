//! The power goes, at every sync of a store's life and between.
//!
//! What SQLite writes and syncs is recorded below it while a store is worked on. From that the disk
//! is rebuilt as a power loss may leave it: synced writes are there, of the others all, none or any,
//! some torn. Whatever the image: the store opens, what was acknowledged as strict is there, the
//! rest is a prefix of the order in which it was done, deletions end, and work goes on.
//!
//! `CREEL_IMAGES` sets the number of images; 0 is every one that there is.

#![allow(clippy::unwrap_used, reason = "tests")]

mod image;
mod recording;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use creel::storage::{Durability, SqliteStorage};
use creel::{
    CreateThread, DeleteOptions, Env, Error, Item, ItemQuery, Store, StoreOptions, SystemEnv,
    ThreadId, ThreadQuery,
};
use creel_tests::next_random;
use futures_lite::future::block_on;

use image::{Unsynced, build};
use recording::Op;

const IMAGES: usize = 160;
/// A deletion that has not ended after this long never will, in milliseconds.
const PATIENCE: i64 = 60_000;

type Sqlite = Store<SqliteStorage>;
/// The visible threads and how many items each has.
type State = BTreeMap<ThreadId, u64>;

/// A store's life: what was recorded, and the state after each call.
struct Life {
    log: Vec<Op>,
    states: Vec<State>,
}

/// Works on a store and keeps a model of it.
struct Worker {
    store: Sqlite,
    strict: bool,
    states: Vec<State>,
    random: u64,
}

async fn open(dir: &Path, durability: Durability) -> Result<Sqlite, Error> {
    let mut options = StoreOptions::default();
    options.durability = durability;
    let storage = SqliteStorage::open(dir).await?;
    Store::open(storage, Arc::new(SystemEnv::new()), options).await
}

impl Worker {
    async fn call<T>(
        &mut self,
        strict: bool,
        call: impl AsyncFnOnce(&Sqlite) -> Result<T, Error>,
        change: impl FnOnce(&mut State),
    ) -> T {
        let mut state = self.states.last().cloned().unwrap_or_default();
        change(&mut state);
        recording::note(Op::Begin);
        let result = call(&self.store).await.unwrap();
        recording::note(Op::Returned { strict: strict || self.strict });
        self.states.push(state);
        result
    }

    async fn create(&mut self, parent_thread_id: Option<ThreadId>) -> ThreadId {
        let id = u128::from(next_random(&mut self.random)) << 32;
        let id = ThreadId::from_uuid(uuid::Uuid::from_u128(id));
        let create = CreateThread { id: Some(id), parent_thread_id, ..CreateThread::default() };
        let call = async |store: &Sqlite| store.create(create).await;
        self.call(false, call, |state| {
            state.insert(id, 0);
        })
        .await;
        id
    }

    async fn append(&mut self, id: ThreadId) {
        let first = self.states.last().unwrap()[&id];
        let large = next_random(&mut self.random).is_multiple_of(8);
        let (count, size) = if large { (20, 9000) } else { (2, 50) };
        let text = |n: u64| format!(r#"{{"n":{n},"filler":"{}"}}"#, "x".repeat(size));
        let items = (first..first + count).map(|n| Item::new(&text(n)).unwrap()).collect();
        let call = async |store: &Sqlite| store.append(id, items).await;
        self.call(false, call, |state| *state.get_mut(&id).unwrap() += count).await;
    }
}

/// Lives a store's life: four times opened, relaxed and strict by turns.
fn live() -> Life {
    let dir = tempfile::tempdir().unwrap();
    recording::start();
    let states = block_on(async {
        let mut states = vec![State::new()];
        for round in 0..4 {
            let durability = if round % 2 == 0 { Durability::Relaxed } else { Durability::Strict };
            let store = open(dir.path(), durability).await.unwrap();
            let strict = durability == Durability::Strict;
            let mut worker = Worker { store, strict, states, random: round };
            let stays = worker.create(None).await;
            let root = worker.create(None).await;
            let child = worker.create(Some(root)).await;
            for n in 0..8 {
                worker.append([stays, root, child][n % 3]).await;
            }
            worker.call(true, async |store| store.checkpoint().await, |_| {}).await;
            worker.append(child).await;
            worker.append(stays).await;
            let delete = async |store: &Sqlite| store.delete(root, DeleteOptions::default()).await;
            let forget = |state: &mut State| state.retain(|id, _| *id != root && *id != child);
            worker.call(true, delete, forget).await;
            for _ in 0..3 {
                worker.append(stays).await;
            }
            worker.call(false, async |store| store.close().await, |_| {}).await;
            states = worker.states;
        }
        states
    });
    Life { log: recording::stop(), states }
}

/// Returns how many calls had surely lasted when the power went before `log[at]`, and how many had
/// begun.
fn bounds(log: &[Op], at: usize) -> (usize, usize) {
    let (mut begun, mut lasting) = (0, 0);
    for op in &log[..at] {
        match op {
            Op::Begin => begun += 1,
            Op::Returned { strict: true } => lasting = begun,
            _ => {}
        }
    }
    (lasting, begun)
}

/// Opens the store that an image holds, and returns how many calls its state is that of.
///
/// # Errors
/// What is wrong with it.
async fn revive(dir: &Path, life: &Life, at: usize) -> Result<usize, String> {
    let store = open(dir, Durability::Relaxed).await.map_err(|error| error.to_string())?;
    let (lasting, begun) = bounds(&life.log, at);
    let found = state(&store).await.map_err(|error| error.to_string())?;
    let possible = lasting..=begun.min(life.states.len() - 1);
    let Some(calls) = possible.clone().rev().find(|calls| life.states[*calls] == found) else {
        return Err(format!("not the state after any of {possible:?} calls: {found:?}"));
    };
    let env = SystemEnv::new();
    let deadline = env.now_ms() + PATIENCE;
    while !store.pending_deletions().await.unwrap().is_empty() {
        if env.now_ms() > deadline {
            return Err("a deletion does not end".into());
        }
        env.sleep(2).await;
    }
    let id = store.create(CreateThread::default()).await.map_err(|error| error.to_string())?.id;
    let item = Item::new(r#"{"n":0}"#).unwrap();
    store.append(id, vec![item]).await.map_err(|error| error.to_string())?;
    store.checkpoint().await.map_err(|error| error.to_string())?;
    store.close().await.map_err(|error| error.to_string())?;
    Ok(calls)
}

async fn state(store: &Sqlite) -> Result<State, Error> {
    let page = store.list(ThreadQuery { limit: Some(1000), ..ThreadQuery::default() }).await?;
    let mut state = State::new();
    for thread in page.data {
        let query = ItemQuery { limit: Some(1000), ..ItemQuery::default() };
        let items = store.items(thread.id, query).await?.data;
        for (n, item) in items.iter().enumerate() {
            let value: serde_json::Value = item.item.parse().unwrap();
            assert_eq!(value["n"], n, "{}", thread.id);
        }
        assert_eq!(thread.items, items.len() as u64);
        state.insert(thread.id, thread.items);
    }
    Ok(state)
}

/// Tries an image; its error says which one it was.
fn try_image(life: &Life, at: usize, unsynced: Unsynced, honest: bool) -> Result<usize, String> {
    let dir = tempfile::tempdir().unwrap();
    image::write(dir.path(), &build(&life.log, at, unsynced, honest));
    block_on(revive(dir.path(), life, at))
        .map_err(|error| format!("power lost before {at} ({unsynced:?}): {error}"))
}

#[test]
fn after_a_power_loss_there_is_what_was_strict_and_a_prefix_of_the_rest() {
    let life = live();
    let syncs = life.log.iter().filter(|op| matches!(op, Op::Sync { .. })).count();
    let mut points = Vec::new();
    for (at, op) in life.log.iter().enumerate() {
        let is_sync = matches!(op, Op::Sync { .. });
        let is_return = matches!(op, Op::Returned { .. });
        if is_sync || is_return || at % 16 == 0 {
            // Just before a sync, and just after it or after a call returned.
            points.push(at + usize::from(is_return));
            points.extend(is_sync.then_some(at + 1));
        }
    }
    let ways = |at| [Unsynced::Lost, Unsynced::Kept, Unsynced::Some(at), Unsynced::Some(!at)];
    let mut images: Vec<(usize, Unsynced)> =
        points.iter().flat_map(|at| ways(*at as u64).map(|way| (*at, way))).collect();
    let all = images.len();
    let wanted = std::env::var("CREEL_IMAGES").map_or(IMAGES, |count| count.parse().unwrap());
    let mut random = 1;
    while wanted > 0 && images.len() > wanted {
        let index = next_random(&mut random) % images.len() as u64;
        images.swap_remove(index as usize);
    }
    println!("{} writes and {syncs} syncs; {} of {all} images", life.log.len(), images.len());
    let mut lost = 0;
    for (at, unsynced) in images {
        let calls = try_image(&life, at, unsynced, true).unwrap_or_else(|error| panic!("{error}"));
        lost += usize::from(calls < bounds(&life.log, at).1);
    }
    println!("{lost} images had lost calls that were not strict");
    assert!(lost > 0, "no image lost anything");
    // A disk that forgets what it synced loses what was strict, and that is found out.
    let after = life.log.len() - 1;
    assert!(try_image(&life, after, Unsynced::Lost, true).is_ok());
    assert!(try_image(&life, after, Unsynced::Lost, false).is_err());
}
