//! A server that runs, clients that talk to it in lines, and stores that are made for it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use creel::storage::SqliteStorage;
use creel::{CreateThread, Store, StoreOptions, SystemEnv};
use futures_lite::future::block_on;
use serde_json::{Value, json};

/// No answer takes as long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A server; it is killed with the test.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
}

impl Server {
    /// Starts a server that listens somewhere else than on its standard input.
    pub(crate) fn listening(store: &Path, args: &[&str]) -> (Self, String) {
        let mut command = command(store, args);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let said = first_line(child.stdout.take().unwrap());
        let address = said.strip_prefix("listening on ").unwrap_or_else(|| panic!("{said}"));
        (Self { child }, address.to_owned())
    }

    /// Starts a server of many stores, and returns where it listens and where it tells of itself.
    pub(crate) fn of_many(stores: &str, tokens: &Path, args: &[&str]) -> (Self, Addresses) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_creel"));
        command.args(["serve", "--stores", stores, "--listen", "ws://127.0.0.1:0"]);
        command.args(["--admin", "127.0.0.1:0", "--tokens"]).arg(tokens).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut after = |beginning: &str| {
            let line = lines.next().unwrap().unwrap();
            line.strip_prefix(beginning).unwrap_or_else(|| panic!("{line}")).to_owned()
        };
        let admin = after("health and metrics on http://");
        let listen = after("listening on ");
        (Self { child }, Addresses { listen, admin })
    }

    /// Ends the server in an orderly way, and returns what it logged.
    pub(crate) fn log(mut self) -> String {
        self.signal("-TERM");
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert_eq!(self.ended().code(), Some(0), "{log}");
        log
    }

    /// The memory that the process has now, in megabytes, where the system tells.
    pub(crate) fn memory(&self) -> Option<u64> {
        self.status("VmRSS:")
    }

    /// Starts a server with a client on its standard input and output.
    pub(crate) fn stdio(store: &Path) -> (Self, Client<ChildStdin>) {
        let (server, input, output) = Self::bare(store);
        (server, Client::new(input, output))
    }

    /// Starts a server and returns its standard input and output.
    pub(crate) fn bare(store: &Path) -> (Self, ChildStdin, ChildStdout) {
        let mut command = command(store, &[]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        (Self { child }, input, output)
    }

    pub(crate) fn signal(&self, name: &str) {
        let kill = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(kill.unwrap().success());
    }

    /// Waits for the end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "the server does not end");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// The most memory that the process ever had, in megabytes, where the system tells.
    pub(crate) fn peak(&self) -> Option<u64> {
        self.status("VmHWM:")
    }

    fn status(&self, field: &str) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with(field))?;
        Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
    }
}

/// Where a server is reached.
#[derive(Debug)]
pub(crate) struct Addresses {
    pub(crate) listen: String,
    admin: String,
}

impl Addresses {
    /// Asks the server of itself, over HTTP; returns the status and the text.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.admin).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), text.to_owned())
    }

    /// Reads one of the metrics.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let (_, text) = self.get("/metrics");
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
        line.unwrap_or_else(|| panic!("{name} is not in\n{text}")).parse().unwrap()
    }
}

/// Makes a token for a store.
pub(crate) fn token(tokens: &Path, store: &str, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_creel"));
    command.arg("token").arg("--tokens").arg(tokens).args(["--store", store]).args(args);
    let made = command.output().unwrap();
    assert!(made.status.success(), "{made:?}");
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn command(store: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_creel"));
    command.arg("serve").arg("--store").arg(store).args(args).env_remove("CREEL_TOKEN");
    command
}

fn first_line(output: impl Read + Send + 'static) -> String {
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

/// A client that sends and receives lines.
#[derive(Debug)]
pub(crate) struct Client<W> {
    input: Option<W>,
    output: Receiver<Value>,
    asked: u64,
    /// What was received beside answers, in order.
    pub(crate) told: Vec<Value>,
}

impl<W: Write> Client<W> {
    pub(crate) fn new(input: W, output: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines() {
                let Ok(line) = line else { return };
                if sender.send(serde_json::from_str(&line).unwrap()).is_err() {
                    return;
                }
            }
        });
        Self { input: Some(input), output: receiver, asked: 0, told: Vec::new() }
    }

    /// Introduces the client.
    pub(crate) fn ready(mut self) -> Self {
        let params = json!({"clientInfo": {"name": "test", "version": "1"},
                            "capabilities": {"experimentalApi": true}});
        self.ask("initialize", params).unwrap();
        self.send(r#"{"method":"initialized"}"#);
        self
    }

    pub(crate) fn send(&mut self, line: &str) {
        self.send_bytes(line.as_bytes());
        self.send_bytes(b"\n");
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
    }

    /// Returns the next message, and none when the server has closed.
    pub(crate) fn next(&mut self) -> Option<Value> {
        use std::sync::mpsc::RecvTimeoutError::{Disconnected, Timeout};
        match self.output.recv_timeout(PATIENCE) {
            Ok(message) => Some(message),
            Err(Disconnected) => None,
            Err(Timeout) => panic!("the server says nothing"),
        }
    }

    /// Sends a line and returns the answer to it, which must be the next message.
    pub(crate) fn answer(&mut self, line: &str) -> Value {
        self.send(line);
        self.next().unwrap()
    }

    /// Calls a method; what else is received before the answer is kept in `told`.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.asked += 1;
        self.send(&json!({"id": self.asked, "method": method, "params": params}).to_string());
        loop {
            let mut message = self.next().unwrap();
            if message["id"] != self.asked {
                assert!(message.get("method").is_some(), "{message}");
                self.told.push(message);
                continue;
            }
            return match message.get("error") {
                Some(error) => Err(error.clone()),
                None => Ok(message["result"].take()),
            };
        }
    }

    /// Returns the next notification, and its thread.
    pub(crate) fn told(&mut self) -> (String, Value) {
        let message = if self.told.is_empty() { self.next().unwrap() } else { self.told.remove(0) };
        let params = &message["params"];
        let thread = params.get("threadId").unwrap_or(&params["thread"]["id"]);
        (message["method"].as_str().unwrap().to_owned(), thread.clone())
    }

    /// Sends nothing more.
    pub(crate) fn finish(&mut self) {
        self.input = None;
    }
}

/// Makes a store with a root and sub-agents below it, and returns the root's id.
pub(crate) fn tree(store: &Path, children: usize) -> String {
    block_on(async {
        let storage = SqliteStorage::open(store).await.unwrap();
        let env = Arc::new(SystemEnv::new());
        let store = Store::open(storage, env, StoreOptions::default()).await.unwrap();
        let root = store.create(CreateThread::default()).await.unwrap().id;
        let child = || CreateThread { parent_thread_id: Some(root), ..CreateThread::default() };
        let created: Vec<_> = (0..children).map(|_| store.create(child())).collect();
        for created in futures_util::future::join_all(created).await {
            created.unwrap();
        }
        store.close().await.unwrap();
        root.to_string()
    })
}
