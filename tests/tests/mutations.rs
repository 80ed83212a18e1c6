//! Each rule of the protocol is missed: switched off, the simulation finds a violation within the
//! seeds that CI runs, with the ordinary mix of operations, and the same seed passes with it on.
//!
//! The list is that of the model checker the protocol was designed with. Its merge of segments, M15,
//! is here a part of every checkpoint: a tail is packed onto its thread's last small segment.

#![allow(clippy::panic, reason = "tests")]

use creel::mutation::{Mutation, switch};
use creel_tests::sim;

/// The seeds that `simulation.rs` runs.
const SEEDS: u64 = 2_000;

fn finds(mutation: Mutation) {
    for seed in 0..SEEDS {
        switch(Some(mutation));
        let found = sim::run_quick(seed);
        switch(None);
        if let Err(what) = found {
            println!("{mutation:?}: found by seed {seed}: {what}");
            sim::run_quick(seed).unwrap_or_else(|what| panic!("seed {seed} fails anyway: {what}"));
            return;
        }
    }
    panic!("{mutation:?} is not missed in {SEEDS} seeds");
}

macro_rules! mutations {
    ($($name:ident: $mutation:ident,)*) => {
        $(#[test]
        fn $name() {
            finds(Mutation::$mutation);
        })*
    };
}

mutations! {
    m1_the_exists_check_is_missed: NoExistsCheck,
    m2_the_entry_of_a_checkpoint_is_missed: CheckpointWithoutEntry,
    m3_the_newest_entry_is_missed: TrimNewest,
    m4_the_entry_of_an_erasure_is_missed: EraseWithoutEntry,
    m5_the_second_look_of_a_load_is_missed: LoadOnce,
    m6_sparing_others_in_a_range_is_missed: RangeOverOthers,
    m6b_sparing_the_graced_in_a_range_is_missed: RangeOverGraced,
    m7a_looking_for_what_seems_lost_is_missed: UnknownIsLost,
    m7b_looking_for_what_seems_done_is_missed: UnknownIsDone,
    m8_refusing_a_late_undo_is_missed: UndeleteLate,
    m9_dropping_the_tails_is_missed: KeepTails,
    m10_asking_for_the_covering_segment_is_missed: ExactSegment,
    m11_looking_again_at_a_gap_is_missed: GapIsEnd,
    m12_deciding_again_is_missed: DecideOnce,
    m13_the_scrub_is_missed: NoScrub,
    m14_noticing_missing_entries_is_missed: PullOverGap,
    m15_the_entry_of_a_merge_is_missed: MergeWithoutEntry,
    m15b_planning_again_is_missed: KeepSpoiledPlan,
    m16_rewriting_the_pages_of_the_erased_is_missed: ErasedPagesClean,
}
