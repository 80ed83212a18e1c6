//! The machine that measures, and the versions of what ran on it.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Result;

use crate::lines::Line;

/// What the word of the cases means for each.
const RELAXED: &str = "survives the end of the process, not of the power; redb has nothing between a sync and \
    nothing, so its relaxed commits stay in its process until a strict one";

/// Says what there is to say of the machine.
///
/// # Errors
/// When nobody reads standard output.
pub(crate) fn describe() -> Result<()> {
    let mut what = common();
    what.insert("sqlite", rusqlite::version().into());
    what.insert("relaxed", RELAXED.into());
    Line::Machine { what }.emit()
}

/// What is to be said whatever the contenders are.
pub(crate) fn common() -> BTreeMap<&'static str, String> {
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let model = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".into());
    let memory = field("/proc/meminfo", "MemTotal").unwrap_or_else(|| "unknown".into());
    let system = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    BTreeMap::from([
        ("cpu", format!("{model}, {cpus} cores")),
        ("memory", memory),
        ("os", format!("{} {}", std::env::consts::OS, system.trim())),
        ("creel", env!("CARGO_PKG_VERSION").into()),
    ])
}

/// Reads one field of a file of `name: value` lines.
pub(crate) fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
