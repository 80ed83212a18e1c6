//! Goals, metadata and memory mode.

use super::*;

#[test]
fn goals_are_set_told_read_and_cleared() {
    let client = Client::tree();
    let set = json!({"threadId": id(1), "objective": "do it", "status": "paused"});
    let (answer, messages) = client.call("thread/goal/set", set);
    let goal = answer.unwrap()["goal"].clone();
    let (created, updated) = (goal["createdAt"].clone(), goal["updatedAt"].clone());
    assert!(
        created.as_i64().unwrap() > 1_600_000_000 && created.as_i64().unwrap() < 10_000_000_000
    );
    assert_eq!(
        goal,
        json!({"threadId": id(1), "objective": "do it", "status": "paused", "tokenBudget": null,
               "tokensUsed": 0, "timeUsedSeconds": 0, "createdAt": created, "updatedAt": updated})
    );
    assert_eq!(told(&messages), [("thread/goal/updated", 1)]);
    let params = json!({"threadId": id(1), "turnId": null, "goal": goal});
    assert_eq!(messages[0]["params"], params);
    assert_eq!(client.ask("thread/goal/get", thread(1)).unwrap(), json!({"goal": goal}));
    assert_eq!(client.ask("thread/goal/get", thread(2)).unwrap(), json!({"goal": null}));
    let budget = |tokens: Value| json!({"threadId": id(1), "tokenBudget": tokens});
    let answer = client.ask("thread/goal/set", budget(json!(5))).unwrap();
    assert_eq!(
        (&answer["goal"]["tokenBudget"], &answer["goal"]["status"]),
        (&json!(5), &json!("paused"))
    );
    let (answer, messages) = client.call("thread/goal/clear", thread(1));
    assert_eq!(
        (answer, told(&messages)),
        (Ok(json!({"cleared": true})), vec![("thread/goal/cleared", 1)])
    );
    let (answer, messages) = client.call("thread/goal/clear", thread(1));
    assert_eq!((answer, messages), (Ok(json!({"cleared": false})), vec![]));
}

#[test]
fn bad_goals_are_refused_in_the_reference_s_words() {
    let client = Client::tree();
    let none = format!("cannot update goal for thread {}: no goal exists", id(1));
    for (more, message) in [
        (json!({"objective": "  "}), "goal objective must not be empty"),
        (json!({"objective": "x".repeat(4001)}), "goal objective must be at most 4000 characters"),
        (
            json!({"objective": "x", "tokenBudget": 0}),
            "goal budgets must be positive when provided",
        ),
        (
            json!({"objective": "x", "tokenBudget": -1}),
            "goal budgets must be positive when provided",
        ),
        (json!({"status": "paused"}), none.as_str()),
        (
            json!({"objective": "x", "status": "done"}),
            "Invalid request: unknown variant `done`, expected one of `active`, `paused`, `blocked`, `usageLimited`, `budgetLimited`, `complete`",
        ),
    ] {
        let mut params = more;
        params["threadId"] = json!(id(1));
        assert_eq!(client.refusal("thread/goal/set", params), (-32600, message.into()));
    }
    for method in ["thread/goal/set", "thread/goal/get", "thread/goal/clear"] {
        let params = json!({"threadId": id(9), "objective": "x"});
        assert_eq!(client.refusal(method, params).1, format!("thread not found: {}", id(9)));
    }
}

#[test]
fn git_info_is_changed_field_by_field() {
    let client = Client::tree();
    let update = |git: Value| {
        client.ask("thread/metadata/update", json!({"threadId": id(1), "gitInfo": git}))
    };
    let answer = update(json!({"sha": "abc", "branch": "main"})).unwrap();
    let expected = json!({"sha": "abc", "branch": "main", "originUrl": null});
    assert_eq!(answer["thread"]["gitInfo"], expected);
    let answer = update(json!({"sha": null, "originUrl": "u"})).unwrap();
    let expected = json!({"sha": null, "branch": "main", "originUrl": "u"});
    assert_eq!(answer["thread"]["gitInfo"], expected);
    let message = "thread metadata update must include at least one field";
    for git in [json!(null), json!({})] {
        assert_eq!(update(git).unwrap_err()["message"], message);
    }
    assert_eq!(client.refusal("thread/metadata/update", thread(1)).1, message);
}

#[test]
fn the_memory_mode_is_one_of_two() {
    let client = Client::tree();
    let set = |mode: &str| json!({"threadId": id(1), "mode": mode});
    assert_eq!(client.ask("thread/memoryMode/set", set("disabled")), Ok(json!({})));
    let thread = block_on(client.store.read(id(1))).unwrap();
    assert_eq!(thread.details.memory_mode.as_deref(), Some("disabled"));
    let (_, message) = client.refusal("thread/memoryMode/set", set("maybe"));
    assert_eq!(
        message,
        "Invalid request: unknown variant `maybe`, expected one of `enabled`, `disabled`"
    );
}
