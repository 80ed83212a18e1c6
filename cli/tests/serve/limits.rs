//! What no client may do: make the server fail, fall silent, or hold what is sent to it.

use std::io::Write;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::server::{Client, Server, tree};

const MB: usize = 1024 * 1024;

#[test]
fn whatever_is_sent_is_answered_and_the_next_request_too() {
    let folder = tempfile::tempdir().unwrap();
    let id = tree(folder.path(), 0);
    let (_server, client) = Server::stdio(folder.path());
    let mut client = client.ready();
    let deep = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let list = |field: &str, value: &str| {
        format!(r#"{{"id":1,"method":"thread/list","params":{{"{field}":{value}}}}}"#)
    };
    let (long, null) = ("9".repeat(MB), json!(null));
    let cases: Vec<(String, Value, i64)> = vec![
        ("nonsense".into(), null.clone(), -32700),
        ("{\"id\":1,".into(), null.clone(), -32700),
        ("\u{0}".into(), null.clone(), -32700),
        ("{}{}".into(), null.clone(), -32700),
        ("\"text\"".into(), null.clone(), -32600),
        ("[{\"id\":1,\"method\":\"thread/list\"}]".into(), null.clone(), -32600),
        (deep(MB), null.clone(), -32600),
        ("[".repeat(MB), null.clone(), -32700),
        (r#"{"id":1,"id":2,"method":"thread/list"}"#.into(), json!(1), -32600),
        (r#"{"id":1}"#.into(), json!(1), -32600),
        (r#"{"id":1,"method":5}"#.into(), json!(1), -32600),
        (r#"{"id":{"a":1},"method":"thread/list"}"#.into(), null.clone(), -32600),
        (format!(r#"{{"id":{long},"method":"thread/list"}}"#), null.clone(), -32600),
        (format!(r#"{{"id":"{long}","method":"thread/list"}}"#), null.clone(), -32600),
        (format!(r#"{{"id":1,"method":"{long}"}}"#), json!(1), -32600),
        (r#"{"id":1,"method":"thread/list","params":5}"#.into(), json!(1), -32600),
        (list("limit", "\"ten\""), json!(1), -32600),
        (list("limit", &long), json!(1), -32600),
        (list("cursor", &format!("\"{long}\"")), json!(1), -32600),
        (list("searchTerm", &deep(MB)), json!(1), -32600),
        (
            format!(
                r#"{{"id":1,"method":"creel/items/append","params":{{"threadId":"{id}","items":[{{"type":"a","deep":{}}}]}}}}"#,
                deep(1000)
            ),
            json!(1),
            -32600,
        ),
    ];
    for (line, id, code) in cases {
        let answer = client.answer(&line);
        let shown = &line[..line.len().min(100)];
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&id, &json!(code)), "{shown}");
        let said = answer["error"]["message"].as_str().unwrap();
        assert!(!said.is_empty() && said.len() < 5000, "{shown}: {} bytes", said.len());
        assert_eq!(client.answer(r#"{"id":"alive","method":"thread/list"}"#)["id"], "alive");
    }
    client.send_bytes(b"\xff\xfe{}\n");
    assert_eq!(client.next().unwrap()["error"]["message"], "the message is not UTF-8");
    let deep_and_unknown = list("unknown", &deep(MB));
    assert_eq!(client.answer(&deep_and_unknown)["result"]["data"][0]["id"], id);
}

#[test]
fn a_line_of_100_mb_is_refused_without_being_held() {
    let folder = tempfile::tempdir().unwrap();
    let id = tree(folder.path(), 0);
    let (server, client) = Server::stdio(folder.path());
    let mut client = client.ready();
    let before = server.peak();
    let megabyte = vec![b'x'; MB];
    for size in [100, 100, 400] {
        client.send_bytes(br#"{"id":7,"method":"thread/list","params":{"unknown":""#);
        for _ in 0..size {
            client.send_bytes(&megabyte);
        }
        client.send_bytes(b"\"}}\n");
        let answer = client.next().unwrap();
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(7), &json!(-32600)));
        assert_eq!(answer["error"]["data"], json!({"code": "too_large", "retryable": false}));
        let limit = creel::limits::MAX_MESSAGE;
        let message = format!("message is {} long, the limit is {limit}", size * MB + 55);
        assert_eq!(answer["error"]["message"], message);
        assert!(client.ask("thread/read", json!({"threadId": id})).is_ok());
    }
    if let (Some(before), Some(peak)) = (before, server.peak()) {
        // What may be a message is held; what can't be one is not.
        let held = peak - before;
        assert!(held <= 65 + 10, "{held} MB more than the {before} MB before");
    }
}

#[test]
fn a_client_that_does_not_read_is_not_read_from() {
    let folder = tempfile::tempdir().unwrap();
    let id = tree(folder.path(), 0);
    let (mut first, client) = Server::stdio(folder.path());
    let mut client = client.ready();
    let item = json!({"type": "note", "text": "x".repeat(MB)});
    client.ask("creel/items/append", json!({"threadId": id, "items": [item]})).unwrap();
    client.finish();
    first.ended();

    // Answers of 1 MB each, to a client that sends all requests before it reads.
    const REQUESTS: usize = 100;
    let (server, mut input, output) = Server::bare(folder.path());
    let (sent, sending) = channel();
    let writer = thread::spawn(move || {
        let params = json!({"threadId": id, "ignored": "x".repeat(10 * 1024)});
        writeln!(input, r#"{{"id":0,"method":"initialize"}}"#).unwrap();
        for n in 1..=REQUESTS {
            let request = json!({"id": n, "method": "creel/items/list", "params": params});
            writeln!(input, "{request}").unwrap();
            sent.send(n).unwrap();
        }
    });
    let taken = std::iter::from_fn(|| sending.recv_timeout(Duration::from_secs(2)).ok()).last();
    assert!(taken.unwrap() < REQUESTS, "all requests were taken");
    if let Some(peak) = server.peak() {
        assert!(peak < 40, "{peak} MB");
    }
    let mut client = Client::new(std::io::sink(), output);
    for n in 0..=REQUESTS {
        assert_eq!(client.next().unwrap()["id"], n);
    }
    writer.join().unwrap();
}
