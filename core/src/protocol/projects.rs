//! `project/*`: named sets of threads with folders of their own.
//!
//! A thread knows its project; so it leaves the project with its deletion.

use serde_json::value::RawValue;

use super::Call;
use super::documents::{change, field, number, put, read, text};
use super::json::{Object, quoted};
use super::kept::page;
use super::params::{Params, invalid, missing};
use super::rpc::{INVALID_PARAMS, RpcError, thread_id};
use super::sections::ONLY;
use crate::document::{Document, DocumentChange};
use crate::id::{ThreadId, new_uuid};
use crate::storage::Storage;

/// The projects of the store, and the project of a thread.
pub(super) const PROJECTS: &str = "projects";
pub(super) const PROJECT: &str = "project";

type Answer = Result<Box<RawValue>, RpcError>;

pub(super) async fn list<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let mut projects: Vec<(i64, Option<i64>, Document)> = Vec::new();
    let recency = recency(call).await?;
    for (position, project) in (0..).zip(read(call, None, PROJECTS).await?) {
        let latest = recency.iter().filter(|(id, _)| *id == project.id).map(|(_, at)| *at).max();
        projects.push((position, latest, project));
    }
    let by_recency = params.choice("sortKey", &["position", "recencyAt"])? == Some("recencyAt");
    if by_recency {
        projects.sort_by_key(|(position, latest, _)| (*latest, *position));
    }
    let descending = params.direction()? == Some(crate::query::SortDirection::Desc);
    if descending || (by_recency && params.direction()?.is_none()) {
        projects.reverse();
    }
    let spelled = |(position, latest, project): (i64, Option<i64>, Document)| {
        (project.id.clone(), wire(&project, position, latest))
    };
    let entries: Vec<_> = projects.into_iter().map(spelled).collect();
    page(&entries, params)?.answer()
}

pub(super) async fn get<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    answer(call, &params.required("projectId")?).await
}

/// Asked twice with one key, it makes one project.
pub(super) async fn create<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = make(call, params).await?;
    answer(call, &id).await
}

/// A project that takes threads in from the start.
pub(super) async fn import<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let threads = params.texts("threads")?.unwrap_or_default();
    let threads: Vec<ThreadId> =
        threads.iter().map(|id| thread_id(id, "thread")).collect::<Result<_, _>>()?;
    for id in &threads {
        read(call, Some(*id), PROJECT).await?;
    }
    let id = make(call, params).await?;
    for thread in threads {
        join(call, thread, Some(&id)).await?;
    }
    answer(call, &id).await
}

pub(super) async fn update<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let old = find(call, &params.required("projectId")?).await?;
    let kept = |name: &str| field(&old, name).map_or("null", RawValue::get).to_owned();
    let name = if params.has("name") { quoted(&name(params)?) } else { kept("name") };
    let roots = if params.has("roots") { roots(params)? } else { kept("roots") };
    let metadata = if params.has("metadata") { metadata(params)? } else { kept("metadata") };
    let value = Object::new()
        .raw("name", &name)
        .raw("roots", &roots)
        .raw("metadata", &metadata)
        .raw("key", &kept("key"))
        .number("createdAt", number(&old, "createdAt"))
        .number("updatedAt", call.now().max(number(&old, "createdAt") + 1));
    change(call, None, PROJECTS, put(&old.id, value, None)?).await?;
    answer(call, &old.id).await
}

/// Goes last unless it is put before another one.
pub(super) async fn place<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let project = find(call, &params.required("projectId")?).await?;
    let mut ids: Vec<String> =
        read(call, None, PROJECTS).await?.into_iter().map(|project| project.id).collect();
    ids.retain(|id| *id != project.id);
    let at = match params.text("beforeProjectId")? {
        None => ids.len(),
        Some(before) => {
            let before = find(call, &before).await?.id;
            ids.iter().position(|id| *id == before).unwrap_or(ids.len())
        }
    };
    ids.insert(at, project.id);
    change(call, None, PROJECTS, DocumentChange::Order { ids }).await?;
    Object::new().answer()
}

/// The threads of a project that is deleted are in none.
pub(super) async fn delete<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let project = find(call, &params.required("projectId")?).await?;
    change(call, None, PROJECTS, DocumentChange::Remove { id: project.id }).await?;
    Object::new().answer()
}

/// Puts a thread into a project, or into none.
pub(super) async fn join<S: Storage>(
    call: &Call<'_, S>,
    thread: ThreadId,
    project: Option<&str>,
) -> Result<(), RpcError> {
    let what = match project {
        Some(project) => {
            let project = find(call, project).await?.id;
            put(ONLY, Object::new().text("id", &project), None)?
        }
        None => DocumentChange::Remove { id: ONLY.into() },
    };
    change(call, Some(thread), PROJECT, what).await
}

/// Returns the project of a thread.
pub(super) fn of<S: Storage>(call: &Call<'_, S>, id: ThreadId) -> Option<String> {
    let store = call.threads.store();
    let project = text(store.documents_now(Some(id), PROJECT).first()?, "id")?;
    let known = store.documents_now(None, PROJECTS).iter().any(|it| it.id == project);
    known.then_some(project)
}

pub(super) async fn find<S: Storage>(call: &Call<'_, S>, id: &str) -> Result<Document, RpcError> {
    let projects = read(call, None, PROJECTS).await?;
    let id = crate::error::excerpt(id);
    let found = projects.into_iter().find(|project| project.id == id);
    found.ok_or_else(|| RpcError::new(INVALID_PARAMS, format!("project not found: {id}")))
}

async fn make<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Result<String, RpcError> {
    let key = params.required("idempotencyKey")?;
    let known = read(call, None, PROJECTS).await?;
    if let Some(known) = known.iter().find(|it| text(it, "key").as_ref() == Some(&key)) {
        return Ok(known.id.clone());
    }
    if !params.has("roots") {
        return Err(missing("roots"));
    }
    let id = new_uuid(&**call.threads.store().env()).to_string();
    let value = Object::new()
        .text("name", &name(params)?)
        .raw("roots", &roots(params)?)
        .raw("metadata", &metadata(params)?)
        .text("key", &key)
        .number("createdAt", call.now())
        .number("updatedAt", call.now());
    change(call, None, PROJECTS, put(&id, value, None)?).await?;
    Ok(id)
}

async fn answer<S: Storage>(call: &Call<'_, S>, id: &str) -> Answer {
    let project = find(call, id).await?;
    let all = read(call, None, PROJECTS).await?;
    let position = (0..).zip(&all).find(|(_, it)| it.id == project.id).map_or(0, |(at, _)| at);
    let recency = recency(call).await?;
    let latest = recency.iter().filter(|(id, _)| *id == project.id).map(|(_, at)| *at).max();
    Object::new().raw("project", &wire(&project, position, latest)).answer()
}

/// Returns when a turn last began in the threads of projects.
async fn recency<S: Storage>(call: &Call<'_, S>) -> Result<Vec<(String, i64)>, RpcError> {
    let mut recency = Vec::new();
    for (id, documents) in call.threads.store().owners(PROJECT).await? {
        let project = documents.first().and_then(|own| text(own, "id"));
        if let (Some(project), Ok(thread)) = (project, call.threads.read(id).await) {
            recency.push((project, thread.recency_at));
        }
    }
    Ok(recency)
}

fn name(params: &Params<'_>) -> Result<String, RpcError> {
    let name = params.required("name")?;
    match name.trim() {
        "" => Err(RpcError::refused("project name must not be empty")),
        name => Ok(name.to_owned()),
    }
}

fn roots(params: &Params<'_>) -> Result<String, RpcError> {
    let mut roots = Vec::new();
    for root in params.list("roots")? {
        let path = Params::read(Some(root))?.required("path")?;
        roots.push(Object::new().text("path", &path).json());
    }
    Ok(format!("[{}]", roots.join(",")))
}

fn metadata(params: &Params<'_>) -> Result<String, RpcError> {
    match params.value("metadata")? {
        None => Ok("{}".into()),
        Some(serde_json::Value::Object(fields)) if fields.values().all(|it| it.is_string()) => {
            Ok(serde_json::Value::Object(fields).to_string())
        }
        Some(_) => Err(invalid("invalid type: metadata, expected a map of strings")),
    }
}

fn wire(project: &Document, position: i64, latest: Option<i64>) -> String {
    let part = |name| field(project, name).map_or("null", RawValue::get);
    let object = Object::new()
        .text("id", &project.id)
        .raw("name", part("name"))
        .raw("roots", part("roots"))
        .raw("metadata", part("metadata"))
        .number("position", position)
        .number("createdAt", number(project, "createdAt").div_euclid(1000))
        .number("updatedAt", number(project, "updatedAt").div_euclid(1000));
    match latest {
        Some(at) => object.number("recencyAt", at.div_euclid(1000)).json(),
        None => object.null("recencyAt").json(),
    }
}
