//! The descriptive fields of a record: nothing where there are none, and shared among threads
//! that say the same of themselves.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::thread::ThreadDetails;

/// The details of one thread, cheap to copy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Details(Option<Arc<ThreadDetails>>);

impl Details {
    /// Tells whether none is set.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.as_deref().is_none_or(|details| *details == ThreadDetails::default())
    }

    /// Takes the other's place in memory where both say the same.
    pub(super) fn share(&mut self, other: &Self) {
        if self == other {
            self.clone_from(other);
        }
    }
}

impl Deref for Details {
    type Target = ThreadDetails;

    fn deref(&self) -> &ThreadDetails {
        static NONE: OnceLock<ThreadDetails> = OnceLock::new();
        self.0.as_deref().unwrap_or_else(|| NONE.get_or_init(ThreadDetails::default))
    }
}

impl From<ThreadDetails> for Details {
    fn from(details: ThreadDetails) -> Self {
        Self((details != ThreadDetails::default()).then(|| Arc::new(details)))
    }
}
