//! Threads that open: start, resume, fork, revert, unsubscribe, and what is told of them.

use super::*;

#[test]
fn a_started_thread_is_answered_and_told_and_not_stored() {
    let client = Client::ready();
    let params = json!({"cwd": "/home/dev", "model": "m", "modelProvider": "p",
                        "sandbox": "workspace-write", "config": {"unknown": true}});
    let (answer, told) = client.call("thread/start", params);
    let answer = answer.unwrap();
    let thread = &answer["thread"];
    assert_eq!((&thread["cwd"], &thread["source"]), (&json!("/home/dev"), &json!("vscode")));
    assert_eq!(
        (&thread["status"], &thread["originator"]),
        (&json!({"type": "idle"}), &json!("test"))
    );
    assert_eq!((&answer["model"], &answer["modelProvider"]), (&json!("m"), &json!("p")));
    assert_eq!(answer["approvalPolicy"], "never");
    assert_eq!(answer["sandbox"]["type"], "workspaceWrite");
    assert_eq!(told.len(), 1);
    assert_eq!(
        (&told[0]["method"], &told[0]["params"]["thread"]),
        (&json!("thread/started"), thread)
    );
    assert_eq!(client.ask("thread/list", json!({})).unwrap()["data"], json!([]));
    assert_eq!(client.ask("thread/loaded/list", json!({})).unwrap()["data"], json!([thread["id"]]));
    let read = client.ask("thread/read", json!({"threadId": thread["id"]})).unwrap();
    assert_eq!((&read["thread"], &read["readState"]), (thread, &json!(null)));

    let items = json!({"threadId": thread["id"], "items": [{"type": "message", "role": "user", "content": "Hello"}]});
    let (answer, told) = client.call("thread/inject_items", items);
    assert_eq!((answer, told), (Ok(json!({})), vec![]));
    let listed = client.ask("thread/list", json!({})).unwrap();
    assert_eq!(listed["data"][0]["preview"], "Hello");
    assert_eq!(listed["data"][0]["createdAt"], thread["createdAt"]);
}

#[test]
fn ephemeral_threads_are_refused_what_is_stored() {
    let client = Client::ready();
    let id = client.start(json!({"ephemeral": true}));
    let asked = |more: Value| {
        let mut params = json!({"threadId": id});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        params
    };
    let id = id.as_str().unwrap();
    for (method, more, message) in [
        (
            "thread/delete",
            json!({}),
            format!("thread is not persisted and cannot be deleted: {id}"),
        ),
        ("thread/archive", json!({}), format!("no rollout found for thread id {id}")),
        (
            "thread/read",
            json!({"includeTurns": true}),
            "ephemeral threads do not support includeTurns".into(),
        ),
        (
            "thread/name/set",
            json!({"name": "x"}),
            format!("ephemeral thread does not support metadata updates: {id}"),
        ),
        (
            "thread/goal/set",
            json!({"objective": "x"}),
            format!("ephemeral thread does not support goals: {id}"),
        ),
        ("thread/goal/get", json!({}), format!("ephemeral thread does not support goals: {id}")),
        ("thread/goal/clear", json!({}), format!("ephemeral thread does not support goals: {id}")),
    ] {
        assert_eq!(client.refusal(method, asked(more)), (-32600, message), "{method}");
    }
    assert_eq!(client.ask("thread/loaded/list", json!({})).unwrap()["data"], json!([id]));
    let items = asked(json!({"items": [{"type": "message", "role": "user", "content": "Hello"}]}));
    client.ask("thread/inject_items", items).unwrap();
    assert_eq!(
        client.ask("thread/turns/list", asked(json!({}))).unwrap()["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(client.store.stats().threads, 0);
}

#[test]
fn loaded_threads_are_listed_by_id() {
    let client = Client::ready();
    let mut ids: Vec<Value> = (0..3).map(|_| client.start(json!({}))).collect();
    ids.sort_by_key(Value::to_string);
    let list = |params: Value| client.ask("thread/loaded/list", params).unwrap();
    assert_eq!(list(json!({})), json!({"data": ids, "nextCursor": null}));
    let first = list(json!({"limit": 1}));
    assert_eq!(first, json!({"data": [ids[0]], "nextCursor": ids[0]}));
    let rest = list(json!({"limit": 2, "cursor": ids[0]}));
    assert_eq!(rest, json!({"data": ids[1..], "nextCursor": null}));
    let bad = client.refusal("thread/loaded/list", json!({"cursor": "nope"}));
    assert_eq!(bad, (-32600, "invalid cursor: nope".into()));
}

#[test]
fn unsubscribing_says_what_it_found() {
    let client = Client::tree();
    client.ask("thread/resume", thread(1)).unwrap();
    let status = |n| client.ask("thread/unsubscribe", thread(n)).unwrap()["status"].clone();
    assert_eq!(
        [status(1), status(1), status(2), status(9)],
        ["unsubscribed", "notSubscribed", "notLoaded", "notLoaded"]
    );
    assert_eq!(client.ask("thread/loaded/list", json!({})).unwrap()["data"], json!([id(1)]));
    let (code, message) = client.refusal("thread/unsubscribe", json!({"threadId": "zzz"}));
    assert_eq!((code, message.starts_with("invalid thread id: ")), (-32600, true));
}

#[test]
fn a_thread_that_nobody_listens_to_is_told_to_be_closed() {
    let client = Client::new();
    let options = crate::ManagerOptions { idle_ms: 10, ..Default::default() };
    let threads = crate::ThreadManager::new(client.store.clone(), options);
    let client = Client { dispatcher: Dispatcher::over(threads), ..client };
    client.introduce(true);
    client.create(1, None, source(json!("cli")));
    client.ask("thread/resume", thread(1)).unwrap();
    client.ask("thread/unsubscribe", thread(1)).unwrap();
    let mut told: Vec<Value> = Vec::new();
    while told.len() < 2 {
        let more = block_on(client.dispatcher.notifications());
        told.extend(more.iter().map(|message| serde_json::from_str::<Value>(message).unwrap()));
    }
    assert_eq!(told[0]["method"], "thread/status/changed");
    assert_eq!(told[0]["params"], json!({"threadId": id(1), "status": {"type": "notLoaded"}}));
    assert_eq!((&told[1]["method"], &told[1]["params"]), (&json!("thread/closed"), &thread(1)));
}

#[test]
fn resuming_tells_before_and_after_the_answer() {
    let client = Client::tree();
    block_on(client.store.append(id(1), rollout())).unwrap();
    let opened = ["thread/status/changed 1", "answer", "thread/goal/cleared 1"];
    assert_eq!(client.order("thread/resume", thread(1)), opened);
    assert_eq!(client.order("thread/resume", thread(1)), ["answer", "thread/goal/cleared 1"]);
    let goal = json!({"threadId": id(2), "objective": "x"});
    client.ask("thread/goal/set", goal).unwrap();
    assert_eq!(client.order("thread/resume", thread(2)), ["thread/status/changed 2", "answer"]);
    let page = json!({"limit": 1, "itemsView": "full"});
    let params = json!({"threadId": id(1), "excludeTurns": true, "initialTurnsPage": page});
    let answer = client.ask("thread/resume", params).unwrap();
    assert_eq!(answer["thread"]["turns"], json!([]));
    assert_eq!(texts(&answer["initialTurnsPage"]["data"][0]), ["question 2", "answer 2"]);
    let back = json!({"threadId": id(1), "cursor": answer["turnsBackwardsCursor"], "limit": 9});
    let turns = client.ask("thread/turns/list", back).unwrap();
    assert_eq!(turns["data"].as_array().unwrap().len(), 2);
    client.ask("thread/archive", thread(4)).unwrap();
    let archived =
        format!("session {0} is archived. Run `codex unarchive {0}` to unarchive it first.", id(4));
    for method in ["thread/resume", "thread/fork"] {
        assert_eq!(client.refusal(method, thread(4)), (-32600, archived.clone()));
        let missing = format!("no rollout found for thread id {}", id(9));
        assert_eq!(client.refusal(method, thread(9)), (-32600, missing));
        let (_, message) = client.refusal(method, json!({"threadId": "x"}));
        assert!(message.starts_with("invalid session id: "), "{message}");
    }
}

#[test]
fn what_takes_an_open_thread_tells_first_that_it_is_closed() {
    let client = Client::tree();
    client.ask("thread/resume", thread(2)).unwrap();
    client.ask("thread/resume", thread(4)).unwrap();
    assert_eq!(
        client.order("thread/archive", thread(4)),
        ["thread/status/changed 4", "answer", "thread/archived 4"]
    );
    assert_eq!(
        client.order("thread/delete", thread(2)),
        [
            "thread/status/changed 2",
            "thread/status/changed 2",
            "answer",
            "thread/deleted 4",
            "thread/deleted 2"
        ]
    );
    assert_eq!(client.ask("thread/loaded/list", json!({})).unwrap()["data"], json!([]));
}

#[test]
fn a_thread_of_which_nothing_is_stored_is_deleted_or_archived_like_any_other() {
    let client = Client::ready();
    let id = client.start(json!({}));
    let not_yet = client.refusal("thread/read", json!({"threadId": id, "includeTurns": true}));
    assert_eq!(not_yet, (-32601, "list_turns is not supported yet".into()));
    let methods = |messages: &[Value]| -> Vec<Value> {
        messages.iter().map(|message| message["method"].clone()).collect()
    };
    let (answer, told) = client.call("thread/delete", json!({"threadId": id}));
    assert_eq!(answer, Ok(json!({})));
    assert_eq!(
        methods(&told),
        ["thread/status/changed", "thread/status/changed", "thread/deleted"]
    );
    let gone = client.refusal("thread/delete", json!({"threadId": id}));
    assert_eq!(gone.1, format!("thread not found: {}", id.as_str().unwrap()));

    let id = client.start(json!({}));
    let (answer, told) = client.call("thread/archive", json!({"threadId": id}));
    assert_eq!(answer, Ok(json!({})));
    assert_eq!(methods(&told), ["thread/status/changed", "thread/archived"]);
    let archived = client.ask("thread/list", json!({"archived": true})).unwrap();
    assert_eq!((&archived["data"][0]["id"], &archived["data"][0]["preview"]), (&id, &json!("")));
}

#[test]
fn a_name_is_stored_at_once_also_of_a_thread_that_is_not() {
    let client = Client::ready();
    let id = client.start(json!({}));
    let (answer, told) = client.call("thread/name/set", json!({"threadId": id, "name": " Mine "}));
    assert_eq!((answer, told.len()), (Ok(json!({})), 1));
    assert_eq!(told[0]["params"], json!({"threadId": id, "threadName": "Mine"}));
    let listed = client.ask("thread/list", json!({})).unwrap();
    assert_eq!((&listed["data"][0]["id"], &listed["data"][0]["name"]), (&id, &json!("Mine")));
}

#[test]
fn a_fork_has_the_turns_up_to_one_of_them() {
    let client = Client::tree();
    block_on(client.store.append(id(1), rollout())).unwrap();
    let fork = |more: Value| {
        let mut params = json!({"threadId": id(1)});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        client.call("thread/fork", params)
    };
    let (answer, told) = fork(json!({"lastTurnId": "t1", "cwd": "/elsewhere"}));
    let answer = answer.unwrap();
    let forked = &answer["thread"];
    assert_eq!((&forked["forkedFromId"], &forked["cwd"]), (&json!(id(1)), &json!("/elsewhere")));
    assert_eq!((&forked["preview"], &forked["source"]), (&json!("Thread 1"), &json!("vscode")));
    assert_eq!(forked["turns"].as_array().unwrap().len(), 1);
    assert_eq!(texts(&forked["turns"][0]), ["question 1", "answer 1"]);
    assert_eq!(told.len(), 1);
    assert_eq!(
        (&told[0]["method"], &told[0]["params"]["thread"]["id"]),
        (&json!("thread/started"), &forked["id"])
    );
    let turns = |more| fork(more).0.unwrap()["thread"]["turns"].as_array().unwrap().len();
    assert_eq!(turns(json!({"beforeTurnId": "t2"})), 1);
    assert_eq!(turns(json!({})), 2);
    assert_eq!(turns(json!({"excludeTurns": true})), 0);
    assert_eq!(
        fork(json!({"lastTurnId": "nope"})).0.unwrap_err()["message"],
        "turn not found: nope"
    );
    let before = client.store.stats().threads;
    let (fleeting, told) = fork(json!({"ephemeral": true}));
    let fleeting = fleeting.unwrap()["thread"].clone();
    assert_eq!((&fleeting["ephemeral"], told.len()), (&json!(true), 1));
    assert_eq!(fleeting["turns"].as_array().unwrap().len(), 2);
    assert_eq!(client.store.stats().threads, before);
}

#[test]
fn a_revert_takes_back_a_turn_and_all_after_it() {
    let client = Client::tree();
    block_on(client.store.append(id(1), rollout())).unwrap();
    let revert = json!({"threadId": id(1), "beforeTurnId": "t2"});
    let (answer, messages) = client.call("thread/revert", revert.clone());
    let answer = answer.unwrap();
    assert_eq!(
        (&answer["thread"]["id"], answer["turnsBackwardsCursor"].is_string()),
        (&json!(id(1)), true)
    );
    assert_eq!(told(&messages), [("thread/reverted", 1)]);
    assert_eq!(block_on(client.store.read(id(1))).unwrap().items, 5);
    assert_eq!(client.refusal("thread/revert", revert), (-32600, "turn not found: t2".into()));
    let missing = json!({"threadId": id(9), "beforeTurnId": "t2"});
    assert_eq!(client.refusal("thread/revert", missing).1, format!("thread not found: {}", id(9)));
}

#[test]
fn clients_of_one_manager_see_each_other_s_threads() {
    let client = Client::new();
    let threads = crate::ThreadManager::new(client.store.clone(), Default::default());
    let one = Client { dispatcher: Dispatcher::over(threads.clone()), store: client.store.clone() };
    let two = Client { dispatcher: Dispatcher::over(threads), store: client.store.clone() };
    one.introduce(true);
    two.introduce(true);
    let id = one.start(json!({}));
    let told = block_on(two.dispatcher.notifications());
    assert!(told[0].contains("thread/started"), "{told:?}");
    let items = json!({"threadId": id, "items": [{"type": "x"}]});
    two.ask("thread/inject_items", items).unwrap();
    let told = one.call("thread/name/set", json!({"threadId": id, "name": "x"})).1;
    assert_eq!(told.len(), 1, "{told:?}");
    drop(one);
    let status = two.ask("thread/unsubscribe", json!({"threadId": id})).unwrap();
    assert_eq!(status["status"], "notSubscribed");
}
