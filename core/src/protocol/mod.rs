//! The wire shapes of the Codex app-server's thread methods, and the calls behind them.
//!
//! A file a family reads the parameters of its methods and writes their answers; [`Dispatcher`] maps
//! a method to its call. No rule of the store lives here: what the wire words or clamps in its own
//! way, it does on the way in and out. `docs/PROTOCOL.md` has every method.

mod archive;
mod attachments;
mod call;
#[cfg(feature = "calls")]
pub mod calls;
mod creel;
mod cursor;
mod dispatcher;
mod documents;
mod goal;
mod items;
mod json;
mod kept;
mod list;
mod metadata;
mod methods;
mod notify;
mod params;
mod projects;
mod queue;
mod read_state;
mod rpc;
mod search;
mod sections;
mod session;
mod start;
mod thread;
mod transfer;
mod turns;
#[cfg(feature = "schema")]
pub mod types;
mod uuid_text;

pub use call::Defaults;
pub use dispatcher::Dispatcher;
pub use methods::{METHODS, Method};
pub use rpc::{PARSE_ERROR, RpcError, RpcErrorData, answer, refusal};
pub use thread::{WireStatus, WireThread};

#[cfg(test)]
mod tests;

use call::Call;
