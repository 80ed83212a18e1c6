//! The one class that JavaScript holds: every method of a store, its arguments and answers translated.

use std::cell::RefCell;
use std::future::Future;
use std::sync::Arc;

use creel::protocol::Dispatcher;
use creel::storage::{BoxedStorage, Durability, MemoryStorage};
use creel::{
    Appended, ChangeEvent, Children, CreateThread, DeleteOptions, DeletionPlan, EdgeStatus, Error,
    ItemQuery, PendingDeletion, Receipt, StoreOptions, StoreStats, Thread, ThreadId, ThreadPage,
    ThreadPatch, ThreadQuery,
};
use js_sys::Function;
use serde_json::value::RawValue;
use tsify::Ts;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;

use crate::convert::{JsResult, answer, argument, checked, invalid, thread_id};
use crate::env::WasmEnv;
use crate::host::{Host, JsHost};
use crate::import::CodexImport;
use crate::{errors, items};

type Core = creel::Store<BoxedStorage>;

/// One open store. Every method may be called while others run.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Store {
    core: RefCell<Option<Core>>,
}

#[wasm_bindgen]
impl Store {
    /// Opens the store kept by `host`, or an empty one in memory if there is none.
    pub async fn open(host: Option<Host>, durability: Option<String>) -> JsResult<Store> {
        let storage = match host {
            Some(host) => BoxedStorage::new(JsHost::new(host)),
            None => BoxedStorage::new(MemoryStorage::default()),
        };
        let durability = checked(read_durability(durability.as_deref()))?;
        let mut options = StoreOptions::default();
        options.durability = durability;
        let core = checked(Core::open(storage, Arc::new(WasmEnv), options).await)?;
        Ok(Self { core: RefCell::new(Some(core)) })
    }

    /// Creates a thread.
    pub async fn create(&self, options: Option<Ts<CreateThread>>) -> JsResult<Ts<Thread>> {
        self.answer(async |core| core.create(argument("options", options)?).await).await
    }

    /// Appends items: a JSON array, or one JSON object a line.
    pub async fn append(&self, id: String, items: String) -> JsResult<Ts<Appended>> {
        self.answer(async |core| core.append(thread_id(&id)?, items::read(&items)?).await).await
    }

    /// Reads a page of items, as the JSON text of `{ data, nextCursor, backwardsCursor }`.
    pub async fn items(&self, id: String, query: Option<Ts<ItemQuery>>) -> JsResult<String> {
        let page =
            self.call(async |core| core.items(thread_id(&id)?, argument("query", query)?).await);
        page.await.map(|page| items::write(&page))
    }

    /// Reads a thread.
    pub async fn read(&self, id: String) -> JsResult<Ts<Thread>> {
        self.answer(async |core| core.read(thread_id(&id)?).await).await
    }

    /// Changes a thread's metadata.
    pub async fn update(&self, id: String, patch: Ts<ThreadPatch>) -> JsResult<Ts<Thread>> {
        self.answer(async |core| {
            core.update(thread_id(&id)?, argument("patch", Some(patch))?).await
        })
        .await
    }

    /// Lists threads.
    pub async fn list(&self, query: Option<Ts<ThreadQuery>>) -> JsResult<Ts<ThreadPage>> {
        self.answer(async |core| core.list(argument("query", query)?).await).await
    }

    /// Lists the children of a thread.
    pub async fn children(&self, id: String) -> JsResult<Vec<Ts<Thread>>> {
        answers(self.call(async |core| core.children(thread_id(&id)?).await)).await
    }

    /// Lists the descendants of a thread, by depth, then by id.
    pub async fn descendants(&self, id: String) -> JsResult<Vec<Ts<Thread>>> {
        answers(self.call(async |core| core.descendants(thread_id(&id)?).await)).await
    }

    /// Archives a thread and its descendants; resolves to the newly archived ones.
    pub async fn archive(&self, id: String) -> JsResult<Vec<String>> {
        self.call(async |core| core.archive(thread_id(&id)?).await).await.map(texts)
    }

    /// Undoes `archive`; resolves to the newly unarchived ones.
    pub async fn unarchive(&self, id: String) -> JsResult<Vec<String>> {
        self.call(async |core| core.unarchive(thread_id(&id)?).await).await.map(texts)
    }

    /// Tells what a deletion would take.
    #[wasm_bindgen(js_name = planDelete)]
    pub async fn plan_delete(
        &self,
        id: String,
        options: Option<Ts<DeleteOptions>>,
    ) -> JsResult<Ts<DeletionPlan>> {
        self.answer(async |core| {
            let children: Children = argument("options", options)?.children;
            core.plan_delete(thread_id(&id)?, children).await
        })
        .await
    }

    /// Deletes a thread.
    pub async fn delete(
        &self,
        id: String,
        options: Option<Ts<DeleteOptions>>,
    ) -> JsResult<Ts<Receipt>> {
        self.answer(async |core| core.delete(thread_id(&id)?, argument("options", options)?).await)
            .await
    }

    /// Undoes a deletion; resolves to the threads that are back.
    pub async fn undelete(&self, deletion: String) -> JsResult<Vec<String>> {
        self.call(async |core| {
            let id = deletion
                .parse()
                .map_err(|_| invalid("deletionId", format!("`{deletion:.80}` is not a UUID")))?;
            core.undelete(id).await
        })
        .await
        .map(texts)
    }

    /// Lists the deletions that are not finished.
    #[wasm_bindgen(js_name = pendingDeletions)]
    pub async fn pending_deletions(&self) -> JsResult<Vec<Ts<PendingDeletion>>> {
        answers(self.call(async |core| core.pending_deletions().await)).await
    }

    /// Reads what the deletion of a thread did.
    pub async fn receipt(&self, id: String) -> JsResult<Option<Ts<Receipt>>> {
        let receipt = self.call(async |core| core.receipt(thread_id(&id)?).await).await?;
        receipt.as_ref().map(answer).transpose()
    }

    /// Opens or closes the edge between a thread and its parent.
    #[wasm_bindgen(js_name = setEdgeStatus)]
    pub async fn set_edge_status(&self, id: String, status: String) -> JsResult<Ts<Thread>> {
        self.answer(async |core| core.set_edge_status(thread_id(&id)?, read_status(&status)?).await)
            .await
    }

    /// Calls `listener` for every change from now on, in the order of the journal.
    pub fn subscribe(
        &self,
        #[wasm_bindgen(unchecked_param_type = "(event: ChangeEvent) => void")] listener: Function,
    ) -> JsResult<()> {
        let events = checked(self.core())?.subscribe();
        spawn_local(async move {
            while let Ok(event) = events.recv().await {
                if let Ok(event) = answer::<ChangeEvent>(&event) {
                    // The listener is the package's own and throws nothing.
                    let _ = listener.call1(&JsValue::NULL, &event.into());
                }
            }
        });
        Ok(())
    }

    /// Calls a method of the protocol; parameters and answer are JSON texts.
    pub async fn request(&self, method: String, params: Option<String>) -> JsResult<String> {
        let core = checked(self.core())?;
        let params = params.map(RawValue::from_string).transpose();
        let params = checked(params.map_err(|e| invalid("params", e.to_string())))?;
        let dispatcher = Dispatcher::new(core, Arc::new(WasmEnv));
        let answer = dispatcher.request(&method, params.as_deref()).await;
        answer.map(|answer| answer.get().to_owned()).map_err(|error| errors::of_wire(&error))
    }

    /// Begins an import of Codex sessions.
    #[wasm_bindgen(js_name = importCodex)]
    pub fn import_codex(&self) -> JsResult<CodexImport> {
        checked(self.core()).map(CodexImport::new)
    }

    /// Reads what other instances have committed.
    pub async fn refresh(&self) -> JsResult<()> {
        self.call(async |core| core.refresh().await).await
    }

    /// Counts what the store holds.
    pub fn stats(&self) -> JsResult<Ts<StoreStats>> {
        answer(&checked(self.core())?.stats())
    }

    /// Packs the journal's news into pages and segments.
    pub async fn checkpoint(&self) -> JsResult<()> {
        self.call(async |core| core.checkpoint().await).await
    }

    /// Closes the store and gives its memory back; a second call does nothing.
    pub async fn close(&self) -> JsResult<()> {
        let core = self.core.take();
        match core {
            Some(core) => checked(core.close().await),
            None => Ok(()),
        }
    }

    fn core(&self) -> creel::Result<Core> {
        self.core.borrow().clone().ok_or(Error::Closed)
    }

    async fn call<T>(&self, method: impl AsyncFnOnce(Core) -> creel::Result<T>) -> JsResult<T> {
        let result = match self.core() {
            Ok(core) => method(core).await,
            Err(error) => Err(error),
        };
        checked(result)
    }

    async fn answer<T: serde::Serialize + tsify::Tsify>(
        &self,
        method: impl AsyncFnOnce(Core) -> creel::Result<T>,
    ) -> JsResult<Ts<T>> {
        answer(&self.call(method).await?)
    }
}

async fn answers<T: serde::Serialize + tsify::Tsify>(
    values: impl Future<Output = JsResult<Vec<T>>>,
) -> JsResult<Vec<Ts<T>>> {
    values.await?.iter().map(answer).collect()
}

fn texts(ids: Vec<ThreadId>) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
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
