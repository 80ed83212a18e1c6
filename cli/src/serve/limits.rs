//! What one server, token or connection may have at most; and the bucket that a token's requests
//! are taken from.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::args::Limits;

/// How long a client that introduced itself by `creel/hello` may be silent before it is let go.
pub(super) const SILENCE: Duration = Duration::from_secs(120);
/// The requests of one such client that are at work at a time; the next one waits.
pub(super) const AT_ONCE: usize = 64;
/// The answers of changes that are kept for a client that may not have received them.
pub(super) const KEPT_ANSWERS: usize = 10_000;
/// Their size, in bytes.
pub(super) const KEPT_BYTES: usize = 32 * 1024 * 1024;

/// Allows so many requests a second, and those of one second at once.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: f64,
    left: Cell<f64>,
    filled: Cell<Instant>,
}

impl Bucket {
    /// A rate of 0 is none.
    pub(super) fn new(limits: &Limits) -> Self {
        let rate = f64::from(limits.rate);
        Self { rate, left: Cell::new(rate), filled: Cell::new(Instant::now()) }
    }

    /// Takes a request out; none is left when it returns false.
    pub(super) fn take(&self) -> bool {
        self.take_at(Instant::now())
    }

    fn take_at(&self, now: Instant) -> bool {
        if self.rate == 0.0 {
            return true;
        }
        let passed = now.saturating_duration_since(self.filled.get()).as_secs_f64();
        self.filled.set(now);
        let left = (self.left.get() + passed * self.rate).min(self.rate);
        let taken = left >= 1.0;
        self.left.set(if taken { left - 1.0 } else { left });
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_what_is_in_it_and_then_what_flows_in() {
        let bucket = Bucket::new(&Limits { rate: 10, ..Limits::default() });
        let start = Instant::now();
        let taken = |at: u64| {
            (0..50).take_while(|_| bucket.take_at(start + Duration::from_millis(at))).count()
        };
        assert_eq!([taken(0), taken(0), taken(150), taken(250)], [10, 0, 1, 1]);
        assert_eq!(taken(60_000), 10);
    }

    #[test]
    fn a_rate_of_none_refuses_nothing() {
        let bucket = Bucket::new(&Limits { rate: 0, ..Limits::default() });
        assert!((0..1000).all(|_| bucket.take()));
    }
}
