// The types of the protocol, generated from those in Rust by `cargo xtask schema`.

/** Any JSON. */
export type Value = unknown;

/**
 * What a client understands.
 */
export interface Capabilities {
    /**
     * Whether it may use experimental methods and fields.
     */
    experimentalApi?: boolean;
}

/**
 * What becomes of the children of a deleted thread.
 */
export type Children = "delete" | "detach" | "refuse";

/**
 * Who asks.
 */
export interface ClientInfo {
    /**
     * The client's name; threads that it starts have it as their originator.
     */
    name?: string;
    /**
     * Its version.
     */
    version?: string;
}

/**
 * Of `creel/delete`.
 */
export interface DeleteParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * The token of a plan; a tree that has changed since is refused.
     */
    plan?: string;
    /**
     * What becomes of the children; they are deleted if left out.
     */
    children?: Children;
    /**
     * When the answer comes; when nothing is left if left out.
     */
    wait?: Wait;
    /**
     * How long it can be undone, in milliseconds; the answer comes at once then.
     */
    grace?: number;
}

/**
 * Of `creel/delete`.
 */
export interface DeleteResponse {
    /**
     * What the deletion did, as the typed API's `Receipt`; null where nothing was ever stored.
     */
    receipt: Value | null;
}

/**
 * Of `creel/deletion/plan`.
 */
export interface DeletionPlanParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * What becomes of the children.
     */
    children?: Children;
}

/**
 * Of `creel/deletion/plan`.
 */
export interface DeletionPlanResponse {
    /**
     * What it would take, as the typed API's `DeletionPlan`.
     */
    plan: Value;
    /**
     * The members that are open.
     */
    loaded: string[];
}

/**
 * Of `creel/deletion/undo`.
 */
export interface DeletionUndoParams {
    /**
     * The deletion.
     */
    deletion: string;
}

/**
 * Of `creel/deletion/undo`.
 */
export interface DeletionUndoResponse {
    /**
     * The threads that are back.
     */
    threadIds: string[];
}

/**
 * The direction of a list.
 */
export type Direction = "asc" | "desc";

/**
 * Of `creel/doctor`.
 */
export interface DoctorResponse {
    /**
     * What was found, as the typed API's `Report`.
     */
    report: Value;
}

/**
 * Nothing.
 */
export interface Empty {}

/**
 * Of `creel/export`.
 */
export interface ExportParams {
    /**
     * The thread to export with everything below it; every tree if left out.
     */
    threadId?: string;
    /**
     * The export to carry on, as the last answer named it; left out to begin one.
     */
    export?: string;
    /**
     * Whether to give the export up.
     */
    cancel?: boolean;
}

/**
 * Of `creel/export`.
 */
export interface ExportResponse {
    /**
     * What the next call names it by; null at the end.
     */
    export: string | null;
    /**
     * The next lines, about 4 MB at most; none at the end.
     */
    data: string;
    /**
     * How far it is, as the typed API's `ExportProgress`.
     */
    progress: Value;
}

/**
 * The state of a repository.
 */
export interface GitInfo {
    /**
     * The commit's hash.
     */
    sha: string | null;
    /**
     * The branch.
     */
    branch: string | null;
    /**
     * The address of the origin.
     */
    originUrl: string | null;
}

/**
 * A field that is left out stays, one that is null is cleared.
 */
export interface GitInfoUpdate {
    /**
     * The commit's hash.
     */
    sha?: string;
    /**
     * The branch.
     */
    branch?: string;
    /**
     * The address of the origin.
     */
    originUrl?: string;
}

/**
 * Of `creel/import`.
 */
export interface ImportParams {
    /**
     * The import to carry on, as the last answer named it; left out to begin one.
     */
    import?: string;
    /**
     * The next piece of the text, cut anywhere.
     */
    data?: string;
    /**
     * The ids that the threads get, said when the import begins; their own if left out.
     */
    ids?: ImportedIds;
    /**
     * Whether this is the last piece.
     */
    done?: boolean;
    /**
     * Whether to give the import up: a tree that is not whole by now is left out.
     */
    cancel?: boolean;
}

/**
 * Of `creel/import`.
 */
export interface ImportResponse {
    /**
     * What the next call names it by; null at the end.
     */
    import: string | null;
    /**
     * What was brought in and what was not, as the typed API's `ImportReport`; null until the end.
     */
    report: Value | null;
    /**
     * How far it is, as the typed API's `ImportProgress`.
     */
    progress: Value;
}

/**
 * Which ids imported threads get.
 */
export type ImportedIds = "keep" | "renew";

/**
 * Of `initialize`.
 */
export interface InitializeParams {
    /**
     * Who asks.
     */
    clientInfo?: ClientInfo;
    /**
     * What the client understands.
     */
    capabilities?: Capabilities;
}

/**
 * Of `initialize`.
 */
export interface InitializeResponse {
    /**
     * The server and its version.
     */
    userAgent: string;
    /**
     * The kind of system that it runs on.
     */
    platformFamily: string;
    /**
     * The system that it runs on.
     */
    platformOs: string;
}

/**
 * An item of a turn.
 */
export interface ItemEntry {
    /**
     * The turn.
     */
    turnId: string;
    /**
     * The item: an object with `type` and `id`.
     */
    item: Value;
    /**
     * When it started.
     */
    startedAtMs: number | null;
    /**
     * When it ended.
     */
    completedAtMs: number | null;
}

/**
 * Of `creel/items/append`.
 */
export interface ItemsAppendResponse {
    /**
     * How many were kept.
     */
    count: number;
    /**
     * How many the thread has now.
     */
    length: number;
}

/**
 * Of `creel/items/list`.
 */
export interface ItemsListParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * Where the page starts.
     */
    cursor?: string;
    /**
     * How many: 50 if left out, never fewer than 1 or more than 1,000.
     */
    limit?: number;
    /**
     * The direction; oldest first if left out.
     */
    sortDirection?: Direction;
}

/**
 * Of `creel/items/list`.
 */
export interface ItemsListResponse {
    /**
     * The items.
     */
    data: StoredItem[];
    /**
     * Where the next page starts.
     */
    nextCursor: string | null;
    /**
     * Where a page in the other direction starts.
     */
    backwardsCursor: string | null;
}

/**
 * Of `creel/items/pop`.
 */
export interface ItemsPopParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * How many; 1 if left out.
     */
    count?: number;
}

/**
 * Of `creel/items/pop`.
 */
export interface ItemsPopResponse {
    /**
     * The items, in their order.
     */
    data: StoredItem[];
}

/**
 * How much of a turn's items an answer has.
 */
export type ItemsView = "notLoaded" | "summary" | "full";

/**
 * Something named by its type alone.
 */
export interface Kind {
    /**
     * The type.
     */
    type: string;
}

/**
 * Whether memories may be made of a thread.
 */
export type MemoryMode = "enabled" | "disabled";

/**
 * A place where something was said.
 */
export interface Occurrence {
    /**
     * The turn.
     */
    turnId: string;
    /**
     * The item.
     */
    itemId: string;
    /**
     * A cursor of a list of turns that begins with this one.
     */
    turnCursor: string;
    /**
     * The text around it.
     */
    snippet: string;
    /**
     * Where it is in the snippet.
     */
    snippetMatchRange: TextRange;
}

/**
 * What to mark a thread as: `{"type":"read"}` or `{"type":"unread"}`.
 */
export interface Operation {
    /**
     * The type.
     */
    type: string;
}

/**
 * A page of what is not a thread's.
 */
export interface PageParams {
    /**
     * Where the page starts: `nextCursor` of the page before.
     */
    cursor?: string;
    /**
     * How many.
     */
    limit?: number;
}

/**
 * Of `creel/deletion/pending`.
 */
export interface PendingDeletionsResponse {
    /**
     * The deletions, as the typed API's `PendingDeletion`.
     */
    data: Value[];
}

/**
 * A named set of threads with folders of its own.
 */
export interface Project {
    /**
     * Its id.
     */
    id: string;
    /**
     * Its name.
     */
    name: string;
    /**
     * Its folders.
     */
    roots: ProjectRoot[];
    /**
     * Whatever the client wants to keep.
     */
    metadata: Map<string, string>;
    /**
     * Its place among the projects, from 0.
     */
    position: number;
    /**
     * When it was created, in seconds.
     */
    createdAt: number;
    /**
     * When it last changed, in seconds.
     */
    updatedAt: number;
    /**
     * When a person last said something in one of its threads, in seconds.
     */
    recencyAt: number | null;
}

/**
 * Of `project/create`.
 */
export interface ProjectCreateParams {
    /**
     * Names this request: asked twice, it makes one project.
     */
    idempotencyKey: string;
    /**
     * The name.
     */
    name: string;
    /**
     * The folders.
     */
    roots: ProjectRoot[];
    /**
     * Whatever the client wants to keep.
     */
    metadata?: Map<string, string>;
}

/**
 * Of `project/import`.
 */
export interface ProjectImportParams {
    /**
     * Names this request: asked twice, it makes one project.
     */
    idempotencyKey: string;
    /**
     * The name.
     */
    name: string;
    /**
     * The folders.
     */
    roots: ProjectRoot[];
    /**
     * Whatever the client wants to keep.
     */
    metadata?: Map<string, string>;
    /**
     * The threads to take in.
     */
    threads?: string[];
}

/**
 * Of `project/list`.
 */
export interface ProjectListParams {
    /**
     * Where the page starts.
     */
    cursor?: string;
    /**
     * How many: 25 if left out, never fewer than 1 or more than 100.
     */
    limit?: number;
    /**
     * What to order by; a person's own order if left out.
     */
    sortKey?: ProjectSortKey;
    /**
     * The direction.
     */
    sortDirection?: Direction;
}

/**
 * Of `project/list`.
 */
export interface ProjectListResponse {
    /**
     * The projects.
     */
    data: Project[];
    /**
     * Where the next page starts.
     */
    nextCursor: string | null;
}

/**
 * Of `project/move`.
 */
export interface ProjectMoveParams {
    /**
     * The project.
     */
    projectId: string;
    /**
     * The project to put it before; it goes last if left out.
     */
    beforeProjectId?: string;
}

/**
 * A project.
 */
export interface ProjectParams {
    /**
     * The project.
     */
    projectId: string;
}

/**
 * Of the methods that answer with a project.
 */
export interface ProjectResponse {
    /**
     * The project.
     */
    project: Project;
}

/**
 * A folder of a project.
 */
export interface ProjectRoot {
    /**
     * The folder.
     */
    path: string;
}

/**
 * What projects are ordered by.
 */
export type ProjectSortKey = "position" | "recencyAt";

/**
 * Of `project/update`: what is left out stays.
 */
export interface ProjectUpdateParams {
    /**
     * The project.
     */
    projectId: string;
    /**
     * The name.
     */
    name?: string;
    /**
     * The folders.
     */
    roots?: ProjectRoot[];
    /**
     * Whatever the client wants to keep.
     */
    metadata?: Map<string, string>;
}

/**
 * What a person has written while the agent was busy.
 */
export interface QueuedSubmission {
    /**
     * Its id.
     */
    id: string;
    /**
     * The client's own id of the message.
     */
    clientUserMessageId: string;
    /**
     * What was written, in parts.
     */
    input: Value[];
    /**
     * Whatever the client wants to keep.
     */
    responsesapiClientMetadata: Map<string, string> | null;
}

/**
 * What a person has read of a thread.
 */
export interface ReadState {
    /**
     * The first turn that is not read: `{"type":"turn","turnId":…}` or `{"type":"threadStart"}`.
     */
    firstUnread: Value | null;
    /**
     * Names this state.
     */
    revision: string;
}

/**
 * A thread that was found.
 */
export interface SearchResult {
    /**
     * The thread.
     */
    thread: Thread;
    /**
     * The text around the first match.
     */
    snippet: string;
}

/**
 * The time that a list of threads is ordered by.
 */
export type SortKey = "created_at" | "updated_at" | "recency_at" | "section_position";

/**
 * Of `creel/stats`.
 */
export interface StatsResponse {
    /**
     * The counts, as the typed API's `StoreStats`.
     */
    stats: Value;
    /**
     * How many threads are open.
     */
    loaded: number;
}

/**
 * An item as it was given.
 */
export interface StoredItem {
    /**
     * Its place in the history, from 0.
     */
    seq: number;
    /**
     * When it was appended, in milliseconds.
     */
    at: number;
    /**
     * The item.
     */
    item: Value;
}

/**
 * A place in a text, in UTF-16 units.
 */
export interface TextRange {
    /**
     * Its start.
     */
    start: number;
    /**
     * Its end.
     */
    end: number;
}

/**
 * A thread. Times are in seconds since 1970; what a store does not know is null.
 */
export interface Thread {
    /**
     * The thread's id.
     */
    id: string;
    /**
     * Always null.
     */
    environments: Value | null;
    /**
     * Always null.
     */
    extra: Value | null;
    /**
     * The session that it belongs to.
     */
    sessionId: string;
    /**
     * The thread that it was forked from.
     */
    forkedFromId: string | null;
    /**
     * Always null.
     */
    attachedToThreadId: string | null;
    /**
     * The thread that spawned it.
     */
    parentThreadId: string | null;
    /**
     * The beginning of the first user message.
     */
    preview: string;
    /**
     * Whether it is never stored.
     */
    ephemeral: boolean;
    /**
     * The section that it is in.
     */
    section: ThreadSection | null;
    /**
     * When it entered the section, in seconds.
     */
    sectionEnteredAt: number | null;
    /**
     * The project that it is in.
     */
    projectId: string | null;
    /**
     * Always `paginated`.
     */
    historyMode: string;
    /**
     * The provider of the model.
     */
    modelProvider: string;
    /**
     * The model last used.
     */
    model: string | null;
    /**
     * Always null.
     */
    reasoningEffort: string | null;
    /**
     * When it was created.
     */
    createdAt: number;
    /**
     * When it last changed.
     */
    updatedAt: number;
    /**
     * When a person last said something.
     */
    recencyAt: number;
    /**
     * `{"type":"idle"}` while it is open, else `{"type":"notLoaded"}`.
     */
    status: Kind;
    /**
     * Always null.
     */
    path: string | null;
    /**
     * The working directory.
     */
    cwd: string;
    /**
     * The version of the program that started it.
     */
    cliVersion: string;
    /**
     * The name of that program.
     */
    originator: string | null;
    /**
     * What started it.
     */
    source: Value;
    /**
     * Always null.
     */
    canAcceptDirectInput: boolean | null;
    /**
     * What kind of thread it is.
     */
    threadSource: Value | null;
    /**
     * The sub-agent's nickname.
     */
    agentNickname: string | null;
    /**
     * The sub-agent's role.
     */
    agentRole: string | null;
    /**
     * The state of the repository.
     */
    gitInfo: GitInfo | null;
    /**
     * The name a person gave it.
     */
    name: string | null;
    /**
     * Always null.
     */
    daybreakEnabled: boolean | null;
    /**
     * Its turns, where they were asked for.
     */
    turns: Turn[];
}

/**
 * What a client has pinned to a thread.
 */
export interface ThreadAttachment {
    /**
     * Its id.
     */
    id: string;
    /**
     * What kind of thing it is.
     */
    attachmentType: string;
    /**
     * Tells it from others of its kind.
     */
    identityKey: string;
    /**
     * Whatever the client wants to keep.
     */
    payload: Value;
    /**
     * When it was added, in seconds.
     */
    createdAt: number;
}

/**
 * Of `thread/attachment/add`.
 */
export interface ThreadAttachmentAddParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * What kind of thing it is.
     */
    attachmentType: string;
    /**
     * Tells it from others of its kind.
     */
    identityKey: string;
    /**
     * Whatever the client wants to keep.
     */
    payload: Value;
}

/**
 * Of `thread/attachment/add`.
 */
export interface ThreadAttachmentAddResponse {
    /**
     * The attachment.
     */
    attachment: ThreadAttachment;
    /**
     * `created` or `existing`.
     */
    outcome: string;
}

/**
 * Of `thread/attachment/list`.
 */
export interface ThreadAttachmentListResponse {
    /**
     * The attachments.
     */
    data: ThreadAttachment[];
    /**
     * Where the next page starts.
     */
    nextCursor: string | null;
}

/**
 * A thread that has an attachment.
 */
export interface ThreadAttachmentOwner {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * Whether it is archived.
     */
    archived: boolean;
}

/**
 * Of `thread/attachmentOwner/list`.
 */
export interface ThreadAttachmentOwnerListParams {
    /**
     * What kind of thing it is.
     */
    attachmentType: string;
    /**
     * Tells it from others of its kind.
     */
    identityKey: string;
    /**
     * Only archived threads, or only active ones.
     */
    archived?: boolean;
    /**
     * Where the page starts.
     */
    cursor?: string;
    /**
     * How many: 25 if left out, never fewer than 1 or more than 100.
     */
    limit?: number;
}

/**
 * Of `thread/attachmentOwner/list`.
 */
export interface ThreadAttachmentOwnerListResponse {
    /**
     * The threads.
     */
    data: ThreadAttachmentOwner[];
    /**
     * Where the next page starts.
     */
    nextCursor: string | null;
}

/**
 * Of `thread/attachment/remove`.
 */
export interface ThreadAttachmentRemoveParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * What kind of thing it is.
     */
    attachmentType: string;
    /**
     * Tells it from others of its kind.
     */
    identityKey: string;
}

/**
 * Of `thread/fork`.
 */
export interface ThreadForkParams {
    /**
     * The source.
     */
    threadId: string;
    /**
     * The last turn that the fork has.
     */
    lastTurnId?: string;
    /**
     * The first turn that it has not. Experimental.
     */
    beforeTurnId?: string;
    /**
     * Whether it is never stored.
     */
    ephemeral?: boolean;
    /**
     * Whether the answer has no turns.
     */
    excludeTurns?: boolean;
    /**
     * The working directory; the source's if left out.
     */
    cwd?: string;
    /**
     * The model; the source's if left out.
     */
    model?: string;
    /**
     * The provider of the model; the source's if left out.
     */
    modelProvider?: string;
    /**
     * What kind of thread it is.
     */
    threadSource?: Value;
    /**
     * Echoed.
     */
    approvalPolicy?: Value;
    /**
     * Echoed.
     */
    approvalsReviewer?: Value;
    /**
     * Echoed, as a policy.
     */
    sandbox?: string;
    /**
     * Echoed.
     */
    serviceTier?: string;
}

/**
 * What a thread is to reach.
 */
export interface ThreadGoal {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * What is to be reached.
     */
    objective: string;
    /**
     * How it stands.
     */
    status: string;
    /**
     * The most tokens it may take.
     */
    tokenBudget: number | null;
    /**
     * The tokens it has taken.
     */
    tokensUsed: number;
    /**
     * The time it has taken.
     */
    timeUsedSeconds: number;
    /**
     * When it was set, in seconds.
     */
    createdAt: number;
    /**
     * When it last changed, in seconds.
     */
    updatedAt: number;
}

/**
 * Of `thread/goal/clear`.
 */
export interface ThreadGoalClearResponse {
    /**
     * Whether there was one.
     */
    cleared: boolean;
}

/**
 * Of `thread/goal/get`.
 */
export interface ThreadGoalGetResponse {
    /**
     * The goal.
     */
    goal: ThreadGoal | null;
}

/**
 * Of `thread/goal/set`.
 */
export interface ThreadGoalSetParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * What is to be reached; another one makes another goal.
     */
    objective?: string;
    /**
     * How it stands.
     */
    status?: string;
    /**
     * The most tokens it may take; null removes the budget.
     */
    tokenBudget?: number;
}

/**
 * Of `thread/goal/set`.
 */
export interface ThreadGoalSetResponse {
    /**
     * The goal.
     */
    goal: ThreadGoal;
}

/**
 * Of `thread/items/list`.
 */
export interface ThreadItemsListParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * Only the items of this turn.
     */
    turnId?: string;
    /**
     * Where the page starts: a cursor, or `{"type":"item","itemId":…}`.
     */
    cursor?: Value;
    /**
     * How many: 25 if left out, never fewer than 1 or more than 100.
     */
    limit?: number;
    /**
     * The direction; oldest first if left out.
     */
    sortDirection?: Direction;
}

/**
 * Of `thread/items/list`.
 */
export interface ThreadItemsListResponse {
    /**
     * The items.
     */
    data: ItemEntry[];
    /**
     * Where the next page starts.
     */
    nextCursor: string | null;
    /**
     * Where a page in the other direction starts.
     */
    backwardsCursor: string | null;
}

/**
 * Items to append.
 */
export interface ThreadItemsParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * The items, JSON objects.
     */
    items: Value[];
}

/**
 * Of `thread/items/read`.
 */
export interface ThreadItemsReadParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * The turn.
     */
    turnId: string;
    /**
     * The items.
     */
    itemIds: string[];
}

/**
 * Of `thread/items/read`.
 */
export interface ThreadItemsReadResponse {
    /**
     * The items.
     */
    data: ItemEntry[];
}

/**
 * Of `thread/list`.
 */
export interface ThreadListParams {
    /**
     * Archived threads instead of active ones.
     */
    archived?: boolean;
    /**
     * Where the page starts.
     */
    cursor?: string;
    /**
     * How many: 25 if left out, never fewer than 1 or more than 100.
     */
    limit?: number;
    /**
     * The time to order by; creation if left out.
     */
    sortKey?: SortKey;
    /**
     * The direction; newest first if left out.
     */
    sortDirection?: Direction;
    /**
     * Only threads of this working directory, or of these.
     */
    cwd?: Value;
    /**
     * Only threads of these providers; all if empty.
     */
    modelProviders?: string[];
    /**
     * Only threads of these sources; those that people start if empty.
     */
    sourceKinds?: string[];
    /**
     * Only threads with this text in name, title or preview.
     */
    searchTerm?: string;
    /**
     * Threads to leave out.
     */
    excludedThreadIds?: string[];
    /**
     * Only the children of this thread. Experimental.
     */
    parentThreadId?: string;
    /**
     * Only the descendants of this thread. Experimental.
     */
    ancestorThreadId?: string;
    /**
     * Only the threads of this section.
     */
    sectionId?: string;
    /**
     * Only the threads of this project; null for those of none. Experimental.
     */
    projectId?: string;
}

/**
 * Of `thread/list`.
 */
export interface ThreadListResponse {
    /**
     * The threads.
     */
    data: Thread[];
    /**
     * What a person has read of them, by id; sub-agents are not read.
     */
    readStates: Map<string, ReadState>;
    /**
     * Where the next page starts.
     */
    nextCursor: string | null;
    /**
     * Where a page in the other direction starts.
     */
    backwardsCursor: string | null;
}

/**
 * Of `thread/loaded/list`.
 */
export interface ThreadLoadedListResponse {
    /**
     * The ids of open threads.
     */
    data: string[];
    /**
     * Where the next page starts.
     */
    nextCursor: string | null;
}

/**
 * Of `thread/memoryMode/set`.
 */
export interface ThreadMemoryModeSetParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * Whether memories may be made of it.
     */
    mode: MemoryMode;
}

/**
 * Of `thread/metadata/update`.
 */
export interface ThreadMetadataUpdateParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * What of the state of the repository to change.
     */
    gitInfo?: GitInfoUpdate;
    /**
     * The project to put the thread into; null takes it out. Experimental.
     */
    projectId?: string;
}

/**
 * A page of what is a thread's.
 */
export interface ThreadPageParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * Where the page starts: `nextCursor` of the page before.
     */
    cursor?: string;
    /**
     * How many: 25 if left out, never fewer than 1 or more than 100.
     */
    limit?: number;
}

/**
 * A thread.
 */
export interface ThreadParams {
    /**
     * The thread.
     */
    threadId: string;
}

/**
 * Of `thread/queue/add`.
 */
export interface ThreadQueueAddParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * The client's own id of the message.
     */
    clientUserMessageId: string;
    /**
     * What was written, in parts.
     */
    input: Value[];
    /**
     * Whatever the client wants to keep.
     */
    responsesapiClientMetadata?: Map<string, string>;
}

/**
 * Of `thread/queue/delete`.
 */
export interface ThreadQueueDeleteParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * The submission.
     */
    queuedSubmissionId: string;
}

/**
 * Of `thread/queue/delete`.
 */
export interface ThreadQueueDeleteResponse {
    /**
     * Whether it was there.
     */
    deleted: boolean;
}

/**
 * Of `thread/queue/list`.
 */
export interface ThreadQueueListResponse {
    /**
     * The submissions, in order.
     */
    data: QueuedSubmission[];
    /**
     * Where the next page starts.
     */
    nextCursor: string | null;
}

/**
 * Of `thread/queue/reorder`.
 */
export interface ThreadQueueReorderParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * The submissions to put first, in this order.
     */
    queuedSubmissionIds: string[];
}

/**
 * Of `thread/queue/add` and `thread/queue/update`.
 */
export interface ThreadQueueResponse {
    /**
     * The submission.
     */
    queuedSubmission: QueuedSubmission;
}

/**
 * Of `thread/queue/update`.
 */
export interface ThreadQueueUpdateParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * The submission.
     */
    queuedSubmissionId: string;
    /**
     * What was written, in parts.
     */
    input: Value[];
    /**
     * Whatever the client wants to keep.
     */
    responsesapiClientMetadata?: Map<string, string>;
}

/**
 * Of `thread/read`.
 */
export interface ThreadReadParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * Whether the answer has its turns.
     */
    includeTurns?: boolean;
}

/**
 * Of `thread/read`.
 */
export interface ThreadReadResponse {
    /**
     * The thread.
     */
    thread: Thread;
    /**
     * What a person has read of it; null while it is not stored.
     */
    readState: ReadState | null;
}

/**
 * Of `thread/readState/update`.
 */
export interface ThreadReadStateUpdateParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * The revision that the client knows.
     */
    expectedRevision: string;
    /**
     * What to mark it as.
     */
    operation: Operation;
}

/**
 * Of `thread/readState/update`.
 */
export interface ThreadReadStateUpdateResponse {
    /**
     * The state now.
     */
    readState: ReadState;
}

/**
 * A thread.
 */
export interface ThreadResponse {
    /**
     * The thread.
     */
    thread: Thread;
}

/**
 * Of `thread/resume`.
 */
export interface ThreadResumeParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * Whether the answer has no turns.
     */
    excludeTurns?: boolean;
    /**
     * A page of turns to answer with. Experimental.
     */
    initialTurnsPage?: TurnsPageParams;
    /**
     * Echoed.
     */
    cwd?: string;
    /**
     * Echoed.
     */
    model?: string;
    /**
     * Echoed.
     */
    modelProvider?: string;
    /**
     * Echoed.
     */
    approvalPolicy?: Value;
    /**
     * Echoed.
     */
    approvalsReviewer?: Value;
    /**
     * Echoed, as a policy.
     */
    sandbox?: string;
    /**
     * Echoed.
     */
    serviceTier?: string;
}

/**
 * Of `thread/resume`.
 */
export interface ThreadResumeResponse {
    /**
     * The thread.
     */
    thread: Thread;
    /**
     * The model.
     */
    model: string;
    /**
     * The provider of the model.
     */
    modelProvider: string;
    /**
     * As asked for.
     */
    serviceTier: string | null;
    /**
     * Always empty.
     */
    disabledPluginIds: string[];
    /**
     * The working directory.
     */
    cwd: string;
    /**
     * The working directory, unless asked otherwise.
     */
    runtimeWorkspaceRoots: string[];
    /**
     * Always empty.
     */
    instructionSources: string[];
    /**
     * As asked for.
     */
    approvalPolicy: Value;
    /**
     * As asked for.
     */
    approvalsReviewer: Value;
    /**
     * As asked for.
     */
    sandbox: Value;
    /**
     * Always null.
     */
    activePermissionProfile: Value | null;
    /**
     * Always null.
     */
    reasoningEffort: Value | null;
    /**
     * As asked for.
     */
    multiAgentMode: Value;
    /**
     * The page of turns that was asked for.
     */
    initialTurnsPage: ThreadTurnsListResponse | null;
    /**
     * Where a list of turns that goes back begins.
     */
    turnsBackwardsCursor: string | null;
    /**
     * Where a list of items that goes back begins.
     */
    itemsBackwardsCursor: string | null;
}

/**
 * Of `thread/revert`.
 */
export interface ThreadRevertParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * The first turn to take back.
     */
    beforeTurnId: string;
}

/**
 * Of `thread/revert`.
 */
export interface ThreadRevertResponse {
    /**
     * The thread.
     */
    thread: Thread;
    /**
     * Where a list of turns that goes back begins.
     */
    turnsBackwardsCursor: string | null;
    /**
     * Where a list of items that goes back begins.
     */
    itemsBackwardsCursor: string | null;
}

/**
 * Of `thread/searchOccurrences`.
 */
export interface ThreadSearchOccurrencesParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * The text, case aside.
     */
    searchTerm: string;
    /**
     * Where the page starts.
     */
    cursor?: string;
    /**
     * How many: 25 if left out, never fewer than 1 or more than 100.
     */
    limit?: number;
}

/**
 * Of `thread/searchOccurrences`.
 */
export interface ThreadSearchOccurrencesResponse {
    /**
     * What was found.
     */
    data: Occurrence[];
    /**
     * Where the next page starts.
     */
    nextCursor: string | null;
}

/**
 * Of `thread/search`.
 */
export interface ThreadSearchParams {
    /**
     * The text, case aside.
     */
    searchTerm: string;
    /**
     * Archived threads instead of active ones.
     */
    archived?: boolean;
    /**
     * Where the page starts.
     */
    cursor?: string;
    /**
     * How many: 25 if left out, never fewer than 1 or more than 100.
     */
    limit?: number;
    /**
     * The time to order by; creation if left out.
     */
    sortKey?: SortKey;
    /**
     * The direction; newest first if left out.
     */
    sortDirection?: Direction;
    /**
     * Only threads of these sources; those that people start if empty.
     */
    sourceKinds?: string[];
}

/**
 * Of `thread/search`.
 */
export interface ThreadSearchResponse {
    /**
     * What was found.
     */
    data: SearchResult[];
    /**
     * Where the search goes on.
     */
    nextCursor: string | null;
    /**
     * Where a search in the other direction starts.
     */
    backwardsCursor: string | null;
}

/**
 * A part of a person's own order of threads.
 */
export interface ThreadSection {
    /**
     * Its id.
     */
    id: string;
    /**
     * Its name.
     */
    name: string;
    /**
     * How it looks.
     */
    appearance: ThreadSectionAppearance | null;
}

/**
 * How a section looks.
 */
export interface ThreadSectionAppearance {
    /**
     * Its colour.
     */
    color: string | null;
    /**
     * Its icon.
     */
    icon: string | null;
}

/**
 * Of `threadSection/create`.
 */
export interface ThreadSectionCreateParams {
    /**
     * The name.
     */
    name: string;
    /**
     * How it looks.
     */
    appearance?: ThreadSectionAppearance;
}

/**
 * Of `threadSection/list`.
 */
export interface ThreadSectionListResponse {
    /**
     * The sections, in order.
     */
    data: ThreadSection[];
    /**
     * Where the next page starts.
     */
    nextCursor: string | null;
}

/**
 * Of `thread/section/move`.
 */
export interface ThreadSectionMoveParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * The section; null takes the thread out of its section.
     */
    sectionId: string | undefined;
    /**
     * The thread to put it before; it goes last if left out.
     */
    beforeThreadId?: string;
}

/**
 * A section.
 */
export interface ThreadSectionParams {
    /**
     * The section.
     */
    sectionId: string;
}

/**
 * Of `threadSection/create` and `threadSection/update`.
 */
export interface ThreadSectionResponse {
    /**
     * The section.
     */
    section: ThreadSection;
}

/**
 * Of `threadSection/update`.
 */
export interface ThreadSectionUpdateParams {
    /**
     * The section.
     */
    sectionId: string;
    /**
     * The name.
     */
    name: string;
    /**
     * How it looks.
     */
    appearance?: ThreadSectionAppearance;
}

/**
 * Of `thread/name/set`.
 */
export interface ThreadSetNameParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * The name; white space around it is cut.
     */
    name: string;
}

/**
 * Of `thread/start`.
 */
export interface ThreadStartParams {
    /**
     * The working directory.
     */
    cwd?: string;
    /**
     * The model.
     */
    model?: string;
    /**
     * The provider of the model.
     */
    modelProvider?: string;
    /**
     * What kind of thread it is.
     */
    threadSource?: Value;
    /**
     * Whether it is never stored.
     */
    ephemeral?: boolean;
    /**
     * Echoed.
     */
    approvalPolicy?: Value;
    /**
     * Echoed.
     */
    approvalsReviewer?: Value;
    /**
     * Echoed, as a policy.
     */
    sandbox?: string;
    /**
     * Echoed.
     */
    serviceTier?: string;
    /**
     * Looked past. Experimental.
     */
    historyMode?: string;
    /**
     * The project to put it into. Experimental.
     */
    projectId?: string;
}

/**
 * Of `thread/start` and `thread/fork`.
 */
export interface ThreadStartResponse {
    /**
     * The thread.
     */
    thread: Thread;
    /**
     * The model.
     */
    model: string;
    /**
     * The provider of the model.
     */
    modelProvider: string;
    /**
     * As asked for.
     */
    serviceTier: string | null;
    /**
     * Always empty.
     */
    disabledPluginIds: string[];
    /**
     * The working directory.
     */
    cwd: string;
    /**
     * The working directory, unless asked otherwise.
     */
    runtimeWorkspaceRoots: string[];
    /**
     * Always empty.
     */
    instructionSources: string[];
    /**
     * As asked for.
     */
    approvalPolicy: Value;
    /**
     * As asked for.
     */
    approvalsReviewer: Value;
    /**
     * As asked for.
     */
    sandbox: Value;
    /**
     * Always null.
     */
    activePermissionProfile: Value | null;
    /**
     * Always null.
     */
    reasoningEffort: Value | null;
    /**
     * As asked for.
     */
    multiAgentMode: Value;
}

/**
 * Of `thread/timeline/list`.
 */
export interface ThreadTimelineListResponse {
    /**
     * The entries.
     */
    data: TimelineEntry[];
    /**
     * Where the next page starts.
     */
    nextCursor: string | null;
    /**
     * Always null.
     */
    activeRealtimeSessionAtPageStart: string | null;
}

/**
 * Of `thread/turns/list`.
 */
export interface ThreadTurnsListParams {
    /**
     * The thread.
     */
    threadId: string;
    /**
     * Where the page starts.
     */
    cursor?: string;
    /**
     * How many: 25 if left out, never fewer than 1 or more than 100.
     */
    limit?: number;
    /**
     * The direction; newest first if left out.
     */
    sortDirection?: Direction;
    /**
     * How much of each turn; a summary if left out.
     */
    itemsView?: ItemsView;
}

/**
 * Of `thread/turns/list`.
 */
export interface ThreadTurnsListResponse {
    /**
     * The turns.
     */
    data: Turn[];
    /**
     * Where the next page starts.
     */
    nextCursor: string | null;
    /**
     * Where a page in the other direction starts.
     */
    backwardsCursor: string | null;
}

/**
 * Of `thread/unsubscribe`.
 */
export interface ThreadUnsubscribeResponse {
    /**
     * `unsubscribed`, `notSubscribed` or `notLoaded`.
     */
    status: string;
}

/**
 * An entry of a timeline.
 */
export interface TimelineEntry {
    /**
     * Always `item`.
     */
    type: string;
    /**
     * The item.
     */
    item: Value;
    /**
     * Its place in the history.
     */
    position: number;
    /**
     * The turn.
     */
    turnId: string;
}

/**
 * What a person said, and all that came of it.
 */
export interface Turn {
    /**
     * Its id.
     */
    id: string;
    /**
     * The turn that it is part of.
     */
    rootTurnId: string | null;
    /**
     * Its items: objects with `type` and `id`.
     */
    items: Value[];
    /**
     * How much of its items this is.
     */
    itemsView: ItemsView;
    /**
     * What became of it.
     */
    status: TurnStatus;
    /**
     * What went wrong.
     */
    error: Value | null;
    /**
     * When it started, in seconds.
     */
    startedAt: number | null;
    /**
     * When it ended, in seconds.
     */
    completedAt: number | null;
    /**
     * How long it took.
     */
    durationMs: number | null;
}

/**
 * What became of a turn.
 */
export type TurnStatus = "completed" | "interrupted" | "failed";

/**
 * A page of turns.
 */
export interface TurnsPageParams {
    /**
     * How many.
     */
    limit?: number;
    /**
     * The direction; newest first if left out.
     */
    sortDirection?: Direction;
    /**
     * How much of each turn; a summary if left out.
     */
    itemsView?: ItemsView;
}

/**
 * When a deletion is answered.
 */
export type Wait = "committed" | "erased";

/** Every method with its parameters and its result. */
export interface Methods {
  "initialize": { params: InitializeParams; result: InitializeResponse };
  "thread/start": { params: ThreadStartParams; result: ThreadStartResponse };
  "thread/resume": { params: ThreadResumeParams; result: ThreadResumeResponse };
  "thread/fork": { params: ThreadForkParams; result: ThreadStartResponse };
  "thread/archive": { params: ThreadParams; result: Empty };
  "thread/delete": { params: ThreadParams; result: Empty };
  "thread/unsubscribe": { params: ThreadParams; result: ThreadUnsubscribeResponse };
  "thread/name/set": { params: ThreadSetNameParams; result: Empty };
  "thread/goal/set": { params: ThreadGoalSetParams; result: ThreadGoalSetResponse };
  "thread/goal/get": { params: ThreadParams; result: ThreadGoalGetResponse };
  "thread/goal/clear": { params: ThreadParams; result: ThreadGoalClearResponse };
  "thread/metadata/update": { params: ThreadMetadataUpdateParams; result: ThreadResponse };
  "thread/memoryMode/set": { params: ThreadMemoryModeSetParams; result: Empty };
  "thread/unarchive": { params: ThreadParams; result: ThreadResponse };
  "thread/revert": { params: ThreadRevertParams; result: ThreadRevertResponse };
  "thread/list": { params: ThreadListParams; result: ThreadListResponse };
  "thread/search": { params: ThreadSearchParams; result: ThreadSearchResponse };
  "thread/searchOccurrences": { params: ThreadSearchOccurrencesParams; result: ThreadSearchOccurrencesResponse };
  "thread/loaded/list": { params: PageParams; result: ThreadLoadedListResponse };
  "thread/read": { params: ThreadReadParams; result: ThreadReadResponse };
  "thread/readState/update": { params: ThreadReadStateUpdateParams; result: ThreadReadStateUpdateResponse };
  "thread/turns/list": { params: ThreadTurnsListParams; result: ThreadTurnsListResponse };
  "thread/items/list": { params: ThreadItemsListParams; result: ThreadItemsListResponse };
  "thread/items/read": { params: ThreadItemsReadParams; result: ThreadItemsReadResponse };
  "thread/inject_items": { params: ThreadItemsParams; result: Empty };
  "thread/timeline/list": { params: ThreadPageParams; result: ThreadTimelineListResponse };
  "thread/attachment/add": { params: ThreadAttachmentAddParams; result: ThreadAttachmentAddResponse };
  "thread/attachment/list": { params: ThreadPageParams; result: ThreadAttachmentListResponse };
  "thread/attachment/remove": { params: ThreadAttachmentRemoveParams; result: Empty };
  "thread/attachmentOwner/list": { params: ThreadAttachmentOwnerListParams; result: ThreadAttachmentOwnerListResponse };
  "thread/queue/add": { params: ThreadQueueAddParams; result: ThreadQueueResponse };
  "thread/queue/list": { params: ThreadPageParams; result: ThreadQueueListResponse };
  "thread/queue/update": { params: ThreadQueueUpdateParams; result: ThreadQueueResponse };
  "thread/queue/delete": { params: ThreadQueueDeleteParams; result: ThreadQueueDeleteResponse };
  "thread/queue/reorder": { params: ThreadQueueReorderParams; result: Empty };
  "thread/section/move": { params: ThreadSectionMoveParams; result: Empty };
  "threadSection/list": { params: PageParams; result: ThreadSectionListResponse };
  "threadSection/create": { params: ThreadSectionCreateParams; result: ThreadSectionResponse };
  "threadSection/update": { params: ThreadSectionUpdateParams; result: ThreadSectionResponse };
  "threadSection/delete": { params: ThreadSectionParams; result: Empty };
  "project/list": { params: ProjectListParams; result: ProjectListResponse };
  "project/read": { params: ProjectParams; result: ProjectResponse };
  "project/create": { params: ProjectCreateParams; result: ProjectResponse };
  "project/import": { params: ProjectImportParams; result: ProjectResponse };
  "project/update": { params: ProjectUpdateParams; result: ProjectResponse };
  "project/move": { params: ProjectMoveParams; result: Empty };
  "project/delete": { params: ProjectParams; result: Empty };
  "creel/delete": { params: DeleteParams; result: DeleteResponse };
  "creel/deletion/plan": { params: DeletionPlanParams; result: DeletionPlanResponse };
  "creel/deletion/pending": { params: Empty; result: PendingDeletionsResponse };
  "creel/deletion/undo": { params: DeletionUndoParams; result: DeletionUndoResponse };
  "creel/doctor": { params: Empty; result: DoctorResponse };
  "creel/stats": { params: Empty; result: StatsResponse };
  "creel/export": { params: ExportParams; result: ExportResponse };
  "creel/import": { params: ImportParams; result: ImportResponse };
  "creel/items/list": { params: ItemsListParams; result: ItemsListResponse };
  "creel/items/append": { params: ThreadItemsParams; result: ItemsAppendResponse };
  "creel/items/pop": { params: ItemsPopParams; result: ItemsPopResponse };
}
