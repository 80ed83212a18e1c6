//! The one class that JavaScript holds: every method of a store, its arguments and answers translated.

use std::sync::Arc;

use creel::export::Exporter;
use creel::storage::{BoxedStorage, Durability, MemoryStorage, Storage};
use creel::{
    BoxFuture, CreateThread, DeleteOptions, EdgeStatus, Env, Fork, ItemQuery, Opening,
    StoreOptions, StoreStats, StoredItem, ThreadManager, ThreadPage, ThreadPatch, ThreadQuery,
};
use js_sys::{Function, JsString, Promise};
use serde::Serialize;
use serde_json::value::RawValue;
use tsify::Ts;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;

use crate::convert::{
    JsResult, answer, argument, checked, invalid, plain, promise, thread_id, uuid,
};
use crate::env::WasmEnv;
use crate::export::TreeExport;
use crate::host::{Host, JsHost};
use crate::import::{CodexImport, TreeImport};
use crate::opened::Opened;
use crate::work::whole;
use crate::{errors, items};

type Core = creel::Store<BoxedStorage>;

/// One open store. Every method may be called while others run.
///
/// The methods are plain functions that return promises, so that all of them share one bridge from
/// futures: an `async fn` each would carry its own copy.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Store {
    opened: Opened,
}

#[wasm_bindgen]
impl Store {
    /// Opens the store kept by `host`, or an empty one in memory if there is none.
    ///
    /// A large one may still be read then: see `whole`.
    #[wasm_bindgen(unchecked_return_type = "Promise<Store>")]
    pub fn open(host: Option<Host>, durability: Option<String>) -> Promise {
        promise(async move {
            let storage = match &host {
                Some(host) => BoxedStorage::new(JsHost::new(host.clone())),
                None => BoxedStorage::new(MemoryStorage::default()),
            };
            let mut options = StoreOptions::default();
            options.durability = checked(read_durability(durability.as_deref()))?;
            let opening = checked(Opening::begin(storage, Arc::new(WasmEnv), options).await)?;
            let Some(preview) = opening.preview() else {
                let core = checked(opening.finish().await)?;
                return Ok(Self { opened: Opened::whole(core) }.into());
            };
            let reading = async move {
                // The first list comes before the first pages.
                WasmEnv.sleep(0).await;
                let read = opening.finish().await;
                if let (Err(_), Some(host)) = (&read, host) {
                    // The failure that matters is the first one.
                    let _ = JsHost::new(host).close().await;
                }
                read
            };
            Ok(Self { opened: Opened::reading(preview, reading) }.into())
        })
    }

    /// Resolves when the whole store is read: everything but `newest` and `subscribe` is to wait for that. Rejects when
    /// it can't be read. It is `undefined` where nothing is left to be read.
    #[wasm_bindgen(unchecked_return_type = "Promise<void> | undefined")]
    pub fn whole(&self) -> Option<Promise> {
        let opened = self.opened.clone();
        opened.is_reading().then(|| {
            promise(async move {
                opened.wait().await;
                checked(opened.get()).map(|_| JsValue::UNDEFINED)
            })
        })
    }

    /// Lists threads while the store is read, where the newest ones tell for certain.
    #[wasm_bindgen(unchecked_return_type = "ThreadPage | undefined")]
    pub fn newest(&self, query: Option<Ts<ThreadQuery>>) -> JsResult<JsValue> {
        let query: ThreadQuery = checked(argument("query", query))?;
        let page: Option<ThreadPage> = self.opened.preview().and_then(|it| it.list(&query));
        optional(page)
    }

    /// Creates a thread.
    #[wasm_bindgen(unchecked_return_type = "Promise<Thread>")]
    pub fn create(&self, options: Option<Ts<CreateThread>>) -> Promise {
        self.run(object, async move |core| core.create(argument("options", options)?).await)
    }

    /// Appends items: a JSON array, or one JSON object a line.
    #[wasm_bindgen(unchecked_return_type = "Promise<Appended>")]
    pub fn append(
        &self,
        id: String,
        #[wasm_bindgen(unchecked_param_type = "string")] items: JsString,
    ) -> Promise {
        self.run(object, async move |core| {
            core.append(thread_id(&id)?, items::read(&items::text(&items))?).await
        })
    }

    /// Reads a page of items, as the JSON text of `{ data, nextCursor, backwardsCursor }`.
    ///
    /// The text is as storage has it, unless `checked` asks for `corrupt` where it is no JSON.
    #[wasm_bindgen(unchecked_return_type = "Promise<string>")]
    pub fn items(
        &self,
        id: String,
        query: Option<Ts<ItemQuery>>,
        checked: Option<bool>,
    ) -> Promise {
        let write = |page: String| Ok(page.into());
        self.run(write, async move |core| {
            let (id, query) = (thread_id(&id)?, argument("query", query)?);
            if checked == Some(true) {
                return core.items(id, query).await.map(|page| items::write(&page));
            }
            core.items_text(id, query).await
        })
    }

    /// Cuts a history back to its first items.
    #[wasm_bindgen(unchecked_return_type = "Promise<Thread>")]
    pub fn truncate(&self, id: String, length: f64) -> Promise {
        self.run(object, async move |core| {
            core.truncate(thread_id(&id)?, whole("length", length)?).await
        })
    }

    /// Removes the last items, and gives them as the JSON text of an array.
    #[wasm_bindgen(unchecked_return_type = "Promise<string>")]
    pub fn pop(&self, id: String, count: f64) -> Promise {
        let write = |items: Vec<StoredItem>| Ok(items::write_stored(&items).into());
        self.run(write, async move |core| {
            let count = whole("count", count)?;
            core.pop(thread_id(&id)?, u32::try_from(count).unwrap_or(u32::MAX)).await
        })
    }

    /// Forks a thread.
    #[wasm_bindgen(unchecked_return_type = "Promise<Thread>")]
    pub fn fork(&self, id: String, fork: Option<Ts<Fork>>) -> Promise {
        self.run(object, async move |core| {
            core.fork(thread_id(&id)?, argument("fork", fork)?).await
        })
    }

    /// Reads a thread.
    #[wasm_bindgen(unchecked_return_type = "Promise<Thread>")]
    pub fn read(&self, id: String) -> Promise {
        self.run(object, async move |core| core.read(thread_id(&id)?).await)
    }

    /// Changes a thread's metadata.
    #[wasm_bindgen(unchecked_return_type = "Promise<Thread>")]
    pub fn update(&self, id: String, patch: Ts<ThreadPatch>) -> Promise {
        self.run(object, async move |core| {
            core.update(thread_id(&id)?, argument("patch", Some(patch))?).await
        })
    }

    /// Lists threads.
    #[wasm_bindgen(unchecked_return_type = "Promise<ThreadPage>")]
    pub fn list(&self, query: Option<Ts<ThreadQuery>>) -> Promise {
        self.run(object, async move |core| core.list(argument("query", query)?).await)
    }

    /// Lists the children of a thread.
    #[wasm_bindgen(unchecked_return_type = "Promise<Thread[]>")]
    pub fn children(&self, id: String) -> Promise {
        self.run(object, async move |core| core.children(thread_id(&id)?).await)
    }

    /// Lists the descendants of a thread, by depth, then by id.
    #[wasm_bindgen(unchecked_return_type = "Promise<Thread[]>")]
    pub fn descendants(&self, id: String) -> Promise {
        self.run(object, async move |core| core.descendants(thread_id(&id)?).await)
    }

    /// Archives a thread and its descendants; resolves to the newly archived ones.
    #[wasm_bindgen(unchecked_return_type = "Promise<string[]>")]
    pub fn archive(&self, id: String) -> Promise {
        self.run(object, async move |core| core.archive(thread_id(&id)?).await)
    }

    /// Undoes `archive`; resolves to the newly unarchived ones.
    #[wasm_bindgen(unchecked_return_type = "Promise<string[]>")]
    pub fn unarchive(&self, id: String) -> Promise {
        self.run(object, async move |core| core.unarchive(thread_id(&id)?).await)
    }

    /// Tells what a deletion would take.
    #[wasm_bindgen(js_name = planDelete, unchecked_return_type = "Promise<DeletionPlan>")]
    pub fn plan_delete(&self, id: String, options: Option<Ts<DeleteOptions>>) -> Promise {
        self.run(object, async move |core| {
            let options: DeleteOptions = argument("options", options)?;
            core.plan_delete(thread_id(&id)?, options.children).await
        })
    }

    /// Deletes a thread.
    #[wasm_bindgen(unchecked_return_type = "Promise<Receipt>")]
    pub fn delete(&self, id: String, options: Option<Ts<DeleteOptions>>) -> Promise {
        self.run(object, async move |core| {
            core.delete(thread_id(&id)?, argument("options", options)?).await
        })
    }

    /// Undoes a deletion; resolves to the threads that are back.
    #[wasm_bindgen(unchecked_return_type = "Promise<string[]>")]
    pub fn undelete(&self, deletion: String) -> Promise {
        self.run(object, async move |core| core.undelete(uuid("deletionId", &deletion)?).await)
    }

    /// Lists the deletions that are not finished.
    #[wasm_bindgen(js_name = pendingDeletions, unchecked_return_type = "Promise<PendingDeletion[]>")]
    pub fn pending_deletions(&self) -> Promise {
        self.run(object, async move |core| core.pending_deletions().await)
    }

    /// Reads what the deletion of a thread did.
    #[wasm_bindgen(unchecked_return_type = "Promise<Receipt | undefined>")]
    pub fn receipt(&self, id: String) -> Promise {
        self.run(optional, async move |core| core.receipt(thread_id(&id)?).await)
    }

    /// Opens or closes the edge between a thread and its parent.
    #[wasm_bindgen(js_name = setEdgeStatus, unchecked_return_type = "Promise<Thread>")]
    pub fn set_edge_status(&self, id: String, status: String) -> Promise {
        self.run(object, async move |core| {
            core.set_edge_status(thread_id(&id)?, read_status(&status)?).await
        })
    }

    /// Moves a thread under another parent, or makes it a root.
    #[wasm_bindgen(js_name = setParent, unchecked_return_type = "Promise<Thread>")]
    pub fn set_parent(&self, id: String, parent: Option<String>) -> Promise {
        self.run(object, async move |core| {
            let parent = parent.as_deref().map(thread_id).transpose()?;
            core.set_parent(thread_id(&id)?, parent).await
        })
    }

    /// Calls `listener` for every change from now on, in the order of the journal.
    pub fn subscribe(
        &self,
        #[wasm_bindgen(unchecked_param_type = "(event: ChangeEvent) => void")] listener: Function,
    ) -> JsResult<()> {
        let events = checked(self.opened.subscribe())?;
        spawn_local(async move {
            while let Ok(event) = events.recv().await {
                if let Ok(event) = plain(&event) {
                    // The listener is the package's own and throws nothing.
                    let _ = listener.call1(&JsValue::NULL, &event);
                }
            }
        });
        Ok(())
    }

    /// Calls a method of the protocol; parameters and answer are JSON texts.
    #[wasm_bindgen(unchecked_return_type = "Promise<string>")]
    pub fn request(&self, method: String, params: Option<String>) -> Promise {
        let open = self.opened.get();
        promise(async move {
            let params = params.map(RawValue::from_string).transpose();
            let params = checked(params.map_err(|e| invalid("params", e.to_string())))?;
            let answer = checked(open)?.requests.request(&method, params.as_deref()).await;
            answer.map(|answer| answer.get().into()).map_err(|error| errors::of_wire(&error))
        })
    }

    /// Begins an import of Codex sessions.
    #[wasm_bindgen(js_name = importCodex)]
    pub fn import_codex(&self) -> JsResult<CodexImport> {
        checked(self.core()).map(CodexImport::new)
    }

    /// Begins the export of a thread with everything below it, or of every tree.
    #[wasm_bindgen(unchecked_return_type = "Promise<TreeExport>")]
    pub fn export(&self, id: Option<String>) -> Promise {
        let write = |exporter| Ok(TreeExport::new(exporter).into());
        self.run(write, async move |core| match id {
            Some(id) => Exporter::tree(core, thread_id(&id)?).await,
            None => Ok(Exporter::all(core)),
        })
    }

    /// Begins an import of what was exported; `name` is what its report calls the source.
    #[wasm_bindgen(js_name = importTrees)]
    pub fn import_trees(&self, new_ids: bool, name: &str) -> JsResult<TreeImport> {
        Ok(TreeImport::new(checked(self.core())?, new_ids, name))
    }

    /// Reads what other instances have committed.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn refresh(&self) -> Promise {
        self.run(nothing, async move |core| core.refresh().await)
    }

    /// Counts what the store holds.
    pub fn stats(&self) -> JsResult<Ts<StoreStats>> {
        answer(&checked(self.core())?.stats())
    }

    /// Checks every invariant of the store.
    #[wasm_bindgen(unchecked_return_type = "Promise<Report>")]
    pub fn check(&self) -> Promise {
        self.run(object, async move |core| core.check().await)
    }

    /// Packs the journal's news into pages and segments.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn checkpoint(&self) -> Promise {
        self.run(nothing, async move |core| core.checkpoint().await)
    }

    /// Closes the store and gives its memory back; a second call does nothing.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn close(&self) -> Promise {
        let whole = self.opened.take();
        promise(async move {
            if let Some(whole) = whole {
                checked(whole.threads.store().close().await)?;
            }
            Ok(JsValue::UNDEFINED)
        })
    }

    fn core(&self) -> creel::Result<Core> {
        self.opened.get().map(|whole| whole.threads.store().clone())
    }

    pub(crate) fn threads(&self) -> creel::Result<ThreadManager<BoxedStorage>> {
        self.opened.get().map(|whole| whole.threads)
    }

    /// Runs `method` and lets `write` make the JavaScript value of what it returns.
    pub(crate) fn run<T: 'static>(
        &self,
        write: fn(T) -> JsResult<JsValue>,
        method: impl AsyncFnOnce(Core) -> creel::Result<T> + 'static,
    ) -> Promise {
        settled(self.core().map(|core| Box::pin(method(core)) as Running<T>), write)
    }
}

/// A method that runs.
type Running<T> = BoxFuture<'static, creel::Result<T>>;

/// Waits for a method: the one copy of this for all methods that return the same.
fn settled<T: 'static>(
    method: creel::Result<Running<T>>,
    write: fn(T) -> JsResult<JsValue>,
) -> Promise {
    promise(async move { write(checked(checked(method)?.await)?) })
}

pub(crate) fn object<T: Serialize>(value: T) -> JsResult<JsValue> {
    plain(&value)
}

pub(crate) fn optional<T: Serialize>(value: Option<T>) -> JsResult<JsValue> {
    value.map_or(Ok(JsValue::UNDEFINED), |value| plain(&value))
}

pub(crate) fn nothing((): ()) -> JsResult<JsValue> {
    Ok(JsValue::UNDEFINED)
}

fn read_durability(text: Option<&str>) -> creel::Result<Durability> {
    match text {
        None | Some("relaxed") => Ok(Durability::Relaxed),
        Some("strict") => Ok(Durability::Strict),
        Some(other) => {
            Err(invalid("durability", format!("`{other:.80}` is neither relaxed nor strict")))
        }
    }
}

fn read_status(text: &str) -> creel::Result<EdgeStatus> {
    match text {
        "open" => Ok(EdgeStatus::Open),
        "closed" => Ok(EdgeStatus::Closed),
        other => Err(invalid("status", format!("`{other:.80}` is neither open nor closed"))),
    }
}
