//! `thread/list`: pages of threads. The wire clamps limits where the typed API refuses them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Call;
use super::rpc::{INVALID_PARAMS, RpcError, thread_id};
use super::thread::WireThread;
use crate::id::ThreadId;
use crate::query::{ArchiveFilter, SortDirection, SortKey, ThreadPage, ThreadQuery};
use crate::storage::Storage;

const DEFAULT: u32 = 25;
const MOST: u32 = 100;

/// The kinds that a list has unless it asks for some: neither sub-agents nor `exec`.
const SHOWN: [&str; 5] = ["cli", "vscode", "appServer", "custom", "unknown"];

/// The parameters of `thread/list`; null is as good as left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ThreadListParams {
    /// Archived threads instead of active ones.
    pub archived: Option<bool>,
    /// Where the page starts.
    pub cursor: Option<String>,
    /// How many threads: 25 if left out, never fewer than 1 or more than 100.
    pub limit: Option<u32>,
    /// The time to order by.
    pub sort_key: Option<WireSortKey>,
    /// The direction; `desc` if left out.
    pub sort_direction: Option<SortDirection>,
    /// Only threads of these working directories.
    pub cwd: Option<OneOrMany>,
    /// Only threads of these providers; all if empty.
    pub model_providers: Option<Vec<String>>,
    /// Only threads of these sources; those that people start if empty.
    pub source_kinds: Option<Vec<SourceKind>>,
    /// Only threads with this text in name, title or preview.
    pub search_term: Option<String>,
    /// Threads to leave out.
    pub excluded_thread_ids: Option<Vec<String>>,
    /// Only the children of this thread. Experimental.
    pub parent_thread_id: Option<String>,
    /// Only the descendants of this thread. Experimental.
    pub ancestor_thread_id: Option<String>,
    /// Nothing is attached to a thread here. Experimental.
    pub attached_to_thread_id: Option<String>,
    /// There are no projects here. Experimental.
    pub project_id: Option<String>,
    /// There are no sections here.
    pub section_id: Option<String>,
    /// Refused unless empty.
    pub originators: Option<Vec<String>>,
}

/// The time that a list is ordered by, as the wire spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WireSortKey {
    /// `createdAt`.
    CreatedAt,
    /// `updatedAt`.
    UpdatedAt,
    /// `recencyAt`.
    RecencyAt,
    /// Needs sections, which are not here.
    SectionPosition,
}

/// What started a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum SourceKind {
    Cli,
    #[serde(rename = "vscode")]
    VsCode,
    Exec,
    AppServer,
    SubAgent,
    SubAgentReview,
    SubAgentCompact,
    SubAgentThreadSpawn,
    SubAgentOther,
    Unknown,
}

impl SourceKind {
    fn name(self) -> &'static str {
        match self {
            Self::Cli => "cli",
            Self::VsCode => "vscode",
            Self::Exec => "exec",
            Self::AppServer => "appServer",
            Self::SubAgent => "subAgent",
            Self::SubAgentReview => "subAgentReview",
            Self::SubAgentCompact => "subAgentCompact",
            Self::SubAgentThreadSpawn => "subAgentThreadSpawn",
            Self::SubAgentOther => "subAgentOther",
            Self::Unknown => "unknown",
        }
    }
}

/// A text or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// The answer of `thread/list`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadListResponse {
    /// The threads.
    pub data: Vec<WireThread>,
    /// Where the next page starts.
    pub next_cursor: Option<String>,
    /// Where a page in the other direction starts.
    pub backwards_cursor: Option<String>,
}

pub(super) async fn list<S: Storage>(
    call: Call<'_, S>,
    params: ThreadListParams,
) -> Result<ThreadListResponse, RpcError> {
    call.experimental("thread/list.parentThreadId", params.parent_thread_id.is_some())?;
    call.experimental("thread/list.ancestorThreadId", params.ancestor_thread_id.is_some())?;
    call.experimental("thread/list.attachedToThreadId", params.attached_to_thread_id.is_some())?;
    call.experimental("thread/list.projectId", params.project_id.is_some())?;
    if params.parent_thread_id.is_some() && params.ancestor_thread_id.is_some() {
        let message = "parentThreadId and ancestorThreadId are mutually exclusive";
        return Err(RpcError::refused(message));
    }
    if let Some(project) = params.project_id {
        return Err(RpcError::new(INVALID_PARAMS, format!("project not found: {project}")));
    }
    if params.originators.is_some_and(|originators| !originators.is_empty()) {
        return Err(RpcError::new(INVALID_PARAMS, "originator filtering is not supported"));
    }
    let sort_key = match params.sort_key {
        None | Some(WireSortKey::CreatedAt) => SortKey::CreatedAt,
        Some(WireSortKey::UpdatedAt) => SortKey::UpdatedAt,
        Some(WireSortKey::RecencyAt) => SortKey::RecencyAt,
        Some(WireSortKey::SectionPosition) => {
            let message = "section-position sorting requires a section filter";
            return Err(RpcError::refused(message));
        }
    };
    if params.attached_to_thread_id.is_some() || params.section_id.is_some() {
        return Ok(ThreadListResponse::default());
    }
    let id = |text: Option<String>, name| text.map(|text| thread_id(&text, name)).transpose();
    let parent_thread_id = id(params.parent_thread_id, "parent thread")?;
    let ancestor_thread_id = id(params.ancestor_thread_id, "ancestor thread")?;
    let mut kinds: Vec<&str> =
        params.source_kinds.iter().flatten().map(|kind| kind.name()).collect();
    if kinds.is_empty() && parent_thread_id.is_none() && ancestor_thread_id.is_none() {
        kinds.extend(SHOWN);
    }
    let mut excluded = BTreeSet::new();
    for text in params.excluded_thread_ids.iter().flatten() {
        let invalid = |error| RpcError { code: INVALID_PARAMS, ..error };
        excluded.insert(thread_id(text, "excluded thread").map_err(invalid)?);
    }
    let archived = params.archived.unwrap_or_default();
    let query = ThreadQuery {
        archived: Some(if archived { ArchiveFilter::Archived } else { ArchiveFilter::Active }),
        roots_only: false,
        parent_thread_id,
        ancestor_thread_id,
        source_kinds: kinds.into_iter().map(str::to_owned).collect(),
        model_providers: params.model_providers.unwrap_or_default(),
        cwd: match params.cwd {
            None => Vec::new(),
            Some(OneOrMany::One(cwd)) => vec![cwd],
            Some(OneOrMany::Many(cwds)) => cwds,
        },
        search_term: params.search_term,
        sort_key,
        sort_direction: params.sort_direction.unwrap_or_default(),
        limit: Some(params.limit.unwrap_or(DEFAULT).clamp(1, MOST)),
        cursor: params.cursor,
    };
    let page = without(call, query, &excluded).await?;
    Ok(ThreadListResponse {
        data: page.data.iter().map(WireThread::from).collect(),
        next_cursor: page.next_cursor,
        backwards_cursor: page.backwards_cursor,
    })
}

/// Reads on until a page is full of threads that are not excluded.
async fn without<S: Storage>(
    call: Call<'_, S>,
    mut query: ThreadQuery,
    excluded: &BTreeSet<ThreadId>,
) -> Result<ThreadPage, RpcError> {
    let wanted = query.limit.map_or(0, |limit| limit as usize);
    let mut whole: Option<ThreadPage> = None;
    loop {
        let mut page = call.store.list(query.clone()).await?;
        page.data.retain(|thread| !excluded.contains(&thread.id));
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
