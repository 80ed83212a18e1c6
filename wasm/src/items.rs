//! Items across the boundary: always one string, never thousands of objects.

use std::fmt::Write;

use creel::{Item, ItemPage, Result, StoredItem};
use js_sys::{JsString, Object, Reflect};
use serde_json::value::RawValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::convert::invalid;

#[wasm_bindgen]
extern "C" {
    type TextEncoder;

    #[wasm_bindgen(constructor)]
    fn new() -> TextEncoder;

    #[wasm_bindgen(method, js_name = encodeInto)]
    fn encode_into(this: &TextEncoder, text: &JsString, bytes: &mut [u8]) -> Object;
}

/// The characters from which on a text is encoded by the engine: the glue's own way goes one by one.
const LONG: u32 = 2048;

/// Takes a text of JavaScript.
///
/// It is encoded right into the module's memory, which the engine does three times as fast as into
/// an array of its own.
pub(crate) fn text(given: &JsString) -> String {
    if given.length() < LONG {
        return given.into();
    }
    let encoder = TextEncoder::new();
    let mut bytes = Vec::new();
    let mut left = given.clone();
    while left.length() > 0 {
        let start = bytes.len();
        // Most texts are ASCII; of others a character takes three bytes at most.
        let most = if start == 0 { 1 } else { 3 };
        bytes.resize(start + left.length() as usize * most, 0);
        let done = encoder.encode_into(&left, &mut bytes[start..]);
        let done = |name: &str| Reflect::get(&done, &name.into()).ok()?.as_f64();
        let (Some(read), Some(written)) = (done("read"), done("written")) else {
            return given.into();
        };
        bytes.truncate(start + written as usize);
        left = left.slice(read as u32, left.length());
    }
    String::from_utf8(bytes).unwrap_or_else(|_| given.into())
}

/// Reads the items of an append: a JSON array, or one JSON object a line.
///
/// # Errors
/// [`creel::Error::InvalidField`] for an array that can't be read, and the errors of [`Item::new`].
pub(crate) fn read(text: &str) -> Result<Vec<Item>> {
    if text.trim_start().starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(text)
            .map_err(|cause| invalid("items", format!("no JSON array: {cause}")))?;
        return items.into_iter().enumerate().map(|(n, item)| Item::of_raw(item, n)).collect();
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.enumerate().map(|(n, line)| Item::at_index(line, n)).collect()
}

/// Writes a page as one JSON text; the items in it are copied, not parsed.
pub(crate) fn write(page: &ItemPage) -> String {
    let mut text = String::with_capacity(size(&page.data) + 256);
    text.push_str("{\"data\":");
    push(&mut text, &page.data);
    text.push_str(",\"nextCursor\":");
    text.push_str(&json(page.next_cursor.as_deref()));
    text.push_str(",\"backwardsCursor\":");
    text.push_str(&json(page.backwards_cursor.as_deref()));
    text.push('}');
    text
}

/// Writes items with their places as one JSON array.
pub(crate) fn write_stored(data: &[StoredItem]) -> String {
    let mut text = String::with_capacity(size(data));
    push(&mut text, data);
    text
}

/// Writes items alone as one JSON array.
pub(crate) fn write_bare(items: &[Item]) -> String {
    let items: Vec<&str> = items.iter().map(Item::json).collect();
    format!("[{}]", items.join(","))
}

fn size(data: &[StoredItem]) -> usize {
    data.iter().map(|stored| stored.item.json().len() + 64).sum()
}

fn push(text: &mut String, data: &[StoredItem]) {
    text.push('[');
    for (n, StoredItem { seq, at, item }) in data.iter().enumerate() {
        let comma = if n == 0 { "" } else { "," };
        // Writing to a string does not fail.
        let _ = write!(text, "{comma}{{\"seq\":{seq},\"at\":{at},\"item\":{}}}", item.json());
    }
    text.push(']');
}

fn json(cursor: Option<&str>) -> String {
    cursor.map_or_else(|| "null".to_owned(), |cursor| serde_json::Value::from(cursor).to_string())
}
