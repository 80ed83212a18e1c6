//! One client on standard input and output: the program that started the server.

use std::io;
use std::rc::Rc;

use smol::Unblock;

use super::desk::Desk;
use super::lines::{LineWriter, Lines};
use super::source::ONLY;
use super::stores::Lease;
use super::{NOBODY, Server, gone, serve_client};
use crate::failure::Failure;

/// How much of the two streams is held on its way to the threads that read and write them.
const BUFFER: usize = 64 * 1024;

/// Serves until the input ends.
pub(super) async fn serve(server: &Rc<Server>, lease: Lease) -> Result<(), Failure> {
    let input = Unblock::with_capacity(BUFFER, io::stdin());
    let mut messages = Lines::new(input, server.limits.max_message);
    let mut answers = LineWriter(Unblock::with_capacity(BUFFER, io::stdout()));
    let desk = Desk { metrics: server.metrics.clone(), bucket: None, read_only: false };
    let owner = (NOBODY, ONLY);
    match serve_client(server, owner, lease, &desk, &mut messages, &mut answers).await {
        Err(error) if !gone(&error) => Err(error.into()),
        _ => Ok(()),
    }
}
