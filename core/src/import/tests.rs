//! The importer over a memory store, on generated files.

use std::sync::Arc;

use futures_lite::future::block_on;
use serde_json::json;

use super::*;
use crate::storage::MemoryStorage;
use crate::{
    Children, DeleteOptions, EdgeStatus, Item, Store, StoreOptions, SystemEnv, Thread, ThreadId,
};

type TestStore = Store<MemoryStorage>;

fn store() -> TestStore {
    let env = Arc::new(SystemEnv::new());
    block_on(Store::open(MemoryStorage::new(), env, StoreOptions::default())).unwrap()
}

fn id(n: u8) -> ThreadId {
    format!("00000000-0000-4000-8000-0000000000{n:02x}").parse().unwrap()
}

/// A rollout of thread `n` with so many messages, a minute apart.
fn rollout(n: u8, parent: Option<u8>, messages: usize) -> (String, String) {
    let mut meta = json!({"id": id(n), "timestamp": "2026-03-02T09:15:00Z", "source": "cli"});
    if let Some(parent) = parent {
        meta["parent_thread_id"] = json!(id(parent));
    }
    let frame = |at: &str, kind: &str, payload| {
        json!({"timestamp": at, "type": kind, "payload": payload}).to_string() + "\n"
    };
    let mut text = frame("2026-03-02T09:15:01Z", "session_meta", meta);
    for minute in 0..messages {
        let at = format!("2026-03-02T10:{minute:02}:00Z");
        let payload = json!({"type": "user_message", "message": format!("Message {minute}")});
        text += &frame(&at, "event_msg", payload);
    }
    (format!("sessions/rollout-2026-03-02T09-15-00-{}.jsonl", id(n)), text)
}

fn import(store: &TestStore, files: &[(String, String)]) -> ImportReport {
    import_with(Importer::new(store.clone()), files)
}

fn import_with(mut importer: Importer<MemoryStorage>, files: &[(String, String)]) -> ImportReport {
    for (path, text) in files {
        importer.announce(path, text.len() as u64, text.as_bytes());
    }
    for path in importer.order() {
        let (_, text) = files.iter().find(|(name, _)| *name == path).unwrap();
        if block_on(importer.begin(&path)).unwrap() {
            for piece in text.as_bytes().chunks(1000) {
                block_on(importer.feed(piece)).unwrap();
            }
        }
        block_on(importer.end()).unwrap();
    }
    block_on(importer.finish()).unwrap()
}

fn read(store: &TestStore, n: u8) -> Thread {
    block_on(store.read(id(n))).unwrap()
}

#[test]
fn a_tree_comes_in_whatever_the_order_of_its_files() {
    let store = store();
    let files = [rollout(1, Some(2), 1), rollout(2, Some(3), 2), rollout(3, None, 3)];
    let report = import(&store, &files);
    assert_eq!((report.files, report.threads, report.items), (3, 3, 9));
    assert_eq!(report.bytes, files.iter().map(|(_, text)| text.len() as u64).sum::<u64>());
    assert_eq!(report.problems, []);
    let descendants = block_on(store.descendants(id(3))).unwrap();
    assert_eq!(descendants.iter().map(|thread| thread.id).collect::<Vec<_>>(), [id(2), id(1)]);
    let root = read(&store, 3);
    assert_eq!((root.preview.as_str(), root.items), ("Message 0", 4));
    assert_eq!((root.created_at, root.updated_at), (1_772_442_900_000, 1_772_445_720_000));
    assert_eq!(root.recency_at, root.updated_at);
    let page = block_on(store.items(id(3), crate::ItemQuery::default())).unwrap();
    let lines: Vec<_> = page.data.iter().map(|stored| stored.item.json().to_owned()).collect();
    assert_eq!(lines, files[2].1.lines().collect::<Vec<_>>());
    assert_eq!(page.data[1].at, 1_772_445_600_000);
}

#[test]
fn the_last_turn_is_the_last_user_message() {
    let store = store();
    let (path, text) = rollout(1, None, 2);
    let later = json!({"timestamp": "2026-03-02T12:00:00Z", "type": "event_msg",
                       "payload": {"type": "agent_message", "message": "Fixed."}});
    import(&store, &[(path, format!("{text}{later}\n"))]);
    let thread = read(&store, 1);
    assert_eq!((thread.recency_at, thread.updated_at), (1_772_445_660_000, 1_772_452_800_000));
}

#[test]
fn importing_again_adds_only_what_the_files_have_gained() {
    let store = store();
    import(&store, &[rollout(1, None, 2), rollout(2, Some(1), 2)]);
    let again = import(&store, &[rollout(1, None, 2), rollout(2, Some(1), 2)]);
    assert_eq!((again.threads, again.items, again.skipped), (0, 0, 2));
    let grown = import(&store, &[rollout(1, None, 5), rollout(2, Some(1), 2)]);
    assert_eq!((grown.threads, grown.items, grown.grown, grown.skipped), (0, 3, 1, 1));
    assert_eq!(read(&store, 1).items, 6);
}

#[test]
fn two_imports_at_once_append_what_a_file_has_gained_once() {
    let store = store();
    import(&store, &[rollout(1, None, 2)]);
    let (path, text) = rollout(1, None, 5);
    let mut importers = [(); 2].map(|()| Importer::new(store.clone()));
    for importer in &mut importers {
        importer.announce(&path, text.len() as u64, text.as_bytes());
        importer.order();
        assert!(block_on(importer.begin(&path)).unwrap());
        block_on(importer.feed(text.as_bytes())).unwrap();
    }
    let reports = importers.map(|mut importer| {
        block_on(importer.end()).unwrap();
        block_on(importer.finish()).unwrap()
    });
    assert_eq!(reports.each_ref().map(|it| (it.items, it.problems.len())), [(3, 0), (0, 1)]);
    assert_eq!(read(&store, 1).items, 6);
    let again = import(&store, &[rollout(1, None, 6)]);
    assert_eq!((again.items, again.problems.len()), (1, 0));
}

#[test]
fn a_thread_that_went_on_by_itself_is_left_alone() {
    let store = store();
    import(&store, &[rollout(1, None, 2)]);
    block_on(store.append(id(1), vec![Item::new(r#"{"own":1}"#).unwrap()])).unwrap();
    assert_eq!(import(&store, &[rollout(1, None, 2)]).skipped, 1);
    let report = import(&store, &[rollout(1, None, 9)]);
    assert_eq!((report.items, report.problems.len()), (0, 1));
    assert_eq!(read(&store, 1).items, 4);
}

#[test]
fn a_long_file_comes_in_whole() {
    let store = store();
    let (path, mut text) = rollout(1, None, 1);
    for n in 0..2500 {
        text += &json!({"n": n, "filler": "x".repeat(4000)}).to_string();
        text += "\n";
    }
    let report = import(&store, &[(path, text)]);
    assert_eq!((report.items, read(&store, 1).items), (2502, 2502));
}

#[test]
fn a_child_without_its_parent_is_a_root_that_remembers() {
    let store = store();
    let report = import(&store, &[rollout(1, Some(9), 1)]);
    let edge =
        SpawnEdge { parent_thread_id: id(9), child_thread_id: id(1), status: EdgeStatus::Open };
    assert_eq!((report.threads, report.missing_parents), (1, vec![edge]));
    let thread = read(&store, 1);
    assert_eq!(thread.parent_thread_id, None);
    assert_eq!(thread.details.metadata.unwrap()[MISSING_PARENT], json!(id(9)));
}

#[test]
fn a_parent_that_comes_later_gets_its_child() {
    let store = store();
    import(&store, &[rollout(1, Some(9), 1)]);
    let report = import(&store, &[rollout(1, Some(9), 1), rollout(9, None, 1)]);
    assert_eq!((report.threads, report.linked, report.skipped), (1, 1, 1));
    let child = read(&store, 1);
    assert_eq!((child.parent_thread_id, child.details.metadata), (Some(id(9)), None));
    assert_eq!(import(&store, &[rollout(1, Some(9), 1)]).linked, 0);
}

#[test]
fn a_parent_may_be_in_the_store_already() {
    let store = store();
    import(&store, &[rollout(1, None, 1)]);
    let report = import(&store, &[rollout(2, Some(1), 1)]);
    assert_eq!((report.threads, report.missing_parents.len()), (1, 0));
    assert_eq!(read(&store, 2).parent_thread_id, Some(id(1)));
}

#[test]
fn circles_are_cut_and_named() {
    let store = store();
    let files = [rollout(1, Some(2), 1), rollout(2, Some(1), 1), rollout(3, Some(3), 1)];
    let report = import(&store, &files);
    let cut: Vec<_> = report.circles.iter().map(|edge| edge.child_thread_id).collect();
    assert_eq!((report.threads, cut), (3, vec![id(1), id(3)]));
    assert_eq!(read(&store, 2).parent_thread_id, Some(id(1)));
    assert_eq!(read(&store, 3).parent_thread_id, None);
}

#[test]
fn edges_from_outside_win_and_have_a_status() {
    let store = store();
    let mut importer = Importer::new(store.clone());
    let edge = |parent_thread_id, child_thread_id, status| SpawnEdge {
        parent_thread_id,
        child_thread_id,
        status,
    };
    importer.edges([edge(id(1), id(2), EdgeStatus::Closed), edge(id(2), id(3), EdgeStatus::Open)]);
    import_with(importer, &[rollout(3, Some(1), 1), rollout(2, None, 1), rollout(1, None, 1)]);
    assert_eq!(read(&store, 3).parent_thread_id, Some(id(2)));
    let child = read(&store, 2);
    assert_eq!(child.parent_thread_id, Some(id(1)));
    assert_eq!(child.edge_status, Some(EdgeStatus::Closed));
}

#[test]
fn names_come_from_the_index_once() {
    let store = store();
    let index = json!({"id": id(1), "thread_name": "Red main"}).to_string() + "\nnonsense";
    let named = || {
        let mut importer = Importer::new(store.clone());
        importer.index("session_index.jsonl", index.as_bytes());
        import_with(importer, &[rollout(1, None, 1)])
    };
    assert_eq!(named().bad_line_count, 1);
    assert_eq!(read(&store, 1).name.as_deref(), Some("Red main"));
    let patch = crate::ThreadPatch { name: Some(Some("Mine".into())), ..Default::default() };
    block_on(store.update(id(1), patch)).unwrap();
    named();
    assert_eq!(read(&store, 1).name.as_deref(), Some("Mine"));
}

#[test]
fn what_was_deleted_stays_deleted_with_its_new_children() {
    let store = store();
    let files = [rollout(1, None, 1), rollout(2, Some(1), 1), rollout(3, None, 1)];
    import(&store, &files);
    let options = DeleteOptions { children: Children::Delete, ..DeleteOptions::default() };
    block_on(store.delete(id(1), options)).unwrap();
    let mut files = files.to_vec();
    files.push(rollout(4, Some(2), 1));
    let report = import(&store, &files);
    assert_eq!(report.deleted, [id(1), id(2), id(4)]);
    assert_eq!((report.threads, report.items, report.skipped), (0, 0, 1));
}

#[test]
fn archived_files_become_archived_threads() {
    let store = store();
    let (path, text) = rollout(1, None, 1);
    let files = [(format!("archived_{path}"), text), rollout(2, Some(1), 1), rollout(3, None, 1)];
    assert_eq!(import(&store, &files).archived, 2);
    assert!(read(&store, 1).archived() && read(&store, 2).archived());
    assert!(!read(&store, 3).archived());
    let again = import(&store, &files);
    assert_eq!((again.archived, again.skipped, again.problems), (0, 3, vec![]));
}

#[test]
fn bad_lines_and_files_are_named() {
    let store = store();
    let (path, text) = rollout(1, None, 1);
    let smaller = (format!("copy/{path}"), rollout(1, None, 0).1);
    let files = [smaller.clone(), (path, text + "{\"torn"), ("notes.jsonl".into(), "{}".into())];
    let report = import(&store, &files);
    assert_eq!((report.bad_line_count, report.bad_lines[0].line), (1, 3));
    let problems: Vec<_> = report.problems.iter().map(|problem| problem.file.as_str()).collect();
    assert_eq!(problems, [smaller.0.as_str(), "notes.jsonl"]);
    assert_eq!((report.threads, report.items), (1, 2));
}

#[test]
fn a_thread_appears_when_its_file_is_whole() {
    let storage = MemoryStorage::new();
    let open = || {
        let env = Arc::new(SystemEnv::new());
        block_on(Store::open(storage.clone(), env, StoreOptions::default())).unwrap()
    };
    let (path, text) = rollout(1, None, 2);
    let text = text + &"{}\n".repeat(2500);
    let begun = |store: &TestStore| {
        let mut importer = Importer::new(store.clone());
        importer.announce(&path, text.len() as u64, text.as_bytes());
        importer.order();
        assert!(block_on(importer.begin(&path)).unwrap());
        block_on(importer.feed(text.as_bytes())).unwrap();
        assert!(importer.progress().items >= 2000);
        importer
    };
    let (crashed, other) = (open(), open());
    let left = begun(&crashed);
    assert_eq!(crashed.stats().threads, 0);
    let report = import(&other, &[(path.clone(), text.clone())]);
    assert_eq!((report.threads, report.items, report.problem_count), (1, 2503, 0));
    assert_eq!(read(&other, 1).items, 2503);

    let late = block_on(async {
        let mut left = left;
        left.end().await.unwrap();
        left.finish().await.unwrap()
    });
    assert_eq!((late.threads, late.problem_count), (0, 1), "{late:?}");
    assert_eq!(read(&other, 1).items, 2503);
    assert!(block_on(other.check()).unwrap().is_clean());
}

#[test]
fn a_file_that_is_given_up_leaves_nothing_and_may_come_again() {
    let store = store();
    let files = [rollout(1, None, 2)];
    let mut importer = Importer::new(store.clone());
    importer.announce(&files[0].0, 1, files[0].1.as_bytes());
    importer.order();
    assert!(block_on(importer.begin(&files[0].0)).unwrap());
    block_on(importer.feed(files[0].1.as_bytes())).unwrap();
    importer.give_up("the disk is gone");
    let report = block_on(importer.finish()).unwrap();
    assert_eq!((report.threads, report.problems[0].reason.as_str()), (0, "the disk is gone"));
    assert_eq!(store.stats().threads, 0);
    assert_eq!(import(&store, &files).threads, 1);
}

#[test]
fn a_line_that_is_too_long_is_left_out() {
    let store = store();
    let (path, text) = rollout(1, None, 1);
    let long = json!({"x": "x".repeat(crate::limits::MAX_ITEM)});
    let report = import(&store, &[(path, format!("{text}{long}\n{{\"after\":1}}\n"))]);
    assert_eq!((report.threads, report.items, report.bad_line_count), (1, 3, 1));
    assert!(report.bad_lines[0].reason.contains("longer than"), "{report:?}");
}

#[test]
fn what_is_kept_beside_the_files_comes_with_new_threads() {
    let store = store();
    let goal = crate::Goal {
        goal_id: uuid::Uuid::from_u128(7),
        objective: "Main is green".into(),
        status: crate::GoalStatus::Paused,
        token_budget: Some(9),
        tokens_used: 1,
        time_used_seconds: 2,
        created_at: 3,
        updated_at: 4,
    };
    let tool = Item::new(r#"{"type":"function","name":"look"}"#).unwrap();
    let index = json!({"id": id(1), "thread_name": "Of the index"}).to_string();
    let mut importer = Importer::new(store.clone());
    importer.names([(id(1), "Other".into()), (id(2), "Of the database".into())]);
    importer.index("session_index.jsonl", index.as_bytes());
    importer.goal(id(1), goal.clone()).unwrap();
    let empty = crate::Goal { objective: String::new(), ..goal.clone() };
    assert_eq!(importer.goal(id(2), empty).unwrap_err().code(), "invalid_field");
    importer.tool(id(1), tool.clone());
    importer.archived([id(2), id(9)]);
    let report = import_with(importer, &[rollout(1, None, 1), rollout(2, None, 1)]);
    assert_eq!((report.archived, report.problem_count), (1, 0));
    assert_eq!(read(&store, 1).name.as_deref(), Some("Of the index"));
    assert_eq!(read(&store, 2).name.as_deref(), Some("Of the database"));
    assert!(read(&store, 2).archived());
    assert_eq!(block_on(store.goal(id(1))).unwrap(), Some(goal));
    assert_eq!(block_on(store.tools(id(1))).unwrap(), [tool]);
}

#[test]
fn of_two_files_of_a_thread_the_one_that_is_written_to_is_taken() {
    let store = store();
    let (path, text) = rollout(1, None, 3);
    let files = [(format!("{path}.zst"), text.clone() + &" ".repeat(100)), (path, text)];
    let report = import(&store, &files);
    assert_eq!((report.threads, report.problems[0].file.as_str()), (1, files[0].0.as_str()));
}
