//! Reads `session_index.jsonl`, which keeps the names that people gave to threads.

use std::collections::HashMap;

use super::{BadLine, Line, Lines, MAX_ITEM};
use crate::id::ThreadId;
use crate::limits::MAX_NAME;

/// Reads the names: the last line of a thread wins.
///
/// A name that is only white space clears the one before; a name that is too long is cut.
pub fn session_index(path: &str, text: &[u8]) -> (HashMap<ThreadId, String>, Vec<BadLine>) {
    let mut names = HashMap::new();
    let mut bad = Vec::new();
    let (mut lines, mut rest) = (Lines::new(MAX_ITEM), text);
    while let Some(line) = lines.next(&mut rest).or_else(|| lines.last()) {
        let entry = match entry(line) {
            Ok(Some(entry)) => entry,
            Ok(None) => continue,
            Err(reason) => {
                bad.push(BadLine { file: path.to_owned(), line: lines.number(), reason });
                continue;
            }
        };
        match name(&entry.thread_name.unwrap_or_default()) {
            None => names.remove(&entry.id),
            Some(name) => names.insert(entry.id, name),
        };
    }
    (names, bad)
}

/// Makes a name fit: trimmed, cut if it is too long; white space alone is none.
pub(in crate::import) fn name(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text[..text.floor_char_boundary(MAX_NAME)].to_owned())
}

struct Entry {
    id: ThreadId,
    thread_name: Option<String>,
}

crate::fields::fields! {
    Entry, blank: Self { id: ThreadId::from_uuid(uuid::Uuid::nil()), thread_name: None },
    must "id" id,
    may "thread_name" thread_name,
}

/// Empty lines do not count.
fn entry(line: Line) -> Result<Option<Entry>, String> {
    match line?.trim() {
        "" => Ok(None),
        line => serde_json::from_str(line).map(Some).map_err(|cause| cause.to_string()),
    }
}
