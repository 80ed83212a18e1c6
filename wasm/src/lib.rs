//! JavaScript bindings of Creel: no rules, only translation.

use wasm_bindgen::prelude::wasm_bindgen;

/// Returns the version of Creel that this module was built from.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
