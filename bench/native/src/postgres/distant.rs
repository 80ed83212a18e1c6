//! A server as if it were far away: every answer comes a set time later. What an operation then takes longer, divided
//! by that time, is how many round trips its caller waits for, one after the other.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::Result;

/// How far away; far longer than what an operation costs otherwise, also on a machine with much to do.
const DISTANCE: Duration = Duration::from_millis(25);

/// Stands before a server until the process ends.
#[derive(Debug)]
pub(super) struct Distant {
    pub(super) port: u16,
}

impl Distant {
    /// Stands before the server at a port on 127.0.0.1.
    pub(super) fn start(server: u16) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A client whose connection is cut says so itself.
                let _ = join(client, server);
            }
        });
        Ok(Self { port })
    }
}

/// How many round trips were waited for by what takes so many milliseconds nearby and so many far away; nothing
/// where it takes so long nearby that the distance is lost in it.
pub(super) fn round_trips(near: f64, far: f64) -> Option<u64> {
    let distance = DISTANCE.as_secs_f64() * 1000.0;
    (near < distance).then(|| ((far - near).max(0.0) / distance).round() as u64)
}

fn join(client: TcpStream, server: u16) -> Result<()> {
    let server = TcpStream::connect(("127.0.0.1", server))?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_server) = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || requests(from_client, to_server));
    let (sender, receiver) = channel();
    std::thread::spawn(move || arrivals(server, &sender));
    std::thread::spawn(move || departures(client, &receiver));
    Ok(())
}

fn requests(mut client: TcpStream, mut server: TcpStream) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        if server.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
}

fn arrivals(mut server: TcpStream, sender: &Sender<(Instant, Vec<u8>)>) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = server.read(&mut buffer) {
        if sender.send((Instant::now() + DISTANCE, buffer[..length].to_vec())).is_err() {
            break;
        }
    }
}

fn departures(mut client: TcpStream, receiver: &Receiver<(Instant, Vec<u8>)>) {
    for (when, bytes) in receiver {
        std::thread::sleep(when.saturating_duration_since(Instant::now()));
        if client.write_all(&bytes).is_err() {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
}

#[cfg(test)]
mod tests {
    use super::round_trips;

    #[test]
    fn what_takes_long_by_itself_says_nothing_of_the_distance() {
        assert_eq!(round_trips(0.3, 25.4), Some(1));
        assert_eq!(round_trips(14.0, 115.0), Some(4));
        assert_eq!(round_trips(0.4, 0.3), Some(0));
        assert_eq!(round_trips(200.0, 4700.0), None);
    }
}
