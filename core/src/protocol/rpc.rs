//! Frames: one JSON text a message, as JSON-RPC has it but without the `jsonrpc` member.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::json::Object;
use crate::error::Error;
use crate::id::ThreadId;

/// The code of a text that is no JSON.
pub(super) const PARSE_ERROR: i32 = -32700;
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
#[derive(Deserialize)]
pub(super) struct Incoming<'a> {
    #[serde(borrow, default)]
    pub(super) id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) method: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) params: Option<&'a RawValue>,
}

/// Spells the answer to a request.
pub(super) fn answer(id: Option<&RawValue>, result: Result<Box<RawValue>, RpcError>) -> String {
    let answer = Object::new().raw("id", id.map_or("null", RawValue::get));
    let answer = match result {
        Ok(result) => answer.raw("result", result.get()),
        Err(error) => {
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
    text.parse().map_err(|error: Error| match &error {
        Error::InvalidThreadId { reason, .. } => {
            RpcError::told(&error, format!("invalid {name} id: {reason}"))
        }
        _ => error.into(),
    })
}
