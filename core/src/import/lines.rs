//! Cuts text that comes piece by piece into lines, and holds no line that is too long to be kept.

/// The lines of one file, numbered from 1.
#[derive(Debug)]
pub(super) struct Lines {
    limit: usize,
    number: u64,
    held: Vec<u8>,
    too_long: bool,
}

/// A line, or why it can't be read.
pub(super) type Line = Result<String, String>;

impl Lines {
    /// Begins a file; a longer line than `limit` bytes is let go of as it comes.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, number: 0, held: Vec::new(), too_long: false }
    }

    /// Takes the next line off `bytes`; what is left without a line's end is held.
    pub(super) fn next(&mut self, bytes: &mut &[u8]) -> Option<Line> {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let (line, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
        self.hold(line);
        *bytes = rest.get(1..).unwrap_or_default();
        end.map(|_| self.cut())
    }

    /// Takes the last line, if the file doesn't end with a line's end.
    pub(super) fn last(&mut self) -> Option<Line> {
        (self.too_long || !self.held.is_empty()).then(|| self.cut())
    }

    /// Returns the number of the line that was taken last.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    fn hold(&mut self, part: &[u8]) {
        if self.too_long || self.held.len() + part.len() > self.limit {
            self.too_long = true;
            self.held = Vec::new();
        } else {
            self.held.extend_from_slice(part);
        }
    }

    fn cut(&mut self) -> Line {
        self.number += 1;
        if std::mem::take(&mut self.too_long) {
            return Err(format!("it is longer than {} bytes", self.limit));
        }
        let mut line = std::mem::take(&mut self.held);
        if self.number == 1 && line.starts_with(b"\xef\xbb\xbf") {
            line.drain(..3);
        }
        String::from_utf8(line).map_err(|error| error.utf8_error().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &[u8], size: usize) -> Vec<(u64, Line)> {
        let mut lines = Lines::new(8);
        let mut found = Vec::new();
        for mut piece in text.chunks(size) {
            while let Some(line) = lines.next(&mut piece) {
                found.push((lines.number(), line));
            }
            assert!(lines.held.len() <= 8);
        }
        found.extend(lines.last().map(|line| (lines.number(), line)));
        found
    }

    #[test]
    fn lines_are_the_same_however_the_text_is_cut() {
        let text = "\u{feff}one\r\n\n\u{1f980}\ntoo long a line\nlast".as_bytes();
        let expected = [
            (1, Ok("one\r".to_owned())),
            (2, Ok(String::new())),
            (3, Ok("\u{1f980}".to_owned())),
            (4, Err("it is longer than 8 bytes".to_owned())),
            (5, Ok("last".to_owned())),
        ];
        for size in 1..=text.len() {
            assert_eq!(cut(text, size), expected, "pieces of {size}");
        }
        assert_eq!(cut(b"one\n", 2).len(), 1);
        assert_eq!(cut(b"123456789", 1)[0].1, Err("it is longer than 8 bytes".to_owned()));
        assert!(cut(b"a\xffb\nc", 2)[0].1.is_err());
        assert!(cut(b"", 1).is_empty());
    }
}
