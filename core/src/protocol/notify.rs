//! Notifications: what the store changed, as the wire tells it.

use serde::Serialize;

use super::rpc::raw;
use super::thread::WireThread;
use crate::change::Change;
use crate::id::ThreadId;
use crate::storage::Storage;
use crate::store::Store;

#[derive(Serialize)]
struct Notification<'a, P> {
    method: &'a str,
    params: P,
    #[serde(rename = "emittedAtMs")]
    emitted_at_ms: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OfThread {
    thread_id: ThreadId,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Renamed {
    thread_id: ThreadId,
    thread_name: Option<String>,
}

#[derive(Serialize)]
struct Started {
    thread: WireThread,
}

/// Spells a change as the notifications that it is, in order; many changes are none.
///
/// A thread that was created and is gone again is not told of.
pub(super) async fn notifications<S: Storage>(
    store: &Store<S>,
    change: Change,
    now: i64,
) -> Vec<String> {
    match change {
        Change::Created { thread_id } => match store.read(thread_id).await {
            Ok(thread) => {
                let started = Started { thread: WireThread::from(&thread) };
                text("thread/started", started, now).into_iter().collect()
            }
            Err(_) => Vec::new(),
        },
        Change::Renamed { thread_id, name } => {
            let renamed = Renamed { thread_id, thread_name: name };
            text("thread/name/updated", renamed, now).into_iter().collect()
        }
        Change::Truncated { thread_id, .. } => each("thread/reverted", vec![thread_id], now),
        Change::Archived { thread_ids } => each("thread/archived", thread_ids, now),
        Change::Unarchived { thread_ids } => each("thread/unarchived", thread_ids, now),
        Change::Deleted { thread_ids, .. } => each("thread/deleted", thread_ids, now),
        Change::Undeleted { thread_ids, .. } => each("creel/thread/undeleted", thread_ids, now),
        Change::Appended { .. }
        | Change::Updated { .. }
        | Change::GoalChanged { .. }
        | Change::JobChanged { .. }
        | Change::Erasing { .. }
        | Change::Erased { .. } => Vec::new(),
    }
}

fn each(method: &str, threads: Vec<ThreadId>, now: i64) -> Vec<String> {
    let one = |thread_id| text(method, OfThread { thread_id }, now);
    threads.into_iter().filter_map(one).collect()
}

fn text(method: &str, params: impl Serialize, now: i64) -> Option<String> {
    let notification = Notification { method, params, emitted_at_ms: now };
    raw(&notification).ok().map(|raw| raw.get().to_owned())
}
