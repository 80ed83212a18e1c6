//! The arguments of a call by their names, and its answer as JSON. A wrong argument is an error that
//! names it, as the bindings of the wasm package say it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::error::{Error, Result, excerpt};
use crate::id::ThreadId;
use crate::item::Item;
use crate::protocol::json::to_json;
use crate::protocol::rpc::{INTERNAL, RpcError, reason};

/// What a call was given.
#[derive(Debug)]
pub(super) struct Given<'a>(BTreeMap<Cow<'a, str>, &'a RawValue>);

impl<'a> Given<'a> {
    pub(super) fn read(params: Option<&'a RawValue>) -> Result<Self> {
        let text = params.map(RawValue::get).filter(|text| *text != "null").unwrap_or("{}");
        parse(text).map(Self).map_err(|reason| invalid("params", reason))
    }

    /// Reads an object; one that was left out is the default.
    pub(super) fn object<T: DeserializeOwned + Default>(&self, name: &str) -> Result<T> {
        let Some(raw) = self.raw(name) else { return Ok(T::default()) };
        if !raw.get().starts_with('{') {
            return Err(invalid(name, "it must be an object".to_owned()));
        }
        parse(raw.get()).map_err(|reason| {
            let fields: BTreeMap<Cow<'_, str>, &RawValue> = parse(raw.get()).unwrap_or_default();
            // Serde does not say which field it refused, so each is tried alone.
            let alone = |(field, value): &(&Cow<'_, str>, &&RawValue)| {
                let text = format!("{{{}:{}}}", serde_json::Value::from(&***field), value.get());
                parse::<T>(&text).is_err()
            };
            let culprit = fields.iter().find(alone);
            invalid(culprit.map_or(name, |(field, _)| field), reason)
        })
    }

    /// Reads a value that must be there.
    pub(super) fn value<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        let raw = self.raw(name).ok_or_else(|| invalid(name, "it is missing".to_owned()))?;
        parse(raw.get()).map_err(|reason| invalid(name, reason))
    }

    /// Reads a value that may be left out or null.
    pub(super) fn optional<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        self.raw(name).map(|_| self.value(name)).transpose()
    }

    pub(super) fn text(&self, name: &str) -> Result<String> {
        self.value(name)
    }

    /// Reads a number that counts something.
    pub(super) fn whole(&self, name: &str) -> Result<u64> {
        let number: serde_json::Number = self.value(name)?;
        let no_count = || invalid(name, format!("`{number}` is no count"));
        number.as_u64().ok_or_else(no_count)
    }

    /// Reads the id of a thread.
    pub(super) fn thread(&self, name: &str) -> Result<ThreadId> {
        ThreadId::from_str(&self.text(name)?)
    }

    /// Reads a UUID.
    pub(super) fn uuid<T: FromStr>(&self, name: &str) -> Result<T> {
        let text = self.text(name)?;
        text.parse().map_err(|_| invalid(name, format!("`{}` is not a UUID", excerpt(&text))))
    }

    fn raw(&self, name: &str) -> Option<&'a RawValue> {
        self.0.get(name).copied().filter(|raw| raw.get() != "null")
    }
}

/// Reads items: a JSON array, or one JSON object a line.
pub(super) fn items(name: &str, text: &str) -> Result<Vec<Item>> {
    if text.trim_start().starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(text)
            .map_err(|cause| invalid(name, format!("no JSON array: {cause}")))?;
        return items.into_iter().enumerate().map(|(n, item)| Item::of_raw(item, n)).collect();
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.enumerate().map(|(n, line)| Item::at_index(line, n)).collect()
}

pub(super) fn answer<T: Serialize>(value: &T) -> std::result::Result<Box<RawValue>, RpcError> {
    RawValue::from_string(to_json(value)?)
        .map_err(|error| RpcError::new(INTERNAL, error.to_string()))
}

pub(super) fn nothing() -> std::result::Result<Box<RawValue>, RpcError> {
    answer(&())
}

fn invalid(field: &str, reason: String) -> Error {
    Error::InvalidField { field: field.to_owned(), reason }
}

fn parse<'a, T: serde::Deserialize<'a>>(text: &'a str) -> std::result::Result<T, String> {
    serde_json::from_str(text).map_err(|error| reason(&error))
}
