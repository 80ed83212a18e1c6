//! Public clients that nobody here wrote, run against the built `creel serve`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xshell::cmd;

use crate::workspace::Workspace;

/// Where their tests are.
const DIRECTORY: &str = "tests/clients";
/// The oldest Python that they run on.
const PYTHON: (u32, u32) = (3, 11);

/// Runs the Codex SDK for Python, in a virtual environment of its own in the target directory.
///
/// Without a Python for it, that is said and nothing is run.
///
/// # Errors
/// When the packages can't be installed, or the client is not satisfied.
pub(crate) fn codex_python_sdk(workspace: &Workspace) -> Result<()> {
    let shell = &workspace.shell;
    let Some(python) = environment(workspace) else {
        let (major, minor) = PYTHON;
        println!("skipped: there is no Python {major}.{minor} or newer that makes environments");
        return Ok(());
    };
    install(workspace, &python)?;
    cmd!(shell, "cargo build --quiet --package creel-cli").quiet().run()?;
    let script = workspace.path(DIRECTORY).join("codex_python_sdk.py");
    cmd!(shell, "{python} {script}")
        .env("CREEL", workspace.target.join("debug/creel"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .quiet()
        .run()
        .context("the Codex SDK for Python is not satisfied with creel serve")
}

/// Returns the Python of the virtual environment, which is made if it is absent and can be made.
fn environment(workspace: &Workspace) -> Option<PathBuf> {
    let shell = &workspace.shell;
    let environment = workspace.target.join("clients-python");
    let python = environment.join("bin/python");
    if python.is_file() {
        return Some(python);
    }
    let names = ["python3", "python3.14", "python3.13", "python3.12", "python3.11"];
    let base = names.into_iter().find(|name| {
        let version = cmd!(shell, "{name} --version").quiet().ignore_stderr().read();
        version.is_ok_and(|version| is_new_enough(&version))
    })?;
    println!("making a virtual environment with {base} in {}", environment.display());
    let made = cmd!(shell, "{base} -m venv {environment}").quiet().ignore_stderr().run();
    if made.is_err() {
        // Half an environment would be taken for a whole one.
        let _ = shell.remove_path(&environment);
    }
    made.is_ok().then_some(python)
}

/// Installs what the tests name, unless that was done since it changed.
fn install(workspace: &Workspace, python: &Path) -> Result<()> {
    let shell = &workspace.shell;
    let requirements = workspace.path(DIRECTORY).join("requirements.txt");
    let wanted = shell.read_file(&requirements)?;
    let installed = workspace.target.join("clients-python/installed.txt");
    if shell.read_file(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    println!("installing the Python packages of {DIRECTORY}");
    cmd!(shell, "{python} -m pip install --quiet --disable-pip-version-check -r {requirements}")
        .quiet()
        .run()
        .context("pip could not install what tests/clients/requirements.txt names")?;
    Ok(shell.write_file(&installed, wanted)?)
}

fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.trim_start_matches("Python ").split('.').map(str::parse);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else {
        return false;
    };
    (major, minor) >= PYTHON
}

#[cfg(test)]
mod tests {
    use super::is_new_enough;

    #[test]
    fn versions_of_python_are_compared_as_numbers() {
        assert!(is_new_enough("Python 3.11.7") && is_new_enough("Python 3.13.0rc1"));
        for old in ["Python 3.9.18", "Python 2.7.18", "", "Python"] {
            assert!(!is_new_enough(old), "{old}");
        }
    }
}
