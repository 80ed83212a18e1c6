//! The doctor: what is wrong with a store, and mending it without losing anything.
//!
//! A store with damage opens for reading, with everything that can be read. A check names what is
//! wrong; a repair mends it, and keeps the bytes of what it takes out of use in quarantine.

mod catalog;
mod check;
pub(crate) mod damage;
mod history;
mod mend;
pub(crate) mod quarantine;
mod recover;
mod repair;
mod replay;
mod report;
pub(crate) mod salvage;
mod streams;

pub use check::check;
pub use repair::repair;
pub use report::{Finding, FindingCode, Report, Severity};
