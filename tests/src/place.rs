//! The place of a store as one word, so that tests and their child processes work on any backend.

use creel::storage::{BoxedStorage, SqliteStorage, StorageResult};

/// Opens the storage at `place`: a directory, for SQLite, or `postgres://…#store`.
///
/// # Errors
/// The storage's own.
pub async fn open(place: &str) -> StorageResult<BoxedStorage> {
    #[cfg(feature = "postgres")]
    if let Some((url, store)) = place.split_once('#') {
        let mut options = crate::postgres::patient();
        options.max_connections = 4;
        let storage = creel::storage::PostgresStorage::connect(url, store, options).await?;
        return Ok(BoxedStorage::new(storage));
    }
    SqliteStorage::open(place).await.map(BoxedStorage::new)
}
