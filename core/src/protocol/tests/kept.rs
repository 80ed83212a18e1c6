//! What clients keep beside a conversation: attachments and queues.

use super::*;

#[test]
fn attachments_are_told_apart_by_type_and_key() {
    let client = Client::tree();
    let named =
        |n: u8, key: &str| json!({"threadId": id(n), "attachmentType": "file", "identityKey": key});
    let add = |n: u8, key: &str, payload: Value| {
        let mut params = named(n, key);
        params["payload"] = payload;
        client.call("thread/attachment/add", params)
    };
    let (answer, messages) = add(1, "a.txt", json!({"size": 1}));
    let answer = answer.unwrap();
    assert_eq!(
        (&answer["outcome"], &answer["attachment"]["payload"]),
        (&json!("created"), &json!({"size": 1}))
    );
    assert_eq!(told(&messages), [("thread/attachment/updated", 1)]);
    let params = json!({"threadId": id(1), "attachmentId": answer["attachment"]["id"],
                        "attachmentType": "file", "identityKey": "a.txt", "operation": "created"});
    assert_eq!(messages[0]["params"], params);
    let (again, messages) = add(1, "a.txt", json!(null));
    assert_eq!((&again.unwrap()["outcome"], messages.len()), (&json!("existing"), 0));
    add(1, "b.txt", json!(null)).0.unwrap();
    add(2, "a.txt", json!("x")).0.unwrap();
    let list = |more: Value| {
        let mut params = json!({"threadId": id(1)});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        client.ask("thread/attachment/list", params).unwrap()
    };
    let page = list(json!({"limit": 1}));
    assert_eq!(page["data"][0]["identityKey"], "a.txt");
    let rest = list(json!({"cursor": page["nextCursor"]}));
    assert_eq!(
        (&rest["data"][0]["identityKey"], &rest["nextCursor"]),
        (&json!("b.txt"), &json!(null))
    );
    client.ask("thread/archive", thread(2)).unwrap();
    let owners = |more: Value| {
        let mut params = json!({"attachmentType": "file", "identityKey": "a.txt"});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        client.ask("thread/attachmentOwner/list", params).unwrap()["data"].clone()
    };
    let (one, two) = (
        json!({"threadId": id(1), "archived": false}),
        json!({"threadId": id(2), "archived": true}),
    );
    assert_eq!(owners(json!({})), json!([one, two]));
    assert_eq!(owners(json!({"archived": true})), json!([two]));
    let (answer, messages) = client.call("thread/attachment/remove", named(1, "a.txt"));
    assert_eq!((answer, &messages[0]["params"]["operation"]), (Ok(json!({})), &json!("deleted")));
    assert_eq!(list(json!({}))["data"].as_array().unwrap().len(), 1);
    client.ask("thread/delete", thread(1)).unwrap();
    assert_eq!(owners(json!({})), json!([]));
}

#[test]
fn a_queue_keeps_what_was_written_in_its_order() {
    let client = Client::tree();
    let add = |text: &str| {
        let params = json!({"threadId": id(1), "clientUserMessageId": text, "input": [{"type": "text", "text": text}]});
        let (answer, messages) = client.call("thread/queue/add", params);
        assert_eq!(told(&messages), [("thread/queue/changed", 1)]);
        answer.unwrap()["queuedSubmission"]["id"].clone()
    };
    let ids = [add("a"), add("b"), add("c")];
    let queue = || -> Vec<Value> {
        let page = client.ask("thread/queue/list", thread(1)).unwrap();
        page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["input"][0]["text"].clone())
            .collect()
    };
    assert_eq!(queue(), ["a", "b", "c"]);
    let order = json!({"threadId": id(1), "queuedSubmissionIds": [ids[2], ids[0]]});
    assert_eq!(client.ask("thread/queue/reorder", order), Ok(json!({})));
    assert_eq!(queue(), ["c", "a", "b"]);
    let update = json!({"threadId": id(1), "queuedSubmissionId": ids[0], "input": [{"type": "text", "text": "A"}]});
    let updated = client.ask("thread/queue/update", update).unwrap();
    assert_eq!(updated["queuedSubmission"]["clientUserMessageId"], "a");
    assert_eq!(queue(), ["c", "A", "b"]);
    let delete = json!({"threadId": id(1), "queuedSubmissionId": ids[2]});
    assert_eq!(client.ask("thread/queue/delete", delete.clone()), Ok(json!({"deleted": true})));
    assert_eq!(client.ask("thread/queue/delete", delete), Ok(json!({"deleted": false})));
    assert_eq!(queue(), ["A", "b"]);
    let unknown = json!({"threadId": id(1), "queuedSubmissionIds": ["x"]});
    assert_eq!(client.refusal("thread/queue/reorder", unknown).1, "queued submission not found: x");
    let missing = client.refusal("thread/queue/list", thread(9));
    assert_eq!(missing.1, format!("thread not found: {}", id(9)));
}

#[test]
fn a_timeline_is_what_a_conversation_shows_in_order() {
    let client = Client::tree();
    block_on(client.store.append(id(1), rollout())).unwrap();
    let list = |cursor: &Value| {
        client
            .ask("thread/timeline/list", json!({"threadId": id(1), "limit": 3, "cursor": cursor}))
            .unwrap()
    };
    let page = list(&json!(null));
    let places: Vec<_> =
        page["data"].as_array().unwrap().iter().map(|entry| entry["position"].clone()).collect();
    assert_eq!(places, [1, 2, 6]);
    assert_eq!(
        (&page["data"][0]["type"], &page["data"][0]["turnId"]),
        (&json!("item"), &json!("t1"))
    );
    let rest = list(&page["nextCursor"]);
    assert_eq!((rest["data"].as_array().unwrap().len(), &rest["nextCursor"]), (1, &json!(null)));
}
