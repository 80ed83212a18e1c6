//! `doctor` as a person or a script runs it.

mod common;

use common::{Place, id};

#[test]
fn a_sound_store_is_said_to_be_sound() {
    let place = Place::new();
    place.rollout(1, None, "CI is red");
    place.import();
    let out = place.creel(&["doctor"]).ok();
    assert!(out.starts_with("The store is sound: 1 thread, 2 items, "), "{out}");
    assert_eq!(place.creel(&["doctor", "--json"]).json()["findings"], serde_json::json!([]));
}

#[test]
fn a_damaged_store_is_named_refused_and_mended() {
    let place = Place::new();
    place.rollout(1, None, "CI is red");
    place.rollout(2, None, "Reading notes");
    place.import();
    let database = rusqlite::Connection::open(place.store().join("creel.sqlite3")).unwrap();
    let newest = "(SELECT max(key) FROM journal)";
    let cut = format!("UPDATE journal SET value = CAST('{{' AS BLOB) WHERE key = {newest}");
    assert_eq!(database.execute(&cut, []).unwrap(), 1);
    drop(database);

    let found = place.creel(&["doctor"]);
    assert_eq!(found.status, 1, "{found:?}");
    assert!(found.out.contains("entry_unreadable  journal/00"), "{found:?}");
    let refused = place.creel(&["archive", &id(1)]);
    assert!(refused.err.contains("error[corrupt]: the record journal/00"), "{refused:?}");

    let out = place.creel(&["doctor", "--repair"]).ok();
    assert!(out.contains("1 finding, all mended."), "{out}");
    assert!(out.contains("1 record in quarantine"), "{out}");
    place.creel(&["doctor"]).ok();
    place.creel(&["archive", &id(1)]).ok();
}
