//! Where things are: the repository, its npm projects, cargo's target directory, and a shell that stands in the root.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;
use xshell::{Shell, cmd};

/// The npm projects besides the tools of the root: the package, and what is built and tested from its tarball.
pub(crate) const PACKAGE: &str = "pkg";
pub(crate) const REFERENCE: &str = "pkg/reference";
pub(crate) const DEMO: &str = "web-demo";
pub(crate) const BROWSER_TESTS: &str = "tests/browser";
pub(crate) const NODE_TESTS: &str = "tests/node";
pub(crate) const AGENT_TESTS: &str = "tests/adapters/agents";
pub(crate) const REACT_18_TESTS: &str = "tests/adapters/react-18";
pub(crate) const GUIDE_TESTS: &str = "tests/guides";
pub(crate) const BENCH: &str = "bench/browser";
pub(crate) const LANGGRAPH_BENCH: &str = "bench/langgraph";
pub(crate) const UI_TESTS: &str = "tests/adapters/ui";

/// The repository that a command works on.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// Stands in the root; its commands get no standard input.
    pub(crate) shell: Shell,
    /// The directory of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's target directory, wherever the user's settings put it.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Finds the workspace around the current directory, where cargo found the alias.
    ///
    /// # Errors
    /// When `cargo metadata` fails or its answer is not understood.
    pub(crate) fn find() -> Result<Self> {
        let shell = Shell::new()?;
        let text = cmd!(shell, "cargo metadata --no-deps --format-version 1").quiet().read()?;
        let metadata: Value = serde_json::from_str(&text).context("cargo metadata is not JSON")?;
        let path = |field: &str| {
            let path = metadata[field].as_str().map(PathBuf::from);
            path.with_context(|| format!("cargo metadata has no {field}"))
        };
        let (root, target) = (path("workspace_root")?, path("target_directory")?);
        shell.change_dir(&root);
        if !std::io::stdout().is_terminal() {
            // Some tools colour their output wherever the variable CI is set, and no log reads that.
            shell.set_var("NO_COLOR", "1");
        }
        Ok(Self { shell, root, target })
    }

    /// The path of something in the repository.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }
}
