//! What a client may not use unless it asked for it.

use super::*;

#[test]
fn methods_and_fields_need_the_capability() {
    let client = Client::new();
    client.introduce(false);
    client.create(1, None, source(json!("cli")));
    for (method, params, what) in [
        ("thread/search", json!({"searchTerm": "x"}), "thread/search"),
        ("thread/searchOccurrences", json!({}), "thread/searchOccurrences"),
        ("thread/items/read", json!({}), "thread/items/read"),
        ("thread/readState/update", json!({}), "thread/readState/update"),
        ("thread/memoryMode/set", json!({}), "thread/memoryMode/set"),
        ("thread/list", json!({"parentThreadId": id(1)}), "thread/list.parentThreadId"),
        ("thread/list", json!({"ancestorThreadId": id(1)}), "thread/list.ancestorThreadId"),
        ("thread/list", json!({"attachedToThreadId": id(1)}), "thread/list.attachedToThreadId"),
        ("thread/list", json!({"projectId": null}), "thread/list.projectId"),
        ("thread/start", json!({"historyMode": "legacy"}), "thread/start.historyMode"),
        ("thread/start", json!({"dynamicTools": []}), "thread/start.dynamicTools"),
        ("thread/resume", json!({"threadId": id(1), "history": []}), "thread/resume.history"),
        ("thread/fork", json!({"threadId": id(1), "path": "/x"}), "thread/fork.path"),
    ] {
        let message = format!("{what} requires experimentalApi capability");
        assert_eq!(client.refusal(method, params), (-32600, message));
    }
    for params in [
        json!({"parentThreadId": null}),
        json!({"includeAttachedThreads": false}),
        json!({"sectionId": null}),
        json!({"currentAccountOnly": false}),
    ] {
        assert!(client.ask("thread/list", params).is_ok());
    }
}

#[test]
fn every_method_that_is_named_is_answered() {
    let client = Client::ready();
    for method in METHODS.iter().filter(|method| method.name != "initialize") {
        if let Err(error) = client.ask(method.name, json!({})) {
            let message = error["message"].as_str().unwrap();
            assert!(!message.contains("unknown variant"), "{}: {message}", method.name);
        }
    }
}

#[test]
fn every_method_and_notification_is_documented() {
    let docs = include_str!("../../../../docs/PROTOCOL.md");
    for method in METHODS {
        assert!(docs.contains(&format!("\"method\":\"{}\"", method.name)), "{}", method.name);
    }
}
