//! Generated Codex homes, and the command run on them.

#![allow(clippy::unwrap_used, dead_code, reason = "a helper of tests; each uses some of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A Codex home and the directory of a store, gone with the test.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("home/sessions/2026/03/02")).unwrap();
        fs::create_dir_all(folder.path().join("home/archived_sessions")).unwrap();
        Self { folder }
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// Writes the rollout of thread `n` with one message, and returns its path.
    pub(crate) fn rollout(&self, n: u8, parent: Option<u8>, message: &str) -> PathBuf {
        self.write("sessions/2026/03/02", n, parent, message)
    }

    pub(crate) fn archived(&self, n: u8, message: &str) -> PathBuf {
        self.write("archived_sessions", n, None, message)
    }

    fn write(&self, folder: &str, n: u8, parent: Option<u8>, message: &str) -> PathBuf {
        let text = rollout_text(n, parent, message);
        let name = format!("rollout-2026-03-02T09-15-{n:02}-{}.jsonl", id(n));
        let path = self.home().join(folder).join(name);
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn name(&self, n: u8, name: &str) {
        let line = json!({"id": id(n), "thread_name": name, "updated_at": "2026-11-21T02:41:10Z"});
        append(&self.home().join("session_index.jsonl"), &format!("{line}\n"));
    }

    /// Runs the command with the store's directory as its last arguments.
    pub(crate) fn creel(&self, args: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_creel"));
        command.args(args).arg("--store").arg(self.store()).env("TZ", "UTC").stdin(Stdio::null());
        Ran::new(command.output().unwrap())
    }

    pub(crate) fn import(&self) -> Value {
        let home = self.home();
        self.creel(&["import", "codex", home.to_str().unwrap(), "--json"]).json()
    }
}

/// The rollout of thread `n` with one message.
pub(crate) fn rollout_text(n: u8, parent: Option<u8>, message: &str) -> String {
    let mut meta = json!({
        "id": id(n), "timestamp": format!("2026-03-02T09:15:{n:02}Z"), "cwd": "/home/dev",
        "cli_version": "0.169.0", "model_provider": "mock_provider", "source": "cli",
    });
    if let Some(parent) = parent {
        let spawn = json!({"parent_thread_id": id(parent), "depth": 1,
            "agent_nickname": format!("Agent {n}"), "agent_role": null, "agent_path": null});
        meta["source"] = json!({"subagent": {"thread_spawn": spawn}});
    }
    let frame = |kind: &str, payload: Value| json!({"timestamp": "2026-03-02T10:00:00Z", "type": kind, "payload": payload});
    let said = json!({"type": "user_message", "message": message});
    format!("{}\n{}\n", frame("session_meta", meta), frame("event_msg", said))
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn new(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn ok(self) -> String {
        assert_eq!(self.status, 0, "{self:?}");
        self.out
    }

    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.ok()).unwrap()
    }
}

pub(crate) fn id(n: u8) -> String {
    format!("00000000-0000-4000-8000-0000000000{n:02x}")
}

pub(crate) fn append(path: &Path, text: &str) {
    use std::io::Write;
    let mut file = fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// Every file below a directory with its bytes, to see that nothing touched it.
pub(crate) fn snapshot(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = walkdir::WalkDir::new(dir)
        .into_iter()
        .flatten()
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| (entry.path().to_owned(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}
