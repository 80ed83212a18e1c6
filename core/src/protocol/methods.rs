//! Every method: whether it changes anything, and what of it is experimental.

use super::params::Params;
use super::rpc::RpcError;

/// A method of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// Whether it changes anything, so that its answer comes before the notifications of its changes.
    pub changes: bool,
    /// Whether it is refused to a client that has not asked for the experimental protocol.
    pub experimental: bool,
    /// The fields that are.
    pub experimental_fields: &'static [&'static str],
}

const fn reads(name: &'static str) -> Method {
    Method { name, changes: false, experimental: false, experimental_fields: &[] }
}

const fn changes(name: &'static str) -> Method {
    Method { name, changes: true, experimental: false, experimental_fields: &[] }
}

const fn experimental(method: Method) -> Method {
    Method { experimental: true, ..method }
}

const fn with(method: Method, experimental_fields: &'static [&'static str]) -> Method {
    Method { experimental_fields, ..method }
}

/// The methods, in the order in which an unknown one is told of them.
pub const METHODS: &[Method] = &[
    changes("initialize"),
    with(
        changes("thread/start"),
        &[
            "allowProviderModelFallback",
            "daybreakEnabled",
            "dynamicTools",
            "environments",
            "experimentalRawEvents",
            "historyMode",
            "multiAgentMode",
            "permissions",
            "projectId",
            "runtimeWorkspaceRoots",
            "selectedCapabilityRoots",
        ],
    ),
    with(
        changes("thread/resume"),
        &["history", "initialTurnsPage", "path", "permissions", "runtimeWorkspaceRoots"],
    ),
    with(
        changes("thread/fork"),
        &[
            "attachToSource",
            "beforeTurnId",
            "deferGoalContinuation",
            "experimentalDisablePredictionMcp",
            "experimentalPredictionMode",
            "path",
            "permissions",
            "runtimeWorkspaceRoots",
        ],
    ),
    changes("thread/archive"),
    changes("thread/delete"),
    changes("thread/unsubscribe"),
    changes("thread/name/set"),
    changes("thread/goal/set"),
    reads("thread/goal/get"),
    changes("thread/goal/clear"),
    with(changes("thread/metadata/update"), &["daybreakEnabled", "projectId"]),
    experimental(changes("thread/memoryMode/set")),
    changes("thread/unarchive"),
    changes("thread/revert"),
    with(
        reads("thread/list"),
        &[
            "parentThreadId",
            "ancestorThreadId",
            "attachedToThreadId",
            "includeAttachedThreads",
            "projectId",
        ],
    ),
    experimental(reads("thread/search")),
    experimental(reads("thread/searchOccurrences")),
    reads("thread/loaded/list"),
    reads("thread/read"),
    experimental(changes("thread/readState/update")),
    reads("thread/turns/list"),
    reads("thread/items/list"),
    experimental(reads("thread/items/read")),
    changes("thread/inject_items"),
    experimental(reads("thread/timeline/list")),
    changes("thread/attachment/add"),
    reads("thread/attachment/list"),
    changes("thread/attachment/remove"),
    reads("thread/attachmentOwner/list"),
    experimental(changes("thread/queue/add")),
    experimental(reads("thread/queue/list")),
    experimental(changes("thread/queue/update")),
    experimental(changes("thread/queue/delete")),
    experimental(changes("thread/queue/reorder")),
    changes("thread/section/move"),
    reads("threadSection/list"),
    changes("threadSection/create"),
    changes("threadSection/update"),
    changes("threadSection/delete"),
    experimental(reads("project/list")),
    experimental(reads("project/read")),
    experimental(changes("project/create")),
    experimental(changes("project/import")),
    experimental(changes("project/update")),
    experimental(changes("project/move")),
    experimental(changes("project/delete")),
    changes("creel/delete"),
    reads("creel/deletion/plan"),
    reads("creel/deletion/pending"),
    changes("creel/deletion/undo"),
    reads("creel/doctor"),
    reads("creel/stats"),
    reads("creel/export"),
    changes("creel/import"),
    reads("creel/items/list"),
    changes("creel/items/append"),
    changes("creel/items/pop"),
];

/// Returns a method by its name.
pub(super) fn find(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}

impl Method {
    /// Refuses what is experimental to a client that has not asked for it.
    pub(super) fn gate(&self, params: &Params<'_>) -> Result<(), RpcError> {
        let refuse = |what: &str| {
            Err(RpcError::refused(format!("{what} requires experimentalApi capability")))
        };
        if self.experimental {
            return refuse(self.name);
        }
        for field in self.experimental_fields {
            if params.uses(field) {
                return refuse(&format!("{}.{field}", self.name));
            }
        }
        Ok(())
    }
}
