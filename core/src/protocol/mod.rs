//! The wire shapes of the Codex app-server's thread methods, and the calls behind them.
//!
//! A file a family holds the parameters and answers of its methods, which clients of the reference
//! know; [`Dispatcher`] maps a method to its call. No rule of the store lives here: what the wire
//! words or clamps in its own way, it does on the way in and out.

mod archive;
mod dispatcher;
mod items;
mod list;
mod metadata;
mod notify;
mod rpc;
mod start;
mod thread;

pub use archive::ThreadParams;
pub use dispatcher::Dispatcher;
pub use items::{
    ThreadInjectItemsParams, ThreadItemEntry, ThreadItemsListParams, ThreadItemsListResponse,
};
pub use list::{OneOrMany, SourceKind, ThreadListParams, ThreadListResponse, WireSortKey};
pub use metadata::{ThreadReadParams, ThreadResponse, ThreadSetNameParams};
pub use rpc::{PARSE_ERROR, RpcError, RpcErrorData, refusal};
pub use start::{SandboxMode, ThreadStartParams, ThreadStartResponse};
pub use thread::{WireStatus, WireThread};

#[cfg(test)]
mod tests;

use dispatcher::Call;

/// An answer that says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Nothing {}
