//! LangGraph's checkpointer, the real package, in a Node process that is asked over its standard input and says how
//! long each call took. `bench/langgraph` says how the workloads are put to it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::contenders::Contender;
use crate::data::Spec;
use crate::servers::client::Client;

/// The process, and what it said last.
#[derive(Debug)]
pub(super) struct LangGraph {
    client: Client,
    took: Option<f64>,
}

impl LangGraph {
    /// Starts a process for a database.
    pub(super) fn open(program: &Path, url: &str, strict: bool) -> Result<Self> {
        let mut command = Command::new("node");
        command.arg(program).arg(url).arg(if strict { "strict" } else { "relaxed" });
        Ok(Self { client: Client::spawn(command)?, took: None })
    }

    fn call(&mut self, method: &str, params: Value) -> Result<usize> {
        let answer = self.client.call(method, params)?;
        self.took = answer["ms"].as_f64();
        let found = answer["found"].as_u64().context("it did not say how many")?;
        Ok(usize::try_from(found)?)
    }
}

/// A thread as the process is told of it.
fn spec(thread: &Spec, items: Vec<String>) -> Value {
    json!({"thread": thread.id, "parent": thread.parent, "name": thread.name, "items": items})
}

impl Contender for LangGraph {
    fn create(&mut self, threads: &[Spec]) -> Result<()> {
        let threads: Vec<_> = threads.iter().map(|thread| spec(thread, Vec::new())).collect();
        self.call("create", json!({"threads": threads})).map(drop)
    }

    fn append(&mut self, thread: Uuid, items: &[String]) -> Result<()> {
        self.call("append", json!({"thread": thread, "items": items})).map(drop)
    }

    fn append_at_once(&mut self, items: &[(Uuid, String)]) -> Result<()> {
        let items: Vec<_> =
            items.iter().map(|(thread, item)| json!({"thread": thread, "items": [item]})).collect();
        self.call("appendAtOnce", json!({"items": items})).map(drop)
    }

    fn load(&mut self, thread: Uuid) -> Result<usize> {
        self.call("load", json!({"thread": thread}))
    }

    fn newest(&mut self, limit: usize) -> Result<usize> {
        self.call("newest", json!({"limit": limit}))
    }

    fn children(&mut self, parent: Uuid, limit: usize) -> Result<usize> {
        self.call("children", json!({"parent": parent, "limit": limit}))
    }

    fn archive(&mut self, _: Uuid) -> Result<usize> {
        bail!("it has no archive")
    }

    fn unarchive(&mut self, _: Uuid) -> Result<()> {
        bail!("it has no archive")
    }

    fn delete(&mut self, root: Uuid, committed: &mut dyn FnMut()) -> Result<()> {
        let deleted = self.call("delete", json!({"root": root}))?;
        let members = crate::data::TREE_DESCENDANTS + 1;
        ensure!(deleted as u64 == members, "{deleted} threads were deleted");
        committed();
        Ok(())
    }

    fn fill(&mut self, threads: &[Spec], size: usize) -> Result<()> {
        for some in threads.chunks(500) {
            let some: Vec<_> = some.iter().map(|thread| spec(thread, thread.items(size))).collect();
            self.call("fill", json!({"threads": some}))?;
        }
        Ok(())
    }

    fn took(&self) -> Option<f64> {
        self.took
    }

    fn archives(&self) -> bool {
        false
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.client.end()
    }
}
