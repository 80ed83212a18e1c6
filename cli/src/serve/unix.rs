//! Clients on a Unix socket that the owner alone may open: the file's permissions are the key.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::Path;

use creel::protocol::{RpcError, refusal};
use smol::net::unix::UnixListener;

use super::accept::{MAX_CLIENTS, serve_each};
use super::connection::converse;
use super::lines::{LineWriter, Lines};
use super::{Stopped, Threads, dispatcher};
use crate::failure::Failure;

pub(super) async fn serve(
    threads: &Threads,
    path: &Path,
    stopped: &Stopped,
) -> Result<(), Failure> {
    let listener = bind(path)?;
    let own = fs::metadata(path).map(|file| file.ino()).ok();
    writeln!(io::stdout(), "listening on unix:{}", path.display())?;
    let full = RpcError {
        code: -32603,
        message: format!("the server has {MAX_CLIENTS} clients already"),
        data: None,
    };
    let accept = async || Ok(listener.accept().await?.0);
    let talk = async |stream: smol::net::unix::UnixStream| {
        let mut messages = Lines::new(stream.clone());
        converse(&dispatcher(threads), &mut messages, &mut LineWriter(stream), stopped).await
    };
    serve_each(accept, talk, format!("{}\n", refusal("", full)).as_bytes(), stopped).await;
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
