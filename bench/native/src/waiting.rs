//! A store as a crash leaves it at its worst: a journal just short of being packed.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};
use creel::storage::SqliteStorage;
use futures_lite::future::block_on;

use crate::contenders::{Contender, Creel, options};
use crate::data;
use crate::files::copy;
use crate::workloads::SMALL;

/// One entry less than makes the store pack its journal.
const ENTRIES: u64 = 999;

/// Makes the store in `to` from that in `from`, with 999 entries in its journal.
///
/// # Errors
/// The store's, and when the journal was packed all the same.
pub(crate) fn prepare(from: &Path, to: &Path) -> Result<()> {
    let work = tempfile::tempdir()?;
    copy(from, work.path())?;
    let mut options = options(false);
    options.checkpoint_entries = u64::MAX;
    options.checkpoint_bytes = u64::MAX;
    let mut creel = Creel::over(block_on(SqliteStorage::open(work.path()))?, options)?;
    let mut n = 0;
    while creel.store.stats().journal_entries < ENTRIES {
        let thread = data::id(n as u64 % 500);
        creel.append(thread, &[data::item(0, n, SMALL)])?;
        n += 1;
    }
    for file in ["creel.sqlite3", "creel.sqlite3-wal"] {
        fs::copy(work.path().join(file), to.join(file))?;
    }
    let entries = creel.store.stats().journal_entries;
    ensure!(entries == ENTRIES, "{entries} entries are waiting");
    Box::new(creel).close()
}
