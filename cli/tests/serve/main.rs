//! `creel serve`, the built program, as its clients have it: over standard input and output, over a
//! Unix socket, over WebSocket; and what no client may do to it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod limits;
mod many;
#[cfg(all(unix, feature = "postgres"))]
mod postgres;
mod server;
mod stdio;
mod turns;
#[cfg(unix)]
mod unix;
mod websocket;
