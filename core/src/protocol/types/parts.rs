//! What parameters and answers are made of: threads, turns, goals, words.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tsify::Tsify;

macro_rules! words {
    ($($(#[$meta:meta])* $name:ident($case:literal) { $($(#[$word_meta:meta])* $word:ident,)* })*) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Tsify)]
        #[serde(rename_all = $case)]
        pub enum $name { $($(#[$word_meta])* $word,)* }
    )* };
}

words! {
    /// What projects are ordered by.
    ProjectSortKey("camelCase") {
        /// A person's own order.
        Position,
        /// When a person last said something in one of their threads.
        RecencyAt,
    }
    /// The direction of a list.
    Direction("camelCase") {
        /// Smallest first.
        Asc,
        /// Largest first.
        Desc,
    }
    /// The time that a list of threads is ordered by.
    SortKey("snake_case") {
        /// When they were created.
        CreatedAt,
        /// When they last changed.
        UpdatedAt,
        /// When a person last said something.
        RecencyAt,
        /// A person's own order; needs a section.
        SectionPosition,
    }
    /// How much of a turn's items an answer has.
    ItemsView("camelCase") {
        /// None.
        NotLoaded,
        /// What was asked, and the last answer.
        Summary,
        /// All.
        Full,
    }
    /// Whether memories may be made of a thread.
    MemoryMode("camelCase") {
        /// They may.
        Enabled,
        /// They may not.
        Disabled,
    }
    /// What becomes of the children of a deleted thread.
    Children("camelCase") {
        /// They are deleted with it.
        Delete,
        /// They become roots.
        Detach,
        /// The deletion is refused if there are any.
        Refuse,
    }
    /// Which ids imported threads get.
    ImportedIds("camelCase") {
        /// Those that they had.
        Keep,
        /// New ones.
        Renew,
    }
    /// When a deletion is answered.
    Wait("camelCase") {
        /// As soon as it is decided.
        Committed,
        /// When nothing of the threads is left.
        Erased,
    }
    /// What became of a turn.
    TurnStatus("camelCase") {
        /// It ended.
        Completed,
        /// It was stopped, or never ended.
        Interrupted,
        /// It failed.
        Failed,
    }
}

macro_rules! parts {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* })*) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, Tsify)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        #[tsify(missing_as_null)]
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }
    )* };
}
pub(super) use parts;

parts! {
    /// Nothing.
    Empty {}
    /// Something named by its type alone.
    Kind {
        /// The type.
        #[serde(rename = "type")]
        kind: String,
    }
    /// What to mark a thread as: `{"type":"read"}` or `{"type":"unread"}`.
    Operation {
        /// The type.
        #[serde(rename = "type")]
        kind: String,
    }
    /// The state of a repository.
    GitInfo {
        /// The commit's hash.
        sha: Option<String>,
        /// The branch.
        branch: Option<String>,
        /// The address of the origin.
        origin_url: Option<String>,
    }
    /// A thread. Times are in seconds since 1970; what a store does not know is null.
    Thread {
        /// The thread's id.
        id: String,
        /// Always null.
        environments: Option<Value>,
        /// Always null.
        extra: Option<Value>,
        /// The session that it belongs to.
        session_id: String,
        /// The thread that it was forked from.
        forked_from_id: Option<String>,
        /// Always null.
        attached_to_thread_id: Option<String>,
        /// The thread that spawned it.
        parent_thread_id: Option<String>,
        /// The beginning of the first user message.
        preview: String,
        /// Whether it is never stored.
        ephemeral: bool,
        /// The section that it is in.
        section: Option<ThreadSection>,
        /// When it entered the section, in seconds.
        section_entered_at: Option<i64>,
        /// The project that it is in.
        project_id: Option<String>,
        /// Always `paginated`.
        history_mode: String,
        /// The provider of the model.
        model_provider: String,
        /// The model last used.
        model: Option<String>,
        /// Always null.
        reasoning_effort: Option<String>,
        /// When it was created.
        created_at: i64,
        /// When it last changed.
        updated_at: i64,
        /// When a person last said something.
        recency_at: i64,
        /// `{"type":"idle"}` while it is open, else `{"type":"notLoaded"}`.
        status: Kind,
        /// Always null.
        path: Option<String>,
        /// The working directory.
        cwd: String,
        /// The version of the program that started it.
        cli_version: String,
        /// The name of that program.
        originator: Option<String>,
        /// What started it.
        source: Value,
        /// Always null.
        can_accept_direct_input: Option<bool>,
        /// What kind of thread it is.
        thread_source: Option<Value>,
        /// The sub-agent's nickname.
        agent_nickname: Option<String>,
        /// The sub-agent's role.
        agent_role: Option<String>,
        /// The state of the repository.
        git_info: Option<GitInfo>,
        /// The name a person gave it.
        name: Option<String>,
        /// Always null.
        daybreak_enabled: Option<bool>,
        /// Its turns, where they were asked for.
        turns: Vec<Turn>,
    }
    /// What a person said, and all that came of it.
    Turn {
        /// Its id.
        id: String,
        /// The turn that it is part of.
        root_turn_id: Option<String>,
        /// Its items: objects with `type` and `id`.
        items: Vec<Value>,
        /// How much of its items this is.
        items_view: ItemsView,
        /// What became of it.
        status: TurnStatus,
        /// What went wrong.
        error: Option<Value>,
        /// When it started, in seconds.
        started_at: Option<i64>,
        /// When it ended, in seconds.
        completed_at: Option<i64>,
        /// How long it took.
        duration_ms: Option<i64>,
    }
    /// An item of a turn.
    ItemEntry {
        /// The turn.
        turn_id: String,
        /// The item: an object with `type` and `id`.
        item: Value,
        /// When it started.
        started_at_ms: Option<i64>,
        /// When it ended.
        completed_at_ms: Option<i64>,
    }
    /// An item as it was given.
    StoredItem {
        /// Its place in the history, from 0.
        seq: u64,
        /// When it was appended, in milliseconds.
        at: i64,
        /// The item.
        item: Value,
    }
    /// What a person has read of a thread.
    ReadState {
        /// The first turn that is not read: `{"type":"turn","turnId":…}` or `{"type":"threadStart"}`.
        first_unread: Option<Value>,
        /// Names this state.
        revision: String,
    }
    /// What a thread is to reach.
    ThreadGoal {
        /// The thread.
        thread_id: String,
        /// What is to be reached.
        objective: String,
        /// How it stands.
        status: String,
        /// The most tokens it may take.
        token_budget: Option<i64>,
        /// The tokens it has taken.
        tokens_used: i64,
        /// The time it has taken.
        time_used_seconds: i64,
        /// When it was set, in seconds.
        created_at: i64,
        /// When it last changed, in seconds.
        updated_at: i64,
    }
    /// What a client has pinned to a thread.
    ThreadAttachment {
        /// Its id.
        id: String,
        /// What kind of thing it is.
        attachment_type: String,
        /// Tells it from others of its kind.
        identity_key: String,
        /// Whatever the client wants to keep.
        payload: Value,
        /// When it was added, in seconds.
        created_at: i64,
    }
    /// A thread that has an attachment.
    ThreadAttachmentOwner {
        /// The thread.
        thread_id: String,
        /// Whether it is archived.
        archived: bool,
    }
    /// What a person has written while the agent was busy.
    QueuedSubmission {
        /// Its id.
        id: String,
        /// The client's own id of the message.
        client_user_message_id: String,
        /// What was written, in parts.
        input: Vec<Value>,
        /// Whatever the client wants to keep.
        responsesapi_client_metadata: Option<BTreeMap<String, String>>,
    }
    /// A part of a person's own order of threads.
    ThreadSection {
        /// Its id.
        id: String,
        /// Its name.
        name: String,
        /// How it looks.
        appearance: Option<ThreadSectionAppearance>,
    }
    /// How a section looks.
    ThreadSectionAppearance {
        /// Its colour.
        color: Option<String>,
        /// Its icon.
        icon: Option<String>,
    }
    /// A named set of threads with folders of its own.
    Project {
        /// Its id.
        id: String,
        /// Its name.
        name: String,
        /// Its folders.
        roots: Vec<ProjectRoot>,
        /// Whatever the client wants to keep.
        metadata: BTreeMap<String, String>,
        /// Its place among the projects, from 0.
        position: i64,
        /// When it was created, in seconds.
        created_at: i64,
        /// When it last changed, in seconds.
        updated_at: i64,
        /// When a person last said something in one of its threads, in seconds.
        recency_at: Option<i64>,
    }
    /// A folder of a project.
    ProjectRoot {
        /// The folder.
        path: String,
    }
    /// A place in a text, in UTF-16 units.
    TextRange {
        /// Its start.
        start: i64,
        /// Its end.
        end: i64,
    }
    /// A place where something was said.
    Occurrence {
        /// The turn.
        turn_id: String,
        /// The item.
        item_id: String,
        /// A cursor of a list of turns that begins with this one.
        turn_cursor: String,
        /// The text around it.
        snippet: String,
        /// Where it is in the snippet.
        snippet_match_range: TextRange,
    }
    /// A thread that was found.
    SearchResult {
        /// The thread.
        thread: Thread,
        /// The text around the first match.
        snippet: String,
    }
    /// An entry of a timeline.
    TimelineEntry {
        /// Always `item`.
        #[serde(rename = "type")]
        kind: String,
        /// The item.
        item: Value,
        /// Its place in the history.
        position: u64,
        /// The turn.
        turn_id: String,
    }
}
