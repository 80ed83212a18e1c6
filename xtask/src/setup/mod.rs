//! Installs what the other commands need and the machine lacks.
//!
//! Each part looks first, prints one line before it installs something, does nothing when all is there, and fails with
//! a sentence that says what can't be had and what to do.

mod apt;
pub(crate) mod chromium;
pub(crate) mod postgres;
pub(crate) mod toolchain;

use anyhow::{Context, Result, bail, ensure};
use xshell::cmd;

use crate::npm::Project;
use crate::workspace::{BROWSER_TESTS, DEMO, NODE_TESTS, PACKAGE, REFERENCE, Workspace};

/// The oldest Node that the JavaScript tools run on.
const NODE: (u32, u32) = (20, 19);

/// Sets up everything that any command needs.
///
/// # Errors
/// When something can't be had; the message names it.
pub(crate) fn everything(workspace: &Workspace) -> Result<()> {
    toolchain::Toolchain::ensure(workspace)?;
    npm_tools(workspace)?;
    for directory in [PACKAGE, REFERENCE, DEMO, BROWSER_TESTS, NODE_TESTS] {
        Project::open(workspace, directory).install()?;
    }
    let chromium = chromium::ensure(workspace)?;
    println!("everything is there; Chromium is {}", chromium.display());
    Ok(())
}

/// Installs the tools that the root's `package.json` names, after a look at Node's version.
///
/// # Errors
/// When Node is missing or too old, or npm fails.
pub(crate) fn npm_tools(workspace: &Workspace) -> Result<()> {
    let shell = &workspace.shell;
    let advice = format!("install Node {}.{} or newer with its npm", NODE.0, NODE.1);
    let version = cmd!(shell, "node --version").quiet().read();
    let version = version.with_context(|| format!("Node was not found: {advice}"))?;
    let Some(found) = major_and_minor(&version) else {
        bail!("`node --version` says {version:?}: {advice}");
    };
    ensure!(found >= NODE, "Node {version} is too old: {advice}");
    let tools = Project::open(workspace, ".");
    tools.install()
}

fn major_and_minor(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.trim_start_matches('v').split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::{NODE, major_and_minor};

    #[test]
    fn node_versions_compare_by_number() {
        assert_eq!(major_and_minor("v20.20.2"), Some((20, 20)));
        assert!(major_and_minor("v20.9.0").unwrap() < NODE);
        assert!(major_and_minor("v22.1.0").unwrap() > NODE);
        assert_eq!(major_and_minor("nightly"), None);
    }
}
