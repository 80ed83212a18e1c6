//! Makes JSON Schema and TypeScript from the types.

use std::collections::BTreeMap;
use std::fmt::Write;

use schemars::generate::SchemaSettings;
use serde_json::{Map, json};
use tsify::Tsify;

use super::{params, parts, shapes};

/// Returns the JSON Schema of every method, as one document.
pub fn json_schema() -> String {
    let mut generator = SchemaSettings::draft07().into_generator();
    let mut methods = Map::new();
    for shapes in shapes() {
        let params = (shapes.params.schema)(&mut generator);
        let result = (shapes.result.schema)(&mut generator);
        methods.insert(shapes.method.to_owned(), json!({"params": params, "result": result}));
    }
    let document = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "The protocol of Creel",
        "description": "The parameters and the result of every method.",
        "methods": methods,
        "definitions": generator.definitions(),
    });
    format!("{document:#}\n")
}

/// Returns the TypeScript types of every method, and the interface that maps methods to them.
pub fn typescript() -> String {
    let mut declarations: BTreeMap<String, &str> =
        PARTS.iter().map(|(n, d)| ((*n).to_owned(), *d)).collect();
    let mut methods = String::new();
    for shapes in shapes() {
        let (params, result) = ((shapes.params.name)(), (shapes.result.name)());
        // Writing to a text never fails.
        let _ =
            writeln!(methods, "  \"{}\": {{ params: {params}; result: {result} }};", shapes.method);
        declarations.insert(params, shapes.params.declaration);
        declarations.insert(result, shapes.result.declaration);
    }
    let mut text = String::from(
        "// The types of the protocol, generated from those in Rust by `cargo xtask schema`.\n\n\
         /** Any JSON. */\nexport type Value = unknown;\n\n",
    );
    for declaration in declarations.values() {
        let _ = writeln!(text, "{declaration}\n");
    }
    let _ = write!(
        text,
        "/** Every method with its parameters and its result. */\nexport interface Methods {{\n{methods}}}\n"
    );
    text
}

/// The types that others are made of.
const PARTS: &[(&str, &str)] = &[
    ("Capabilities", params::Capabilities::DECL),
    ("Children", parts::Children::DECL),
    ("ClientInfo", params::ClientInfo::DECL),
    ("Direction", parts::Direction::DECL),
    ("GitInfoUpdate", params::GitInfoUpdate::DECL),
    ("ImportedIds", parts::ImportedIds::DECL),
    ("ItemEntry", parts::ItemEntry::DECL),
    ("ItemsView", parts::ItemsView::DECL),
    ("Kind", parts::Kind::DECL),
    ("MemoryMode", parts::MemoryMode::DECL),
    ("Occurrence", parts::Occurrence::DECL),
    ("Operation", parts::Operation::DECL),
    ("Project", parts::Project::DECL),
    ("ProjectRoot", parts::ProjectRoot::DECL),
    ("ProjectSortKey", parts::ProjectSortKey::DECL),
    ("QueuedSubmission", parts::QueuedSubmission::DECL),
    ("ReadState", parts::ReadState::DECL),
    ("SearchResult", parts::SearchResult::DECL),
    ("SortKey", parts::SortKey::DECL),
    ("StoredItem", parts::StoredItem::DECL),
    ("TextRange", parts::TextRange::DECL),
    ("ThreadAttachment", parts::ThreadAttachment::DECL),
    ("ThreadAttachmentOwner", parts::ThreadAttachmentOwner::DECL),
    ("ThreadGoal", parts::ThreadGoal::DECL),
    ("Thread", parts::Thread::DECL),
    ("ThreadSection", parts::ThreadSection::DECL),
    ("ThreadSectionAppearance", parts::ThreadSectionAppearance::DECL),
    ("TimelineEntry", parts::TimelineEntry::DECL),
    ("Turn", parts::Turn::DECL),
    ("TurnStatus", parts::TurnStatus::DECL),
    ("TurnsPageParams", params::TurnsPageParams::DECL),
    ("Wait", parts::Wait::DECL),
    ("GitInfo", parts::GitInfo::DECL),
];

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_type_that_is_named_is_declared() {
        let text = typescript();
        let schema: Value = serde_json::from_str(&json_schema()).unwrap();
        for name in schema["definitions"].as_object().unwrap().keys() {
            let declared = ["interface", "type"]
                .iter()
                .any(|kind| text.contains(&format!("export {kind} {name} ")));
            assert!(declared, "{name}");
        }
    }
}
