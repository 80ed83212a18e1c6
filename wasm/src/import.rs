//! Imports: the files are found and read in JavaScript, understood in the core.

use std::cell::RefCell;
use std::rc::Rc;

use creel::import::codex::is_rollout;
use creel::import::{ImportIds, Importer, TreeImporter};
use creel::storage::BoxedStorage;
use creel::{Error, Store};
use js_sys::Promise;
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::convert::{JsResult, checked, plain, promise};

/// An import that is away while one of its promises is pending.
type Place<T> = Rc<RefCell<Option<T>>>;

/// One import. Announce every file, ask for their order, give them in that order, finish.
#[wasm_bindgen]
#[derive(Debug)]
pub struct CodexImport {
    importer: Place<Importer<BoxedStorage>>,
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

    /// Begins a file, and tells whether its text is wanted.
    #[wasm_bindgen(unchecked_return_type = "Promise<boolean>")]
    pub fn begin(&self, path: String) -> Promise {
        run(&self.importer, async move |importer| importer.begin(&path).await)
    }

    /// Takes the next bytes of the file; only one piece at a time.
    #[wasm_bindgen(unchecked_return_type = "Promise<ImportProgress>")]
    pub fn feed(&self, bytes: Vec<u8>) -> Promise {
        run(&self.importer, async move |importer| {
            importer.feed(&bytes).await?;
            Ok(importer.progress())
        })
    }

    /// Gives the file up because it can't be read any further.
    #[wasm_bindgen(js_name = giveUp)]
    pub fn give_up(&self, reason: &str) -> JsResult<()> {
        self.with(|importer| importer.give_up(reason))
    }

    /// Ends the file.
    #[wasm_bindgen(unchecked_return_type = "Promise<ImportProgress>")]
    pub fn end(&self) -> Promise {
        run(&self.importer, async move |importer| importer.end().await)
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

/// One import of what was exported. Give it the text piece by piece, finish.
#[wasm_bindgen]
#[derive(Debug)]
pub struct TreeImport {
    importer: Place<TreeImporter<BoxedStorage>>,
}

impl TreeImport {
    pub(crate) fn new(store: Store<BoxedStorage>, new_ids: bool, name: &str) -> Self {
        let ids = if new_ids { ImportIds::Renew } else { ImportIds::Keep };
        let importer = TreeImporter::new(store, ids, name);
        Self { importer: Rc::new(RefCell::new(Some(importer))) }
    }
}

#[wasm_bindgen]
impl TreeImport {
    /// Takes the next bytes of the text, however they are cut; only one piece at a time.
    #[wasm_bindgen(unchecked_return_type = "Promise<ImportProgress>")]
    pub fn feed(&self, bytes: Vec<u8>) -> Promise {
        run(&self.importer, async move |importer| {
            importer.feed(&bytes).await?;
            Ok(importer.progress())
        })
    }

    /// Ends the import and reports.
    #[wasm_bindgen(unchecked_return_type = "Promise<ImportReport>")]
    pub fn finish(&self) -> Promise {
        let importer = self.importer.take();
        promise(async move {
            let importer = checked(importer.ok_or(Error::Closed))?;
            plain(&checked(importer.finish().await)?)
        })
    }
}

/// Calls an import that is lent for as long as the call takes.
fn run<I: 'static, T: Serialize>(
    place: &Place<I>,
    call: impl AsyncFnOnce(&mut I) -> creel::Result<T> + 'static,
) -> Promise {
    let place = Rc::clone(place);
    promise(async move {
        let mut importer = checked(place.take().ok_or(Error::Closed))?;
        let result = call(&mut importer).await;
        place.replace(Some(importer));
        let value: JsValue = plain(&checked(result)?)?;
        Ok(value)
    })
}
