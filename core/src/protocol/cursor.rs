//! Cursors of lists of threads as the reference spells them: `<RFC 3339 time>|<id>`, or a time alone.

use time::OffsetDateTime;

use super::rpc::RpcError;
use crate::error::excerpt;
use crate::import::codex::millis;
use crate::query::SortKey;
use crate::thread::Thread;

/// Translates a cursor of the wire for the store.
///
/// A time alone is the place beside all threads of that millisecond, on the side that the list comes
/// from.
pub(super) fn to_store(text: &str, key: SortKey, descending: bool) -> Result<String, RpcError> {
    const LEAST: &str = "00000000-0000-0000-0000-000000000000";
    const GREATEST: &str = "ffffffff-ffff-ffff-ffff-ffffffffffff";
    let parsed = || {
        let (time, id) = match text.split_once('|') {
            Some((time, id)) => (time, id.parse::<crate::ThreadId>().ok()?.to_string()),
            None if descending => (text, LEAST.to_owned()),
            None => (text, GREATEST.to_owned()),
        };
        Some(format!("{}{}|{id}", letter(key), millis(time)?))
    };
    parsed().ok_or_else(|| RpcError::refused(format!("invalid cursor: {}", excerpt(text))))
}

/// Spells the place after a thread.
pub(super) fn after(thread: &Thread, key: SortKey) -> Option<String> {
    Some(format!("{}|{}", rfc3339(time_of(thread, key))?, thread.id))
}

/// Spells the place from which a list in the other direction begins with this thread.
pub(super) fn before(thread: &Thread, key: SortKey, descending: bool) -> Option<String> {
    let time = time_of(thread, key);
    rfc3339(if descending { time.saturating_sub(1) } else { time.saturating_add(1) })
}

fn letter(key: SortKey) -> char {
    match key {
        SortKey::CreatedAt => 'c',
        SortKey::UpdatedAt => 'u',
        SortKey::RecencyAt => 'r',
    }
}

fn time_of(thread: &Thread, key: SortKey) -> i64 {
    match key {
        SortKey::CreatedAt => thread.created_at,
        SortKey::UpdatedAt => thread.updated_at,
        SortKey::RecencyAt => thread.recency_at,
    }
}

/// Spells milliseconds since the Unix epoch; whole seconds without a fraction.
fn rfc3339(at: i64) -> Option<String> {
    let time = OffsetDateTime::from_unix_timestamp(at.max(0).div_euclid(1000)).ok()?;
    let (year, month, day) = (time.year(), u8::from(time.month()), time.day());
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    let fraction = match at.max(0).rem_euclid(1000) {
        0 => String::new(),
        millis => format!(".{millis:03}"),
    };
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_spelled_as_the_reference_spells_them() {
        assert_eq!(rfc3339(1_735_690_920_000).unwrap(), "2025-01-01T00:22:00Z");
        assert_eq!(rfc3339(1_735_691_579_999).unwrap(), "2025-01-01T00:32:59.999Z");
        assert_eq!(rfc3339(1_795_233_297_040).unwrap(), "2026-11-21T03:54:57.040Z");
    }

    #[test]
    fn a_time_alone_lies_beside_all_threads_of_its_millisecond() {
        let place = |text: &str, descending| to_store(text, SortKey::CreatedAt, descending);
        let at = "2025-01-01T00:05:59.999Z";
        let least = "c1735689959999|00000000-0000-0000-0000-000000000000";
        assert_eq!(place(at, true).unwrap(), least);
        let greatest = "c1735689959999|ffffffff-ffff-ffff-ffff-ffffffffffff";
        assert_eq!(place(at, false).unwrap(), greatest);
        for bad in ["", "bad", "2025-01-01", "2025-01-01T00:00:00Z|x", "|"] {
            assert_eq!(place(bad, true).unwrap_err().message, format!("invalid cursor: {bad}"));
        }
    }
}
