//! What must hold of everything that a catalog takes in, whatever the journal, the pages and the
//! head say.
//!
//! Deletions carry ordinals, and erasing follows them blindly; counts and times are added to. So
//! both are checked here, once.

use super::apply::ApplyError;
use super::event::{Event, Packed, Segment};
use super::record::Record;
use super::{Catalog, Deletion};
use crate::id::DeletionId;
use crate::limits::MAX_THREADS;

/// No count, position or time of a store comes near this, and JavaScript has no larger integers.
const MOST: u64 = 1 << 53;

impl Catalog {
    /// Refuses what a head of a store can't hold.
    pub(crate) fn check_head(
        next_ordinal: u32,
        counts: [u64; 2],
        at: i64,
        deletions: &[Deletion],
    ) -> Result<(), ApplyError> {
        check_counts(&counts, &[at])?;
        if next_ordinal > MAX_THREADS {
            return Err(ApplyError(format!(
                "it counts {next_ordinal} threads, the limit is {MAX_THREADS}"
            )));
        }
        for state in deletions {
            let end = state.members.end().max(state.detached.end());
            if end > next_ordinal || !state.members.covers(&state.erased) {
                let reason = "names members that were never there";
                return Err(ApplyError(format!("deletion {} {reason}", state.deletion)));
            }
        }
        Ok(())
    }

    /// Returns the members of deletions that are not what the pages say: erasing by them would
    /// erase other threads, or never end.
    pub(crate) fn odd_members(&self) -> impl Iterator<Item = (DeletionId, u32)> {
        self.deletions().flat_map(|state| {
            let odd = state.members.iter().filter(|ord| {
                let by = self.slot(*ord).and_then(|record| record.deletion);
                (by == Some(state.deletion)) == state.erased.contains(*ord)
            });
            odd.map(|ord| (state.deletion, ord))
        })
    }
}

/// Refuses counts and times that a record can't have.
pub(super) fn check_record(record: &Record) -> Result<(), ApplyError> {
    let counts = [record.len, record.bytes, record.packed, record.logs, record.tools];
    check_counts(&counts, &[record.created_at, record.updated_at, record.recency_at])?;
    check_segment(record, record.packed, record.segment)
}

/// Refuses the counts of an event that are added to or trusted before a record has them.
pub(super) fn check_event(event: &Event, position: u64) -> Result<(), ApplyError> {
    match event {
        Event::Segmented { first, count, bytes, .. } => {
            check_counts(&[*first, *count, *bytes], &[])
        }
        Event::Truncated { length, bytes, .. } => check_counts(&[*length, *bytes], &[]),
        Event::Logged { first, count, .. } => check_counts(&[*first, *count], &[]),
        Event::Checkpoint { checkpoint, position: covered, .. } if *covered > position => {
            Err(ApplyError(format!("checkpoint {checkpoint} covers {covered}, which is to come")))
        }
        Event::Checkpoint { checkpoint, .. } => check_counts(&[*checkpoint], &[]),
        _ => Ok(()),
    }
}

/// Refuses the number and the time of an entry that no store reaches.
pub(super) fn check_entry(position: u64, at: i64) -> Result<(), ApplyError> {
    check_counts(&[position], &[at])
}

/// Refuses to call more of a thread packed than it has.
pub(super) fn check_packed(record: &Record, packed: &Packed) -> Result<(), ApplyError> {
    check_segment(record, packed.upto, packed.segment)
}

fn check_segment(record: &Record, packed: u64, segment: Segment) -> Result<(), ApplyError> {
    if packed > record.len || segment.first > record.len || segment.bytes > MOST {
        return Err(ApplyError(format!("more of thread {} is packed than it has", record.id)));
    }
    Ok(())
}

fn check_counts(counts: &[u64], times: &[i64]) -> Result<(), ApplyError> {
    let times = times.iter().map(|time| time.unsigned_abs());
    match counts.iter().copied().chain(times).find(|count| *count > MOST) {
        Some(count) => Err(ApplyError(format!("the number {count} is out of range"))),
        None => Ok(()),
    }
}
