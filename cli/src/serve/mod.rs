//! `creel serve`: one store, open for programs that speak JSON-RPC.
//!
//! A transport turns what comes in into messages; the core's dispatcher answers them, one dispatcher
//! a client. Nothing here knows a method.

mod accept;
mod access;
mod connection;
mod lines;
mod outbox;
mod stdio;
#[cfg(unix)]
mod unix;
mod websocket;

use std::io;
use std::process;
use std::time::Duration;

use async_signal::{Signal, Signals};
use creel::protocol::Dispatcher;
use creel::storage::SqliteStorage;
use creel::{ManagerOptions, ThreadManager};
use futures_lite::{StreamExt, future};
use smol::Timer;
use smol::channel::{Receiver, Sender, bounded};

use crate::args::{Listen, Serve};
use crate::failure::Failure;
use crate::open;
use access::Access;

/// How long the server works on after a signal, at most.
const GRACE: Duration = Duration::from_secs(15);
/// How long a client may take to read its last answers then.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

pub(crate) async fn run(args: Serve) -> Result<(), Failure> {
    let access = access(&args)?;
    let signals = Signals::new([Signal::Int, Signal::Term])?;
    let store = open::store(&args.store).await?;
    let threads = Threads::new(store.clone(), ManagerOptions::default());
    let (stop, stopped) = stopping();
    let working = async {
        let served = match (args.listen, access) {
            (Listen::WebSocket(address), Some(access)) => {
                websocket::serve(&threads, address, &access, &stopped).await
            }
            #[cfg(unix)]
            (Listen::Unix(path), _) => unix::serve(&threads, &path, &stopped).await,
            _ => stdio::serve(&threads, &stopped).await,
        };
        store.close().await?;
        served
    };
    future::or(working, obey(signals, stop)).await
}

fn access(args: &Serve) -> Result<Option<Access>, Failure> {
    if matches!(args.listen, Listen::WebSocket(_)) {
        return Access::new(args.token_file.as_deref(), &args.allow_origin).map(Some);
    }
    if cfg!(not(unix)) && matches!(args.listen, Listen::Unix(_)) {
        return Err(Failure::Usage("there are no unix: sockets on this system".into()));
    }
    if args.token_file.is_some() || !args.allow_origin.is_empty() {
        let message = "--token-file and --allow-origin are for ws:// alone";
        return Err(Failure::Usage(message.into()));
    }
    Ok(None)
}

/// Stops the server at the first signal, and leaves at the second one or when it takes too long.
async fn obey(mut signals: Signals, stop: Sender<()>) -> Result<(), Failure> {
    signals.next().await;
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

/// The threads of the store, which all clients share.
type Threads = ThreadManager<SqliteStorage>;

fn dispatcher(threads: &Threads) -> Dispatcher<SqliteStorage> {
    Dispatcher::over(threads.clone())
}

/// Tells whether a client just went away, which is nothing to report.
fn gone(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected)
}
