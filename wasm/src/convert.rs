//! Values across the boundary: objects as JSON text, which the engine writes and reads, ids and items as strings.
//!
//! The core reads and writes JSON anyway, so a second way to take objects apart would only weigh. Nullable fields of
//! answers are `null`, 64-bit numbers are numbers. In questions, a property that is `undefined` is left out.

use std::str::FromStr;

use creel::{BoxFuture, Error, Result, ThreadId};
use js_sys::{JSON, Object, Promise, Reflect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tsify::{Ts, Tsify};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::future_to_promise;

use crate::errors;

/// What a bound method gives: a value, or the JavaScript error.
pub(crate) type JsResult<T> = std::result::Result<T, JsValue>;

/// The properties that hold thread ids, whose errors have a code of their own.
const IDS: [&str; 4] = ["id", "parentThreadId", "ancestorThreadId", "forkedFromId"];

/// Reads a JSON text into the place for what it says.
type Parse<'a> = dyn FnMut(&str) -> serde_json::Result<()> + 'a;

/// Makes the JavaScript object of an answer.
pub(crate) fn answer<T: Serialize + Tsify>(value: &T) -> JsResult<Ts<T>> {
    plain(value).map(Ts::new_unchecked)
}

/// Makes the JavaScript value of an answer that has no type of its own.
pub(crate) fn plain(value: &impl Serialize) -> JsResult<JsValue> {
    let json = serde_json::to_string(value)
        .map_err(|error| JsValue::from(js_sys::Error::new(&error.to_string())))?;
    JSON::parse(&json)
}

/// Makes a promise of a future, whatever its type, through one bridge.
pub(crate) fn promise(future: impl Future<Output = JsResult<JsValue>> + 'static) -> Promise {
    let future: BoxFuture<'static, JsResult<JsValue>> = Box::pin(future);
    future_to_promise(future)
}

/// Reads the argument called `name`; a missing one is the default.
///
/// # Errors
/// [`Error::InvalidThreadId`] for an id, [`Error::InvalidField`] with the field's name for the rest.
pub(crate) fn argument<T>(name: &str, value: Option<Ts<T>>) -> Result<T>
where
    T: DeserializeOwned + Tsify + Default,
{
    let mut read = T::default();
    let given = value.map(|value| value.js_value());
    fill(name, given, &mut |json| {
        read = serde_json::from_str(json)?;
        Ok(())
    })?;
    Ok(read)
}

/// Lets `parse` read an object, if there is one.
fn fill(name: &str, value: Option<JsValue>, parse: &mut Parse<'_>) -> Result<()> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(()) };
    if !value.is_object() || js_sys::Array::is_array(&value) {
        return Err(invalid(name, "it must be an object".to_owned()));
    }
    for field in IDS {
        if let Some(id) = get(&value, field).as_string() {
            thread_id(&id)?;
        }
    }
    read(&value, parse).map_err(|reason| {
        let field = culprit(value.unchecked_ref(), parse);
        invalid(field.as_deref().unwrap_or(name), reason)
    })
}

/// Reads a thread id.
pub(crate) fn thread_id(text: &str) -> Result<ThreadId> {
    ThreadId::from_str(text)
}

/// Reads a UUID, the argument called `name`.
///
/// # Errors
/// [`Error::InvalidField`] with the name.
pub(crate) fn uuid<T: FromStr>(name: &str, text: &str) -> Result<T> {
    text.parse().map_err(|_| invalid(name, format!("`{text:.80}` is not a UUID")))
}

/// Turns a core result into one that JavaScript takes.
pub(crate) fn checked<T>(result: Result<T>) -> JsResult<T> {
    result.map_err(|error| errors::to_js(&error))
}

pub(crate) fn invalid(field: &str, reason: String) -> Error {
    Error::InvalidField { field: field.to_owned(), reason }
}

/// Reads an object; the error says why it can't be.
fn read(given: &JsValue, parse: &mut Parse<'_>) -> std::result::Result<(), String> {
    let json = JSON::stringify(given).ok().and_then(|json| json.as_string());
    let json = json.ok_or_else(|| "it can't be written as JSON".to_owned())?;
    parse(&json).map_err(|cause| {
        // The caller never saw the text that the position is in.
        let position = format!(" at line {} column {}", cause.line(), cause.column());
        let reason = cause.to_string();
        reason.strip_suffix(&position).map(str::to_owned).unwrap_or(reason)
    })
}

/// Serde does not say which property it refused, so each is tried alone.
fn culprit(given: &Object, parse: &mut Parse<'_>) -> Option<String> {
    Object::keys(given).iter().find_map(|key| {
        let alone = Object::new();
        let _ = Reflect::set(&alone, &key, &Reflect::get(given, &key).ok()?);
        read(&alone, parse).is_err().then(|| key.as_string()).flatten()
    })
}

fn get(object: &JsValue, key: &str) -> JsValue {
    Reflect::get(object, &key.into()).unwrap_or(JsValue::UNDEFINED)
}
