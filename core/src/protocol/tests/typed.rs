//! The calls of typed clients: every one that is listed is carried out, and what is wrong is named.

use super::*;

fn refusal(client: &Client, name: &str, params: Value) -> (String, String) {
    let params = serde_json::value::to_raw_value(&params).unwrap();
    let name = format!("{}{name}", calls::PREFIX);
    let error = block_on(calls::call(&client.store, &name, Some(&params))).unwrap_err();
    (error.data.unwrap().code, error.message)
}

#[test]
fn every_call_that_is_listed_is_carried_out() {
    let client = Client::ready();
    for call in calls::CALLS {
        let refused = block_on(calls::call(&client.store, call.name, None)).err();
        let code = refused.and_then(|error| error.data).map(|data| data.code);
        assert_ne!(code.as_deref(), Some("unknown_method"), "{}", call.name);
        assert_eq!(calls::find(call.name), Some(*call));
    }
    assert_eq!(refusal(&client, "nothing", json!({})).0, "unknown_method");
    assert_eq!(calls::find("create"), None);
}

#[test]
fn what_is_wrong_with_an_argument_is_said_of_it() {
    let client = Client::tree();
    let root = id(1);
    for (name, params, code, said) in [
        ("read", json!({}), "invalid_field", "id: it is missing"),
        ("read", json!({"id": "x"}), "invalid_thread_id", "invalid thread id"),
        ("read", json!([]), "invalid_field", "params: "),
        ("list", json!({"query": {"limit": "ten"}}), "invalid_field", "limit: invalid type"),
        ("list", json!({"query": 5}), "invalid_field", "query: it must be an object"),
        ("list", json!({"query": {"limit": 5000}}), "out_of_range", "limit must be"),
        ("create", json!({"options": {"name": 5}}), "invalid_field", "name: invalid type"),
        (
            "truncate",
            json!({"id": root, "length": -1}),
            "invalid_field",
            "length: `-1` is no count",
        ),
        ("append", json!({"id": root, "items": "[5]"}), "invalid_item", "items[0]"),
        ("append", json!({"id": root, "items": "[{]"}), "invalid_field", "items: no JSON array"),
        ("job", json!({"id": "x"}), "invalid_field", "id: `x` is not a UUID"),
        (
            "setEdgeStatus",
            json!({"id": root, "status": "ajar"}),
            "invalid_field",
            "status: unknown",
        ),
    ] {
        let (found, message) = refusal(&client, name, params);
        assert_eq!(found, code, "{name}: {message}");
        assert!(message.starts_with(said), "{name}: {message}");
    }
}
