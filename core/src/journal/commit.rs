//! One commit: inserting the next entry, and finding out what became of it.

use super::entry::{Entry, Head, decode};
use super::load::read;
use super::replica::Replica;
use crate::env::Env;
use crate::error::{Error, Result};
use crate::keys;
use crate::mutation::{self, Mutation};
use crate::storage::{Batch, Durability, Exists, Storage, StorageError, Table, Write};

/// How often an unknown outcome is looked into before the caller is told of it.
const ATTEMPTS: u32 = 5;

/// A commit that is ready to be sent, and to be sent again just as it is.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(crate) entry: Entry,
    /// The bytes of the entry.
    pub(crate) size: u64,
    pub(crate) batch: Batch,
    pub(crate) durability: Durability,
}

/// What became of a commit.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It is in the journal.
    Committed,
    /// Another instance was first; nothing was written.
    Conflict,
    /// It failed, and nothing was written.
    Failed(Error),
    /// Nobody knows yet: it may be there, or may still come to be.
    Unknown(Error),
}

/// Puts an entry and the writes of its commit together.
pub(crate) fn prepare(
    replica: &Replica,
    entry: Entry,
    mut writes: Vec<Write>,
    durability: Durability,
) -> Result<Prepared> {
    let key = keys::entry(entry.n);
    let value = super::entry::encode(Table::Journal, &key, &entry)?;
    let size = value.len() as u64;
    writes.insert(0, Write::Insert { table: Table::Journal, key, value });
    let mut checks = vec![
        Exists { table: Table::Catalog, key: keys::epoch(&replica.epoch) },
        Exists { table: Table::Journal, key: keys::entry(entry.n - 1) },
    ];
    if mutation::on(Mutation::NoExistsCheck) {
        checks.pop();
    }
    Ok(Prepared { entry, size, batch: Batch { checks, writes }, durability })
}

/// Sends a commit. An unknown outcome is settled by sending the identical commit again.
///
/// `uncertain` says that it was sent before and may be there already.
pub(crate) async fn send<S: Storage>(
    storage: &S,
    env: &dyn Env,
    prepared: &Prepared,
    mut uncertain: bool,
) -> Outcome {
    for attempt in 1.. {
        match storage.commit(prepared.batch.clone(), prepared.durability).await {
            Ok(()) => return Outcome::Committed,
            Err(StorageError::Conflict) if !uncertain => return Outcome::Conflict,
            Err(StorageError::Conflict) if mutation::on(Mutation::UnknownIsLost) => {
                return Outcome::Conflict;
            }
            Err(StorageError::Unavailable { .. }) if mutation::on(Mutation::UnknownIsDone) => {
                return Outcome::Committed;
            }
            Err(StorageError::Conflict) => match was_ours(storage, &prepared.entry).await {
                Ok(Some(true)) => return Outcome::Committed,
                Ok(Some(false)) => return Outcome::Conflict,
                Ok(None) => {
                    let reason = "the journal has moved on without a trace of the commit".into();
                    return Outcome::Unknown(Error::OutcomeUnknown { reason });
                }
                Err(error) if attempt >= ATTEMPTS => return Outcome::Unknown(unknown(&error)),
                Err(_) => {}
            },
            Err(error @ StorageError::Unavailable { retryable, .. }) => {
                uncertain = true;
                if !retryable || attempt >= ATTEMPTS {
                    return Outcome::Unknown(unknown(&error.into()));
                }
            }
            Err(error) if uncertain => return Outcome::Unknown(unknown(&error.into())),
            Err(error) => return Outcome::Failed(error.into()),
        }
        env.sleep(u64::from(10 * attempt * attempt)).await;
    }
    Outcome::Conflict
}

fn unknown(error: &Error) -> Error {
    Error::OutcomeUnknown { reason: error.to_string() }
}

/// Tells whether the entry at the commit's place is the commit's own; `None` if nothing tells.
async fn was_ours<S: Storage>(storage: &S, entry: &Entry) -> Result<Option<bool>> {
    let key = keys::entry(entry.n);
    if let Some(value) = read(storage, Table::Journal, vec![key.clone()]).await?.pop().flatten() {
        let there: Entry = decode(Table::Journal, &key, &value)?;
        return Ok(Some(there.id == entry.id));
    }
    let head = read(storage, Table::Catalog, vec![keys::HEAD.into()]).await?.pop().flatten();
    let Some(head) = head else { return Ok(None) };
    let head: Head = decode(Table::Catalog, keys::HEAD, &head)?;
    if head.position < entry.n {
        return Ok(None);
    }
    let last = head.writers.get(&entry.id.writer).map(|(commit, _)| *commit);
    Ok(last.map(|commit| commit >= entry.id.commit).or(Some(false)))
}
