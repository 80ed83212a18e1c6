//! Finds a Chromium that starts, or installs one.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use xshell::cmd;

use super::{apt, npm_tools};
use crate::workspace::Workspace;

/// The names and places of a Chromium or Chrome.
const CANDIDATES: [&str; 6] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// Returns the path of a Chromium: the one that the variable `CHROMIUM` names, an installed one, or Playwright's, which
/// is downloaded when there is none.
///
/// # Errors
/// When `CHROMIUM` names a program that doesn't start, or none is found and none can be installed.
pub(crate) fn ensure(workspace: &Workspace) -> Result<PathBuf> {
    if let Ok(named) = std::env::var("CHROMIUM") {
        ensure!(starts(workspace, &named), "CHROMIUM names {named}, which doesn't start");
        return located(&named);
    }
    if let Some(installed) = installed(workspace) {
        return located(&installed);
    }
    npm_tools(workspace)?;
    let playwrights = playwrights(workspace)?;
    if starts(workspace, &playwrights) {
        return Ok(playwrights.into());
    }
    println!("installing Playwright's Chromium");
    let shell = &workspace.shell;
    let driver = Path::new("node_modules/.bin/playwright-core");
    let downloaded = cmd!(shell, "{driver} install chromium").quiet().ignore_stderr().run();
    if downloaded.is_ok() && starts(workspace, &playwrights) {
        return Ok(playwrights.into());
    }
    println!("Playwright's Chromium can't be downloaded or lacks libraries; trying apt-get");
    let advice = "no Chromium starts here and none could be installed: \
         install Chromium or Chrome, or let the variable CHROMIUM name one";
    apt::install(workspace, &["chromium", "chromium-sandbox", "fonts-liberation"])
        .context(advice)?;
    located(&installed(workspace).context(advice)?)
}

fn installed(workspace: &Workspace) -> Option<String> {
    CANDIDATES.into_iter().find(|candidate| starts(workspace, candidate)).map(str::to_owned)
}

/// Runs the program for its version: that proves its libraries too, and tells a real one from a distribution's stub.
fn starts(workspace: &Workspace, program: &str) -> bool {
    let shell = &workspace.shell;
    cmd!(shell, "{program} --version").quiet().ignore_stderr().read().is_ok()
}

fn playwrights(workspace: &Workspace) -> Result<String> {
    let shell = &workspace.shell;
    let script = "process.stdout.write(require('playwright-core').chromium.executablePath())";
    cmd!(shell, "node -e {script}").quiet().read().context("cannot ask Playwright for its Chromium")
}

/// The full path, since the tests' driver searches no `PATH`.
fn located(program: &str) -> Result<PathBuf> {
    if program.contains('/') {
        return Ok(std::path::absolute(program)?);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&path).map(|directory| directory.join(program));
    places.find(|place| place.is_file()).with_context(|| format!("{program} is not on the PATH"))
}
