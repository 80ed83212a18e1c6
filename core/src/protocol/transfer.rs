//! Exports and imports by pieces: `creel/export` hands the text out, `creel/import` takes it in.
//!
//! What is under way belongs to the client that began it and ends with it: a tree that is not whole
//! by then is left out.

use std::sync::{Mutex, PoisonError};

use serde_json::value::RawValue;

use super::Call;
use super::json::{Object, to_json};
use super::params::{Params, missing};
use super::rpc::RpcError;
use crate::error::{Error, excerpt};
use crate::export::Exporter;
use crate::import::{ImportIds, TreeImporter};
use crate::storage::Storage;

/// How many exports, and how many imports, a client has under way.
const MOST: usize = 4;

type Answer = Result<Box<RawValue>, RpcError>;

/// What a client exports and imports.
#[derive(Debug)]
pub(super) struct Transfers<S: Storage> {
    exports: Open<Exporter<S>>,
    imports: Open<TreeImporter<S>>,
}

impl<S: Storage> Default for Transfers<S> {
    fn default() -> Self {
        Self { exports: Open::new("export"), imports: Open::new("import") }
    }
}

/// Begins an export or carries it on, and answers with its next lines.
pub(super) async fn export<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let open = &call.transfers.exports;
    let (id, mut exporter) = match open.resume(params)? {
        Some(under_way) => under_way,
        None => {
            let id = open.begin()?;
            let store = call.threads.store().clone();
            let exporter = match params.has("threadId") {
                true => Exporter::tree(store, params.thread("thread")?).await?,
                false => Exporter::all(store),
            };
            (id, exporter)
        }
    };
    let cancelled = params.flag("cancel")?.unwrap_or_default();
    let lines = if cancelled { None } else { exporter.next().await? };
    let answer = Object::new()
        .text_or_null("export", lines.is_some().then_some(&*id))
        .text("data", lines.as_deref().unwrap_or_default())
        .raw("progress", &to_json(&exporter.progress())?);
    if lines.is_some() {
        open.keep(id, exporter);
    }
    answer.answer()
}

/// Begins an import or carries it on with the next piece of the text; the last one is answered with
/// the report.
pub(super) async fn import<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let open = &call.transfers.imports;
    let cancelled = params.flag("cancel")?.unwrap_or_default();
    let done = params.flag("done")?.unwrap_or_default();
    let data = params.text("data")?;
    if data.is_none() && !done && !cancelled {
        return Err(missing("data"));
    }
    let (id, mut importer) = match open.resume(params)? {
        Some(under_way) => under_way,
        None => {
            let ids = match params.choice("ids", &["keep", "renew"])? {
                Some("renew") => ImportIds::Renew,
                _ => ImportIds::Keep,
            };
            (open.begin()?, TreeImporter::new(call.threads.store().clone(), ids, "data"))
        }
    };
    if let Some(data) = data.filter(|_| !cancelled) {
        importer.feed(data.as_bytes()).await?;
    }
    let answer = Object::new();
    let progress = to_json(&importer.progress())?;
    let answer = match (cancelled, done) {
        (true, _) => answer.null("import").null("report"),
        (_, true) => answer.null("import").raw("report", &to_json(&importer.finish().await?)?),
        _ => {
            open.keep(id.clone(), importer);
            answer.text("import", &id).null("report")
        }
    };
    answer.raw("progress", &progress).answer()
}

/// What is under way, by the ids that the client knows it by.
#[derive(Debug)]
struct Open<T> {
    /// The parameter that carries an id.
    field: &'static str,
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    begun: u64,
    /// One that a call works on is not in here.
    idle: Vec<(String, T)>,
}

impl<T> Open<T> {
    fn new(field: &'static str) -> Self {
        Self { field, state: Mutex::new(State { begun: 0, idle: Vec::new() }) }
    }

    /// Takes out what the parameters name; a call that fails does not bring it back.
    fn resume(&self, params: &Params<'_>) -> Result<Option<(String, T)>, RpcError> {
        let Some(id) = params.text(self.field)? else { return Ok(None) };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.idle.iter().position(|(known, _)| *known == id) {
            Some(at) => Ok(Some(state.idle.swap_remove(at))),
            None => {
                let reason = format!(
                    "`{}` is not waiting for a call: it has ended, has failed, or is at work",
                    excerpt(&id)
                );
                Err(Error::InvalidField { field: self.field.into(), reason }.into())
            }
        }
    }

    fn begin(&self) -> Result<String, RpcError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.idle.len() >= MOST {
            let reason = format!("{MOST} are under way; end or cancel one first");
            return Err(Error::InvalidField { field: self.field.into(), reason }.into());
        }
        state.begun += 1;
        Ok(state.begun.to_string())
    }

    fn keep(&self, id: String, under_way: T) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).idle.push((id, under_way));
    }
}
