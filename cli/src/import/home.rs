//! Finds the files of a Codex home.

use std::path::{Path, PathBuf};

use creel::import::codex::{is_compressed_rollout, is_rollout};
use walkdir::WalkDir;

use crate::failure::Failure;

/// The folders of rollouts.
const FOLDERS: [&str; 2] = ["sessions", "archived_sessions"];

/// What a Codex home holds.
#[derive(Debug, Default)]
pub(super) struct Home {
    pub(super) rollouts: Vec<String>,
    pub(super) index: Option<PathBuf>,
    pub(super) state_db: Option<PathBuf>,
    pub(super) goals_db: Option<PathBuf>,
    pub(super) unreadable: Vec<(String, String)>,
}

impl Home {
    /// Looks through a directory; one without a folder of sessions is no home.
    pub(super) fn find(dir: &Path) -> Result<Self, Failure> {
        let folders: Vec<PathBuf> = FOLDERS.iter().map(|folder| dir.join(folder)).collect();
        if !folders.iter().any(|folder| folder.is_dir()) {
            let message = format!(
                "{} is no Codex home: it has neither sessions nor archived_sessions",
                dir.display()
            );
            return Err(Failure::other("not_a_codex_home", message));
        }
        let mut home = Self {
            index: Some(dir.join("session_index.jsonl")).filter(|path| path.is_file()),
            state_db: newest(dir, "state"),
            goals_db: newest(dir, "goals"),
            ..Self::default()
        };
        for folder in folders.iter().filter(|folder| folder.is_dir()) {
            home.walk(folder);
        }
        Ok(home)
    }

    fn walk(&mut self, folder: &Path) {
        for entry in WalkDir::new(folder).follow_links(true).sort_by_file_name() {
            match entry {
                Ok(entry) if entry.file_type().is_file() => self.file(entry.path()),
                Ok(_) => {}
                Err(error) => {
                    let path = error.path().unwrap_or(folder).to_string_lossy().into_owned();
                    self.unreadable.push((path, error.to_string()));
                }
            }
        }
    }

    fn file(&mut self, path: &Path) {
        let Some(path) = path.to_str() else {
            let reason = "its name is no text".to_owned();
            return self.unreadable.push((path.to_string_lossy().into_owned(), reason));
        };
        if is_rollout(path) || is_compressed_rollout(path) {
            self.rollouts.push(path.to_owned());
        }
    }
}

/// Finds `<name>_<n>.sqlite` with the greatest number.
fn newest(dir: &Path, name: &str) -> Option<PathBuf> {
    let numbered = |path: PathBuf| {
        let number = path.file_name()?.to_str()?.strip_prefix(name)?.strip_prefix('_')?;
        let number = number.strip_suffix(".sqlite")?.parse::<u64>().ok()?;
        Some((number, path))
    };
    let entries = std::fs::read_dir(dir).ok()?;
    let found = entries.flatten().map(|entry| entry.path()).filter_map(numbered);
    found.max_by_key(|(number, _)| *number).map(|(_, path)| path)
}
