//! `creel serve`: one store or many, open for programs that speak JSON-RPC.
//!
//! A transport turns what comes in into messages; the core's dispatcher answers them, one dispatcher
//! a client. Nothing here knows what a method does.

mod accept;
mod access;
mod admin;
mod connection;
mod desk;
mod feed;
mod limits;
mod lines;
mod logs;
mod metered;
mod metrics;
mod outbox;
mod resumable;
mod session;
mod source;
mod stdio;
mod stores;
mod tokens;
#[cfg(unix)]
mod unix;
mod websocket;

use std::io;
use std::process;
use std::rc::Rc;
use std::time::Duration;

use async_signal::{Signal, Signals};
use creel::ThreadManager;
use creel::protocol::Dispatcher;
use creel::storage::BoxedStorage;
use futures_lite::{StreamExt, future};
use smol::channel::{Receiver, Sender, bounded};
use smol::{LocalExecutor, Timer};

pub(crate) use self::logs::LogLevel;
pub(crate) use self::stores::check_name;
pub(crate) use self::tokens::{Line as TokenLine, hash, hex};

use crate::args::{Limits, Listen, Serve};
use crate::failure::Failure;
use access::Access;
use connection::{Answers, Begun, Messages, Received};
use desk::Desk;
use metrics::Metrics;
use resumable::Guest;
use session::Sessions;
use source::Source;
use stores::{Lease, Stores};
use tokens::Hash;

/// How long the server works on after a signal, at most.
const GRACE: Duration = Duration::from_secs(15);
/// How long a client may take to read its last answers then.
const LAST_ANSWERS: Duration = Duration::from_secs(5);
/// Whom sessions of clients without a token belong to.
const NOBODY: Hash = [0; 32];

/// The threads of one store, which all its clients share.
type Threads = ThreadManager<BoxedStorage>;

/// What all clients of a server share. All of it is of one thread.
#[derive(Debug)]
struct Server {
    stores: Stores,
    sessions: Sessions,
    limits: Limits,
    metrics: Metrics,
    executor: Rc<LocalExecutor<'static>>,
    stopped: Stopped,
}

pub(crate) async fn run(args: Serve) -> Result<(), Failure> {
    logs::begin(args.log);
    check(&args)?;
    let source = Source::new(&args).await?;
    let signals = Signals::new([Signal::Int, Signal::Term])?;
    let executor = Rc::new(LocalExecutor::new());
    let metrics = Metrics::default();
    let access = access(&args, &source, &metrics)?;
    let (stop, stopped) = stopping();
    let server = Rc::new(Server {
        stores: Stores::new(source, args.limits.clone(), metrics.clone(), Rc::clone(&executor)),
        sessions: Sessions::default(),
        limits: args.limits.clone(),
        metrics,
        executor: Rc::clone(&executor),
        stopped,
    });
    executor.run(future::or(work(&server, args, access), obey(signals, stop))).await
}

async fn work(server: &Rc<Server>, args: Serve, access: Option<Rc<Access>>) -> Result<(), Failure> {
    // One store is opened at once, so that what is wrong with it is said here.
    let only = match server.stores.source().only() {
        Some(name) => Some(server.stores.lease(name).await?),
        None => None,
    };
    let tending = Rc::clone(server);
    server.executor.spawn(async move { tending.stores.tend().await }).detach();
    if let Some(address) = args.admin {
        admin::listen(server, address).await?;
    }
    let served = match (args.listen, access, only) {
        (Listen::WebSocket(address), Some(access), only) => {
            let served = websocket::serve(server, address, access).await;
            drop(only);
            served
        }
        #[cfg(unix)]
        (Listen::Unix(path), _, Some(only)) => unix::serve(server, only, &path).await,
        (_, _, Some(only)) => stdio::serve(server, only).await,
        _ => Err(Failure::Usage("--stores is for ws:// alone".into())),
    };
    server.sessions.clear();
    server.stores.close_all().await;
    served
}

fn check(args: &Serve) -> Result<(), Failure> {
    let usage = |message: String| Err(Failure::Usage(message));
    let websocket = matches!(args.listen, Listen::WebSocket(_));
    if !websocket {
        if cfg!(not(unix)) && matches!(args.listen, Listen::Unix(_)) {
            return usage("there are no unix: sockets on this system".into());
        }
        if args.stores.is_some() || args.tokens.is_some() {
            return usage("--stores and --tokens are for ws:// alone".into());
        }
        if args.token_file.is_some() || !args.allow_origin.is_empty() {
            return usage("--token-file and --allow-origin are for ws:// alone".into());
        }
    }
    let listens = match &args.listen {
        Listen::WebSocket(address) => Some(*address),
        _ => None,
    };
    for address in [listens, args.admin].into_iter().flatten() {
        if !args.allow_network && !address.ip().is_loopback() {
            let ip = address.ip();
            return usage(format!(
                "{ip} is not an address of this machine alone: put TLS before it, and say --allow-network"
            ));
        }
    }
    Ok(())
}

fn access(args: &Serve, source: &Source, metrics: &Metrics) -> Result<Option<Rc<Access>>, Failure> {
    if !matches!(args.listen, Listen::WebSocket(_)) {
        return Ok(None);
    }
    let access = Access::new(args, source.only())?;
    Ok(Some(Rc::new(access.counted(metrics.clone()))))
}

/// Serves a client over whatever carries its messages.
async fn serve_client(
    server: &Rc<Server>,
    owner: (Hash, &str),
    lease: Lease,
    desk: &Desk,
    messages: &mut impl Messages,
    answers: &mut impl Answers,
) -> io::Result<()> {
    let stop = async {
        server.stopped.wait().await;
        Ok(None)
    };
    let Some(first) = future::or(stop, messages.next()).await? else { return Ok(()) };
    if let Received::Text(text) = &first
        && says_hello(text)
    {
        return match Guest::new(server, owner, lease, desk, text) {
            Ok(guest) => guest.serve(server, desk, messages, answers).await,
            Err(refusal) => answers.send(vec![refusal]).await,
        };
    }
    let dispatcher = Dispatcher::over(lease.threads.clone());
    let mut messages = Begun { first: Some(first), rest: messages };
    connection::converse(&dispatcher, desk, &mut messages, answers, &server.stopped).await
}

fn says_hello(message: &str) -> bool {
    let head = serde_json::from_str::<connection::Head<'_>>(message);
    head.is_ok_and(|head| head.method.as_deref() == Some(resumable::HELLO))
}

/// Stops the server at the first signal, and leaves at the second one or when it takes too long.
async fn obey(mut signals: Signals, stop: Sender<()>) -> Result<(), Failure> {
    signals.next().await;
    tracing::info!("stopping");
    stop.close();
    let again = async {
        signals.next().await;
        process::exit(130)
    };
    let late = async {
        Timer::after(GRACE).await;
        let message = "it did not finish in time; what is left is done when the store is opened";
        Err(Failure::other("unfinished", message))
    };
    future::or(again, late).await
}

/// Tells any number of tasks that the server stops.
#[derive(Clone, Debug)]
struct Stopped(Receiver<()>);

impl Stopped {
    async fn wait(&self) {
        // Nothing is ever sent; the channel is closed.
        let _ = self.0.recv().await;
    }
}

fn stopping() -> (Sender<()>, Stopped) {
    let (stop, stopped) = bounded(1);
    (stop, Stopped(stopped))
}

/// Tells whether a client just went away, which is nothing to report.
fn gone(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, TimedOut};
    matches!(
        error.kind(),
        BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | TimedOut
    )
}
