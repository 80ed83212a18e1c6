//! Checking every invariant of a store, while others may change it.
//!
//! The catalog is checked on one replica, which is consistent by itself. The histories are read
//! beside it; what looks wrong is looked at again in a moment in which nothing was committed.

use std::collections::HashSet;

use super::catalog::check_catalog;
use super::history::{Place, Walk, place};
use super::report::{Finding, FindingCode, Report};
use crate::env::Env;
use crate::error::Result;
use crate::id::{ThreadId, TreeId};
use crate::journal::load::{find, read};
use crate::journal::replica::Replica;
use crate::keys;
use crate::storage::{Key, KeyRange, Order, Storage, Table};

/// The most records of one scan.
const SCAN: usize = 64;
/// How often a part that others keep changing is looked at again.
const TRIES: u64 = 20;

/// Checks every invariant of a store, reading all of it and changing nothing.
///
/// Nobody needs to close it: what others commit meanwhile is no finding. It takes memory for the
/// catalog and a few records. A storage without a store has no findings.
///
/// # Errors
/// `schema_too_new` for a store of a newer version, and the storage's own errors.
pub async fn check<S: Storage>(storage: &S, env: &dyn Env) -> Result<Report> {
    let mut report = Report::default();
    let Some(replica) = find(storage).await? else { return Ok(report) };
    for damage in &replica.losses.damage {
        let key = Some(format!("{}/{}", damage.table.name(), damage.key));
        report.findings.push(Finding::new(damage.code, key, None, damage.reason.clone()));
    }
    if let Some(thread) = replica.odd_front {
        let key = Some(format!("{}/{}", Table::Catalog.name(), keys::FRONT));
        let message = "the copy of the newest threads has it otherwise than its page".to_owned();
        let code = FindingCode::FrontMismatch;
        report.findings.push(Finding::new(code, key, Some(thread), message));
    }
    check_keys(storage, &replica, &mut report).await?;
    check_catalog(&replica, &mut report);
    let suspicious = check_histories(storage, &replica, &mut report).await?;
    let again: Vec<Finding> = if suspicious.is_empty() || is_newest(storage, &replica).await? {
        suspicious
    } else {
        check_again(storage, env, suspicious).await?
    };
    report.findings.extend(again);
    Ok(report)
}

/// Finds records that no table has, and entries that were packed long ago.
async fn check_keys<S: Storage>(storage: &S, replica: &Replica, report: &mut Report) -> Result<()> {
    let mut scan = Scan::new(Table::Catalog, KeyRange::new("!", "~"));
    while let Some(records) = scan.next(storage, report).await? {
        for (key, _) in records {
            if key.starts_with(keys::QUARANTINE) {
                report.quarantined += 1;
                continue;
            }
            let is_page = keys::page_number(&key).is_some();
            let known = [keys::RECEIPTS, keys::JOBS];
            let known = known.iter().any(|prefix| key.starts_with(prefix)) || is_page;
            let epoch = keys::epoch(&replica.epoch);
            if !known && key != keys::HEAD && key != keys::FRONT && key != epoch {
                stray(report, Table::Catalog, &key);
            }
        }
    }
    let mut scan = Scan::new(Table::Journal, KeyRange::new("!", "~"));
    while let Some(records) = scan.next(storage, report).await? {
        for (key, _) in records {
            match keys::entry_number(&key) {
                Some(n) if n < replica.base => {
                    let message = format!("the catalog has packed it: it is at {}", replica.base);
                    let key = Some(format!("{}/{key}", Table::Journal.name()));
                    let code = FindingCode::EntryStale;
                    report.findings.push(Finding::new(code, key, None, message));
                }
                Some(_) => {}
                // The load names those that come after the position.
                None if *key >= *keys::entry(replica.base) && key.as_str() < ":" => {}
                None => stray(report, Table::Journal, &key),
            }
        }
    }
    Ok(())
}

fn stray(report: &mut Report, table: Table, key: &str) {
    let message = "no record of this table has such a key".to_owned();
    let key = Some(format!("{}/{key}", table.name()));
    report.findings.push(Finding::new(FindingCode::StrayKey, key, None, message));
}

/// Compares every history with the catalog.
async fn check_histories<S: Storage>(
    storage: &S,
    replica: &Replica,
    report: &mut Report,
) -> Result<Vec<Finding>> {
    let mut walks = Walks::new(replica);
    let mut scan = Scan::new(Table::History, KeyRange::new("!", "~"));
    while let Some(records) = scan.next(storage, report).await? {
        for (key, value) in records {
            walks.take(&key, &value);
        }
    }
    walks.finish_all();
    Ok(walks.findings)
}

/// Looks again at what looked wrong while others were committing.
async fn check_again<S: Storage>(
    storage: &S,
    env: &dyn Env,
    suspicious: Vec<Finding>,
) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut seen = HashSet::new();
    for finding in suspicious {
        let Some(key) = finding.key.as_deref().and_then(|key| key.split_once('/')) else {
            continue;
        };
        let Some(place) = place(key.1) else {
            findings.push(finding);
            continue;
        };
        if !seen.insert((place.tree, place.thread)) {
            continue;
        }
        let mut settled = None;
        for attempt in 0..TRIES {
            let Some(newer) = find(storage).await? else { return Ok(findings) };
            let found = check_thread(storage, &newer, place.tree, place.thread).await?;
            if found.is_empty() || is_newest(storage, &newer).await? {
                settled = Some(found);
                break;
            }
            env.sleep(attempt + 1).await;
        }
        findings.extend(settled.unwrap_or_else(|| {
            let message = "other instances kept changing it while it was read".to_owned();
            vec![Finding::new(FindingCode::Busy, finding.key, Some(place.thread), message)]
        }));
    }
    Ok(findings)
}

/// Checks what is stored of one thread.
async fn check_thread<S: Storage>(
    storage: &S,
    replica: &Replica,
    tree: TreeId,
    thread: ThreadId,
) -> Result<Vec<Finding>> {
    let mut walks = Walks::new(replica);
    let mut scan = Scan::new(Table::History, keys::thread(tree, thread));
    while let Some(records) = scan.next(storage, &mut Report::default()).await? {
        for (key, value) in records {
            walks.take(&key, &value);
        }
    }
    if let Some(record) = replica.catalog.record(thread).filter(|record| record.tree == tree) {
        walks.finish_without_records(record.ord);
    }
    walks.finish();
    Ok(walks.findings)
}

/// Tells whether nothing was committed since the replica was loaded.
async fn is_newest<S: Storage>(storage: &S, replica: &Replica) -> Result<bool> {
    if replica.losses.stuck() {
        return Ok(true);
    }
    let next = keys::entry(replica.catalog.position + 1);
    let current =
        read(storage, Table::Journal, vec![keys::entry(replica.catalog.position), next]).await?;
    // Without the newest entry others have packed it, and committed more.
    Ok(current.first().is_some_and(Option::is_some) && current.last().is_some_and(Option::is_none))
}

/// Walks over the histories of many threads, one after another.
struct Walks<'a> {
    replica: &'a Replica,
    current: Option<(TreeId, ThreadId, Option<Walk<'a>>)>,
    seen: HashSet<u32>,
    findings: Vec<Finding>,
}

impl<'a> Walks<'a> {
    fn new(replica: &'a Replica) -> Self {
        Self { replica, current: None, seen: HashSet::new(), findings: Vec::new() }
    }

    fn take(&mut self, key: &str, value: &[u8]) {
        let Some(Place { tree, thread, stream }) = place(key) else {
            let key = Some(format!("{}/{key}", Table::History.name()));
            let message = "no history has such a key".to_owned();
            self.findings.push(Finding::new(FindingCode::StrayKey, key, None, message));
            return;
        };
        let same = |current: &(TreeId, ThreadId, _)| (current.0, current.1) == (tree, thread);
        if !self.current.as_ref().is_some_and(same) {
            self.finish();
            let walk = self.start(tree, thread, key);
            self.current = Some((tree, thread, walk));
        }
        if let Some((_, _, Some(walk))) = &mut self.current {
            walk.take(key, stream, value);
        }
    }

    /// Starts a thread's walk; a history of no thread is a finding by itself.
    fn start(&mut self, tree: TreeId, thread: ThreadId, key: &str) -> Option<Walk<'a>> {
        let catalog = &self.replica.catalog;
        if let Some(record) = catalog.record(thread).filter(|record| record.tree == tree) {
            self.seen.insert(record.ord);
            return Some(Walk::new(record, catalog.tail(record.ord)));
        }
        let (code, message) = match catalog.deletion_of(thread) {
            Some(deletion) if catalog.record(thread).is_none() => {
                (FindingCode::DeletedLeftover, format!("deletion {deletion} has erased its thread"))
            }
            _ => (FindingCode::HistoryOrphan, "no thread has this history".to_owned()),
        };
        let key = Some(format!("{}/{key}", Table::History.name()));
        self.findings.push(Finding::new(code, key, Some(thread), message));
        None
    }

    fn finish(&mut self) {
        if let Some((_, _, Some(walk))) = self.current.take() {
            self.findings.extend(walk.finish());
        }
    }

    /// Finishes the scan of all: threads of which nothing was found may lack something.
    fn finish_all(&mut self) {
        self.finish();
        for record in self.replica.catalog.records() {
            self.finish_without_records(record.ord);
        }
    }

    fn finish_without_records(&mut self, ord: u32) {
        if self.seen.contains(&ord) {
            return;
        }
        if let Some(record) = self.replica.catalog.slot(ord) {
            let walk = Walk::new(record, self.replica.catalog.tail(ord));
            self.findings.extend(walk.finish());
        }
    }
}

/// A scan of many records, a few at a time.
pub(super) struct Scan {
    table: Table,
    range: Option<KeyRange>,
}

impl Scan {
    pub(super) fn new(table: Table, range: KeyRange) -> Self {
        Self { table, range: Some(range) }
    }

    pub(super) async fn next<S: Storage>(
        &mut self,
        storage: &S,
        report: &mut Report,
    ) -> Result<Option<Vec<(Key, bytes::Bytes)>>> {
        let Some(range) = self.range.take() else { return Ok(None) };
        let page = storage.scan(self.table, range.clone(), SCAN, Order::Ascending).await?;
        report.records_read += page.records.len() as u64;
        report.bytes += page.records.iter().map(|(_, value)| value.len() as u64).sum::<u64>();
        if let Some((last, _)) = page.records.last().filter(|_| page.more) {
            self.range = Some(KeyRange::new(format!("{last} "), range.end));
        }
        Ok(Some(page.records))
    }
}
