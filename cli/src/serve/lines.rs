//! Newline-delimited messages over any byte stream. A line above the limit is read to its end and
//! refused; of it only the beginning is kept, where its id is.

use std::io;
use std::ops::Range;

use smol::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::connection::{Answers, Messages, Received};

/// How much is read at a time, in bytes.
const CHUNK: usize = 64 * 1024;
/// How much is kept of a line that is too long, in bytes.
const KEPT: usize = 64 * 1024;

/// Messages out of lines.
#[derive(Debug)]
pub(super) struct Lines<R> {
    reader: R,
    limit: usize,
    chunk: Box<[u8]>,
    unread: Range<usize>,
}

impl<R> Lines<R> {
    /// A line of more than `limit` bytes is too long.
    pub(super) fn new(reader: R, limit: usize) -> Self {
        Self::by_chunks(reader, limit, CHUNK)
    }

    fn by_chunks(reader: R, limit: usize, chunk: usize) -> Self {
        Self { reader, limit, chunk: vec![0; chunk].into(), unread: 0..0 }
    }
}

impl<R: AsyncRead + Unpin> Messages for Lines<R> {
    async fn next(&mut self) -> io::Result<Option<Received>> {
        let mut line = Line::default();
        loop {
            if self.unread.is_empty() {
                self.unread = 0..self.reader.read(&mut self.chunk).await?;
                if self.unread.is_empty() {
                    return Ok(line.received(self.limit));
                }
            }
            let chunk = &self.chunk[self.unread.clone()];
            let end = memchr::memchr(b'\n', chunk);
            let piece = &chunk[..end.unwrap_or(chunk.len())];
            line.push(piece, self.limit);
            self.unread.start += piece.len() + usize::from(end.is_some());
            if end.is_some()
                && let Some(received) = std::mem::take(&mut line).received(self.limit)
            {
                return Ok(Some(received));
            }
        }
    }
}

#[derive(Debug, Default)]
struct Line {
    bytes: Vec<u8>,
    size: usize,
    too_long: bool,
}

impl Line {
    fn push(&mut self, piece: &[u8], limit: usize) {
        self.size += piece.len();
        if self.size > limit && !self.too_long {
            self.too_long = true;
            self.bytes.truncate(KEPT);
            self.bytes.shrink_to_fit();
        }
        if !self.too_long {
            self.bytes.extend_from_slice(piece);
        }
    }

    /// Returns the message, unless the line is blank.
    fn received(self, limit: usize) -> Option<Received> {
        if self.too_long {
            return Some(Received::TooLong { start: self.bytes, size: self.size, limit });
        }
        match String::from_utf8(self.bytes) {
            Ok(text) if text.trim_ascii().is_empty() => None,
            Ok(text) => Some(Received::Text(text)),
            Err(_) => Some(Received::NotText("the message is not UTF-8")),
        }
    }
}

/// Lines out of messages.
#[derive(Debug)]
pub(super) struct LineWriter<W>(pub(super) W);

impl<W: AsyncWrite + Unpin> Answers for LineWriter<W> {
    async fn send(&mut self, messages: Vec<String>) -> io::Result<()> {
        for message in messages {
            self.0.write_all(message.as_bytes()).await?;
            self.0.write_all(b"\n").await?;
        }
        self.0.flush().await
    }
}

#[cfg(test)]
mod tests {
    use futures_lite::future::block_on;
    use smol::io::Cursor;

    use super::*;

    /// Reads lines of at most 8 bytes, three at a time.
    fn read(bytes: &[u8]) -> Vec<String> {
        let mut lines = Lines::by_chunks(Cursor::new(bytes), 8, 3);
        let mut received = Vec::new();
        while let Some(next) = block_on(lines.next()).unwrap() {
            received.push(match next {
                Received::Text(text) => text,
                Received::TooLong { start, size, .. } => format!("{}+ of {size}", start.len()),
                Received::NotText(reason) => reason.into(),
            });
        }
        received
    }

    #[test]
    fn lines_are_messages_and_blank_ones_are_not() {
        assert_eq!(read(b"one\n\n \r\ntwo\r\n\nthree"), ["one", "two\r", "three"]);
        assert_eq!(read(b""), [""; 0]);
    }

    #[test]
    fn a_line_that_is_too_long_ends_nothing() {
        assert_eq!(read(b"12345678\n123456789\nnext\n"), ["12345678", "6+ of 9", "next"]);
        assert_eq!(read(b"1234567890123"), ["6+ of 13"]);
    }

    #[test]
    fn what_is_no_text_is_said_to_be_none() {
        assert_eq!(read(b"\xff\xfe\nnext"), ["the message is not UTF-8", "next"]);
    }
}
