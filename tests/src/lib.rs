//! Tests of Creel that need a file system, processes or simulated faults.
