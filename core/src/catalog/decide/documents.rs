//! Changing documents of a thread or of the store.

use super::super::Catalog;
use super::super::command::Decision;
use super::super::event::Event;
use crate::document::{Document, DocumentChange, change};
use crate::error::{Error, Result};
use crate::id::ThreadId;
use crate::limits::{MAX_COLLECTION, MAX_COLLECTION_BYTES, MAX_COLLECTIONS, MAX_TEXT};

/// An archived thread's documents may be changed; what changes nothing writes nothing.
pub(super) fn change_documents(
    catalog: &Catalog,
    owner: Option<ThreadId>,
    name: &str,
    what: &DocumentChange,
) -> Result<Decision> {
    check_text("collection", name)?;
    let before = catalog.collections(owner)?;
    let mut after = before.clone();
    change(&mut after, name, what);
    if after == *before {
        return Ok(Decision::default());
    }
    let documents = after.get(name).map(Vec::as_slice).unwrap_or_default();
    for document in documents {
        check_text("id", &document.id)?;
    }
    check("collections", after.len(), MAX_COLLECTIONS)?;
    check("collection", documents.len(), MAX_COLLECTION)?;
    let bytes = |it: &Document| it.id.len() + it.value.json().len();
    check("collection", documents.iter().map(bytes).sum(), MAX_COLLECTION_BYTES)?;
    let (collection, change) = (name.to_owned(), Box::new(what.clone()));
    Ok(Event::DocumentsChanged { thread: owner, collection, change }.into())
}

fn check(field: &str, size: usize, limit: usize) -> Result<()> {
    if size > limit { Err(Error::TooLarge { field: field.into(), size, limit }) } else { Ok(()) }
}

fn check_text(field: &str, text: &str) -> Result<()> {
    if text.is_empty() {
        let reason = "it must not be empty".into();
        return Err(Error::InvalidField { field: field.into(), reason });
    }
    check(field, text.len(), MAX_TEXT)
}
