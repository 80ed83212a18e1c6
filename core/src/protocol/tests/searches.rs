//! Searches: by metadata and by what was said.

use super::*;

fn said(client: &Client, n: u8, texts: &[&str]) {
    let items = texts.iter().map(|text| {
        crate::Item::new(&json!({"role": "user", "content": text}).to_string()).unwrap()
    });
    block_on(client.store.append(id(n), items.collect())).unwrap();
}

#[test]
fn threads_are_found_by_name_preview_and_what_was_said() {
    let client = Client::ready();
    for n in 1..=4 {
        client.create(n, None, source(json!("cli")));
    }
    said(&client, 2, &["lorem IPSUM dolor"]);
    said(&client, 3, &["nothing here"]);
    said(&client, 4, &["before", "the ipsum of it"]);
    let search = |more: Value| {
        let mut params = json!({"searchTerm": "ipsum"});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        client.ask("thread/search", params).unwrap()
    };
    let page = search(json!({}));
    let found: Vec<_> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| (found["thread"]["id"].clone(), found["snippet"].clone()))
        .collect();
    assert_eq!(
        found,
        [(json!(id(4)), json!("the ipsum of it")), (json!(id(2)), json!("lorem IPSUM dolor"))]
    );
    assert_eq!(page["nextCursor"], json!(null));
    let first = search(json!({"limit": 1}));
    assert_eq!(first["data"][0]["thread"]["id"], json!(id(4)));
    let second = search(json!({"limit": 1, "cursor": first["nextCursor"]}));
    assert_eq!(second["data"][0]["thread"]["id"], json!(id(2)));
    let named = client.ask("thread/search", json!({"searchTerm": "thread 3"})).unwrap();
    assert_eq!(named["data"][0]["snippet"], "Thread 3");
    for (params, message) in [
        (json!({"searchTerm": ""}), "thread/search requires a non-empty searchTerm"),
        (json!({"searchTerm": "x", "cursor": "bad"}), "invalid cursor: bad"),
        (json!({}), "Invalid request: missing field `searchTerm`"),
    ] {
        assert_eq!(client.refusal("thread/search", params), (-32600, message.into()));
    }
}

#[test]
fn every_occurrence_is_found_with_its_place() {
    let client = Client::tree();
    said(&client, 1, &["🚀 needle and Needle", "hay", "needle"]);
    let search = |cursor: &Value| {
        let params =
            json!({"threadId": id(1), "searchTerm": "needle", "limit": 2, "cursor": cursor});
        client.ask("thread/searchOccurrences", params).unwrap()
    };
    let page = search(&json!(null));
    assert_eq!(page["data"][0]["snippetMatchRange"], json!({"start": 3, "end": 9}));
    assert_eq!(page["data"][1]["snippetMatchRange"], json!({"start": 14, "end": 20}));
    assert_eq!(
        (&page["data"][0]["turnId"], &page["data"][0]["itemId"]),
        (&json!("turn-0"), &json!("item-0"))
    );
    let rest = search(&page["nextCursor"]);
    assert_eq!((rest["data"].as_array().unwrap().len(), &rest["nextCursor"]), (1, &json!(null)));
    let at =
        json!({"threadId": id(1), "cursor": rest["data"][0]["turnCursor"], "sortDirection": "asc"});
    let turns = client.ask("thread/turns/list", at).unwrap();
    assert_eq!(turns["data"][0]["id"], rest["data"][0]["turnId"]);
}
