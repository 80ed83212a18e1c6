//! The targets: what Creel has to reach, each as one row. `verdict.rs` holds them against what was measured.
//!
//! Times are ratios to others in the same run wherever there is another to compare with, since only those
//! mean the same on every machine. Counts mean the same everywhere, so a run fails on them.

use super::facts::Side::{self, Browser, Native, Postgres};
use super::stats::Statistic::{self, Mean, P50, P99};

/// One row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) side: Side,
    pub(crate) workload: &'static str,
    /// Words that the names of its cases all have; every such case is judged by itself.
    pub(crate) words: &'static [&'static str],
    pub(crate) bound: Bound,
}

/// What is bounded, and by what.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound {
    /// Creel's time is at most this often another contender's.
    Ratio { statistic: Statistic, against: &'static str, most: f64 },
    /// Creel's time is at most this often its own in the case with these words.
    Own { statistic: Statistic, against: &'static [&'static str], most: f64 },
    /// Creel's time is at most so many milliseconds.
    Milliseconds { statistic: Statistic, most: f64 },
    /// An operation costs exactly so much.
    Exactly { what: &'static str, each: f64 },
    /// An operation costs at most so much.
    AtMost { what: &'static str, each: f64 },
    /// The memory is at most so large.
    Bytes { most: u64 },
    /// An operation on the largest store costs at most this often what it does on the smallest.
    Flat { axis: &'static str, most: f64 },
    /// No call keeps the main thread longer, in milliseconds.
    Blocking { most: f64 },
}

impl Bound {
    /// Whether a miss fails the run: what is counted is the same on every machine.
    pub(crate) fn is_count(self) -> bool {
        matches!(self, Self::Exactly { .. } | Self::AtMost { .. })
    }
}

const fn row(
    side: Side,
    workload: &'static str,
    words: &'static [&'static str],
    bound: Bound,
) -> Target {
    Target { side, workload, words, bound }
}

const fn ratio(statistic: Statistic, against: &'static str, most: f64) -> Bound {
    Bound::Ratio { statistic, against, most }
}

const fn exactly(what: &'static str, each: f64) -> Bound {
    Bound::Exactly { what, each }
}

const APPEND: &[&str] = &["append one", "600 B"];
const AT_ONCE: &[&str] = &["append 25"];
const LIST: &[&str] = &["list 50"];
const COMMITTED: &[&str] = &["delete", "committed"];
const ERASED: &[&str] = &["delete", "erased"];
const ARCHIVE: &[&str] = &["archive"];
const OPEN_10K: &[&str] = &["open", "10,000 threads"];
const OPEN_100K: &[&str] = &["open", "100,000 threads"];
const SERVER: &str = "Codex app-server";

/// Every row, in the order of the reports.
pub(crate) const TARGETS: &[Target] = &[
    row(Browser, "W1", APPEND, ratio(P50, "raw", 0.85)),
    row(Browser, "W1", APPEND, ratio(Mean, "raw", 0.8)),
    row(Browser, "W1", APPEND, ratio(P99, "raw", 1.0)),
    row(Browser, "W1", AT_ONCE, ratio(Mean, "raw", 0.12)),
    row(Browser, "W2", &["1,000 items"], ratio(P50, "raw", 1.1)),
    row(Browser, "W2", &["1,000 items"], ratio(P50, "Dexie", 1.0 / 6.0)),
    row(Browser, "W3", &["10,000 items"], ratio(P50, "raw", 0.6)),
    row(Browser, "W4", LIST, Bound::Milliseconds { statistic: P50, most: 0.3 }),
    row(Browser, "W5", COMMITTED, ratio(P50, "raw", 0.06)),
    row(Browser, "W5", ERASED, ratio(P50, "raw", 0.3)),
    row(Browser, "W6", ARCHIVE, ratio(P50, "raw", 0.07)),
    row(Browser, "W7", OPEN_10K, ratio(P50, "raw", 1.0)),
    row(Browser, "W7", OPEN_100K, ratio(P50, "raw", 1.0)),
    row(Browser, "W7", &["wasm memory", "100,000"], Bound::Bytes { most: 32 << 20 }),
    row(Browser, "", &[], Bound::Blocking { most: 8.0 }),
    row(Native, "W1", &["append one", "strict", "600 B"], ratio(Mean, "JSONL", 1.25)),
    row(Native, "W4", LIST, Bound::Milliseconds { statistic: P50, most: 0.3 }),
    row(Native, "W7", OPEN_100K, Bound::Own { statistic: P50, against: OPEN_10K, most: 3.0 }),
    row(Native, "W4", &["10,000 over JSON-RPC"], ratio(P50, SERVER, 0.05)),
    row(Native, "W6", &["archive", "JSON-RPC"], ratio(P50, SERVER, 0.05)),
    row(Native, "W5", &["delete", "JSON-RPC"], ratio(P50, SERVER, 0.05)),
    row(Native, "", &[], Bound::Flat { axis: "items", most: 2.0 }),
    row(Native, "", &[], Bound::Flat { axis: "threads", most: 2.0 }),
    row(Native, "W1", &["append one"], exactly("transactions", 1.0)),
    row(Native, "W1", &["append one"], exactly("inserts", 1.0)),
    row(Native, "W1", &["append one"], exactly("checks", 2.0)),
    row(Native, "W1", &["append one"], exactly("reads", 0.0)),
    row(Native, "W1", &["append one", "strict"], exactly("fsyncs", 1.0)),
    row(Native, "W1", AT_ONCE, Bound::AtMost { what: "transactions", each: 3.0 }),
    row(Native, "W4", LIST, exactly("storageCalls", 0.0)),
    row(Native, "W5", COMMITTED, exactly("transactions", 1.0)),
    row(Native, "W5", COMMITTED, exactly("inserts", 1.0)),
    row(Native, "W6", ARCHIVE, exactly("transactions", 1.0)),
    row(Native, "W6", ARCHIVE, exactly("inserts", 1.0)),
    row(Browser, "W1", &["append one"], exactly("transactions", 1.0)),
    row(Browser, "W1", &["append one"], exactly("inserts", 1.0)),
    row(Browser, "W1", &["append one"], exactly("reads", 0.0)),
    row(Browser, "W1", AT_ONCE, Bound::AtMost { what: "transactions", each: 3.0 }),
    row(Browser, "W4", &["list"], exactly("transactions", 0.0)),
    row(Browser, "W5", COMMITTED, exactly("transactions", 1.0)),
    row(Browser, "W6", ARCHIVE, exactly("transactions", 1.0)),
    row(Postgres, "W1", APPEND, exactly("transactions", 1.0)),
    row(Postgres, "W1", APPEND, exactly("inserts", 1.0)),
    row(Postgres, "W1", APPEND, exactly("checks", 2.0)),
    row(Postgres, "W1", APPEND, exactly("reads", 0.0)),
    row(Postgres, "W1", APPEND, exactly("roundTrips", 1.0)),
    // The append's own, at most one that tells others of it, and its share of what opening prepares and closing packs.
    row(Postgres, "W1", APPEND, Bound::AtMost { what: "serverCommits", each: 3.0 }),
    row(Postgres, "W1", AT_ONCE, Bound::AtMost { what: "transactions", each: 3.0 }),
    row(Postgres, "W4", LIST, exactly("storageCalls", 0.0)),
    row(Postgres, "W4", LIST, exactly("serverCommits", 0.0)),
    row(Postgres, "W4", LIST, exactly("roundTrips", 0.0)),
    row(Postgres, "W5", COMMITTED, exactly("transactions", 1.0)),
    row(Postgres, "W5", COMMITTED, exactly("inserts", 1.0)),
    row(Postgres, "W6", ARCHIVE, exactly("transactions", 1.0)),
    row(Postgres, "W6", ARCHIVE, exactly("inserts", 1.0)),
    row(Postgres, "W6", ARCHIVE, exactly("roundTrips", 1.0)),
];
