//! What the tests of Creel that need a file system, processes or damaged media share.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

pub mod announcing;
pub mod canary;
pub mod damage;
pub mod place;
#[cfg(feature = "postgres")]
pub mod postgres;
#[allow(missing_docs, reason = "the parts of a test, named for what they are")]
pub mod sim;
pub mod virtual_env;

/// Returns the next number of a seeded sequence (SplitMix64).
pub fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Returns the id of thread `n` of those to which all writers append.
pub fn shared(n: usize) -> creel::ThreadId {
    creel::ThreadId::from_uuid(uuid::Uuid::from_u128(1 << 64 | n as u128))
}

/// Returns the id of thread `n` of those which several writers create and delete.
pub fn contested(n: usize) -> creel::ThreadId {
    creel::ThreadId::from_uuid(uuid::Uuid::from_u128(2 << 64 | n as u128))
}
