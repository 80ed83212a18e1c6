//! Drafts across the boundary: items that are still being written.

use creel::{Document, Item};
use js_sys::Promise;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::convert::{checked, invalid, thread_id};
use crate::items;
use crate::store::{Store, nothing, object};

#[wasm_bindgen]
impl Store {
    /// Lists the drafts of a thread, as the JSON text of an array of `{ id, value: { at, item } }`.
    #[wasm_bindgen(unchecked_return_type = "Promise<string>")]
    pub fn drafts(&self, id: String) -> Promise {
        // Texts, since numbers would lose their spelling as objects of JavaScript.
        let write = |drafts: Vec<Document>| {
            let text = serde_json::to_string(&drafts);
            Ok(checked(text.map_err(|cause| invalid("drafts", cause.to_string())))?.into())
        };
        self.run(write, async move |core| core.drafts(thread_id(&id)?).await)
    }

    /// Keeps a draft as it is now: a JSON object.
    #[wasm_bindgen(js_name = putDraft, unchecked_return_type = "Promise<void>")]
    pub fn put_draft(&self, id: String, draft: String, item: String) -> Promise {
        self.run(nothing, async move |core| {
            core.put_draft(thread_id(&id)?, &draft, &Item::new(&item)?).await
        })
    }

    /// Appends items in place of a draft.
    #[wasm_bindgen(js_name = finishDraft, unchecked_return_type = "Promise<Appended>")]
    pub fn finish_draft(&self, id: String, draft: String, items: String) -> Promise {
        self.run(object, async move |core| {
            core.finish_draft(thread_id(&id)?, &draft, items::read(&items)?).await
        })
    }

    /// Drops a draft; resolves to whether there was one.
    #[wasm_bindgen(js_name = dropDraft, unchecked_return_type = "Promise<boolean>")]
    pub fn drop_draft(&self, id: String, draft: String) -> Promise {
        self.run(object, async move |core| core.drop_draft(thread_id(&id)?, &draft).await)
    }
}
