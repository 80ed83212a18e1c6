//! The wire shapes of the Codex app-server's thread methods, and the calls behind them.

mod thread;

pub use thread::{WireStatus, WireThread};
