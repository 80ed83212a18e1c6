//! Builds, tests, demo and packaging of Creel.

fn main() {}
