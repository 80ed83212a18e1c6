//! Opens the store of a command, and reads what several commands need of it.

use std::path::Path;
use std::sync::Arc;

use creel::storage::SqliteStorage;
use creel::{ArchiveFilter, Store, StoreOptions, SystemEnv, Thread, ThreadId, ThreadQuery};

use crate::failure::Failure;

/// The file that makes a directory a store.
const DATABASE: &str = "creel.sqlite3";

pub(crate) type FileStore = Store<SqliteStorage>;

/// Opens a store that is there already, so that a mistyped path does not make one.
pub(crate) async fn existing(dir: &Path) -> Result<FileStore, Failure> {
    check_there(dir)?;
    store(dir).await
}

/// Opens what a store that is there already lies in, without opening the store.
pub(crate) async fn storage(dir: &Path) -> Result<SqliteStorage, Failure> {
    check_there(dir)?;
    Ok(SqliteStorage::open(dir).await.map_err(creel::Error::from)?)
}

fn check_there(dir: &Path) -> Result<(), Failure> {
    if dir.join(DATABASE).is_file() {
        return Ok(());
    }
    let message = format!("{} is no store", dir.display());
    Err(Failure::other("store_not_found", message))
}

/// Opens a store, which is made if it is absent.
pub(crate) async fn store(dir: &Path) -> Result<FileStore, Failure> {
    let storage = SqliteStorage::open(dir).await.map_err(creel::Error::from)?;
    Ok(Store::open(storage, Arc::new(SystemEnv::new()), StoreOptions::default()).await?)
}

/// Reads every thread, newest first.
pub(crate) async fn threads(
    store: &FileStore,
    archived: ArchiveFilter,
) -> Result<Vec<Thread>, Failure> {
    let mut threads = Vec::new();
    let mut query = ThreadQuery {
        archived: Some(archived),
        limit: Some(creel::limits::MAX_PAGE as u32),
        ..ThreadQuery::default()
    };
    loop {
        let page = store.list(query.clone()).await?;
        threads.extend(page.data);
        match page.next_cursor {
            Some(cursor) => query.cursor = Some(cursor),
            None => return Ok(threads),
        }
    }
}

pub(crate) fn id(text: &str) -> Result<ThreadId, Failure> {
    Ok(text.parse()?)
}
