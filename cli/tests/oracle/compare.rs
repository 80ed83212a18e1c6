//! Compares what was recorded with what was answered, but for the paths that are listed here.

use serde_json::{Map, Value};

/// Fields that are not compared, wherever they are, and why.
const NORMALISED: [(&str, &str); 5] = [
    ("path", "a history is no file here"),
    ("environments", "a store runs nothing, so it knows no environments"),
    ("canAcceptDirectInput", "a store runs nothing, so it takes no input"),
    ("historyMode", "every history can be read page by page here"),
    ("data", "errors carry the store's own code beside the reference's"),
];

/// Fields that are not compared where the recording has null, and why.
const NULL_IN_THE_RECORDING: [(&str, &str); 3] = [
    ("parentThreadId", "the reference tells a thread's parent only to lists that ask for one"),
    ("model", "the reference forgets the model of a thread that is closed"),
    ("rootTurnId", "the reference knows it only of turns that it ran"),
];

/// Times of the run itself are later than this; those of the generated histories are earlier.
const RUN: i64 = 1_790_000_000;

/// Times, in seconds or milliseconds.
const TIMES: [&str; 7] = [
    "createdAt",
    "updatedAt",
    "recencyAt",
    "startedAt",
    "completedAt",
    "startedAtMs",
    "completedAtMs",
];

/// Returns the place and the values of the first difference.
pub(crate) fn difference(expected: &Value, actual: &Value) -> Option<String> {
    differ("$", expected, actual)
}

/// Takes out what is not compared: what is left is compared to the letter.
pub(crate) fn normalise(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, value| !is_normalised(name, value));
            for (name, value) in fields.iter_mut() {
                if is_of_the_run(name, value) {
                    *value = "<time of the run>".into();
                }
                normalise(value);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(normalise),
        _ => {}
    }
}

/// Takes out of `actual` what the recording does not know.
pub(crate) fn align(expected: &mut Value, actual: &mut Value) {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            for (name, _) in NULL_IN_THE_RECORDING {
                if expected.get(name).is_some_and(Value::is_null) {
                    expected.remove(name);
                    actual.remove(name);
                }
            }
            for (name, expected) in expected.iter_mut() {
                if let Some(actual) = actual.get_mut(name) {
                    align(expected, actual);
                }
            }
        }
        (Value::Array(expected), Value::Array(actual)) => {
            expected.iter_mut().zip(actual).for_each(|(expected, actual)| align(expected, actual));
        }
        _ => {}
    }
}

/// `data` is the store's code in an error, and the page in an answer.
fn is_normalised(name: &str, value: &Value) -> bool {
    let listed = NORMALISED.iter().any(|(listed, _)| *listed == name);
    listed && (name != "data" || value.get("retryable").is_some())
}

fn is_of_the_run(name: &str, value: &Value) -> bool {
    match value {
        Value::Number(_) if TIMES.contains(&name) => value.as_i64().is_some_and(|at| at >= RUN),
        Value::String(text) if name.ends_with("Cursor") => text.starts_with("2026-"),
        _ => false,
    }
}

fn differ(path: &str, expected: &Value, actual: &Value) -> Option<String> {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            let names =
                expected.keys().chain(actual.keys().filter(|name| !expected.contains_key(*name)));
            names.into_iter().find_map(|name| {
                let path = format!("{path}.{name}");
                match (expected.get(name), actual.get(name)) {
                    (Some(expected), Some(actual)) => differ(&path, expected, actual),
                    (Some(expected), None) => Some(format!("{path}: {expected} is missing")),
                    (None, actual) => Some(format!("{path}: {actual:?} is too much")),
                }
            })
        }
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            let pairs = expected.iter().zip(actual).enumerate();
            pairs.into_iter().find_map(|(index, (expected, actual))| {
                differ(&format!("{path}[{index}]"), expected, actual)
            })
        }
        _ if expected == actual => None,
        _ => Some(format!("{path}: expected {expected}, found {actual}")),
    }
}

/// Returns the JSON pointers of everything in a value that has no parts.
pub(crate) fn leaves(value: &Value) -> Vec<String> {
    let below = |name: &str, value: &Value| -> Vec<String> {
        let name = name.replace('~', "~0").replace('/', "~1");
        leaves(value).into_iter().map(|path| format!("/{name}{path}")).collect()
    };
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            fields.iter().flat_map(|(name, value)| below(name, value)).collect()
        }
        Value::Array(values) if !values.is_empty() => {
            let numbered = values.iter().enumerate();
            numbered.flat_map(|(index, value)| below(&index.to_string(), value)).collect()
        }
        _ => vec![String::new()],
    }
}

/// Changes one part of a value into something else.
pub(crate) fn change(value: &mut Value, path: &str) {
    let part = value.pointer_mut(path).expect("a path of this value");
    *part = match &*part {
        Value::String(text) => format!("{text}!").into(),
        Value::Number(number) => (number.as_i64().unwrap_or(0) + 1).into(),
        Value::Bool(flag) => (!flag).into(),
        Value::Null => "something".into(),
        Value::Array(_) => vec![Value::Null].into(),
        Value::Object(_) => Value::Object(Map::from_iter([("more".to_owned(), Value::Null)])),
    };
}
