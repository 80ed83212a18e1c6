//! The npm package: wasm, compiled TypeScript, the tarball, its weight.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;
use xshell::cmd;

use crate::npm::Project;
use crate::size::Sizes;
use crate::workspace::{PACKAGE, Workspace};
use crate::{setup, wasm};

/// What a build of the package made.
#[derive(Debug)]
pub(crate) struct Package {
    /// The packed package.
    pub(crate) tarball: PathBuf,
    sizes: Sizes,
}

/// Builds and packs the package and prints its sizes.
///
/// # Errors
/// When a tool can't be had or fails.
pub(crate) fn build(workspace: &Workspace) -> Result<Package> {
    wasm::build(workspace)?;
    setup::npm_tools(workspace)?;
    let project = Project::open(workspace, PACKAGE);
    project.install()?;
    project.run("build", &[])?;
    let tarball = pack(workspace)?;
    let sizes = Sizes::measure(workspace)?;
    sizes.print();
    Ok(Package { tarball, sizes })
}

/// Builds the package and refuses one that is over its size budget.
///
/// # Errors
/// As [`build`], and when the budget is passed.
pub(crate) fn within_budget(workspace: &Workspace) -> Result<Package> {
    let package = build(workspace)?;
    package.sizes.check()?;
    Ok(package)
}

fn pack(workspace: &Workspace) -> Result<PathBuf> {
    let shell = &workspace.shell;
    let directory = workspace.target.join("npm");
    shell.create_dir(&directory)?;
    // npm packs no link and nothing from above, so that the licenses are copied in.
    for license in ["LICENSE-APACHE", "LICENSE-MIT"] {
        shell.copy_file(workspace.path(license), workspace.path(PACKAGE).join(license))?;
    }
    let _there = shell.push_dir(workspace.path(PACKAGE));
    let answer = cmd!(
        shell,
        "npm pack --json --ignore-scripts --loglevel=error --pack-destination {directory}"
    )
    .quiet()
    .read()?;
    let answer: Value = serde_json::from_str(&answer).context("npm pack's answer is not JSON")?;
    let name = answer[0]["filename"].as_str().context("npm pack names no file")?;
    let tarball = directory.join(name);
    println!("packed {}", tarball.display());
    Ok(tarball)
}
