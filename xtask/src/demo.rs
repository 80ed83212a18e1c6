//! `cargo xtask demo`: the demo, built from the packed package and served on this machine.

use std::io::IsTerminal;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

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
/// When the port is taken, something can't be built, or the server ends by itself.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let address = (Ipv4Addr::LOCALHOST, args.port);
    TcpListener::bind(address)
        .with_context(|| format!("port {} can't be used: choose another with --port", args.port))?;
    let package = package::build(workspace)?;
    let demo = Project::open(workspace, DEMO).context("there is no demo to serve")?;
    demo.install_tarball(&package.tarball.context("there is no package to build the demo from")?)?;
    demo.run("build", &[])?;

    let mut server = Command::new("npm")
        .args(["run", "--silent", "preview", "--", "--host", "127.0.0.1", "--strictPort", "--port"])
        .arg(args.port.to_string())
        .args(should_open(args).then_some("--open"))
        .current_dir(workspace.path(DEMO))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .context("npm doesn't start")?;
    while TcpStream::connect(address).is_err() {
        if let Some(status) = server.try_wait()? {
            bail!("the demo's server ended before it answered: {status}");
        }
        thread::sleep(Duration::from_millis(50));
    }
    println!("\nCreel's demo: http://127.0.0.1:{}/ (Ctrl-C stops it)", args.port);
    let status = server.wait()?;
    ensure!(status.success(), "the demo's server ended: {status}");
    Ok(())
}

/// A browser is opened for a person at a screen, not for a script or a machine without one.
fn should_open(args: &Args) -> bool {
    let has_screen = cfg!(target_os = "macos")
        || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    !args.no_open && has_screen && std::io::stdout().is_terminal()
}
