//! Items: JSON objects kept as they were given, and the lines that carry them.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::error::{Error, Result};
use crate::limits::{MAX_DEPTH, MAX_ITEM};

/// One item of a history: a JSON object, kept as given.
///
/// Key order, number spelling, duplicate keys and escapes are kept; a line break between tokens
/// becomes a space, so that an item is always one line.
#[derive(Clone, PartialEq, Eq)]
pub struct Item(Arc<str>);

impl Item {
    /// Checks and takes a JSON text.
    ///
    /// # Errors
    /// [`Error::InvalidItem`] with index 0 when the text is not one JSON object or nests deeper
    /// than [`MAX_DEPTH`]; [`Error::TooLarge`] above [`MAX_ITEM`] bytes.
    pub fn new(json: &str) -> Result<Self> {
        Self::at_index(json, 0)
    }

    /// Like [`new`](Self::new), naming the item's place in a call in its errors.
    pub fn at_index(json: &str, index: usize) -> Result<Self> {
        let json = json.trim();
        check(json, index)?;
        let raw: &RawValue = serde_json::from_str(json)
            .map_err(|error| Error::InvalidItem { index, reason: error.to_string() })?;
        Ok(Self(one_line(raw.get())))
    }

    /// Takes a JSON text that was parsed already, naming the item's place in a call in its errors.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_raw(json: &RawValue, index: usize) -> Result<Self> {
        check(json.get(), index)?;
        Ok(Self(one_line(json.get())))
    }

    /// Takes a value that serializes to a JSON object.
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`Error::InvalidItem`] when it does not serialize.
    pub fn from_value<T: Serialize>(value: &T) -> Result<Self> {
        let json = serde_json::to_string(value)
            .map_err(|e| Error::InvalidItem { index: 0, reason: e.to_string() })?;
        Self::new(&json)
    }

    /// What an item is before it is read.
    pub(crate) fn unread() -> Self {
        Self("".into())
    }

    /// Returns the JSON text, on one line.
    pub fn json(&self) -> &str {
        &self.0
    }

    /// Parses the item.
    ///
    /// # Errors
    /// The parser's, when the item does not fit `T`.
    pub fn parse<'a, T: Deserialize<'a>>(&'a self) -> serde_json::Result<T> {
        serde_json::from_str(&self.0)
    }
}

impl std::fmt::Debug for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Self::new(raw.get()).map_err(serde::de::Error::custom)
    }
}

/// An item of a history with its place and time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredItem {
    /// Its place in the history, from 0, without gaps.
    pub seq: u64,
    /// When it was appended, in milliseconds since the Unix epoch.
    pub at: i64,
    /// The item.
    pub item: Item,
}

/// A line of a segment: `{"at":…,"item":{…}}`, as text.
///
/// The journal and the segments hold the same lines, so that packing is copying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line(Arc<str>);

/// How every line begins.
const LINE: &str = "{\"at\":";

impl Line {
    pub(crate) fn new(at: i64, item: &Item) -> Self {
        let (at, item) = (at.to_string(), item.json());
        Self([LINE, &at, ",\"item\":", item, "}"].concat().into())
    }

    /// Takes a line as it was stored; [`decode`](Self::decode) checks it.
    pub(crate) fn stored(text: &str) -> Self {
        Self(text.into())
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// Returns the bytes that the line takes in a segment.
    pub(crate) fn size(&self) -> u64 {
        self.0.len() as u64 + 1
    }

    /// Adds the line to `text` with its number, `{"seq":…,"at":…,"item":{…}}`; false where it begins
    /// like none.
    pub(crate) fn push_numbered(&self, seq: u64, text: &mut String) -> bool {
        let Some(rest) = self.0.strip_prefix(LINE) else { return false };
        text.push_str("{\"seq\":");
        text.push_str(&seq.to_string());
        text.push_str(",\"at\":");
        text.push_str(rest);
        true
    }

    pub(crate) fn decode(&self, seq: u64) -> serde_json::Result<StoredItem> {
        struct Fields<'a> {
            at: i64,
            item: &'a RawValue,
        }

        crate::fields::fields! {
            Fields<'de>, blank: Self { at: 0, item: RawValue::NULL },
            must "at" at,
            must "item" item,
        }
        let fields: Fields<'_> = serde_json::from_str(&self.0)?;
        Ok(StoredItem { seq, at: fields.at, item: Item(fields.item.get().into()) })
    }
}

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self(raw.get().into()))
    }
}

/// Checks what a parser does not.
fn check(json: &str, index: usize) -> Result<()> {
    if json.len() > MAX_ITEM {
        let field = format!("items[{index}]");
        return Err(Error::TooLarge { field, size: json.len(), limit: MAX_ITEM });
    }
    let invalid = |reason: String| Error::InvalidItem { index, reason };
    if !json.starts_with('{') {
        return Err(invalid(format!("it starts with `{}`", crate::error::excerpt(json))));
    }
    // Few brackets can't nest deep, and counting them is quicker than following them.
    let mut brackets = memchr::memchr2_iter(b'{', b'[', json.as_bytes());
    if brackets.nth(MAX_DEPTH).is_some() && depth(json) > MAX_DEPTH {
        return Err(invalid(format!("it nests deeper than {MAX_DEPTH} levels")));
    }
    Ok(())
}

/// Returns the deepest nesting of a JSON text, without recursion.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Valid JSON has raw line breaks only between tokens, where a space says the same.
fn one_line(json: &str) -> Arc<str> {
    match memchr::memchr2(b'\n', b'\r', json.as_bytes()) {
        Some(_) => json.replace(['\n', '\r'], " ").into(),
        None => json.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_keeps_its_spelling() {
        let json = r#"{"b":1.0e2, "a":"\u00e9","a":12345678901234567890123}"#;
        assert_eq!(Item::new(json).unwrap().json(), json);
    }

    #[test]
    fn line_breaks_between_tokens_become_spaces() {
        let item = Item::new("{\r\n \"a\": \"x\\n\"\n}").unwrap();
        assert_eq!(item.json(), "{   \"a\": \"x\\n\" }");
    }

    #[test]
    fn what_is_no_object_is_refused_with_its_index() {
        for json in ["", "[]", "1", "null", "\"{}\"", "{", "{} {}", "{\"a\":}", "\u{feff}{}"] {
            let error = Item::at_index(json, 3).unwrap_err();
            assert!(matches!(error, Error::InvalidItem { index: 3, .. }), "{json}: {error}");
        }
    }

    #[test]
    fn nesting_is_limited_without_recursion() {
        let deep = |n: usize| format!("{{\"a\":{}{}}}", "[".repeat(n), "]".repeat(n));
        assert!(Item::new(&deep(MAX_DEPTH - 1)).is_ok());
        assert_eq!(Item::new(&deep(MAX_DEPTH)).unwrap_err().code(), "invalid_item");
        assert_eq!(Item::new(&deep(1_000_000)).unwrap_err().code(), "invalid_item");
        assert!(Item::new(r#"{"a":"[[[[\"[["}"#).is_ok());
    }

    #[test]
    fn what_was_parsed_already_is_checked_as_new_texts_are() {
        let raw = |json: &str| serde_json::from_str::<Box<RawValue>>(json).unwrap();
        assert_eq!(Item::of_raw(&raw("{\"a\":\n1}"), 0).unwrap().json(), "{\"a\": 1}");
        let error = Item::of_raw(&raw("[1]"), 3).unwrap_err();
        assert!(matches!(error, Error::InvalidItem { index: 3, .. }), "{error}");
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(MAX_DEPTH - 1), "]".repeat(MAX_DEPTH - 1));
        assert!(Item::of_raw(&raw(&deep), 0).is_ok());
    }

    #[test]
    fn a_line_gives_back_its_item() {
        let item = Item::new(r#"{"type":"x","n":1.50}"#).unwrap();
        let stored = Line::new(-5, &item).decode(7).unwrap();
        assert_eq!(stored, StoredItem { seq: 7, at: -5, item });
    }
}
