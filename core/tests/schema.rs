//! The protocol's JSON Schema and TypeScript types are those that the Rust types make.

use std::path::Path;

use creel::protocol::METHODS;
use creel::protocol::types::{json_schema, shapes, typescript};

fn committed(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn what_is_committed_is_what_is_generated() {
    let told = "run `cargo xtask schema` and commit what it writes";
    assert!(committed("docs/protocol.schema.json") == json_schema(), "{told}");
    assert!(committed("pkg/src/protocol.ts") == typescript(), "{told}");
}

#[test]
fn every_method_has_its_types() {
    let typed: Vec<_> = shapes().iter().map(|shapes| shapes.method).collect();
    let known: Vec<_> = METHODS.iter().map(|method| method.name).collect();
    assert_eq!(typed, known);
}
