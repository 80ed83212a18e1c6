//! Takes clients as they come, at most so many at a time, and waits for them when the server stops.

use std::cell::Cell;
use std::io;
use std::time::Duration;

use futures_lite::future;
use smol::channel::bounded;
use smol::io::{AsyncWrite, AsyncWriteExt};
use smol::{LocalExecutor, Timer};

use super::{Server, gone};

/// Serves every client with `talk`, in tasks of one thread; `refusal` is what one too many gets.
pub(super) async fn serve_each<C: AsyncWrite + Unpin>(
    server: &Server,
    accept: impl AsyncFn() -> io::Result<C>,
    talk: impl AsyncFn(C) -> io::Result<()>,
    refusal: &[u8],
) {
    let (limit, metrics) = (server.limits.max_connections, &server.metrics);
    let clients = Cell::new(0_usize);
    let (left, leaving) = bounded(1);
    let serve = async |client: C| {
        metrics.connections.inc();
        if let Err(error) = talk(client).await
            && !gone(&error)
        {
            tracing::warn!(reason = %error, "a connection failed");
        }
        metrics.connections.dec();
        clients.set(clients.get() - 1);
        // A full channel has told already.
        let _ = left.try_send(());
    };
    let executor = LocalExecutor::new();
    let accepting = async {
        loop {
            let stop = async {
                server.stopped.wait().await;
                None
            };
            match future::or(stop, async { Some(accept().await) }).await {
                None => break,
                Some(Ok(client)) if clients.get() < limit => {
                    clients.set(clients.get() + 1);
                    executor.spawn(serve(client)).detach();
                }
                Some(Ok(mut client)) => {
                    metrics.refuse("connections");
                    tracing::warn!(limit, "a client was refused: there are as many as may be");
                    // Whoever does not take these few bytes at once has lost nothing.
                    let _ = future::poll_once(client.write_all(refusal)).await;
                    let _ = future::poll_once(client.close()).await;
                }
                Some(Err(error)) => {
                    // Out of file descriptors, most likely; that passes.
                    tracing::warn!(reason = %error, "a client could not be accepted");
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
