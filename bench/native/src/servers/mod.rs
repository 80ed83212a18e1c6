//! Creel's server and the reference it answers like, asked the same over JSON-RPC about the same threads.
//!
//! The reference gets a home of rollouts; Creel imports that home. Both are started anew on a fresh copy in
//! every round, since archiving and deleting can't be taken back.

pub(crate) mod client;
mod home;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use uuid::Uuid;

use self::client::Client;
use crate::data;
use crate::files::{copy, prepared, remove};
use crate::lines::Line;
use crate::workloads::timed;

/// How both are called in reports.
const CREEL: &str = "creel serve";
const REFERENCE: &str = "Codex app-server";
/// The lists of a round.
const LISTS: usize = 20;

/// The programs to compare, and how long to do so.
#[derive(Debug)]
pub(crate) struct Servers {
    /// Prepared stores are kept here from run to run.
    pub(crate) data: PathBuf,
    pub(crate) codex: PathBuf,
    pub(crate) creel: PathBuf,
    pub(crate) quick: bool,
}

/// One of the two, with its untouched data and the place where it works on a copy of it.
struct Server<'a> {
    name: &'static str,
    ready: &'a Path,
    live: &'a Path,
    start: &'a dyn Fn() -> Command,
}

impl Servers {
    /// Runs the rounds.
    ///
    /// # Errors
    /// When data can't be prepared. A server that fails is reported as void.
    pub(crate) fn run(&self) -> Result<()> {
        // The reference keeps absolute paths, so its home is always worked on in the same place.
        let (home, store) = (self.data.join("codex-home"), self.data.join("codex-store"));
        let codex = || home::app_server(&self.codex, &home);
        if self.quick && !self.data.join("codex-home-ready").is_dir() {
            let reason = "its home is not made yet, and a quick run does not".into();
            return Line::Void { workload: "", case: "", contender: REFERENCE, reason }.emit();
        }
        let ready = prepared(&self.data, "codex-home-ready", |dir| {
            remove(&home)?;
            home::write(&home)?;
            home::index(&self.codex, &home)?;
            copy(&home, dir)
        })?;
        let imported = prepared(&self.data, "codex-store-ready", |dir| self.import(&ready, dir))?;
        let serve = || {
            let mut command = Command::new(&self.creel);
            command.args(["serve", "--store"]).arg(&store);
            command
        };
        let servers = [
            Server { name: CREEL, ready: &imported, live: &store, start: &serve },
            Server { name: REFERENCE, ready: &ready, live: &home, start: &codex },
        ];
        let rounds = if self.quick { 1 } else { 3 };
        let mut running = [true; 2];
        for round in 1..=rounds {
            for turn in 0..2 {
                let index = (turn + round) % 2;
                let server = &servers[index];
                if running[index]
                    && let Err(error) = self.round(server, round)
                {
                    running[index] = false;
                    let reason = format!("{error:#}");
                    Line::Void { workload: "", case: "", contender: server.name, reason }.emit()?;
                }
            }
        }
        remove(&home)?;
        remove(&store)
    }

    fn import(&self, home: &Path, store: &Path) -> Result<()> {
        let mut command = Command::new(&self.creel);
        command.args(["import", "codex"]).arg(home).arg("--store").arg(store).arg("--json");
        let output = command.stdin(std::process::Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "the import failed: {said}");
        Ok(())
    }

    fn round(&self, server: &Server<'_>, round: usize) -> Result<()> {
        remove(server.live)?;
        copy(server.ready, server.live)?;
        let (first, mut client) = timed(|| {
            let mut client = Client::start((server.start)())?;
            list(&mut client, false)?;
            Ok(client)
        })?;
        let say = |workload: &str, case: &str, values: &[f64]| {
            let contender = server.name;
            Line::Sample { workload, case, contender, round, unit: "ms", values }.emit()
        };
        say("W7", "start to the first list over JSON-RPC, 10,000 threads", &[first])?;
        for (case, database) in [
            ("list 50 of 10,000 over JSON-RPC", false),
            ("list 50 from the database alone over JSON-RPC", true),
        ] {
            let lists = (0..LISTS).map(|_| Ok(timed(|| list(&mut client, database))?.0));
            say("W4", case, &lists.collect::<Result<Vec<_>>>()?)?;
        }
        if !self.quick {
            let [archived, deleted] = home::TREES.map(data::id);
            let of = |thread: Uuid| json!({"threadId": thread});
            let (time, _) = timed(|| client.call("thread/archive", of(archived)))?;
            say("W6", "archive a tree of 1,001 over JSON-RPC", &[time])?;
            let (time, _) = timed(|| client.call("thread/delete", of(deleted)))?;
            say("W5", "delete a tree of 1,001 over JSON-RPC", &[time])?;
            let (time, _) = timed(|| client.call("thread/delete", of(archived)))?;
            say("W5", "delete an archived tree of 1,001 over JSON-RPC", &[time])?;
        }
        let bytes = client.height().context("no VmHWM here")?;
        let case = "serving 10,000 threads over JSON-RPC";
        Line::Memory { workload: "W4", case, contender: server.name, bytes, what: "peak RSS" }
            .emit()?;
        client.end()
    }
}

/// Lists what changed last; the reference looks through its rollouts, too, unless told not to.
fn list(client: &mut Client, database: bool) -> Result<()> {
    let query = json!({
        "limit": 50, "sortKey": "updated_at", "sourceKinds": [], "modelProviders": [],
        "useStateDbOnly": database,
    });
    let page = client.call("thread/list", query)?;
    let found = page["data"].as_array().map_or(0, Vec::len);
    ensure!(found == 50, "{found} threads were listed");
    Ok(())
}
