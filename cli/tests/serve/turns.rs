//! A thousand stores of one server, used by turns: few of them are open at a time, and none when
//! nobody uses any.

use std::path::Path;

use super::many::Typed;
use super::server::{Server, token};

const STORES: usize = 1000;
const MOST: u64 = 20;

#[test]
fn stores_that_are_used_by_turns_are_not_all_open() {
    let folder = tempfile::tempdir().unwrap();
    let (tokens, stores) = (folder.path().join("tokens"), folder.path().join("stores"));
    let shown: Vec<String> = (0..STORES / 10).map(|n| token_of_ten(&tokens, n)).collect();
    let most = MOST.to_string();
    let args = ["--max-open-stores", &most, "--idle", "3", "--resume", "0"];
    let (server, at) = Server::of_many(stores.to_str().unwrap(), &tokens, &args);
    let before = server.memory();
    for n in 0..STORES {
        let address = format!("{}/?store=s{n}", at.listen);
        let mut client = Typed::enter(&address, &shown[n / 10]).unwrap();
        client.create("One of a thousand");
        if n % 100 == 99 {
            let open = at.metric("creel_stores_open");
            assert!((1..=MOST).contains(&open), "{open} stores are open");
        }
    }
    assert_eq!(at.metric("creel_stores_opened_total"), STORES as u64);
    let used = server.memory();
    while at.metric("creel_stores_open") > 0 {}
    if let (Some(before), Some(used), Some(idle)) = (before, used, server.memory()) {
        println!("memory in MB: {before} at the start, {used} after {STORES} stores, {idle} idle");
        assert!(used < before + 60, "{used} MB after {STORES} stores, {before} MB before");
    }
    let mut client = Typed::enter(&format!("{}/?store=s0", at.listen), &shown[0]).unwrap();
    let list = client.ask("creel/store/list", serde_json::json!({})).unwrap();
    assert_eq!(list["data"][0]["name"], "One of a thousand");
}

fn token_of_ten(tokens: &Path, n: usize) -> String {
    let names: Vec<String> = (0..10).map(|m| format!("s{}", n * 10 + m)).collect();
    let others: Vec<&str> = names[1..].iter().flat_map(|name| ["--store", name]).collect();
    token(tokens, &names[0], &others)
}
