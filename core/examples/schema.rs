//! Writes the protocol's JSON Schema and TypeScript types into the repository given: what `cargo xtask
//! schema` runs.

use std::path::PathBuf;

use creel::protocol::types::{json_schema, typescript};

fn main() -> std::io::Result<()> {
    let root = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    std::fs::write(root.join("docs/protocol.schema.json"), json_schema())?;
    std::fs::write(root.join("pkg/src/protocol.ts"), typescript())
}
