//! For tests only: the core's conformance suite over JavaScript hosts, and a panic on demand.

use creel::storage::StorageResult;
use creel::storage::conformance::{self, Capabilities, Factory, Outcome, Verdict};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Promise};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

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

/// Panics in the middle of a call.
#[wasm_bindgen]
pub fn panic() {
    std::hint::black_box(Vec::<u8>::new())[0];
}

fn line(Outcome { name, verdict }: &Outcome) -> String {
    match verdict {
        Verdict::Passed => format!("passed {name}"),
        Verdict::Skipped => format!("skipped {name}"),
        Verdict::Failed(reason) => format!("failed {name}: {reason}"),
    }
}
