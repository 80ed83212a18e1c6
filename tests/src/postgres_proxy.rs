//! A proxy before a server that loses answers, and that can tell who waits for whom.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

/// What happens at the next COMMIT that a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No answer reaches a client before it; from it on, all do.
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

/// How a commit begins its message, and how the server ends its answer to one.
const COMMIT: &[u8] = b"COMMIT\0";

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
    let muted = Arc::new(Mutex::new(false));
    let up = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let (up_state, up_muted) = (Arc::clone(state), Arc::clone(&muted));
    std::thread::spawn(move || {
        requests(up.0, up.1, &up_state, &up_muted);
    });
    let state = Arc::clone(state);
    std::thread::spawn(move || answers(server, client, &state, &muted));
}

fn requests(mut client: TcpStream, mut server: TcpStream, state: &State, muted: &Mutex<bool>) {
    let (mut buffer, mut last) = (vec![0; 1 << 16], Vec::new());
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        let chunk = &buffer[..length];
        if seen(&mut last, chunk) {
            let fault = state.fault.lock().unwrap().take();
            match fault {
                Some(Fault::LoseCommit) => break,
                Some(Fault::LoseAnswer) => *muted.lock().unwrap() = true,
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

fn answers(mut server: TcpStream, mut client: TcpStream, state: &State, muted: &Mutex<bool>) {
    let (mut buffer, mut last) = (vec![0; 1 << 16], Vec::new());
    while let Ok(length @ 1..) = server.read(&mut buffer) {
        let chunk = &buffer[..length];
        let mut fault = state.fault.lock().unwrap();
        while *fault == Some(Fault::HoldAnswers) {
            fault = state.changed.wait(fault).unwrap();
        }
        drop(fault);
        if *muted.lock().unwrap() {
            if seen(&mut last, chunk) {
                break;
            }
        } else if client.write_all(chunk).is_err() {
            break;
        }
    }
    end(&client, &server);
}

/// Tells whether a COMMIT ends in `chunk`, which may have begun in the chunk before.
fn seen(last: &mut Vec<u8>, chunk: &[u8]) -> bool {
    last.extend_from_slice(chunk);
    let seen = memchr::memmem::find(last, COMMIT).is_some();
    let kept = if seen { last.len() } else { last.len().saturating_sub(COMMIT.len() - 1) };
    last.drain(..kept);
    seen
}

fn end(client: &TcpStream, server: &TcpStream) {
    // Either may be gone already.
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}
