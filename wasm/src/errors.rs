//! Errors on their way to JavaScript: an `Error` named `CreelError` with `code`, `retryable` and `cause`.

use std::fmt;

use creel::Error;
use creel::protocol::RpcError;
use creel::storage::{Cause, StorageError};
use js_sys::Reflect;
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};

/// Makes the JavaScript error of `error`.
pub(crate) fn to_js(error: &Error) -> JsValue {
    let js = js_sys::Error::new(&error.to_string());
    js.set_name("CreelError");
    set(&js, "code", &error.code().into());
    set(&js, "retryable", &error.retryable().into());
    if let Some(cause) = cause(error) {
        set(&js, "cause", &js_cause(cause));
    }
    js.into()
}

/// Makes the JavaScript error of what the wire says; `rpcCode` is the JSON-RPC code.
pub(crate) fn of_wire(error: &RpcError) -> JsValue {
    let js = js_sys::Error::new(&error.message);
    js.set_name("CreelError");
    let (code, retryable) = match &error.data {
        Some(data) => (data.code.as_str(), data.retryable),
        None => ("invalid_request", false),
    };
    set(&js, "code", &code.into());
    set(&js, "retryable", &retryable.into());
    set(&js, "rpcCode", &error.code.into());
    js.into()
}

/// A failure of a JavaScript host, kept so that it comes out again as the `cause`.
pub(crate) struct JsFailure {
    text: String,
    value: SendWrapper<JsValue>,
}

impl JsFailure {
    /// Keeps what a host threw.
    pub(crate) fn new(value: JsValue) -> Self {
        Self { text: describe(&value), value: SendWrapper::new(value) }
    }
}

impl fmt::Display for JsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for JsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JsFailure").field(&self.text).finish()
    }
}

impl std::error::Error for JsFailure {}

fn cause(error: &Error) -> Option<&Cause> {
    let storage = match error {
        Error::QuotaExceeded { cause } => cause,
        Error::Storage(storage) => storage,
        _ => return None,
    };
    match storage {
        StorageError::QuotaExceeded { cause } | StorageError::Unavailable { cause, .. } => {
            cause.as_ref()
        }
        _ => None,
    }
}

fn js_cause(cause: &Cause) -> JsValue {
    match cause.downcast_ref::<JsFailure>() {
        Some(failure) => (*failure.value).clone(),
        None => js_sys::Error::new(&cause.to_string()).into(),
    }
}

fn describe(value: &JsValue) -> String {
    match value.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.to_string()),
        None => value.as_string().unwrap_or_else(|| format!("{value:?}")),
    }
}

/// A fresh error object takes every property.
fn set(error: &js_sys::Error, name: &str, value: &JsValue) {
    let _ = Reflect::set(error, &name.into(), value);
}
