//! Notifications: what happened to the store and to open threads, as the wire tells it.

use super::documents::{number, text};
use super::json::{Object, quoted, to_json};
use super::thread::{WireStatus, WireThread};
use super::{Call, attachments, goal, projects, queue, read_state, sections};
use crate::change::Change;
use crate::document::DocumentChange;
use crate::id::ThreadId;
use crate::manager::LiveEvent;
use crate::storage::Storage;

/// Spells a notification.
pub(super) fn message(method: &str, params: &str, now: i64) -> String {
    Object::new().text("method", method).raw("params", params).number("emittedAtMs", now).json()
}

/// Spells a notification that says nothing but its thread.
pub(super) fn of_thread(method: &str, id: ThreadId, now: i64) -> String {
    message(method, &with_thread(id).json(), now)
}

fn with_thread(id: ThreadId) -> Object {
    Object::new().text("threadId", &id.to_string())
}

/// Spells a change of the store as the notifications that it is, in order; many changes are none.
///
/// A thread that was created and is gone again is not told of.
pub(super) async fn of_change<S: Storage>(call: &Call<'_, S>, change: Change) -> Vec<String> {
    let now = call.now();
    let one = |method: &str, id: ThreadId| vec![of_thread(method, id, now)];
    let each = |method: &str, ids: Vec<ThreadId>| -> Vec<String> {
        ids.into_iter().map(|id| of_thread(method, id, now)).collect()
    };
    match change {
        Change::Created { thread_id } => match call.threads.read(thread_id).await {
            Ok(thread) => match to_json(&call.spell(&thread)) {
                Ok(thread) => vec![started(&thread, now)],
                Err(_) => Vec::new(),
            },
            Err(_) => Vec::new(),
        },
        Change::Renamed { thread_id, name } => {
            let params = with_thread(thread_id).text_or_null("threadName", name.as_deref());
            vec![message("thread/name/updated", &params.json(), now)]
        }
        Change::GoalChanged { thread_id, goal: None } => one("thread/goal/cleared", thread_id),
        Change::GoalChanged { thread_id, goal: Some(goal) } => {
            let goal = goal::wire(thread_id, &goal).unwrap_or_else(|_| "null".to_owned());
            let params = with_thread(thread_id).null("turnId").raw("goal", &goal);
            vec![message("thread/goal/updated", &params.json(), now)]
        }
        Change::DocumentsChanged { thread_id, collection, change } => {
            let Some(id) = thread_id else {
                return of_project(&collection, change.as_ref(), now).into_iter().collect();
            };
            match (collection.as_str(), change) {
                (read_state::COLLECTION, _) => {
                    let state = read_state::of(call, id).await;
                    let params = with_thread(id).raw("readState", &state);
                    vec![message("thread/readState/changed", &params.json(), now)]
                }
                (queue::COLLECTION, _) => one("thread/queue/changed", id),
                (attachments::COLLECTION, Some(change)) => {
                    attachments::told(id, &change, now).into_iter().collect()
                }
                (sections::SECTION, change) => {
                    let section = id_in(change.as_ref());
                    let params = with_thread(id).text_or_null("sectionId", section.as_deref());
                    vec![message("thread/section/changed", &params.json(), now)]
                }
                (projects::PROJECT, change) => {
                    let project = id_in(change.as_ref());
                    let params = with_thread(id).text_or_null("projectId", project.as_deref());
                    vec![message("thread/project/updated", &params.json(), now)]
                }
                _ => Vec::new(),
            }
        }
        Change::Truncated { thread_id, .. } => one("thread/reverted", thread_id),
        Change::Archived { thread_ids } => each("thread/archived", thread_ids),
        Change::Unarchived { thread_ids } => each("thread/unarchived", thread_ids),
        Change::Deleted { thread_ids, .. } => each("thread/deleted", thread_ids),
        Change::Undeleted { thread_ids, .. } => each("creel/thread/undeleted", thread_ids),
        Change::Appended { .. }
        | Change::Updated { .. }
        | Change::JobChanged { .. }
        | Change::Erasing { .. }
        | Change::Erased { .. } => Vec::new(),
    }
}

/// Returns the id within the document that was put.
fn id_in(change: Option<&DocumentChange>) -> Option<String> {
    match change? {
        DocumentChange::Put { document, .. } => text(document, "id"),
        _ => None,
    }
}

fn of_project(collection: &str, change: Option<&DocumentChange>, now: i64) -> Option<String> {
    if collection != projects::PROJECTS {
        return None;
    }
    let (id, kind) = match change? {
        DocumentChange::Put { document, .. } => {
            let created = number(document, "createdAt") == number(document, "updatedAt");
            (&document.id, if created { "created" } else { "updated" })
        }
        DocumentChange::Remove { id } => (id, "deleted"),
        DocumentChange::Order { .. } => return None,
    };
    let params = Object::new().text("changeType", kind).text("projectId", id);
    Some(message("project/changed", &params.json(), now))
}

/// Spells what happened to open threads.
pub(super) fn of_event(event: LiveEvent, now: i64) -> Vec<String> {
    match event {
        LiveEvent::Started { thread, ephemeral } => {
            let wire =
                WireThread { status: WireStatus::Idle, ephemeral, ..WireThread::from(&*thread) };
            to_json(&wire).map(|thread| started(&thread, now)).into_iter().collect()
        }
        LiveEvent::StatusChanged { thread_id, loaded } => {
            let status = if loaded { "idle" } else { "notLoaded" };
            let status = Object::new().raw("type", &quoted(status)).json();
            let params = with_thread(thread_id).raw("status", &status);
            vec![message("thread/status/changed", &params.json(), now)]
        }
        LiveEvent::Closed { thread_id } => vec![of_thread("thread/closed", thread_id, now)],
        LiveEvent::Deleted { thread_ids } => {
            thread_ids.into_iter().map(|id| of_thread("thread/deleted", id, now)).collect()
        }
    }
}

fn started(thread: &str, now: i64) -> String {
    message("thread/started", &Object::new().raw("thread", thread).json(), now)
}
