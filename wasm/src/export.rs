//! Exports: text out, piece by piece.

use std::cell::RefCell;
use std::rc::Rc;

use creel::Error;
use creel::export::Exporter;
use creel::storage::BoxedStorage;
use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::convert::{checked, promise};

/// One export.
#[wasm_bindgen]
#[derive(Debug)]
pub struct TreeExport {
    exporter: Rc<RefCell<Option<Exporter<BoxedStorage>>>>,
}

impl TreeExport {
    pub(crate) fn new(exporter: Exporter<BoxedStorage>) -> Self {
        Self { exporter: Rc::new(RefCell::new(Some(exporter))) }
    }
}

#[wasm_bindgen]
impl TreeExport {
    /// Returns the next lines; none at the end. Only one call at a time.
    #[wasm_bindgen(unchecked_return_type = "Promise<string | undefined>")]
    pub fn next(&self) -> Promise {
        let place = Rc::clone(&self.exporter);
        promise(async move {
            let mut exporter = checked(place.take().ok_or(Error::Closed))?;
            let text = exporter.next().await;
            place.replace(Some(exporter));
            Ok(checked(text)?.map_or(JsValue::UNDEFINED, |text| text.into()))
        })
    }
}
