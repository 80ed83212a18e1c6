//! The process that the kill tests kill: it works on a store until it is shot.
//!
//! `victim PLACE SEED` creates trees, appends to them, packs the journal and deletes trees, for ever.
//! On standard output it says `try …` before each call and `ok …` when the call returned, and its
//! storage says what it is at.

use std::sync::Arc;

use creel::storage::BoxedStorage;
use creel::{
    CreateThread, DeleteOptions, Item, Result, Store, StoreOptions, SystemEnv, ThreadId,
    ThreadQuery,
};
use creel_tests::announcing::Announcing;
use creel_tests::{next_random, place};
use futures_lite::future::block_on;
use futures_util::future::try_join_all;

type Victim = Store<Announcing<BoxedStorage>>;

/// The trees that are moved under one root, so that erasing takes a commit for each.
const TREES: usize = 5;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (place, seed) =
        (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    block_on(work(&place, seed.parse().unwrap_or(0)))
}

async fn work(place: &str, mut random: u64) -> Result<()> {
    let storage = Announcing(place::open(place).await?);
    let mut options = StoreOptions::default();
    options.checkpoint_entries = 40;
    let store = Store::open(storage, Arc::new(SystemEnv::new()), options).await?;
    println!("open");
    let mut old = store.list(ThreadQuery { limit: Some(8), ..ThreadQuery::default() }).await?.data;
    loop {
        let mut forest = Vec::new();
        for _ in 0..TREES {
            forest.push(tree(&store, &mut random).await?);
        }
        let threads: Vec<ThreadId> = forest.iter().flatten().copied().collect();
        let mut targets: Vec<(ThreadId, u64)> = threads.iter().map(|id| (*id, 0)).collect();
        targets.extend(old.drain(..).map(|thread| (thread.id, thread.items)));
        for _ in 0..2 {
            append_to_all(&store, &mut targets, &mut random).await?;
        }
        if next_random(&mut random).is_multiple_of(2) {
            println!("try checkpoint");
            store.checkpoint().await?;
            append_to_all(&store, &mut targets, &mut random).await?;
        }
        let root = forest[0][0];
        for tree in &forest[1..] {
            println!("try move {} {root}", tree[0]);
            store.set_parent(tree[0], Some(root)).await?;
            println!("ok move {} {root}", tree[0]);
        }
        // Every third forest stays.
        if !next_random(&mut random).is_multiple_of(3) {
            let members: Vec<String> = threads.iter().map(ThreadId::to_string).collect();
            println!("try delete {root} {}", members.join(" "));
            store.delete(root, DeleteOptions::default()).await?;
            println!("ok delete {root}");
        }
    }
}

/// Creates a root and its child, and returns both.
async fn tree(store: &Victim, random: &mut u64) -> Result<[ThreadId; 2]> {
    let [root, child] = [(); 2].map(|()| {
        let id = u128::from(next_random(random)) << 64 | u128::from(next_random(random));
        ThreadId::from_uuid(uuid::Uuid::from_u128(id))
    });
    for (id, parent_thread_id) in [(root, None), (child, Some(root))] {
        println!("try create {id}");
        let thread = CreateThread { id: Some(id), parent_thread_id, ..CreateThread::default() };
        store.create(thread).await?;
        println!("ok create {id}");
    }
    Ok([root, child])
}

/// Appends to all threads at once; items carry their number, and some are large.
async fn append_to_all(
    store: &Victim,
    targets: &mut [(ThreadId, u64)],
    random: &mut u64,
) -> Result<()> {
    let mut appends = Vec::new();
    for (id, len) in targets {
        let large = next_random(random).is_multiple_of(40);
        let (count, size) = if large { (30, 10_000) } else { (1 + next_random(random) % 4, 40) };
        let text = |n| format!(r#"{{"n":{n},"filler":"{}"}}"#, "x".repeat(size));
        let items =
            (*len..*len + count).map(|n| Item::new(&text(n))).collect::<Result<Vec<_>>>()?;
        let (id, first) = (*id, *len);
        *len += count;
        appends.push(async move {
            println!("try append {id} {first} {count}");
            store.append(id, items).await?;
            println!("ok append {id} {first} {count}");
            Ok::<(), creel::Error>(())
        });
    }
    try_join_all(appends).await.map(drop)
}
