//! One client: its messages in, answers and notifications out, in order and in bounded memory.
//!
//! Requests are answered one after the other. All of it runs in one task, so that what the
//! dispatcher returns is in the outbox before anything else happens: that keeps the order.

use std::io;

use creel::protocol::{Dispatcher, PARSE_ERROR, RpcError, refusal};
use creel::storage::SqliteStorage;
use futures_lite::future;
use smol::Timer;

use super::outbox::Outbox;
use super::{LAST_ANSWERS, Stopped};

/// What a transport received.
#[derive(Debug)]
pub(super) enum Received {
    /// A message.
    Text(String),
    /// A message above the limit: how it begins, as far as it was kept, and its size in bytes.
    TooLong { start: Vec<u8>, size: usize },
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

/// Serves a client until it is done, or until the server stops: then the request that runs is
/// answered first.
pub(super) async fn converse(
    dispatcher: &Dispatcher<SqliteStorage>,
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
            outbox.put(answer(dispatcher, received).await);
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
    future::try_zip(listening, future::or(writing, patience)).await.map(drop)
}

async fn answer(dispatcher: &Dispatcher<SqliteStorage>, received: Received) -> Vec<String> {
    match received {
        Received::Text(message) => dispatcher.handle(&message).await,
        Received::TooLong { start, size } => {
            let limit = creel::limits::MAX_MESSAGE;
            let error = creel::Error::TooLarge { field: "message".into(), size, limit };
            vec![refusal(&String::from_utf8_lossy(&start), error.into())]
        }
        Received::NotText(reason) => {
            let error = RpcError { code: PARSE_ERROR, message: reason.into(), data: None };
            vec![refusal("", error)]
        }
    }
}
