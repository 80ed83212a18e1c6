//! A client on standard input and output: the order of what it receives, and how the server ends.

use std::process::{Command, Stdio};

use serde_json::json;

use super::server::{Server, command, tree};

#[test]
fn an_answer_comes_before_the_notifications_of_its_changes() {
    let folder = tempfile::tempdir().unwrap();
    let root = tree(folder.path(), 3);
    let (_server, client) = Server::stdio(folder.path());
    let mut client = client.ready();
    let of_root = json!({"threadId": root});
    for (method, told) in [
        ("thread/archive", "thread/archived"),
        ("thread/unarchive", "thread/unarchived"),
        ("thread/delete", "thread/deleted"),
    ] {
        client.ask(method, of_root.clone()).unwrap();
        assert_eq!(client.told, Vec::<serde_json::Value>::new(), "{method}");
        let told_of: Vec<_> = (0..4).map(|_| client.told()).collect();
        assert!(told_of.iter().all(|(method, _)| method == told), "{told_of:?}");
        let place = if method == "thread/delete" { 3 } else { 0 };
        assert_eq!(told_of[place].1, root, "{told_of:?}");
    }
}

#[test]
fn requests_sent_at_once_are_answered_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let id = tree(folder.path(), 0);
    let (_server, client) = Server::stdio(folder.path());
    let mut client = client.ready();
    let mut lines = String::new();
    for n in 0..200 {
        let params = json!({"threadId": id, "items": [{"type": "note", "n": n}]});
        let append = json!({"id": n, "method": "creel/items/append", "params": params});
        let read = json!({"id": format!("read {n}"), "method": "creel/items/list",
            "params": {"threadId": id, "sortDirection": "desc", "limit": 1}});
        lines.push_str(&format!("{append}\n{read}\n"));
    }
    client.send_bytes(lines.as_bytes());
    for n in 0..200 {
        assert_eq!(client.next().unwrap()["id"], n);
        let read = client.next().unwrap();
        assert_eq!(read["id"], format!("read {n}"));
        assert_eq!(read["result"]["data"][0]["item"]["n"], n);
    }
}

#[test]
fn what_another_process_does_is_told_without_asking() {
    let folder = tempfile::tempdir().unwrap();
    let root = tree(folder.path(), 0);
    let (_server, client) = Server::stdio(folder.path());
    let mut client = client.ready();
    let mut archive = Command::new(env!("CARGO_BIN_EXE_creel"));
    archive.args(["archive", &root, "--store"]).arg(folder.path()).stdout(Stdio::null());
    assert!(archive.status().unwrap().success());
    assert_eq!(client.told(), ("thread/archived".into(), json!(root)));
}

#[test]
fn the_end_of_the_input_ends_the_server_after_the_last_answer() {
    let folder = tempfile::tempdir().unwrap();
    let id = tree(folder.path(), 0);
    let (mut server, client) = Server::stdio(folder.path());
    let mut client = client.ready();
    for n in 0..50 {
        let params = json!({"threadId": id, "items": [{"type": "note"}]});
        client
            .send(&json!({"id": n, "method": "creel/items/append", "params": params}).to_string());
    }
    // No line break ends the last one.
    client.send_bytes(br#"{"id":"last","method":"thread/list"}"#);
    client.finish();
    for n in 0..50 {
        let answer = client.next().unwrap();
        assert_eq!((&answer["id"], &answer["result"]["count"]), (&json!(n), &json!(1)));
    }
    let last = client.next().unwrap();
    assert_eq!((&last["id"], &last["result"]["data"][0]["id"]), (&json!("last"), &json!(id)));
    assert_eq!(client.next(), None);
    assert_eq!(server.ended().code(), Some(0));

    let (_server, client) = Server::stdio(folder.path());
    let items = client.ready().ask("creel/items/list", json!({"threadId": id, "limit": 100}));
    assert_eq!(items.unwrap()["data"].as_array().unwrap().len(), 50);
}

#[test]
fn half_a_line_and_then_the_end_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, client) = Server::stdio(folder.path());
    let mut client = client.ready();
    client.send_bytes(br#"{"id":7,"method":"thread/li"#);
    client.finish();
    let answer = client.next().unwrap();
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(null), &json!(-32700)));
    assert_eq!(client.next(), None);
    assert_eq!(server.ended().code(), Some(0));
}

#[test]
fn a_client_that_goes_away_without_reading_ends_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = command(folder.path(), &[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    use std::io::Write;
    child.stdin.as_mut().unwrap().write_all(b"{\"id\":1,\"method\":\"initialize\"}\n").unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr), (Some(0), Vec::new()));
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_server_with_everything_kept() {
    for signal in ["-INT", "-TERM"] {
        let folder = tempfile::tempdir().unwrap();
        let id = tree(folder.path(), 0);
        let (mut server, client) = Server::stdio(folder.path());
        let mut client = client.ready();
        client.ask("thread/name/set", json!({"threadId": id, "name": "Kept"})).unwrap();
        server.signal(signal);
        assert_eq!(server.ended().code(), Some(0), "{signal}");
        let (_server, client) = Server::stdio(folder.path());
        let read = client.ready().ask("thread/read", json!({"threadId": id})).unwrap();
        assert_eq!(read["thread"]["name"], "Kept");
    }
}

#[cfg(unix)]
#[test]
fn the_example_of_the_documentation_runs() {
    let document = include_str!("../../../docs/SERVE.md");
    let example = document.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next());
    let folder = tempfile::tempdir().unwrap();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_creel"));
    let path =
        format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-c", example.unwrap()]).current_dir(folder.path()).env("PATH", path);
    let ran = shell.output().unwrap();
    assert!(ran.status.success() && ran.stderr.is_empty(), "{ran:?}");
    let said = String::from_utf8(ran.stdout).unwrap();
    let said: Vec<serde_json::Value> =
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let shape = |message: &serde_json::Value| match message["method"].as_str() {
        Some(method) => method.to_owned(),
        None => format!("{} {}", message["id"], message.get("result").is_some()),
    };
    let shapes: Vec<String> = said.iter().map(shape).collect();
    assert_eq!(shapes, ["1 true", "2 true", "thread/started", "3 true"]);
}
