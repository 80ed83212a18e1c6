//! A client of a server on standard input and output: JSON-RPC, a message a line, one call at a time.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::machine;

/// A server that was started for this, and is ended with it.
#[derive(Debug)]
pub(crate) struct Client {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    calls: u64,
}

impl Client {
    /// Starts a server and shakes hands with it.
    ///
    /// # Errors
    /// When it can't be started or does not answer.
    pub(crate) fn start(command: Command) -> Result<Self> {
        let mut client = Self::spawn(command)?;
        let info = json!({"name": "creel-bench", "title": null, "version": "0"});
        let capabilities = json!({"experimentalApi": true});
        client.call("initialize", json!({"clientInfo": info, "capabilities": capabilities}))?;
        client.say(&json!({"method": "initialized"}))?;
        Ok(client)
    }

    /// Starts a server that shakes no hands.
    ///
    /// # Errors
    /// When it can't be started.
    pub(crate) fn spawn(mut command: Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{command:?} can't be started"))?;
        let to = child.stdin.take();
        let from = BufReader::new(child.stdout.take().context("no output")?);
        Ok(Self { child, to, from, calls: 0 })
    }

    /// Calls a method and waits for its answer; notifications on the way are passed over.
    ///
    /// # Errors
    /// The server's, and when it ends.
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Result<Value> {
        self.calls += 1;
        self.say(&json!({"id": self.calls, "method": method, "params": params}))?;
        let mut line = String::new();
        loop {
            line.clear();
            if self.from.read_line(&mut line)? == 0 {
                bail!("the server ended in a call of {method}");
            }
            let mut answer: Value = serde_json::from_str(&line)?;
            if answer.get("method").is_some() || answer["id"] != json!(self.calls) {
                continue;
            }
            if let Some(error) = answer.get("error") {
                bail!("{method} was answered with {error}");
            }
            return Ok(answer["result"].take());
        }
    }

    /// The height of the server's memory in bytes, where the system tells.
    pub(crate) fn height(&self) -> Option<u64> {
        let height = machine::field(&format!("/proc/{}/status", self.child.id()), "VmHWM")?;
        Some(height.trim_end_matches("kB").trim().parse::<u64>().ok()? * 1024)
    }

    /// Ends the server as a client does that goes away.
    ///
    /// # Errors
    /// When it can't be waited for.
    pub(crate) fn end(mut self) -> Result<()> {
        self.to = None;
        for _ in 0..200 {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        Ok(())
    }

    fn say(&mut self, message: &Value) -> Result<()> {
        let to = self.to.as_mut().context("the server is ending")?;
        to.write_all(format!("{message}\n").as_bytes())?;
        Ok(to.flush()?)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Nothing can be done about a process that can't be ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
