//! npm projects: installing what their lock file names, running their scripts, installing the packed package.

use std::path::Path;

use anyhow::{Context, Result};
use xshell::cmd;

use crate::workspace::Workspace;

/// The npm project in one directory of the repository; the root's is `"."`.
#[derive(Debug)]
pub(crate) struct Project<'a> {
    workspace: &'a Workspace,
    directory: &'a str,
}

impl<'a> Project<'a> {
    /// Opens the project in a directory.
    pub(crate) fn open(workspace: &'a Workspace, directory: &'a str) -> Self {
        Self { workspace, directory }
    }

    /// Installs what the lock file names, unless that was done since it changed.
    ///
    /// # Errors
    /// When npm fails.
    pub(crate) fn install(&self) -> Result<()> {
        if self.is_installed() {
            return Ok(());
        }
        let (shell, directory) = (&self.workspace.shell, self.directory);
        println!("installing the npm packages of {directory}");
        let _there = shell.push_dir(self.workspace.path(directory));
        // No package of ours needs an install script, and none of others' is run.
        cmd!(shell, "npm ci --ignore-scripts --no-audit --no-fund --loglevel=error")
            .quiet()
            .run()
            .with_context(|| {
                format!(
                    "npm could not install the packages of {directory} that its lock file names"
                )
            })
    }

    /// Installs the packed package from its tarball, never a link, so that it is used as its users get it.
    ///
    /// # Errors
    /// When npm fails.
    pub(crate) fn install_tarball(&self, tarball: &Path) -> Result<()> {
        self.install()?;
        let shell = &self.workspace.shell;
        let _there = shell.push_dir(self.workspace.path(self.directory));
        // npm keeps an installed package of the same version even when the tarball's content has changed.
        shell.remove_path("node_modules/creel")?;
        cmd!(
            shell,
            "npm install --no-save --no-package-lock --ignore-scripts --prefer-offline --no-audit --no-fund
            --loglevel=error {tarball}"
        )
        .quiet()
        .run()?;
        Ok(())
    }

    /// Runs a script of the project.
    ///
    /// # Errors
    /// When the script fails.
    pub(crate) fn run(&self, script: &str, variables: &[(&str, &Path)]) -> Result<()> {
        let shell = &self.workspace.shell;
        let _there = shell.push_dir(self.workspace.path(self.directory));
        let command = cmd!(shell, "npm run --silent {script}").quiet();
        let command =
            variables.iter().fold(command, |command, (name, value)| command.env(name, value));
        command.run().with_context(|| format!("`npm run {script}` failed in {}", self.directory))
    }

    fn is_installed(&self) -> bool {
        let directory = self.workspace.path(self.directory);
        let changed =
            |name: &str| directory.join(name).metadata().and_then(|it| it.modified()).ok();
        let installed = changed("node_modules/.package-lock.json");
        installed.is_some()
            && changed("package.json") <= installed
            && changed("package-lock.json") <= installed
    }
}
