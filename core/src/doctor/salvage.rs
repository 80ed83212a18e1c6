//! Taking what can be read out of a store of which some can't.
//!
//! What is taken is never made up: a record counts if it decodes whole, and is where it belongs.

use std::sync::Arc;

use bytes::Bytes;
use litemap::LiteMap;

use super::report::FindingCode;
use crate::catalog::{Deletion, Event, Ordinals, Record, page_of};
use crate::error::Error;
use crate::goal::Job;
use crate::id::{DeletionId, ThreadId};
use crate::journal::entry::{CatalogPage, Entry, Head, decode};
use crate::journal::replica::Replica;
use crate::keys;
use crate::limits::MAX_THREADS;
use crate::query::{Receipt, Removed};
use crate::storage::{Key, Table};

const CATALOG: Table = Table::Catalog;
/// How every record of a page begins.
const RECORD: &[u8] = b"{\"ord\":";
/// How long a deletion can be undone whose own word on it is lost, in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// Takes the threads of a page.
pub(crate) fn take_page(replica: &mut Replica, head: Option<&Head>, key: &str, value: &[u8]) {
    let page = decode::<CatalogPage>(CATALOG, key, value).and_then(|page| {
        // A newer version would have written the head along with it.
        if head.is_none_or(|head| page.v > head.v) {
            crate::journal::entry::check_format(page.v)?;
        }
        Ok(page)
    });
    let losses = &mut replica.losses;
    let records = match page {
        Ok(page) => {
            match head {
                Some(head) if page.checkpoint > head.checkpoint => {
                    let (page, head) = (page.checkpoint, head.checkpoint);
                    let reason = format!("checkpoint {page} wrote it, the head is of {head}");
                    losses.add(FindingCode::PageAhead, CATALOG, key, reason);
                }
                None => {
                    let known = replica.catalog.checkpoint;
                    replica.catalog.checkpoint = known.max(page.checkpoint);
                }
                _ => {}
            }
            page.threads
        }
        Err(error) => {
            losses.lenient = true;
            losses.unreadable(FindingCode::PageUnreadable, CATALOG, key, error);
            let (records, broken) = whole_records(value);
            losses.broken.extend(broken);
            records
        }
    };
    let number = keys::page_number(key);
    let past = head.map_or(MAX_THREADS, |head| head.next_ordinal);
    for record in records {
        let (id, ord) = (record.id, record.ord);
        if number != Some(page_of(ord)) {
            let reason = format!("thread {id} is of another page");
            replica.losses.add(FindingCode::ThreadMisplaced, CATALOG, key, reason);
        }
        let taken = if ord < past {
            replica.catalog.load_record(record).map_err(|error| error.0)
        } else {
            Err(format!("thread {id} has the number {ord}, which is to come"))
        };
        if let Err(reason) = taken {
            replica.losses.lenient = true;
            replica.losses.broken.push((ord, id));
            replica.losses.add(FindingCode::ThreadTwice, CATALOG, key, reason);
        }
    }
}

/// Returns the records that can be read in a page that can't, and who the others are.
fn whole_records(page: &[u8]) -> (Vec<Record>, Vec<(u32, ThreadId)>) {
    let (mut records, mut broken) = (Vec::new(), Vec::new());
    let mut rest = page;
    while let Some(start) = find(rest, RECORD) {
        rest = &rest[start..];
        let mut values = serde_json::Deserializer::from_str(text(rest)).into_iter::<Record>();
        let taken = match values.next() {
            Some(Ok(record)) => {
                records.push(record);
                values.byte_offset()
            }
            _ => {
                broken.extend(who(rest));
                RECORD.len()
            }
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    (records, broken)
}

/// Returns what is text at the beginning; no record goes on after that.
fn text(bytes: &[u8]) -> &str {
    let chunk = bytes.utf8_chunks().next();
    chunk.map_or("", |chunk| chunk.valid())
}

/// Reads the number and the id at the beginning of a record.
fn who(record: &[u8]) -> Option<(u32, ThreadId)> {
    struct Who {
        ord: u32,
        id: ThreadId,
    }

    crate::fields::fields! {
        Who, blank: Self { ord: 0, id: ThreadId::from_uuid(uuid::Uuid::nil()) },
        must "ord" ord,
        must "id" id,
    }
    const ID: &[u8] = b"\"id\":\"";
    let id = find(record, ID)?;
    let end = id + ID.len() + 37;
    let mut text = record.get(..end)?.to_vec();
    text.push(b'}');
    let who: Who = serde_json::from_str(std::str::from_utf8(&text).ok()?).ok()?;
    Some((who.ord, who.id))
}

pub(super) fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

pub(crate) fn take_receipt(replica: &mut Replica, key: &str, value: &[u8]) {
    let code = FindingCode::ReceiptUnreadable;
    match decode::<Receipt>(CATALOG, key, value) {
        Err(error) => replica.losses.unreadable(code, CATALOG, key, error),
        Ok(receipt) => {
            if keys::receipt(receipt.deletion) != key {
                let reason = format!("it is of deletion {}", receipt.deletion);
                replica.losses.add(code, CATALOG, key, reason);
            }
            replica.catalog.add_receipt(Arc::new(receipt));
        }
    }
}

pub(crate) fn take_job(replica: &mut Replica, key: &str, value: &[u8]) {
    let code = FindingCode::JobUnreadable;
    match decode::<Job>(CATALOG, key, value) {
        Err(error) => {
            replica.losses.lenient = true;
            replica.losses.unreadable(code, CATALOG, key, error);
        }
        Ok(job) => {
            if keys::job(job.id) != key {
                replica.losses.add(code, CATALOG, key, format!("it is job {}", job.id));
            }
            replica.catalog.load_job(job);
        }
    }
}

/// Finds out from the journal and the pages what the head would say.
pub(crate) fn without_head(replica: &mut Replica, journal: &[(Key, Bytes)]) {
    let numbered = |(key, value): &(Key, Bytes)| Some((keys::entry_number(key)?, value.clone()));
    let first = journal.iter().find_map(numbered);
    if let Some((n, value)) = &first
        && let Ok(entry) = decode::<Entry>(Table::Journal, &keys::entry(*n), value)
    {
        // Only the very first entry stays when a checkpoint covers it.
        replica.catalog.position = n.saturating_sub(1);
        replica.last = if *n == 0 { entry.id } else { entry.prev };
    }
    let created = journal.iter().find_map(|(key, value)| {
        let entry: Entry = decode(Table::Journal, key, value).ok()?;
        entry.events.into_iter().find_map(|event| match event {
            Event::Created(record) => Some(record.ord),
            _ => None,
        })
    });
    let next = created.filter(|ord| *ord <= MAX_THREADS).unwrap_or(0);
    let deletions = deletions_of(replica);
    replica.catalog.load_head(next, deletions);
}

/// Puts the deletions together that records say they are members of.
pub(super) fn deletions_of(replica: &Replica) -> Vec<Deletion> {
    let mut members: LiteMap<DeletionId, Vec<&Record>> = LiteMap::new();
    for record in replica.catalog.records() {
        if let Some(deletion) = record.deletion {
            members.entry(deletion).or_default().push(record);
        }
    }
    members
        .into_iter()
        .filter(|(deletion, _)| replica.catalog.deletion(*deletion).is_none())
        .filter_map(|(deletion, records)| {
            let all: Ordinals = records.iter().map(|record| record.ord).collect();
            let is_root =
                |record: &&&Record| record.parent.is_none_or(|parent| !all.contains(parent));
            let root = *records.iter().find(is_root).or(records.first())?;
            let mut order = replica.catalog.members_in_deletion_order(root.ord, &all);
            order.truncate(crate::deletion::RECEIPT_IDS);
            let mut trees: Vec<ThreadId> = records.iter().map(|record| record.tree).collect();
            trees.sort_unstable();
            trees.dedup();
            let detached = replica.catalog.records().filter(|record| record.visible());
            let detached = detached
                .filter(|record| record.parent.is_some_and(|parent| all.contains(parent)))
                .map(|record| record.ord)
                .collect();
            let at = records.iter().map(|record| record.updated_at).max().unwrap_or_default();
            Some(Deletion {
                deletion,
                root: root.ord,
                root_id: root.id,
                at,
                ids: replica.catalog.ids(&order),
                members: all,
                detached,
                erased: Ordinals::default(),
                trees,
                undo_until: Some(replica.catalog.at.max(at).saturating_add(DAY)),
                removed: Removed::default(),
                scrubbed: false,
                staged: false,
            })
        })
        .collect()
}

/// Names the members of deletions that are not what the pages say.
pub(crate) fn check_deletions(replica: &mut Replica) {
    let odd: Vec<(DeletionId, u32)> = replica.catalog.odd_members().collect();
    for (deletion, ord) in odd {
        let (code, reason) = match replica.catalog.slot(ord) {
            None if replica.losses.lenient => continue,
            None => (FindingCode::DeletionMemberMissing, "is missing".to_owned()),
            Some(record) => {
                (FindingCode::DeletionMemberVisible, format!("{} is not marked", record.id))
            }
        };
        let reason = format!("member {ord} of deletion {deletion} {reason}");
        replica.losses.add(code, CATALOG, keys::HEAD, reason);
    }
    let unknown = deletions_of(replica);
    for state in unknown {
        let reason = format!("{} threads are marked by it", state.members.len());
        let reason = format!("deletion {} is not known: {reason}", state.deletion);
        replica.losses.add(FindingCode::DeletionUnknown, CATALOG, keys::HEAD, reason);
    }
}

/// Returns the error of a record as a reason that does not repeat its key.
pub(super) fn reason(error: Error) -> String {
    match error {
        Error::Corrupt { reason, .. } => reason,
        other => other.to_string(),
    }
}
