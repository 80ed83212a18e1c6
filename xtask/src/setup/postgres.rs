//! Finds PostgreSQL's programs, or installs Debian's.

use std::path::PathBuf;

use super::apt;
use crate::workspace::Workspace;

/// Where Debian and its kin put the programs, a directory a version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// Returns the directory of PostgreSQL's programs: the one that the variable `CREEL_POSTGRES` names, or the newest that
/// is installed; none where there is none and none can be installed.
pub(crate) fn find_or_install(workspace: &Workspace) -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CREEL_POSTGRES") {
        return Some(named.into());
    }
    if let Some(newest) = newest() {
        return Some(newest);
    }
    if let Err(error) = apt::install(workspace, &["postgresql"]) {
        println!("{error:#}");
    }
    newest()
}

fn newest() -> Option<PathBuf> {
    let versions = std::fs::read_dir(VERSIONS).ok()?;
    let number = |entry: std::fs::DirEntry| entry.file_name().to_str()?.parse::<u32>().ok();
    let newest = versions.filter_map(|entry| number(entry.ok()?)).max()?;
    let programs = PathBuf::from(format!("{VERSIONS}/{newest}/bin"));
    programs.join("initdb").is_file().then_some(programs)
}
