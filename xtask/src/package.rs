//! The npm package: wasm, compiled TypeScript, the tarball, its weight.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xshell::cmd;

use crate::npm::Project;
use crate::setup::toolchain::Toolchain;
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

/// Builds the package and refuses one that is over its size budget, or whose entries or types some users can't resolve.
///
/// # Errors
/// As [`build`], and when the package is not fit to be published.
pub(crate) fn publishable(workspace: &Workspace) -> Result<Package> {
    let package = build(workspace)?;
    let toolchain = Toolchain::ensure(workspace)?;
    if toolchain.is_for_size() {
        package.sizes.check()?;
    } else {
        println!(
            "not held against the budget, and not to be published: the standard library is not built for size"
        );
    }
    lint(workspace, &package.tarball)?;
    Ok(package)
}

fn lint(workspace: &Workspace, tarball: &Path) -> Result<()> {
    let shell = &workspace.shell;
    let tools = Path::new("node_modules/.bin");
    let (publint, attw) = (tools.join("publint"), tools.join("attw"));
    // The module has no types: what a bundler makes of its import is the bundler's affair.
    let checks = [
        cmd!(shell, "{publint} run --strict {tarball}"),
        cmd!(
            shell,
            "{attw} --profile esm-only --format ascii --no-emoji --exclude-entrypoints ./creel.wasm -- {tarball}"
        ),
    ];
    for check in checks {
        let output = check.quiet().ignore_status().output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "the package is not fit to be published:\n{said}");
    }
    println!("its entries and types resolve, as publint and attw see it");
    Ok(())
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
