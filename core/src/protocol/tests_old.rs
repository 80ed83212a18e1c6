//! The protocol over a memory store: answers, errors and orders as the reference has them.

use std::sync::Arc;

use futures_lite::future::{block_on, zip};
use serde_json::{Value, json};

use super::*;
use crate::storage::MemoryStorage;
use crate::{CreateThread, Store, StoreOptions, SystemEnv, ThreadDetails, ThreadId};

struct Client {
    store: Store<MemoryStorage>,
    dispatcher: Dispatcher<MemoryStorage>,
}

impl Client {
    fn new() -> Self {
        let env = Arc::new(SystemEnv::new());
        let opening = Store::open(MemoryStorage::new(), env.clone(), StoreOptions::default());
        let store = block_on(opening).unwrap();
        let dispatcher = Dispatcher::new(store.clone(), env).with_source("vscode");
        Self { store, dispatcher }
    }

    fn ready() -> Self {
        let client = Self::new();
        let params = json!({"clientInfo": {"name": "test", "version": "1"},
                            "capabilities": {"experimentalApi": true}});
        assert!(client.ask("initialize", params).is_ok());
        client
    }

    fn send(&self, message: &str) -> Vec<Value> {
        let messages = block_on(self.dispatcher.handle(message));
        messages.iter().map(|message| serde_json::from_str(message).unwrap()).collect()
    }

    /// Calls a method, and returns its answer and the notifications after it.
    fn call(&self, method: &str, params: Value) -> (Result<Value, Value>, Vec<Value>) {
        let request = json!({"id": 7, "method": method, "params": params});
        let mut messages = self.send(&request.to_string());
        let answer = messages.remove(0);
        assert_eq!(answer["id"], 7);
        let answer = match answer.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(answer["result"].clone()),
        };
        (answer, messages)
    }

    fn ask(&self, method: &str, params: Value) -> Result<Value, Value> {
        self.call(method, params).0
    }

    fn refusal(&self, method: &str, params: Value) -> (i64, String) {
        let error = self.ask(method, params).unwrap_err();
        (error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().to_owned())
    }

    fn create(&self, n: u8, parent: Option<u8>, details: ThreadDetails) {
        let thread = CreateThread {
            id: Some(id(n)),
            parent_thread_id: parent.map(id),
            created_at: Some(1_735_689_600_000 + i64::from(n) * 60_000),
            preview: Some(format!("Thread {n}")),
            details,
            ..CreateThread::default()
        };
        block_on(self.store.create(thread)).unwrap();
    }

    /// A root 1 with children 2 and 3; 2 has the child 4, 3 has the child 5.
    fn tree() -> Self {
        let client = Self::ready();
        for (n, parent) in [(1, None), (2, Some(1)), (3, Some(1)), (4, Some(2)), (5, Some(3))] {
            client.create(n, parent, source(json!("cli")));
        }
        block_on(client.dispatcher.notifications());
        client
    }
}

fn id(n: u8) -> ThreadId {
    format!("00000000-0000-4000-8000-0000000000{n:02x}").parse().unwrap()
}

fn source(source: Value) -> ThreadDetails {
    ThreadDetails { source: Some(source), ..ThreadDetails::default() }
}

fn thread(n: u8) -> Value {
    json!({"threadId": id(n)})
}

/// The notifications as method and number of the thread.
fn told(messages: &[Value]) -> Vec<(&str, u64)> {
    let number = |message: &Value| {
        let id = message["params"]["threadId"].as_str().unwrap();
        u64::from_str_radix(&id[34..], 16).unwrap()
    };
    messages
        .iter()
        .map(|message| {
            assert!(message["emittedAtMs"].is_i64() && message.get("id").is_none());
            (message["method"].as_str().unwrap(), number(message))
        })
        .collect()
}

#[test]
fn a_client_introduces_itself_once() {
    let client = Client::new();
    assert_eq!(client.refusal("thread/list", json!({})), (-32600, "Not initialized".into()));
    assert!(client.ask("initialize", json!({"clientInfo": {}})).is_ok());
    assert_eq!(client.refusal("initialize", json!({})), (-32600, "Already initialized".into()));
    assert_eq!(client.send(r#"{"method":"initialized"}"#), Vec::<Value>::new());
    let asked = json!({"parentThreadId": id(1)});
    let message = "thread/list.parentThreadId requires experimentalApi capability";
    assert_eq!(client.refusal("thread/list", asked), (-32600, message.into()));
}

#[test]
fn malformed_messages_are_answered() {
    let client = Client::ready();
    for (text, code) in [("nonsense", -32700), ("{\"id\":1", -32700), ("5", -32600), ("[]", -32600)]
    {
        let answer = &client.send(text)[0];
        assert_eq!(
            (&answer["id"], &answer["error"]["code"]),
            (&json!(null), &json!(code)),
            "{text}"
        );
    }
    assert_eq!(client.send(r#"{"id":1,"result":{}}"#), Vec::<Value>::new());
    let answer = &client.send(r#"{"jsonrpc":"2.0","id":"a","method":"thread/nope"}"#)[0];
    assert_eq!(answer["id"], "a");
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("Invalid request: unknown variant `thread/nope`"), "{message}");
    assert_eq!(answer["error"]["data"], json!({"code": "unknown_method", "retryable": false}));
    for (params, message) in [
        (json!({}), "Invalid request: missing field `threadId`"),
        (json!({"threadId": 5}), "Invalid request: invalid type: integer `5`, expected a string"),
    ] {
        assert_eq!(client.refusal("thread/delete", params), (-32600, message.into()));
    }
    let (_, message) = client.refusal("thread/read", json!({"threadId": "nope"}));
    assert!(message.starts_with("invalid thread id: invalid character: "), "{message}");
    let (_, message) = client.refusal("thread/archive", json!({"threadId": "nope"}));
    assert!(message.starts_with("invalid session id: "), "{message}");
}

#[test]
fn a_started_thread_is_answered_and_then_told() {
    let client = Client::ready();
    let params = json!({"cwd": "/home/dev", "model": "m", "modelProvider": "p",
                        "sandbox": "workspace-write", "config": {"unknown": true}});
    let (answer, told) = client.call("thread/start", params);
    let answer = answer.unwrap();
    let thread = &answer["thread"];
    assert_eq!((&thread["cwd"], &thread["source"]), (&json!("/home/dev"), &json!("vscode")));
    assert_eq!((&answer["model"], &answer["modelProvider"]), (&json!("m"), &json!("p")));
    assert_eq!(answer["approvalPolicy"], "never");
    assert_eq!(answer["sandbox"]["type"], "workspaceWrite");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["method"], "thread/started");
    assert_eq!(told[0]["params"]["thread"]["id"], thread["id"]);
    assert!(client.ask("thread/start", json!({"ephemeral": true})).is_err());
    assert_eq!(client.ask("thread/list", json!({})).unwrap()["data"].as_array().unwrap().len(), 1);
}

#[test]
fn archive_delete_and_unarchive_keep_the_reference_s_order() {
    let client = Client::tree();
    let (answer, messages) = client.call("thread/archive", thread(1));
    assert_eq!(answer, Ok(json!({})));
    let archived: Vec<_> = [1, 5, 4, 3, 2].map(|n| ("thread/archived", n)).into();
    assert_eq!(told(&messages), archived);
    let (answer, messages) = client.call("thread/archive", thread(1));
    assert_eq!((answer, messages), (Ok(json!({})), vec![]));
    let (answer, messages) = client.call("thread/unarchive", thread(1));
    assert_eq!(answer.unwrap()["thread"]["id"], json!(id(1)));
    let unarchived: Vec<_> = [1, 2, 3, 4, 5].map(|n| ("thread/unarchived", n)).into();
    assert_eq!(told(&messages), unarchived);
    let (answer, messages) = client.call("thread/delete", thread(1));
    assert_eq!(answer, Ok(json!({})));
    let deleted: Vec<_> = [5, 4, 3, 2, 1].map(|n| ("thread/deleted", n)).into();
    assert_eq!(told(&messages), deleted);
}

#[test]
fn what_is_not_there_is_refused_in_the_reference_s_words() {
    let client = Client::tree();
    client.ask("thread/delete", thread(2)).unwrap();
    for n in [2, 9] {
        for (method, message) in [
            ("thread/delete", "thread not found: "),
            ("thread/read", "thread not loaded: "),
            ("thread/archive", "no rollout found for thread id "),
            ("thread/unarchive", "no archived rollout found for thread id "),
        ] {
            assert_eq!(client.refusal(method, thread(n)), (-32600, format!("{message}{}", id(n))));
        }
    }
    let (_, message) = client.refusal("thread/unarchive", thread(1));
    assert_eq!(message, format!("no archived rollout found for thread id {}", id(1)));
    let read = client.ask("thread/read", json!({"threadId": id(1), "includeTurns": true}));
    assert_eq!(read.unwrap_err()["code"], -32601);
}

#[test]
fn names_are_trimmed_told_and_refused() {
    let client = Client::tree();
    let name = |n: u8, name: &str| json!({"threadId": id(n), "name": name});
    let (answer, messages) = client.call("thread/name/set", name(1, "  My name  "));
    assert_eq!((answer, told(&messages)), (Ok(json!({})), vec![("thread/name/updated", 1)]));
    assert_eq!(messages[0]["params"]["threadName"], "My name");
    assert_eq!(client.ask("thread/read", thread(1)).unwrap()["thread"]["name"], "My name");
    assert_eq!(client.refusal("thread/name/set", name(1, "  ")).1, "thread name must not be empty");
    client.ask("thread/archive", thread(4)).unwrap();
    for n in [4, 9] {
        let message = format!("no rollout found for thread id {}", id(n));
        assert_eq!(client.refusal("thread/name/set", name(n, "x")).1, message);
    }
}

#[test]
fn injected_items_come_back_as_they_were() {
    let client = Client::tree();
    let texts = [r#"{"type":"message","n":1.50,"role":"user","content":[]}"#, r#"{"type":"x"}"#];
    let request = format!(
        r#"{{"id":1,"method":"thread/inject_items","params":{{"threadId":"{}","items":[{}]}}}}"#,
        id(1),
        texts.join(",")
    );
    assert_eq!(client.send(&request), [json!({"id": 1, "result": {}})]);
    let asked = json!({"threadId": id(1), "limit": 0}).to_string();
    let asked: Box<serde_json::value::RawValue> = serde_json::from_str(&asked).unwrap();
    let page = block_on(client.dispatcher.request("thread/items/list", Some(&asked))).unwrap();
    assert!(page.get().contains(texts[0]), "{page}");
    let page: Value = serde_json::from_str(page.get()).unwrap();
    assert_eq!((page["data"].as_array().unwrap().len(), &page["data"][0]["seq"]), (1, &json!(0)));
    let next = json!({"threadId": id(1), "cursor": page["nextCursor"], "limit": 1000});
    let page = client.ask("thread/items/list", next).unwrap();
    assert_eq!(
        (&page["data"][0]["item"], &page["nextCursor"]),
        (&json!({"type": "x"}), &json!(null))
    );
    let refusal = |items: Value| {
        client.refusal("thread/inject_items", json!({"threadId": id(1), "items": items})).1
    };
    assert_eq!(refusal(json!([])), "items must not be empty");
    let message = "items[1] is not a valid response item: missing field `type`";
    assert_eq!(refusal(json!([{"type": "x"}, {"role": "user"}])), message);
    let bad = json!({"threadId": id(1), "cursor": "bad"});
    assert_eq!(client.refusal("thread/items/list", bad).1, "invalid cursor: bad");
}

#[test]
fn lists_hide_sub_agents_and_exec_unless_asked() {
    let client = Client::ready();
    let spawned = json!({"subAgent": {"thread_spawn": {"parent_thread_id": id(1), "depth": 1}}});
    client.create(1, None, source(json!("cli")));
    client.create(2, Some(1), source(spawned));
    client.create(3, Some(1), source(json!("cli")));
    client.create(4, None, source(json!("exec")));
    client.create(5, None, ThreadDetails::default());
    let listed = |params: Value| -> Vec<Value> {
        let page = client.ask("thread/list", params).unwrap();
        page["data"].as_array().unwrap().iter().map(|thread| thread["preview"].clone()).collect()
    };
    let of = |numbers: &[u8]| -> Vec<Value> {
        numbers.iter().map(|n| json!(format!("Thread {n}"))).collect()
    };
    assert_eq!(listed(json!({})), of(&[5, 3, 1]));
    assert_eq!(listed(json!({"sourceKinds": []})), of(&[5, 3, 1]));
    assert_eq!(listed(json!({"sourceKinds": ["subAgent", "exec"]})), of(&[4, 2]));
    assert_eq!(listed(json!({"sourceKinds": ["vscode"]})), of(&[]));
    assert_eq!(listed(json!({"parentThreadId": id(1)})), of(&[3, 2]));
    assert_eq!(listed(json!({"ancestorThreadId": id(9)})), of(&[]));
    assert_eq!(listed(json!({"sortDirection": "asc", "limit": 0})), of(&[1]));
    assert_eq!(listed(json!({"excludedThreadIds": [id(5)], "limit": 2})), of(&[3, 1]));
    assert_eq!(listed(json!({"searchTerm": "thread 1"})), of(&[]));
    assert_eq!(listed(json!({"searchTerm": "Thread 1", "unknown": 1})), of(&[1]));
}

#[test]
fn pages_meet_without_gaps_and_clamp_their_limit() {
    let client = Client::ready();
    for n in 1..=120 {
        client.create(n, None, source(json!("cli")));
    }
    let mut seen = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let page = client.ask("thread/list", json!({"cursor": cursor, "limit": 50})).unwrap();
        seen.extend(page["data"].as_array().unwrap().iter().map(|thread| thread["id"].clone()));
        cursor = page["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(seen, (1..=120).rev().map(|n| json!(id(n))).collect::<Vec<_>>());
    let count =
        |params| client.ask("thread/list", params).unwrap()["data"].as_array().unwrap().len();
    assert_eq!((count(json!({})), count(json!({"limit": 100_000}))), (25, 100));
}

#[test]
fn bad_list_parameters_have_the_reference_s_messages() {
    let client = Client::ready();
    let both = json!({"parentThreadId": id(1), "ancestorThreadId": id(1)});
    for (params, code, message) in [
        (
            json!({"limit": -1}),
            -32600,
            "Invalid request: invalid value: integer `-1`, expected u32",
        ),
        (json!({"cursor": "not-a-cursor"}), -32600, "invalid cursor: not-a-cursor"),
        (json!({"cursor": ""}), -32600, "invalid cursor: "),
        (
            json!({"sortKey": "bogus"}),
            -32600,
            "Invalid request: unknown variant `bogus`, expected one of `created_at`, `updated_at`, `recency_at`, `section_position`",
        ),
        (
            json!({"sortKey": "section_position"}),
            -32600,
            "section-position sorting requires a section filter",
        ),
        (both, -32600, "parentThreadId and ancestorThreadId are mutually exclusive"),
        (json!({"projectId": "nope"}), -32602, "project not found: nope"),
    ] {
        assert_eq!(client.refusal("thread/list", params), (code, message.into()));
    }
    let (code, message) = client.refusal("thread/list", json!({"excludedThreadIds": ["x"]}));
    assert_eq!((code, message.starts_with("invalid excluded thread id: ")), (-32602, true));
    let (_, message) = client.refusal("thread/list", json!({"parentThreadId": "x"}));
    assert!(message.starts_with("invalid parent thread id: "), "{message}");
}

#[test]
fn whoever_waits_for_notifications_from_the_start_gets_them() {
    let client = Client::new();
    let doing = async {
        client.store.create(CreateThread::default()).await.unwrap();
        client.dispatcher.handle(r#"{"id":1,"method":"initialize"}"#).await;
        client.store.create(CreateThread { id: Some(id(7)), ..CreateThread::default() }).await
    };
    let (told, done) = block_on(zip(client.dispatcher.notifications(), doing));
    assert_eq!(done.unwrap().id, id(7));
    let told: Value = serde_json::from_str(&told[0]).unwrap();
    assert_eq!(told["params"]["thread"]["id"], json!(id(7)));
}

#[test]
fn a_refusal_has_the_id_that_stands_before_what_is_wrong() {
    let client = Client::ready();
    let huge = "9".repeat(2000);
    for (text, id, message) in [
        (r#"{"id":5,"method":7}"#, json!(5), "Invalid request: invalid type: integer `7`"),
        (r#"{"id":"a"}"#, json!("a"), "Invalid request: missing field `method`"),
        (r#"{"params":[[1,{}]],"id":-6,"method":{}}"#, json!(-6), "Invalid request: invalid type"),
        (r#"{"id":-6,"method":"thread/list","#, json!(null), "EOF while parsing"),
        (r#"{"method":"thread/list","id":[7]}"#, json!(null), "Invalid request: id: expected a "),
        (r#"{"method":"thread/list","id":true}"#, json!(null), "Invalid request: id: expected a "),
        (&format!(r#"{{"id":{huge},"method":"x"}}"#), json!(null), "id is 2000 long, the limit is"),
    ] {
        let answer = &client.send(text)[0];
        assert_eq!(answer["id"], id, "{text}");
        let said = answer["error"]["message"].as_str().unwrap();
        assert!(said.starts_with(message), "{text}: {said}");
    }
}

#[test]
fn what_a_client_sends_is_not_sent_back_at_length() {
    let client = Client::ready();
    let long = "é".repeat(100_000);
    for (method, params) in [
        (long.as_str(), json!({})),
        ("thread/read", json!({"threadId": long})),
        ("thread/list", json!({"sortKey": long})),
        ("thread/list", json!({"projectId": long})),
    ] {
        let (_, message) = client.refusal(method, params);
        assert!(message.len() <= crate::limits::MAX_ERROR_TEXT + "…".len(), "{}", message.len());
    }
}

#[test]
fn a_message_may_be_as_long_as_the_largest_append_and_no_longer() {
    let client = Client::ready();
    let start = r#"{"id":8,"method":"thread/list","params":{"unknown":""#;
    let message = |size: usize| format!("{start}{}\"}}}}", "x".repeat(size - start.len() - 3));
    let answer = &client.send(&message(crate::limits::MAX_MESSAGE))[0];
    assert!(answer["result"].is_object(), "{answer}");
    let answer = &client.send(&message(crate::limits::MAX_MESSAGE + 1))[0];
    assert_eq!((&answer["id"], &answer["error"]["data"]["code"]), (&json!(8), &json!("too_large")));
}

#[test]
fn deep_nesting_is_no_danger() {
    let client = Client::ready();
    let deep = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let ignored =
        format!(r#"{{"id":1,"method":"thread/list","params":{{"x":{}}}}}"#, deep(500_000));
    assert!(client.send(&ignored)[0]["result"].is_object());
    let read = format!(
        r#"{{"id":1,"method":"thread/start","params":{{"threadSource":{}}}}}"#,
        deep(500_000)
    );
    let said = client.send(&read)[0]["error"]["message"].clone();
    assert_eq!(said, "Invalid request: recursion limit exceeded");
    let item = format!(r#"{{"type":"note","deep":{}}}"#, deep(128));
    let started = client.ask("thread/start", json!({})).unwrap();
    let params = json!({"threadId": started["thread"]["id"], "items": [0]}).to_string();
    let params = params.replace("[0]", &format!("[{item}]"));
    let answer =
        &client.send(&format!(r#"{{"id":1,"method":"thread/inject_items","params":{params}}}"#))[0];
    assert_eq!(answer["error"]["data"]["code"], "invalid_item");
}

#[test]
fn what_others_do_is_told_without_asking() {
    let client = Client::tree();
    block_on(client.store.archive(id(2))).unwrap();
    let messages = block_on(client.dispatcher.notifications());
    let messages: Vec<Value> =
        messages.iter().map(|message| serde_json::from_str(message).unwrap()).collect();
    assert_eq!(told(&messages), [("thread/archived", 2), ("thread/archived", 4)]);
}
