//! Clients over WebSocket, one text message for each message of the protocol.

use std::cell::Cell;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use async_tungstenite::tungstenite::Error;
use async_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use async_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use async_tungstenite::tungstenite::protocol::{CloseFrame, Message, WebSocketConfig};
use async_tungstenite::{
    WebSocketReceiver, WebSocketSender, WebSocketStream, accept_hdr_async_with_config,
};
use futures_lite::{StreamExt, future};
use smol::Timer;
use smol::net::{TcpListener, TcpStream};

use super::accept::serve_each;
use super::access::{Access, Admitted, Entry, Outcome};
use super::connection::{Answers, Messages, Received};
use super::desk::Desk;
use super::stores::{Lease, Unavailable};
use super::{Server, serve_client};
use crate::failure::Failure;

/// How long a client may take to introduce itself, and to say good-bye.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// What is added to the status of a refusal to make a close code of it.
const APPLICATION: u16 = 4000;
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

pub(super) async fn serve(
    server: &Rc<Server>,
    address: SocketAddr,
    access: Rc<Access>,
) -> Result<(), Failure> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Failure::other("listen", format!("{address} can't be listened on: {error}"))
    })?;
    writeln!(io::stdout(), "listening on ws://{}", listener.local_addr()?)?;
    tracing::info!("listening");
    #[cfg(unix)]
    reload_on_hangup(server, &access)?;
    let accept = async || Ok(listener.accept().await?.0);
    let talk = async |stream| talk(server, stream, &access).await;
    serve_each(server, accept, talk, FULL).await;
    Ok(())
}

#[cfg(unix)]
fn reload_on_hangup(server: &Server, access: &Rc<Access>) -> io::Result<()> {
    use async_signal::{Signal, Signals};
    let mut hangups = Signals::new([Signal::Hup])?;
    let access = Rc::clone(access);
    let reloading = async move {
        while hangups.next().await.is_some() {
            access.reload();
        }
    };
    server.executor.spawn(reloading).detach();
    Ok(())
}

async fn talk(server: &Rc<Server>, stream: TcpStream, access: &Rc<Access>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let limit = server.limits.max_message;
    let outcome = Cell::new(None);
    let Some(socket) = within(shake_hands(stream, access, limit, &outcome)).await else {
        return Ok(());
    };
    let (sender, receiver) = socket?.split();
    let (mut messages, mut answers) = (Incoming { receiver, limit, end: None }, Outgoing(sender));
    let guest = match outcome.take() {
        Some(Outcome::Admitted(guest)) => guest,
        Some(Outcome::Refused(status, reason)) => {
            let code = CloseCode::from(APPLICATION + status);
            within(farewell(&mut messages, &mut answers, (code, reason))).await;
            return Ok(());
        }
        None => return Ok(()),
    };
    let entry = access.enter(&guest);
    tracing::debug!("a client was let in");
    let serving = async {
        let lease = match store_of(server, &guest).await {
            Ok(lease) => lease,
            Err(end) => return Ok(Some(end)),
        };
        let serving = async {
            serve_guest(server, &guest, &entry, lease, &mut messages, &mut answers)
                .await
                .map(|()| None)
        };
        let revoked = async {
            let _ = entry.revoked.recv().await;
            Ok(Some((CloseCode::Policy, "the token is not valid any more")))
        };
        future::or(serving, revoked).await
    };
    let result = serving.await;
    let (code, reason) = match (&result, messages.end) {
        (Ok(Some(end)), _) => *end,
        (_, Some(end)) => end,
        (Ok(None), None) => (CloseCode::Away, "the server stops"),
        (Err(_), None) => (CloseCode::Policy, "notifications were not read"),
    };
    within(farewell(&mut messages, &mut answers, (code, reason))).await;
    tracing::debug!("a client left");
    result.map(drop)
}

async fn farewell(messages: &mut Incoming, answers: &mut Outgoing, (code, reason): Farewell) {
    let frame = CloseFrame { code, reason: reason.into() };
    // One that is gone already needs none.
    let _ = answers.0.close(Some(frame)).await;
    while let Some(Ok(_)) = messages.receiver.next().await {}
}

/// Opens the store of a client; where it can't be had, the connection ends and says why. That is never
/// given up in the middle, so that the stores stay counted.
async fn store_of(server: &Server, guest: &Admitted) -> Result<Lease, Farewell> {
    match server.stores.lease(&guest.store).await {
        Ok(lease) => Ok(lease),
        Err(Unavailable::Full) => {
            server.metrics.refuse("open_stores");
            Err((CloseCode::Again, "server_full: as many stores are open as may be"))
        }
        Err(Unavailable::Failed(_)) => {
            Err((CloseCode::Error, "storage_unavailable: the store can't be opened"))
        }
    }
}

async fn serve_guest(
    server: &Rc<Server>,
    guest: &Admitted,
    entry: &Entry,
    lease: Lease,
    messages: &mut Incoming,
    answers: &mut Outgoing,
) -> io::Result<()> {
    let desk = Desk {
        metrics: server.metrics.clone(),
        bucket: Some(Rc::clone(&entry.bucket)),
        read_only: guest.read_only,
    };
    let owner = (guest.token, &*guest.store);
    serve_client(server, owner, lease, &desk, messages, answers).await
}

async fn shake_hands(
    stream: TcpStream,
    access: &Access,
    limit: usize,
    outcome: &Cell<Option<Outcome>>,
) -> io::Result<WebSocketStream<TcpStream>> {
    let config =
        WebSocketConfig::default().max_message_size(Some(limit)).max_frame_size(Some(limit));
    #[expect(clippy::result_large_err, reason = "the type is the handshake's")]
    let check = |request: &_, response| access.check(request, response, outcome);
    accept_hdr_async_with_config(stream, check, Some(config)).await.map_err(failure)
}

/// Why a connection ends, as the close frame says it.
type Farewell = (CloseCode, &'static str);

async fn within<T>(work: impl Future<Output = T>) -> Option<T> {
    let late = async {
        Timer::after(HANDSHAKE).await;
        None
    };
    future::or(async { Some(work.await) }, late).await
}

struct Incoming {
    receiver: WebSocketReceiver<TcpStream>,
    limit: usize,
    /// Why nothing more is received, if that is known.
    end: Option<Farewell>,
}

impl Messages for Incoming {
    async fn next(&mut self) -> io::Result<Option<Received>> {
        if self.end.is_some() {
            return Ok(None);
        }
        loop {
            let message = match self.receiver.next().await {
                None => return Ok(self.ended(CloseCode::Normal, "")),
                Some(message) => message,
            };
            match message {
                Ok(Message::Text(text)) => return Ok(Some(Received::Text(text.as_str().into()))),
                Ok(Message::Binary(_)) => {
                    return Ok(Some(Received::NotText("a binary message is not of this protocol")));
                }
                Ok(_) => {}
                Err(Error::Capacity(CapacityError::MessageTooLong { size, .. })) => {
                    self.ended(CloseCode::Size, "the message is too long");
                    return Ok(Some(Received::TooLong {
                        start: Vec::new(),
                        size,
                        limit: self.limit,
                    }));
                }
                Err(Error::Utf8(_)) => {
                    self.ended(CloseCode::Invalid, "the message is not UTF-8");
                    return Ok(Some(Received::NotText("the message is not UTF-8")));
                }
                Err(
                    Error::ConnectionClosed
                    | Error::AlreadyClosed
                    | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake),
                ) => return Ok(self.ended(CloseCode::Normal, "")),
                Err(error) => return Err(failure(error)),
            }
        }
    }
}

impl Incoming {
    fn ended(&mut self, code: CloseCode, reason: &'static str) -> Option<Received> {
        self.end = Some((code, reason));
        None
    }
}

struct Outgoing(WebSocketSender<TcpStream>);

impl Answers for Outgoing {
    async fn send(&mut self, messages: Vec<String>) -> io::Result<()> {
        for message in messages {
            self.0.send(Message::text(message)).await.map_err(failure)?;
        }
        Ok(())
    }
}

fn failure(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        Error::ConnectionClosed | Error::AlreadyClosed => io::ErrorKind::NotConnected.into(),
        // A client that was refused has been told; one that closed is gone.
        Error::Http(_) => io::ErrorKind::ConnectionAborted.into(),
        error => io::Error::other(error),
    }
}
