//! `threadSection/*`, `thread/section/move`, and lists by section.

use serde_json::{Value, json};

use super::*;

fn section(client: &Client, name: &str) -> Value {
    let params = json!({"name": name, "appearance": {"color": "red", "icon": null}});
    client.ask("threadSection/create", params).unwrap()["section"].clone()
}

fn order(client: &Client, section: &Value) -> Vec<Value> {
    let params =
        json!({"sectionId": section["id"], "sortKey": "section_position", "sortDirection": "asc"});
    let list = client.ask("thread/list", params).unwrap();
    list["data"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect()
}

fn ids(threads: &[u8]) -> Vec<Value> {
    threads.iter().map(|n| json!(id(*n))).collect()
}

#[test]
fn sections_are_made_changed_and_deleted() {
    let client = Client::tree();
    let (a, b) = (section(&client, " a "), section(&client, "b"));
    assert_eq!(
        a,
        json!({"id": a["id"], "name": "a", "appearance": {"color": "red", "icon": null}})
    );
    let update = json!({"sectionId": a["id"], "name": "A"});
    let updated = client.ask("threadSection/update", update).unwrap()["section"].clone();
    assert_eq!(updated, json!({"id": a["id"], "name": "A", "appearance": null}));
    let list = client.ask("threadSection/list", json!({})).unwrap();
    assert_eq!(list, json!({"data": [updated, b], "nextCursor": null}));
    client.ask("threadSection/delete", json!({"sectionId": b["id"]})).unwrap();
    let (_, message) = client.refusal("threadSection/delete", json!({"sectionId": b["id"]}));
    assert_eq!(message, format!("thread section not found: {}", b["id"].as_str().unwrap()));
    assert_eq!(
        client.refusal("threadSection/create", json!({"name": " "})).1,
        "section name must not be empty"
    );
}

#[test]
fn threads_are_in_the_order_that_they_are_put_in() {
    let client = Client::tree();
    let a = section(&client, "a");
    let put = |n: u8, before: Option<u8>| {
        let params =
            json!({"threadId": id(n), "sectionId": a["id"], "beforeThreadId": before.map(id)});
        client.call("thread/section/move", params)
    };
    let (answer, messages) = put(1, None);
    assert_eq!(answer.unwrap(), json!({}));
    assert_eq!(told(&messages), [("thread/section/changed", 1)]);
    assert_eq!(messages[0]["params"]["sectionId"], a["id"]);
    put(2, None).0.unwrap();
    put(3, Some(1)).0.unwrap();
    assert_eq!(order(&client, &a), ids(&[3, 1, 2]));
    let read = client.ask("thread/read", thread(1)).unwrap()["thread"].clone();
    assert_eq!(read["section"], a);
    assert!(read["sectionEnteredAt"].as_i64().unwrap() > 1_700_000_000);
    // Again and again between the same two, until there is no room left.
    for n in (0..60).map(|n| if n % 2 == 0 { 4 } else { 5 }) {
        put(n, Some(2)).0.unwrap();
        put(2, Some(n)).0.unwrap();
    }
    let mut last = order(&client, &a);
    assert_eq!(last.len(), 5);
    put(1, None).0.unwrap();
    last.retain(|it| *it != json!(id(1)));
    last.push(json!(id(1)));
    assert_eq!(order(&client, &a), last);

    let page = |cursor: Value| {
        let params = json!({"sectionId": a["id"], "sortKey": "section_position",
                            "sortDirection": "asc", "limit": 2, "cursor": cursor});
        client.ask("thread/list", params).unwrap()
    };
    let mut seen = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let page = page(cursor);
        seen.extend(page["data"].as_array().unwrap().iter().map(|it| it["id"].clone()));
        cursor = page["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(seen, last);
}

#[test]
fn a_thread_leaves_its_section_when_it_is_moved_deleted_or_the_section_is() {
    let client = Client::tree();
    let (a, b) = (section(&client, "a"), section(&client, "b"));
    let put = |n: u8, section: &Value| {
        let params = json!({"threadId": id(n), "sectionId": section});
        client.call("thread/section/move", params)
    };
    for n in [1, 2, 3] {
        put(n, &a["id"]).0.unwrap();
    }
    put(2, &b["id"]).0.unwrap();
    let (answer, messages) = put(3, &Value::Null);
    assert_eq!((answer.unwrap(), &messages[0]["params"]["sectionId"]), (json!({}), &Value::Null));
    assert_eq!(order(&client, &a), ids(&[1]));
    let by_time = client.ask("thread/list", json!({"sectionId": b["id"]})).unwrap();
    assert_eq!(by_time["data"][0]["id"], json!(id(2)));
    client.ask("thread/delete", thread(2)).unwrap();
    assert_eq!(order(&client, &b), ids(&[]));
    client.ask("threadSection/delete", json!({"sectionId": a["id"]})).unwrap();
    let read = client.ask("thread/read", thread(1)).unwrap()["thread"].clone();
    assert_eq!((&read["section"], &read["sectionEnteredAt"]), (&Value::Null, &Value::Null));
    let gone = json!({"threadId": id(1), "sectionId": b["id"], "beforeThreadId": id(2)});
    assert!(client.refusal("thread/section/move", gone).1.ends_with("is not in the section"));
    assert_eq!(
        client.refusal("thread/section/move", thread(1)).1,
        "Invalid request: missing field `sectionId`"
    );
}
