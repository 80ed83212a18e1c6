//! Values across the boundary: objects by serde, ids and items as strings.
//!
//! Nullable fields of answers are `null`, maps are plain objects, 64-bit numbers are numbers. In
//! questions, a property that is `undefined` is left out.

use std::str::FromStr;

use creel::{BoxFuture, Error, Result, ThreadId};
use js_sys::{Object, Promise, Reflect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use tsify::{Ts, Tsify};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::future_to_promise;

use crate::errors;

/// What a bound method gives: a value, or the JavaScript error.
pub(crate) type JsResult<T> = std::result::Result<T, JsValue>;

/// The properties that hold thread ids, whose errors have a code of their own.
const IDS: [&str; 4] = ["id", "parentThreadId", "ancestorThreadId", "forkedFromId"];

/// Makes the JavaScript object of an answer.
pub(crate) fn answer<T: Serialize + Tsify>(value: &T) -> JsResult<Ts<T>> {
    plain(value).map(Ts::new_unchecked)
}

/// Makes the JavaScript value of an answer that has no type of its own.
pub(crate) fn plain(value: &impl Serialize) -> JsResult<JsValue> {
    let serializer =
        Serializer::new().serialize_missing_as_null(true).serialize_maps_as_objects(true);
    value.serialize(&serializer).map_err(JsValue::from)
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
    let Some(value) = value.map(|value| value.js_value()).filter(|value| !value.is_null()) else {
        return Ok(T::default());
    };
    if !value.is_object() || js_sys::Array::is_array(&value) {
        return Err(invalid(name, "it must be an object".to_owned()));
    }
    let given = without_undefined(value.unchecked_ref());
    for field in IDS {
        if let Some(id) = get(&given, field).as_string() {
            thread_id(&id)?;
        }
    }
    serde_wasm_bindgen::from_value(given.clone().into()).map_err(|cause| {
        let field = culprit::<T>(&given).unwrap_or_else(|| name.to_owned());
        invalid(&field, cause.to_string())
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

/// Serde does not say which property it refused, so each is tried alone.
fn culprit<T: DeserializeOwned>(given: &Object) -> Option<String> {
    Object::keys(given).iter().find_map(|key| {
        let alone = Object::new();
        let _ = Reflect::set(&alone, &key, &get(given, &key.as_string()?));
        let refused = serde_wasm_bindgen::from_value::<T>(alone.into()).is_err();
        refused.then(|| key.as_string()).flatten()
    })
}

fn without_undefined(given: &Object) -> Object {
    let copy = Object::assign(&Object::new(), given);
    for key in Object::keys(&copy) {
        if key.as_string().is_some_and(|name| get(&copy, &name).is_undefined()) {
            let _ = Reflect::delete_property(&copy, &key);
        }
    }
    copy
}

fn get(object: &Object, key: &str) -> JsValue {
    Reflect::get(object, &key.into()).unwrap_or(JsValue::UNDEFINED)
}
