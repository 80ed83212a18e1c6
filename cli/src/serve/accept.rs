//! Takes clients as they come, at most so many at a time, and waits for them when the server stops.

use std::cell::Cell;
use std::io;
use std::time::Duration;

use futures_lite::future;
use smol::channel::bounded;
use smol::io::{AsyncWrite, AsyncWriteExt};
use smol::{LocalExecutor, Timer};

use super::{Stopped, gone};

/// The most clients at a time.
pub(super) const MAX_CLIENTS: usize = 100;

/// Serves every client with `talk`, in tasks of one thread; `refusal` is what one too many gets.
pub(super) async fn serve_each<C: AsyncWrite + Unpin>(
    accept: impl AsyncFn() -> io::Result<C>,
    talk: impl AsyncFn(C) -> io::Result<()>,
    refusal: &[u8],
    stopped: &Stopped,
) {
    let clients = Cell::new(0_usize);
    let (left, leaving) = bounded(1);
    let serve = async |client: C| {
        if let Err(error) = talk(client).await
            && !gone(&error)
        {
            eprintln!("{error}");
        }
        clients.set(clients.get() - 1);
        // A full channel has told already.
        let _ = left.try_send(());
    };
    let executor = LocalExecutor::new();
    let accepting = async {
        loop {
            let stop = async {
                stopped.wait().await;
                None
            };
            match future::or(stop, async { Some(accept().await) }).await {
                None => break,
                Some(Ok(client)) if clients.get() < MAX_CLIENTS => {
                    clients.set(clients.get() + 1);
                    executor.spawn(serve(client)).detach();
                }
                Some(Ok(mut client)) => {
                    // Whoever does not take these few bytes at once has lost nothing.
                    let _ = future::poll_once(client.write_all(refusal)).await;
                    let _ = future::poll_once(client.close()).await;
                }
                Some(Err(error)) => {
                    // Out of file descriptors, most likely; that passes.
                    eprintln!("a client could not be accepted: {error}");
                    Timer::after(Duration::from_millis(100)).await;
                }
            }
        }
        while clients.get() > 0 {
            let _ = leaving.recv().await;
        }
    };
    executor.run(accepting).await;
}
