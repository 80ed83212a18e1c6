//! Makes the JavaScript, the types and the bound module out of a compiled `creel-wasm`.
//!
//! A crate of its own so that `cargo xtask` itself starts without compiling `wasm-bindgen`'s tooling. Used as a
//! library, that tooling is always at the version `Cargo.lock` names, which is the one the module was built with.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::Parser;
use wasm_bindgen_cli_support::Bindgen;

/// What stands between JavaScript and the exports of an instance.
const GUARD: &str = include_str!("guard.js");
/// Its types.
const GUARD_TYPES: &str = "
/**
 * Calls `listener` with whatever a call into the module throws; a trap ends the instance.
 */
export function onThrown(listener: (thrown: unknown) => void): void;
";

/// Binds a compiled module for the web.
#[derive(Debug, Parser)]
struct Args {
    /// The module that cargo built.
    module: PathBuf,
    /// The directory that receives `creel.js`, `creel.d.ts`, `creel_bg.wasm` and its types.
    out: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let Args { module, out } = Args::parse();
    // The package passes the module's address itself: a second, default one here would make bundlers emit the file
    // again, or fail on it.
    Bindgen::new()
        .input_path(&module)
        .out_name("creel")
        .web(true)?
        .typescript(true)
        .omit_default_module_path(true)
        // The loader makes a fresh instance of the module after a panic.
        .reset_state_function(true)
        .generate(&out)
        .with_context(|| format!("cannot bind {} into {}", module.display(), out.display()))?;
    // A timer or a promise of an instance that is dead has nobody to tell, and Node ends at what it throws.
    let late = ("throw new Error('Cannot invoke closure from previous WASM instance')", "return");
    // A panic is a trap, and a task may trap with nobody on the stack who could tell the package.
    let first = ("wasm = instance.exports;", "wasm = guarded(instance.exports);");
    let fresh = ("wasm = wasmInstance.exports;", "wasm = guarded(wasmInstance.exports);");
    for (old, new) in [late, first, fresh] {
        let replaced = replace(&out.join("creel.js"), old, new)?;
        ensure!(replaced, "another version of the tooling made the JavaScript: it holds no {old}");
    }
    append(&out.join("creel.js"), GUARD)?;
    // The types are documented by the Rust types, whose `None` is a `null` here.
    replace(&out.join("creel.d.ts"), "`None`", "`null`")?;
    append(&out.join("creel.d.ts"), GUARD_TYPES)
}

fn append(file: &Path, text: &str) -> anyhow::Result<()> {
    Ok(fs::write(file, fs::read_to_string(file)? + text)?)
}

/// Replaces every `old` in a file and tells whether there was one.
fn replace(file: &Path, old: &str, new: &str) -> anyhow::Result<bool> {
    let text = fs::read_to_string(file)?;
    fs::write(file, text.replace(old, new))?;
    Ok(text.contains(old))
}
