//! Directories that a measurement works on: prepared once, copied for each use.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Copies a directory with everything in it to a place where nothing is.
///
/// # Errors
/// When a file can't be read or written.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("no directory {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Removes a directory with everything in it, if it is there.
///
/// # Errors
/// When it can't be removed.
pub(crate) fn remove(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Returns the directory `name` of `dir`, filled by `fill` unless an earlier run has filled it whole.
///
/// # Errors
/// Those of `fill`; what it left is removed by the next call.
pub(crate) fn prepared(
    dir: &Path,
    name: &str,
    fill: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let ready = dir.join(name);
    if !ready.is_dir() {
        eprintln!("preparing {name}");
        let making = dir.join(format!("{name}.making"));
        remove(&making)?;
        fs::create_dir_all(&making)?;
        fill(&making)?;
        fs::rename(&making, &ready)?;
    }
    Ok(ready)
}
