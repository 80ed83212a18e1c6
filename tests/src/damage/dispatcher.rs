//! Messages of a client, fed to the protocol's dispatcher over the sample: whatever they are, each is
//! answered as it must be, and the store stays sound.

use std::sync::Arc;

use creel::protocol::Dispatcher;
use creel::storage::MemoryStorage;
use creel::{ArchiveFilter, ItemQuery, Store, StoreOptions, ThreadQuery};
use serde_json::Value;

use super::sample::{in_grace, sample, thread};
use crate::virtual_env::VirtualEnv;

/// The most messages of one input.
const MESSAGES: usize = 12;

/// Messages, one a line, of a client that has introduced itself.
pub fn dispatcher(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let env = VirtualEnv::new(1_750_000_001_000, 2);
    env.run(async {
        let storage = MemoryStorage::from_snapshot(&sample());
        let opening = Store::open(storage, Arc::new(env.clone()), StoreOptions::default());
        let store = opening.await.unwrap();
        let dispatcher = Dispatcher::new(store.clone());
        let hello =
            r#"{"id":0,"method":"initialize","params":{"capabilities":{"experimentalApi":true}}}"#;
        check_answers(hello, &dispatcher.handle(hello).await);
        for message in text.split('\n').take(MESSAGES) {
            check_answers(message, &dispatcher.handle(message).await);
        }
        drop(dispatcher);
        check_store(&store).await;
        store.close().await.unwrap();
    });
}

/// Every request has one answer, under its id; what is no message has one under none.
fn check_answers(message: &str, sent: &[String]) {
    let sent: Vec<Value> = sent.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    let (told, answers): (Vec<&Value>, Vec<&Value>) =
        sent.iter().partition(|message| message.get("method").is_some());
    for told in told {
        assert!(told["params"].is_object() && told["emittedAtMs"].is_i64(), "{told}");
    }
    assert!(answers.len() <= 1, "{message}: {answers:?}");
    for answer in &answers {
        let shape = (answer.get("result").is_some(), answer["error"]["message"].is_string());
        assert!(matches!(shape, (true, false) | (false, true)), "{message}: {answer}");
        assert!(answer["error"].is_null() || answer["error"]["code"].is_i64(), "{answer}");
    }
    // What serde_json does not take as a value may still be a message: its numbers are not read.
    let Ok(value) = serde_json::from_str::<Value>(message) else { return };
    let Some(object) = value.as_object() else {
        assert_eq!(answers.len(), 1, "{message}");
        assert_eq!(answers[0]["id"], Value::Null, "{message}");
        return;
    };
    let (id, method) = (object.get("id"), object.get("method"));
    if let (Some(id @ (Value::Number(_) | Value::String(_))), Some(Value::String(_))) = (id, method)
    {
        assert_eq!(answers.len(), 1, "{message}");
        // Of two ids the first one counts, and a huge one is not sent back.
        if message.len() < 1000 && !message.contains('\\') && message.matches("\"id\"").count() == 1
        {
            assert_eq!(answers[0]["id"], *id, "{message}");
        }
    }
}

/// Everything can be read, and nothing is wrong with it.
async fn check_store(store: &Store<MemoryStorage>) {
    let mut query = ThreadQuery { archived: Some(ArchiveFilter::All), ..ThreadQuery::default() };
    loop {
        let page = store.list(query.clone()).await.unwrap();
        for thread in page.data {
            let query = ItemQuery { limit: Some(1000), ..ItemQuery::default() };
            let items = store.items(thread.id, query).await.unwrap();
            assert_eq!(items.data.len() as u64, thread.items.min(1000), "{}", thread.id);
        }
        match page.next_cursor {
            Some(cursor) => query.cursor = Some(cursor),
            None => break,
        }
    }
    let report = store.check().await.unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

/// Messages that are good: every method once, on threads of the sample.
pub(super) fn valid() -> Vec<Vec<u8>> {
    let (root, child, archived, other) = (thread(1), thread(2), thread(4), thread(6));
    // The ids that the first and the second thing made get.
    let made = "01977420-dfe8-7f53-bedd-bfbc7b9864f6";
    let made_next = "01977420-dfe8-79fb-973f-b546c44fb3b2";
    let line = |at: u64| format!(r#"{{\"at\":{at},\"item\":{{\"n\":1}}}}\n"#);
    let export = format!(
        r#"{{\"creelExport\":1}}\n{{\"tree\":{{}}}}\n{{\"thread\":{{\"id\":\"{}\"}}}}\n{}{}"#,
        thread(77),
        line(1),
        line(2)
    );
    let inputs: [&[(&str, String)]; 12] = [
        &[
            ("thread/list", r#"{"limit":2,"sourceKinds":[],"searchTerm":"thread"}"#.into()),
            ("thread/list", format!(r#"{{"ancestorThreadId":"{root}","archived":false}}"#)),
            ("thread/read", format!(r#"{{"threadId":"{child}","includeTurns":true}}"#)),
            ("thread/items/list", format!(r#"{{"threadId":"{root}","limit":3}}"#)),
            ("thread/turns/list", format!(r#"{{"threadId":"{root}","sortDirection":"desc"}}"#)),
            ("thread/search", r#"{"searchTerm":"item"}"#.into()),
            ("thread/searchOccurrences", format!(r#"{{"threadId":"{root}","searchTerm":"of"}}"#)),
        ],
        &[
            ("thread/start", r#"{"cwd":"/work","model":"m","ephemeral":false}"#.into()),
            ("thread/loaded/list", "{}".into()),
            ("thread/resume", format!(r#"{{"threadId":"{other}"}}"#)),
            (
                "thread/inject_items",
                format!(r#"{{"threadId":"{other}","items":[{{"type":"note","n":1}}]}}"#),
            ),
            ("thread/unsubscribe", format!(r#"{{"threadId":"{other}"}}"#)),
        ],
        &[
            ("thread/archive", format!(r#"{{"threadId":"{root}"}}"#)),
            ("thread/unarchive", format!(r#"{{"threadId":"{archived}"}}"#)),
            ("thread/delete", format!(r#"{{"threadId":"{child}"}}"#)),
            ("thread/delete", format!(r#"{{"threadId":"{archived}"}}"#)),
        ],
        &[
            ("thread/name/set", format!(r#"{{"threadId":"{other}","name":"new"}}"#)),
            (
                "thread/metadata/update",
                format!(r#"{{"threadId":"{other}","gitInfo":{{"branch":"main","sha":null}}}}"#),
            ),
            ("thread/memoryMode/set", format!(r#"{{"threadId":"{other}","mode":"enabled"}}"#)),
            ("thread/readState/update", format!(r#"{{"threadId":"{other}","read":true}}"#)),
        ],
        &[
            (
                "thread/goal/set",
                format!(r#"{{"threadId":"{root}","objective":"ship","tokenBudget":10}}"#),
            ),
            ("thread/goal/get", format!(r#"{{"threadId":"{root}"}}"#)),
            ("thread/goal/clear", format!(r#"{{"threadId":"{root}"}}"#)),
        ],
        &[
            ("thread/fork", format!(r#"{{"threadId":"{other}"}}"#)),
            ("thread/revert", format!(r#"{{"threadId":"{other}","beforeTurnId":"t"}}"#)),
            (
                "thread/items/read",
                format!(r#"{{"threadId":"{other}","turnId":"t","itemIds":["a"]}}"#),
            ),
        ],
        &[
            ("creel/deletion/plan", format!(r#"{{"threadId":"{root}"}}"#)),
            ("creel/delete", format!(r#"{{"threadId":"{root}","grace":1000}}"#)),
            ("creel/deletion/pending", "{}".into()),
            ("creel/deletion/undo", format!(r#"{{"deletionId":"{}"}}"#, in_grace())),
            ("creel/stats", "{}".into()),
            ("creel/doctor", "{}".into()),
        ],
        &[
            ("creel/items/append", format!(r#"{{"threadId":"{other}","items":[{{"n":1}}]}}"#)),
            ("creel/items/list", format!(r#"{{"threadId":"{other}","limit":2}}"#)),
            ("creel/items/pop", format!(r#"{{"threadId":"{other}","count":2}}"#)),
        ],
        &[
            ("creel/export", format!(r#"{{"threadId":"{root}"}}"#)),
            ("creel/export", r#"{"export":"1"}"#.into()),
            ("creel/import", format!(r#"{{"data":"{export}","ids":"keep"}}"#)),
            (
                "creel/import",
                r#"{"import":"1","data":"{\"end\":{\"threads\":1,\"items\":2}}","done":true}"#
                    .into(),
            ),
            (
                "creel/import",
                r#"{"data":"{\"creelExport\":1}\n{\"tree\":{}}\n","ids":"renew"}"#.into(),
            ),
            ("creel/import", r#"{"import":"2","cancel":true}"#.into()),
        ],
        &[
            (
                "thread/attachment/add",
                format!(
                    r#"{{"threadId":"{other}","attachmentType":"file","identityKey":"a","payload":{{"n":1}}}}"#
                ),
            ),
            ("thread/attachment/list", format!(r#"{{"threadId":"{other}"}}"#)),
            (
                "thread/attachmentOwner/list",
                r#"{"attachmentType":"file","identityKey":"a"}"#.into(),
            ),
            (
                "thread/attachment/remove",
                format!(r#"{{"threadId":"{other}","attachmentType":"file","identityKey":"a"}}"#),
            ),
            ("thread/timeline/list", format!(r#"{{"threadId":"{other}","limit":2}}"#)),
        ],
        &[
            (
                "thread/queue/add",
                format!(
                    r#"{{"threadId":"{other}","clientUserMessageId":"m","input":[{{"type":"text","text":"x"}}]}}"#
                ),
            ),
            ("thread/queue/list", format!(r#"{{"threadId":"{other}"}}"#)),
            (
                "thread/queue/update",
                format!(r#"{{"threadId":"{other}","queuedSubmissionId":"{made}","input":[]}}"#),
            ),
            (
                "thread/queue/reorder",
                format!(r#"{{"threadId":"{other}","queuedSubmissionIds":["{made}"]}}"#),
            ),
            (
                "thread/queue/delete",
                format!(r#"{{"threadId":"{other}","queuedSubmissionId":"{made}"}}"#),
            ),
        ],
        &[
            ("threadSection/create", r#"{"name":"week","appearance":{"color":"red"}}"#.into()),
            ("thread/section/move", format!(r#"{{"threadId":"{other}","sectionId":"{made}"}}"#)),
            ("threadSection/list", "{}".into()),
            ("threadSection/update", format!(r#"{{"sectionId":"{made}","name":"next"}}"#)),
            ("threadSection/delete", format!(r#"{{"sectionId":"{made}"}}"#)),
            (
                "project/import",
                format!(
                    r#"{{"idempotencyKey":"k","name":"shop","roots":[{{"path":"/s"}}],"threads":["{other}"]}}"#
                ),
            ),
            ("project/list", r#"{"sortKey":"recencyAt"}"#.into()),
            ("project/read", format!(r#"{{"projectId":"{made_next}"}}"#)),
            ("project/update", format!(r#"{{"projectId":"{made_next}","name":"the shop"}}"#)),
            ("project/move", format!(r#"{{"projectId":"{made_next}","beforeProjectId":null}}"#)),
            ("project/delete", format!(r#"{{"projectId":"{made_next}"}}"#)),
        ],
    ];
    let line = |(n, (method, params)): (usize, &(&str, String))| {
        format!(r#"{{"id":{n},"method":"{method}","params":{params}}}"#)
    };
    let lines = |requests: &[(&str, String)]| {
        requests.iter().enumerate().map(line).collect::<Vec<_>>().join("\n").into_bytes()
    };
    inputs.map(lines).into()
}
