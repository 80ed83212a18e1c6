//! Brings histories of other programs into a store.

pub mod codex;
mod importer;
mod order;
mod report;

pub use importer::{Importer, MISSING_PARENT};
pub use report::{ImportProgress, ImportReport, Problem, SpawnEdge};

#[cfg(test)]
mod tests;
