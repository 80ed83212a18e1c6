//! The text of a rollout file, which may be compressed, from its beginning to its end.
//!
//! A compressed file that breaks off is read up to there, as a torn one that is not compressed is: an
//! import of the mended file goes on from that point. In one whose data is wrong nothing can be
//! trusted, not even what comes before: only its end tells. So such a file is looked through first.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use creel::import::codex::is_compressed_rollout;

/// Reads a file's size and its beginning: its first line, and more when that is short.
pub(super) fn beginning(path: &str) -> io::Result<(u64, Vec<u8>)> {
    const ENOUGH: u64 = 64 * 1024;
    const MOST: u64 = 16 * 1024 * 1024;
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut reader = BufReader::new(text(path, file)?.take(MOST));
    let mut text = Vec::new();
    let read = reader.by_ref().take(ENOUGH).read_to_end(&mut text).and_then(|_| {
        if text.contains(&b'\n') { Ok(0) } else { reader.read_until(b'\n', &mut text) }
    });
    match read {
        Err(error) if !breaks_off(&error) => Err(error),
        _ => Ok((size, text)),
    }
}

/// Reads the text of an open file of this path.
pub(super) fn text<'a>(path: &str, file: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    if is_compressed_rollout(path) {
        Ok(Box::new(zstd::Decoder::new(file)?))
    } else {
        Ok(Box::new(file))
    }
}

/// Looks a compressed file through.
pub(super) fn check(path: &str) -> io::Result<()> {
    if !is_compressed_rollout(path) {
        return Ok(());
    }
    let mut text = text(path, File::open(path)?)?;
    match io::copy(&mut text, &mut io::sink()) {
        Err(error) if !breaks_off(&error) => Err(error),
        _ => Ok(()),
    }
}

/// Tells whether the file ended before its data did.
pub(super) fn breaks_off(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::UnexpectedEof
}
