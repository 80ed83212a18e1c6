//! Writes the objects of answers, field by field.

use serde::Serialize;
use serde_json::value::RawValue;

use super::rpc::{INTERNAL, RpcError};

/// A JSON object in the making.
#[derive(Debug)]
pub(super) struct Object(String);

impl Object {
    pub(super) fn new() -> Self {
        Self("{".to_owned())
    }

    /// Adds a field whose value is JSON already.
    pub(super) fn raw(mut self, name: &str, json: &str) -> Self {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push('"');
        self.0.push_str(name);
        self.0.push_str("\":");
        self.0.push_str(json);
        self
    }

    pub(super) fn null(self, name: &str) -> Self {
        self.raw(name, "null")
    }

    pub(super) fn number(self, name: &str, number: i64) -> Self {
        self.raw(name, &number.to_string())
    }

    pub(super) fn text(self, name: &str, text: &str) -> Self {
        self.raw(name, &quoted(text))
    }

    /// Adds a text or null.
    pub(super) fn text_or_null(self, name: &str, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.text(name, text),
            None => self.null(name),
        }
    }

    /// Adds a list of values that are JSON already.
    pub(super) fn list(self, name: &str, values: &[String]) -> Self {
        self.raw(name, &format!("[{}]", values.join(",")))
    }

    pub(super) fn json(mut self) -> String {
        self.0.push('}');
        self.0
    }

    pub(super) fn answer(self) -> Result<Box<RawValue>, RpcError> {
        RawValue::from_string(self.json())
            .map_err(|error| RpcError::new(INTERNAL, error.to_string()))
    }
}

/// Spells a text as JSON.
pub(super) fn quoted(text: &str) -> String {
    to_json(&text).unwrap_or_default()
}

/// Spells a value as JSON.
pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String, RpcError> {
    serde_json::to_string(value).map_err(|error| RpcError::new(INTERNAL, error.to_string()))
}
