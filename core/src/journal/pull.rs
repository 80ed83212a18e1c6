//! Reading what others have committed since.

use super::entry::{CommitId, Entry, corrupt, decode};
use super::load::{read, read_entry};
use crate::error::{Error, Result};
use crate::keys;
use crate::mutation::{self, Mutation};
use crate::storage::{Order, Storage, Table};

/// The most entries of one pull.
const ENTRIES: usize = 256;

/// What a pull found.
#[derive(Debug)]
pub(crate) enum Pulled {
    /// The next entries with their sizes, and whether there are more.
    Entries(Vec<(Entry, u64)>, bool),
    /// The entries missed are packed and gone: load afresh.
    Trimmed,
}

/// Reads the entries after `position`, whose commit was `last`.
///
/// # Errors
/// [`Error::StoreReplaced`] when the epoch is another one.
pub(crate) async fn pull<S: Storage>(
    storage: &S,
    epoch: &str,
    position: u64,
    last: &CommitId,
) -> Result<Pulled> {
    let epoch = read(storage, Table::Catalog, vec![keys::epoch(epoch)]).await?;
    if epoch.first().is_none_or(Option::is_none) {
        return Err(Error::StoreReplaced);
    }
    let range = keys::entries_from(position);
    let page = storage.scan(Table::Journal, range, ENTRIES, Order::Ascending).await?;
    let mut entries: Vec<(Entry, u64)> = Vec::new();
    let (mut next, mut prev) = (position + 1, last.clone());
    for (key, value) in &page.records {
        let n = keys::entry_number(key)
            .ok_or_else(|| corrupt(Table::Journal, key, "its key is no number"))?;
        if n == position {
            // Another commit in its place: this instance's past is not the store's.
            if decode::<Entry>(Table::Journal, key, value)?.id != *last {
                return Ok(Pulled::Trimmed);
            }
            continue;
        }
        if mutation::on(Mutation::PullOverGap) {
            (next, prev) = (n, decode::<Entry>(Table::Journal, key, value)?.prev);
        }
        if n != next {
            return Ok(Pulled::Trimmed);
        }
        let entry = match read_entry(key, value, n, &prev) {
            Err(_) if entries.is_empty() => return Ok(Pulled::Trimmed),
            // What was read before it counts; the next pull says what is wrong.
            Err(_) => return Ok(Pulled::Entries(entries, true)),
            Ok(entry) => entry,
        };
        (next, prev) = (n + 1, entry.id.clone());
        entries.push((entry, value.len() as u64));
    }
    if page.records.is_empty() {
        return Ok(Pulled::Trimmed);
    }
    Ok(Pulled::Entries(entries, page.more))
}
