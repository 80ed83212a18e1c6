//! `project/*`, and threads in projects.

use serde_json::{Value, json};

use super::*;

fn create(client: &Client, key: &str) -> Value {
    let params = json!({"idempotencyKey": key, "name": key, "roots": [{"path": "/r"}],
                        "metadata": {"k": "v"}});
    client.ask("project/create", params).unwrap()["project"].clone()
}

fn names(client: &Client, params: Value) -> Vec<String> {
    let list = client.ask("project/list", params).unwrap();
    let name = |it: &Value| it["name"].as_str().unwrap().to_owned();
    list["data"].as_array().unwrap().iter().map(name).collect()
}

fn threads(client: &Client, project: Value) -> Vec<Value> {
    let list = client.ask("thread/list", json!({"projectId": project})).unwrap();
    list["data"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect()
}

#[test]
fn a_project_is_made_once_a_key_changed_moved_and_deleted() {
    let client = Client::tree();
    let params = json!({"idempotencyKey": "a", "name": "a", "roots": [{"path": "/r"}]});
    let (answer, messages) = client.call("project/create", params);
    let a = answer.unwrap()["project"].clone();
    assert_eq!(
        (&messages[0]["method"], &messages[0]["params"]["changeType"]),
        (&json!("project/changed"), &json!("created"))
    );
    assert_eq!((&a["roots"], &a["metadata"]), (&json!([{"path": "/r"}]), &json!({})));
    assert_eq!((&a["position"], &a["recencyAt"]), (&json!(0), &Value::Null));
    assert_eq!(create(&client, "a")["id"], a["id"]);
    let (b, _) = (create(&client, "b"), create(&client, "c"));
    assert_eq!(names(&client, json!({})), ["a", "b", "c"]);
    client.ask("project/move", json!({"projectId": a["id"], "beforeProjectId": null})).unwrap();
    client.ask("project/move", json!({"projectId": b["id"], "beforeProjectId": a["id"]})).unwrap();
    assert_eq!(names(&client, json!({})), ["c", "b", "a"]);
    assert_eq!(names(&client, json!({"sortDirection": "desc", "limit": 2})), ["a", "b"]);
    let update = json!({"projectId": b["id"], "name": "B", "metadata": {"x": "y"}});
    let (answer, messages) = client.call("project/update", update);
    let updated = answer.unwrap()["project"].clone();
    assert_eq!((&updated["name"], &updated["roots"]), (&json!("B"), &b["roots"]));
    assert_eq!(updated["metadata"], json!({"x": "y"}));
    assert_eq!(messages[0]["params"]["changeType"], "updated");
    let (_, messages) = client.call("project/delete", json!({"projectId": b["id"]}));
    assert_eq!(messages[0]["params"], json!({"changeType": "deleted", "projectId": b["id"]}));
    let (code, message) = client.refusal("project/read", json!({"projectId": b["id"]}));
    assert_eq!(
        (code, message),
        (-32602, format!("project not found: {}", b["id"].as_str().unwrap()))
    );
    let bad = json!({"idempotencyKey": "x", "name": " ", "roots": []});
    assert_eq!(client.refusal("project/create", bad).1, "project name must not be empty");
    let bad = json!({"idempotencyKey": "x", "name": "x", "roots": [{}]});
    assert_eq!(client.refusal("project/create", bad).1, "Invalid request: missing field `path`");
}

#[test]
fn threads_are_in_a_project_until_they_leave_it() {
    let client = Client::tree();
    let a = create(&client, "a");
    let params =
        json!({"idempotencyKey": "b", "name": "b", "roots": [], "threads": [id(1), id(2)]});
    let (answer, messages) = client.call("project/import", params);
    let b = answer.unwrap()["project"].clone();
    assert!(b["recencyAt"].is_i64());
    let methods: Vec<&Value> = messages.iter().map(|it| &it["method"]).collect();
    assert_eq!(methods, ["project/changed", "thread/project/updated", "thread/project/updated"]);
    let set = |n: u8, project: &Value| {
        let params = json!({"threadId": id(n), "projectId": project});
        client.ask("thread/metadata/update", params).unwrap()["thread"]["projectId"].clone()
    };
    assert_eq!(set(2, &a["id"]), a["id"]);
    assert_eq!(set(3, &a["id"]), a["id"]);
    assert_eq!(set(3, &Value::Null), Value::Null);
    assert_eq!(threads(&client, a["id"].clone()), [json!(id(2))]);
    assert_eq!(threads(&client, b["id"].clone()), [json!(id(1))]);
    assert_eq!(threads(&client, Value::Null).len(), 3);
    let started = client.start(json!({"projectId": b["id"]}));
    assert_eq!(threads(&client, b["id"].clone()).len(), 2);
    assert!(threads(&client, b["id"].clone()).contains(&started));
    let none = json!({"projectId": "x"});
    assert_eq!(client.refusal("thread/start", none).1, "project not found: x");
    client.ask("project/delete", json!({"projectId": a["id"]})).unwrap();
    let read = client.ask("thread/read", thread(2)).unwrap();
    assert_eq!(read["thread"]["projectId"], Value::Null);
    let recent = names(&client, json!({"sortKey": "recencyAt"}));
    assert_eq!(recent, ["b"]);
    let gone = json!({"idempotencyKey": "c", "name": "c", "roots": [], "threads": [id(9)]});
    assert!(client.refusal("project/import", gone).1.starts_with("no rollout found"));
    assert_eq!(names(&client, json!({})), ["b"]);
}
