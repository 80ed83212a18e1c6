//! Frames: one JSON text a message, as JSON-RPC has it but without the `jsonrpc` member.

use std::borrow::Cow;
use std::cell::Cell;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::json::Object;
use super::params::invalid;
use super::uuid_text::complaint;
use crate::error::{Error, excerpt};
use crate::id::ThreadId;
use crate::limits::{MAX_ERROR_TEXT, MAX_MESSAGE, MAX_REQUEST_ID};

/// The code of a text that is no JSON.
pub const PARSE_ERROR: i32 = -32700;
/// The code of nearly every refusal, as the reference has it.
pub(super) const INVALID_REQUEST: i32 = -32600;
/// The code of a method that is known and does not do what is asked.
pub(super) const METHOD_NOT_FOUND: i32 = -32601;
/// The code of parameters that can't be.
pub(super) const INVALID_PARAMS: i32 = -32602;
/// The code of a store that fails.
pub(super) const INTERNAL: i32 = -32603;

/// Why a request failed, as the wire says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct RpcError {
    /// The JSON-RPC code.
    pub code: i32,
    /// The message; those of the reference are kept to the letter, since clients match on them.
    pub message: String,
    /// What the store says, when it is the store that refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<RpcErrorData>,
}

/// The store's view of an error on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RpcErrorData {
    /// The stable code, as [`Error::code`] gives it.
    pub code: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
}

impl RpcError {
    pub(super) fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    pub(super) fn refused(message: impl Into<String>) -> Self {
        Self::new(INVALID_REQUEST, message)
    }

    /// Says with `message` what the store says with `error`.
    pub(super) fn told(error: &Error, message: String) -> Self {
        let data = RpcErrorData { code: error.code().to_owned(), retryable: error.retryable() };
        let failed = matches!(
            error,
            Error::Storage(_)
                | Error::QuotaExceeded { .. }
                | Error::EraseIncomplete { .. }
                | Error::OutcomeUnknown { .. }
                | Error::StoreReplaced
                | Error::Closed
                | Error::Corrupt { .. }
        );
        let code = if failed { INTERNAL } else { INVALID_REQUEST };
        Self { code, message, data: Some(data) }
    }

    /// Says that a thread is not there in the words of the reference, anything else in the store's.
    pub(super) fn about(error: &Error, missing: &str) -> Self {
        match error {
            Error::ThreadNotFound { id } | Error::ThreadDeleted { id, .. } => {
                Self::told(error, format!("{missing}: {id}"))
            }
            _ => Self::from(error.clone()),
        }
    }
}

impl From<Error> for RpcError {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        Self::told(&error, message)
    }
}

/// A message of the client.
pub(super) struct Incoming<'a> {
    pub(super) id: Option<&'a RawValue>,
    pub(super) method: Option<Cow<'a, str>>,
    pub(super) params: Option<&'a RawValue>,
    result: Option<&'a RawValue>,
    error: Option<&'a RawValue>,
}

crate::fields::fields! {
    Incoming<'de>, blank: Self { id: None, method: None, params: None, result: None, error: None },
    may "id" id,
    may "method" method,
    may "params" params,
    may "result" result,
    may "error" error,
}

/// Reads a message; batches are not of this protocol.
pub(super) fn incoming(message: &str) -> Result<Incoming<'_>, RpcError> {
    if message.len() > MAX_MESSAGE {
        return Err(too_long(message.len()));
    }
    let incoming: Incoming<'_> = match serde_json::from_str(message) {
        Ok(_) if !message.trim_start().starts_with('{') => {
            return Err(invalid("expected an object"));
        }
        Ok(incoming) => incoming,
        Err(misfit) if misfit.is_data() => {
            // What does not fit was found before the rest was looked at.
            return match serde_json::from_str::<IgnoredAny>(message) {
                Ok(_) => Err(invalid(&reason(&misfit))),
                Err(error) => Err(RpcError::new(PARSE_ERROR, error.to_string())),
            };
        }
        Err(error) => return Err(RpcError::new(PARSE_ERROR, error.to_string())),
    };
    if let Some(id) = incoming.id {
        if id.get().len() > MAX_REQUEST_ID {
            let (field, size) = ("id".to_owned(), id.get().len());
            return Err(Error::TooLarge { field, size, limit: MAX_REQUEST_ID }.into());
        }
        if !is_id(id) {
            let id = excerpt(id.get());
            return Err(invalid(&format!("id: expected a string or a number, not `{id}`")));
        }
        let answers = incoming.result.is_some() || incoming.error.is_some();
        if incoming.method.is_none() && !answers {
            return Err(invalid("missing field `method`"));
        }
    }
    Ok(incoming)
}

/// Says that a message is longer than [`MAX_MESSAGE`].
pub(super) fn too_long(size: usize) -> RpcError {
    Error::TooLarge { field: "message".into(), size, limit: MAX_MESSAGE }.into()
}

/// Answers a message that can't be taken, under the id that stands before what is wrong with it;
/// one that is no JSON has none, as JSON-RPC demands.
///
/// A transport refuses with it what never reaches the dispatcher: a message of which it kept only
/// the beginning, because it is longer than [`MAX_MESSAGE`], or one that is no text.
pub fn refusal(message: &str, error: RpcError) -> String {
    let id = if error.code == PARSE_ERROR { None } else { id_of(message) };
    answer(id, Err(error))
}

/// Spells an answer.
pub fn answer(id: Option<&RawValue>, result: Result<Box<RawValue>, RpcError>) -> String {
    let answer = Object::new().raw("id", id.map_or("null", RawValue::get));
    let answer = match result {
        Ok(result) => answer.raw("result", result.get()),
        Err(mut error) => {
            cut(&mut error.message);
            let told = Object::new().number("code", error.code.into());
            let told = told.text("message", &error.message);
            let told = match error.data {
                Some(data) => {
                    let retryable = if data.retryable { "true" } else { "false" };
                    let data = Object::new().text("code", &data.code).raw("retryable", retryable);
                    told.raw("data", &data.json())
                }
                None => told,
            };
            answer.raw("error", &told.json())
        }
    };
    answer.json()
}

/// Finds the id of a message, which may be cut off or wrong behind it.
fn id_of(message: &str) -> Option<&RawValue> {
    struct Fields<'a, 'de>(&'a Cell<Option<&'de RawValue>>);

    impl<'de> Visitor<'de> for Fields<'_, 'de> {
        type Value = ();

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
            while let Some(key) = map.next_key::<Cow<'_, str>>()? {
                if key == "id" && self.0.get().is_none() {
                    self.0.set(Some(map.next_value()?));
                } else {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            Ok(())
        }
    }

    let id = Cell::new(None);
    // What is wrong with the message is known already.
    let _ = serde_json::Deserializer::from_str(message).deserialize_map(Fields(&id));
    id.get().filter(|id| is_id(id) && id.get().len() <= MAX_REQUEST_ID)
}

fn is_id(id: &RawValue) -> bool {
    id.get().starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit())
}

fn cut(text: &mut String) {
    if text.len() > MAX_ERROR_TEXT {
        let end = (0..=MAX_ERROR_TEXT).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or_default());
        text.push('…');
    }
}

/// Says what is wrong without the place in the text, which the client does not have.
pub(super) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// Reads a thread's id, named as the reference names it in its message.
pub(super) fn thread_id(text: &str, name: &str) -> Result<ThreadId, RpcError> {
    text.parse().map_err(|error: Error| {
        RpcError::told(&error, format!("invalid {name} id: {}", complaint(text)))
    })
}
