//! Brings histories of other programs into a store.

pub mod codex;
mod order;
