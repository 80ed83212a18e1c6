//! The example, on a store in a directory.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../examples/agent.rs"]
mod agent;

#[test]
fn an_agent_asks_shows_and_forgets_a_conversation_with_its_helpers() {
    let directory = tempfile::tempdir().unwrap();
    let store = agent::open(directory.path()).unwrap();
    let root = agent::ask(&store, "Why?").unwrap();
    assert_eq!(
        agent::show(&store, root).unwrap(),
        [
            "# Why?",
            r#"{"content":"Why?","role":"user"}"#,
            r#"{"content":"Make room, then run it again.","role":"assistant"}"#,
            "# helper",
            r#"{"content":"The disk is full.","role":"assistant"}"#,
        ]
    );
    let other = agent::open(directory.path()).unwrap();
    let receipt = agent::forget(&other, root).unwrap();
    assert_eq!((receipt.removed.threads, receipt.removed.items), (2, 3));
    assert_eq!(agent::show(&other, root).unwrap_err().code(), "thread_deleted");
}
