//! `cargo xtask demo`: the demo, built from the packed package and served on this machine.

use std::io::IsTerminal;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::npm::Project;
use crate::package;
use crate::workspace::{DEMO, Workspace};

/// What `cargo xtask demo` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The port to serve on.
    #[arg(long, default_value_t = 4173)]
    port: u16,
    /// Prints the address and opens no browser.
    #[arg(long)]
    no_open: bool,
}

/// Builds the demo and serves it until Ctrl-C.
///
/// # Errors
/// When the port is taken, something can't be built, or the server doesn't start.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let address = (Ipv4Addr::LOCALHOST, args.port);
    TcpListener::bind(address)
        .with_context(|| format!("port {} can't be used: choose another with --port", args.port))?;
    let package = package::build(workspace)?;
    let demo = Project::open(workspace, DEMO);
    demo.install_tarball(&package.tarball)?;
    demo.run("build", &[])?;

    println!("\nCreel's demo: http://127.0.0.1:{}/ (Ctrl-C stops it)", args.port);
    // The server takes this process's place, so that stopping the one always stops the other.
    let failure = Command::new(workspace.path(DEMO).join("node_modules/.bin/vite"))
        .args(["preview", "--host", "127.0.0.1", "--strictPort", "--port"])
        .arg(args.port.to_string())
        .args(should_open(args).then_some("--open"))
        .current_dir(workspace.path(DEMO))
        .stdin(Stdio::null())
        .exec();
    Err(failure).context("the demo's server doesn't start")
}

/// A browser is opened for a person at a screen, not for a script or a machine without one.
fn should_open(args: &Args) -> bool {
    let has_screen = cfg!(target_os = "macos")
        || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    !args.no_open && has_screen && std::io::stdout().is_terminal()
}
