//! JavaScript bindings of Creel: no rules, only translation.
//!
//! [`store::Store`] is the one class; a host written in JavaScript is a storage through
//! [`host::JsHost`]. Whatever this crate decides is a bug: decisions belong to the core.

pub mod connection;
mod convert;
pub mod drafts;
mod env;
mod errors;
pub mod export;
pub mod host;
pub mod import;
mod items;
mod opened;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod work;

use wasm_bindgen::prelude::wasm_bindgen;

/// Returns the version of Creel that this module was built from.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
