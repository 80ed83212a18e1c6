//! Damaged stores: what opens, what a check finds, and what a repair keeps.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod codes;
mod media;
mod sound;
mod support;
