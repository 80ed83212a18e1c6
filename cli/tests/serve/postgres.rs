//! Servers on one PostgreSQL database, each a process of its own.

use creel_tests::postgres::Server as Postgres;
use serde_json::json;

use super::many::Typed;
use super::server::{Server, token};

const THREADS: usize = 1000;

#[test]
fn one_of_two_servers_is_killed_in_a_deletion_and_the_other_finishes_it() {
    let postgres = Postgres::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens");
    let (a, b) = (token(&tokens, "a", &[]), token(&tokens, "b", &[]));
    let serve = || Server::of_many(&postgres.url(), &tokens, &["--log", "error"]);
    let ((first, first_at), (_second, second_at)) = (serve(), serve());
    let mut one = Typed::enter(&first_at.listen, &a).unwrap();
    let root = one.create("The root");
    let id = root.as_str().unwrap().to_owned();
    for n in 1..THREADS {
        let options = json!({"name": format!("canary {n}"), "parentThreadId": id});
        one.send("creel/store/create", json!({"options": options}));
    }
    let mut created = 0;
    while created < THREADS - 1 {
        created += usize::from(one.hear().get("result").is_some());
    }
    let items = r#"[{"text":"canary"}]"#;
    one.ask("creel/store/append", json!({"id": id, "items": items})).unwrap();

    let mut two = Typed::enter(&second_at.listen, &a).unwrap();
    two.ask("creel/store/refresh", json!({})).unwrap();
    let stats = two.ask("creel/store/stats", json!({})).unwrap();
    assert_eq!(stats["threads"], THREADS);
    let mut other = Typed::enter(&second_at.listen, &b).unwrap();
    assert_eq!(other.ask("creel/store/read", json!({"id": id})), Err(json!("thread_not_found")));
    let trespass = Typed::enter(&format!("{}/?store=a", second_at.listen), &b);
    assert_eq!(trespass.err(), Some(403));

    one.send("creel/store/delete", json!({"id": id}));
    while !one.told.iter().any(|change| change["type"] == "erasing") {
        one.hear();
    }
    first.signal("-KILL");
    let erased = one.told.iter().filter(|change| change["type"] == "erasing").count();
    assert!(erased < THREADS.div_ceil(256), "it was over before the kill");
    drop(first);

    while !two.told.iter().any(|change| change["type"] == "erased") {
        two.hear();
    }
    assert_eq!(two.ask("creel/store/pendingDeletions", json!({})), Ok(json!([])));
    assert_eq!(two.ask("creel/store/read", json!({"id": id})), Err(json!("thread_deleted")));
    let receipt = two.ask("creel/store/receipt", json!({"id": id})).unwrap();
    assert_eq!(receipt["removed"]["threads"], THREADS);
    assert!(receipt["erasedAt"].is_i64(), "{receipt}");
    let report = two.ask("creel/store/check", json!({})).unwrap();
    assert_eq!(report["findings"], json!([]));
    let kinds = |kind: &str| two.told.iter().filter(|change| change["type"] == kind).count();
    assert_eq!((kinds("deleted"), kinds("erased")), (1, 1), "each is told once");
    for table in ["journal", "catalog", "history"] {
        let query = format!(
            "SELECT count(*) FROM creel.{table} WHERE position('canary' IN encode(value, 'escape')) > 0"
        );
        assert_eq!(postgres.sql(&query), "0", "{table}");
    }
}
