//! The parameters of what is kept beside conversations, and of Creel's own methods.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tsify::Tsify;

use super::params::params;
use super::parts::{
    Children, Direction, ImportedIds, ProjectRoot, ProjectSortKey, ThreadSectionAppearance, Wait,
};

params! {
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
    /// Of `creel/export`.
    ExportParams {
        ;
        /// The thread to export with everything below it; every tree if left out.
        thread_id: String,
        /// The export to carry on, as the last answer named it; left out to begin one.
        export: String,
        /// Whether to give the export up.
        cancel: bool,
    }
    /// Of `creel/import`.
    ImportParams {
        ;
        /// The import to carry on, as the last answer named it; left out to begin one.
        import: String,
        /// The next piece of the text, cut anywhere.
        data: String,
        /// The ids that the threads get, said when the import begins; their own if left out.
        ids: ImportedIds,
        /// Whether this is the last piece.
        done: bool,
        /// Whether to give the import up: a tree that is not whole by now is left out.
        cancel: bool,
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
