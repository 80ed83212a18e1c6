//! What an import is given besides files, and what it tells.

use serde::{Deserialize, Serialize};

use super::codex::BadLine;
use crate::id::ThreadId;
use crate::thread::EdgeStatus;

/// A spawn edge that a source keeps outside the histories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct SpawnEdge {
    /// The thread that spawned.
    #[cfg_attr(feature = "tsify", tsify(type = "string"))]
    pub parent_thread_id: ThreadId,
    /// The thread that was spawned.
    #[cfg_attr(feature = "tsify", tsify(type = "string"))]
    pub child_thread_id: ThreadId,
    /// The state of the edge; open if nobody says.
    #[serde(default)]
    pub status: EdgeStatus,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ImportProgress {
    /// The files done.
    pub files: u64,
    /// All files.
    pub total_files: u64,
    /// The threads created so far.
    pub threads: u64,
    /// The items appended so far.
    pub items: u64,
    /// The bytes of the files done.
    pub bytes: u64,
    /// The bytes of all files, as they were announced.
    pub total_bytes: u64,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ImportReport {
    /// The files read.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The threads created.
    pub threads: u64,
    /// The items appended.
    pub items: u64,
    /// The threads that were there already and got the news of their file.
    pub grown: u64,
    /// The threads that were there already with all that their file has.
    pub skipped: u64,
    /// The threads that were there already and were put under a parent that has come since.
    pub linked: u64,
    /// The threads newly archived.
    pub archived: u64,
    /// The threads left out because they, or their parents, were deleted from the store.
    #[cfg_attr(feature = "tsify", tsify(type = "string[]"))]
    pub deleted: Vec<ThreadId>,
    /// How many lines could not be read.
    pub bad_line_count: u64,
    /// The first 1,000 of them.
    pub bad_lines: Vec<BadLine>,
    /// The edges to parents that are nowhere; their children became roots.
    pub missing_parents: Vec<SpawnEdge>,
    /// The edges left out because they closed a circle; their children became roots.
    pub circles: Vec<SpawnEdge>,
    /// How many files, trees of an export, and parts of files were left out.
    pub problem_count: u64,
    /// The first 1,000 of them, and why.
    pub problems: Vec<Problem>,
    /// What was looked for and was not there, such as a table that other versions of the source have.
    pub notes: Vec<Problem>,
}

/// A file, or a part of one, that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// The file.
    pub file: String,
    /// Why it was left out.
    pub reason: String,
}

/// How many bad lines, and how many problems, are named.
const NAMED: usize = 1000;

impl ImportReport {
    pub(super) fn bad(&mut self, lines: Vec<BadLine>) {
        self.bad_line_count += lines.len() as u64;
        let room = NAMED.saturating_sub(self.bad_lines.len());
        self.bad_lines.extend(lines.into_iter().take(room));
    }

    pub(super) fn problem(&mut self, file: &str, reason: impl std::fmt::Display) {
        self.problem_count += 1;
        if self.problems.len() < NAMED {
            self.problems.push(Problem { file: file.to_owned(), reason: reason.to_string() });
        }
    }

    pub(super) fn note(&mut self, file: &str, reason: impl std::fmt::Display) {
        self.notes.push(Problem { file: file.to_owned(), reason: reason.to_string() });
    }
}
