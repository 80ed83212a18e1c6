//! `thread/queue/*`.

use serde_json::{Value, json};

use super::*;

fn input(text: &str) -> Value {
    json!([{"type": "text", "text": text, "text_elements": []}])
}

fn queued(client: &Client) -> Vec<(Value, Value)> {
    let list = client.ask("thread/queue/list", thread(1)).unwrap();
    let queued = list["data"].as_array().unwrap();
    queued.iter().map(|it| (it["id"].clone(), it["input"][0]["text"].clone())).collect()
}

#[test]
fn submissions_wait_in_the_order_that_is_asked_for() {
    let client = Client::tree();
    let add = |n: &str| {
        let params = json!({"threadId": id(1), "clientUserMessageId": n, "input": input(n),
                            "responsesapiClientMetadata": {"k": n}});
        client.call("thread/queue/add", params)
    };
    let (answer, messages) = add("a");
    assert_eq!(told(&messages), [("thread/queue/changed", 1)]);
    let first = answer.unwrap()["queuedSubmission"].clone();
    assert_eq!(first["input"], input("a"));
    assert_eq!(first["responsesapiClientMetadata"], json!({"k": "a"}));
    add("b").0.unwrap();
    let again = add("a").0.unwrap();
    assert_eq!(again["queuedSubmission"]["id"], first["id"]);
    let waiting = queued(&client);
    assert_eq!(waiting.iter().map(|(_, text)| text).collect::<Vec<_>>(), ["a", "b"]);

    let ids = json!({"threadId": id(1), "queuedSubmissionIds": [waiting[1].0, waiting[0].0]});
    client.ask("thread/queue/reorder", ids).unwrap();
    let update = json!({"threadId": id(1), "queuedSubmissionId": first["id"], "input": input("A")});
    let updated = client.ask("thread/queue/update", update).unwrap()["queuedSubmission"].clone();
    assert_eq!(updated["responsesapiClientMetadata"], json!({"k": "a"}));
    assert_eq!(updated["clientUserMessageId"], "a");
    assert_eq!(queued(&client).iter().map(|(_, text)| text).collect::<Vec<_>>(), ["b", "A"]);

    let page = client.ask("thread/queue/list", json!({"threadId": id(1), "limit": 1})).unwrap();
    let next = json!({"threadId": id(1), "limit": 1, "cursor": page["nextCursor"]});
    let rest = client.ask("thread/queue/list", next).unwrap();
    assert_eq!((&rest["data"][0]["id"], &rest["nextCursor"]), (&first["id"], &Value::Null));

    let delete = json!({"threadId": id(1), "queuedSubmissionId": first["id"]});
    assert_eq!(client.ask("thread/queue/delete", delete.clone()).unwrap()["deleted"], true);
    let (answer, messages) = client.call("thread/queue/delete", delete);
    assert_eq!((answer.unwrap()["deleted"].clone(), messages.len()), (json!(false), 0));
}

#[test]
fn what_is_not_queued_or_not_there_is_refused() {
    let client = Client::tree();
    let update = json!({"threadId": id(1), "queuedSubmissionId": "x", "input": []});
    let (_, message) = client.refusal("thread/queue/update", update);
    assert_eq!(message, "queued submission not found: x");
    let reorder = json!({"threadId": id(1), "queuedSubmissionIds": ["x"]});
    assert_eq!(client.refusal("thread/queue/reorder", reorder).1, "queued submission not found: x");
    let (_, message) = client.refusal("thread/queue/list", thread(9));
    assert_eq!(message, format!("no rollout found for thread id {}", id(9)));
    let add = json!({"threadId": id(1), "clientUserMessageId": "a"});
    let (_, message) = client.refusal("thread/queue/add", add);
    assert_eq!(message, "Invalid request: missing field `input`");
    assert_eq!(
        client.refusal("thread/queue/list", json!({"threadId": id(1), "cursor": "?"})).1,
        "invalid cursor: ?"
    );
    let ephemeral = client.start(json!({"ephemeral": true}));
    let add = json!({"threadId": ephemeral, "clientUserMessageId": "a", "input": []});
    assert!(client.refusal("thread/queue/add", add).1.starts_with("ephemeral thread"));
}

#[test]
fn a_thread_that_is_open_and_not_stored_is_stored_with_its_queue() {
    let client = Client::ready();
    let id = client.start(json!({}));
    let add = json!({"threadId": id, "clientUserMessageId": "a", "input": input("a")});
    client.ask("thread/queue/add", add).unwrap();
    assert_eq!(client.store.stats().threads, 1);
}
