//! The end of a history that no segment holds yet: the lines of the journal's recent appends.

use crate::item::Line;

/// The unpacked end of one thread's history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tail {
    first: u64,
    lines: Vec<Line>,
    bytes: u64,
}

impl Tail {
    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Returns the bytes that the lines take in a segment.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the lines of `from..to`, as far as the tail has them.
    pub(crate) fn slice(&self, from: u64, to: u64) -> &[Line] {
        let index = |seq: u64| {
            let offset = usize::try_from(seq.saturating_sub(self.first)).unwrap_or(usize::MAX);
            offset.min(self.lines.len())
        };
        let (start, end) = (index(from), index(to));
        &self.lines[start..end.max(start)]
    }

    pub(super) fn push(&mut self, first: u64, lines: &[Line]) {
        if self.lines.is_empty() {
            self.first = first;
        }
        self.bytes += lines.iter().map(Line::size).sum::<u64>();
        self.lines.extend_from_slice(lines);
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.bytes -= self.lines.drain(length..).map(|line| line.size()).sum::<u64>();
    }

    /// Drops the lines before `seq`.
    pub(super) fn drop_before(&mut self, seq: u64) {
        let count = self.slice(0, seq).len();
        self.bytes -= self.lines.drain(..count).map(|line| line.size()).sum::<u64>();
        self.first = self.first.max(seq);
    }
}
