//! What a faulty storage does to the storage below it, seen through a second handle.

use futures_lite::future::block_on;

use super::*;
use crate::storage::{MemoryStorage, Write};

struct Bench {
    below: MemoryStorage,
    plan: FaultPlan,
    storage: FaultyStorage<MemoryStorage>,
}

fn bench() -> Bench {
    let (below, plan) = (MemoryStorage::new(), FaultPlan::new());
    let storage = FaultyStorage::new(below.reopen(), &plan);
    Bench { below, plan, storage }
}

fn insert(storage: &impl Storage, key: &str) -> StorageResult<()> {
    let value = Bytes::from_static(b"{\"a\":1}");
    let write = Write::Insert { table: Table::Journal, key: key.into(), value };
    block_on(storage.commit(Batch { checks: vec![], writes: vec![write] }, Durability::Strict))
}

fn keys(bench: &Bench) -> Vec<Key> {
    bench.below.records(Table::Journal).into_iter().map(|(key, _)| key).collect()
}

fn unavailable(result: &StorageResult<()>) -> Option<bool> {
    match result {
        Err(StorageError::Unavailable { retryable, .. }) => Some(*retryable),
        _ => None,
    }
}

#[test]
fn a_failed_call_applies_nothing_and_the_next_passes() {
    let bench = bench();
    bench.plan.on_call(|call| match call.number {
        1 => Fault::Fail(StorageError::QuotaExceeded { cause: None }),
        _ => Fault::None,
    });
    let result = insert(&bench.storage, "a");
    assert!(matches!(result, Err(StorageError::QuotaExceeded { .. })), "{result:?}");
    assert_eq!(keys(&bench), Vec::<Key>::new());
    insert(&bench.storage, "a").unwrap();
    assert_eq!(keys(&bench), ["a"]);
}

#[test]
fn a_crash_before_applies_nothing_and_a_crash_after_applies_all() {
    for (after, expected) in [(false, vec!["a"]), (true, vec!["a", "b"])] {
        let bench = bench();
        if after {
            bench.plan.crash_after(2)
        } else {
            bench.plan.crash_before(2)
        }
        insert(&bench.storage, "a").unwrap();
        assert_eq!(unavailable(&insert(&bench.storage, "b")), Some(false));
        assert!(bench.plan.is_dead(bench.storage.handle()));
        let later = insert(&bench.storage, "c");
        assert!(matches!(later, Err(StorageError::Closed)), "{later:?}");
        assert_eq!(keys(&bench), expected);
        assert_eq!(bench.plan.counts().commits, 2);
    }
}

#[test]
fn a_dead_handle_of_a_hanging_plan_never_answers() {
    let bench = bench();
    bench.plan.hang_when_dead(true);
    bench.plan.crash_after(1);
    let batch = Batch::default();
    let answer = block_on(futures_lite::future::poll_once(async {
        bench.storage.commit(batch, Durability::Relaxed).await
    }));
    assert!(answer.is_none(), "{answer:?}");
    let answer = block_on(futures_lite::future::poll_once(bench.storage.close()));
    assert!(answer.is_none(), "{answer:?}");
}

#[test]
fn a_loss_of_power_kills_every_handle_there_is_and_none_that_comes() {
    let bench = bench();
    let second = FaultyStorage::new(bench.below.reopen(), &bench.plan);
    bench.plan.kill_all();
    assert!(matches!(insert(&bench.storage, "a"), Err(StorageError::Closed)));
    assert!(matches!(insert(&second, "a"), Err(StorageError::Closed)));
    insert(&FaultyStorage::new(bench.below.reopen(), &bench.plan), "a").unwrap();
}

#[test]
fn a_lost_answer_hides_a_commit_that_happened() {
    let bench = bench();
    bench.plan.on_call(|_| Fault::LostAnswer);
    assert_eq!(unavailable(&insert(&bench.storage, "a")), Some(true));
    assert_eq!(keys(&bench), ["a"]);
}

#[test]
fn a_zombie_lands_when_released_and_may_find_its_place_taken() {
    let bench = bench();
    bench.plan.on_call(|call| if call.number <= 2 { Fault::Zombie } else { Fault::None });
    assert_eq!(unavailable(&insert(&bench.storage, "a")), Some(true));
    assert_eq!(unavailable(&insert(&bench.storage, "b")), Some(true));
    assert_eq!((keys(&bench).len(), bench.plan.zombies()), (0, 2));
    insert(&bench.storage, "b").unwrap();
    let results = block_on(bench.plan.release_zombies());
    assert!(matches!(results[..], [Ok(()), Err(StorageError::Conflict)]), "{results:?}");
    assert_eq!((keys(&bench), bench.plan.zombies()), (vec!["a".into(), "b".into()], 0));
}

#[test]
fn a_torn_read_changes_the_answer_and_not_the_record() {
    let bench = bench();
    insert(&bench.storage, "a").unwrap();
    bench.plan.on_call(|_| Fault::TornRead { key: "a".into() });
    let get = || block_on(bench.storage.get(Table::Journal, vec!["a".into()])).unwrap();
    let range = KeyRange::new("a", "b");
    let page = block_on(bench.storage.scan(Table::Journal, range, 9, Order::Ascending)).unwrap();
    let torn = Bytes::from_static(b"{\"a");
    assert_eq!(get(), [Some(torn.clone())]);
    assert_eq!(page.records, [("a".to_owned(), torn)]);
    bench.plan.calm();
    assert_eq!(get(), [Some(Bytes::from_static(b"{\"a\":1}"))]);
}

#[test]
fn every_call_and_write_is_counted() {
    let bench = bench();
    insert(&bench.storage, "a").unwrap();
    block_on(bench.storage.get(Table::Journal, vec!["a".into()])).unwrap();
    block_on(bench.storage.scrub()).unwrap();
    let counts = bench.plan.take_counts();
    assert_eq!((counts.commits, counts.strict, counts.inserts), (1, 1, 1));
    assert_eq!((counts.gets, counts.scans, counts.scrubs), (1, 0, 1));
    assert_eq!((counts.calls(), counts.writes(), counts.bytes), (3, 1, 8));
    assert_eq!(bench.plan.counts(), Counts::default());
    assert_eq!(bench.plan.last_call(), 3);
}

#[test]
fn a_pause_comes_before_and_after_the_work() {
    let bench = bench();
    let (sender, receiver) = async_channel::unbounded::<()>();
    bench.plan.on_pause(move || {
        let receiver = receiver.clone();
        Box::pin(async move { receiver.recv().await.unwrap() })
    });
    let mut commit = std::pin::pin!(async { insert_async(&bench.storage).await });
    let mut poll = || block_on(futures_lite::future::poll_once(commit.as_mut()));
    assert!(poll().is_none());
    assert_eq!(keys(&bench).len(), 0);
    sender.send_blocking(()).unwrap();
    assert!(poll().is_none());
    assert_eq!(keys(&bench).len(), 1);
    sender.send_blocking(()).unwrap();
    poll().unwrap().unwrap();
}

async fn insert_async(storage: &impl Storage) -> StorageResult<()> {
    let write = Write::Insert { table: Table::Journal, key: "a".into(), value: Bytes::new() };
    let batch = Batch { checks: vec![], writes: vec![write] };
    storage.commit(batch, Durability::Relaxed).await
}
