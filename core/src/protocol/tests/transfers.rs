//! Exports and imports by pieces.

use super::*;

/// Exports a tree, or everything, to the end.
fn exported(client: &Client, mut params: Value) -> String {
    let mut text = String::new();
    loop {
        let answer = client.ask("creel/export", params.clone()).unwrap();
        text.push_str(answer["data"].as_str().unwrap());
        if answer["export"].is_null() {
            assert_eq!(answer["progress"]["bytes"], json!(text.len()));
            return text;
        }
        params = json!({"export": answer["export"]});
    }
}

fn listed(client: &Client) -> Value {
    client.ask("thread/list", json!({"sortKey": "created_at"})).unwrap()["data"].clone()
}

#[test]
fn an_export_is_imported_in_pieces_of_any_size() {
    let from = Client::tree();
    block_on(from.store.append(id(4), rollout())).unwrap();
    let text = exported(&from, json!({}));
    assert!(text.starts_with("{\"creelExport\":1}\n"));

    for size in [1, 7, text.len()] {
        let to = Client::ready();
        let mut import = json!(null);
        let characters: Vec<char> = text.chars().collect();
        for piece in characters.chunks(size) {
            let data: String = piece.iter().collect();
            let answer = to.ask("creel/import", json!({"import": import, "data": data})).unwrap();
            assert_eq!(answer["report"], json!(null));
            import = answer["import"].clone();
        }
        let answer = to.ask("creel/import", json!({"import": import, "done": true})).unwrap();
        assert_eq!((&answer["import"], &answer["report"]["threads"]), (&json!(null), &json!(5)));
        assert_eq!(answer["progress"]["bytes"], json!(text.len()));
        assert_eq!(listed(&to), listed(&from));
        assert_eq!(exported(&to, json!({})), text);
    }
}

#[test]
fn one_tree_is_exported_and_comes_back_beside_itself() {
    let client = Client::tree();
    let text = exported(&client, thread(2));
    let again = json!({"data": text, "done": true});
    let kept = client.ask("creel/import", again.clone()).unwrap();
    assert_eq!(
        (&kept["report"]["threads"], &kept["report"]["problemCount"]),
        (&json!(0), &json!(1))
    );
    let renewed = json!({"data": text, "ids": "renew", "done": true});
    assert_eq!(client.ask("creel/import", renewed).unwrap()["report"]["threads"], 2);
    assert_eq!(client.ask("creel/stats", json!({})).unwrap()["stats"]["threads"], 7);
}

#[test]
fn an_import_that_is_given_up_leaves_nothing() {
    let from = Client::tree();
    let text = exported(&from, json!({}));
    let to = Client::ready();
    let begun = to.ask("creel/import", json!({"data": text[..text.len() - 5]})).unwrap();
    let cancel = json!({"import": begun["import"], "cancel": true});
    assert_eq!(to.ask("creel/import", cancel.clone()).unwrap()["import"], json!(null));
    assert_eq!(listed(&to), json!([]));
    let error = to.ask("creel/import", cancel).unwrap_err();
    assert_eq!(error["data"]["code"], "invalid_field");
    let message = "import: `1` is not waiting for a call";
    assert!(error["message"].as_str().unwrap().contains(message), "{error}");
}

#[test]
fn what_is_wrong_with_a_transfer_is_said() {
    let client = Client::tree();
    let code = |method, params| client.ask(method, params).unwrap_err()["data"]["code"].clone();
    assert_eq!(code("creel/export", thread(9)), "thread_not_found");
    assert_eq!(code("creel/import", json!({"data": "{}\n"})), "invalid_field");
    assert_eq!(
        client.refusal("creel/import", json!({})).1,
        "Invalid request: missing field `data`"
    );
    let many: Vec<Value> =
        (0..4).map(|_| client.ask("creel/export", json!({})).unwrap()["export"].clone()).collect();
    assert_eq!(code("creel/export", json!({})), "invalid_field");
    let ended = client.ask("creel/export", json!({"export": many[2], "cancel": true})).unwrap();
    assert_eq!((&ended["export"], &ended["data"]), (&json!(null), &json!("")));
    assert!(client.ask("creel/export", json!({})).is_ok());
}
