//! `cargo xtask schema`: the protocol's JSON Schema and TypeScript types, from those in Rust.

use anyhow::{Context, Result};
use xshell::cmd;

use crate::workspace::Workspace;

/// Writes `docs/protocol.schema.json` and `pkg/src/protocol.ts`.
///
/// # Errors
/// When the types don't compile, or the files can't be written.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    let shell = &workspace.shell;
    cmd!(shell, "cargo run --package creel --features schema --example schema -- .")
        .quiet()
        .run()
        .context("the protocol's types can't be written")
}
