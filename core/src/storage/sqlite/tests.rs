//! What SQLite's own side of the contract needs: files, marks, damage, the log, the remains.

use std::fs;

use futures_lite::future::block_on;
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::storage::conformance::{self, Capabilities, Factory, Verdict};
use crate::storage::{BoxedStorage, Write};

struct Directories<S> {
    parent: TempDir,
    wrap: fn(SqliteStorage) -> S,
}

impl<S: Storage> Factory for Directories<S> {
    type Storage = S;

    async fn open(&self, name: &str) -> StorageResult<S> {
        SqliteStorage::open(self.parent.path().join(name)).await.map(self.wrap)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn moment(&self) {
        futures_timer::Delay::new(std::time::Duration::from_millis(1)).await;
    }
}

fn assert_conforms<S: Storage>(wrap: fn(SqliteStorage) -> S) {
    let factory = Directories { parent: tempfile::tempdir().unwrap(), wrap };
    let outcomes = block_on(conformance::run(&factory));
    assert_eq!(conformance::failures(&outcomes), Vec::<String>::new());
    let skipped = outcomes.iter().filter(|outcome| outcome.verdict == Verdict::Skipped);
    assert_eq!(skipped.count(), 1, "watch alone is skipped: {outcomes:?}");
}

#[test]
fn sqlite_conforms() {
    assert_conforms(|storage| storage);
}

#[test]
fn a_boxed_sqlite_conforms() {
    assert_conforms(BoxedStorage::new);
}

fn open(dir: &Path) -> SqliteStorage {
    block_on(SqliteStorage::open(dir)).unwrap()
}

fn put(key: &str, value: impl Into<Bytes>) -> Write {
    Write::Put { table: Table::History, key: key.into(), value: value.into() }
}

fn commit(storage: &SqliteStorage, writes: Vec<Write>) -> StorageResult<()> {
    let batch = Batch { checks: vec![], writes };
    block_on(storage.commit(batch, Durability::Relaxed))
}

fn value(storage: &SqliteStorage, key: &str) -> StorageResult<Option<Bytes>> {
    let mut values = block_on(storage.get(Table::History, vec![key.into()]))?;
    Ok(values.remove(0))
}

fn close(storage: &SqliteStorage) {
    block_on(storage.close()).unwrap();
}

/// The files of a store and their bytes.
fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> = entries
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

fn holds(dir: &Path, needle: &[u8]) -> Vec<String> {
    let found = files(dir).into_iter();
    let found = found.filter(|(_, bytes)| bytes.windows(needle.len()).any(|part| part == needle));
    found.map(|(name, _)| name).collect()
}

#[test]
#[cfg(unix)]
fn a_store_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("deep").join("store");
    let storage = open(&dir);
    commit(&storage, vec![put("k", "v")]).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    let names: Vec<String> = files(&dir).into_iter().map(|(name, _)| name).collect();
    let expected = ["creel.reserve", "creel.sqlite3", "creel.sqlite3-shm", "creel.sqlite3-wal"];
    assert_eq!(names, expected);
    for name in names {
        assert_eq!(mode(&dir.join(&name)), 0o600, "{name}");
    }
    close(&storage);
    let names: Vec<String> = files(&dir).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["creel.reserve", "creel.sqlite3"]);
}

#[test]
fn the_database_is_marked_for_other_programs() {
    let dir = tempfile::tempdir().unwrap();
    close(&open(dir.path()));
    let database = Connection::open(dir.path().join("creel.sqlite3")).unwrap();
    let number = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(number("PRAGMA application_id"), 1_131_570_533);
    assert_eq!(number("PRAGMA user_version"), 1);
    let columns = "SELECT t.name || ': ' || group_concat(c.name || ' ' || c.type) \
                   FROM sqlite_schema t, pragma_table_info(t.name) c \
                   WHERE t.type = 'table' GROUP BY t.name ORDER BY 1";
    let mut tables = database.prepare(columns).unwrap();
    let tables: Vec<String> =
        tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let expected = ["catalog", "history", "journal"];
    assert_eq!(tables, expected.map(|name| format!("{name}: key TEXT,value BLOB")));
}

#[test]
fn a_store_of_format_1_opens() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sqlite-1/creel.sqlite3");
    fs::copy(fixture, dir.path().join("creel.sqlite3")).unwrap();
    let storage = open(dir.path());
    for table in Table::ALL {
        let range = KeyRange::new("!", "~");
        let page = block_on(storage.scan(table, range, 10, Order::Ascending)).unwrap();
        let value = Bytes::from(format!("{{\"table\":\"{}\"}}", table.name()));
        assert_eq!(page.records, [("0000000000000001".to_owned(), value)]);
    }
    commit(&storage, vec![put("k", "v")]).unwrap();
}

#[test]
fn a_newer_store_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    close(&open(dir.path()));
    let path = dir.path().join("creel.sqlite3");
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 7).unwrap();
    let before = fs::read(&path).unwrap();
    let error = block_on(SqliteStorage::open(dir.path())).unwrap_err();
    assert!(matches!(error, StorageError::SchemaTooNew { found: 7, known: 1 }), "{error:?}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_file_that_is_no_store_is_corrupt() {
    let foreign = tempfile::tempdir().unwrap();
    let other = Connection::open(foreign.path().join("creel.sqlite3")).unwrap();
    other.execute_batch("CREATE TABLE theirs (x); PRAGMA application_id = -5").unwrap();
    drop(other);
    let garbage = tempfile::tempdir().unwrap();
    fs::write(garbage.path().join("creel.sqlite3"), "no database ".repeat(1000)).unwrap();
    for dir in [&foreign, &garbage] {
        let error = block_on(SqliteStorage::open(dir.path())).unwrap_err();
        assert!(matches!(&error, StorageError::Corrupt { key, .. } if key == "creel.sqlite3"));
    }
}

#[test]
fn a_damaged_page_is_corrupt_and_never_an_answer() {
    let dir = tempfile::tempdir().unwrap();
    let storage = open(dir.path());
    let keys: Vec<String> = (0..2000).map(|n| format!("k/{n:04}")).collect();
    commit(&storage, keys.iter().map(|key| put(key, key.clone())).collect()).unwrap();
    close(&storage);
    let path = dir.path().join("creel.sqlite3");
    let mut bytes = fs::read(&path).unwrap();
    // The first pages hold the schema and roots of tables; all others are overwritten.
    bytes[8 * 4096..].fill(0x5a);
    fs::write(&path, bytes).unwrap();
    let storage = open(dir.path());
    let corrupt = keys.iter().filter(|key| match value(&storage, key) {
        Ok(found) => {
            assert_eq!(found, Some(Bytes::from((*key).clone())));
            false
        }
        Err(error) => {
            assert!(matches!(error, StorageError::Corrupt { .. }), "{error:?}");
            true
        }
    });
    assert_ne!(corrupt.count(), 0);
}

#[test]
fn a_path_that_is_a_file_is_unavailable() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = block_on(SqliteStorage::open(file.path())).unwrap_err();
    assert!(matches!(error, StorageError::Unavailable { retryable: false, .. }), "{error:?}");
}

#[test]
fn another_programs_lock_is_blocked_and_a_short_one_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let storage = open(dir.path());
    let other = Connection::open(dir.path().join("creel.sqlite3")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let second = Connection::open(dir.path().join("creel.sqlite3")).unwrap();
    second.busy_timeout(std::time::Duration::ZERO).unwrap();
    let busy = error::storage_error(second.execute_batch("BEGIN IMMEDIATE").unwrap_err());
    assert!(matches!(busy, StorageError::Blocked { .. }), "{busy:?}");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| commit(&storage, vec![put("k", "v")]));
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert!(!waiting.is_finished());
        assert_eq!(value(&storage, "k").unwrap(), None, "reads do not wait");
        other.execute_batch("ROLLBACK").unwrap();
        waiting.join().unwrap().unwrap();
    });
}

#[test]
fn a_writer_that_is_stuck_in_a_transaction_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let storage = open(dir.path());
    let begin = "BEGIN IMMEDIATE; INSERT INTO history VALUES ('half', x'00')";
    let write = storage
        .0
        .connections
        .write(|writer| writer.connection.execute_batch(begin).map_err(error::storage_error));
    write.unwrap();
    commit(&storage, vec![put("k", "v")]).unwrap();
    assert_eq!(value(&storage, "half").unwrap(), None);
    assert_eq!(value(&storage, "k").unwrap(), Some(Bytes::from("v")));
}

#[test]
fn the_log_stays_short_while_commits_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let storage = open(dir.path());
    let value = vec![0x61; 128 << 10];
    let mut longest = 0;
    for n in 0..1000 {
        commit(&storage, vec![put(&format!("{:04}", n % 200), value.clone())]).unwrap();
        longest = longest.max(fs::metadata(&storage.0.log).unwrap().len());
    }
    assert!(longest > u64::from(connections::WAL_KEPT), "the log never needed shortening");
    assert!(longest < 5 * u64::from(connections::WAL_KEPT), "{longest}");
}

/// Looks while the store is open, so by another process: closing a file here would drop its locks.
fn grep(dir: &Path, needle: &str) -> String {
    let arguments = ["-rlaF", "-e", needle];
    let output = std::process::Command::new("grep").args(arguments).arg(dir).output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[cfg(unix)]
fn after_a_scrub_no_file_holds_what_was_deleted() {
    let mut left_by_deleting = 0;
    for seed in 0..20_usize {
        let dir = tempfile::tempdir().unwrap();
        let storage = open(dir.path());
        // Short records that grow and shrink among each other make pages split and cells move.
        for n in 0..1200 {
            let at = (n * 7919 + seed * 104_729) % 997;
            let filler = "x".repeat((n * 31 + seed * 17) % 300);
            let kept = put(&format!("{:03}/keep", at % 211), filler.clone());
            let gone = put(&format!("{:03}/gone-canary", at % 223), "canary ".to_owned() + &filler);
            commit(&storage, vec![kept, gone]).unwrap();
        }
        let gone = (0..223).map(|n| format!("{n:03}/gone-canary"));
        let delete = |key| Write::Delete { table: Table::History, key };
        commit(&storage, gone.map(delete).collect()).unwrap();
        let empty_log = "PRAGMA wal_checkpoint(TRUNCATE)";
        let emptied = storage.0.connections.write(|writer| {
            writer.connection.query_row(empty_log, [], |_| Ok(())).map_err(error::storage_error)
        });
        emptied.unwrap();
        left_by_deleting += usize::from(!grep(dir.path(), "canary").is_empty());
        assert_eq!(block_on(storage.scrub()).unwrap(), Scrubbed::Physical);
        assert_eq!(grep(dir.path(), "canary"), "", "seed {seed}");
        let kept = KeyRange::new("0", "9");
        let page = block_on(storage.scan(Table::History, kept, 1000, Order::Ascending)).unwrap();
        assert_eq!(page.records.len(), 211);
        close(&storage);
    }
    assert_ne!(left_by_deleting, 0, "deleting alone left nothing, so the scrub was not tested");
    println!("deleting alone left something in {left_by_deleting} of 20 stores");
}

#[test]
fn a_foreign_reader_prevents_a_scrub_and_the_next_one_takes_it_along() {
    let dir = tempfile::tempdir().unwrap();
    let storage = open(dir.path());
    commit(&storage, vec![put("gone", "secret-canary".repeat(2000))]).unwrap();
    let reader = Connection::open(dir.path().join("creel.sqlite3")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM history").unwrap();
    let delete = Write::Delete { table: Table::History, key: "gone".into() };
    commit(&storage, vec![delete]).unwrap();
    assert_eq!(block_on(storage.scrub()).unwrap(), Scrubbed::Prevented);
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(block_on(storage.scrub()).unwrap(), Scrubbed::Physical);
    close(&storage);
    drop(reader);
    assert_eq!(holds(dir.path(), b"secret-canary"), Vec::<String>::new());
}
