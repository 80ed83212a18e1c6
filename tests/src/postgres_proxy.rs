//! A proxy before a server that loses answers, and that can tell who waits for whom.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};

/// What happens at the next COMMIT that a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No answer reaches the client between its BEGIN and its COMMIT; from that on, all do.
    HoldAnswers,
    /// The connection ends, and the server never hears of it.
    LoseCommit,
    /// The server commits, then the connection ends without an answer.
    LoseAnswer,
}

/// Stands before the server at a port, until it is dropped and its connections have ended.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    fault: Mutex<Option<Fault>>,
    changed: Condvar,
}

/// How a transaction begins.
const BEGIN: &[u8] = b"BEGIN ISOLATION LEVEL";
/// How a commit begins its message, and how the server ends its answer to one.
const COMMIT: &[u8] = b"COMMIT\0";

/// What is known of one connection.
#[derive(Debug, Default)]
struct Connection {
    in_transaction: AtomicBool,
    muted: AtomicBool,
}

impl Proxy {
    /// Starts a proxy before `server`, a port on 127.0.0.1.
    ///
    /// # Panics
    /// Where no port is free.
    pub fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                join(client, server, &shared);
            }
        });
        Self { port, state }
    }

    /// Returns the proxy's port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Lets `fault` happen at the next COMMIT.
    ///
    /// # Panics
    /// Never.
    pub fn arm(&self, fault: Fault) {
        *self.state.fault.lock().unwrap() = Some(fault);
    }

    /// Tells whether the fault that was armed has happened.
    ///
    /// # Panics
    /// Never.
    pub fn happened(&self) -> bool {
        self.state.fault.lock().unwrap().is_none()
    }
}

fn join(client: TcpStream, server: TcpStream, state: &Arc<State>) {
    let connection = Arc::new(Connection::default());
    let up = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let (up_state, up_connection) = (Arc::clone(state), Arc::clone(&connection));
    std::thread::spawn(move || {
        requests(up.0, up.1, &up_state, &up_connection);
    });
    let state = Arc::clone(state);
    std::thread::spawn(move || answers(server, client, &state, &connection));
}

fn requests(mut client: TcpStream, mut server: TcpStream, state: &State, connection: &Connection) {
    let (mut begun, mut committed) = (Search::new(BEGIN), Search::new(COMMIT));
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        let chunk = &buffer[..length];
        if begun.finds(chunk) {
            connection.in_transaction.store(true, SeqCst);
        }
        if committed.finds(chunk) {
            connection.in_transaction.store(false, SeqCst);
            let fault = state.fault.lock().unwrap().take();
            match fault {
                Some(Fault::LoseCommit) => break,
                Some(Fault::LoseAnswer) => connection.muted.store(true, SeqCst),
                _ => {}
            }
            state.changed.notify_all();
        }
        if server.write_all(chunk).is_err() {
            break;
        }
    }
    end(&client, &server);
}

fn answers(mut server: TcpStream, mut client: TcpStream, state: &State, connection: &Connection) {
    let mut committed = Search::new(COMMIT);
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = server.read(&mut buffer) {
        let chunk = &buffer[..length];
        let mut fault = state.fault.lock().unwrap();
        while *fault == Some(Fault::HoldAnswers) && connection.in_transaction.load(SeqCst) {
            fault = state.changed.wait(fault).unwrap();
        }
        drop(fault);
        if connection.muted.load(SeqCst) {
            if committed.finds(chunk) {
                break;
            }
        } else if client.write_all(chunk).is_err() {
            break;
        }
    }
    end(&client, &server);
}

/// Looks for a text that may begin in one chunk and end in the next.
struct Search {
    text: &'static [u8],
    last: Vec<u8>,
}

impl Search {
    fn new(text: &'static [u8]) -> Self {
        Self { text, last: Vec::new() }
    }

    /// Tells whether the text ends in `chunk`.
    fn finds(&mut self, chunk: &[u8]) -> bool {
        self.last.extend_from_slice(chunk);
        let found = memchr::memmem::find(&self.last, self.text).is_some();
        let kept = if found { 0 } else { self.text.len() - 1 };
        self.last.drain(..self.last.len().saturating_sub(kept));
        found
    }
}

fn end(client: &TcpStream, server: &TcpStream) {
    // Either may be gone already.
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}
