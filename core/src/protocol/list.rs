//! `thread/list` and `thread/loaded/list`: pages of threads. The wire clamps limits where the typed
//! API refuses them.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::json::{Object, quoted};
use super::params::Params;
use super::rpc::{INVALID_PARAMS, RpcError, thread_id};
use super::{Call, cursor, projects, read_state, sections};
use crate::error::excerpt;
use crate::id::ThreadId;
use crate::query::{ArchiveFilter, SortDirection, SortKey, ThreadPage, ThreadQuery};
use crate::storage::Storage;
use crate::thread::Thread;

const DEFAULT: u32 = 25;
const MOST: u32 = 100;

/// The kinds that a list has unless it asks for some: neither sub-agents nor `exec`.
const SHOWN: [&str; 5] = ["cli", "vscode", "appServer", "custom", "unknown"];

/// The kinds that a list can ask for.
const KINDS: [&str; 10] = [
    "cli",
    "vscode",
    "exec",
    "appServer",
    "subAgent",
    "subAgentReview",
    "subAgentCompact",
    "subAgentThreadSpawn",
    "subAgentOther",
    "unknown",
];

type Answer = Result<Box<RawValue>, RpcError>;

pub(super) async fn list<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    if params.has("parentThreadId") && params.has("ancestorThreadId") {
        let message = "parentThreadId and ancestorThreadId are mutually exclusive";
        return Err(RpcError::refused(message));
    }
    let project = params.text("projectId")?;
    if let Some(project) = &project {
        projects::find(call, project).await?;
    }
    if params.texts("originators")?.is_some_and(|originators| !originators.is_empty()) {
        let message = "originator filtering is not supported by the local app-server";
        return Err(RpcError::new(INVALID_PARAMS, message));
    }
    let section = params.text("sectionId")?;
    let by_place = params.text("sortKey")?.as_deref() == Some("section_position");
    if by_place && section.is_none() {
        return Err(RpcError::refused("section-position sorting requires a section filter"));
    }
    if params.text("attachedToThreadId")?.is_some() {
        let empty = Object::new().list("data", &[]).raw("readStates", "{}");
        return empty.null("nextCursor").null("backwardsCursor").answer();
    }
    let id = |field, name| -> Result<Option<ThreadId>, RpcError> {
        params.text(field)?.map(|text| thread_id(&text, name)).transpose()
    };
    let mut query = query(params)?;
    query.parent_thread_id = id("parentThreadId", "parent thread")?;
    query.ancestor_thread_id = id("ancestorThreadId", "ancestor thread")?;
    let below = query.parent_thread_id.is_some() || query.ancestor_thread_id.is_some();
    if below && params.texts("sourceKinds")?.is_none_or(|kinds| kinds.is_empty()) {
        query.source_kinds.clear();
    }
    query.cwd = match params.value("cwd")? {
        Some(serde_json::Value::String(cwd)) => vec![cwd],
        _ => params.texts("cwd")?.unwrap_or_default(),
    };
    query.model_providers = match params.texts("modelProviders")? {
        Some(providers) => providers,
        None => call.defaults.model_provider.iter().cloned().collect(),
    };
    query.search_term = params.text("searchTerm")?;
    let mut excluded = Vec::new();
    for text in params.texts("excludedThreadIds")?.unwrap_or_default() {
        let invalid = |error| RpcError { code: INVALID_PARAMS, ..error };
        excluded.push(thread_id(&text, "excluded thread").map_err(invalid)?);
    }
    excluded.sort_unstable();
    let members = match &section {
        Some(section) => Some(sections::members(call, section).await?),
        None => None,
    };
    let ranks = members.map(|members| members.into_iter().collect::<HashMap<_, _>>());
    let about_project = params.names("projectId");
    let keep = |id: ThreadId| {
        excluded.binary_search(&id).is_err()
            && ranks.as_ref().is_none_or(|ranks| ranks.contains_key(&id))
            && (!about_project || projects::of(call, id) == project)
    };
    let page = match &ranks {
        Some(ranks) if by_place => by_rank(call, params, query.clone(), keep, ranks).await?,
        _ => among(call, query.clone(), keep).await?,
    };
    let threads: Vec<String> =
        page.data.iter().map(|thread| call.wire(thread)).collect::<Result<_, _>>()?;
    let mut states = Object::new();
    for thread in page.data.iter().filter(|thread| !is_sub_agent(thread)) {
        states = states.raw(&thread.id.to_string(), &read_state::of(call, thread.id).await);
    }
    let answer = Object::new().list("data", &threads).raw("readStates", &states.json());
    if by_place {
        let next = page.next_cursor.as_deref();
        return answer.text_or_null("nextCursor", next).null("backwardsCursor").answer();
    }
    ends(answer, &page, &query).answer()
}

/// Reads what lists and searches have in common.
pub(super) fn query(params: &Params<'_>) -> Result<ThreadQuery, RpcError> {
    const SORT_KEYS: [&str; 4] = ["created_at", "updated_at", "recency_at", "section_position"];
    let sort_key = match params.choice("sortKey", &SORT_KEYS)? {
        Some("updated_at") => SortKey::UpdatedAt,
        Some("recency_at") => SortKey::RecencyAt,
        _ => SortKey::CreatedAt,
    };
    let sort_direction = params.direction()?.unwrap_or_default();
    let descending = sort_direction == SortDirection::Desc;
    let mut source_kinds = params.texts("sourceKinds")?.unwrap_or_default();
    if let Some(unknown) = source_kinds.iter().find(|kind| !KINDS.contains(&kind.as_str())) {
        return Err(super::params::unknown_variant(unknown, &KINDS));
    }
    if source_kinds.is_empty() {
        source_kinds.extend(SHOWN.map(str::to_owned));
    }
    let archived = params.flag("archived")?.unwrap_or_default();
    let from = params.text("cursor")?;
    Ok(ThreadQuery {
        archived: Some(if archived { ArchiveFilter::Archived } else { ArchiveFilter::Active }),
        source_kinds,
        sort_key,
        sort_direction,
        limit: Some(params.limit(DEFAULT, MOST)?),
        cursor: match from {
            // That of a person's own order is the list's.
            Some(_) if params.text("sortKey")?.as_deref() == Some("section_position") => None,
            from => from.map(|from| cursor::to_store(&from, sort_key, descending)).transpose()?,
        },
        ..ThreadQuery::default()
    })
}

/// Adds the cursors of a page.
pub(super) fn ends(answer: Object, page: &ThreadPage, query: &ThreadQuery) -> Object {
    let descending = query.sort_direction == SortDirection::Desc;
    let next = page.next_cursor.as_ref().and(page.data.last());
    let next = next.and_then(|last| cursor::after(last, query.sort_key));
    let back = page.data.first();
    let back = back.and_then(|first| cursor::before(first, query.sort_key, descending));
    answer
        .text_or_null("nextCursor", next.as_deref())
        .text_or_null("backwardsCursor", back.as_deref())
}

/// Sub-agents are nobody's to read, so they have no read state.
fn is_sub_agent(thread: &Thread) -> bool {
    match &thread.details.source {
        Some(serde_json::Value::Object(source)) => source.contains_key("subAgent"),
        Some(_) => false,
        None => thread.parent_thread_id.is_some(),
    }
}

/// Tells whether a thread has items and no person said anything in it, nor gave it a name: what is
/// left of a session that was closed before it began.
fn is_silent(thread: &Thread) -> bool {
    thread.items > 0 && thread.preview.is_empty() && thread.name.is_none()
}

/// Reads on until a page is full of threads that are kept and not silent.
async fn among<S: Storage>(
    call: &Call<'_, S>,
    mut query: ThreadQuery,
    keep: impl Fn(ThreadId) -> bool,
) -> Result<ThreadPage, RpcError> {
    let wanted = query.limit.map_or(0, |limit| limit as usize);
    let below = query.parent_thread_id.is_some() || query.ancestor_thread_id.is_some();
    let mut whole: Option<ThreadPage> = None;
    loop {
        let mut page = call.threads.store().list(query.clone()).await?;
        page.data.retain(|thread| keep(thread.id) && (below || !is_silent(thread)));
        let page = match whole.take() {
            None => page,
            Some(mut whole) => {
                whole.data.extend(page.data);
                ThreadPage { next_cursor: page.next_cursor, ..whole }
            }
        };
        let missing = wanted - page.data.len().min(wanted);
        if missing == 0 || page.next_cursor.is_none() {
            return Ok(page);
        }
        query.cursor.clone_from(&page.next_cursor);
        query.limit = u32::try_from(missing).ok();
        whole = Some(page);
    }
}

/// Lists the threads of a section in a person's own order; a cursor is the id of the thread before.
async fn by_rank<S: Storage>(
    call: &Call<'_, S>,
    params: &Params<'_>,
    query: ThreadQuery,
    keep: impl Fn(ThreadId) -> bool,
    ranks: &HashMap<ThreadId, i64>,
) -> Result<ThreadPage, RpcError> {
    let limit = query.limit.map_or(0, |limit| limit as usize);
    let mut whole = ThreadPage { data: Vec::new(), next_cursor: None, backwards_cursor: None };
    let mut next = Some(ThreadQuery { limit: Some(1000), cursor: None, ..query });
    while let Some(query) = next.take() {
        let page = call.threads.store().list(query.clone()).await?;
        whole.data.extend(page.data.into_iter().filter(|thread| keep(thread.id)));
        next = page.next_cursor.map(|cursor| ThreadQuery { cursor: Some(cursor), ..query });
    }
    whole.data.sort_by_key(|thread| (ranks.get(&thread.id).copied(), thread.id));
    if params.direction()? == Some(SortDirection::Desc) {
        whole.data.reverse();
    }
    if let Some(from) = params.text("cursor")? {
        let invalid = || RpcError::refused(format!("invalid cursor: {}", excerpt(&from)));
        let place = whole.data.iter().position(|thread| thread.id.to_string() == from);
        whole.data.drain(..=place.ok_or_else(invalid)?);
    }
    let more = whole.data.len() > limit;
    whole.data.truncate(limit);
    let last = whole.data.last().filter(|_| more);
    whole.next_cursor = last.map(|thread| thread.id.to_string());
    Ok(whole)
}

/// A cursor is the id of the thread before the page.
pub(super) fn loaded<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let mut ids = call.threads.loaded();
    let limit = match params.has("limit") {
        true => params.limit(DEFAULT, u32::MAX)? as usize,
        false => ids.len(),
    };
    if let Some(from) = params.text("cursor")? {
        let invalid = |_| RpcError::refused(format!("invalid cursor: {}", excerpt(&from)));
        let from: ThreadId = from.parse().map_err(invalid)?;
        ids.retain(|id| *id > from);
    }
    let more = ids.len() > limit;
    ids.truncate(limit);
    let next = ids.last().filter(|_| more).map(ThreadId::to_string);
    let data: Vec<String> = ids.iter().map(|id| quoted(&id.to_string())).collect();
    Object::new().list("data", &data).text_or_null("nextCursor", next.as_deref()).answer()
}
