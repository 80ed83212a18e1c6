//! `creel list`: the forest of threads.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use creel::{ArchiveFilter, Thread, ThreadId};

use crate::args::List;
use crate::failure::Failure;
use crate::{open, output};

pub(crate) async fn run(args: List) -> Result<(), Failure> {
    let store = open::existing(&args.common.store).await?;
    let filter = match (args.archived, args.all) {
        (true, _) => ArchiveFilter::Archived,
        (_, true) => ArchiveFilter::All,
        _ => ArchiveFilter::Active,
    };
    let threads = open::threads(&store, filter).await?;
    store.close().await?;
    if args.common.json {
        return output::json_threads(&threads);
    }
    if threads.is_empty() {
        eprintln!("No threads.");
    }
    print(&threads)
}

/// Prints a line a thread: roots newest first, sub-agents below, oldest first.
pub(crate) fn print(threads: &[Thread]) -> Result<(), Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let items = threads.iter().map(|thread| thread.items.to_string().len()).max().unwrap_or(0);
    let sizes = threads.iter().map(|thread| output::size(thread.bytes).len()).max().unwrap_or(0);
    for (branch, thread) in forest(threads) {
        let updated = output::time(thread.updated_at);
        let size = output::size(thread.bytes);
        let label = output::label(thread);
        let archived = if thread.archived() { "(archived) " } else { "" };
        let head = format!("{}  {updated}  {:>items$} items", thread.id, thread.items);
        let line = format!("{head}  {size:>sizes$}  {branch}{archived}{label}");
        writeln!(out, "{}", output::fit(&line))?;
    }
    Ok(out.flush()?)
}

/// Orders threads as a forest, each with the branches drawn before it.
///
/// A thread whose parent is not listed stands as a root.
fn forest(threads: &[Thread]) -> Vec<(String, &Thread)> {
    let listed: BTreeSet<ThreadId> = threads.iter().map(|thread| thread.id).collect();
    let mut children: BTreeMap<Option<ThreadId>, Vec<&Thread>> = BTreeMap::new();
    for thread in threads {
        let parent = thread.parent_thread_id.filter(|parent| listed.contains(parent));
        children.entry(parent).or_default().push(thread);
    }
    let mut forest = Vec::with_capacity(threads.len());
    let mut waiting: Vec<(String, &str, &str, &Thread)> = Vec::new();
    for root in children.remove(&None).unwrap_or_default().into_iter().rev() {
        waiting.push((String::new(), "", "", root));
    }
    while let Some((indent, own, below, thread)) = waiting.pop() {
        forest.push((format!("{indent}{own}"), thread));
        let below = format!("{indent}{below}");
        let spawned = children.remove(&Some(thread.id)).unwrap_or_default();
        for (nth, child) in spawned.into_iter().enumerate() {
            let (own, under) = if nth == 0 { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            waiting.push((below.clone(), own, under, child));
        }
    }
    forest
}
