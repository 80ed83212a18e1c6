//! One server of many stores: what a token opens and what it does not, limits, health, metrics, logs.

use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;

use async_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use async_tungstenite::tungstenite::{Message, WebSocket};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::server::{Addresses, Server, token};
use super::websocket::{connect, next};

/// A directory of stores and the tokens of two of them.
struct Place {
    folder: TempDir,
    tokens: PathBuf,
    a: String,
    b: String,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tokens = folder.path().join("tokens.jsonl");
        let (a, b) = (token(&tokens, "a", &[]), token(&tokens, "b", &[]));
        Self { folder, tokens, a, b }
    }

    fn serve(&self, args: &[&str]) -> (Server, Addresses) {
        Server::of_many(self.stores().to_str().unwrap(), &self.tokens, args)
    }

    fn stores(&self) -> PathBuf {
        self.folder.path().join("stores")
    }
}

/// A typed client.
pub(crate) struct Typed {
    socket: WebSocket<TcpStream>,
    asked: u64,
    /// The changes that it was told of, in order.
    pub(crate) told: Vec<Value>,
}

impl Typed {
    pub(crate) fn enter(address: &str, token: &str) -> Result<Self, u16> {
        let (socket, _) = connect(address, &[("authorization", &format!("Bearer {token}"))])?;
        let mut client = Self { socket, asked: 0, told: Vec::new() };
        let session = format!("test-{}", number());
        client.ask("creel/hello", json!({"session": session})).unwrap();
        Ok(client)
    }

    /// Calls a method; changes that come before the answer are kept.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.send(method, params);
        loop {
            let mut message = self.hear();
            if message["id"] != self.asked {
                continue;
            }
            return match message.get("error") {
                Some(error) => Err(error["data"]["code"].clone()),
                None => Ok(message["result"].take()),
            };
        }
    }

    pub(crate) fn send(&mut self, method: &str, params: Value) {
        self.asked += 1;
        let request = json!({"id": self.asked, "method": method, "params": params});
        self.socket.send(Message::text(request.to_string())).unwrap();
    }

    /// Returns the next message, and keeps the changes in it.
    pub(crate) fn hear(&mut self) -> Value {
        let message = next(&mut self.socket);
        if message["method"] == "creel/changed" {
            self.told.extend(message["params"]["changes"].as_array().unwrap().iter().cloned());
        }
        message
    }

    pub(crate) fn create(&mut self, name: &str) -> Value {
        self.ask("creel/store/create", json!({"options": {"name": name}})).unwrap()["id"].take()
    }
}

/// A number that no other session of a test has.
fn number() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1_000_000_000_000);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[test]
fn a_token_reaches_its_own_store_and_nothing_else() {
    let place = Place::new();
    let (_server, at) = place.serve(&[]);
    let mut a = Typed::enter(&at.listen, &place.a).unwrap();
    let mut b = Typed::enter(&at.listen, &place.b).unwrap();
    let id = a.create("Secret of a");
    for method in ["read", "receipt", "children", "delete", "archive", "items", "truncate", "goal"]
    {
        let answer =
            b.ask(&format!("creel/store/{method}"), json!({"id": id, "length": 0, "count": 1}));
        let nothing = [Err(json!("thread_not_found")), Ok(json!([])), Ok(json!(null))];
        assert!(nothing.contains(&answer), "{method}: {answer:?}");
    }
    assert_eq!(b.ask("thread/read", json!({"threadId": id})), Err(json!("thread_not_found")));
    assert_eq!(b.ask("creel/export", json!({})).unwrap()["progress"]["threads"], 0);
    assert_eq!(b.ask("creel/store/list", json!({})).unwrap()["data"], json!([]));
    assert_eq!(a.ask("creel/store/read", json!({"id": id})).unwrap()["name"], "Secret of a");

    let refused = |address: &str, token: &str| Typed::enter(address, token).err();
    for store in ["b", "../a", "a/../b", "..%2Fb", "A", "a%00", "", "*", "a&store=b"] {
        let status = refused(&format!("{}/?store={store}", at.listen), &place.a).unwrap();
        assert!([400, 403].contains(&status), "{store}: {status}");
    }
    assert_eq!(refused(&format!("{}/?store=a", at.listen), &place.a), None);
    for token in ["", "a", "creel_", &place.a[..place.a.len() - 1], &format!("{}0", place.a)] {
        assert_eq!(refused(&at.listen, token), Some(401), "{token}");
    }
    let hash = fs::read_to_string(&place.tokens).unwrap();
    let hash = serde_json::from_str::<Value>(hash.lines().next().unwrap()).unwrap();
    assert_eq!(refused(&at.listen, hash["sha256"].as_str().unwrap()), Some(401));
    for name in ["token", "access_token", "store=a&token"] {
        let address = format!("{}/?{name}={}", at.listen, place.a);
        assert_eq!(connect(&address, &[]).err(), Some(400), "{name}");
    }
    assert_eq!(connect(&at.listen, &[]).err(), Some(401));
    // The path says nothing, so that a proxy may put the server wherever it likes.
    let mut other = Typed::enter(&format!("{}/b/../stores/b", at.listen), &place.a).unwrap();
    assert_eq!(other.ask("creel/store/list", json!({})).unwrap()["data"][0]["id"], id);
    let mut made: Vec<_> =
        fs::read_dir(place.stores()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    made.sort();
    assert_eq!(made, ["a", "b"]);
}

#[test]
fn logs_and_metrics_hold_no_token_no_name_and_no_content() {
    let place = Place::new();
    let secret = token(&place.tokens, "store-of-a-person", &[]);
    let (server, at) = place.serve(&["--log", "debug"]);
    let mut client = Typed::enter(&at.listen, &secret).unwrap();
    let id = client.create("name-of-a-thread");
    let items = r#"[{"text":"content-of-an-item"}]"#;
    client.ask("creel/store/append", json!({"id": id, "items": items})).unwrap();
    client.ask("creel/store/append", json!({"id": id, "items": "content-of-no-item"})).unwrap_err();
    client.ask("method-of-a-client", json!({})).unwrap_err();
    assert_eq!(connect(&format!("{}/?token={secret}", at.listen), &[]).err(), Some(400));
    assert_eq!(Typed::enter(&at.listen, "token-of-nobody").err(), Some(401));
    drop(client);
    let (_, metrics) = at.get("/metrics");
    let log = server.log();
    assert!(log.lines().count() > 5, "{log}");
    for line in log.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
    let tokens = fs::read_to_string(&place.tokens).unwrap();
    for word in [&*secret, "name-of-a-thread", "content-of", "method-of", "token-of-nobody"] {
        assert!(!log.contains(word) && !metrics.contains(word), "{word}");
        assert!(!tokens.contains(word), "{word}");
    }
    for word in ["store-of-a-person", id.as_str().unwrap()] {
        assert!(!log.contains(word) && !metrics.contains(word), "{word}");
    }
}

#[test]
fn health_and_metrics_tell_how_it_is() {
    let place = Place::new();
    let (_server, at) = place.serve(&["--idle", "1", "--resume", "0"]);
    assert_eq!(at.get("/healthz"), (200, "ok\n".into()));
    assert_eq!(at.get("/nothing").0, 404);
    let mut client = Typed::enter(&at.listen, &place.a).unwrap();
    let id = client.create("One");
    client.ask("creel/store/delete", json!({"id": id, "options": {"grace": 60_000}})).unwrap();
    client.create("Two");
    client.ask("creel/store/read", json!({"id": "nonsense"})).unwrap_err();
    for (name, value) in [
        ("creel_connections", 1),
        ("creel_stores_open", 1),
        ("creel_threads", 1),
        ("creel_deletions_pending", 1),
        (r#"creel_requests_total{method="creel/store/create",outcome="ok"}"#, 2),
        (r#"creel_requests_total{method="creel/store/read",outcome="refused"}"#, 1),
        (r#"creel_request_seconds_count{method="creel/store/create"}"#, 2),
        ("creel_storage_errors_total", 0),
    ] {
        assert_eq!(at.metric(name), value, "{name}");
    }
    assert!(at.metric("creel_commits_total") >= 3);
    drop(client);
    while at.metric("creel_stores_open") > 0 || at.metric("creel_connections") > 0 {}
    fs::remove_dir_all(place.stores()).unwrap();
    assert_eq!(at.get("/healthz").0, 503);
}

#[test]
fn one_client_too_many_is_told_so() {
    let place = Place::new();
    let args = ["--max-connections", "3", "--max-token-connections", "2", "--max-open-stores", "1"];
    let (_server, at) = place.serve(&args);
    let first = Typed::enter(&at.listen, &place.a).unwrap();
    let bearer = format!("Bearer {}", place.b);
    let (mut other, _) = connect(&at.listen, &[("authorization", &bearer)]).unwrap();
    let Ok(Message::Close(Some(frame))) = other.read() else { panic!("no farewell") };
    assert_eq!(
        (frame.code, &*frame.reason),
        (CloseCode::Again, "server_full: as many stores are open as may be")
    );
    // It takes the farewell's answer to be gone.
    while other.read().is_ok() {}
    let second = Typed::enter(&at.listen, &place.a).unwrap();
    assert_eq!(Typed::enter(&at.listen, &place.a).err(), Some(429));
    let held = TcpStream::connect(at.listen.strip_prefix("ws://").unwrap()).unwrap();
    while at.metric("creel_connections") < 3 {}
    assert_eq!(Typed::enter(&at.listen, &place.b).err(), Some(503));
    drop((held, first, second));
}

#[test]
fn what_a_server_needs_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens");
    let store = folder.path().to_str().unwrap();
    let creel = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_creel"));
        let ended = command.args(args).env_remove("CREEL_TOKEN").output().unwrap();
        assert!(!ended.status.success(), "{args:?}");
        String::from_utf8(ended.stderr).unwrap()
    };
    let tokens = tokens.to_str().unwrap();
    let ws = ["--listen", "ws://127.0.0.1:0"];
    for (args, reason) in [
        (&["serve"][..], "--store <PLACE>"),
        (&["serve", "--stores", store], "--tokens"),
        (&["serve", "--stores", store, "--tokens", tokens], "--stores and --tokens are for ws://"),
        (&[&["serve", "--stores", store, "--tokens", tokens], &ws[..]].concat(), "can't be read"),
        (&["serve", "--store", store, "--name", "a"], "--name is for a store in a database"),
        (&["serve", "--store", "postgres://localhost/x"], "--store with a database needs --name"),
        (&["serve", "--store", "env:NO_SUCH_VARIABLE"], "NO_SUCH_VARIABLE is not set"),
        (&["serve", "--store", store, "--max-message", "5"], "it must be 1024 to"),
        (&["serve", "--store", store, "--admin", "0.0.0.0:0"], "say --allow-network"),
        (&["token", "--tokens", tokens, "--store", "../a"], "a store's name has"),
    ] {
        let said = creel(args);
        assert!(said.contains(reason), "{args:?}: {said}");
    }
    assert!(!fs::exists(tokens).unwrap(), "nothing was made");
}
