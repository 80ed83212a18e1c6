//! Lists: filters, pages, cursors, and how bad ones are refused.

use super::*;

#[test]
fn lists_hide_sub_agents_and_exec_unless_asked() {
    let client = Client::ready();
    let spawned = json!({"subAgent": {"thread_spawn": {"parent_thread_id": id(1), "depth": 1}}});
    client.create(1, None, source(json!("cli")));
    client.create(2, Some(1), source(spawned));
    client.create(3, Some(1), source(json!("cli")));
    client.create(4, None, source(json!("exec")));
    client.create(5, None, ThreadDetails::default());
    let listed = |params: Value| -> Vec<Value> {
        let page = client.ask("thread/list", params).unwrap();
        page["data"].as_array().unwrap().iter().map(|thread| thread["preview"].clone()).collect()
    };
    let of = |numbers: &[u8]| -> Vec<Value> {
        numbers.iter().map(|n| json!(format!("Thread {n}"))).collect()
    };
    assert_eq!(listed(json!({})), of(&[5, 3, 1]));
    assert_eq!(listed(json!({"sourceKinds": []})), of(&[5, 3, 1]));
    assert_eq!(listed(json!({"sourceKinds": ["subAgent", "exec"]})), of(&[4, 2]));
    assert_eq!(listed(json!({"sourceKinds": ["vscode"]})), of(&[]));
    assert_eq!(listed(json!({"parentThreadId": id(1)})), of(&[3, 2]));
    assert_eq!(listed(json!({"ancestorThreadId": id(9)})), of(&[]));
    assert_eq!(listed(json!({"sortDirection": "asc", "limit": 0})), of(&[1]));
    assert_eq!(listed(json!({"excludedThreadIds": [id(5)], "limit": 2})), of(&[3, 1]));
    assert_eq!(listed(json!({"searchTerm": "thread 1"})), of(&[]));
    assert_eq!(listed(json!({"searchTerm": "Thread 1", "unknown": 1})), of(&[1]));
}

#[test]
fn pages_meet_without_gaps_and_clamp_their_limit() {
    let client = Client::ready();
    for n in 1..=120 {
        client.create(n, None, source(json!("cli")));
    }
    let mut seen = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let page = client.ask("thread/list", json!({"cursor": cursor, "limit": 50})).unwrap();
        seen.extend(page["data"].as_array().unwrap().iter().map(|thread| thread["id"].clone()));
        cursor = page["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(seen, (1..=120).rev().map(|n| json!(id(n))).collect::<Vec<_>>());
    let count =
        |params| client.ask("thread/list", params).unwrap()["data"].as_array().unwrap().len();
    assert_eq!((count(json!({})), count(json!({"limit": 100_000}))), (25, 100));
}

#[test]
fn bad_list_parameters_have_the_reference_s_messages() {
    let client = Client::ready();
    let both = json!({"parentThreadId": id(1), "ancestorThreadId": id(1)});
    for (params, code, message) in [
        (
            json!({"limit": -1}),
            -32600,
            "Invalid request: invalid value: integer `-1`, expected u32",
        ),
        (json!({"cursor": "not-a-cursor"}), -32600, "invalid cursor: not-a-cursor"),
        (json!({"cursor": ""}), -32600, "invalid cursor: "),
        (
            json!({"sortKey": "bogus"}),
            -32600,
            "Invalid request: unknown variant `bogus`, expected one of `created_at`, `updated_at`, `recency_at`, `section_position`",
        ),
        (
            json!({"sortKey": "section_position"}),
            -32600,
            "section-position sorting requires a section filter",
        ),
        (both, -32600, "parentThreadId and ancestorThreadId are mutually exclusive"),
        (json!({"projectId": "nope"}), -32602, "project not found: nope"),
    ] {
        assert_eq!(client.refusal("thread/list", params), (code, message.into()));
    }
    let (code, message) = client.refusal("thread/list", json!({"excludedThreadIds": ["x"]}));
    assert_eq!((code, message.starts_with("invalid excluded thread id: ")), (-32602, true));
    let (_, message) = client.refusal("thread/list", json!({"parentThreadId": "x"}));
    assert!(message.starts_with("invalid parent thread id: "), "{message}");
}

#[test]
fn cursors_are_times_and_ids_and_lead_back() {
    let client = Client::ready();
    for n in 1..=5 {
        client.create(n, None, source(json!("cli")));
    }
    let page = |params: Value| {
        let page = client.ask("thread/list", params).unwrap();
        let numbers: Vec<String> = page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|thread| thread["preview"].as_str().unwrap()[7..].to_owned())
            .collect();
        (numbers.join(","), page["nextCursor"].clone(), page["backwardsCursor"].clone())
    };
    let (first, next, back) = page(json!({"limit": 2}));
    assert_eq!(first, "5,4");
    assert_eq!(next, format!("2025-01-01T00:04:00Z|{}", id(4)));
    assert_eq!(back, "2025-01-01T00:04:59.999Z");
    let (second, _, back) = page(json!({"limit": 2, "cursor": next}));
    assert_eq!((second.as_str(), &back), ("3,2", &json!("2025-01-01T00:02:59.999Z")));
    let (towards, _, back) = page(json!({"limit": 2, "cursor": back, "sortDirection": "asc"}));
    assert_eq!((towards.as_str(), &back), ("3,4", &json!("2025-01-01T00:03:00.001Z")));
    block_on(client.store.delete(id(4), crate::DeleteOptions::default())).unwrap();
    assert_eq!(page(json!({"limit": 2, "cursor": next})).0, "3,2");
    assert_eq!(page(json!({"limit": 9, "cursor": "2025-01-01T00:03:00Z"})).0, "2,1");
}

#[test]
fn threads_of_the_default_provider_are_listed_unless_others_are_asked_for() {
    let client = Client::new();
    let defaults = Defaults { model_provider: Some("ours".into()), ..Defaults::default() };
    let dispatcher = Dispatcher::new(client.store.clone()).with_defaults(defaults);
    let client = Client { dispatcher, ..client };
    client.introduce(true);
    for (n, provider) in [(1, "ours"), (2, "theirs")] {
        let details =
            ThreadDetails { model_provider: Some(provider.into()), ..source(json!("cli")) };
        client.create(n, None, details);
    }
    let count = |params: Value| {
        client.ask("thread/list", params).unwrap()["data"].as_array().unwrap().len()
    };
    assert_eq!(count(json!({})), 1);
    assert_eq!(count(json!({"modelProviders": []})), 2);
    assert_eq!(count(json!({"modelProviders": ["theirs"]})), 1);
}

#[test]
fn read_states_are_those_of_people_s_threads_and_change_by_revision() {
    let client = Client::ready();
    let spawned = json!({"subAgent": {"thread_spawn": {"parent_thread_id": id(1), "depth": 1}}});
    client.create(1, None, source(json!("cli")));
    client.create(2, Some(1), source(spawned));
    let params = json!({"sourceKinds": ["cli", "subAgent"]});
    let states = client.ask("thread/list", params).unwrap()["readStates"].clone();
    let initial = json!({"firstUnread": null, "revision": format!("initial:{}", id(1))});
    assert_eq!(states, json!({(id(1).to_string()): initial}));
    let update = |revision: &Value, kind: &str| {
        let operation = json!({"type": kind});
        json!({"threadId": id(1), "expectedRevision": revision, "operation": operation})
    };
    block_on(client.store.append(id(1), rollout())).unwrap();
    block_on(client.dispatcher.notifications());
    let before = block_on(client.store.read(id(1))).unwrap().updated_at;
    let (answer, told) =
        client.call("thread/readState/update", update(&initial["revision"], "unread"));
    let state = answer.unwrap()["readState"].clone();
    assert_eq!(state["firstUnread"], json!({"type": "turn", "turnId": "t2"}));
    assert_eq!(told[0]["method"], "thread/readState/changed");
    assert_eq!(told[0]["params"], json!({"threadId": id(1), "readState": state}));
    assert_eq!(client.ask("thread/read", thread(1)).unwrap()["readState"], state);
    assert_eq!(block_on(client.store.read(id(1))).unwrap().updated_at, before);
    let stale = client.refusal("thread/readState/update", update(&initial["revision"], "read"));
    assert!(stale.1.contains("has revision"), "{stale:?}");
    let (answer, _) = client.call("thread/readState/update", update(&state["revision"], "read"));
    assert_eq!(answer.unwrap()["readState"]["firstUnread"], json!(null));
}
