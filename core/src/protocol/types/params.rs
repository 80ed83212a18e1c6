//! The parameters of every method. A field that may be left out may also be null; what a method does
//! not know is ignored.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tsify::Tsify;

use super::parts::{
    Children, Direction, ItemsView, MemoryMode, Operation, ProjectRoot, ProjectSortKey, SortKey,
    ThreadSectionAppearance, Wait,
};

macro_rules! params {
    ($($(#[$meta:meta])* $name:ident {
        $($(#[$needed_meta:meta])* $needed:ident: $needed_type:ty,)*
        $(; $($(#[$field_meta:meta])* $field:ident: $type:ty,)*)?
    })*) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, Tsify)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            $($(#[$needed_meta])* pub $needed: $needed_type,)*
            $($($(#[$field_meta])*
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub $field: Option<$type>,)*)?
        }
    )* };
}

params! {
    /// Of `initialize`.
    InitializeParams {
        ;
        /// Who asks.
        client_info: ClientInfo,
        /// What the client understands.
        capabilities: Capabilities,
    }
    /// Who asks.
    ClientInfo {
        ;
        /// The client's name; threads that it starts have it as their originator.
        name: String,
        /// Its version.
        version: String,
    }
    /// What a client understands.
    Capabilities {
        ;
        /// Whether it may use experimental methods and fields.
        experimental_api: bool,
    }
    /// A thread.
    ThreadParams {
        /// The thread.
        thread_id: String,
    }
    /// A page of what is not a thread's.
    PageParams {
        ;
        /// Where the page starts: `nextCursor` of the page before.
        cursor: String,
        /// How many.
        limit: u32,
    }
    /// A page of what is a thread's.
    ThreadPageParams {
        /// The thread.
        thread_id: String,
        ;
        /// Where the page starts: `nextCursor` of the page before.
        cursor: String,
        /// How many: 25 if left out, never fewer than 1 or more than 100.
        limit: u32,
    }
    /// Of `thread/start`.
    ThreadStartParams {
        ;
        /// The working directory.
        cwd: String,
        /// The model.
        model: String,
        /// The provider of the model.
        model_provider: String,
        /// What kind of thread it is.
        thread_source: Value,
        /// Whether it is never stored.
        ephemeral: bool,
        /// Echoed.
        approval_policy: Value,
        /// Echoed.
        approvals_reviewer: Value,
        /// Echoed, as a policy.
        sandbox: String,
        /// Echoed.
        service_tier: String,
        /// Looked past. Experimental.
        history_mode: String,
        /// The project to put it into. Experimental.
        project_id: String,
    }
    /// Of `thread/resume`.
    ThreadResumeParams {
        /// The thread.
        thread_id: String,
        ;
        /// Whether the answer has no turns.
        exclude_turns: bool,
        /// A page of turns to answer with. Experimental.
        initial_turns_page: TurnsPageParams,
        /// Echoed.
        cwd: String,
        /// Echoed.
        model: String,
        /// Echoed.
        model_provider: String,
        /// Echoed.
        approval_policy: Value,
        /// Echoed.
        approvals_reviewer: Value,
        /// Echoed, as a policy.
        sandbox: String,
        /// Echoed.
        service_tier: String,
    }
    /// A page of turns.
    TurnsPageParams {
        ;
        /// How many.
        limit: u32,
        /// The direction; newest first if left out.
        sort_direction: Direction,
        /// How much of each turn; a summary if left out.
        items_view: ItemsView,
    }
    /// Of `thread/fork`.
    ThreadForkParams {
        /// The source.
        thread_id: String,
        ;
        /// The last turn that the fork has.
        last_turn_id: String,
        /// The first turn that it has not. Experimental.
        before_turn_id: String,
        /// Whether it is never stored.
        ephemeral: bool,
        /// Whether the answer has no turns.
        exclude_turns: bool,
        /// The working directory; the source's if left out.
        cwd: String,
        /// The model; the source's if left out.
        model: String,
        /// The provider of the model; the source's if left out.
        model_provider: String,
        /// What kind of thread it is.
        thread_source: Value,
        /// Echoed.
        approval_policy: Value,
        /// Echoed.
        approvals_reviewer: Value,
        /// Echoed, as a policy.
        sandbox: String,
        /// Echoed.
        service_tier: String,
    }
    /// Of `thread/revert`.
    ThreadRevertParams {
        /// The thread.
        thread_id: String,
        /// The first turn to take back.
        before_turn_id: String,
    }
    /// Of `thread/name/set`.
    ThreadSetNameParams {
        /// The thread.
        thread_id: String,
        /// The name; white space around it is cut.
        name: String,
    }
    /// Of `thread/goal/set`.
    ThreadGoalSetParams {
        /// The thread.
        thread_id: String,
        ;
        /// What is to be reached; another one makes another goal.
        objective: String,
        /// How it stands.
        status: String,
        /// The most tokens it may take; null removes the budget.
        token_budget: i64,
    }
    /// Of `thread/metadata/update`.
    ThreadMetadataUpdateParams {
        /// The thread.
        thread_id: String,
        ;
        /// What of the state of the repository to change.
        git_info: GitInfoUpdate,
        /// The project to put the thread into; null takes it out. Experimental.
        project_id: String,
    }
    /// A field that is left out stays, one that is null is cleared.
    GitInfoUpdate {
        ;
        /// The commit's hash.
        sha: String,
        /// The branch.
        branch: String,
        /// The address of the origin.
        origin_url: String,
    }
    /// Of `thread/memoryMode/set`.
    ThreadMemoryModeSetParams {
        /// The thread.
        thread_id: String,
        /// Whether memories may be made of it.
        mode: MemoryMode,
    }
    /// Of `thread/readState/update`.
    ThreadReadStateUpdateParams {
        /// The thread.
        thread_id: String,
        /// The revision that the client knows.
        expected_revision: String,
        /// What to mark it as.
        operation: Operation,
    }
    /// Of `thread/list`.
    ThreadListParams {
        ;
        /// Archived threads instead of active ones.
        archived: bool,
        /// Where the page starts.
        cursor: String,
        /// How many: 25 if left out, never fewer than 1 or more than 100.
        limit: u32,
        /// The time to order by; creation if left out.
        sort_key: SortKey,
        /// The direction; newest first if left out.
        sort_direction: Direction,
        /// Only threads of this working directory, or of these.
        cwd: Value,
        /// Only threads of these providers; all if empty.
        model_providers: Vec<String>,
        /// Only threads of these sources; those that people start if empty.
        source_kinds: Vec<String>,
        /// Only threads with this text in name, title or preview.
        search_term: String,
        /// Threads to leave out.
        excluded_thread_ids: Vec<String>,
        /// Only the children of this thread. Experimental.
        parent_thread_id: String,
        /// Only the descendants of this thread. Experimental.
        ancestor_thread_id: String,
        /// Only the threads of this section.
        section_id: String,
        /// Only the threads of this project; null for those of none. Experimental.
        project_id: String,
    }
    /// Of `thread/search`.
    ThreadSearchParams {
        /// The text, case aside.
        search_term: String,
        ;
        /// Archived threads instead of active ones.
        archived: bool,
        /// Where the page starts.
        cursor: String,
        /// How many: 25 if left out, never fewer than 1 or more than 100.
        limit: u32,
        /// The time to order by; creation if left out.
        sort_key: SortKey,
        /// The direction; newest first if left out.
        sort_direction: Direction,
        /// Only threads of these sources; those that people start if empty.
        source_kinds: Vec<String>,
    }
    /// Of `thread/searchOccurrences`.
    ThreadSearchOccurrencesParams {
        /// The thread.
        thread_id: String,
        /// The text, case aside.
        search_term: String,
        ;
        /// Where the page starts.
        cursor: String,
        /// How many: 25 if left out, never fewer than 1 or more than 100.
        limit: u32,
    }
    /// Of `thread/read`.
    ThreadReadParams {
        /// The thread.
        thread_id: String,
        ;
        /// Whether the answer has its turns.
        include_turns: bool,
    }
    /// Of `thread/turns/list`.
    ThreadTurnsListParams {
        /// The thread.
        thread_id: String,
        ;
        /// Where the page starts.
        cursor: String,
        /// How many: 25 if left out, never fewer than 1 or more than 100.
        limit: u32,
        /// The direction; newest first if left out.
        sort_direction: Direction,
        /// How much of each turn; a summary if left out.
        items_view: ItemsView,
    }
    /// Of `thread/items/list`.
    ThreadItemsListParams {
        /// The thread.
        thread_id: String,
        ;
        /// Only the items of this turn.
        turn_id: String,
        /// Where the page starts: a cursor, or `{"type":"item","itemId":…}`.
        cursor: Value,
        /// How many: 25 if left out, never fewer than 1 or more than 100.
        limit: u32,
        /// The direction; oldest first if left out.
        sort_direction: Direction,
    }
    /// Of `thread/items/read`.
    ThreadItemsReadParams {
        /// The thread.
        thread_id: String,
        /// The turn.
        turn_id: String,
        /// The items.
        item_ids: Vec<String>,
    }
    /// Items to append.
    ThreadItemsParams {
        /// The thread.
        thread_id: String,
        /// The items, JSON objects.
        items: Vec<Value>,
    }
    /// Of `thread/attachment/add`.
    ThreadAttachmentAddParams {
        /// The thread.
        thread_id: String,
        /// What kind of thing it is.
        attachment_type: String,
        /// Tells it from others of its kind.
        identity_key: String,
        /// Whatever the client wants to keep.
        payload: Value,
    }
    /// Of `thread/attachment/remove`.
    ThreadAttachmentRemoveParams {
        /// The thread.
        thread_id: String,
        /// What kind of thing it is.
        attachment_type: String,
        /// Tells it from others of its kind.
        identity_key: String,
    }
    /// Of `thread/attachmentOwner/list`.
    ThreadAttachmentOwnerListParams {
        /// What kind of thing it is.
        attachment_type: String,
        /// Tells it from others of its kind.
        identity_key: String,
        ;
        /// Only archived threads, or only active ones.
        archived: bool,
        /// Where the page starts.
        cursor: String,
        /// How many: 25 if left out, never fewer than 1 or more than 100.
        limit: u32,
    }
    /// Of `thread/queue/add`.
    ThreadQueueAddParams {
        /// The thread.
        thread_id: String,
        /// The client's own id of the message.
        client_user_message_id: String,
        /// What was written, in parts.
        input: Vec<Value>,
        ;
        /// Whatever the client wants to keep.
        responsesapi_client_metadata: BTreeMap<String, String>,
    }
    /// Of `thread/queue/update`.
    ThreadQueueUpdateParams {
        /// The thread.
        thread_id: String,
        /// The submission.
        queued_submission_id: String,
        /// What was written, in parts.
        input: Vec<Value>,
        ;
        /// Whatever the client wants to keep.
        responsesapi_client_metadata: BTreeMap<String, String>,
    }
    /// Of `thread/queue/delete`.
    ThreadQueueDeleteParams {
        /// The thread.
        thread_id: String,
        /// The submission.
        queued_submission_id: String,
    }
    /// Of `thread/queue/reorder`.
    ThreadQueueReorderParams {
        /// The thread.
        thread_id: String,
        /// The submissions to put first, in this order.
        queued_submission_ids: Vec<String>,
    }
    /// Of `thread/section/move`.
    ThreadSectionMoveParams {
        /// The thread.
        thread_id: String,
        /// The section; null takes the thread out of its section.
        section_id: Option<String>,
        ;
        /// The thread to put it before; it goes last if left out.
        before_thread_id: String,
    }
    /// A section.
    ThreadSectionParams {
        /// The section.
        section_id: String,
    }
    /// Of `threadSection/create`.
    ThreadSectionCreateParams {
        /// The name.
        name: String,
        ;
        /// How it looks.
        appearance: ThreadSectionAppearance,
    }
    /// Of `threadSection/update`.
    ThreadSectionUpdateParams {
        /// The section.
        section_id: String,
        /// The name.
        name: String,
        ;
        /// How it looks.
        appearance: ThreadSectionAppearance,
    }
    /// A project.
    ProjectParams {
        /// The project.
        project_id: String,
    }
    /// Of `project/list`.
    ProjectListParams {
        ;
        /// Where the page starts.
        cursor: String,
        /// How many: 25 if left out, never fewer than 1 or more than 100.
        limit: u32,
        /// What to order by; a person's own order if left out.
        sort_key: ProjectSortKey,
        /// The direction.
        sort_direction: Direction,
    }
    /// Of `project/create`.
    ProjectCreateParams {
        /// Names this request: asked twice, it makes one project.
        idempotency_key: String,
        /// The name.
        name: String,
        /// The folders.
        roots: Vec<ProjectRoot>,
        ;
        /// Whatever the client wants to keep.
        metadata: BTreeMap<String, String>,
    }
    /// Of `project/import`.
    ProjectImportParams {
        /// Names this request: asked twice, it makes one project.
        idempotency_key: String,
        /// The name.
        name: String,
        /// The folders.
        roots: Vec<ProjectRoot>,
        ;
        /// Whatever the client wants to keep.
        metadata: BTreeMap<String, String>,
        /// The threads to take in.
        threads: Vec<String>,
    }
    /// Of `project/update`: what is left out stays.
    ProjectUpdateParams {
        /// The project.
        project_id: String,
        ;
        /// The name.
        name: String,
        /// The folders.
        roots: Vec<ProjectRoot>,
        /// Whatever the client wants to keep.
        metadata: BTreeMap<String, String>,
    }
    /// Of `project/move`.
    ProjectMoveParams {
        /// The project.
        project_id: String,
        ;
        /// The project to put it before; it goes last if left out.
        before_project_id: String,
    }
    /// Of `creel/delete`.
    DeleteParams {
        /// The thread.
        thread_id: String,
        ;
        /// The token of a plan; a tree that has changed since is refused.
        plan: String,
        /// What becomes of the children; they are deleted if left out.
        children: Children,
        /// When the answer comes; when nothing is left if left out.
        wait: Wait,
        /// How long it can be undone, in milliseconds; the answer comes at once then.
        grace: i64,
    }
    /// Of `creel/deletion/plan`.
    DeletionPlanParams {
        /// The thread.
        thread_id: String,
        ;
        /// What becomes of the children.
        children: Children,
    }
    /// Of `creel/deletion/undo`.
    DeletionUndoParams {
        /// The deletion.
        deletion: String,
    }
    /// Of `creel/items/list`.
    ItemsListParams {
        /// The thread.
        thread_id: String,
        ;
        /// Where the page starts.
        cursor: String,
        /// How many: 50 if left out, never fewer than 1 or more than 1,000.
        limit: u32,
        /// The direction; oldest first if left out.
        sort_direction: Direction,
    }
    /// Of `creel/items/pop`.
    ItemsPopParams {
        /// The thread.
        thread_id: String,
        ;
        /// How many; 1 if left out.
        count: u32,
    }
}
