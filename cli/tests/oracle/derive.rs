//! Makes the threads that a recording began with from what it tells of them: its answers have threads
//! whole, its observations have edges and the names of files, and its first case names every thread.

use std::collections::BTreeMap;

use creel::storage::Storage;
use creel::{CreateThread, Item, Store, ThreadDetails, ThreadId};
use futures_lite::future::block_on;
use serde_json::{Value, json};

use super::Recording;

/// The generated histories begin here: 2025-01-01, in milliseconds.
const FIRST: i64 = 1_735_689_600_000;
const MINUTE: i64 = 60_000;

/// Creates the threads, and returns how many.
pub(crate) fn threads<S: Storage>(recording: &Recording, store: &Store<S>) -> usize {
    let Some(names) = recording.cases[0]["observation"].as_object() else { return 0 };
    let files =
        observed(recording).filter_map(Value::as_str).filter(|text| text.contains("rollout-"));
    let files: Vec<&str> = files.collect();
    let mut given: BTreeMap<&str, Given<'_>> = BTreeMap::new();
    for (index, (name, id)) in (0..).zip(names) {
        let id = id.as_str().unwrap();
        // Ids that nothing has, and threads that were started by a call.
        if !id.starts_with("00000000-") && !id.starts_with("01a1") {
            let shown = recording.cases.iter().find_map(|case| thread(&case["result"], id));
            let file = files.iter().find(|file| file.contains(id));
            let at = file.and_then(|file| minutes(file)).unwrap_or(index) * MINUTE;
            given.insert(name, Given { id, shown, at: FIRST + at });
        }
    }
    let parents = parents(recording, &given);
    let mut waiting: Vec<(&str, Given<'_>)> = given.into_iter().collect();
    let (all, mut made) = (waiting.len(), Vec::new());
    while !waiting.is_empty() {
        let is_ready = |given: &Given<'_>| match parents.get(given.id) {
            Some(parent) => made.contains(parent),
            None => true,
        };
        let (mut ready, mut rest): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|(_, given)| is_ready(given));
        if ready.is_empty() {
            // A circle, or a parent that is nowhere: it begins anew as a root.
            ready.push(rest.remove(0));
        }
        for (name, given) in &ready {
            let parent = parents.get(given.id).filter(|parent| made.contains(*parent));
            create(store, name, given, parent.map(String::as_str));
            made.push(given.id.to_owned());
        }
        waiting = rest;
    }
    all
}

struct Given<'a> {
    id: &'a str,
    shown: Option<&'a Value>,
    at: i64,
}

fn create<S: Storage>(store: &Store<S>, name: &str, given: &Given<'_>, parent: Option<&str>) {
    let text = |field: &str, default: &str| {
        let shown = given.shown.and_then(|shown| shown[field].as_str());
        Some(shown.unwrap_or(default).to_owned())
    };
    let time = |field: &str| {
        given.shown.and_then(|shown| shown[field].as_i64()).map_or(given.at, |at| at * 1000)
    };
    let id = |text: &str| text.parse::<ThreadId>().unwrap();
    let spawned = json!({"subAgent": {"thread_spawn": {"parent_thread_id": parent, "depth": 1}}});
    let source = if parent.is_some() { spawned } else { "cli".into() };
    let thread = CreateThread {
        id: Some(id(given.id)),
        parent_thread_id: parent.map(id),
        session_id: Some(given.id.to_owned()),
        preview: given.shown.and_then(|shown| shown["preview"].as_str()).map(str::to_owned),
        created_at: Some(time("createdAt")),
        updated_at: Some(time("updatedAt")),
        recency_at: Some(time("recencyAt")),
        details: ThreadDetails {
            cwd: text("cwd", "/"),
            source: Some(given.shown.map_or(source, |shown| shown["source"].clone())),
            model_provider: text("modelProvider", "mock_provider"),
            cli_version: text("cliVersion", "0.0.0"),
            originator: text("originator", "codex"),
            ..ThreadDetails::default()
        },
        ..CreateThread::default()
    };
    block_on(store.create(thread)).unwrap();
    if given.shown.is_none() && name == "NOUSER" {
        let said = Item::new(r#"{"role":"assistant","content":"Nobody asked."}"#).unwrap();
        block_on(store.append_at(id(given.id), vec![(given.at, said)])).unwrap();
    }
    if name.starts_with("ARC") {
        block_on(store.archive(id(given.id))).unwrap();
    }
}

/// Returns the parent of every thread that has one: observed edges first, then what the names say: C1
/// is spawned by ROOT, G1 by C1.
fn parents(recording: &Recording, given: &BTreeMap<&str, Given<'_>>) -> BTreeMap<String, String> {
    let mut parents = BTreeMap::new();
    for (name, child) in given {
        let (tree, own) = name.rsplit_once('_').map_or(("", *name), |(tree, own)| (tree, own));
        let of = |parent: &str| {
            let name = if tree.is_empty() { parent.to_owned() } else { format!("{tree}_{parent}") };
            given.get(name.as_str()).map(|parent| parent.id.to_owned())
        };
        let parent = match own.as_bytes() {
            [b'C', b'0'..=b'9'] => of("ROOT"),
            [b'G', number @ b'0'..=b'9'] => of(&format!("C{}", char::from(*number))),
            _ => None,
        };
        parents.extend(parent.map(|parent| (child.id.to_owned(), parent)));
    }
    let known: Vec<&str> = given.values().map(|given| given.id).collect();
    for edge in observed(recording).filter_map(Value::as_array) {
        if let [Value::String(parent), Value::String(child), Value::String(_)] = edge.as_slice()
            && known.contains(&child.as_str())
            && known.contains(&parent.as_str())
        {
            parents.insert(child.clone(), parent.clone());
        }
    }
    parents
}

/// Returns the members of the observations that are lists.
fn observed(recording: &Recording) -> impl Iterator<Item = &Value> {
    let lists = recording.cases.iter().filter_map(|case| case["observation"].as_array());
    lists.flatten()
}

/// Finds a thread in an answer.
fn thread<'a>(answer: &'a Value, id: &str) -> Option<&'a Value> {
    match answer {
        Value::Object(fields)
            if fields.get("id").is_some_and(|own| own == id) && fields.contains_key("preview") =>
        {
            Some(answer)
        }
        Value::Object(fields) => fields.values().find_map(|value| thread(value, id)),
        Value::Array(values) => values.iter().find_map(|value| thread(value, id)),
        _ => None,
    }
}

/// Reads the minutes of a file's name: `…/rollout-2025-01-01T00-41-00-<id>.jsonl`.
fn minutes(file: &str) -> Option<i64> {
    let (_, time) = file.split_once('T')?;
    let mut parts = time.split('-');
    let hours: i64 = parts.next()?.parse().ok()?;
    Some(hours * 60 + parts.next()?.parse::<i64>().ok()?)
}
