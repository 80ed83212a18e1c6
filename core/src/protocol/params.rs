//! Parameters, read by name: what is wrong with them is said in the words of the reference.
//!
//! One small reader serves all methods, where a type each would carry a parser of its own. A field is
//! only parsed when somebody asks for it, so a large or deep one that nobody does costs nothing.

use serde_json::Value;
use serde_json::value::RawValue;

use super::rpc::{RpcError, reason, thread_id};
use crate::fields::Entries;
use crate::id::ThreadId;
use crate::query::SortDirection;

/// The parameters of one request. Fields that nobody asks for are ignored; null is as good as left
/// out unless a method says otherwise.
#[derive(Debug, Default)]
pub(super) struct Params<'a>(Vec<(String, &'a RawValue)>);

/// Refuses a request that does not have the shape of its method.
pub(super) fn invalid(reason: &str) -> RpcError {
    RpcError::refused(format!("Invalid request: {reason}"))
}

impl<'a> Params<'a> {
    pub(super) fn read(raw: Option<&'a RawValue>) -> Result<Self, RpcError> {
        let text = raw.map(RawValue::get).filter(|text| *text != "null").unwrap_or("{}");
        if text.starts_with('{') {
            return Self::of(text);
        }
        Err(wrong(&parse(text)?, "a map"))
    }

    /// Reads the fields of a JSON object that is known to be one.
    pub(super) fn of(json: &'a str) -> Result<Self, RpcError> {
        let Entries(fields) = parse(json)?;
        Ok(Self(fields))
    }

    /// Returns a field as it was sent, unless it is null.
    pub(super) fn raw(&self, field: &str) -> Option<&'a RawValue> {
        self.sent(field).filter(|raw| raw.get() != "null")
    }

    /// Returns a field as it was sent: of several with its name, the last.
    fn sent(&self, field: &str) -> Option<&'a RawValue> {
        self.0.iter().rfind(|(name, _)| name == field).map(|(_, raw)| *raw)
    }

    /// Tells whether a field is there at all, null or not.
    pub(super) fn names(&self, field: &str) -> bool {
        self.sent(field).is_some()
    }

    /// Tells whether a request makes use of a field: `false` and null do not, but for a project, since
    /// a list without one is another list.
    pub(super) fn uses(&self, field: &str) -> bool {
        match self.sent(field).map(RawValue::get) {
            None | Some("false") => false,
            Some("null") => field == "projectId",
            Some(_) => true,
        }
    }

    /// Tells whether a field has a value.
    pub(super) fn has(&self, field: &str) -> bool {
        self.raw(field).is_some()
    }

    pub(super) fn value(&self, field: &str) -> Result<Option<Value>, RpcError> {
        self.raw(field).map(|raw| parse(raw.get())).transpose()
    }

    pub(super) fn text(&self, field: &str) -> Result<Option<String>, RpcError> {
        match self.value(field)? {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong(&other, "a string")),
        }
    }

    /// Reads a text that must be there; null is no text.
    pub(super) fn required(&self, field: &str) -> Result<String, RpcError> {
        match self.text(field)? {
            Some(text) => Ok(text),
            None if self.names(field) => Err(wrong(&Value::Null, "a string")),
            None => Err(missing(field)),
        }
    }

    pub(super) fn flag(&self, field: &str) -> Result<Option<bool>, RpcError> {
        match self.value(field)? {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(other) => Err(wrong(&other, "a boolean")),
        }
    }

    pub(super) fn integer(&self, field: &str) -> Result<Option<i64>, RpcError> {
        match self.value(field)? {
            None => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or_else(|| wrong(&value, "i64")),
        }
    }

    /// Reads the size of a page: `default` if left out, never fewer than 1 or more than `most`.
    pub(super) fn limit(&self, default: u32, most: u32) -> Result<u32, RpcError> {
        let Some(value) = self.value("limit")? else { return Ok(default) };
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        let out_of_range = || match &value {
            Value::Number(number) if !number.is_f64() => {
                invalid(&format!("invalid value: integer `{number}`, expected u32"))
            }
            other => wrong(other, "u32"),
        };
        Ok(number.ok_or_else(out_of_range)?.clamp(1, most))
    }

    pub(super) fn direction(&self) -> Result<Option<SortDirection>, RpcError> {
        Ok(match self.choice("sortDirection", &["asc", "desc"])? {
            None => None,
            Some("asc") => Some(SortDirection::Asc),
            Some(_) => Some(SortDirection::Desc),
        })
    }

    /// Reads one of several words.
    pub(super) fn choice(
        &self,
        field: &str,
        among: &[&'static str],
    ) -> Result<Option<&'static str>, RpcError> {
        let Some(word) = self.text(field)? else { return Ok(None) };
        let found = among.iter().find(|known| **known == word);
        found.map(|known| Some(*known)).ok_or_else(|| unknown_variant(&word, among))
    }

    /// Reads a list of texts.
    pub(super) fn texts(&self, field: &str) -> Result<Option<Vec<String>>, RpcError> {
        let list = match self.value(field)? {
            None => return Ok(None),
            Some(Value::Array(list)) => list,
            Some(other) => return Err(wrong(&other, "a sequence")),
        };
        let text = |value: Value| match value {
            Value::String(text) => Ok(text),
            other => Err(wrong(&other, "a string")),
        };
        list.into_iter().map(text).collect::<Result<_, _>>().map(Some)
    }

    /// Reads a list whose members stay as they were sent.
    pub(super) fn list(&self, field: &str) -> Result<Vec<&'a RawValue>, RpcError> {
        let raw = self.raw(field).ok_or_else(|| missing(field))?;
        if raw.get().starts_with('[') {
            return parse(raw.get());
        }
        Err(wrong(&parse(raw.get())?, "a sequence"))
    }

    /// Reads the thread that the request is about; `kind` is what the reference calls its id.
    pub(super) fn thread(&self, kind: &str) -> Result<ThreadId, RpcError> {
        thread_id(&self.required("threadId")?, kind)
    }

    /// Reads the parameters within a field.
    pub(super) fn within(&self, field: &str) -> Result<Option<Params<'a>>, RpcError> {
        self.raw(field).map(|raw| Params::read(Some(raw))).transpose()
    }
}

pub(super) fn missing(field: &str) -> RpcError {
    invalid(&format!("missing field `{field}`"))
}

pub(super) fn unknown_variant(word: &str, among: &[&str]) -> RpcError {
    let known: Vec<String> = among.iter().map(|known| format!("`{known}`")).collect();
    let word = crate::error::excerpt(word);
    let known = known.join(", ");
    invalid(&format!("unknown variant `{word}`, expected one of {known}"))
}

fn parse<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Result<T, RpcError> {
    serde_json::from_str(text).map_err(|error| invalid(&reason(&error)))
}

fn wrong(value: &Value, expected: &str) -> RpcError {
    let found = match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => format!("boolean `{flag}`"),
        Value::Number(number) if number.is_f64() => format!("floating point `{number}`"),
        Value::Number(number) => format!("integer `{number}`"),
        Value::String(text) => format!("string {:?}", crate::error::excerpt(text)),
        Value::Array(_) => "sequence".to_owned(),
        Value::Object(_) => "map".to_owned(),
    };
    invalid(&format!("invalid type: {found}, expected {expected}"))
}
