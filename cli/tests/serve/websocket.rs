//! Clients over WebSocket: who is let in, and what only this transport can do wrong.

use std::fs;
use std::net::TcpStream;
use std::path::Path;

use async_tungstenite::tungstenite::client::IntoClientRequest;
use async_tungstenite::tungstenite::handshake::client::Response;
use async_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use async_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use async_tungstenite::tungstenite::{self, Error, Message, WebSocket};
use serde_json::{Value, json};

use super::server::{PATIENCE, Server, command, tree};

const TOKEN: &str = "6f1c2b7d9e";

fn listen(folder: &Path, args: &[&str]) -> (Server, String) {
    let token = folder.join("token");
    fs::write(&token, format!("{TOKEN}\n")).unwrap();
    let token = token.to_str().unwrap();
    let always = ["--listen", "ws://127.0.0.1:0", "--token-file", token];
    Server::listening(&folder.join("store"), &[&always, args].concat())
}

/// Connects with these headers; a refusal is the status.
pub(crate) fn connect(
    address: &str,
    headers: &[(&'static str, &str)],
) -> Result<(WebSocket<TcpStream>, Response), u16> {
    let mut request = address.into_client_request().unwrap();
    for (name, value) in headers {
        let value = HeaderValue::from_str(value).unwrap();
        request.headers_mut().append(HeaderName::from_static(name), value);
    }
    let place = address.strip_prefix("ws://").unwrap();
    let stream = TcpStream::connect(place.split('/').next().unwrap()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    match tungstenite::client(request, stream) {
        Ok(connected) => Ok(connected),
        Err(tungstenite::HandshakeError::Failure(Error::Http(refusal))) => {
            Err(refusal.status().as_u16())
        }
        Err(error) => panic!("{error}"),
    }
}

pub(crate) fn let_in(address: &str) -> WebSocket<TcpStream> {
    let bearer = format!("Bearer {TOKEN}");
    let (mut client, _) = connect(address, &[("authorization", &bearer)]).unwrap();
    assert!(ask(&mut client, "initialize", json!({})).get("result").is_some());
    client
}

pub(crate) fn next(client: &mut WebSocket<TcpStream>) -> Value {
    serde_json::from_str(client.read().unwrap().to_text().unwrap()).unwrap()
}

pub(crate) fn ask(client: &mut WebSocket<TcpStream>, method: &str, params: Value) -> Value {
    let request = json!({"id": method, "method": method, "params": params});
    client.send(Message::text(request.to_string())).unwrap();
    let answer = next(client);
    assert_eq!(answer["id"], method, "{answer}");
    answer
}

#[test]
fn only_the_token_and_named_origins_are_let_in() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, address) = listen(folder.path(), &["--allow-origin", "http://localhost:5173"]);
    let (right, wrong) = (format!("Bearer {TOKEN}"), format!("Bearer {TOKEN}0"));
    let status = |headers: &[(&'static str, &str)]| connect(&address, headers).err();
    assert_eq!(status(&[]), Some(401));
    assert_eq!(status(&[("authorization", &wrong)]), Some(401));
    assert_eq!(status(&[("authorization", TOKEN)]), Some(401));
    assert_eq!(status(&[("authorization", "Bearer ")]), Some(401));
    assert_eq!(status(&[("sec-websocket-protocol", "creel, creel.token.wrong")]), Some(401));
    for origin in ["http://localhost:5174", "null", "http://localhost:5173.evil.example", ""] {
        assert_eq!(status(&[("authorization", &right), ("origin", origin)]), Some(403), "{origin}");
    }
    assert_eq!(status(&[("origin", "http://localhost:5173")]), Some(401));
    assert_eq!(status(&[("authorization", &right)]), None);
    assert_eq!(status(&[("authorization", &format!("bearer {TOKEN}"))]), None);
    assert_eq!(status(&[("authorization", &right), ("origin", "http://localhost:5173")]), None);

    let protocols = format!("creel, creel.token.{TOKEN}");
    let (mut page, response) = connect(
        &address,
        &[("sec-websocket-protocol", &protocols), ("origin", "http://localhost:5173")],
    )
    .unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "creel");
    assert!(ask(&mut page, "initialize", json!({})).get("result").is_some());
}

#[test]
fn clients_of_one_store_hear_of_each_other_until_the_server_stops() {
    let folder = tempfile::tempdir().unwrap();
    let id = tree(&folder.path().join("store"), 0);
    let (mut server, address) = listen(folder.path(), &[]);
    let (mut one, mut two) = (let_in(&address), let_in(&address));
    assert!(ask(&mut two, "thread/delete", json!({"threadId": id})).get("result").is_some());
    for client in [&mut one, &mut two] {
        assert_eq!(next(client)["params"]["threadId"], id);
    }
    server.signal("-TERM");
    let Ok(Message::Close(Some(frame))) = one.read() else { panic!("no farewell") };
    assert_eq!(frame.code, CloseCode::Away);
    drop((one, two));
    assert_eq!(server.ended().code(), Some(0));
}

#[test]
fn what_is_too_long_or_no_text_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let (server, address) = listen(folder.path(), &[]);
    let mut other = let_in(&address);
    let mut client = let_in(&address);
    client.send(Message::binary(b"{}".to_vec())).unwrap();
    assert_eq!(next(&mut client)["error"]["code"], -32700);
    assert!(ask(&mut client, "thread/list", json!({})).get("result").is_some());
    let mut client = let_in(&address);
    let before = server.peak();
    // The server does not wait for the rest, so that sending it may fail.
    let _ = client.send(Message::text("x".repeat(100 * 1024 * 1024)));
    let answer = client.read();
    if let Ok(Message::Text(answer)) = answer {
        assert!(answer.contains(r#""code":"too_large""#), "{answer}");
        let Ok(Message::Close(Some(frame))) = client.read() else { panic!("no farewell") };
        assert_eq!(frame.code, CloseCode::Size);
    }
    if let (Some(before), Some(peak)) = (before, server.peak()) {
        assert!(peak - before < 10, "{peak} MB, {before} MB before");
    }
    assert!(ask(&mut other, "thread/list", json!({})).get("result").is_some());
}

#[test]
fn a_server_without_a_token_or_on_a_network_is_not_started() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |args: &[&str], reason: &str| {
        let ended = command(folder.path(), args).output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(2), "{said}");
        assert!(said.contains(reason), "{said}");
    };
    refused(
        &["--listen", "ws://127.0.0.1:0"],
        "ws:// needs a token: --token-file FILE, --tokens FILE or CREEL_TOKEN",
    );
    refused(&["--listen", "ws://0.0.0.0:0"], "0.0.0.0 is not an address of this machine alone");
    refused(&["--listen", "ws://127.0.0.1"], "no address with a port");
    refused(&["--listen", "http://127.0.0.1:1"], "expected stdio:, unix:PATH or ws://ADDRESS:PORT");
    refused(&["--token-file", "t"], "--token-file and --allow-origin are for ws:// alone");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
}
