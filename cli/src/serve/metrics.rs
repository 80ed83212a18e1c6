//! What a server counts, for Prometheus. Labels are methods of the protocol and outcomes: no store,
//! thread or token has a series of its own.

use std::time::{Duration, Instant};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// A method and how its requests ended.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Ended {
    method: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Of {
    method: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Because {
    reason: &'static str,
}

/// The counters of a server. A clone counts into the same ones.
#[derive(Clone, Debug)]
pub(super) struct Metrics {
    requests: Family<Ended, Counter>,
    seconds: Family<Of, Histogram, fn() -> Histogram>,
    refused: Family<Because, Counter>,
    pub(super) connections: Gauge,
    pub(super) resumed: Counter,
    pub(super) missed: Counter,
    pub(super) commits: Counter,
    pub(super) conflicts: Counter,
    pub(super) storage_errors: Counter,
    pub(super) storage_seconds: Histogram,
    pub(super) opened: Counter,
    /// Set when they are asked for.
    pub(super) stores: Gauge,
    pub(super) threads: Gauge,
    pub(super) deletions: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            seconds: Family::new_with_constructor(histogram as fn() -> Histogram),
            refused: Family::default(),
            connections: Gauge::default(),
            resumed: Counter::default(),
            missed: Counter::default(),
            commits: Counter::default(),
            conflicts: Counter::default(),
            storage_errors: Counter::default(),
            storage_seconds: histogram(),
            opened: Counter::default(),
            stores: Gauge::default(),
            threads: Gauge::default(),
            deletions: Gauge::default(),
        }
    }
}

/// From a tenth of a millisecond to some 26 seconds.
fn histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.0001, 4.0, 10))
}

impl Metrics {
    /// Counts a request that has ended.
    pub(super) fn request(&self, method: &'static str, failed: Option<Fault>, begun: Instant) {
        let outcome = match failed {
            None => "ok",
            Some(Fault::Refused) => "refused",
            Some(Fault::Failed) => "failed",
        };
        self.requests.get_or_create(&Ended { method, outcome }).inc();
        self.seconds.get_or_create(&Of { method }).observe(begun.elapsed().as_secs_f64());
    }

    /// Counts a connection that was not let in.
    pub(super) fn refuse(&self, reason: &'static str) {
        self.refused.get_or_create(&Because { reason }).inc();
    }

    pub(super) fn committed(&self, took: Duration) {
        self.storage_seconds.observe(took.as_secs_f64());
    }

    /// Spells all of them, in the text that Prometheus reads.
    pub(super) fn text(&self) -> Result<String, std::fmt::Error> {
        let mut registry = Registry::with_prefix("creel");
        let Self { requests, seconds, refused, connections, resumed, missed, .. } = self.clone();
        registry.register("requests", "Requests answered, by method and outcome", requests);
        registry.register("request_seconds", "How long requests took, by method", seconds);
        registry.register("connections_refused", "Connections not let in, by reason", refused);
        registry.register("connections", "Connections that are open", connections);
        registry.register("sessions_resumed", "Clients that came back", resumed);
        registry.register("changes_missed", "Clients that came back too late to hear all", missed);
        let Self { commits, conflicts, storage_errors, storage_seconds, opened, .. } = self.clone();
        registry.register("commits", "Commits of the storage", commits);
        registry.register("conflicts", "Commits that another instance was faster than", conflicts);
        registry.register("storage_errors", "Calls of the storage that failed", storage_errors);
        registry.register("commit_seconds", "How long commits took", storage_seconds);
        registry.register("stores_opened", "Stores that were opened", opened);
        let Self { stores, threads, deletions, .. } = self.clone();
        registry.register("stores_open", "Stores that are open", stores);
        registry.register("threads", "Threads of the open stores", threads);
        registry.register(
            "deletions_pending",
            "Deletions not finished, of the open stores",
            deletions,
        );
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }
}

/// Whose fault it is that a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It asked for what can't be.
    Refused,
    /// The store failed.
    Failed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_method_and_outcome() {
        let metrics = Metrics::default();
        metrics.request("thread/list", None, Instant::now());
        metrics.request("thread/list", None, Instant::now());
        metrics.request("thread/read", Some(Fault::Refused), Instant::now());
        let text = metrics.text().unwrap();
        for line in [
            r#"creel_requests_total{method="thread/list",outcome="ok"} 2"#,
            r#"creel_requests_total{method="thread/read",outcome="refused"} 1"#,
            r#"creel_request_seconds_count{method="thread/list"} 2"#,
            "creel_connections 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }
}
