//! An import of Codex sessions: the files are found and read in JavaScript, understood in the core.

use std::cell::RefCell;
use std::rc::Rc;

use creel::import::Importer;
use creel::import::codex::is_rollout;
use creel::storage::BoxedStorage;
use creel::{Error, Store};
use js_sys::Promise;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::convert::{JsResult, checked, plain, promise};

/// One import. Announce every file, ask for their order, give them in that order, finish.
#[wasm_bindgen]
#[derive(Debug)]
pub struct CodexImport {
    importer: Rc<RefCell<Option<Importer<BoxedStorage>>>>,
}

impl CodexImport {
    pub(crate) fn new(store: Store<BoxedStorage>) -> Self {
        Self { importer: Rc::new(RefCell::new(Some(Importer::new(store)))) }
    }
}

#[wasm_bindgen]
impl CodexImport {
    /// Tells whether a file of this path is a rollout.
    #[wasm_bindgen(js_name = isRollout)]
    pub fn is_rollout(path: &str) -> bool {
        is_rollout(path)
    }

    /// Takes the names of a `session_index.jsonl`.
    pub fn index(&self, path: &str, text: &[u8]) -> JsResult<()> {
        self.with(|importer| importer.index(path, text))
    }

    /// Announces a rollout by its size and its beginning, which has its first line at least.
    pub fn announce(&self, path: &str, size: f64, beginning: &[u8]) -> JsResult<()> {
        self.with(|importer| importer.announce(path, size as u64, beginning))
    }

    /// Names a file that can't be read.
    pub fn unreadable(&self, path: &str, reason: &str) -> JsResult<()> {
        self.with(|importer| importer.unreadable(path, reason))
    }

    /// Returns the announced paths in the order to give the files in.
    pub fn order(&self) -> JsResult<Vec<String>> {
        self.with(Importer::order)
    }

    /// Imports one file, whole; only one at a time.
    #[wasm_bindgen(unchecked_return_type = "Promise<ImportProgress>")]
    pub fn rollout(&self, path: String, text: Vec<u8>) -> Promise {
        let place = Rc::clone(&self.importer);
        promise(async move {
            let mut importer = checked(place.take().ok_or(Error::Closed))?;
            let progress = importer.rollout(&path, &text).await;
            place.replace(Some(importer));
            plain(&checked(progress)?)
        })
    }

    /// Archives what the source has archived, and reports.
    #[wasm_bindgen(unchecked_return_type = "Promise<ImportReport>")]
    pub fn finish(&self) -> Promise {
        let importer = self.importer.take();
        promise(async move {
            let importer = checked(importer.ok_or(Error::Closed))?;
            plain(&checked(importer.finish().await)?)
        })
    }

    fn with<T>(&self, call: impl FnOnce(&mut Importer<BoxedStorage>) -> T) -> JsResult<T> {
        let mut importer = self.importer.borrow_mut();
        checked(importer.as_mut().map(call).ok_or(Error::Closed))
    }
}
