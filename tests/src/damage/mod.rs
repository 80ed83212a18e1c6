//! Damaged stores: a sample to damage, a tour through everything that may read it, and the places
//! where bytes from outside come in.
//!
//! Whatever the bytes, the tour must end without a panic, and a damaged record must be named.

mod dispatcher;
mod sample;
mod targets;
mod tour;

pub use dispatcher::dispatcher;
pub use sample::{ITEMS, THREADS, deleted, in_grace, sample, thread};
pub use targets::{
    TARGETS, Target, catalog_head, catalog_page, cursor, import, item, journal_entry, receipt,
    segment,
};
pub use tour::{Finding, tour};
