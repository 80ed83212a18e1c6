//! A storage written in JavaScript: four methods that answer promises, and optionally `watch` and
//! `scrub`.
//!
//! What the methods get and give is said in the TypeScript interface below, which is the contract
//! that authors of hosts read.

use std::cell::{Cell, RefCell};

use bytes::Bytes;
use creel::BoxFn;
use creel::storage::{
    Batch, Durability, Key, KeyRange, Order, Page, Scrubbed, Storage, StorageError, StorageResult,
    Table, Write,
};
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::errors::JsFailure;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("host.d.ts");

#[wasm_bindgen]
extern "C" {
    /// An object with the methods of the TypeScript interface `StorageHost`.
    #[wasm_bindgen(typescript_type = "StorageHost")]
    #[derive(Clone, Debug)]
    pub type Host;

    #[wasm_bindgen(method, catch)]
    fn get(this: &Host, table: &str, keys: Array) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn scan(
        this: &Host,
        table: &str,
        range: Object,
        limit: f64,
        order: &str,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn commit(this: &Host, batch: Object, durability: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn close(this: &Host) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn watch(this: &Host, callback: &Function) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn scrub(this: &Host) -> Result<JsValue, JsValue>;
}

/// Keeps a store in a JavaScript host.
#[derive(Debug)]
pub struct JsHost {
    host: Host,
    closed: Cell<bool>,
    watchers: RefCell<Vec<Closure<dyn Fn()>>>,
}

impl JsHost {
    /// Wraps a host that is open.
    pub fn new(host: Host) -> Self {
        Self { host, closed: Cell::new(false), watchers: RefCell::default() }
    }

    fn open(&self) -> StorageResult<&Host> {
        if self.closed.get() { Err(StorageError::Closed) } else { Ok(&self.host) }
    }
}

impl Storage for JsHost {
    async fn get(&self, table: Table, keys: Vec<Key>) -> StorageResult<Vec<Option<Bytes>>> {
        let asked = keys.len();
        let keys: Array = keys.iter().map(|key| JsValue::from_str(key)).collect();
        let answer = settle(self.open()?.get(table.name(), keys)).await?;
        let values = array("get", &answer)?;
        if values.length() as usize != asked {
            return Err(misbehaved("get", "as many values as keys"));
        }
        let value = |value: JsValue| {
            if value.is_undefined() { Ok(None) } else { bytes("get", &value).map(Some) }
        };
        values.iter().map(value).collect()
    }

    async fn scan(
        &self,
        table: Table,
        range: KeyRange,
        limit: usize,
        order: Order,
    ) -> StorageResult<Page> {
        let order = match order {
            Order::Ascending => "ascending",
            Order::Descending => "descending",
        };
        let range = object(&[("start", range.start.into()), ("end", range.end.into())]);
        let host = self.open()?;
        let answer = settle(host.scan(table.name(), range, limit as f64, order)).await?;
        let records = property(&answer, "records");
        let record = |record: JsValue| {
            let record = array("scan", &record)?;
            let key = record.get(0).as_string();
            let key = key.ok_or_else(|| misbehaved("scan", "records of a key and a value"))?;
            Ok((key, bytes("scan", &record.get(1))?))
        };
        let records = array("scan", &records)?.iter().map(record).collect::<StorageResult<_>>()?;
        Ok(Page { records, more: property(&answer, "more").is_truthy() })
    }

    async fn commit(&self, batch: Batch, durability: Durability) -> StorageResult<()> {
        let checks: Array = batch
            .checks
            .into_iter()
            .map(|check| object(&[("table", name(check.table)), ("key", check.key.into())]))
            .collect();
        let writes: Array = batch.writes.into_iter().map(write).collect();
        let batch = object(&[("checks", checks.into()), ("writes", writes.into())]);
        let durability = match durability {
            Durability::Relaxed => "relaxed",
            Durability::Strict => "strict",
        };
        settle(self.open()?.commit(batch, durability)).await.map(drop)
    }

    async fn close(&self) -> StorageResult<()> {
        if self.closed.replace(true) {
            return Ok(());
        }
        let closed = settle(self.host.close()).await.map(drop);
        self.watchers.take();
        closed
    }

    async fn scrub(&self) -> StorageResult<Scrubbed> {
        let host = self.open()?;
        if !property(host, "scrub").is_function() {
            return Ok(Scrubbed::LogicalOnly);
        }
        let answer = settle(host.scrub()).await?;
        match answer.as_string().as_deref() {
            Some("physical") => Ok(Scrubbed::Physical),
            Some("logicalOnly") => Ok(Scrubbed::LogicalOnly),
            Some("prevented") => Ok(Scrubbed::Prevented),
            _ => Err(misbehaved("scrub", "\"physical\", \"logicalOnly\" or \"prevented\"")),
        }
    }

    fn watch(&self, callback: BoxFn<()>) -> bool {
        let Ok(host) = self.open() else { return false };
        if !property(host, "watch").is_function() {
            return false;
        }
        let callback = Closure::new(move || callback(()));
        let told = host.watch(callback.as_ref().unchecked_ref());
        self.watchers.borrow_mut().push(callback);
        told.is_ok_and(|told| told != false)
    }
}

fn write(write: Write) -> Object {
    match write {
        Write::Insert { table, key, value } => record("insert", table, key, &value),
        Write::Put { table, key, value } => record("put", table, key, &value),
        Write::Delete { table, key } => {
            object(&[("type", word("delete")), ("table", name(table)), ("key", key.into())])
        }
        Write::DeleteRange { table, range } => object(&[
            ("type", word("deleteRange")),
            ("table", name(table)),
            ("start", range.start.into()),
            ("end", range.end.into()),
        ]),
    }
}

fn record(kind: &'static str, table: Table, key: Key, value: &[u8]) -> Object {
    object(&[
        ("type", word(kind)),
        ("table", name(table)),
        ("key", key.into()),
        ("value", Uint8Array::from(value).into()),
    ])
}

fn name(table: Table) -> JsValue {
    word(table.name())
}

fn object(properties: &[(&'static str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in properties {
        // A fresh object takes every property.
        let _ = Reflect::set(&object, &word(name), value);
    }
    object
}

/// Returns a word of the contract as a JavaScript string, made once: each commit says a dozen.
fn word(word: &'static str) -> JsValue {
    thread_local! {
        static KNOWN: RefCell<Vec<(&'static str, JsValue)>> = const { RefCell::new(Vec::new()) };
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some((_, value)) = known.iter().find(|(one, _)| *one == word) {
            return value.clone();
        }
        let value = JsValue::from_str(word);
        known.push((word, value.clone()));
        value
    })
}

fn property(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

fn array<'a>(method: &str, value: &'a JsValue) -> StorageResult<&'a Array> {
    value.dyn_ref().ok_or_else(|| misbehaved(method, "an array"))
}

fn bytes(method: &str, value: &JsValue) -> StorageResult<Bytes> {
    let value: &Uint8Array =
        value.dyn_ref().ok_or_else(|| misbehaved(method, "values of type Uint8Array"))?;
    Ok(value.to_vec().into())
}

/// Waits for a host's answer, which may be a promise or a plain value.
async fn settle(answer: Result<JsValue, JsValue>) -> StorageResult<JsValue> {
    let promise = Promise::resolve(&answer.map_err(failure)?);
    JsFuture::from(promise).await.map_err(failure)
}

/// Reads what a host threw; what is no known code leaves the outcome unknown.
pub(crate) fn failure(thrown: JsValue) -> StorageError {
    let text = |field| property(&thrown, field).as_string();
    let number = |field| property(&thrown, field).as_f64().unwrap_or_default() as u32;
    let reason = || text("message").unwrap_or_default();
    match text("code").as_deref() {
        Some("conflict") => StorageError::Conflict,
        Some("quota_exceeded") => {
            StorageError::QuotaExceeded { cause: Some(std::sync::Arc::new(JsFailure::new(thrown))) }
        }
        Some("closed") => StorageError::Closed,
        Some("blocked") => StorageError::Blocked { reason: reason() },
        Some("corrupt") => {
            StorageError::Corrupt { key: text("key").unwrap_or_default(), reason: reason() }
        }
        Some("schema_too_new") => {
            StorageError::SchemaTooNew { found: number("found"), known: number("known") }
        }
        _ => {
            let retryable = property(&thrown, "retryable").is_truthy();
            StorageError::unavailable(retryable, JsFailure::new(thrown))
        }
    }
}

fn misbehaved(method: &str, expected: &str) -> StorageError {
    let reason = format!("the host's {method} must answer {expected}");
    StorageError::Unavailable { retryable: false, reason, cause: None }
}
