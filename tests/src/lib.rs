//! Tests of Creel that need a file system, processes or simulated faults.

#[allow(missing_docs, reason = "the parts of a test, named for what they are")]
pub mod sim;
