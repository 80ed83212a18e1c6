//! Turns and items: pages in both directions, views, and items as they were given.

use super::*;

fn numbered(client: &Client, turns: u8) {
    let lines = (1..=turns).flat_map(|n| {
        [
            json!({"role": "user", "content": format!("q{n}")}),
            json!({"role": "assistant", "content": format!("a{n}")}),
        ]
    });
    let items = lines.map(|line| crate::Item::new(&line.to_string()).unwrap()).collect();
    block_on(client.store.append(id(1), items)).unwrap();
}

#[test]
fn turns_come_newest_first_and_in_three_views() {
    let client = Client::tree();
    block_on(client.store.append(id(1), rollout())).unwrap();
    let list = |more: Value| {
        let mut params = json!({"threadId": id(1)});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        client.ask("thread/turns/list", params).unwrap()
    };
    let page = list(json!({}));
    assert_eq!((&page["data"][0]["id"], &page["data"][1]["id"]), (&json!("t2"), &json!("t1")));
    assert_eq!(
        (&page["data"][0]["itemsView"], &page["nextCursor"]),
        (&json!("summary"), &json!(null))
    );
    let oldest = list(json!({"sortDirection": "asc", "limit": 1, "itemsView": "full"}));
    let items = json!([
        {"type": "userMessage", "id": "item-1", "clientId": null,
         "content": [{"type": "text", "text": "question 1", "text_elements": []}]},
        {"type": "agentMessage", "id": "item-2", "text": "answer 1", "phase": null, "memoryCitation": null,
         "moderation": null, "delivery": null, "questions": null},
    ]);
    let completed = oldest["data"][0]["completedAt"].clone();
    let turn = json!({"id": "t1", "rootTurnId": "t1", "items": items, "itemsView": "full",
                      "status": "completed", "error": null, "startedAt": 100,
                      "completedAt": completed, "durationMs": 61});
    assert_eq!(oldest["data"], json!([turn]));
    let rest = list(
        json!({"sortDirection": "asc", "cursor": oldest["nextCursor"], "itemsView": "notLoaded"}),
    );
    assert_eq!((&rest["data"][0]["id"], &rest["data"][0]["items"]), (&json!("t2"), &json!([])));
    let bad = json!({"threadId": id(1), "cursor": "bad"});
    assert_eq!(client.refusal("thread/turns/list", bad), (-32600, "invalid cursor: bad".into()));
    let missing = client.refusal("thread/turns/list", thread(9));
    assert_eq!(missing.1, format!("thread not loaded: {}", id(9)));
}

#[test]
fn pages_of_turns_and_items_meet_in_both_directions() {
    let client = Client::tree();
    numbered(&client, 30);
    for (method, direction, limit, count) in [
        ("thread/turns/list", "asc", 7, 30),
        ("thread/turns/list", "desc", 7, 30),
        ("thread/items/list", "asc", 9, 60),
        ("thread/items/list", "desc", 9, 60),
    ] {
        let (mut seen, mut cursor, mut first_back) = (Vec::new(), json!(null), json!(null));
        loop {
            let params = json!({"threadId": id(1), "cursor": cursor, "limit": limit, "sortDirection": direction});
            let page = client.ask(method, params).unwrap();
            seen.extend(page["data"].as_array().unwrap().iter().map(|entry| {
                entry["item"]["id"].as_str().or_else(|| entry["id"].as_str()).unwrap().to_owned()
            }));
            first_back =
                if cursor.is_null() { page["backwardsCursor"].clone() } else { first_back };
            cursor = page["nextCursor"].clone();
            if cursor.is_null() {
                break;
            }
        }
        let mut once = seen.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!((seen.len(), once.len()), (count, count), "{method} {direction}");
        let other = if direction == "asc" { "desc" } else { "asc" };
        let back = json!({"threadId": id(1), "cursor": first_back, "sortDirection": other});
        let back = client.ask(method, back).unwrap();
        let entry = &back["data"][0];
        let id = entry["item"]["id"].as_str().or_else(|| entry["id"].as_str()).unwrap();
        assert_eq!((back["data"].as_array().unwrap().len(), id), (1, seen[0].as_str()));
    }
}

#[test]
fn pages_of_large_items_end_early_and_lose_none() {
    let client = Client::tree();
    let large = "x".repeat(2_100_000);
    for n in 1..=3 {
        let (asked, answered) = (format!("q{n}"), format!("{n}{large}"));
        let lines = [("user", asked), ("assistant", answered)]
            .map(|(role, content)| json!({"role": role, "content": content}).to_string());
        let items = lines.iter().map(|line| crate::Item::new(line).unwrap()).collect();
        block_on(client.store.append(id(1), items)).unwrap();
    }
    for (method, pages) in [
        ("thread/items/list", [3, 2, 1]),
        ("thread/turns/list", [1, 1, 1]),
        ("thread/timeline/list", [3, 2, 1]),
    ] {
        let (mut sizes, mut cursor) = (Vec::new(), json!(null));
        while sizes.is_empty() || !cursor.is_null() {
            let params = json!({"threadId": id(1), "cursor": cursor, "itemsView": "full"});
            let page = client.ask(method, params).unwrap();
            sizes.push(page["data"].as_array().unwrap().len());
            cursor = page["nextCursor"].clone();
        }
        assert_eq!(sizes, pages, "{method}");
    }
}

#[test]
fn items_are_those_of_a_turn_or_found_by_their_ids() {
    let client = Client::tree();
    numbered(&client, 3);
    let list = |more: Value| {
        let mut params = json!({"threadId": id(1)});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        client.ask("thread/items/list", params)
    };
    let page = list(json!({"turnId": "turn-2"})).unwrap();
    let entries: Vec<_> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["turnId"].clone(), entry["item"]["id"].clone()))
        .collect();
    assert_eq!(entries, [(json!("turn-2"), json!("item-2")), (json!("turn-2"), json!("item-3"))]);
    assert_eq!(list(json!({"turnId": "t9"})).unwrap_err()["message"], "turn not found: t9");
    let anchored = list(json!({"cursor": {"type": "item", "itemId": "item-4"}})).unwrap();
    assert_eq!(anchored["data"].as_array().unwrap().len(), 2);
    let read =
        json!({"threadId": id(1), "turnId": "turn-2", "itemIds": ["item-3", "item-9", "item-2"]});
    let read = client.ask("thread/items/read", read).unwrap();
    let ids: Vec<_> =
        read["data"].as_array().unwrap().iter().map(|entry| entry["item"]["id"].clone()).collect();
    assert_eq!(ids, ["item-3", "item-2"]);
}

#[test]
fn injected_items_come_back_as_they_were() {
    let client = Client::tree();
    let texts = [r#"{"type":"message","n":1.50,"role":"user","content":[]}"#, r#"{"type":"x"}"#];
    let request = format!(
        r#"{{"id":1,"method":"thread/inject_items","params":{{"threadId":"{}","items":[{}]}}}}"#,
        id(1),
        texts.join(",")
    );
    let answer = &client.send(&request)[0];
    assert_eq!(answer["error"]["message"], format!("thread not found: {}", id(1)));
    client.ask("thread/resume", thread(1)).unwrap();
    assert_eq!(client.send(&request), [json!({"id": 1, "result": {}})]);
    let asked = json!({"threadId": id(1), "limit": 0}).to_string();
    let asked: Box<serde_json::value::RawValue> = serde_json::from_str(&asked).unwrap();
    let page = block_on(client.dispatcher.request("creel/items/list", Some(&asked))).unwrap();
    assert!(page.get().contains(texts[0]), "{page}");
    let page: Value = serde_json::from_str(page.get()).unwrap();
    assert_eq!((page["data"].as_array().unwrap().len(), &page["data"][0]["seq"]), (1, &json!(0)));
    let next = json!({"threadId": id(1), "cursor": page["nextCursor"], "limit": 1000});
    let page = client.ask("creel/items/list", next).unwrap();
    assert_eq!(
        (&page["data"][0]["item"], &page["nextCursor"]),
        (&json!({"type": "x"}), &json!(null))
    );
    let refusal = |items: Value| {
        client.refusal("thread/inject_items", json!({"threadId": id(1), "items": items})).1
    };
    assert_eq!(refusal(json!([])), "items must not be empty");
    let message = "items[1] is not a valid response item: missing field `type`";
    assert_eq!(refusal(json!([{"type": "x"}, {"role": "user"}])), message);
    let popped = client.ask("creel/items/pop", json!({"threadId": id(1), "count": 1})).unwrap();
    assert_eq!(popped["data"][0]["item"], json!({"type": "x"}));
    let append = json!({"threadId": id(2), "items": [{"role": "user", "content": "hi"}]});
    assert_eq!(client.ask("creel/items/append", append), Ok(json!({"count": 1, "length": 1})));
}
