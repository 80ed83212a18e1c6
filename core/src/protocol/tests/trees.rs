//! Trees: archive, unarchive, delete; what is told, in which order, and what is refused.

use super::*;

#[test]
fn archive_delete_and_unarchive_keep_the_reference_s_order() {
    let client = Client::tree();
    let (answer, messages) = client.call("thread/archive", thread(1));
    assert_eq!(answer, Ok(json!({})));
    let archived: Vec<_> = [1, 5, 4, 3, 2].map(|n| ("thread/archived", n)).into();
    assert_eq!(told(&messages), archived);
    let (answer, messages) = client.call("thread/archive", thread(1));
    assert_eq!((answer, messages), (Ok(json!({})), vec![]));
    let (answer, messages) = client.call("thread/unarchive", thread(1));
    assert_eq!(answer.unwrap()["thread"]["id"], json!(id(1)));
    let unarchived: Vec<_> = [1, 2, 3, 4, 5].map(|n| ("thread/unarchived", n)).into();
    assert_eq!(told(&messages), unarchived);
    let (answer, messages) = client.call("thread/delete", thread(1));
    assert_eq!(answer, Ok(json!({})));
    let deleted: Vec<_> = [5, 4, 3, 2, 1].map(|n| ("thread/deleted", n)).into();
    assert_eq!(told(&messages), deleted);
}

#[test]
fn what_is_not_there_is_refused_in_the_reference_s_words() {
    let client = Client::tree();
    client.ask("thread/delete", thread(2)).unwrap();
    for n in [2, 9] {
        for (method, message) in [
            ("thread/delete", "thread not found: "),
            ("thread/read", "thread not loaded: "),
            ("thread/archive", "no rollout found for thread id "),
            ("thread/unarchive", "no archived rollout found for thread id "),
        ] {
            assert_eq!(client.refusal(method, thread(n)), (-32600, format!("{message}{}", id(n))));
        }
    }
    let (_, message) = client.refusal("thread/unarchive", thread(1));
    assert_eq!(message, format!("no archived rollout found for thread id {}", id(1)));
}

#[test]
fn names_are_trimmed_told_and_refused() {
    let client = Client::tree();
    let name = |n: u8, name: &str| json!({"threadId": id(n), "name": name});
    let (answer, messages) = client.call("thread/name/set", name(1, "  My name  "));
    assert_eq!((answer, told(&messages)), (Ok(json!({})), vec![("thread/name/updated", 1)]));
    assert_eq!(messages[0]["params"]["threadName"], "My name");
    assert_eq!(client.ask("thread/read", thread(1)).unwrap()["thread"]["name"], "My name");
    assert_eq!(client.refusal("thread/name/set", name(1, "  ")).1, "thread name must not be empty");
    client.ask("thread/archive", thread(4)).unwrap();
    for n in [4, 9] {
        let message = format!("no rollout found for thread id {}", id(n));
        assert_eq!(client.refusal("thread/name/set", name(n, "x")).1, message);
    }
}

#[test]
fn what_others_do_is_told_without_asking() {
    let client = Client::tree();
    block_on(client.store.archive(id(2))).unwrap();
    let messages = block_on(client.dispatcher.notifications());
    let messages: Vec<Value> =
        messages.iter().map(|message| serde_json::from_str(message).unwrap()).collect();
    assert_eq!(told(&messages), [("thread/archived", 2), ("thread/archived", 4)]);
}
