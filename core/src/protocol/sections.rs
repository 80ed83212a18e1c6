//! `threadSection/*` and `thread/section/move`: a person's own order of threads.
//!
//! A thread knows its section and its rank there; so it leaves the section with its deletion.

use serde_json::Value;
use serde_json::value::RawValue;

use super::Call;
use super::documents::{change, field, number, put, read, text};
use super::json::Object;
use super::kept::page;
use super::params::{Params, missing};
use super::rpc::{RpcError, thread_id};
use crate::document::{Document, DocumentChange};
use crate::id::{ThreadId, new_uuid};
use crate::storage::Storage;

/// The sections of the store, and the section of a thread.
pub(super) const SECTIONS: &str = "sections";
pub(super) const SECTION: &str = "section";
/// The one document of a collection that holds one value.
pub(super) const ONLY: &str = "only";
/// Between the ranks of neighbours there is room for this many to be put between them.
const GAP: i64 = 1 << 20;

type Answer = Result<Box<RawValue>, RpcError>;

pub(super) async fn list<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let sections = read(call, None, SECTIONS).await?;
    let entries: Vec<_> = sections.into_iter().map(|it| (it.id.clone(), wire(&it))).collect();
    page(&entries, params)?.answer()
}

pub(super) async fn create<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = new_uuid(&**call.threads.store().env()).to_string();
    keep(call, params, &id).await
}

pub(super) async fn update<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let section = find(call, &params.required("sectionId")?).await?;
    keep(call, params, &section.id).await
}

/// The threads of a section that is deleted are in none.
pub(super) async fn delete<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let section = find(call, &params.required("sectionId")?).await?;
    change(call, None, SECTIONS, DocumentChange::Remove { id: section.id }).await?;
    Object::new().answer()
}

/// A thread goes last in its section unless it is put before another one.
pub(super) async fn place<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    if !params.names("sectionId") {
        return Err(missing("sectionId"));
    }
    let Some(section) = params.text("sectionId")? else {
        change(call, Some(id), SECTION, DocumentChange::Remove { id: ONLY.into() }).await?;
        return Object::new().answer();
    };
    let section = find(call, &section).await?.id;
    let mut members = members(call, &section).await?;
    members.retain(|(member, _)| *member != id);
    let at = match params.text("beforeThreadId")? {
        None => members.len(),
        Some(before) => {
            let before = thread_id(&before, "thread")?;
            let place = members.iter().position(|(member, _)| *member == before);
            let refused = || RpcError::refused(format!("thread {before} is not in the section"));
            place.ok_or_else(refused)?
        }
    };
    let rank = |at: Option<usize>| at.and_then(|at| members.get(at)).map(|(_, rank)| *rank);
    let after = rank(at.checked_sub(1));
    let rank = match (after, rank(Some(at))) {
        (None, None) => 0,
        (Some(after), None) => after.saturating_add(GAP),
        (None, Some(before)) => before.saturating_sub(GAP),
        (Some(after), Some(before)) if before - after > 1 => after + (before - after) / 2,
        // No room: all that follow make some.
        (Some(after), Some(_)) => {
            for (n, (member, _)) in (2..).zip(&members[at..]) {
                join(call, *member, &section, after.saturating_add(n * GAP)).await?;
            }
            after.saturating_add(GAP)
        }
    };
    join(call, id, &section, rank).await?;
    Object::new().answer()
}

/// Returns the threads of a section with their ranks, in its order.
pub(super) async fn members<S: Storage>(
    call: &Call<'_, S>,
    section: &str,
) -> Result<Vec<(ThreadId, i64)>, RpcError> {
    let owners = call.threads.store().owners(SECTION).await?;
    let in_it = owners.into_iter().filter_map(|(id, documents)| {
        let own = documents.first().filter(|own| text(own, "id").as_deref() == Some(section))?;
        Some((id, number(own, "rank")))
    });
    let mut members: Vec<_> = in_it.collect();
    members.sort_unstable_by_key(|(id, rank)| (*rank, *id));
    Ok(members)
}

/// Returns the section of a thread as the wire has it, and when the thread entered it.
pub(super) fn of<S: Storage>(call: &Call<'_, S>, id: ThreadId) -> Option<(Value, i64)> {
    let store = call.threads.store();
    let own = store.documents_now(Some(id), SECTION).into_iter().next()?;
    let section = text(&own, "id")?;
    let sections = store.documents_now(None, SECTIONS);
    let section = sections.iter().find(|it| it.id == section)?;
    Some((serde_json::from_str(&wire(section)).ok()?, number(&own, "at").div_euclid(1000)))
}

async fn join<S: Storage>(
    call: &Call<'_, S>,
    id: ThreadId,
    section: &str,
    rank: i64,
) -> Result<(), RpcError> {
    let own = call.threads.store().documents_now(Some(id), SECTION).into_iter().next();
    let there = own.filter(|own| text(own, "id").as_deref() == Some(section));
    let at = there.map_or_else(|| call.now(), |own| number(&own, "at"));
    let value = Object::new().text("id", section).number("at", at).number("rank", rank);
    change(call, Some(id), SECTION, put(ONLY, value, None)?).await
}

async fn keep<S: Storage>(call: &Call<'_, S>, params: &Params<'_>, id: &str) -> Answer {
    let name = params.required("name")?;
    if name.trim().is_empty() {
        return Err(RpcError::refused("section name must not be empty"));
    }
    let mut value = Object::new().text("name", name.trim());
    if let Some(appearance) = params.within("appearance")? {
        let [color, icon] = [appearance.text("color")?, appearance.text("icon")?];
        let appearance = Object::new().text_or_null("color", color.as_deref());
        let appearance = appearance.text_or_null("icon", icon.as_deref());
        value = value.raw("appearance", &appearance.json());
    }
    change(call, None, SECTIONS, put(id, value, None)?).await?;
    Object::new().raw("section", &wire(&find(call, id).await?)).answer()
}

async fn find<S: Storage>(call: &Call<'_, S>, id: &str) -> Result<Document, RpcError> {
    let sections = read(call, None, SECTIONS).await?;
    let id = crate::error::excerpt(id);
    let found = sections.into_iter().find(|section| section.id == id);
    found.ok_or_else(|| RpcError::refused(format!("thread section not found: {id}")))
}

fn wire(section: &Document) -> String {
    Object::new()
        .text("id", &section.id)
        .text_or_null("name", text(section, "name").as_deref())
        .raw("appearance", field(section, "appearance").map_or("null", RawValue::get))
        .json()
}
