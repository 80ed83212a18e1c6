//! The places where bytes that Creel did not write, or can't vouch for, come in.
//!
//! Each target puts the bytes where they would come from and uses the store through its public
//! face. `cargo fuzz` drives them from `fuzz/`, and a test replays what it once found.

use std::sync::Arc;

use creel::import::Importer;
use creel::storage::{MemoryStorage, Snapshot, Table};
use creel::{Error, Item, ItemQuery, SortKey, Store, StoreOptions, ThreadQuery};

use super::dispatcher;
use super::sample::{sample, thread};
use super::tour::tour;
use crate::virtual_env::VirtualEnv;

/// A place for bytes from outside.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, which is that of its directory of seeds too.
    pub name: &'static str,
    /// Feeds it; panics if what comes of it is wrong.
    pub feed: fn(&[u8]),
    /// Returns inputs that are good.
    pub valid: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: [Target; 9] = [
    Target { name: "journal_entry", feed: journal_entry, valid: valid_entries },
    Target { name: "catalog_page", feed: catalog_page, valid: || values(Table::Catalog, "page/") },
    Target { name: "catalog_head", feed: catalog_head, valid: || values(Table::Catalog, "head") },
    Target { name: "receipt", feed: receipt, valid: || values(Table::Catalog, "receipt/") },
    Target { name: "segment", feed: segment, valid: || values(Table::History, "") },
    Target { name: "cursor", feed: cursor, valid: valid_cursors },
    Target {
        name: "item",
        feed: item,
        valid: || vec![br#"{"role":"user","content":"hi"}"#.into()],
    },
    Target { name: "dispatcher", feed: dispatcher::dispatcher, valid: dispatcher::valid },
    Target { name: "import", feed: import, valid: valid_homes },
];

/// The entry after the newest one: whole if it starts with `{`, else its list of events.
pub fn journal_entry(bytes: &[u8]) {
    let mut store = sample();
    let (n, id) = newest(&store);
    let value = if bytes.starts_with(b"{") {
        bytes.to_vec()
    } else {
        let mut value = format!(
            r#"{{"v":1,"n":{},"prev":{id},"id":["fuzzed",1],"at":1750000000000,"events":"#,
            n + 1
        );
        value.push_str(&String::from_utf8_lossy(bytes));
        value.push('}');
        value.into_bytes()
    };
    store.records_mut(Table::Journal).insert(format!("{:016}", n + 1), value.into());
    visit(&store);
}

/// A page of the catalog.
pub fn catalog_page(bytes: &[u8]) {
    replace(Table::Catalog, "page/", bytes);
}

/// The head of the catalog.
pub fn catalog_head(bytes: &[u8]) {
    replace(Table::Catalog, "head", bytes);
}

/// The receipt of a deletion.
pub fn receipt(bytes: &[u8]) {
    replace(Table::Catalog, "receipt/", bytes);
}

/// A segment of a history.
pub fn segment(bytes: &[u8]) {
    replace(Table::History, "", bytes);
}

/// The cursors of lists and of histories.
pub fn cursor(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let env = VirtualEnv::new(1_750_000_001_000, 2);
    env.run(async {
        let store = open(&sample(), &env).await;
        for sort_key in [SortKey::CreatedAt, SortKey::UpdatedAt, SortKey::RecencyAt] {
            let query =
                ThreadQuery { cursor: Some(text.into()), sort_key, ..ThreadQuery::default() };
            check_refusal(store.list(query).await.err());
        }
        let query = ItemQuery { cursor: Some(text.into()), ..ItemQuery::default() };
        check_refusal(store.items(thread(1), query).await.err());
    });
}

/// An item that is taken comes back as it was, but for line breaks between its tokens.
pub fn item(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let item = match Item::new(text) {
        Ok(item) => item,
        Err(error) => {
            assert!(["invalid_item", "too_large"].contains(&error.code()), "{error}");
            return;
        }
    };
    assert_eq!(item.json(), text.trim().replace(['\n', '\r'], " "));
    let env = VirtualEnv::new(1_750_000_001_000, 2);
    env.run(async {
        let storage = MemoryStorage::from_snapshot(&sample());
        for packed in [false, true] {
            let store = open(&storage.snapshot(), &env).await;
            let first = store.append(thread(6), vec![item.clone()]).await.unwrap().first;
            if packed {
                store.checkpoint().await.unwrap();
            }
            let query = ItemQuery { from: Some(first), ..ItemQuery::default() };
            let page = store.items(thread(6), query).await.unwrap();
            assert_eq!(page.data.len(), 1);
            assert_eq!(page.data[0].item, item);
            store.read(thread(6)).await.unwrap();
        }
    });
}

/// A Codex home: the index of names, a zero byte, and rollout files with zero bytes between them.
/// A second import of the same brings nothing more.
pub fn import(bytes: &[u8]) {
    let env = VirtualEnv::new(1_750_000_001_000, 2);
    env.run(async {
        let storage = MemoryStorage::new();
        let store = open(&storage.snapshot(), &env).await;
        let mut parts = bytes.split(|byte| *byte == 0);
        let index = parts.next().unwrap_or_default();
        let files: Vec<(String, &[u8])> = parts
            .take(8)
            .enumerate()
            .map(|(n, text)| (format!("{}/{n}.jsonl", FOLDERS[n % 2]), text))
            .collect();
        let mut before = None;
        for _ in 0..2 {
            let mut importer = Importer::new(store.clone());
            importer.index("session_index.jsonl", index);
            for (path, text) in &files {
                importer.announce(path, text.len() as u64, text);
            }
            for path in importer.order() {
                let (_, text) = files.iter().find(|(name, _)| *name == path).unwrap();
                if importer.begin(&path).await.unwrap() {
                    // In two pieces, so that lines are cut.
                    let (first, second) = text.split_at(text.len() / 2);
                    importer.feed(first).await.unwrap();
                    importer.feed(second).await.unwrap();
                    importer.end().await.unwrap();
                }
            }
            importer.finish().await.unwrap();
            let stats = store.stats();
            let now = (stats.threads, stats.archived, stats.items);
            assert!(before.is_none_or(|before| before == now), "{before:?} became {now:?}");
            before = Some(now);
        }
    });
}

/// Where a Codex home has its rollouts.
const FOLDERS: [&str; 2] = ["sessions/2025/06/15", "archived_sessions"];

fn check_refusal(error: Option<Error>) {
    assert!(error.as_ref().is_none_or(|error| error.code() == "invalid_cursor"), "{error:?}");
}

async fn open(store: &Snapshot, env: &VirtualEnv) -> Store<MemoryStorage> {
    let storage = MemoryStorage::from_snapshot(store);
    Store::open(storage, Arc::new(env.clone()), StoreOptions::default()).await.unwrap()
}

/// Puts the bytes in the place of the first record of the prefix.
fn replace(table: Table, prefix: &str, bytes: &[u8]) {
    let mut store = sample();
    let mut records = store.records_mut(table).range_mut(prefix.to_owned()..);
    *records.next().unwrap().1 = bytes.to_vec().into();
    visit(&store);
}

fn visit(store: &Snapshot) {
    let env = VirtualEnv::new(1_750_000_001_000, 2);
    let storage = MemoryStorage::from_snapshot(store);
    // Refusing to open is as good as an answer; what matters is that there is one.
    let _ = env.run(tour(storage, Arc::new(env.clone())));
}

/// Returns the number of the newest entry and the JSON of its commit.
fn newest(store: &Snapshot) -> (u64, serde_json::Value) {
    let (key, value) = store.records(Table::Journal).last_key_value().unwrap();
    let entry: serde_json::Value = serde_json::from_slice(value).unwrap();
    (key.parse().unwrap(), entry["id"].clone())
}

/// The events of every entry that the sample's journal still has.
fn valid_entries() -> Vec<Vec<u8>> {
    let entries = values(Table::Journal, "").into_iter();
    let events = |entry: Vec<u8>| {
        let entry: serde_json::Value = serde_json::from_slice(&entry).unwrap();
        entry["events"].to_string().into_bytes()
    };
    entries.map(events).collect()
}

fn values(table: Table, prefix: &str) -> Vec<Vec<u8>> {
    let store = sample();
    let records = store.records(table).iter().filter(|(key, _)| key.starts_with(prefix));
    records.map(|(_, value)| value.to_vec()).collect()
}

/// Two threads, the second spawned by the first.
fn valid_homes() -> Vec<Vec<u8>> {
    let line = |time: u32, kind: &str, payload: String| {
        let time = format!("2025-06-15T10:00:{time:02}.000Z");
        format!("{{\"timestamp\":\"{time}\",\"type\":\"{kind}\",\"payload\":{payload}}}\n")
    };
    let message =
        r#"{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}"#;
    let source = format!(
        r#"{{"subagent":{{"thread_spawn":{{"parent_thread_id":"{}","depth":1}}}}}}"#,
        thread(1)
    );
    let rollout = |n: u128, source: &str| {
        let meta = format!(r#"{{"id":"{}","cwd":"/work","source":{source}}}"#, thread(n));
        let event = r#"{"type":"user_message","message":"hi"}"#;
        line(0, "session_meta", meta)
            + &line(1, "response_item", message.into())
            + &line(2, "event_msg", event.into())
    };
    let index = format!("{{\"id\":\"{}\",\"thread_name\":\"first\"}}\n", thread(1));
    vec![[index, rollout(1, "\"cli\""), rollout(2, &source)].join("\0").into_bytes()]
}

fn valid_cursors() -> Vec<Vec<u8>> {
    let place = format!("1750000000000|{}", thread(1));
    vec![format!("c{place}").into(), format!("u={place}").into(), b"i3".into()]
}
