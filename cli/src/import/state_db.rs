//! Reads the spawn edges of a Codex state database, which another program may be writing.
//!
//! It works on a copy, so that the source is only read: opening a database in place makes files
//! beside it, and reading past its log would miss what is not in the database yet.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use creel::EdgeStatus;
use creel::import::SpawnEdge;
use rusqlite::Connection;

/// Reads `thread_spawn_edges`; a database without that table has none.
pub(super) fn spawn_edges(database: &Path) -> Result<Vec<SpawnEdge>, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let copy = copy(database, folder.path())?;
    read(&copy).map_err(|error| error.to_string())
}

/// Copies the database and its log as they are at one moment.
fn copy(database: &Path, folder: &Path) -> Result<PathBuf, String> {
    const ATTEMPTS: u32 = 20;
    const PAUSE: Duration = Duration::from_millis(50);
    let log = beside(database, "-wal");
    let target = folder.join("state.sqlite");
    let target_log = beside(&target, "-wal");
    for _ in 0..ATTEMPTS {
        let before = (stamp(database), stamp(&log));
        fs::copy(database, &target).map_err(|error| error.to_string())?;
        match fs::copy(&log, &target_log) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                fs::remove_file(&target_log).or_else(absent).map_err(|error| error.to_string())?;
            }
            Err(error) => return Err(error.to_string()),
        }
        if before == (stamp(database), stamp(&log)) {
            return Ok(target);
        }
        std::thread::sleep(PAUSE);
    }
    Err("it is being written all the time; the edges in it were left out".to_owned())
}

fn read(database: &Path) -> rusqlite::Result<Vec<SpawnEdge>> {
    let connection = Connection::open(database)?;
    if !connection.table_exists(None, "thread_spawn_edges")? {
        return Ok(Vec::new());
    }
    let mut query = connection
        .prepare("SELECT parent_thread_id, child_thread_id, status FROM thread_spawn_edges")?;
    let rows = query.query_map([], |row| {
        let parent: String = row.get(0)?;
        let child: String = row.get(1)?;
        let status: String = row.get(2)?;
        Ok(edge(&parent, &child, &status))
    })?;
    Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// An edge between what are no thread ids leads nowhere.
fn edge(parent: &str, child: &str, status: &str) -> Option<SpawnEdge> {
    let status = if status == "closed" { EdgeStatus::Closed } else { EdgeStatus::Open };
    Some(SpawnEdge {
        parent_thread_id: parent.parse().ok()?,
        child_thread_id: child.parse().ok()?,
        status,
    })
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn stamp(path: &Path) -> Option<(u64, Option<SystemTime>)> {
    fs::metadata(path).ok().map(|metadata| (metadata.len(), metadata.modified().ok()))
}

fn absent(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}
