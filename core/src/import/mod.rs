//! Brings histories of other programs into a store.

pub mod codex;
mod importer;
mod incoming;
mod lines;
mod order;
mod report;
mod trees;

pub use importer::{Importer, MISSING_PARENT};
pub use report::{ImportProgress, ImportReport, Problem, SpawnEdge};
pub use trees::{ImportIds, TreeImporter};

#[cfg(test)]
mod tests;
