//! Formatting and lints of Rust and TypeScript.

use anyhow::Result;
use xshell::cmd;

use crate::workspace::Workspace;
use crate::{setup, wasm};

/// What `cargo xtask lint` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Mends what can be mended instead of only naming it.
    #[arg(long)]
    fix: bool,
}

/// Checks, or mends, all sources.
///
/// # Errors
/// When something is left to mend.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let shell = &workspace.shell;
    setup::npm_tools(workspace)?;
    if args.fix {
        cmd!(shell, "cargo fmt --all").quiet().run()?;
        cmd!(shell, "npm run --silent format").quiet().run()?;
    }
    format(workspace)?;
    clippy(workspace)?;
    wasm::lint(workspace)?;
    cmd!(shell, "npm run --silent lint").quiet().run()?;
    Ok(())
}

/// Checks the formatting of Rust.
///
/// # Errors
/// When a file is not formatted.
pub(crate) fn format(workspace: &Workspace) -> Result<()> {
    let shell = &workspace.shell;
    cmd!(shell, "cargo fmt --all --check").quiet().run()?;
    Ok(())
}

/// Lints every native crate with all targets and features, and the core as it is without features.
///
/// # Errors
/// When the linter finds something.
pub(crate) fn clippy(workspace: &Workspace) -> Result<()> {
    let shell = &workspace.shell;
    let native = NATIVE;
    let servers = ["--features", "creel-tests/postgres"];
    cmd!(shell, "cargo clippy {native...} {servers...} --all-targets -- --deny warnings")
        .quiet()
        .run()?;
    cmd!(shell, "cargo clippy --package creel --lib --no-default-features -- --deny warnings")
        .quiet()
        .run()?;
    Ok(())
}

/// The crates that compile for this machine, with what the core can do here.
pub(crate) const NATIVE: [&str; 3] =
    ["--workspace", "--exclude=creel-wasm", "--features=creel/fs,creel/postgres,creel/testing"];
