//! Ids: of threads, of the trees they were born in, of deletions and of writers.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::env::Env;
use crate::error::{Error, Result};

/// Identifies a thread: any UUID is accepted, new ones are version 7.
///
/// It is written in lower case with dashes; upper case, braces and dashless forms are read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ThreadId(Uuid);

impl Ord for ThreadId {
    /// Compares bytes, from the first on.
    fn cmp(&self, other: &Self) -> Ordering {
        // As numbers: a comparison of arrays is a call for each in WebAssembly, and orders make many.
        self.0.as_u128().cmp(&other.0.as_u128())
    }
}

impl PartialOrd for ThreadId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl ThreadId {
    /// Makes a new version 7 id from the environment's clock and randomness.
    pub fn new(env: &dyn Env) -> Self {
        Self(new_uuid(env))
    }

    /// Wraps a UUID.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// Returns the UUID.
    pub const fn as_uuid(&self) -> &Uuid {
        &self.0
    }
}

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0.as_hyphenated(), f)
    }
}

impl fmt::Debug for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ThreadId {
    type Err = Error;

    /// Reads an id; anything that is not a UUID is [`Error::InvalidThreadId`].
    fn from_str(text: &str) -> Result<Self> {
        Uuid::parse_str(text).map(Self).map_err(|cause| Error::InvalidThreadId {
            value: crate::error::excerpt(text),
            reason: cause.to_string(),
        })
    }
}

impl From<Uuid> for ThreadId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

/// The id of the root under which a thread was born.
///
/// It never changes, not even when the thread is detached, and it leads the keys of the thread's
/// history: a whole tree is one key range.
pub type TreeId = ThreadId;

/// Identifies one deletion.
pub type DeletionId = Uuid;

/// Makes a version 7 UUID.
pub(crate) fn new_uuid(env: &dyn Env) -> Uuid {
    let random = env.random();
    let mut tail = [0; 10];
    tail.copy_from_slice(&random[..10]);
    let now = u64::try_from(env.now_ms()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(now, &tail).into_uuid()
}
