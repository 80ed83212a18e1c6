//! Frames: what is no request, what is too long, and who may ask.

use futures_lite::future::zip;

use super::*;

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
fn a_closed_dispatcher_ends_the_wait_for_notifications() {
    let (strange, ready) = (Client::new(), Client::ready());
    for client in [&strange, &ready] {
        let closing = async { client.dispatcher.close() };
        let (told, ()) = block_on(zip(client.dispatcher.notifications(), closing));
        assert_eq!(told, Vec::<String>::new());
    }
    assert!(ready.ask("thread/list", json!({})).is_ok());
}
