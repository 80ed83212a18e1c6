//! The shapes of the wire as types: for documentation, JSON Schema and TypeScript.
//!
//! The dispatcher reads and writes JSON without them, since a parser and a writer each would make
//! the wasm package much larger. The tests of the protocol hold every answer against its type, so
//! that the two can't drift apart.

mod answers;
mod generate;
mod more_params;
mod params;
mod parts;

pub use answers::*;
pub use generate::{json_schema, typescript};
pub use more_params::*;
pub use params::*;
pub use parts::*;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tsify::Tsify;

/// The shapes of one method.
pub struct Shapes {
    /// The method.
    pub method: &'static str,
    /// The type of its parameters.
    pub params: Shape,
    /// The type of its result.
    pub result: Shape,
}

/// One type of the wire.
#[derive(Clone, Copy)]
pub struct Shape {
    /// Its name in TypeScript.
    pub name: fn() -> String,
    schema: fn(&mut SchemaGenerator) -> Schema,
    declaration: &'static str,
    check: fn(Value) -> Result<(), String>,
}

impl Shape {
    fn of<T: JsonSchema + Tsify + DeserializeOwned + Serialize>() -> Self {
        let check = |value: Value| {
            let typed: T = serde_json::from_value(value.clone()).map_err(|e| e.to_string())?;
            let spelled = serde_json::to_value(&typed).map_err(|error| error.to_string())?;
            if spelled == value { Ok(()) } else { Err(format!("{value} is not {spelled}")) }
        };
        Self {
            name: || T::schema_name().into_owned(),
            schema: |generator| generator.subschema_for::<T>(),
            declaration: T::DECL,
            check,
        }
    }

    /// Checks that a value has this shape, and nothing that the shape does not have.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn check(&self, value: Value) -> Result<(), String> {
        (self.check)(value)
    }
}

macro_rules! methods {
    ($($method:literal: $params:ident => $result:ident,)*) => {
        /// Every method with its shapes, in the order of [`METHODS`](super::METHODS).
        pub fn shapes() -> Vec<Shapes> {
            vec![$(Shapes {
                method: $method,
                params: Shape::of::<$params>(),
                result: Shape::of::<$result>(),
            }),*]
        }
    };
}

methods! {
    "initialize": InitializeParams => InitializeResponse,
    "thread/start": ThreadStartParams => ThreadStartResponse,
    "thread/resume": ThreadResumeParams => ThreadResumeResponse,
    "thread/fork": ThreadForkParams => ThreadStartResponse,
    "thread/archive": ThreadParams => Empty,
    "thread/delete": ThreadParams => Empty,
    "thread/unsubscribe": ThreadParams => ThreadUnsubscribeResponse,
    "thread/name/set": ThreadSetNameParams => Empty,
    "thread/goal/set": ThreadGoalSetParams => ThreadGoalSetResponse,
    "thread/goal/get": ThreadParams => ThreadGoalGetResponse,
    "thread/goal/clear": ThreadParams => ThreadGoalClearResponse,
    "thread/metadata/update": ThreadMetadataUpdateParams => ThreadResponse,
    "thread/memoryMode/set": ThreadMemoryModeSetParams => Empty,
    "thread/unarchive": ThreadParams => ThreadResponse,
    "thread/revert": ThreadRevertParams => ThreadRevertResponse,
    "thread/list": ThreadListParams => ThreadListResponse,
    "thread/search": ThreadSearchParams => ThreadSearchResponse,
    "thread/searchOccurrences": ThreadSearchOccurrencesParams => ThreadSearchOccurrencesResponse,
    "thread/loaded/list": PageParams => ThreadLoadedListResponse,
    "thread/read": ThreadReadParams => ThreadReadResponse,
    "thread/readState/update": ThreadReadStateUpdateParams => ThreadReadStateUpdateResponse,
    "thread/turns/list": ThreadTurnsListParams => ThreadTurnsListResponse,
    "thread/items/list": ThreadItemsListParams => ThreadItemsListResponse,
    "thread/items/read": ThreadItemsReadParams => ThreadItemsReadResponse,
    "thread/inject_items": ThreadItemsParams => Empty,
    "thread/timeline/list": ThreadPageParams => ThreadTimelineListResponse,
    "thread/attachment/add": ThreadAttachmentAddParams => ThreadAttachmentAddResponse,
    "thread/attachment/list": ThreadPageParams => ThreadAttachmentListResponse,
    "thread/attachment/remove": ThreadAttachmentRemoveParams => Empty,
    "thread/attachmentOwner/list": ThreadAttachmentOwnerListParams => ThreadAttachmentOwnerListResponse,
    "thread/queue/add": ThreadQueueAddParams => ThreadQueueResponse,
    "thread/queue/list": ThreadPageParams => ThreadQueueListResponse,
    "thread/queue/update": ThreadQueueUpdateParams => ThreadQueueResponse,
    "thread/queue/delete": ThreadQueueDeleteParams => ThreadQueueDeleteResponse,
    "thread/queue/reorder": ThreadQueueReorderParams => Empty,
    "thread/section/move": ThreadSectionMoveParams => Empty,
    "threadSection/list": PageParams => ThreadSectionListResponse,
    "threadSection/create": ThreadSectionCreateParams => ThreadSectionResponse,
    "threadSection/update": ThreadSectionUpdateParams => ThreadSectionResponse,
    "threadSection/delete": ThreadSectionParams => Empty,
    "project/list": ProjectListParams => ProjectListResponse,
    "project/read": ProjectParams => ProjectResponse,
    "project/create": ProjectCreateParams => ProjectResponse,
    "project/import": ProjectImportParams => ProjectResponse,
    "project/update": ProjectUpdateParams => ProjectResponse,
    "project/move": ProjectMoveParams => Empty,
    "project/delete": ProjectParams => Empty,
    "creel/delete": DeleteParams => DeleteResponse,
    "creel/deletion/plan": DeletionPlanParams => DeletionPlanResponse,
    "creel/deletion/pending": Empty => PendingDeletionsResponse,
    "creel/deletion/undo": DeletionUndoParams => DeletionUndoResponse,
    "creel/doctor": Empty => DoctorResponse,
    "creel/stats": Empty => StatsResponse,
    "creel/export": ExportParams => ExportResponse,
    "creel/import": ImportParams => ImportResponse,
    "creel/items/list": ItemsListParams => ItemsListResponse,
    "creel/items/append": ThreadItemsParams => ItemsAppendResponse,
    "creel/items/pop": ItemsPopParams => ItemsPopResponse,
}
