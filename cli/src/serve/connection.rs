//! One client: its messages in, answers and notifications out, in order and in bounded memory.
//!
//! Requests are answered one after the other. All of it runs in one task, so that what the
//! dispatcher returns is in the outbox before anything else happens: that keeps the order.

use std::borrow::Cow;
use std::io;

use creel::protocol::{Dispatcher, PARSE_ERROR, RpcError, refusal};
use creel::storage::BoxedStorage;
use futures_lite::future;
use serde::Deserialize;
use serde_json::value::RawValue;
use smol::Timer;

use super::desk::Desk;
use super::outbox::Outbox;
use super::{LAST_ANSWERS, Stopped};

/// What a transport received.
#[derive(Debug)]
pub(super) enum Received {
    /// A message.
    Text(String),
    /// A message above the limit: how it begins, as far as it was kept, its size in bytes, the limit.
    TooLong { start: Vec<u8>, size: usize, limit: usize },
    /// Something that is no text, and why.
    NotText(&'static str),
}

/// The receiving half of a transport.
pub(super) trait Messages {
    /// Waits for a message; there is none any more when the client is done.
    async fn next(&mut self) -> io::Result<Option<Received>>;
}

/// The sending half of a transport.
pub(super) trait Answers {
    /// Sends messages, and returns when the system has taken them.
    async fn send(&mut self, messages: Vec<String>) -> io::Result<()>;
}

/// Messages of which the first was received already.
#[derive(Debug)]
pub(super) struct Begun<'a, M> {
    pub(super) first: Option<Received>,
    pub(super) rest: &'a mut M,
}

impl<M: Messages> Messages for Begun<'_, M> {
    async fn next(&mut self) -> io::Result<Option<Received>> {
        match self.first.take() {
            Some(first) => Ok(Some(first)),
            None => self.rest.next().await,
        }
    }
}

/// Serves a client until it is done, or until the server stops: then the request that runs is
/// answered first.
pub(super) async fn converse(
    dispatcher: &Dispatcher<BoxedStorage>,
    desk: &Desk,
    messages: &mut impl Messages,
    answers: &mut impl Answers,
    stopped: &Stopped,
) -> io::Result<()> {
    let outbox = Outbox::default();
    let reading = async {
        loop {
            let next = async {
                outbox.room().await;
                messages.next().await
            };
            let stop = async {
                stopped.wait().await;
                Ok(None)
            };
            let Some(received) = future::or(stop, next).await? else { return Ok(()) };
            outbox.put(answer(dispatcher, desk, received).await);
            // So that answers leave while requests keep coming.
            future::yield_now().await;
        }
    };
    let telling = async {
        loop {
            let told = dispatcher.notifications().await;
            if told.is_empty() {
                return future::pending().await;
            }
            if outbox.overflows() {
                let message = "a client was let go: it does not read its notifications";
                return Err(io::Error::other(message));
            }
            outbox.put(told);
        }
    };
    let listening = async {
        let ended = future::or(reading, telling).await;
        outbox.close();
        ended
    };
    future::try_zip(listening, pour(&outbox, answers, stopped)).await.map(drop)
}

/// Sends what is in an outbox until it is closed; when the server stops, a client has some seconds to
/// read the rest.
pub(super) async fn pour(
    outbox: &Outbox,
    answers: &mut impl Answers,
    stopped: &Stopped,
) -> io::Result<()> {
    let writing = async {
        while let Some(batch) = outbox.next().await {
            let size = Outbox::size(&batch);
            answers.send(batch).await?;
            outbox.sent(size);
        }
        Ok(())
    };
    let patience = async {
        stopped.wait().await;
        Timer::after(LAST_ANSWERS).await;
        Err(io::Error::other("a client was let go: it does not read its last answers"))
    };
    future::or(writing, patience).await
}

async fn answer(
    dispatcher: &Dispatcher<BoxedStorage>,
    desk: &Desk,
    received: Received,
) -> Vec<String> {
    let message = match received {
        Received::Text(message) => message,
        other => return vec![refuse(other)],
    };
    let Ok(Head { id: Some(_), method: Some(method) }) = serde_json::from_str(&message) else {
        // Whatever is wrong with it, the dispatcher says it.
        return dispatcher.handle(&message).await;
    };
    let (ticket, refused) = desk.take(&method);
    if let Some(error) = refused {
        ticket.ended(Some(&error));
        return vec![refusal(&message, error)];
    }
    let messages = dispatcher.handle(&message).await;
    let answer = messages.iter().find(|message| message.starts_with("{\"id\":"));
    let answer = answer.and_then(|answer| serde_json::from_str::<Tail>(answer).ok());
    ticket.ended(answer.and_then(|answer| answer.error).as_ref());
    messages
}

/// Says what is wrong with what was received, which is no message.
pub(super) fn refuse(received: Received) -> String {
    match received {
        Received::Text(message) => refusal(&message, no_text("the message is no request")),
        Received::TooLong { start, size, limit } => {
            let error = creel::Error::TooLarge { field: "message".into(), size, limit };
            refusal(&String::from_utf8_lossy(&start), error.into())
        }
        Received::NotText(reason) => refusal("", no_text(reason)),
    }
}

fn no_text(reason: &str) -> RpcError {
    RpcError { code: PARSE_ERROR, message: reason.into(), data: None }
}

/// What has to be known of a request before it is answered.
#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow, default)]
    pub(super) id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) method: Option<Cow<'a, str>>,
}

/// What has to be known of an answer.
#[derive(Deserialize)]
struct Tail {
    #[serde(default)]
    error: Option<RpcError>,
}
