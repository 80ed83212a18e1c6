//! Debian's package manager, for what rustup and npm can't deliver.

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

use crate::workspace::Workspace;

/// Installs Debian packages, but never at the cost of one that is installed.
///
/// # Errors
/// When there is no `apt-get`, no right to use it, or it can't install the packages.
pub(crate) fn install(workspace: &Workspace, packages: &[&str]) -> Result<()> {
    let shell = &workspace.shell;
    let names = packages.join(" ");
    let _noninteractive = shell.push_env("DEBIAN_FRONTEND", "noninteractive");
    let (root, with) = privilege(shell).with_context(|| format!("cannot install {names}"))?;
    println!("installing with apt-get: {names}");
    // A failed update is no reason to stop: the packages may be known or cached already.
    cmd!(shell, "{root} {with...} apt-get update -qq").quiet().ignore_status().run()?;
    cmd!(
        shell,
        "{root} {with...} apt-get install -y -qq --no-remove --no-install-recommends {packages...}"
    )
    .quiet()
    .run()
    .with_context(|| format!("apt-get could not install {names}"))
}

fn privilege(shell: &Shell) -> Result<(&'static str, &'static [&'static str])> {
    let works = |program: &str, arguments: &[&str]| {
        cmd!(shell, "{program} {arguments...}").quiet().ignore_stderr().read()
    };
    if works("apt-get", &["--version"]).is_err() {
        bail!("this machine has no apt-get");
    }
    if works("id", &["-u"]).is_ok_and(|user| user == "0") {
        return Ok(("env", &[]));
    }
    if works("sudo", &["-n", "true"]).is_ok() {
        return Ok(("sudo", &["-n", "--preserve-env=DEBIAN_FRONTEND"]));
    }
    bail!("apt-get needs root, and sudo asks for a password")
}
