//! Exporting trees and bringing them back.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use creel::export::Exporter;
use creel::import::{ImportIds, ImportReport, TreeImporter};
use creel::storage::MemoryStorage;
use creel::{
    ArchiveFilter, CreateThread, DeleteOptions, Document, DocumentChange, Env, GoalPatch, Item,
    Store, StoreOptions, SystemEnv, ThreadId, ThreadQuery,
};
use futures_lite::future::block_on;

type Memory = Store<MemoryStorage>;

fn env() -> Arc<dyn Env> {
    Arc::new(SystemEnv::new())
}

async fn open() -> Memory {
    Store::open(MemoryStorage::new(), env(), StoreOptions::default()).await.unwrap()
}

async fn written(mut exporter: Exporter<MemoryStorage>) -> String {
    let mut text = String::new();
    while let Some(more) = exporter.next().await.unwrap() {
        text.push_str(&more);
    }
    text
}

async fn import(store: &Memory, text: &str, ids: ImportIds) -> ImportReport {
    let mut importer = TreeImporter::new(store.clone(), ids, "file");
    for piece in text.as_bytes().chunks(1000) {
        importer.feed(piece).await.unwrap();
    }
    importer.finish().await.unwrap()
}

fn item(n: usize) -> Item {
    Item::new(&format!(r#"{{"role":"user", "content":"message {n}","x":1.50}}"#)).unwrap()
}

/// Two trees with all that a thread can have.
async fn fill(store: &Memory) -> ThreadId {
    let details = creel::ThreadDetails {
        cwd: Some("/home".into()),
        memory_mode: Some("off".into()),
        ..Default::default()
    };
    let thread = CreateThread { name: Some("root".into()), details, ..CreateThread::default() };
    let root = store.create(thread).await.unwrap().id;
    let under = |parent| CreateThread { parent_thread_id: Some(parent), ..CreateThread::default() };
    let child = store.create(under(root)).await.unwrap().id;
    let grandchild = store.create(under(child)).await.unwrap().id;
    for id in [root, child, grandchild] {
        store.append(id, (0..1700).map(item).collect()).await.unwrap();
    }
    store.set_edge_status(child, creel::EdgeStatus::Closed).await.unwrap();
    let patch = GoalPatch { objective: Some("reach".into()), ..GoalPatch::default() };
    store.set_goal(child, patch).await.unwrap();
    store.append_logs(child, vec![item(1), item(2)]).await.unwrap();
    store.set_tools(root, vec![item(3)]).await.unwrap();
    let document = Document { id: "a".into(), value: item(4) };
    let put = DocumentChange::Put { document, before: None };
    store.change_documents(Some(child), "queue", put).await.unwrap();
    store.fork(root, creel::Fork { length: Some(3), ..Default::default() }).await.unwrap();
    let other = store.create(CreateThread::default()).await.unwrap().id;
    store.create(under(other)).await.unwrap();
    store.archive(grandchild).await.unwrap();
    store.archive(other).await.unwrap();
    root
}

#[test]
fn what_was_exported_comes_back_exactly() {
    block_on(async {
        let (from, to) = (open().await, open().await);
        let root = fill(&from).await;
        let text = written(Exporter::all(from.clone())).await;
        let report = import(&to, &text, ImportIds::Keep).await;
        assert_eq!((report.threads, report.items, report.problems.len()), (6, 5103, 0));
        assert_eq!(report.archived, 3);
        assert_eq!(written(Exporter::all(to.clone())).await, text);
        let all = ThreadQuery { archived: Some(ArchiveFilter::All), ..ThreadQuery::default() };
        assert_eq!(to.list(all.clone()).await.unwrap(), from.list(all).await.unwrap());
        assert!(to.check().await.unwrap().is_clean());
        let grandchild = to.descendants(root).await.unwrap()[1].id;
        assert_eq!(to.unarchive(grandchild).await.unwrap(), [grandchild]);

        let again = import(&to, &text, ImportIds::Keep).await;
        assert_eq!((again.threads, again.problems.len()), (0, 3));
        assert!(again.problems[0].reason.contains("exists"), "{:?}", again.problems);
        to.delete(root, DeleteOptions::default()).await.unwrap();
        let deleted = import(&to, &text, ImportIds::Keep).await;
        assert_eq!((deleted.threads, to.stats().threads), (0, 3));
    });
}

#[test]
fn renewed_ids_bring_the_same_tree_in_beside_itself() {
    block_on(async {
        let store = open().await;
        let root = fill(&store).await;
        let text = written(Exporter::tree(store.clone(), root).await.unwrap()).await;
        let report = import(&store, &text, ImportIds::Renew).await;
        assert_eq!((report.threads, report.problems.len()), (3, 0));
        let roots = ThreadQuery { roots_only: true, ..ThreadQuery::default() };
        let twins = store.list(roots).await.unwrap().data;
        let twin = twins.iter().find(|thread| thread.id != root && thread.items == 1700).unwrap();
        assert_eq!(twin.session_id, twin.id.to_string());
        let (a, b) =
            (store.descendants(root).await.unwrap(), store.descendants(twin.id).await.unwrap());
        assert_eq!((a.len(), b[1].parent_thread_id), (2, Some(b[0].id)));
        assert!(a.iter().all(|thread| b.iter().all(|other| other.id != thread.id)));
        let rewritten = written(Exporter::tree(store.clone(), twin.id).await.unwrap()).await;
        let mut expected = text.replace(&root.to_string(), &twin.id.to_string());
        for (old, new) in a.iter().zip(&b) {
            expected = expected.replace(&old.id.to_string(), &new.id.to_string());
        }
        assert_eq!(rewritten, expected);
    });
}

#[test]
fn a_subtree_goes_under_its_parent_or_stands_alone() {
    block_on(async {
        let (from, to) = (open().await, open().await);
        let root = fill(&from).await;
        let child = from.children(root).await.unwrap()[0].id;
        let text = written(Exporter::tree(from.clone(), child).await.unwrap()).await;
        assert_eq!(import(&to, &text, ImportIds::Keep).await.problems, []);
        let alone = to.read(child).await.unwrap();
        assert_eq!(alone.parent_thread_id, None);
        let remembered = alone.details.metadata.unwrap();
        assert_eq!(remembered[creel::import::MISSING_PARENT], root.to_string());
        import(&from, &text, ImportIds::Renew).await;
        assert_eq!(from.children(root).await.unwrap().len(), 2);
    });
}

#[test]
fn a_tree_that_is_not_whole_is_left_out_and_the_others_come_in() {
    block_on(async {
        let from = open().await;
        fill(&from).await;
        let text = written(Exporter::all(from.clone())).await;
        let lines: Vec<&str> = text.lines().collect();
        let first_end = lines.iter().position(|line| line.starts_with("{\"end\"")).unwrap();
        type Spoil<'a> = &'a dyn Fn(&mut Vec<String>);
        let bad: &[(&str, Spoil<'_>)] = &[
            ("no JSON", &|lines| lines[first_end - 1] = "{\"at\":1,".into()),
            ("a bad item", &|lines| lines[first_end - 1] = "{\"at\":1,\"item\":[]}".into()),
            ("a lost line", &|lines| drop(lines.remove(first_end - 1))),
            ("a lost end", &|lines| drop(lines.remove(first_end))),
            ("a cut", &|lines| lines[first_end] = "{\"cut\":\"thread_deleted\"}".into()),
            ("a bad thread", &|lines| lines[2] = "{\"thread\":{\"id\":\"x\"}}".into()),
            ("a bad time", &|lines| lines[first_end - 1] = "{\"at\":-1,\"item\":{}}".into()),
        ];
        for (what, spoil) in bad {
            let mut lines: Vec<String> = lines.iter().map(|line| line.to_string()).collect();
            spoil(&mut lines);
            let to = open().await;
            let report = import(&to, &lines.join("\n"), ImportIds::Keep).await;
            assert_eq!((report.problems.len(), report.threads), (1, 3), "{what}: {report:?}");
            assert_eq!(to.stats().threads, 3, "{what}");
        }
        let to = open().await;
        let half = &text[..text.len() / 2];
        let report = import(&to, half, ImportIds::Keep).await;
        assert_eq!((report.problems.len(), to.stats().threads), (1, 0));
        for text in ["{\"creelExport\":2}", "{\"timestamp\":\"\"}", "nonsense", ""] {
            let mut importer = TreeImporter::new(to.clone(), ImportIds::Keep, "file");
            let fed = importer.feed(text.as_bytes()).await;
            let error = fed.and(importer.finish().await).unwrap_err();
            assert_eq!(error.code(), "invalid_field", "{text}");
        }
    });
}

#[test]
fn a_tree_that_is_deleted_while_it_is_exported_is_cut() {
    block_on(async {
        let (from, to) = (open().await, open().await);
        let root = fill(&from).await;
        let mut exporter = Exporter::all(from.clone());
        let mut text = exporter.next().await.unwrap().unwrap();
        from.delete(root, DeleteOptions::default()).await.unwrap();
        while let Some(more) = exporter.next().await.unwrap() {
            text.push_str(&more);
        }
        assert_eq!((exporter.progress().cut, exporter.progress().trees), (1, 2));
        let report = import(&to, &text, ImportIds::Keep).await;
        assert_eq!((report.problems.len(), report.threads), (1, 3));
    });
}

#[test]
fn a_line_that_is_too_long_spoils_its_tree_alone() {
    block_on(async {
        let from = open().await;
        fill(&from).await;
        let text = written(Exporter::all(from.clone())).await;
        let (first, rest) = text.split_at(text.find("{\"at\"").unwrap());
        let long = format!("{{\"at\":1,\"item\":{{\"x\":\"{}\"}}}}\n", "x".repeat(18 << 20));
        let to = open().await;
        let report = import(&to, &format!("{first}{long}{rest}"), ImportIds::Keep).await;
        assert_eq!((report.problems.len(), to.stats().threads), (1, 3));
        assert!(report.problems[0].reason.contains("longer than"), "{:?}", report.problems);
    });
}

#[test]
fn an_import_that_was_broken_off_can_be_done_again_at_once() {
    block_on(async {
        let storage = MemoryStorage::new();
        let from = open().await;
        fill(&from).await;
        let text = written(Exporter::all(from.clone())).await;
        let open = || Store::open(storage.clone(), env(), StoreOptions::default());
        let (crashed, to) = (open().await.unwrap(), open().await.unwrap());
        let mut half = TreeImporter::new(crashed.clone(), ImportIds::Keep, "file");
        half.feed(&text.as_bytes()[..text.len() / 2]).await.unwrap();
        let report = import(&to, &text, ImportIds::Keep).await;
        assert_eq!((report.threads, report.problem_count), (6, 0), "{report:?}");
        half.feed(&text.as_bytes()[text.len() / 2..]).await.unwrap();
        assert_eq!(half.finish().await.unwrap().threads, 0);
        let again = written(Exporter::all(to.clone())).await;
        assert!(again == text, "{} bytes, not {}", again.len(), text.len());
        assert!(to.check().await.unwrap().is_clean());
    });
}
