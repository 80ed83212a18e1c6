//! Reading a store into memory: head and pages, then the journal after them.
//!
//! The parts are read one after another while others may commit, so a load checks that they belong
//! together and starts again where they don't. What can't be read is gone around, never guessed at.

use bytes::Bytes;
use futures_util::future::join;

use super::entry::{CommitId, Entry, FORMAT, Head, check_format, corrupt, decode, encode};
use super::front::{self, Preview};
use super::replica::Replica;
use crate::catalog::Catalog;
use crate::doctor::{FindingCode, salvage};
use crate::env::Env;
use crate::error::{Error, Result};
use crate::id::new_uuid;
use crate::keys;
use crate::maybe_send::MaybeSend;
use crate::mutation::{self, Mutation};
use crate::storage::{
    Batch, Durability, Key, KeyRange, Order, Storage, StorageError, Table, Write,
};

/// The most records of one scan.
const SCAN: usize = 512;
/// The most pages of one scan: while they are taken in, the thread does nothing else.
const PAGES: usize = 2;
/// A load that others overtake this often is given up; each time they have made progress.
const MOST_RESTARTS: usize = 1000;

/// Loads a store; an empty storage becomes an empty store.
///
/// What can't be read is gone around, and named in [`Replica::losses`].
pub(crate) async fn load<S: Storage>(storage: &S, env: &dyn Env) -> Result<Replica> {
    loop {
        match find(storage).await? {
            Some(replica) => return Ok(replica),
            None => create(storage, env).await?,
        }
    }
}

/// Loads a store; `None` where there is none.
pub(crate) async fn find<S: Storage>(storage: &S) -> Result<Option<Replica>> {
    let mut before = Vec::new();
    for _ in 0..MOST_RESTARTS {
        let start = start(storage).await?;
        let replica = load_from(storage, &start).await?;
        if replica.losses.damage.is_empty() {
            return Ok(Some(replica));
        }
        let empty = start.is_empty() && is_empty(storage).await?;
        // What does not fit is a commit that came between the reads, or else damage. So the start
        // is read again after all else.
        let once = mutation::on(Mutation::LoadOnce);
        if self::start(storage).await? != start && !once {
            continue;
        }
        if empty {
            return Ok(None);
        }
        // One bad read is not yet a bad record.
        let found: Vec<Key> =
            replica.losses.damage.iter().map(|damage| damage.key.clone()).collect();
        if found == before || once {
            return Ok(Some(replica));
        }
        before = found;
    }
    let reason = "other instances kept overtaking the load".into();
    Err(Error::Storage(StorageError::Unavailable { retryable: true, reason, cause: None }))
}

/// Reads what a store shows before its pages are read; `None` where that is nothing for certain.
///
/// # Errors
/// `schema_too_new` for a store of a newer version, and the storage's own errors.
pub(crate) async fn preview<S: Storage>(storage: &S) -> Result<Option<Preview>> {
    let start = start(storage).await?;
    let mut replica = Replica::default();
    let Some(head) = take_head(&mut replica, &start)? else { return Ok(None) };
    let Some(front) = front::read(&head, &start) else { return Ok(None) };
    let journal = scan_all(storage, Table::Journal, keys::entries_from(head.position)).await?;
    let sound = replica.losses.damage.is_empty();
    Ok(sound.then(|| Preview::of(replica, front, &journal)).flatten())
}

/// The head, the front and the epochs.
type Start = Vec<(Key, Bytes)>;

async fn start<S: Storage>(storage: &S) -> Result<Start> {
    scan_all(storage, Table::Catalog, keys::start()).await
}

async fn is_empty<S: Storage>(storage: &S) -> Result<bool> {
    for table in [Table::Catalog, Table::Journal] {
        let page = storage.scan(table, KeyRange::new("!", "~"), 1, Order::Ascending).await?;
        if !page.records.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
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
        carried: Vec::new(),
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
        documents: Default::default(),
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

async fn load_from<S: Storage>(storage: &S, start: &Start) -> Result<Replica> {
    let mut replica = Replica::default();
    let head = take_head(&mut replica, start)?;
    let catalog = |prefix| (Table::Catalog, KeyRange::prefix(prefix));
    // Piece by piece: the bytes of all pages together are more than the catalog made of them.
    scan_each(storage, catalog(keys::PAGES), PAGES, |key, value| {
        salvage::take_page(&mut replica, head.as_ref(), &key, &value);
    })
    .await?;
    scan_each(storage, catalog(keys::RECEIPTS), SCAN, |key, value| {
        salvage::take_receipt(&mut replica, &key, &value);
    })
    .await?;
    scan_each(storage, catalog(keys::JOBS), SCAN, |key, value| {
        salvage::take_job(&mut replica, &key, &value);
    })
    .await?;
    if let Some(front) = head.as_ref().and_then(|head| front::read(head, start)) {
        replica.carried = front.threads().map(|record| record.ord).collect();
        replica.odd_front = front.odd(&replica.catalog);
    }
    let from = head.as_ref().map_or(0, |head| head.position);
    let journal = scan_all(storage, Table::Journal, keys::entries_from(from)).await?;
    if head.is_none() {
        salvage::without_head(&mut replica, &journal);
    }
    salvage::check_deletions(&mut replica);
    if journal.is_empty() {
        let key = keys::entry(from + 1);
        let reason = "the newest entry is missing";
        replica.losses.add(FindingCode::JournalHole, Table::Journal, &key, reason);
        replica.losses.stopped = Some(from + 1);
    }
    replay(&mut replica, &journal)?;
    Ok(replica)
}

/// Takes what the head says; `None` where it says nothing.
fn take_head(replica: &mut Replica, start: &Start) -> Result<Option<Head>> {
    let (table, key, code) = (Table::Catalog, keys::HEAD, FindingCode::HeadUnreadable);
    let epochs = start.iter().filter_map(|(key, _)| key.strip_prefix(keys::EPOCHS));
    let head = match start.iter().find(|(key, _)| key == keys::HEAD) {
        None => Err(corrupt(table, key, "it is missing")),
        Some((_, value)) => decode::<Head>(table, key, value).and_then(|head| {
            check_format(head.v)?;
            let counts = [head.position, head.checkpoint];
            Catalog::check_head(head.next_ordinal, counts, head.at, &head.deletions)
                .map_err(|error| corrupt(table, key, error.0))?;
            Ok(head)
        }),
    };
    let head = match head {
        Ok(head) => head,
        Err(error @ Error::Storage(_)) => return Err(error),
        Err(error) => {
            replica.losses.unreadable(code, table, key, error);
            replica.losses.lenient = true;
            replica.epoch = epochs.last().unwrap_or_default().to_owned();
            return Ok(None);
        }
    };
    if !epochs.into_iter().any(|epoch| epoch == head.epoch) {
        let key = keys::epoch(&head.epoch);
        replica.losses.add(FindingCode::EpochMissing, table, &key, "it is missing");
    }
    (replica.epoch, replica.last) = (head.epoch.clone(), head.last.clone());
    replica.writers = head.writers.clone();
    let catalog = &mut replica.catalog;
    catalog.load_head(head.next_ordinal, head.deletions.clone());
    catalog.set_documents(std::sync::Arc::new(head.documents.clone()));
    (catalog.checkpoint, catalog.position, catalog.at) = (head.checkpoint, head.position, head.at);
    Ok(Some(head))
}

/// Applies the journal as far as it can be read.
fn replay(replica: &mut Replica, journal: &[(Key, Bytes)]) -> Result<()> {
    let first = replica.catalog.position;
    replica.base = first;
    for (key, value) in journal {
        let next = replica.catalog.position + 1;
        let Some(n) = keys::entry_number(key) else {
            let reason = "its key is no number";
            replica.losses.add(FindingCode::StrayKey, Table::Journal, key, reason);
            continue;
        };
        if n == first {
            continue;
        }
        let stopped = if n != next {
            let key = keys::entry(next);
            Some((FindingCode::JournalHole, corrupt(Table::Journal, &key, "it is missing"), key))
        } else {
            take_entry(replica, key, value, n)?.map(|(code, error)| (code, error, key.clone()))
        };
        if let Some((code, error, key)) = stopped {
            replica.losses.unreadable(code, Table::Journal, &key, error);
            replica.losses.stopped = Some(next);
            return Ok(());
        }
    }
    Ok(())
}

fn take_entry(
    replica: &mut Replica,
    key: &str,
    value: &[u8],
    n: u64,
) -> Result<Option<(FindingCode, Error)>> {
    let entry = match read_entry(key, value, n, &replica.last) {
        Ok(entry) => entry,
        Err(error @ Error::Storage(_)) => return Err(error),
        Err(error) => return Ok(Some((FindingCode::EntryUnreadable, error))),
    };
    match replica.accept(&entry, value.len() as u64) {
        Ok(changes) => {
            replica.replayed.extend(changes);
            Ok(None)
        }
        Err(error) => Ok(Some((FindingCode::EntryMisfit, error))),
    }
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

/// Reads a whole range at once.
pub(crate) async fn scan_all<S: Storage>(
    storage: &S,
    table: Table,
    range: KeyRange,
) -> Result<Vec<(Key, Bytes)>> {
    let mut records = Vec::new();
    scan_each(storage, (table, range), SCAN, |key, value| records.push((key, value))).await?;
    Ok(records)
}

/// Reads a whole range, holding two scans' records at a time: while one is taken in, the next is on its way.
async fn scan_each<S: Storage>(
    storage: &S,
    (table, mut range): (Table, KeyRange),
    limit: usize,
    mut take: impl FnMut(Key, Bytes) + MaybeSend,
) -> Result<()> {
    let scan = |range: &KeyRange| storage.scan(table, range.clone(), limit, Order::Ascending);
    let mut page = scan(&range).await?;
    loop {
        let last = page.records.last().map(|(key, _)| format!("{key} "));
        let Some(after) = last.filter(|_| page.more) else { break };
        range.start = after;
        let records = page.records;
        let taken = async { records.into_iter().for_each(|(key, value)| take(key, value)) };
        let (next, ()) = join(scan(&range), taken).await;
        page = next?;
    }
    page.records.into_iter().for_each(|(key, value)| take(key, value));
    Ok(())
}
