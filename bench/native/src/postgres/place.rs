//! What is to be known of a run on PostgreSQL: the server, its settings and where it keeps its files, and how each
//! contender is asked.

use std::path::Path;

use anyhow::Result;
use creel_tests::postgres::Server;

use crate::lines::Line;
use crate::machine;

/// The settings that say how durable and how large a server is.
const SHOWN: [&str; 6] = [
    "fsync",
    "full_page_writes",
    "wal_sync_method",
    "shared_buffers",
    "max_wal_size",
    "max_connections",
];

const CREEL: &str = "the default options of its pool; it lists from memory, and what other instances write gets \
    there by news of their commits";
const HAND: &str = "threads with partial indexes for the lists, an item a row, tokio-postgres and deadpool with 10 \
    connections; every operation is one prepared statement, and so one transaction and one round trip";
const LANGGRAPH: &str = "@langchain/langgraph-checkpoint-postgres in Node with its pool of 10, timed in its process; \
    an append is `putWrites` and `put` of the next checkpoint, side by side, with the state before it at hand, and \
    writes all of the thread's messages anew; 1,000 items are one checkpoint; loading is `getTuple`; a list is \
    `list` of the 50 newest checkpoints, which may be of fewer threads, by parent with a filter on metadata; a tree is deleted by `deleteThread` of each member, whose ids are known, ten at a time and not \
    together; what was stored before the rounds is one checkpoint a thread";
const DURABILITY: &str = "strict is synchronous_commit = on, relaxed is off, for all of them";

/// Says it all.
///
/// # Errors
/// When nobody reads standard output.
pub(super) fn describe(server: &Server) -> Result<()> {
    let show = |name: &str| server.sql(&format!("SHOW {name}"));
    let settings: Vec<_> = SHOWN.iter().map(|name| format!("{name} = {}", show(name))).collect();
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
    let medium = file_system(&mounts, server.directory()).unwrap_or("a file system unknown");
    let mut what = machine::common();
    what.extend([
        ("PostgreSQL", format!("{}, for all alike", show("server_version"))),
        ("PostgreSQL's settings", settings.join(", ")),
        ("PostgreSQL's files", format!("on {medium}, reached on 127.0.0.1 without TLS")),
        ("PostgreSQL, durability", DURABILITY.into()),
        ("PostgreSQL, creel", CREEL.into()),
        ("PostgreSQL, tables by hand", HAND.into()),
        ("PostgreSQL, LangGraph", LANGGRAPH.into()),
    ]);
    Line::Machine { what }.emit()
}

/// The kind of the file system that a path is on, as the text of `/proc/mounts` has it.
fn file_system<'a>(mounts: &'a str, path: &Path) -> Option<&'a str> {
    let mount = |line: &'a str| {
        let mut fields = line.split(' ').skip(1);
        let (at, kind) = (fields.next()?, fields.next()?);
        path.starts_with(at).then_some((at.len(), kind))
    };
    // Of two at one place, the later hides the earlier.
    mounts.lines().filter_map(mount).max_by_key(|(length, _)| *length).map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_system_is_that_of_the_deepest_mount_and_the_latest_there() {
        let mounts = "/dev/vda / ext4 rw 0 0\nx /tmp xfs rw 0 0\ntmpfs /tmp tmpfs rw 0 0\nx /tmp/a/b btrfs rw 0 0";
        let of = |path| file_system(mounts, Path::new(path));
        assert_eq!(of("/tmp/a/c"), Some("tmpfs"));
        assert_eq!(of("/tmp/a/b/c"), Some("btrfs"));
        assert_eq!(of("/tmpfoo"), Some("ext4"));
        assert_eq!(file_system("", Path::new("/")), None);
    }
}
