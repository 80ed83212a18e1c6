//! The wasm pipeline: compile, bind, optimise, and leave the module, its JavaScript and its types in `pkg/wasm`.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use xshell::cmd;

use crate::setup;
use crate::setup::toolchain::Toolchain;
use crate::workspace::{PACKAGE, Workspace};

/// The cargo profile of the module.
const PROFILE: &str = "wasm";
/// What is bound and optimised, under this name in the package.
const MODULE: &str = "creel_bg.wasm";

/// Builds the module into `pkg/wasm`; does nothing when it is there and newer than all it is made of.
///
/// # Errors
/// When a tool can't be had or fails.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let compiled = compile(workspace, &[])?;
    let out = workspace.path(PACKAGE).join("wasm");
    let tools = workspace.path("package-lock.json");
    if is_newer(&out.join(MODULE), &[&compiled, &tools, &std::env::current_exe()?]) {
        return Ok(());
    }
    let bound = bind(workspace, &compiled, "creel-wasm")?;
    let optimised = optimise(workspace, &bound)?;
    publish(workspace, &bound, &optimised, &out)
}

/// Builds the module with what only tests need, beside the real one, and returns its directory.
///
/// # Errors
/// When a tool can't be had or fails.
pub(crate) fn build_for_tests(workspace: &Workspace) -> Result<PathBuf> {
    let compiled = compile(workspace, &["--features", "testing"])?;
    bind(workspace, &compiled, "creel-wasm-testing")
}

/// Lints the bindings, which compile for wasm only.
///
/// # Errors
/// When the linter finds something.
pub(crate) fn lint(workspace: &Workspace) -> Result<()> {
    let toolchain = Toolchain::ensure(workspace)?;
    let lint = ["clippy", "--package", "creel-wasm", "--lib", "--features", "testing"];
    toolchain
        .cargo(workspace, &[&lint[..], &["--profile", PROFILE]].concat())
        .args(["--", "--deny", "warnings"])
        .run()?;
    Ok(())
}

fn compile(workspace: &Workspace, features: &[&str]) -> Result<PathBuf> {
    let toolchain = Toolchain::ensure(workspace)?;
    setup::npm_tools(workspace)?;
    let arguments = ["build", "--package", "creel-wasm", "--lib", "--profile", PROFILE];
    toolchain.cargo(workspace, &[&arguments, features].concat()).run()?;
    Ok(toolchain.output(workspace, PROFILE).join("creel_wasm.wasm"))
}

fn bind(workspace: &Workspace, compiled: &Path, name: &str) -> Result<PathBuf> {
    let shell = &workspace.shell;
    let bound = workspace.target.join(name);
    shell.remove_path(&bound)?;
    cmd!(shell, "cargo run --quiet --package xtask-bindgen -- {compiled} {bound}").quiet().run()?;
    Ok(bound)
}

/// Optimises for size. The names stay in this copy: it translates the stack traces of the published one.
///
/// A function that is called once stays one unless it is tiny: in one body with its caller its locals and offsets are
/// others each time, which compresses a tenth worse.
fn optimise(workspace: &Workspace, bound: &Path) -> Result<PathBuf> {
    let optimised = bound.join("creel.symbols.wasm");
    let input = bound.join(MODULE);
    let (shell, optimiser) = (&workspace.shell, optimiser(workspace));
    let apart = ["--one-caller-inline-max-function-size", "10"];
    cmd!(shell, "{optimiser} -Oz {apart...} -g {input} -o {optimised}").quiet().run()?;
    let order = ["run", "--quiet", "--package", "xtask-bindgen", "--bin", "order", "--"];
    cmd!(shell, "cargo {order...} {optimised} {optimised}").quiet().run()?;
    Ok(optimised)
}

/// Copies the files into the package, the module last: its time says that all of them are in place.
fn publish(workspace: &Workspace, bound: &Path, optimised: &Path, out: &Path) -> Result<()> {
    let (shell, optimiser) = (&workspace.shell, optimiser(workspace));
    shell.remove_path(out)?;
    shell.create_dir(out)?;
    for file in ["creel.js", "creel.d.ts", "creel_bg.wasm.d.ts"] {
        shell.copy_file(bound.join(file), out.join(file))?;
    }
    let module = out.join(MODULE);
    cmd!(shell, "{optimiser} {optimised} --strip-debug --strip-producers --strip-target-features -o {module}")
        .quiet()
        .run()
        .context("cannot strip the module")
}

fn optimiser(workspace: &Workspace) -> PathBuf {
    workspace.path("node_modules/.bin/wasm-opt")
}

fn is_newer(file: &Path, sources: &[&Path]) -> bool {
    let changed = |path: &Path| path.metadata().and_then(|it| it.modified());
    let Ok(made) = changed(file) else {
        return false;
    };
    sources.iter().all(|source| changed(source).unwrap_or(SystemTime::now()) < made)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::is_newer;

    #[test]
    fn a_missing_or_older_file_is_not_up_to_date() {
        let directory = tempfile::tempdir().unwrap();
        let (made, source) = (directory.path().join("made"), directory.path().join("source"));
        let write = |path: &Path, seconds| {
            let file = std::fs::File::create(path).unwrap();
            file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds))
                .unwrap();
        };
        write(&source, 2);
        assert!(!is_newer(&made, &[&source]));
        write(&made, 1);
        assert!(!is_newer(&made, &[&source]));
        write(&made, 3);
        assert!(is_newer(&made, &[&source]));
        assert!(!is_newer(&made, &[&source, &directory.path().join("gone")]));
    }
}
