//! The end of a deletion: reading every surface back, and the receipt.
//!
//! By then a checkpoint after the last erase entry has rewritten the pages that named members and
//! trimmed the journal. What is still found is an error, never passed over.

use crate::catalog::{Catalog, Deletion, Event};
use crate::error::{Error, Result};
use crate::id::ThreadId;
use crate::journal::entry::{CatalogPage, Entry, corrupt, decode};
use crate::journal::front::Front;
use crate::journal::load::{read, scan_all};
use crate::keys;
use crate::query::Receipt;
use crate::storage::{KeyRange, Order, Scrubbed, Storage, Table};

/// The most ids that a receipt names.
pub(crate) const RECEIPT_IDS: usize = 1000;

/// Returns the receipt of a deletion as far as it is.
pub(crate) fn receipt_so_far(state: &Deletion) -> Receipt {
    Receipt {
        deletion: state.deletion,
        root: state.root_id,
        members: state.ids.clone(),
        deleted_at: state.at,
        erased_at: None,
        removed: state.removed,
        scrubbed: None,
    }
}

/// Returns the receipt of a deletion that has been verified.
pub(crate) fn receipt(state: &Deletion, erased_at: i64, scrubbed: Scrubbed) -> Receipt {
    Receipt { erased_at: Some(erased_at), scrubbed: Some(scrubbed), ..receipt_so_far(state) }
}

/// Reads every surface back: histories, pages, journal.
///
/// `trees` are the keys of the threads that stay in each tree of the deletion, in their order.
///
/// # Errors
/// [`Error::Corrupt`] naming the first record that still holds something of a member.
pub(crate) async fn verify<S: Storage>(
    storage: &S,
    state: &Deletion,
    trees: &[(ThreadId, Vec<ThreadId>)],
) -> Result<()> {
    for (tree, staying) in trees {
        verify_history(storage, *tree, staying).await?;
    }
    verify_pages(storage, state).await?;
    verify_front(storage, state).await?;
    verify_journal(storage, state).await
}

/// Returns the trees of a deletion with the threads that stay in them.
pub(crate) fn staying(catalog: &Catalog, state: &Deletion) -> Vec<(ThreadId, Vec<ThreadId>)> {
    let mut trees: Vec<(ThreadId, Vec<ThreadId>)> =
        state.trees.iter().map(|tree| (*tree, Vec::new())).collect();
    if trees.iter().all(|(tree, _)| catalog.tree_size(*tree) == 0) {
        return trees;
    }
    for record in catalog.records() {
        if let Some((_, staying)) = trees.iter_mut().find(|(tree, _)| *tree == record.tree) {
            staying.push(record.id);
        }
    }
    for (_, staying) in &mut trees {
        staying.sort_unstable();
    }
    trees
}

/// Nothing may lie between the ranges of the threads that stay.
async fn verify_history<S: Storage>(
    storage: &S,
    tree: ThreadId,
    staying: &[ThreadId],
) -> Result<()> {
    let whole = keys::tree(tree);
    let mut start = whole.start;
    for end in staying.iter().map(|id| keys::thread(tree, *id)) {
        verify_empty(storage, KeyRange::new(start, end.start)).await?;
        start = end.end;
    }
    verify_empty(storage, KeyRange::new(start, whole.end)).await
}

async fn verify_empty<S: Storage>(storage: &S, range: KeyRange) -> Result<()> {
    let page = storage.scan(Table::History, range, 1, Order::Ascending).await?;
    match page.records.first() {
        None => Ok(()),
        Some((key, _)) => Err(left(Table::History, key)),
    }
}

async fn verify_pages<S: Storage>(storage: &S, state: &Deletion) -> Result<()> {
    let mut pages: Vec<u32> = state.members.iter().map(crate::catalog::page_of).collect();
    pages.dedup();
    for pages in pages.chunks(16) {
        let wanted: Vec<String> = pages.iter().map(|page| keys::page(*page)).collect();
        let found = read(storage, Table::Catalog, wanted.clone()).await?;
        for (key, value) in wanted.iter().zip(found) {
            let Some(value) = value else { continue };
            let page: CatalogPage = decode(Table::Catalog, key, &value)?;
            if page.threads.iter().any(|record| state.members.contains(record.ord)) {
                return Err(left(Table::Catalog, key));
            }
        }
    }
    Ok(())
}

async fn verify_front<S: Storage>(storage: &S, state: &Deletion) -> Result<()> {
    let found = read(storage, Table::Catalog, vec![keys::FRONT.into()]).await?;
    let Some(value) = found.into_iter().next().flatten() else { return Ok(()) };
    let front: Front = decode(Table::Catalog, keys::FRONT, &value)?;
    if front.threads().any(|record| state.members.contains(record.ord)) {
        return Err(left(Table::Catalog, keys::FRONT));
    }
    Ok(())
}

/// Entries after the checkpoint can only name members by number.
async fn verify_journal<S: Storage>(storage: &S, state: &Deletion) -> Result<()> {
    for (key, value) in scan_all(storage, Table::Journal, keys::entries_from(0)).await? {
        let entry: Entry = decode(Table::Journal, &key, &value)?;
        let names_member = entry.events.iter().any(|event| match event {
            Event::Created(record) => state.members.contains(record.ord),
            _ => event.thread().is_some_and(|thread| state.ids.contains(&thread)),
        });
        let carries = entry.carried.iter().any(|record| state.members.contains(record.ord));
        let names_member = names_member || carries;
        if names_member {
            return Err(left(Table::Journal, &key));
        }
    }
    Ok(())
}

fn left(table: Table, key: &str) -> Error {
    corrupt(table, key, "something of a deleted thread is left")
}
