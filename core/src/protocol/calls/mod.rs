//! The calls of a store as the typed clients make them, one to one: `creel/store/…`.
//!
//! Arguments are named and answers have the shapes of the public types, in milliseconds and with
//! limits that are checked rather than clamped. A server takes them beside the methods of the wire;
//! the wasm package calls the store itself and does without.

mod given;

use serde_json::value::RawValue;

use self::given::{Given, answer, items, nothing};
use super::rpc::RpcError;
use crate::error::{Error, excerpt};
use crate::goal::JobTask;
use crate::query::DeleteOptions;
use crate::storage::Storage;
use crate::store::Store;

/// What every name begins with.
pub const PREFIX: &str = "creel/store/";

/// A call of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its name on the wire.
    pub name: &'static str,
    /// Whether it changes anything.
    pub changes: bool,
}

const fn reads(name: &'static str) -> Call {
    Call { name, changes: false }
}

const fn changes(name: &'static str) -> Call {
    Call { name, changes: true }
}

/// Every call.
pub const CALLS: &[Call] = &[
    changes("creel/store/create"),
    changes("creel/store/append"),
    reads("creel/store/items"),
    changes("creel/store/truncate"),
    changes("creel/store/pop"),
    changes("creel/store/fork"),
    reads("creel/store/read"),
    changes("creel/store/update"),
    reads("creel/store/list"),
    reads("creel/store/children"),
    reads("creel/store/descendants"),
    changes("creel/store/archive"),
    changes("creel/store/unarchive"),
    reads("creel/store/planDelete"),
    changes("creel/store/delete"),
    changes("creel/store/undelete"),
    reads("creel/store/pendingDeletions"),
    reads("creel/store/receipt"),
    changes("creel/store/setEdgeStatus"),
    changes("creel/store/setParent"),
    reads("creel/store/goal"),
    changes("creel/store/setGoal"),
    changes("creel/store/clearGoal"),
    changes("creel/store/appendLogs"),
    reads("creel/store/logs"),
    changes("creel/store/setTools"),
    reads("creel/store/tools"),
    changes("creel/store/createJob"),
    reads("creel/store/job"),
    reads("creel/store/jobs"),
    changes("creel/store/setTask"),
    changes("creel/store/deleteJob"),
    reads("creel/store/drafts"),
    changes("creel/store/putDraft"),
    changes("creel/store/finishDraft"),
    changes("creel/store/dropDraft"),
    reads("creel/store/refresh"),
    reads("creel/store/stats"),
    reads("creel/store/check"),
];

/// Finds a call by its name on the wire.
pub fn find(method: &str) -> Option<Call> {
    CALLS.iter().copied().find(|call| call.name == method)
}

/// Calls a store: `method` is a name on the wire, `params` an object of named arguments.
///
/// # Errors
/// What the store refuses, and [`Error::InvalidField`] for an argument that can't be.
pub async fn call<S: Storage>(
    store: &Store<S>,
    method: &str,
    params: Option<&RawValue>,
) -> Result<Box<RawValue>, RpcError> {
    let given = Given::read(params)?;
    let name = method.strip_prefix(PREFIX).unwrap_or_default();
    match name {
        "create" => answer(&store.create(given.object("options")?).await?),
        "append" => answer(
            &store.append(given.thread("id")?, items("items", &given.text("items")?)?).await?,
        ),
        "items" => answer(&store.items(given.thread("id")?, given.object("query")?).await?),
        "truncate" => answer(&store.truncate(given.thread("id")?, given.whole("length")?).await?),
        "pop" => {
            let count = u32::try_from(given.whole("count")?).unwrap_or(u32::MAX);
            answer(&store.pop(given.thread("id")?, count).await?)
        }
        "fork" => answer(&store.fork(given.thread("id")?, given.object("fork")?).await?),
        "read" => answer(&store.read(given.thread("id")?).await?),
        "update" => answer(&store.update(given.thread("id")?, given.object("patch")?).await?),
        "list" => answer(&store.list(given.object("query")?).await?),
        "children" => answer(&store.children(given.thread("id")?).await?),
        "descendants" => answer(&store.descendants(given.thread("id")?).await?),
        "archive" => answer(&store.archive(given.thread("id")?).await?),
        "unarchive" => answer(&store.unarchive(given.thread("id")?).await?),
        "planDelete" => {
            let options: DeleteOptions = given.object("options")?;
            answer(&store.plan_delete(given.thread("id")?, options.children).await?)
        }
        "delete" => answer(&store.delete(given.thread("id")?, given.object("options")?).await?),
        "undelete" => answer(&store.undelete(given.uuid("deletionId")?).await?),
        "pendingDeletions" => answer(&store.pending_deletions().await?),
        "receipt" => answer(&store.receipt(given.thread("id")?).await?),
        "setEdgeStatus" => {
            answer(&store.set_edge_status(given.thread("id")?, given.value("status")?).await?)
        }
        "setParent" => {
            answer(&store.set_parent(given.thread("id")?, given.optional("parent")?).await?)
        }
        _ => beside(store, name, &given).await,
    }
}

/// The calls about what threads have beside their items, and about the store.
async fn beside<S: Storage>(
    store: &Store<S>,
    name: &str,
    given: &Given<'_>,
) -> Result<Box<RawValue>, RpcError> {
    match name {
        "goal" => answer(&store.goal(given.thread("id")?).await?),
        "setGoal" => answer(&store.set_goal(given.thread("id")?, given.object("patch")?).await?),
        "clearGoal" => answer(&store.clear_goal(given.thread("id")?).await?),
        "appendLogs" => {
            let records = items("records", &given.text("records")?)?;
            store.append_logs(given.thread("id")?, records).await?;
            nothing()
        }
        "logs" => {
            let limit = usize::try_from(given.whole("limit")?).unwrap_or(usize::MAX);
            answer(&store.logs(given.thread("id")?, given.whole("from")?, limit).await?)
        }
        "setTools" => {
            let tools = items("tools", &given.text("tools")?)?;
            store.set_tools(given.thread("id")?, tools).await?;
            nothing()
        }
        "tools" => answer(&store.tools(given.thread("id")?).await?),
        "createJob" => {
            answer(&store.create_job(&given.text("name")?, given.value("tasks")?).await?)
        }
        "job" => answer(&store.job(given.uuid("id")?).await?),
        "jobs" => answer(&store.jobs().await?),
        "setTask" => {
            let task = JobTask {
                id: given.text("task")?,
                status: given.value("status")?,
                thread_id: given.optional("threadId")?,
                last_error: given.optional("lastError")?,
            };
            answer(&store.set_task(given.uuid("id")?, task).await?)
        }
        "deleteJob" => {
            store.delete_job(given.uuid("id")?).await?;
            nothing()
        }
        "drafts" => answer(&store.drafts(given.thread("id")?).await?),
        "putDraft" => {
            let item = crate::Item::new(&given.text("item")?)?;
            store.put_draft(given.thread("id")?, &given.text("draft")?, &item).await?;
            nothing()
        }
        "finishDraft" => {
            let items = items("items", &given.text("items")?)?;
            answer(&store.finish_draft(given.thread("id")?, &given.text("draft")?, items).await?)
        }
        "dropDraft" => answer(&store.drop_draft(given.thread("id")?, &given.text("draft")?).await?),
        "refresh" => {
            store.refresh().await?;
            nothing()
        }
        "stats" => answer(&store.stats()),
        "check" => answer(&store.check().await?),
        _ => Err(Error::UnknownMethod { method: format!("{PREFIX}{}", excerpt(name)) }.into()),
    }
}
