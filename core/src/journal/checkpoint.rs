//! Checkpoints: packing the journal's news into pages and segments, and trimming it.
//!
//! A plan covers the state at one position. Entries that arrive before it is committed only move
//! its own entry further on, unless they rewrite what it read.

use bytes::Bytes;
use uuid::Uuid;

use super::entry::{CatalogPage, Entry, FORMAT, Head, corrupt, encode};
use super::front;
use super::replica::Replica;
use crate::catalog::{Catalog, Event, Packed, Record, Segment, Tail};
use crate::error::Result;
use crate::id::DeletionId;
use crate::item::Line;
use crate::keys;
use crate::limits::SEGMENT_BYTES;
use crate::mutation::{self, Mutation};
use crate::storage::{Key, Table, Write};

/// Receipts are kept for 30 days …
const RECEIPT_AGE: i64 = 30 * 24 * 60 * 60 * 1000;
/// … or as many as this.
const RECEIPTS: usize = 1000;
/// How long the last commit of a writer is remembered, in milliseconds.
const WRITER_AGE: i64 = 7 * 24 * 60 * 60 * 1000;
/// The most writers remembered.
const WRITERS: usize = 1000;
/// A tail goes onto a segment up to this many times its size, so that packing writes each item a
/// bounded number of times.
const GROWTH: u64 = 4;
/// A tail goes onto a segment up to this size, however small the tail.
const SMALL_SEGMENT: u64 = 16 * 1024;

/// A checkpoint that is ready to be committed.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) event: Event,
    pub(crate) writes: Vec<Write>,
}

/// Returns the segments that a checkpoint of this state goes on writing, and so has to read.
pub(crate) fn segments_to_read(catalog: &Catalog) -> Vec<Key> {
    let tails = tails(catalog);
    tails
        .iter()
        .filter(|(record, tail)| fits(record, tail))
        .map(|(it, _)| segment_key(it))
        .collect()
}

/// A checkpoint of one state that is being planned, a page at a time: a page takes long enough.
///
/// The state must not change meanwhile.
#[derive(Debug)]
pub(crate) struct Planning {
    event: Event,
    writes: Vec<Write>,
    checkpoint: u64,
    pages: std::vec::IntoIter<u32>,
}

impl Planning {
    /// Begins with the histories of the state that `replica` holds; `read` are the values of
    /// [`segments_to_read`].
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) naming a segment that is missing or is not what the
    /// catalog says.
    pub(crate) fn begin(replica: &Replica, read: Vec<Option<Bytes>>) -> Result<Self> {
        let catalog = &replica.catalog;
        let (packed, writes) = pack(catalog, read)?;
        let checkpoint = catalog.checkpoint + 1;
        let event = Event::Checkpoint {
            checkpoint,
            position: catalog.position,
            packed,
            scrubbed: catalog.deletions().filter(|d| d.all_erased()).map(|d| d.deletion).collect(),
            expired: expired(catalog),
        };
        let pages = catalog.dirty().collect::<Vec<_>>().into_iter();
        Ok(Self { event, writes, checkpoint, pages })
    }

    /// Plans the next page; false when there is none.
    pub(crate) fn page(&mut self, replica: &Replica) -> Result<bool> {
        let Some(page) = self.pages.next() else { return Ok(false) };
        let write = page_write(&replica.catalog, page, self.checkpoint, &self.event)?;
        self.writes.push(write);
        Ok(true)
    }

    /// Plans what belongs to no page.
    pub(crate) fn finish(self, replica: &Replica) -> Result<Plan> {
        let Self { event, mut writes, checkpoint, .. } = self;
        let catalog = &replica.catalog;
        for id in catalog.dirty_jobs() {
            writes.push(job_write(catalog, id)?);
        }
        writes.push(head_write(replica, checkpoint)?);
        writes.extend(front::write(catalog, checkpoint, |record| packed_as(record, &event))?);
        if let Event::Checkpoint { expired, .. } = &event {
            let receipt = |deletion: &DeletionId| keys::receipt(*deletion);
            let delete = |key| Write::Delete { table: Table::Catalog, key };
            writes.extend(expired.iter().map(receipt).map(delete));
        }
        let trimmed = match catalog.position {
            n if mutation::on(Mutation::TrimNewest) => n + 1,
            n if mutation::on(Mutation::CheckpointWithoutEntry) => n.saturating_sub(1),
            n => n,
        };
        let range = keys::entries_through(trimmed);
        writes.push(Write::DeleteRange { table: Table::Journal, range });
        Ok(Plan { event, writes })
    }
}

/// Tells whether a plan made before `entry` still describes the store after it.
pub(crate) fn survives(entry: &Entry) -> bool {
    !entry.events.iter().any(|event| {
        matches!(
            event,
            Event::Erasing { .. }
                | Event::Checkpoint { .. }
                | Event::Segmented { .. }
                | Event::Truncated { .. }
        )
    })
}

/// Packs every tail, of invisible threads too: they may be undeleted.
fn pack(catalog: &Catalog, read: Vec<Option<Bytes>>) -> Result<(Vec<Packed>, Vec<Write>)> {
    let mut read = read.into_iter();
    let (mut packed, mut writes) = (Vec::new(), Vec::new());
    for (record, tail) in tails(catalog) {
        let (segment, parts) = if fits(record, tail) {
            let mut value = segment_so_far(record, read.next().flatten())?;
            append(&mut value, tail.lines());
            let first = record.segment.first;
            (Segment { first, bytes: value.len() as u64 }, vec![(first, Bytes::from(value))])
        } else {
            let parts = crate::catalog::segments(record.packed, tail.lines());
            let last = parts.last().map(|(first, text)| (*first, text.len() as u64));
            let (first, bytes) = last.unwrap_or_default();
            let parts = parts.into_iter().map(|(first, text)| (first, text.into())).collect();
            (Segment { first, bytes }, parts)
        };
        for (first, value) in parts {
            let key = keys::segment(record.tree, record.id, first);
            writes.push(Write::Put { table: Table::History, key, value });
        }
        packed.push(Packed { thread: record.ord, upto: record.len, segment });
    }
    Ok((packed, writes))
}

/// Returns every thread with a tail, by ordinal.
fn tails(catalog: &Catalog) -> Vec<(&Record, &Tail)> {
    let mut tails: Vec<(&Record, &Tail)> = catalog
        .tails()
        .filter(|(_, tail)| !tail.lines().is_empty())
        .filter_map(|(ord, tail)| Some((&**catalog.slot(ord)?, tail)))
        .collect();
    tails.sort_unstable_by_key(|(record, _)| record.ord);
    tails
}

/// What is read short must not be written back short.
fn segment_so_far(record: &Record, value: Option<Bytes>) -> Result<Vec<u8>> {
    let key = segment_key(record);
    let value = value.ok_or_else(|| corrupt(Table::History, &key, "the segment is missing"))?;
    if value.len() as u64 != record.segment.bytes {
        let reason = format!("it has {} bytes, not {}", value.len(), record.segment.bytes);
        return Err(corrupt(Table::History, &key, reason));
    }
    Ok(value.to_vec())
}

fn fits(record: &Record, tail: &Tail) -> bool {
    let (there, more) = (record.segment.bytes, tail.bytes());
    there > 0 && there + more <= SEGMENT_BYTES as u64 && there <= SMALL_SEGMENT.max(GROWTH * more)
}

fn segment_key(record: &Record) -> String {
    keys::segment(record.tree, record.id, record.segment.first)
}

fn append(segment: &mut Vec<u8>, lines: &[Line]) {
    for line in lines {
        segment.extend_from_slice(line.text().as_bytes());
        segment.push(b'\n');
    }
}

/// A page holds the state after the checkpoint: its threads are packed as far as `event` says.
fn page_write(catalog: &Catalog, page: u32, checkpoint: u64, event: &Event) -> Result<Write> {
    let key = keys::page(page);
    let threads: Vec<Record> = catalog.page(page).map(|record| packed_as(record, event)).collect();
    if threads.is_empty() {
        return Ok(Write::Delete { table: Table::Catalog, key });
    }
    let value = CatalogPage { v: FORMAT, checkpoint, threads };
    let value = encode(Table::Catalog, &key, &value)?;
    Ok(Write::Put { table: Table::Catalog, key, value })
}

fn packed_as(record: &Record, checkpoint: &Event) -> Record {
    let mut record = record.clone();
    if let Event::Checkpoint { packed, .. } = checkpoint
        && let Ok(index) = packed.binary_search_by_key(&record.ord, |packed| packed.thread)
    {
        (record.packed, record.segment) = (packed[index].upto, packed[index].segment);
    }
    record
}

fn job_write(catalog: &Catalog, id: Uuid) -> Result<Write> {
    let (table, key) = (Table::Catalog, keys::job(id));
    let Some(job) = catalog.job(id) else { return Ok(Write::Delete { table, key }) };
    let value = encode(table, &key, &**job)?;
    Ok(Write::Put { table, key, value })
}

fn head_write(replica: &Replica, checkpoint: u64) -> Result<Write> {
    let catalog = &replica.catalog;
    let at = catalog.at;
    let mut writers = replica.writers.clone();
    writers.retain(|_, (_, last)| *last > at - WRITER_AGE);
    while writers.len() > WRITERS {
        let oldest = writers.iter().min_by_key(|(_, (_, last))| *last).map(|(id, _)| id.clone());
        writers.remove(&oldest.unwrap_or_default());
    }
    let head = Head {
        v: FORMAT,
        epoch: replica.epoch.clone(),
        checkpoint,
        position: catalog.position,
        at,
        last: replica.last.clone(),
        next_ordinal: catalog.next_ordinal(),
        deletions: catalog.deletions().cloned().collect(),
        writers,
        documents: catalog.documents().clone(),
    };
    let value = encode(Table::Catalog, keys::HEAD, &head)?;
    Ok(Write::Put { table: Table::Catalog, key: keys::HEAD.into(), value })
}

/// Receipts go by age, and the oldest first where there are too many.
fn expired(catalog: &Catalog) -> Vec<DeletionId> {
    let mut receipts: Vec<(i64, DeletionId)> = catalog
        .receipts()
        .map(|receipt| (receipt.erased_at.unwrap_or(receipt.deleted_at), receipt.deletion))
        .collect();
    receipts.sort_unstable();
    let over = receipts.len().saturating_sub(RECEIPTS);
    receipts
        .into_iter()
        .enumerate()
        .filter(|(index, (at, _))| *index < over || *at < catalog.at - RECEIPT_AGE)
        .map(|(_, (_, deletion))| deletion)
        .collect()
}
