//! Reading a store into memory: head and pages, then the journal after them.
//!
//! The parts are read one after another while others may commit, so a load checks that they belong
//! together and starts again where they don't.

use bytes::Bytes;

use super::entry::{
    CatalogPage, CommitId, Entry, FORMAT, Head, check_format, corrupt, decode, encode,
};
use super::replica::Replica;
use crate::catalog::Catalog;
use crate::env::Env;
use crate::error::{Error, Result};
use crate::id::new_uuid;
use crate::keys;
use crate::query::Receipt;
use crate::storage::{
    Batch, Durability, Key, KeyRange, Order, Storage, StorageError, Table, Write,
};

/// The most records of one scan.
const SCAN: usize = 512;
/// A load that others overtake this often is given up; each time they have made progress.
const MOST_RESTARTS: usize = 1000;

/// Loads a store; an empty storage becomes an empty store.
pub(crate) async fn load<S: Storage>(storage: &S, env: &dyn Env) -> Result<Replica> {
    for _ in 0..MOST_RESTARTS {
        let head = read(storage, Table::Catalog, vec![keys::HEAD.into()]).await?.pop().flatten();
        let Some(head) = head else {
            create(storage, env).await?;
            continue;
        };
        let head: Head = decode(Table::Catalog, keys::HEAD, &head)?;
        check_format(head.v)?;
        if let Some(replica) = load_from(storage, head).await? {
            return Ok(replica);
        }
    }
    let reason = "other instances kept overtaking the load".into();
    Err(Error::Storage(StorageError::Unavailable { retryable: true, reason, cause: None }))
}

/// Makes the empty store in one commit; whoever loses the race loads the winner's.
async fn create<S: Storage>(storage: &S, env: &dyn Env) -> Result<()> {
    let epoch = new_uuid(env).simple().to_string();
    let at = env.now_ms();
    let entry = Entry {
        v: FORMAT,
        n: 0,
        prev: CommitId::default(),
        id: CommitId { writer: epoch.clone(), commit: 0 },
        at,
        events: Vec::new(),
    };
    let head = Head {
        v: FORMAT,
        epoch: epoch.clone(),
        checkpoint: 0,
        position: 0,
        at,
        last: entry.id.clone(),
        next_ordinal: 0,
        deletions: Vec::new(),
        writers: Default::default(),
    };
    let insert = |table, key: Key, value| Write::Insert { table, key, value };
    let head = encode(Table::Catalog, keys::HEAD, &head)?;
    let entry = encode(Table::Journal, &keys::entry(0), &entry)?;
    let writes = vec![
        insert(Table::Catalog, keys::HEAD.into(), head),
        insert(Table::Catalog, keys::epoch(&epoch), Bytes::new()),
        insert(Table::Journal, keys::entry(0), entry),
    ];
    let batch = Batch { checks: Vec::new(), writes };
    match storage.commit(batch, Durability::Strict).await {
        Ok(()) | Err(StorageError::Conflict) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Returns `None` where a checkpoint came between the reads.
async fn load_from<S: Storage>(storage: &S, head: Head) -> Result<Option<Replica>> {
    let mut replica = Replica::default();
    (replica.epoch, replica.last, replica.writers) = (head.epoch, head.last, head.writers);
    let catalog = &mut replica.catalog;
    let counts = [head.position, head.checkpoint];
    Catalog::check_head(head.next_ordinal, counts, head.at, &head.deletions)
        .map_err(|error| corrupt(Table::Catalog, keys::HEAD, error.0))?;
    catalog.load_head(head.next_ordinal, head.deletions);
    catalog.checkpoint = head.checkpoint;
    catalog.position = head.position;
    catalog.at = head.at;
    for (key, value) in scan_all(storage, Table::Catalog, KeyRange::prefix(keys::PAGES)).await? {
        let page: CatalogPage = decode(Table::Catalog, &key, &value)?;
        check_format(page.v)?;
        if page.checkpoint > head.checkpoint {
            return Ok(None);
        }
        for record in page.threads {
            let number = keys::page_number(&key);
            if number != Some(crate::catalog::page_of(record.ord)) {
                return Err(corrupt(Table::Catalog, &key, "a thread of another page"));
            }
            catalog.load_record(record).map_err(|error| corrupt(Table::Catalog, &key, error.0))?;
        }
    }
    if let Err(error) = catalog.check_deletions() {
        return overtaken(storage, head.checkpoint, corrupt(Table::Catalog, keys::HEAD, error.0))
            .await;
    }
    for (key, value) in scan_all(storage, Table::Catalog, KeyRange::prefix(keys::RECEIPTS)).await? {
        let receipt: Receipt = decode(Table::Catalog, &key, &value)?;
        catalog.add_receipt(std::sync::Arc::new(receipt));
    }
    for (key, value) in scan_all(storage, Table::Catalog, KeyRange::prefix(keys::JOBS)).await? {
        catalog.load_job(decode(Table::Catalog, &key, &value)?);
    }
    let journal = scan_all(storage, Table::Journal, keys::entries_from(head.position)).await?;
    if journal.is_empty() {
        return Ok(None);
    }
    for (key, value) in journal {
        let n = keys::entry_number(&key)
            .ok_or_else(|| corrupt(Table::Journal, &key, "its key is no number"))?;
        if n == head.position {
            continue;
        }
        if n != replica.catalog.position + 1 {
            let hole = corrupt(Table::Journal, &key, "the entry before it is missing");
            return overtaken(storage, head.checkpoint, hole).await;
        }
        replica.accept(&read_entry(&key, &value, n, &replica.last)?, value.len() as u64)?;
    }
    Ok(Some(replica))
}

/// What does not fit is a checkpoint that came between, or else damage.
async fn overtaken<S: Storage>(
    storage: &S,
    checkpoint: u64,
    damage: Error,
) -> Result<Option<Replica>> {
    let head = read(storage, Table::Catalog, vec![keys::HEAD.into()]).await?.pop().flatten();
    let head: Option<Head> =
        head.map(|head| decode(Table::Catalog, keys::HEAD, &head)).transpose()?;
    if head.is_some_and(|head| head.checkpoint == checkpoint) { Err(damage) } else { Ok(None) }
}

/// Reads an entry, and checks that it is the one that follows `prev`.
pub(crate) fn read_entry(key: &str, value: &[u8], n: u64, prev: &CommitId) -> Result<Entry> {
    let entry: Entry = decode(Table::Journal, key, value)?;
    check_format(entry.v)?;
    if entry.n != n {
        return Err(corrupt(Table::Journal, key, format!("it holds entry {}", entry.n)));
    }
    if entry.prev != *prev {
        return Err(corrupt(Table::Journal, key, "it does not follow the entry before it"));
    }
    Ok(entry)
}

/// Reads values, kept from a backend that returns too few.
pub(crate) async fn read<S: Storage>(
    storage: &S,
    table: Table,
    keys: Vec<Key>,
) -> Result<Vec<Option<Bytes>>> {
    let asked = keys.len();
    let values = storage.get(table, keys).await?;
    if values.len() == asked {
        return Ok(values);
    }
    let reason = format!("the storage answered {} values for {asked} keys", values.len());
    Err(Error::Storage(StorageError::Unavailable { retryable: false, reason, cause: None }))
}

/// Reads a whole range, page by page.
pub(crate) async fn scan_all<S: Storage>(
    storage: &S,
    table: Table,
    mut range: KeyRange,
) -> Result<Vec<(Key, Bytes)>> {
    let mut records = Vec::new();
    loop {
        let page = storage.scan(table, range.clone(), SCAN, Order::Ascending).await?;
        let last = page.records.last().map(|(key, _)| format!("{key} "));
        records.extend(page.records);
        match last {
            Some(after) if page.more => range.start = after,
            _ => return Ok(records),
        }
    }
}
