//! One client on standard input and output: the program that started the server.

use std::io;

use smol::Unblock;

use super::connection::converse;
use super::lines::{LineWriter, Lines};
use super::{Stopped, Threads, dispatcher, gone};
use crate::failure::Failure;

/// How much of the two streams is held on its way to the threads that read and write them.
const BUFFER: usize = 64 * 1024;

/// Serves until the input ends.
pub(super) async fn serve(threads: &Threads, stopped: &Stopped) -> Result<(), Failure> {
    let mut messages = Lines::new(Unblock::with_capacity(BUFFER, io::stdin()));
    let mut answers = LineWriter(Unblock::with_capacity(BUFFER, io::stdout()));
    match converse(&dispatcher(threads), &mut messages, &mut answers, stopped).await {
        Err(error) if !gone(&error) => Err(error.into()),
        _ => Ok(()),
    }
}
