//! A SQLite store on a disk that is really full: a small file system in memory, mounted by root.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::{Command, Stdio};

use bytes::Bytes;
use creel::storage::{
    Batch, Durability, KeyRange, Order, Scrubbed, SqliteStorage, Storage, StorageError,
    StorageResult, Table, Write,
};
use futures_lite::future::block_on;

struct Disk(tempfile::TempDir);

impl Disk {
    fn mount(size: &str) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let status = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(dir.path())
            .stderr(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success()).then_some(Self(dir))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A failure leaves a directory in memory behind, which the tests can't mend.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

fn commit(
    storage: &SqliteStorage,
    writes: Vec<Write>,
    durability: Durability,
) -> StorageResult<()> {
    block_on(storage.commit(Batch { checks: vec![], writes }, durability))
}

fn insert(key: String, size: usize) -> Write {
    Write::Insert { table: Table::History, key, value: Bytes::from(vec![0x61; size]) }
}

fn is_full(result: &StorageResult<()>) -> bool {
    matches!(result, Err(StorageError::QuotaExceeded { cause: Some(_) }))
}

fn count(storage: &SqliteStorage) -> usize {
    let range = KeyRange::new("!", "~");
    let page = block_on(storage.scan(Table::History, range, 100_000, Order::Ascending)).unwrap();
    assert!(!page.more || page.records.len() > 1);
    page.records.len()
}

#[test]
fn a_full_disk_refuses_appends_whole_and_still_deletes() {
    let Some(disk) = Disk::mount("12m") else {
        println!("skipped: a file system can't be mounted, which takes root");
        return;
    };
    let dir = disk.path().join("store");
    let storage = block_on(SqliteStorage::open(&dir)).unwrap();
    let reserve = dir.join("creel.reserve");
    assert!(reserve.exists());
    let mut stored = 0;
    for size in [64 << 10, 4 << 10, 1] {
        loop {
            let result =
                commit(&storage, vec![insert(format!("a{stored:05}"), size)], Durability::Relaxed);
            if let Err(error) = &result {
                assert!(is_full(&result), "{error:?}");
                break;
            }
            stored += 1;
        }
    }
    assert!(stored > 30, "{stored}");
    assert!(reserve.exists(), "a relaxed append took the reserve");
    let large = vec![insert("b".into(), 100), insert("c".into(), 128 << 10)];
    assert!(is_full(&commit(&storage, large, Durability::Strict)));
    let seen = || block_on(storage.get(Table::History, vec!["b".into()])).unwrap();
    assert_eq!(seen(), [None]);
    assert!(reserve.exists(), "a large append took the reserve");

    let decision = vec![insert("deleted".into(), 2000)];
    commit(&storage, decision, Durability::Strict).unwrap();
    assert!(!reserve.exists());
    let append = || vec![insert("refused".into(), 1)];
    assert!(
        is_full(&commit(&storage, append(), Durability::Relaxed)),
        "the reserve is for deletes"
    );
    let erase = Write::DeleteRange { table: Table::History, range: KeyRange::prefix("a") };
    commit(&storage, vec![erase], Durability::Strict).unwrap();
    assert_eq!(count(&storage), 1);
    assert_eq!(block_on(storage.scrub()).unwrap(), Scrubbed::Physical);
    assert!(reserve.exists(), "the reserve was not made anew");
    commit(&storage, vec![insert("after".into(), 64 << 10)], Durability::Relaxed).unwrap();
    assert_eq!(count(&storage), 2);
    block_on(storage.close()).unwrap();
}

#[test]
fn a_store_on_a_full_disk_opens_for_reading_and_deleting() {
    let Some(disk) = Disk::mount("4m") else {
        println!("skipped: a file system can't be mounted, which takes root");
        return;
    };
    let dir = disk.path().join("store");
    let storage = block_on(SqliteStorage::open(&dir)).unwrap();
    commit(&storage, vec![insert("kept".into(), 100)], Durability::Strict).unwrap();
    block_on(storage.close()).unwrap();
    let filler = Command::new("sh")
        .args(["-c", "cat /dev/zero > filler 2> /dev/null; true"])
        .current_dir(disk.path())
        .status();
    assert!(filler.unwrap().success());

    let another = block_on(SqliteStorage::open(disk.path().join("another")));
    assert!(matches!(another, Err(StorageError::QuotaExceeded { .. })), "{another:?}");

    let storage = block_on(SqliteStorage::open(&dir)).unwrap();
    assert_eq!(count(&storage), 1);
    assert!(is_full(&commit(&storage, vec![insert("more".into(), 100)], Durability::Relaxed)));
    let delete = Write::Delete { table: Table::History, key: "kept".into() };
    commit(&storage, vec![delete], Durability::Strict).unwrap();
    assert_eq!(count(&storage), 0);
    block_on(storage.close()).unwrap();
}
