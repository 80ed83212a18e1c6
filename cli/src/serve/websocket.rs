//! Clients over WebSocket on this machine, one text message for each message of the protocol.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use async_tungstenite::tungstenite::Error;
use async_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use async_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use async_tungstenite::tungstenite::protocol::{CloseFrame, Message, WebSocketConfig};
use async_tungstenite::{
    WebSocketReceiver, WebSocketSender, WebSocketStream, accept_hdr_async_with_config,
};
use creel::limits::MAX_MESSAGE;
use futures_lite::{StreamExt, future};
use smol::Timer;
use smol::net::{TcpListener, TcpStream};

use super::accept::serve_each;
use super::access::Access;
use super::connection::{Answers, Messages, Received, converse};
use super::{Stopped, Threads, dispatcher};
use crate::failure::Failure;

/// How long a client may take to introduce itself, and to say good-bye.
const HANDSHAKE: Duration = Duration::from_secs(10);
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

pub(super) async fn serve(
    threads: &Threads,
    address: SocketAddr,
    access: &Access,
    stopped: &Stopped,
) -> Result<(), Failure> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Failure::other("listen", format!("{address} can't be listened on: {error}"))
    })?;
    writeln!(io::stdout(), "listening on ws://{}", listener.local_addr()?)?;
    let accept = async || Ok(listener.accept().await?.0);
    let talk = async |stream| talk(threads, stream, access, stopped).await;
    serve_each(accept, talk, FULL, stopped).await;
    Ok(())
}

async fn talk(
    threads: &Threads,
    stream: TcpStream,
    access: &Access,
    stopped: &Stopped,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let Some(socket) = within(shake_hands(stream, access)).await else { return Ok(()) };
    let (sender, receiver) = socket?.split();
    let (mut messages, mut answers) = (Incoming { receiver, end: None }, Outgoing(sender));
    let result = converse(&dispatcher(threads), &mut messages, &mut answers, stopped).await;
    let (code, reason) = match (&result, messages.end) {
        (_, Some(end)) => end,
        (Ok(()), None) => (CloseCode::Away, "the server stops"),
        (Err(_), None) => (CloseCode::Policy, "notifications were not read"),
    };
    let frame = CloseFrame { code, reason: reason.into() };
    let goodbye = async {
        // One that is gone already needs none.
        let _ = answers.0.close(Some(frame)).await;
        while let Some(Ok(_)) = messages.receiver.next().await {}
    };
    within(goodbye).await;
    result
}

async fn shake_hands(stream: TcpStream, access: &Access) -> io::Result<WebSocketStream<TcpStream>> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    #[expect(clippy::result_large_err, reason = "the type is the handshake's")]
    let check = |request: &_, response| access.check(request, response);
    accept_hdr_async_with_config(stream, check, Some(config)).await.map_err(failure)
}

async fn within<T>(work: impl Future<Output = T>) -> Option<T> {
    let late = async {
        Timer::after(HANDSHAKE).await;
        None
    };
    future::or(async { Some(work.await) }, late).await
}

struct Incoming {
    receiver: WebSocketReceiver<TcpStream>,
    /// Why nothing more is received, if that is known.
    end: Option<(CloseCode, &'static str)>,
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
                    return Ok(Some(Received::TooLong { start: Vec::new(), size }));
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
