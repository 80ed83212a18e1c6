//! `thread/attachment/*` and `thread/attachmentOwner/list`: what threads have to do with things that
//! others keep, such as a pull request or a ticket.

use serde_json::value::RawValue;

use super::Call;
use super::documents::{change, field, number, page, put, read};
use super::json::Object;
use super::params::{Params, missing};
use super::rpc::RpcError;
use crate::document::{Document, DocumentChange};
use crate::id::new_uuid;
use crate::storage::Storage;

pub(super) const ATTACHMENTS: &str = "attachments";

type Answer = Result<Box<RawValue>, RpcError>;

/// The same thing attached twice is attached once.
pub(super) async fn add<S: Storage>(call: &Call<'_, S>, params: Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let (kind, key) = (params.required("attachmentType")?, params.required("identityKey")?);
    if !params.names("payload") {
        return Err(missing("payload"));
    }
    let payload = params.raw("payload").map_or("null", RawValue::get);
    let there = read(call, Some(id), ATTACHMENTS).await.unwrap_or_default();
    let (attached, outcome) = match there.iter().find(|it| is(it, &kind, &key)) {
        Some(there) => (there.clone(), "existing"),
        None => {
            let name = new_uuid(&**call.threads.store().env()).to_string();
            let value = Object::new().number("createdAt", call.now()).raw("payload", payload);
            let put = put(&spell(&name, &kind, &key), value, None)?;
            let DocumentChange::Put { document, .. } = &put else { return Err(missing("payload")) };
            let attached = document.clone();
            change(call, Some(id), ATTACHMENTS, put).await?;
            (attached, "created")
        }
    };
    Object::new().raw("attachment", &wire(&attached)).text("outcome", outcome).answer()
}

pub(super) async fn list<S: Storage>(call: &Call<'_, S>, params: Params<'_>) -> Answer {
    let attached = read(call, Some(params.thread("thread")?), ATTACHMENTS).await?;
    page(&params, attached.into_iter().map(|it| (parts(&it.id).0.to_owned(), wire(&it))).collect())
}

pub(super) async fn remove<S: Storage>(call: &Call<'_, S>, params: Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let (kind, key) = (params.required("attachmentType")?, params.required("identityKey")?);
    let attached = read(call, Some(id), ATTACHMENTS).await?;
    if let Some(there) = attached.into_iter().find(|it| is(it, &kind, &key)) {
        change(call, Some(id), ATTACHMENTS, DocumentChange::Remove { id: there.id }).await?;
    }
    Object::new().answer()
}

/// Active and archived threads alike, unless the request says which.
pub(super) async fn owners<S: Storage>(call: &Call<'_, S>, params: Params<'_>) -> Answer {
    let (kind, key) = (params.required("attachmentType")?, params.required("identityKey")?);
    let wanted = params.flag("archived")?;
    let mut owners = Vec::new();
    for (id, documents) in call.threads.store().owners(ATTACHMENTS).await? {
        if !documents.iter().any(|it| is(it, &kind, &key)) {
            continue;
        }
        // One that was deleted since is no owner.
        let Ok(thread) = call.threads.read(id).await else { continue };
        if wanted.is_none_or(|archived| archived == thread.archived()) {
            let archived = if thread.archived() { "true" } else { "false" };
            let owner = Object::new().text("threadId", &id.to_string()).raw("archived", archived);
            owners.push((id.to_string(), owner.json()));
        }
    }
    page(&params, owners)
}

/// A document's id names the attachment, its type and its key, so that its removal tells of all.
fn spell(name: &str, kind: &str, key: &str) -> String {
    format!("{name}|{}|{kind}{key}", kind.len())
}

/// Returns an attachment's id, its type and its key.
pub(super) fn parts(id: &str) -> (&str, &str, &str) {
    let parsed = || {
        let (name, rest) = id.split_once('|')?;
        let (length, rest) = rest.split_once('|')?;
        let (kind, key) = rest.split_at_checked(length.parse().ok()?)?;
        Some((name, kind, key))
    };
    parsed().unwrap_or((id, "", ""))
}

fn is(document: &Document, kind: &str, key: &str) -> bool {
    let (_, its_kind, its_key) = parts(&document.id);
    (its_kind, its_key) == (kind, key)
}

fn wire(attached: &Document) -> String {
    let (name, kind, key) = parts(&attached.id);
    Object::new()
        .text("id", name)
        .text("attachmentType", kind)
        .text("identityKey", key)
        .raw("payload", field(attached, "payload").map_or("null", RawValue::get))
        .number("createdAt", number(attached, "createdAt").div_euclid(1000))
        .json()
}
