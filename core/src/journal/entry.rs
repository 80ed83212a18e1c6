//! The journal's entries and the other values of the store, as JSON for people to read.
//!
//! Every value carries the format's number; a newer one is refused, never guessed at.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::catalog::{Deletion, Event, Record};
use crate::document::Collections;
use crate::error::{Error, Result};
use crate::fields::ByName;
use crate::storage::{StorageError, Table};

/// The format that this version reads and writes.
pub(crate) const FORMAT: u32 = 1;

/// Names a commit: its writer, random per open, and that writer's count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "(String, u64)", from = "(String, u64)")]
pub(crate) struct CommitId {
    pub(crate) writer: String,
    pub(crate) commit: u64,
}

impl From<CommitId> for (String, u64) {
    fn from(id: CommitId) -> Self {
        (id.writer, id.commit)
    }
}

impl From<(String, u64)> for CommitId {
    fn from((writer, commit): (String, u64)) -> Self {
        Self { writer, commit }
    }
}

/// One commit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Entry {
    pub(crate) v: u32,
    pub(crate) n: u64,
    /// The commit of the entry before.
    pub(crate) prev: CommitId,
    pub(crate) id: CommitId,
    pub(crate) at: i64,
    pub(crate) events: Vec<Event>,
    /// Threads that the events change, as they were before: those that neither the front nor an earlier entry holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) carried: Vec<Record>,
}

crate::fields::fields! {
    Entry, blank: Self { v: 0, n: 0, prev: CommitId::default(), id: CommitId::default(), at: 0, events: Vec::new(), carried: Vec::new() },
    must "v" v,
    must "n" n,
    must "prev" prev,
    must "id" id,
    must "at" at,
    must "events" events,
    may "carried" carried,
}

/// Where the pages stand: the state at `position`, apart from the pages themselves.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Head {
    pub(crate) v: u32,
    pub(crate) epoch: String,
    pub(crate) checkpoint: u64,
    pub(crate) position: u64,
    pub(crate) at: i64,
    /// The commit of entry `position`.
    pub(crate) last: CommitId,
    pub(crate) next_ordinal: u32,
    #[serde(default)]
    pub(crate) deletions: Vec<Deletion>,
    /// The last commit of each writer of late, and when it was.
    #[serde(default)]
    pub(crate) writers: ByName<(u64, i64)>,
    /// The store's own documents.
    #[serde(default, skip_serializing_if = "Collections::is_empty")]
    pub(crate) documents: Collections,
}

crate::fields::fields! {
    Head, blank: Self::unread(),
    must "v" v,
    must "epoch" epoch,
    must "checkpoint" checkpoint,
    must "position" position,
    must "at" at,
    must "last" last,
    must "nextOrdinal" next_ordinal,
    may "deletions" deletions,
    may "writers" writers,
    may "documents" documents,
}

impl Head {
    /// What a head is before its fields are read.
    fn unread() -> Self {
        Self {
            v: 0,
            epoch: String::new(),
            checkpoint: 0,
            position: 0,
            at: 0,
            last: CommitId::default(),
            next_ordinal: 0,
            deletions: Vec::new(),
            writers: ByName::new(),
            documents: Collections::new(),
        }
    }
}

/// A page of the catalog, as the checkpoint of that number wrote it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct CatalogPage {
    pub(crate) v: u32,
    pub(crate) checkpoint: u64,
    pub(crate) threads: Vec<Record>,
}

crate::fields::fields! {
    CatalogPage, blank: Self { v: 0, checkpoint: 0, threads: Vec::new() },
    must "v" v,
    must "checkpoint" checkpoint,
    must "threads" threads,
}

/// Encodes a value of the store.
pub(crate) fn encode<T: Serialize>(table: Table, key: &str, value: &T) -> Result<Bytes> {
    serde_json::to_vec(value).map(Bytes::from).map_err(|error| corrupt(table, key, error))
}

/// Decodes a value of the store.
///
/// # Errors
/// `schema_too_new` for a value of a newer format, [`Error::Corrupt`] naming the key for bytes
/// that do not fit.
pub(crate) fn decode<T: DeserializeOwned>(table: Table, key: &str, value: &[u8]) -> Result<T> {
    struct Versioned {
        v: u32,
    }

    crate::fields::fields! {
        Versioned, blank: Self { v: 0 },
        must "v" v,
    }
    let text = std::str::from_utf8(value).map_err(|error| corrupt(table, key, error))?;
    let error = match serde_json::from_str(text) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    match serde_json::from_str(text) {
        Ok(Versioned { v }) if v > FORMAT => too_new(v),
        _ => Err(corrupt(table, key, error)),
    }
}

/// Refuses a format that is newer than this version.
pub(crate) fn check_format(v: u32) -> Result<()> {
    if v > FORMAT { too_new(v) } else { Ok(()) }
}

fn too_new<T>(found: u32) -> Result<T> {
    Err(Error::Storage(StorageError::SchemaTooNew { found, known: FORMAT }))
}

/// Makes the error for a record that can't be read.
pub(crate) fn corrupt(table: Table, key: &str, reason: impl std::fmt::Display) -> Error {
    Error::Corrupt { key: format!("{}/{key}", table.name()), reason: reason.to_string() }
}
