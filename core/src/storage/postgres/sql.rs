//! The statements, as text with numbered parameters. No value ever becomes a part of the text.
//!
//! Each names the store first, by which a distributed server finds the one shard that it is for.

use tokio_postgres::types::{ToSql, Type};

use super::plan::Plan;
use super::seen::PREFIX;
use crate::storage::{Durability, Key, KeyRange, Order, SCAN_BYTES, Table};

/// The most records of one page of a scan, so that what the server looks at stays bounded.
const SCAN_RECORDS: usize = 4096;

/// A statement and its parameters.
#[derive(Debug)]
pub(super) struct Query<'a> {
    pub(super) text: String,
    parameters: Vec<Parameter<'a>>,
}

#[derive(Debug)]
enum Parameter<'a> {
    Text(&'a str),
    Texts(Vec<&'a str>),
    Blob(&'a [u8]),
    Blobs(Vec<&'a [u8]>),
    Number(i64),
    Length(i32),
}

impl<'a> Query<'a> {
    fn new(text: String, store: &'a str) -> Self {
        Self { text, parameters: vec![Parameter::Text(store)] }
    }

    /// Adds a parameter and returns its place, `$2`.
    fn add(&mut self, parameter: Parameter<'a>) -> String {
        self.parameters.push(parameter);
        format!("${}", self.parameters.len())
    }

    pub(super) fn types(&self) -> Vec<Type> {
        self.parameters.iter().map(|parameter| parameter.parts().1).collect()
    }

    pub(super) fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.parameters.iter().map(|parameter| parameter.parts().0).collect()
    }

    pub(super) fn typed(&self) -> Vec<(&(dyn ToSql + Sync), Type)> {
        self.parameters.iter().map(Parameter::parts).collect()
    }
}

impl Parameter<'_> {
    fn parts(&self) -> (&(dyn ToSql + Sync), Type) {
        match self {
            Self::Text(text) => (text, Type::TEXT),
            Self::Texts(texts) => (texts, Type::TEXT_ARRAY),
            Self::Blob(blob) => (blob, Type::BYTEA),
            Self::Blobs(blobs) => (blobs, Type::BYTEA_ARRAY),
            Self::Number(number) => (number, Type::INT8),
            Self::Length(length) => (length, Type::INT4),
        }
    }
}

/// Notes the store, so that it has a row to be locked.
pub(super) fn enrol<'a>(schema: &str, store: &'a str) -> Query<'a> {
    let text = format!(
        "INSERT INTO \"{schema}\".store (name) SELECT $1 \
         WHERE NOT EXISTS (SELECT FROM \"{schema}\".store WHERE name = $1) ON CONFLICT DO NOTHING"
    );
    Query::new(text, store)
}

/// True in a transaction that has locked the store `$1`, and in no other.
const LOCKED: &str = "current_setting('creel.store', true) = $1";

/// Locks the store for the transaction, marks it as locked, and says how durable its commit must
/// be. A store that is not there is not locked.
///
/// Strict is what the server or the database is set to, which may ask for standbys too, but not
/// less than the server's own disk.
pub(super) fn lock<'a>(schema: &str, store: &'a str, durability: Durability) -> Query<'a> {
    let level = match durability {
        Durability::Relaxed => "'off'",
        Durability::Strict => {
            "CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' \
             ELSE current_setting('synchronous_commit') END"
        }
    };
    let text = format!(
        "SELECT set_config('synchronous_commit', {level}, true), \
         set_config('creel.store', name, true) FROM \"{schema}\".store WHERE name = $1 FOR UPDATE"
    );
    Query::new(text, store)
}

/// Checks and writes a batch, and answers whether the checks held; without, nothing is written.
pub(super) fn apply<'a>(schema: &str, store: &'a str, plan: &'a Plan) -> Query<'a> {
    let mut query = Query::new(String::new(), store);
    let mut checks = vec![LOCKED.to_owned()];
    let mut writes = Vec::new();
    for (table, changes) in Table::ALL.into_iter().zip(&plan.0) {
        let name = format!("\"{schema}\".{}", table.name());
        let same = |key: &Key| changes.same.iter().any(|(same, _)| same == key);
        let exist: Vec<&str> =
            changes.exist.iter().filter(|key| !same(key)).map(String::as_str).collect();
        if !exist.is_empty() {
            let keys = query.add(Parameter::Texts(exist));
            checks.push(format!(
                "(SELECT count(*) FROM {name} WHERE store = $1 AND key = ANY ({keys})) \
                 = cardinality({keys})"
            ));
        }
        for (key, mark) in &changes.same {
            let key = query.add(Parameter::Text(key));
            let length = query.add(Parameter::Length(mark.length));
            let prefix = query.add(Parameter::Blob(&mark.prefix));
            checks.push(format!(
                "EXISTS (SELECT FROM {name} WHERE store = $1 AND key = {key} \
                 AND octet_length(value) = {length} \
                 AND substring(value FROM 1 FOR {PREFIX}) = {prefix})"
            ));
        }
        if !changes.absent.is_empty() {
            let keys = query.add(texts(&changes.absent));
            checks.push(format!(
                "NOT EXISTS (SELECT FROM {name} WHERE store = $1 AND key = ANY ({keys}))"
            ));
        }
        let gate = "(SELECT held FROM checked)";
        if !changes.delete.is_empty() {
            let keys = query.add(texts(&changes.delete));
            writes.push(format!(
                "DELETE FROM {name} WHERE store = $1 AND key = ANY ({keys}) AND {gate}"
            ));
        }
        if !changes.ranges.is_empty() {
            writes.push(delete_ranges(&mut query, &name, plan, table, gate));
        }
        if !changes.put.is_empty() {
            let keys = query.add(texts(changes.put.iter().map(|(key, _)| key)));
            let values = changes.put.iter().map(|(_, value)| &value[..]).collect();
            let values = query.add(Parameter::Blobs(values));
            let replace = if changes.only_inserts() {
                ""
            } else {
                " ON CONFLICT (store, key) DO UPDATE SET value = excluded.value"
            };
            writes.push(format!(
                "INSERT INTO {name} (store, key, value) SELECT $1, put.key, put.value \
                 FROM unnest({keys}, {values}) AS put (key, value) WHERE {gate}{replace}"
            ));
        }
    }
    let mut parts = vec![format!("checked AS (SELECT {} AS held)", checks.join(" AND "))];
    let numbered = writes.iter().enumerate().map(|(n, write)| format!("write_{n} AS ({write})"));
    parts.extend(numbered);
    query.text = format!("WITH {} SELECT held FROM checked", parts.join(", "));
    query
}

/// Deletes the records of ranges but those that the batch puts there.
fn delete_ranges<'a>(
    query: &mut Query<'a>,
    name: &str,
    plan: &'a Plan,
    table: Table,
    gate: &str,
) -> String {
    let changes = &plan.0[super::plan::index(table)];
    let starts = changes.ranges.iter().map(|range| range.start.as_str()).collect();
    let ends = changes.ranges.iter().map(|range| range.end.as_str()).collect();
    let (starts, ends) = (query.add(Parameter::Texts(starts)), query.add(Parameter::Texts(ends)));
    let kept: Vec<&str> = changes
        .put
        .iter()
        .map(|(key, _)| key.as_str())
        .filter(|key| changes.in_a_range(key))
        .collect();
    let but = if kept.is_empty() {
        String::new()
    } else {
        format!(" AND gone.key <> ALL ({})", query.add(Parameter::Texts(kept)))
    };
    format!(
        "DELETE FROM {name} AS gone USING unnest({starts}, {ends}) AS range (low, high) \
         WHERE gone.store = $1 AND gone.key >= range.low AND gone.key < range.high{but} AND {gate}"
    )
}

fn texts<'a>(keys: impl IntoIterator<Item = &'a Key>) -> Parameter<'a> {
    Parameter::Texts(keys.into_iter().map(String::as_str).collect())
}

/// Reads the records of `keys` that are there.
pub(super) fn get<'a>(schema: &str, store: &'a str, table: Table, keys: &'a [Key]) -> Query<'a> {
    let mut query = Query::new(String::new(), store);
    let keys = query.add(texts(keys));
    query.text = format!(
        "SELECT key, value FROM \"{schema}\".{} WHERE store = $1 AND key = ANY ({keys})",
        table.name()
    );
    query
}

/// Reads a page of a range: key, value, and how many records there were to choose from.
///
/// The server adds up lengths, which it knows without reading the values, and sends no more
/// records than the page holds.
pub(super) fn scan<'a>(
    schema: &str,
    store: &'a str,
    table: Table,
    range: &'a KeyRange,
    limit: usize,
    order: Order,
) -> Query<'a> {
    let limit = i64::try_from(limit.min(SCAN_RECORDS)).unwrap_or(i64::MAX);
    let mut query = Query::new(String::new(), store);
    let start = query.add(Parameter::Text(&range.start));
    let end = query.add(Parameter::Text(&range.end));
    let looked_at = query.add(Parameter::Number(limit + 1));
    let limit = query.add(Parameter::Number(limit));
    let bytes = query.add(Parameter::Number(i64::try_from(SCAN_BYTES).unwrap_or(i64::MAX)));
    let direction = match order {
        Order::Ascending => "ASC",
        Order::Descending => "DESC",
    };
    query.text = format!(
        "SELECT key, value, total FROM (\
           SELECT key, value, row_number() OVER (ORDER BY key {direction}) AS place, \
             count(*) OVER () AS total, \
             sum(octet_length(key) + octet_length(value)) \
               OVER (ORDER BY key {direction} ROWS UNBOUNDED PRECEDING) \
               - octet_length(key) - octet_length(value) AS ahead \
           FROM (SELECT key, value FROM \"{schema}\".{} \
             WHERE store = $1 AND key >= {start} AND key < {end} \
             ORDER BY key {direction} LIMIT {looked_at}) AS looked_at) AS measured \
         WHERE place <= {limit} AND ahead < {bytes} ORDER BY key {direction}",
        table.name()
    );
    query
}

/// Deletes everything of a store; the transaction holds its lock.
pub(super) fn destroy<'a>(schema: &str, store: &'a str) -> Query<'a> {
    let tables = Table::ALL.map(|table| {
        let name = table.name();
        format!("{name}s AS (DELETE FROM \"{schema}\".{name} WHERE store = $1)")
    });
    let text = format!("WITH {} DELETE FROM \"{schema}\".store WHERE name = $1", tables.join(", "));
    Query::new(text, store)
}

/// Reads a page of the names of stores that come after `after`.
pub(super) fn names<'a>(schema: &str, after: &'a str) -> Query<'a> {
    let text =
        format!("SELECT name FROM \"{schema}\".store WHERE name > $1 ORDER BY name LIMIT 10000");
    Query::new(text, after)
}

/// Reads the newest journal key of each of some stores.
pub(super) fn tips<'a>(schema: &str, stores: Vec<&'a str>) -> Query<'a> {
    let text = format!(
        "SELECT named.name, (SELECT key FROM \"{schema}\".journal WHERE store = named.name \
           ORDER BY key DESC LIMIT 1) FROM unnest($1) AS named (name)"
    );
    Query { text, parameters: vec![Parameter::Texts(stores)] }
}

/// Tells the listeners of a channel; what is told need not outlive the server.
pub(super) fn notify<'a>(channel: &'a str, payloads: Vec<&'a str>) -> Query<'a> {
    let text = "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, payload) \
                FROM unnest($2) AS told (payload)";
    Query {
        text: text.into(),
        parameters: vec![Parameter::Text(channel), Parameter::Texts(payloads)],
    }
}
