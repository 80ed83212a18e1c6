//! Bringing threads back that the catalog has lost, from their histories.

use std::collections::HashMap;

use bytes::Bytes;
use litemap::LiteMap;

use super::history::{Place, Stream, lines, place, tools};
use super::mend::{Mended, Part, mend};
use super::replay;
use crate::catalog::{Catalog, Event, Record};
use crate::error::Result;
use crate::id::{ThreadId, TreeId};
use crate::journal::replica::Replica;
use crate::keys;
use crate::observe::{Observed, observe_at};
use crate::storage::{Key, Table, Write};
use crate::thread::ThreadDetails;

/// The histories of no thread, by tree and thread.
pub(super) type Orphans = LiteMap<(TreeId, ThreadId), Vec<(Key, Bytes)>>;

/// Adds the threads of orphaned histories to the catalog; returns what erases those that are
/// deleted.
pub(super) fn recover(replica: &mut Replica, orphans: &Orphans) -> Result<Vec<Write>> {
    let mut writes = Vec::new();
    let known: HashMap<ThreadId, u32> =
        replica.losses.broken.iter().map(|(ord, id)| (*id, *ord)).collect();
    for ((tree, id), records) in orphans {
        let catalog = &replica.catalog;
        if is_deleted(catalog, *tree, *id, known.get(id).copied()) {
            let range = keys::thread(*tree, *id);
            writes.push(Write::DeleteRange { table: Table::History, range });
            continue;
        }
        if catalog.record(*id).is_some() {
            // The same thread under another tree: its bytes go into quarantine with the strays.
            continue;
        }
        let events: Vec<&(i64, Event)> =
            replica.losses.skipped.iter().filter(|(_, event)| concerns(event, *id)).collect();
        let free = known
            .get(id)
            .filter(|ord| **ord < catalog.next_ordinal() && catalog.slot(**ord).is_none());
        let ord = free.copied().unwrap_or(catalog.next_ordinal());
        let record = record(ord, *tree, *id, records, &events)?;
        if replica.catalog.load_record(record).is_ok() {
            for (at, event) in events {
                replay::apply(&mut replica.catalog, event, *at)?;
            }
        }
    }
    Ok(writes)
}

/// A deletion that has lost members takes the threads that can only be those.
fn is_deleted(catalog: &Catalog, tree: TreeId, id: ThreadId, ord: Option<u32>) -> bool {
    catalog.deletion_of(id).is_some()
        || catalog.deletions().any(|state| {
            let lost = |ord: u32| catalog.slot(ord).is_none() && !state.erased.contains(ord);
            let nameless = || {
                (state.ids.len() as u64) < state.members.len()
                    && state.trees.contains(&tree)
                    && state.members.iter().any(lost)
            };
            ord.map_or_else(nameless, |ord| state.members.contains(ord))
        })
}

fn concerns(event: &Event, id: ThreadId) -> bool {
    match event {
        Event::Appended { thread, .. }
        | Event::Segmented { thread, .. }
        | Event::Updated { thread, .. }
        | Event::EdgeSet { thread, .. }
        | Event::Moved { thread, .. }
        | Event::GoalSet { thread, .. }
        | Event::Logged { thread, .. }
        | Event::ToolsSet { thread, .. } => *thread == id,
        _ => false,
    }
}

/// Makes a record of what a thread's history says of it, before `events`.
fn record(
    ord: u32,
    tree: TreeId,
    id: ThreadId,
    records: &[(Key, Bytes)],
    events: &[&(i64, Event)],
) -> Result<Record> {
    let items = of_stream(records, |stream| match stream {
        Stream::Items(first) => Some(first),
        _ => None,
    });
    let appended = events.iter().find_map(|(_, event)| match event {
        Event::Appended { first, .. } | Event::Segmented { first, .. } => Some(*first),
        _ => None,
    });
    let Mended { mut lines, .. } = mend(items, None, 0)?;
    if let Some(first) = appended.and_then(|first| usize::try_from(first).ok()) {
        lines.truncate(first);
    }
    let logged = events.iter().find_map(|(_, event)| match event {
        Event::Logged { first, .. } => Some(*first),
        _ => None,
    });
    let logs = match logged {
        Some(first) => first,
        None => log_end(records),
    };
    let tools = records.iter().find_map(|(key, value)| {
        let is_tools = place(key).is_some_and(|place| place.stream == Stream::Tools);
        is_tools.then(|| tools(value)).flatten()
    });
    let stored: Vec<_> = lines.iter().filter_map(|line| line.decode(0).ok()).collect();
    let observed = stored
        .iter()
        .map(|stored| observe_at(&stored.item, Some(stored.at)))
        .fold(Observed::default(), Observed::merge);
    let times = || stored.iter().map(|stored| stored.at).filter(|at| *at > 0);
    let (first, last) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
    let len = lines.len() as u64;
    let recovered = serde_json::Map::from_iter([("recovered".to_owned(), true.into())]);
    let details = ThreadDetails {
        model: observed.model,
        model_provider: observed.model_provider,
        cwd: observed.cwd,
        cli_version: observed.cli_version,
        originator: observed.originator,
        git_info: observed.git_info,
        token_usage: observed.token_usage,
        metadata: Some(recovered),
        ..ThreadDetails::default()
    };
    Ok(Record {
        ord,
        id,
        tree,
        parent: None,
        edge: None,
        created_at: first,
        updated_at: last,
        recency_at: observed.turn_at.unwrap_or(last),
        archived: None,
        deletion: None,
        len,
        bytes: lines.iter().map(crate::item::Line::size).sum(),
        packed: len,
        segment: Default::default(),
        generation: 0,
        session: None,
        forked_from: None,
        name: None,
        preview: observed.preview,
        title: observed.title,
        goal: None,
        logs,
        tools: tools.unwrap_or(0),
        documents: None,
        details: details.into(),
    })
}

fn of_stream(records: &[(Key, Bytes)], of: impl Fn(Stream) -> Option<u64>) -> Vec<Part> {
    let part = |(key, value): &(Key, Bytes)| {
        let Place { stream, .. } = place(key)?;
        Some(Part { first: of(stream)?, value: value.clone(), quarantine: Key::new() })
    };
    records.iter().filter_map(part).collect()
}

fn log_end(records: &[(Key, Bytes)]) -> u64 {
    let logs = of_stream(records, |stream| match stream {
        Stream::Log(first) => Some(first),
        _ => None,
    });
    logs.last().map_or(0, |last| last.first.saturating_add(lines(&last.value).len() as u64))
}
