//! Rules that a test may switch off, one at a time, to see that the simulation misses each of them.
//!
//! Without the feature `mutations` every rule holds and the checks compile to nothing.

/// A rule that is switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// M1: a commit does not check that the entry before it is there.
    NoExistsCheck,
    /// M2: a checkpoint inserts no entry.
    CheckpointWithoutEntry,
    /// M3: a checkpoint trims its own entry, the newest, too.
    TrimNewest,
    /// M4: bytes are erased before the entry that says so.
    EraseWithoutEntry,
    /// M5: a load does not look whether a checkpoint came between its reads.
    LoadOnce,
    /// M6: a tree is erased as one range though a thread born in it stays.
    RangeOverOthers,
    /// M6b: a tree is erased as one range though a thread born in it is in another deletion.
    RangeOverGraced,
    /// M7a: a commit of an unknown outcome is taken as not committed.
    UnknownIsLost,
    /// M7b: a commit of an unknown outcome is taken as committed.
    UnknownIsDone,
    /// M8: a deletion can be undone after its erasure began.
    UndeleteLate,
    /// M9: applying an erasure keeps the tails.
    KeepTails,
    /// M10: a reader asks for the segment that starts where it reads on.
    ExactSegment,
    /// M11: a reader takes a gap as the end.
    GapIsEnd,
    /// M12: what was decided is not decided again after a conflict.
    DecideOnce,
    /// M13: a deletion is finished without a scrub.
    NoScrub,
    /// M14: a pull does not notice that entries are missing.
    PullOverGap,
    /// M15: a tail is merged into its thread's last segment by a commit without an entry.
    MergeWithoutEntry,
    /// M15b: a checkpoint is not planned again when others have rewritten what it read.
    KeepSpoiledPlan,
    /// M16: applying an erasure leaves the pages as they are.
    ErasedPagesClean,
}

#[cfg(feature = "mutations")]
std::thread_local! {
    static ON: std::cell::Cell<Option<Mutation>> = const { std::cell::Cell::new(None) };
}

/// Switches one rule off for the stores that this thread drives, or all on again.
#[cfg(feature = "mutations")]
pub fn switch(mutation: Option<Mutation>) {
    ON.set(mutation);
}

/// Tells whether a rule is off.
#[cfg(feature = "mutations")]
pub(crate) fn on(mutation: Mutation) -> bool {
    ON.get() == Some(mutation)
}

/// Tells whether a rule is off: none is.
#[cfg(not(feature = "mutations"))]
pub(crate) const fn on(_: Mutation) -> bool {
    false
}
