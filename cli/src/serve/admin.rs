//! `/healthz` and `/metrics` over HTTP, on an address of their own: they are for whoever watches the
//! server, not for its clients.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use futures_lite::future;
use smol::Timer;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::net::{TcpListener, TcpStream};

use super::Server;
use crate::failure::Failure;

/// The longest request, in bytes.
const LONGEST: usize = 8 * 1024;
/// How long a request and its answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the medium may take to answer before it counts as one that does not.
const MEDIUM: Duration = Duration::from_secs(3);

const TEXT: &str = "text/plain; charset=utf-8";
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

struct Answer {
    status: &'static str,
    kind: &'static str,
    text: String,
}

/// Listens, and answers in the background.
pub(super) async fn listen(server: &Rc<Server>, address: SocketAddr) -> Result<(), Failure> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Failure::other("listen", format!("{address} can't be listened on: {error}"))
    })?;
    writeln!(io::stdout(), "health and metrics on http://{}", listener.local_addr()?)?;
    let own = Rc::clone(server);
    let listening = async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                Timer::after(Duration::from_millis(100)).await;
                continue;
            };
            let server = Rc::clone(&own);
            let talk = async move {
                let late = async { _ = Timer::after(PATIENCE).await };
                // Who goes away needs no answer.
                let talk = async { _ = talk(&server, stream).await };
                future::or(talk, late).await;
            };
            own.executor.spawn(talk).detach();
        }
    };
    server.executor.spawn(listening).detach();
    Ok(())
}

async fn talk(server: &Server, mut stream: TcpStream) -> io::Result<()> {
    let mut bytes = Vec::new();
    let answer = loop {
        let mut chunk = [0; 1024];
        let read = stream.read(&mut chunk).await?;
        if read == 0 {
            return Ok(());
        }
        bytes.extend_from_slice(chunk.get(..read).unwrap_or_default());
        if let Some(answer) = answer(server, &bytes).await {
            break answer;
        }
        if bytes.len() > LONGEST {
            break plain("431 Request Header Fields Too Large", "the request is too long\n");
        }
    };
    let Answer { status, kind, text } = answer;
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n",
        text.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(text.as_bytes()).await?;
    stream.close().await
}

/// Answers a request that is there whole.
async fn answer(server: &Server, bytes: &[u8]) -> Option<Answer> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return None,
        Err(_) => return Some(plain("400 Bad Request", "this is no request\n")),
    }
    if request.method != Some("GET") {
        return Some(plain("405 Method Not Allowed", "only GET is answered\n"));
    }
    let path = request.path.unwrap_or_default();
    Some(match path.split_once('?').map_or(path, |(path, _)| path) {
        "/healthz" if healthy(server).await => plain("200 OK", "ok\n"),
        "/healthz" => plain("503 Service Unavailable", "the storage does not answer\n"),
        "/metrics" => {
            server.stores.measure();
            match server.metrics.text() {
                Ok(text) => Answer { status: "200 OK", kind: OPENMETRICS, text },
                Err(_) => plain("500 Internal Server Error", "the metrics can't be written\n"),
            }
        }
        _ => plain("404 Not Found", "there are /healthz and /metrics\n"),
    })
}

async fn healthy(server: &Server) -> bool {
    let late = async {
        Timer::after(MEDIUM).await;
        false
    };
    future::or(server.stores.source().healthy(), late).await
}

fn plain(status: &'static str, text: &str) -> Answer {
    Answer { status, kind: TEXT, text: text.to_owned() }
}
