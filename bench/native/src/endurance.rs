//! Ten thousand live appends a minute for many minutes: does memory, the journal or the latency grow?

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::contenders::{Contender, Creel};
use crate::data::{self, Spec};
use crate::lines::Line;
use crate::machine;
use crate::workloads::{SMALL, timed};

/// The time from one append to the next.
const INTERVAL: Duration = Duration::from_millis(6);
/// The threads that are appended to in turn.
const THREADS: u64 = 40;

/// Appends for so many minutes and reports each.
///
/// # Errors
/// The store's, and when an item is missing at the end.
pub(crate) fn run(dir: &Path, minutes: u64) -> Result<()> {
    let dir = tempfile::tempdir_in(dir)?;
    let mut creel = Creel::open(dir.path(), false)?;
    let specs: Vec<_> = (0..THREADS).map(|n| Spec::new(n, None, 0)).collect();
    creel.create(&specs)?;
    let started = Instant::now();
    let mut appended = 0;
    for minute in 1..=minutes {
        let mut times = Vec::with_capacity(10_000);
        let (mut entries, mut bytes) = (0, 0);
        while started.elapsed() < Duration::from_mins(minute) {
            let next = started + INTERVAL * u32::try_from(appended)?;
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
            let item = [data::item(0, appended, SMALL)];
            let thread = data::id(appended as u64 % THREADS);
            times.push(timed(|| creel.append(thread, &item))?.0);
            appended += 1;
            let stats = creel.store.stats();
            entries = entries.max(stats.journal_entries);
            bytes = bytes.max(stats.journal_bytes);
        }
        times.sort_by(f64::total_cmp);
        let rank = |share: f64| {
            let last = times.len().saturating_sub(1);
            times.get((last as f64 * share) as usize).copied().unwrap_or(0.0)
        };
        say(minute, "appends", times.len() as f64, "appends")?;
        say(minute, "append p50", rank(0.5), "ms")?;
        say(minute, "append p99", rank(0.99), "ms")?;
        say(minute, "append longest", rank(1.0), "ms")?;
        say(minute, "most entries waiting", entries as f64, "entries")?;
        say(minute, "most bytes waiting", bytes as f64, "bytes")?;
        say(minute, "database", size(&dir.path().join("creel.sqlite3")), "bytes")?;
        say(minute, "log of the database", size(&dir.path().join("creel.sqlite3-wal")), "bytes")?;
        let resident = machine::field("/proc/self/status", "VmRSS").unwrap_or_default();
        if let Ok(kilobytes) = resident.trim_end_matches("kB").trim().parse::<f64>() {
            say(minute, "memory", kilobytes * 1024.0, "bytes")?;
        }
    }
    let kept = creel.store.stats().items;
    ensure!(kept == appended as u64, "{appended} items were appended and {kept} are kept");
    Box::new(creel).close()
}

fn size(file: &Path) -> f64 {
    file.metadata().map_or(0.0, |file| file.len() as f64)
}

fn say(minute: u64, case: &str, value: f64, unit: &str) -> Result<()> {
    Line::Growth { case, contender: "creel", axis: "minutes", size: minute, value, unit }.emit()
}
