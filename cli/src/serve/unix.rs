//! Clients on a Unix socket that the owner alone may open: the file's permissions are the key.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::rc::Rc;

use creel::protocol::{RpcError, refusal};
use smol::net::unix::UnixListener;

use super::accept::serve_each;
use super::desk::Desk;
use super::lines::{LineWriter, Lines};
use super::source::ONLY;
use super::stores::Lease;
use super::{NOBODY, Server, serve_client};
use crate::failure::Failure;

pub(super) async fn serve(server: &Rc<Server>, lease: Lease, path: &Path) -> Result<(), Failure> {
    let listener = bind(path)?;
    let own = fs::metadata(path).map(|file| file.ino()).ok();
    writeln!(io::stdout(), "listening on unix:{}", path.display())?;
    let full = RpcError {
        code: -32603,
        message: format!("the server has {} clients already", server.limits.max_connections),
        data: None,
    };
    let accept = async || Ok(listener.accept().await?.0);
    let name = server.stores.source().only().unwrap_or(ONLY);
    let desk = Desk { metrics: server.metrics.clone(), bucket: None, read_only: false };
    let talk = async |stream: smol::net::unix::UnixStream| {
        let lease = server.stores.lease(name).await.map_err(|_| io::ErrorKind::NotConnected)?;
        let mut messages = Lines::new(stream.clone(), server.limits.max_message);
        let mut answers = LineWriter(stream);
        serve_client(server, (NOBODY, ONLY), lease, &desk, &mut messages, &mut answers).await
    };
    serve_each(server, accept, talk, format!("{}\n", refusal("", full)).as_bytes()).await;
    // It kept the store open.
    drop(lease);
    // Another server may have taken the place of a socket that someone removed.
    if own.is_some() && fs::metadata(path).map(|file| file.ino()).ok() == own {
        let _ = fs::remove_file(path);
    }
    Ok(())
}

/// Binds the socket beside its place and moves it there, so that it is never open to others.
fn bind(path: &Path) -> Result<UnixListener, Failure> {
    let failed = |error: io::Error| {
        Failure::other("listen", format!("{} can't be listened on: {error}", path.display()))
    };
    if let Ok(there) = fs::symlink_metadata(path) {
        if !there.file_type().is_socket() {
            let message = format!("{} is there already, and no socket", path.display());
            return Err(Failure::other("listen", message));
        }
        // Nobody answers on one that a killed server left.
        if UnixStream::connect(path).is_ok() {
            let message = format!("another server listens on {}", path.display());
            return Err(Failure::other("listen", message));
        }
    }
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let private = tempfile::Builder::new().prefix(".creel-").tempdir_in(parent).map_err(failed)?;
    let socket = private.path().join("s");
    let listener = UnixListener::bind(&socket).map_err(failed)?;
    fs::set_permissions(&socket, Permissions::from_mode(0o600)).map_err(failed)?;
    fs::rename(&socket, path).map_err(failed)?;
    Ok(listener)
}
