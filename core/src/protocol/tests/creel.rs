//! Creel's own methods: planned, undone and receipted deletions, and the state of the store.

use super::*;

#[test]
fn a_planned_deletion_is_refused_once_the_tree_has_changed() {
    let client = Client::tree();
    client.ask("thread/resume", thread(3)).unwrap();
    let planned = client.ask("creel/deletion/plan", thread(1)).unwrap();
    let members: Vec<_> = [5, 4, 3, 2, 1].map(|n| json!(id(n))).into();
    assert_eq!(
        (&planned["plan"]["members"], &planned["loaded"]),
        (&json!(members), &json!([id(3)]))
    );
    block_on(client.store.append(id(5), rollout())).unwrap();
    let delete = |plan: &Value| json!({"threadId": id(1), "plan": plan});
    let error = client.ask("creel/delete", delete(&planned["plan"]["token"])).unwrap_err();
    assert_eq!(error["data"]["code"], "plan_changed");
    let planned = client.ask("creel/deletion/plan", thread(1)).unwrap();
    let answer = client.ask("creel/delete", delete(&planned["plan"]["token"])).unwrap();
    assert_eq!(answer["receipt"]["removed"]["threads"], 5);
    assert_eq!(answer["receipt"]["members"], json!(members));
}

#[test]
fn a_deletion_with_grace_is_seen_and_undone() {
    let client = Client::tree();
    let (answer, messages) =
        client.call("creel/delete", json!({"threadId": id(2), "grace": 60_000}));
    assert_eq!(told(&messages), [("thread/deleted", 4), ("thread/deleted", 2)]);
    let deletion = answer.unwrap()["receipt"]["deletion"].clone();
    assert!(client.ask("thread/read", thread(2)).is_err());
    let pending = client.ask("creel/deletion/pending", json!({})).unwrap();
    assert_eq!(
        (&pending["data"][0]["deletion"], &pending["data"][0]["threads"]),
        (&deletion, &json!(2))
    );
    let (answer, messages) = client.call("creel/deletion/undo", json!({"deletion": deletion}));
    assert_eq!(answer, Ok(json!({"threadIds": [id(2), id(4)]})));
    assert_eq!(told(&messages), [("creel/thread/undeleted", 2), ("creel/thread/undeleted", 4)]);
    assert!(client.ask("thread/read", thread(4)).is_ok());
    let again = client.ask("creel/deletion/undo", json!({"deletion": deletion})).unwrap_err();
    assert_eq!(again["data"]["code"], "not_undoable");
}

#[test]
fn children_can_be_kept_or_forbid_the_deletion() {
    let client = Client::tree();
    let refuse = json!({"threadId": id(2), "children": "refuse"});
    assert_eq!(client.ask("creel/delete", refuse).unwrap_err()["data"]["code"], "has_children");
    let detach = json!({"threadId": id(2), "children": "detach"});
    let answer = client.ask("creel/delete", detach).unwrap();
    assert_eq!(answer["receipt"]["members"], json!([id(2)]));
    let left = client.ask("thread/read", thread(4)).unwrap();
    assert_eq!(left["thread"]["parentThreadId"], json!(null));
}

#[test]
fn the_store_is_counted_and_checked() {
    let client = Client::tree();
    client.ask("thread/resume", thread(1)).unwrap();
    let stats = client.ask("creel/stats", json!({})).unwrap();
    assert_eq!((&stats["stats"]["threads"], &stats["loaded"]), (&json!(5), &json!(1)));
    let report = client.ask("creel/doctor", json!({})).unwrap();
    assert_eq!(report["report"]["findings"], json!([]));
}
