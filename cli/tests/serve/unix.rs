//! Clients on a Unix socket: who may open it, and several of them at once.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use serde_json::json;

use super::server::{Client, Server, command, tree};

fn connect(socket: &Path) -> Client<UnixStream> {
    let stream = UnixStream::connect(socket).unwrap();
    Client::new(stream.try_clone().unwrap(), stream)
}

fn listen(store: &Path, socket: &Path) -> Server {
    let listen = format!("unix:{}", socket.display());
    let (server, address) = Server::listening(store, &["--listen", &listen]);
    assert_eq!(address, listen);
    server
}

#[test]
fn clients_of_one_store_hear_of_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let (store, socket) = (folder.path().join("store"), folder.path().join("s"));
    let id = tree(&store, 0);
    let mut server = listen(&store, &socket);
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let (mut one, mut two) = (connect(&socket).ready(), connect(&socket).ready());
    two.ask("thread/archive", json!({"threadId": id})).unwrap();
    for client in [&mut one, &mut two] {
        assert_eq!(client.told(), ("thread/archived".into(), json!(id)));
    }
    two.finish();
    drop(two);
    one.ask("thread/unarchive", json!({"threadId": id})).unwrap();
    server.signal("-TERM");
    assert_eq!(server.ended().code(), Some(0));
    assert_eq!(one.told(), ("thread/unarchived".into(), json!(id)));
    assert_eq!(one.next(), None);
    assert!(!socket.exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "only the store is left");
}

#[test]
fn what_a_killed_server_left_is_replaced_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let (store, socket) = (folder.path().join("store"), folder.path().join("s"));
    drop(UnixListener::bind(&socket).unwrap());
    let server = listen(&store, &socket);
    let refused = |reason: &str| {
        let listen = format!("unix:{}", socket.display());
        let ended = command(&store, &["--listen", &listen]).output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{said}");
        assert!(said.contains(reason), "{said}");
    };
    refused("another server listens on ");
    connect(&socket).ready();
    drop(server);
    fs::remove_file(&socket).unwrap();
    fs::write(&socket, "a file").unwrap();
    refused(" is there already, and no socket");
    assert_eq!(fs::read_to_string(&socket).unwrap(), "a file");
}

#[test]
fn a_client_that_lets_notifications_pile_up_is_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let (store, socket) = (folder.path().join("store"), folder.path().join("s"));
    let root = tree(&store, 8000);
    let server = listen(&store, &socket);
    let mut idle = UnixStream::connect(&socket).unwrap();
    idle.write_all(b"{\"id\":0,\"method\":\"initialize\"}\n").unwrap();
    let mut busy = UnixStream::connect(&socket).unwrap();
    let mut lines = BufReader::new(busy.try_clone().unwrap()).lines();
    let mut ask = |request: &str| {
        writeln!(busy, "{request}").unwrap();
        lines.find(|line| line.as_ref().unwrap().starts_with("{\"id\":")).unwrap().unwrap()
    };
    ask(r#"{"id":0,"method":"initialize"}"#);
    // Each call is some 900 KB of notifications; 16 MB may wait.
    for _ in 0..12 {
        for method in ["thread/archive", "thread/unarchive"] {
            let request = json!({"id": 1, "method": method, "params": {"threadId": root}});
            let answer = ask(&request.to_string());
            assert!(answer.starts_with(r#"{"id":1,"result":"#), "{answer}");
        }
    }
    // What is on its way can be read, and then there is the end.
    let mut received = Vec::new();
    let ended = idle.read_to_end(&mut received);
    assert!(ended.is_ok() && received.len() < 16 * 1024 * 1024, "{ended:?}");
    assert!(server.peak().is_none_or(|peak| peak < 100), "{:?} MB", server.peak());
    assert!(ask(r#"{"id":2,"method":"thread/list"}"#).starts_with(r#"{"id":2,"result":"#));
}
