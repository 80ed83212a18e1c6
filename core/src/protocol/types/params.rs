//! The parameters of threads and their histories. A field that may be left out may also be null; what a method does
//! not know is ignored.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tsify::Tsify;

use super::parts::{Direction, ItemsView, MemoryMode, Operation, SortKey};

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

pub(super) use params;

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
}
