//! `thread/attachment/*` and `thread/attachmentOwner/list`.

use serde_json::{Value, json};

use super::*;

fn attach(n: u8, key: &str) -> Value {
    json!({"threadId": id(n), "attachmentType": "pull|request", "identityKey": key,
           "payload": {"n": [1.50, null]}})
}

fn owners(client: &Client, key: &str, archived: Value) -> Vec<(String, bool)> {
    let params =
        json!({"attachmentType": "pull|request", "identityKey": key, "archived": archived});
    let list = client.ask("thread/attachmentOwner/list", params).unwrap();
    let owner = |it: &Value| {
        (it["threadId"].as_str().unwrap().to_owned(), it["archived"].as_bool().unwrap())
    };
    list["data"].as_array().unwrap().iter().map(owner).collect()
}

#[test]
fn a_thing_is_attached_once_and_tells_of_it() {
    let client = Client::tree();
    let (answer, messages) = client.call("thread/attachment/add", attach(1, "7|a"));
    let answer = answer.unwrap();
    assert_eq!(answer["outcome"], "created");
    assert_eq!(told(&messages), [("thread/attachment/updated", 1)]);
    let params = &messages[0]["params"];
    assert_eq!(params["operation"], "created");
    assert_eq!(
        (&params["attachmentType"], &params["identityKey"]),
        (&json!("pull|request"), &json!("7|a"))
    );
    assert_eq!(params["attachmentId"], answer["attachment"]["id"]);
    let (again, messages) = client.call("thread/attachment/add", attach(1, "7|a"));
    let again = again.unwrap();
    assert_eq!((&again["outcome"], messages.len()), (&json!("existing"), 0));
    assert_eq!(again["attachment"], answer["attachment"]);
    let list = client.ask("thread/attachment/list", thread(1)).unwrap();
    assert_eq!(list["data"], json!([answer["attachment"]]));
    assert_eq!(list["data"][0]["payload"], json!({"n": [1.5, null]}));

    let (removed, messages) = client.call("thread/attachment/remove", attach(1, "7|a"));
    assert_eq!(removed.unwrap(), json!({}));
    assert_eq!(messages[0]["params"]["operation"], "deleted");
    assert_eq!(messages[0]["params"]["attachmentId"], answer["attachment"]["id"]);
    assert_eq!(client.call("thread/attachment/remove", attach(1, "7|a")).1.len(), 0);
}

#[test]
fn owners_are_found_until_they_are_deleted() {
    let client = Client::tree();
    for n in [1, 4, 5] {
        client.ask("thread/attachment/add", attach(n, "7")).unwrap();
    }
    client.ask("thread/attachment/add", attach(2, "8")).unwrap();
    client.ask("thread/archive", thread(4)).unwrap();
    let owner = |n: u8, archived| (id(n).to_string(), archived);
    assert_eq!(
        owners(&client, "7", Value::Null),
        [owner(1, false), owner(4, true), owner(5, false)]
    );
    assert_eq!(owners(&client, "7", json!(true)), [owner(4, true)]);
    client.ask("thread/delete", thread(3)).unwrap();
    assert_eq!(owners(&client, "7", json!(false)), [owner(1, false)]);
    assert_eq!(owners(&client, "9", Value::Null), []);
    let (_, message) = client.refusal("thread/attachment/add", json!({"threadId": id(1)}));
    assert_eq!(message, "Invalid request: missing field `attachmentType`");
}
