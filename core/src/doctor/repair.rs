//! Mending a store: one commit that makes it sound and loses nothing that can be read.
//!
//! What the load could take is the new state, under a new epoch, so that every instance that has
//! the store open stops. What can't be read is kept in quarantine by the same commit.

use std::sync::Arc;

use bytes::Bytes;

use super::catalog::{cycles, edge};
use super::check::{Scan, check};
use super::history::place;
use super::quarantine::Quarantine;
use super::recover::{Orphans, recover};
use super::replay::replay_rest;
use super::report::{FindingCode, Report};
use super::salvage::deletions_of;
use super::streams::mend_thread;
use crate::catalog::{Catalog, Event, Ordinals, Record};
use crate::env::Env;
use crate::error::{Error, Result};
use crate::goal::{Job, TaskStatus};
use crate::id::{DeletionId, ThreadId, new_uuid};
use crate::journal::entry::{CatalogPage, CommitId, Entry, FORMAT, Head, encode};
use crate::journal::load::{find, scan_all};
use crate::journal::replica::Replica;
use crate::keys;
use crate::limits::PAGE_THREADS;
use crate::storage::{
    Batch, Durability, Exists, Key, KeyRange, Order, Storage, StorageError, Table, Write,
};

/// How often a repair that others overtake starts again.
const TRIES: usize = 5;
/// Why a task has lost its thread.
const THREAD_LOST: &str = "assigned thread was lost";

/// Mends a store, and returns what was wrong with it.
///
/// The store must not be open in this instance; other instances that have it open get
/// [`Error::StoreReplaced`] and open it again. Items that can't be read become marks of the type
/// `creel/unreadable`, so that every other item keeps its number; threads that the catalog has lost
/// come back from their histories with the metadata `recovered`. The bytes of everything taken out
/// of use are kept under `quarantine/` in the catalog's table. A sound store is left as it is.
///
/// # Errors
/// `schema_too_new` for a store of a newer version, and the storage's own errors; nothing was
/// changed then.
pub async fn repair<S: Storage>(storage: &S, env: &dyn Env) -> Result<Report> {
    for _ in 0..TRIES {
        let report = check(storage, env).await?;
        if !report.findings.iter().any(|finding| finding.repairable) {
            return Ok(report);
        }
        match mend_store(storage, env).await {
            Err(Error::Storage(StorageError::Conflict)) => {}
            other => return other.map(|()| report),
        }
    }
    let reason = "other instances kept changing the store; close them and try again".into();
    Err(Error::Storage(StorageError::Unavailable { retryable: true, reason, cause: None }))
}

async fn mend_store<S: Storage>(storage: &S, env: &dyn Env) -> Result<()> {
    let before = newest(storage).await?;
    let Some(mut replica) = find(storage).await? else { return Ok(()) };
    let journal = scan_all(storage, Table::Journal, KeyRange::new("!", "~")).await?;
    if journal.last().map(|(key, _)| key) != before.as_ref() {
        return Err(Error::Storage(StorageError::Conflict));
    }
    let left = replay_rest(&mut replica, &journal)?;
    let erased = erased_threads(&replica.catalog);
    let mut quarantine = Quarantine::open(storage, erased).await?;
    for (key, value) in &journal {
        let is_entry = keys::entry_number(key).is_some();
        if left.contains(key) || !is_entry {
            quarantine.keep_as(Table::Journal, key, value.clone());
        }
    }
    let mut writes = without_erased(&mut replica.catalog);
    let orphans = orphans(storage, &replica.catalog).await?;
    writes.extend(recover(&mut replica, &orphans)?);
    mend_deletions(&mut replica);
    mend_edges(&mut replica.catalog);
    mend_tasks(&mut replica.catalog);
    writes.extend(mend_histories(storage, &mut replica.catalog, &orphans, &mut quarantine).await?);
    keep_catalog(storage, &replica, &mut quarantine).await?;
    writes.extend(std::mem::take(&mut quarantine.writes));
    commit(storage, env, &replica, &journal, writes).await
}

/// Returns the key of the newest entry: while it is that, nobody has committed.
async fn newest<S: Storage>(storage: &S) -> Result<Option<Key>> {
    let page = storage.scan(Table::Journal, KeyRange::new("!", "~"), 1, Order::Descending).await?;
    Ok(page.records.into_iter().next().map(|(key, _)| key))
}

/// Returns the threads of which nothing may be left.
fn erased_threads(catalog: &Catalog) -> Vec<ThreadId> {
    catalog.receipts().flat_map(|receipt| receipt.members.iter().copied()).collect()
}

/// Removes threads that a finished deletion has erased.
fn without_erased(catalog: &mut Catalog) -> Vec<Write> {
    let is_erased = |record: &&Arc<Record>| catalog.receipt_of(record.id).is_some();
    let erased: Vec<Arc<Record>> = catalog.records().filter(is_erased).cloned().collect();
    let erase = |record: Arc<Record>| {
        catalog.put_back(record.ord, None);
        let range = keys::thread(record.tree, record.id);
        Write::DeleteRange { table: Table::History, range }
    };
    erased.into_iter().map(erase).collect()
}

/// Reads the histories of threads that the catalog does not know.
async fn orphans<S: Storage>(storage: &S, catalog: &Catalog) -> Result<Orphans> {
    let mut orphans = Orphans::default();
    let mut scan = Scan::new(Table::History, KeyRange::new("!", "~"));
    while let Some(records) = scan.next(storage, &mut Report::default()).await? {
        for (key, value) in records {
            let Some(place) = place(&key) else { continue };
            let is_known = |record: &Arc<Record>| record.tree == place.tree;
            if !catalog.record(place.thread).is_some_and(is_known) {
                orphans.entry((place.tree, place.thread)).or_default().push((key, value));
            }
        }
    }
    Ok(orphans)
}

/// Makes deletions and the marks of their members say the same, in favour of what is there.
fn mend_deletions(replica: &mut Replica) {
    for state in deletions_of(replica) {
        replica.catalog.put_back_deletion(state.deletion, Some(state));
    }
    let catalog = &mut replica.catalog;
    let odd: Vec<(DeletionId, u32)> = catalog.odd_members().collect();
    for (id, ord) in odd {
        let Some(mut state) = catalog.deletion(id).cloned() else { continue };
        match catalog.slot(ord) {
            None => state.erased.extend(&[ord].into_iter().collect()),
            Some(record) if record.deletion == Some(id) => {
                state.erased = state.erased.iter().filter(|erased| *erased != ord).collect();
            }
            Some(_) => {
                let without = |set: &Ordinals| set.iter().filter(|other| *other != ord).collect();
                (state.members, state.erased) = (without(&state.members), without(&state.erased));
            }
        }
        state.scrubbed = false;
        let kept = (!state.members.is_empty()).then_some(state);
        catalog.put_back_deletion(id, kept);
    }
}

/// Cuts edges that lead nowhere or in circles: the child becomes a root.
fn mend_edges(catalog: &mut Catalog) {
    let is_bad = |record: &&Arc<Record>| edge(catalog, record).is_some();
    let mut cut: Vec<u32> = catalog.records().filter(is_bad).map(|record| record.ord).collect();
    cut.extend(cycles(catalog));
    for ord in cut {
        if let Some(record) = catalog.slot(ord) {
            let record = Record { parent: None, edge: None, ..Record::clone(record) };
            catalog.put_back(ord, Some(record));
        }
    }
}

/// Takes threads from tasks that are not there any more.
fn mend_tasks(catalog: &mut Catalog) {
    let jobs: Vec<Arc<Job>> = catalog.jobs().cloned().collect();
    for job in jobs {
        let mut job = Job::clone(&job);
        for task in &mut job.tasks {
            if task.thread_id.is_some_and(|id| catalog.record(id).is_none()) {
                task.thread_id = None;
                if task.status == TaskStatus::Running {
                    task.status = TaskStatus::Pending;
                    task.last_error = Some(THREAD_LOST.into());
                }
            }
        }
        catalog.load_job(job);
    }
}

/// Mends what is stored of threads, packs their tails, and puts the rest into quarantine.
async fn mend_histories<S: Storage>(
    storage: &S,
    catalog: &mut Catalog,
    orphans: &Orphans,
    quarantine: &mut Quarantine,
) -> Result<Vec<Write>> {
    let mut writes = Vec::new();
    let mut scan = Scan::new(Table::History, KeyRange::new("!", "~"));
    while let Some(records) = scan.next(storage, &mut Report::default()).await? {
        for (key, value) in records.into_iter().filter(|(key, _)| place(key).is_none()) {
            quarantine.keep_as(Table::History, &key, value);
            writes.push(Write::Delete { table: Table::History, key });
        }
    }
    for ((tree, id), records) in orphans {
        let known = catalog.record(*id);
        if known.is_some_and(|record| record.tree != *tree) {
            for (key, value) in records {
                quarantine.keep_as(Table::History, key, value.clone());
                writes.push(Write::Delete { table: Table::History, key: key.clone() });
            }
        }
    }
    let all: Vec<Arc<Record>> = catalog.records().cloned().collect();
    for record in all {
        let (mended, more) =
            mend_thread(storage, &record, catalog.tail(record.ord), quarantine).await?;
        writes.extend(more);
        if mended != *record {
            catalog.put_back(mended.ord, Some(mended));
        }
    }
    Ok(writes)
}

/// Keeps the bytes of records of the catalog that are taken out of use.
async fn keep_catalog<S: Storage>(
    storage: &S,
    replica: &Replica,
    quarantine: &mut Quarantine,
) -> Result<()> {
    let damaged = |key: &str| {
        let here = replica.losses.damage.iter().filter(|damage| damage.table == Table::Catalog);
        let gone = |code| !matches!(code, FindingCode::PageAhead | FindingCode::ThreadMisplaced);
        here.into_iter().any(|damage| damage.key == key && gone(damage.code))
    };
    for (key, value) in scan_all(storage, Table::Catalog, KeyRange::new("!", "~")).await? {
        if key.starts_with(keys::QUARANTINE) || key.starts_with(keys::EPOCHS) {
            continue;
        }
        let known = [keys::RECEIPTS, keys::JOBS].iter().any(|prefix| key.starts_with(prefix));
        // The next checkpoint makes another front.
        let known = known || key == keys::HEAD || key == keys::FRONT;
        let known = known || keys::page_number(&key).is_some();
        if !known || damaged(&key) {
            quarantine.keep_as(Table::Catalog, &key, value);
        }
    }
    Ok(())
}

/// Writes the mended state in the place of all that was there, unless somebody committed meanwhile.
async fn commit<S: Storage>(
    storage: &S,
    env: &dyn Env,
    replica: &Replica,
    journal: &[(Key, Bytes)],
    more: Vec<Write>,
) -> Result<()> {
    let catalog = &replica.catalog;
    let newest = journal.iter().filter_map(|(key, _)| keys::entry_number(key)).max();
    let position = newest.unwrap_or(0).max(catalog.position);
    let n = position + 1;
    let writer = new_uuid(env).simple().to_string();
    let epoch = new_uuid(env).simple().to_string();
    let checkpoint = catalog.checkpoint + 1;
    let at = catalog.at.max(env.now_ms());
    let last = CommitId { writer: writer.clone(), commit: 0 };
    let event = Event::Checkpoint {
        checkpoint,
        position,
        packed: vec![],
        scrubbed: vec![],
        expired: vec![],
    };
    let id = CommitId { writer, commit: 1 };
    let entry =
        Entry { v: FORMAT, n, prev: last.clone(), id, at, events: vec![event], carried: vec![] };
    let head = Head {
        v: FORMAT,
        epoch: epoch.clone(),
        checkpoint,
        position,
        at,
        last,
        next_ordinal: catalog.next_ordinal(),
        deletions: catalog.deletions().cloned().collect(),
        writers: Default::default(),
        documents: catalog.documents().clone(),
    };
    let put = |key: Key, value: Bytes| Write::Put { table: Table::Catalog, key, value };
    let clear = |table, start: &str, end: &str| {
        let range = KeyRange::new(start, end);
        Write::DeleteRange { table, range }
    };
    let key = keys::entry(n);
    let value = encode(Table::Journal, &key, &entry)?;
    // Whoever commits first takes this place: nothing of theirs is ever overwritten.
    let mut writes = vec![
        Write::Insert { table: Table::Journal, key: key.clone(), value },
        clear(Table::Journal, "!", &key),
        clear(Table::Journal, &format!("{key} "), "~"),
        clear(Table::Catalog, "!", keys::QUARANTINE),
        clear(Table::Catalog, "quarantine0", "~"),
    ];
    writes.push(put(keys::HEAD.into(), encode(Table::Catalog, keys::HEAD, &head)?));
    writes.push(put(keys::epoch(&epoch), Bytes::new()));
    for number in 0..catalog.next_ordinal().div_ceil(PAGE_THREADS) {
        let threads: Vec<Record> = catalog.page(number).map(|record| (**record).clone()).collect();
        if !threads.is_empty() {
            let key = keys::page(number);
            let page = CatalogPage { v: FORMAT, checkpoint, threads };
            writes.push(put(key.clone(), encode(Table::Catalog, &key, &page)?));
        }
    }
    for receipt in catalog.receipts() {
        let key = keys::receipt(receipt.deletion);
        writes.push(put(key.clone(), encode(Table::Catalog, &key, &**receipt)?));
    }
    for job in catalog.jobs() {
        let key = keys::job(job.id);
        writes.push(put(key.clone(), encode(Table::Catalog, &key, &**job)?));
    }
    writes.extend(more);
    let checks = journal.last().map(|(key, _)| Exists { table: Table::Journal, key: key.clone() });
    let batch = Batch { checks: checks.into_iter().collect(), writes };
    Ok(storage.commit(batch, Durability::Strict).await?)
}
