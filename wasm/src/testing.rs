//! For tests only: the core's conformance suite over JavaScript hosts, and a panic on demand.

use std::sync::Arc;

use creel::storage::conformance::{self, Capabilities, Factory, Outcome, Verdict};
use creel::storage::{StorageError, StorageResult};
use creel::{Error, ThreadId};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Promise};
use uuid::Uuid;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::errors::{self, JsFailure};
use crate::host::{Host, JsHost};

#[wasm_bindgen]
extern "C" {
    /// `{ open(name): Promise<StorageHost>, watch: boolean }`.
    #[derive(Debug)]
    pub type HostFactory;

    #[wasm_bindgen(method, catch)]
    fn open(this: &HostFactory, name: &str) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, getter)]
    fn watch(this: &HostFactory) -> bool;
}

impl Factory for HostFactory {
    type Storage = JsHost;

    async fn open(&self, name: &str) -> StorageResult<JsHost> {
        let host = match HostFactory::open(self, name) {
            Ok(promise) => JsFuture::from(promise).await,
            Err(thrown) => Err(thrown),
        };
        host.map(|host| JsHost::new(host.unchecked_into::<Host>())).map_err(crate::host::failure)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { watch: self.watch(), ..Capabilities::default() }
    }

    async fn moment(&self) {
        TimeoutFuture::new(1).await;
    }
}

/// Runs every case and resolves to one line a case: `passed NAME`, `skipped NAME`, `failed NAME: REASON`.
#[wasm_bindgen(js_name = runConformance)]
pub async fn run_conformance(factory: HostFactory) -> Array {
    let outcomes = conformance::run(&factory).await;
    outcomes.iter().map(|outcome| JsValue::from(line(outcome))).collect()
}

/// Makes one JavaScript error of every error of the core, in the order of their definition.
#[wasm_bindgen(js_name = sampleErrors)]
pub fn sample_errors() -> Array {
    samples().iter().map(errors::to_js).collect()
}

fn samples() -> Vec<Error> {
    let id = ThreadId::from_uuid(Uuid::nil());
    let deletion = Uuid::nil();
    let text = || "text".to_owned();
    let failed = |message: &str| JsFailure::new(js_sys::Error::new(message).into());
    let full = StorageError::QuotaExceeded { cause: Some(Arc::new(failed("the disk is full"))) };
    let unavailable = StorageError::Unavailable { retryable: false, reason: text(), cause: None };
    vec![
        Error::InvalidThreadId { value: text(), reason: text() },
        Error::ThreadNotFound { id },
        Error::ThreadDeleted { id, deletion },
        Error::ThreadArchived { id },
        Error::ThreadNotArchived { id },
        Error::ThreadEphemeral { id },
        Error::ThreadClosed { id },
        Error::ThreadExists { id },
        Error::ParentNotFound { id },
        Error::JobNotFound { id: text() },
        Error::Cycle { parent: id, child: id },
        Error::NotSpawned { id },
        Error::HasChildren { id, children: 1 },
        Error::EmptyName,
        Error::InvalidField { field: text(), reason: text() },
        Error::OutOfRange { field: "limit", value: 0, min: 1, max: 2 },
        Error::InvalidItem { index: 0, reason: text() },
        Error::TooLarge { field: text(), size: 2, limit: 1 },
        Error::InvalidCursor { value: text() },
        Error::PlanChanged { changes: text() },
        Error::EraseIncomplete { deletion, reason: text() },
        Error::NotUndoable { deletion, reason: text() },
        Error::Undeleted { deletion },
        Error::OutcomeUnknown { reason: text() },
        full.into(),
        Error::StoreReplaced,
        StorageError::Closed.into(),
        StorageError::Corrupt { key: text(), reason: text() }.into(),
        StorageError::Conflict.into(),
        StorageError::Blocked { reason: text() }.into(),
        StorageError::SchemaTooNew { found: 2, known: 1 }.into(),
        StorageError::unavailable(true, failed("the disk is gone")).into(),
        unavailable.into(),
        Error::UnknownMethod { method: text() },
    ]
}

/// Panics in the middle of a call.
#[wasm_bindgen]
#[expect(clippy::panic, reason = "that is what it is for")]
pub fn panic() {
    panic!("asked for by a test");
}

fn line(Outcome { name, verdict }: &Outcome) -> String {
    match verdict {
        Verdict::Passed => format!("passed {name}"),
        Verdict::Skipped => format!("skipped {name}"),
        Verdict::Failed(reason) => format!("failed {name}: {reason}"),
    }
}
