//! `cargo xtask soak`: more seeds of the simulation than the tests run.

use anyhow::{Context, Result};
use xshell::cmd;

use crate::workspace::Workspace;

/// What `cargo xtask soak` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many seeds to run.
    #[arg(long, default_value_t = 200_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
}

/// Runs the seeds on every core; the first violation is printed with its trace.
///
/// # Errors
/// When a rule was broken.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let (shell, from, seeds) = (&workspace.shell, args.from.to_string(), args.seeds.to_string());
    cmd!(shell, "cargo run --release --package creel-tests --bin soak -- {from} {seeds}")
        .quiet()
        .run()
        .context("a seed fails")
}
