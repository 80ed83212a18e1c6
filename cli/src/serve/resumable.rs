//! A typed client over one of its connections: requests are answered as they are done, many at a time,
//! and changes are told from where the client says it is in the journal.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use creel::protocol::{RpcError, answer, refusal};
use futures_lite::future;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};
use smol::channel::{Receiver, bounded};
use smol::{LocalExecutor, Timer};

use super::Server;
use super::connection::{Answers, Messages, Received, pour, refuse};
use super::desk::{Desk, refused};
use super::limits::{AT_ONCE, SILENCE};
use super::outbox::Outbox;
use super::session::{Key, Session};
use super::stores::Lease;
use super::tokens::Hash;

/// The request that makes a client a typed one, as the first of a connection.
pub(super) const HELLO: &str = "creel/hello";
const ACKNOWLEDGE: &str = "creel/acknowledge";
const PING: &str = "creel/ping";
const GOODBYE: &str = "creel/goodbye";
/// The method that reads what only can be read once.
const EXPORT: &str = "creel/export";
/// The changes that are put into the outbox at a time.
const TOLD_AT_ONCE: usize = 64;

/// A client that has said hello.
pub(super) struct Guest {
    key: Key,
    session: Rc<Session>,
    /// Where it is in the journal.
    since: u64,
    hello: String,
}

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(default)]
    id: Option<u64>,
    #[serde(borrow)]
    method: std::borrow::Cow<'a, str>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
    /// It was sent before, over another connection.
    #[serde(default)]
    again: bool,
}

#[derive(Deserialize)]
struct Hello {
    session: String,
    #[serde(default)]
    since: Option<u64>,
}

#[derive(Deserialize)]
struct Acknowledge {
    before: u64,
}

impl Guest {
    /// Takes the first message of a connection, if it is a hello.
    ///
    /// # Errors
    /// The answer to a hello that is wrong.
    pub(super) fn new(
        server: &Server,
        owner: (Hash, &str),
        lease: Lease,
        desk: &Desk,
        message: &str,
    ) -> Result<Self, String> {
        let frame: Frame<'_> =
            serde_json::from_str(message).map_err(|_| wrong(message, "it is none"))?;
        let hello: Hello = frame
            .params
            .and_then(|params| serde_json::from_str(params.get()).ok())
            .ok_or_else(|| wrong(message, "session: a text of 16 to 64 characters is needed"))?;
        if !(16..=64).contains(&hello.session.len()) {
            return Err(wrong(message, "session: a text of 16 to 64 characters is needed"));
        }
        let key = (owner.0, owner.1.to_owned(), hello.session);
        let known = server.sessions.find(&key);
        let resumed = known.is_some();
        if resumed {
            server.metrics.resumed.inc();
        }
        let session = known.unwrap_or_else(|| server.sessions.begin(key.clone(), lease));
        let position =
            hello.since.unwrap_or_else(|| session.lease.threads.store().stats().position);
        let result = json!({
            "resumed": resumed, "position": position, "readOnly": desk.read_only,
            "maxMessage": server.limits.max_message,
        });
        let id = frame.id.and_then(|id| to_raw_value(&id).ok());
        let hello_answer = answer(id.as_deref(), to_raw_value(&result).map_err(internal));
        Ok(Self { key, session, since: position, hello: hello_answer })
    }

    /// Serves the client until it is done, or the server stops.
    pub(super) async fn serve(
        self,
        server: &Rc<Server>,
        desk: &Desk,
        messages: &mut impl Messages,
        answers: &mut impl Answers,
    ) -> io::Result<()> {
        let Self { key, session, since, hello } = self;
        let (number, ended) = session.attach();
        let outbox = Outbox::default();
        outbox.put(vec![hello]);
        let left = Cell::new(false);
        let listening = async {
            let teller = Teller { session: &session, since: Cell::new(since), outbox: &outbox };
            let reading = read(server, &teller, desk, messages, &left);
            let telling = tell(server, &teller);
            let replaced = async {
                // The client has another connection.
                let _ = ended.recv().await;
                Ok(())
            };
            let result = future::or(future::or(reading, telling), replaced).await;
            outbox.close();
            result
        };
        let result = future::try_zip(listening, pour(&outbox, answers, &server.stopped)).await;
        if left.get() {
            server.sessions.drop_it(&key, &session);
        } else {
            let (server, after) = (Rc::clone(server), Duration::from_secs(server.limits.resume));
            let executor = Rc::clone(&server.executor);
            executor
                .spawn(async move { server.sessions.expire(key, session, number, after).await })
                .detach();
        }
        result.map(drop)
    }
}

/// Answers requests, each as soon as it is done.
async fn read(
    server: &Rc<Server>,
    teller: &Teller<'_>,
    desk: &Desk,
    messages: &mut impl Messages,
    left: &Cell<bool>,
) -> io::Result<()> {
    let Teller { session, outbox, .. } = *teller;
    let working = Cell::new(0_usize);
    let (done, progress) = bounded(1);
    let finished = || {
        working.set(working.get() - 1);
        // A full channel has told already.
        let _ = done.try_send(());
    };
    let (finished, working) = (&finished, &working);
    let executor = LocalExecutor::new();
    let reading = async {
        loop {
            let next = async {
                outbox.room().await;
                wait_below(AT_ONCE, working, &progress).await;
                messages.next().await
            };
            let stop = async {
                server.stopped.wait().await;
                Ok(None)
            };
            let silence = async {
                Timer::after(SILENCE).await;
                Err(io::ErrorKind::TimedOut.into())
            };
            let Some(received) = future::or(future::or(stop, next), silence).await? else { break };
            let Received::Text(text) = received else {
                outbox.put(vec![refuse(received)]);
                continue;
            };
            let Ok(frame) = serde_json::from_str::<Frame<'_>>(&text) else {
                outbox.put(vec![wrong(&text, "expected an object with `id` and `method`")]);
                continue;
            };
            let Some(id) = frame.id else {
                match &*frame.method {
                    ACKNOWLEDGE => acknowledge(session, frame.params),
                    GOODBYE => left.set(true),
                    _ => {}
                }
                continue;
            };
            if frame.method == PING {
                outbox.put(vec![format!("{{\"id\":{id},\"result\":null}}")]);
                continue;
            }
            let (ticket, refused) = desk.take(&frame.method);
            if let Some(error) = refused {
                ticket.ended(Some(&error));
                outbox.put(vec![refusal(&text, error)]);
                continue;
            }
            working.set(working.get() + 1);
            if ticket.changes || frame.method == EXPORT {
                let request =
                    (frame.method.into_owned(), frame.params.map(ToOwned::to_owned), ticket);
                let begun = session.begin(&server.executor, id, frame.again, request);
                executor
                    .spawn(async move {
                        let answer = match begun {
                            Ok(()) => {
                                session.outcome(id).await.map(|text| text.as_ref().to_owned())
                            }
                            Err(error) => Some(refusal(&text, error)),
                        };
                        teller.tell();
                        outbox.put(answer.into_iter().collect());
                        finished();
                    })
                    .detach();
            } else {
                executor
                    .spawn(async move {
                        if let Ok(frame) = serde_json::from_str::<Frame<'_>>(&text) {
                            let answer =
                                session.read(id, &frame.method, frame.params, ticket).await;
                            outbox.put(vec![answer]);
                        }
                        finished();
                    })
                    .detach();
            }
        }
        wait_below(1, working, &progress).await;
        Ok(())
    };
    executor.run(reading).await
}

/// Waits until fewer than `most` requests are at work.
async fn wait_below(most: usize, working: &Cell<usize>, progress: &Receiver<()>) {
    while working.get() >= most {
        if progress.recv().await.is_err() {
            return;
        }
    }
}

/// Tells a client of changes; how far it has come is known to both who answer and who tell, so that
/// an answer comes after the changes that it is about.
struct Teller<'a> {
    session: &'a Rc<Session>,
    since: Cell<u64>,
    outbox: &'a Outbox,
}

impl Teller<'_> {
    /// Puts what is new before the answer that comes next, as far as it is kept.
    fn tell(&self) -> Option<usize> {
        self.session.lease.feed.drain(self.session.lease.threads.store());
        let told = self.session.lease.feed.after(self.since.get(), TOLD_AT_ONCE)?;
        if let Some(last) = told.last() {
            self.since.set(last.position);
            self.outbox.put(told.iter().map(|told| told.message.to_string()).collect());
        }
        Some(told.len())
    }

    fn missed(&self) {
        let to = self.session.lease.threads.store().stats().position;
        let params = json!({ "from": self.since.get(), "to": to });
        let message = json!({ "method": "creel/missed", "params": params }).to_string();
        self.outbox.put(vec![message]);
        self.since.set(to);
    }
}

/// Tells of changes as fast as the client reads them.
async fn tell(server: &Server, teller: &Teller<'_>) -> io::Result<()> {
    let lease = &teller.session.lease;
    let store = lease.threads.store();
    let bell = lease.feed.bell();
    if store.stats().position < teller.since.get() {
        // It heard of them from another server, or the store is another one by now.
        let _ = store.refresh().await;
        if store.stats().position < teller.since.get() {
            teller.missed();
        }
    }
    loop {
        match teller.tell() {
            None => {
                server.metrics.missed.inc();
                teller.missed();
            }
            // It is closed with the store.
            Some(0) if bell.recv().await.is_err() => return Ok(()),
            Some(_) => teller.outbox.room().await,
        }
    }
}

fn acknowledge(session: &Session, params: Option<&RawValue>) {
    let before = params.and_then(|params| serde_json::from_str::<Acknowledge>(params.get()).ok());
    if let Some(Acknowledge { before }) = before {
        session.acknowledge(before);
    }
}

fn wrong(message: &str, reason: &str) -> String {
    refusal(message, refused("invalid_request", false, &format!("Invalid request: {reason}")))
}

fn internal(error: serde_json::Error) -> RpcError {
    RpcError { code: -32603, message: error.to_string(), data: None }
}
