//! The answer of every method. A field is always there; what is not known is null.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tsify::Tsify;

use super::parts::*;

parts! {
    /// Of `initialize`.
    InitializeResponse {
        /// The server and its version.
        user_agent: String,
        /// The kind of system that it runs on.
        platform_family: String,
        /// The system that it runs on.
        platform_os: String,
    }
    /// Of `thread/start` and `thread/fork`.
    ThreadStartResponse {
        /// The thread.
        thread: Thread,
        /// The model.
        model: String,
        /// The provider of the model.
        model_provider: String,
        /// As asked for.
        service_tier: Option<String>,
        /// Always empty.
        disabled_plugin_ids: Vec<String>,
        /// The working directory.
        cwd: String,
        /// The working directory, unless asked otherwise.
        runtime_workspace_roots: Vec<String>,
        /// Always empty.
        instruction_sources: Vec<String>,
        /// As asked for.
        approval_policy: Value,
        /// As asked for.
        approvals_reviewer: Value,
        /// As asked for.
        sandbox: Value,
        /// Always null.
        active_permission_profile: Option<Value>,
        /// Always null.
        reasoning_effort: Option<Value>,
        /// As asked for.
        multi_agent_mode: Value,
    }
    /// Of `thread/resume`.
    ThreadResumeResponse {
        /// The thread.
        thread: Thread,
        /// The model.
        model: String,
        /// The provider of the model.
        model_provider: String,
        /// As asked for.
        service_tier: Option<String>,
        /// Always empty.
        disabled_plugin_ids: Vec<String>,
        /// The working directory.
        cwd: String,
        /// The working directory, unless asked otherwise.
        runtime_workspace_roots: Vec<String>,
        /// Always empty.
        instruction_sources: Vec<String>,
        /// As asked for.
        approval_policy: Value,
        /// As asked for.
        approvals_reviewer: Value,
        /// As asked for.
        sandbox: Value,
        /// Always null.
        active_permission_profile: Option<Value>,
        /// Always null.
        reasoning_effort: Option<Value>,
        /// As asked for.
        multi_agent_mode: Value,
        /// The page of turns that was asked for.
        initial_turns_page: Option<ThreadTurnsListResponse>,
        /// Where a list of turns that goes back begins.
        turns_backwards_cursor: Option<String>,
        /// Where a list of items that goes back begins.
        items_backwards_cursor: Option<String>,
    }
    /// A thread.
    ThreadResponse {
        /// The thread.
        thread: Thread,
    }
    /// Of `thread/revert`.
    ThreadRevertResponse {
        /// The thread.
        thread: Thread,
        /// Where a list of turns that goes back begins.
        turns_backwards_cursor: Option<String>,
        /// Where a list of items that goes back begins.
        items_backwards_cursor: Option<String>,
    }
    /// Of `thread/unsubscribe`.
    ThreadUnsubscribeResponse {
        /// `unsubscribed`, `notSubscribed` or `notLoaded`.
        status: String,
    }
    /// Of `thread/read`.
    ThreadReadResponse {
        /// The thread.
        thread: Thread,
        /// What a person has read of it; null while it is not stored.
        read_state: Option<ReadState>,
    }
    /// Of `thread/readState/update`.
    ThreadReadStateUpdateResponse {
        /// The state now.
        read_state: ReadState,
    }
    /// Of `thread/goal/set`.
    ThreadGoalSetResponse {
        /// The goal.
        goal: ThreadGoal,
    }
    /// Of `thread/goal/get`.
    ThreadGoalGetResponse {
        /// The goal.
        goal: Option<ThreadGoal>,
    }
    /// Of `thread/goal/clear`.
    ThreadGoalClearResponse {
        /// Whether there was one.
        cleared: bool,
    }
    /// Of `thread/list`.
    ThreadListResponse {
        /// The threads.
        data: Vec<Thread>,
        /// What a person has read of them, by id; sub-agents are not read.
        read_states: BTreeMap<String, ReadState>,
        /// Where the next page starts.
        next_cursor: Option<String>,
        /// Where a page in the other direction starts.
        backwards_cursor: Option<String>,
    }
    /// Of `thread/loaded/list`.
    ThreadLoadedListResponse {
        /// The ids of open threads.
        data: Vec<String>,
        /// Where the next page starts.
        next_cursor: Option<String>,
    }
    /// Of `thread/search`.
    ThreadSearchResponse {
        /// What was found.
        data: Vec<SearchResult>,
        /// Where the search goes on.
        next_cursor: Option<String>,
        /// Where a search in the other direction starts.
        backwards_cursor: Option<String>,
    }
    /// Of `thread/searchOccurrences`.
    ThreadSearchOccurrencesResponse {
        /// What was found.
        data: Vec<Occurrence>,
        /// Where the next page starts.
        next_cursor: Option<String>,
    }
    /// Of `thread/turns/list`.
    ThreadTurnsListResponse {
        /// The turns.
        data: Vec<Turn>,
        /// Where the next page starts.
        next_cursor: Option<String>,
        /// Where a page in the other direction starts.
        backwards_cursor: Option<String>,
    }
    /// Of `thread/items/list`.
    ThreadItemsListResponse {
        /// The items.
        data: Vec<ItemEntry>,
        /// Where the next page starts.
        next_cursor: Option<String>,
        /// Where a page in the other direction starts.
        backwards_cursor: Option<String>,
    }
    /// Of `thread/items/read`.
    ThreadItemsReadResponse {
        /// The items.
        data: Vec<ItemEntry>,
    }
    /// Of `thread/timeline/list`.
    ThreadTimelineListResponse {
        /// The entries.
        data: Vec<TimelineEntry>,
        /// Where the next page starts.
        next_cursor: Option<String>,
        /// Always null.
        active_realtime_session_at_page_start: Option<String>,
    }
    /// Of `thread/attachment/add`.
    ThreadAttachmentAddResponse {
        /// The attachment.
        attachment: ThreadAttachment,
        /// `created` or `existing`.
        outcome: String,
    }
    /// Of `thread/attachment/list`.
    ThreadAttachmentListResponse {
        /// The attachments.
        data: Vec<ThreadAttachment>,
        /// Where the next page starts.
        next_cursor: Option<String>,
    }
    /// Of `thread/attachmentOwner/list`.
    ThreadAttachmentOwnerListResponse {
        /// The threads.
        data: Vec<ThreadAttachmentOwner>,
        /// Where the next page starts.
        next_cursor: Option<String>,
    }
    /// Of `thread/queue/add` and `thread/queue/update`.
    ThreadQueueResponse {
        /// The submission.
        queued_submission: QueuedSubmission,
    }
    /// Of `thread/queue/list`.
    ThreadQueueListResponse {
        /// The submissions, in order.
        data: Vec<QueuedSubmission>,
        /// Where the next page starts.
        next_cursor: Option<String>,
    }
    /// Of `thread/queue/delete`.
    ThreadQueueDeleteResponse {
        /// Whether it was there.
        deleted: bool,
    }
    /// Of `threadSection/list`.
    ThreadSectionListResponse {
        /// The sections, in order.
        data: Vec<ThreadSection>,
        /// Where the next page starts.
        next_cursor: Option<String>,
    }
    /// Of `threadSection/create` and `threadSection/update`.
    ThreadSectionResponse {
        /// The section.
        section: ThreadSection,
    }
    /// Of `project/list`.
    ProjectListResponse {
        /// The projects.
        data: Vec<Project>,
        /// Where the next page starts.
        next_cursor: Option<String>,
    }
    /// Of the methods that answer with a project.
    ProjectResponse {
        /// The project.
        project: Project,
    }
    /// Of `creel/delete`.
    DeleteResponse {
        /// What the deletion did, as the typed API's `Receipt`; null where nothing was ever stored.
        receipt: Option<Value>,
    }
    /// Of `creel/deletion/plan`.
    DeletionPlanResponse {
        /// What it would take, as the typed API's `DeletionPlan`.
        plan: Value,
        /// The members that are open.
        loaded: Vec<String>,
    }
    /// Of `creel/deletion/pending`.
    PendingDeletionsResponse {
        /// The deletions, as the typed API's `PendingDeletion`.
        data: Vec<Value>,
    }
    /// Of `creel/deletion/undo`.
    DeletionUndoResponse {
        /// The threads that are back.
        thread_ids: Vec<String>,
    }
    /// Of `creel/doctor`.
    DoctorResponse {
        /// What was found, as the typed API's `Report`.
        report: Value,
    }
    /// Of `creel/stats`.
    StatsResponse {
        /// The counts, as the typed API's `StoreStats`.
        stats: Value,
        /// How many threads are open.
        loaded: u64,
    }
    /// Of `creel/export`.
    ExportResponse {
        /// What the next call names it by; null at the end.
        export: Option<String>,
        /// The next lines, about 4 MB at most; none at the end.
        data: String,
        /// How far it is, as the typed API's `ExportProgress`.
        progress: Value,
    }
    /// Of `creel/import`.
    ImportResponse {
        /// What the next call names it by; null at the end.
        import: Option<String>,
        /// What was brought in and what was not, as the typed API's `ImportReport`; null until the end.
        report: Option<Value>,
        /// How far it is, as the typed API's `ImportProgress`.
        progress: Value,
    }
    /// Of `creel/items/list`.
    ItemsListResponse {
        /// The items.
        data: Vec<StoredItem>,
        /// Where the next page starts.
        next_cursor: Option<String>,
        /// Where a page in the other direction starts.
        backwards_cursor: Option<String>,
    }
    /// Of `creel/items/append`.
    ItemsAppendResponse {
        /// How many were kept.
        count: u64,
        /// How many the thread has now.
        length: u64,
    }
    /// Of `creel/items/pop`.
    ItemsPopResponse {
        /// The items, in their order.
        data: Vec<StoredItem>,
    }
}
