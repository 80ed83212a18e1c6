//! Maps methods to calls, and keeps the order of answers and notifications.

use std::sync::OnceLock;

use async_channel::{Receiver, Sender};
use futures_util::lock::Mutex;
use serde_json::value::RawValue;

use super::call::{Client, Defaults};
use super::json::Object;
use super::methods::{METHODS, find};
use super::params::Params;
use super::rpc::{INVALID_REQUEST, RpcError, answer, incoming, refusal};
use super::session::{News, Session};
use super::{
    Call, archive, attachments, creel, goal, items, list, metadata, projects, queue, read_state,
    search, sections, start, transfer, turns,
};
use crate::change::ChangeEvent;
use crate::error::excerpt;
use crate::manager::{ManagerOptions, SubscriberId, ThreadManager};
use crate::storage::Storage;
use crate::store::Store;

/// Answers one client of a store in the shapes of the Codex app-server.
///
/// [`request`](Self::request) calls one method. [`handle`](Self::handle) speaks the protocol: a
/// message in, the answer and the notifications out. Methods that change something run one after
/// the other, so that the answer always comes before the notifications of its changes. Dropping a
/// dispatcher ends the client's subscriptions.
#[derive(Debug)]
pub struct Dispatcher<S: Storage> {
    threads: ThreadManager<S>,
    defaults: Defaults,
    subscriber: SubscriberId,
    nobody: Client,
    session: OnceLock<Session>,
    /// Closed by the introduction. Nothing is sent; the type is one that is compiled in anyway.
    introduction: (Sender<ChangeEvent>, Receiver<ChangeEvent>),
    turn: Mutex<()>,
    transfers: transfer::Transfers<S>,
}

impl<S: Storage> Drop for Dispatcher<S> {
    fn drop(&mut self) {
        self.threads.disconnect(self.subscriber);
    }
}

impl<S: Storage> Dispatcher<S> {
    /// Makes a dispatcher for the one client of a store. Threads that it starts have the source
    /// `appServer`.
    pub fn new(store: Store<S>) -> Self {
        Self::over(ThreadManager::new(store, ManagerOptions::default()))
    }

    /// Makes a dispatcher for one of several clients, which share the threads that are open.
    pub fn over(threads: ThreadManager<S>) -> Self {
        let subscriber = threads.subscriber();
        Self {
            threads,
            defaults: Defaults::default(),
            subscriber,
            nobody: Client::default(),
            session: OnceLock::new(),
            introduction: async_channel::unbounded(),
            turn: Mutex::new(()),
            transfers: transfer::Transfers::default(),
        }
    }

    /// Names the source of the threads that the client starts.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<String>) -> Self {
        self.defaults.source = source.into();
        self
    }

    /// Says what threads that the client starts have unless it says otherwise.
    #[must_use]
    pub fn with_defaults(mut self, defaults: Defaults) -> Self {
        self.defaults = defaults;
        self
    }

    /// Takes one message and returns what the client is sent, in order.
    ///
    /// The answer comes first, but for threads that open or close on the way, and then the
    /// notifications of what has been committed since the last call, by this client and others. A
    /// notification of the client has no answer.
    pub async fn handle(&self, message: &str) -> Vec<String> {
        let incoming = match incoming(message) {
            Ok(incoming) => incoming,
            Err(error) => return vec![refusal(message, error)],
        };
        let (Some(method), Some(id)) = (incoming.method, incoming.id) else { return Vec::new() };
        if method == "initialize" {
            return vec![answer(Some(id), self.initialize(incoming.params))];
        }
        let Some(session) = self.session.get() else {
            return vec![answer(Some(id), Err(RpcError::refused("Not initialized")))];
        };
        let call = self.called_by(&session.client);
        let work = Box::pin(run(&call, &method, incoming.params, session.experimental));
        if find(&method).is_none_or(|method| !method.changes) {
            return vec![answer(Some(id), work.await)];
        }
        let turn = self.turn.lock().await;
        let result = work.await;
        let News { before: mut messages, after } = session.news(&call).await;
        messages.push(answer(Some(id), result));
        messages.extend(call.told());
        messages.extend(after);
        drop(turn);
        messages
    }

    /// Waits until the client has to be told of something that it did not ask for.
    ///
    /// Nothing is told before the client has introduced itself. It returns nothing once the store or
    /// the dispatcher is closed.
    pub async fn notifications(&self) -> Vec<String> {
        // That it is closed is what is waited for.
        let _ = self.introduction.1.recv().await;
        let Some(session) = self.session.get() else { return Vec::new() };
        while session.rung().await {
            let turn = self.turn.lock().await;
            let News { before: mut messages, after } =
                session.news(&self.called_by(&session.client)).await;
            messages.extend(after);
            drop(turn);
            if !messages.is_empty() {
                return messages;
            }
        }
        Vec::new()
    }

    /// Ends the notifications, for whoever waits for them too. Requests are still answered.
    pub fn close(&self) {
        self.introduction.0.close();
        if let Some(session) = self.session.get() {
            session.close();
        }
    }

    /// Calls a method, experimental ones included, without introduction and notifications.
    ///
    /// # Errors
    /// What the wire would say.
    pub async fn request(
        &self,
        method: &str,
        params: Option<&RawValue>,
    ) -> Result<Box<RawValue>, RpcError> {
        Box::pin(run(&self.called_by(&self.nobody), method, params, true)).await
    }

    fn called_by<'a>(&'a self, client: &'a Client) -> Call<'a, S> {
        Call::new(&self.threads, &self.defaults, client, self.subscriber, &self.transfers)
    }

    fn initialize(&self, given: Option<&RawValue>) -> Result<Box<RawValue>, RpcError> {
        let given = Params::read(given)?;
        let capabilities = given.within("capabilities")?.unwrap_or_default();
        let info = given.within("clientInfo")?.unwrap_or_default();
        let client = Client { name: info.text("name")?, version: info.text("version")? };
        let experimental = capabilities.flag("experimentalApi")?.unwrap_or_default();
        let session = Session::new(&self.threads, experimental, client);
        if self.session.set(session).is_err() {
            return Err(RpcError::refused("Already initialized"));
        }
        self.introduction.0.close();
        Object::new()
            .text("userAgent", concat!("creel/", env!("CARGO_PKG_VERSION")))
            .text("platformFamily", std::env::consts::FAMILY)
            .text("platformOs", std::env::consts::OS)
            .answer()
    }
}

async fn run<S: Storage>(
    call: &Call<'_, S>,
    name: &str,
    given: Option<&RawValue>,
    experimental: bool,
) -> Result<Box<RawValue>, RpcError> {
    let Some(method) = find(name) else { return Err(unknown(name)) };
    let params = Params::read(given)?;
    if !experimental {
        method.gate(&params)?;
    }
    match method.name {
        "thread/start" => start::start(call, &params).await,
        "thread/resume" => start::resume(call, &params).await,
        "thread/fork" => start::fork(call, &params).await,
        "thread/revert" => start::revert(call, &params).await,
        "thread/archive" => archive::archive(call, &params).await,
        "thread/unarchive" => archive::unarchive(call, &params).await,
        "thread/delete" => archive::delete(call, &params).await,
        "thread/unsubscribe" => archive::unsubscribe(call, &params),
        "thread/name/set" => metadata::set_name(call, &params).await,
        "thread/metadata/update" => metadata::update_metadata(call, &params).await,
        "thread/memoryMode/set" => metadata::set_memory_mode(call, &params).await,
        "thread/read" => metadata::read(call, &params).await,
        "thread/readState/update" => read_state::update(call, &params).await,
        "thread/goal/set" => goal::set(call, &params).await,
        "thread/goal/get" => goal::get(call, &params).await,
        "thread/goal/clear" => goal::clear(call, &params).await,
        "thread/list" => list::list(call, &params).await,
        "thread/loaded/list" => list::loaded(call, &params),
        "thread/search" => search::search(call, &params).await,
        "thread/searchOccurrences" => search::occurrences(call, &params).await,
        "thread/turns/list" => turns::turns_list(call, &params).await,
        "thread/items/list" => turns::items_list(call, &params).await,
        "thread/items/read" => turns::items_read(call, &params).await,
        "thread/inject_items" => items::inject(call, &params).await,
        "thread/timeline/list" => turns::timeline(call, &params).await,
        "thread/attachment/add" => attachments::add(call, &params).await,
        "thread/attachment/list" => attachments::list(call, &params).await,
        "thread/attachment/remove" => attachments::remove(call, &params).await,
        "thread/attachmentOwner/list" => attachments::owners(call, &params).await,
        "thread/queue/add" => queue::add(call, &params).await,
        "thread/queue/list" => queue::list(call, &params).await,
        "thread/queue/update" => queue::update(call, &params).await,
        "thread/queue/delete" => queue::delete(call, &params).await,
        "thread/queue/reorder" => queue::reorder(call, &params).await,
        "thread/section/move" => sections::place(call, &params).await,
        "threadSection/list" => sections::list(call, &params).await,
        "threadSection/create" => sections::create(call, &params).await,
        "threadSection/update" => sections::update(call, &params).await,
        "threadSection/delete" => sections::delete(call, &params).await,
        "project/list" => projects::list(call, &params).await,
        "project/read" => projects::get(call, &params).await,
        "project/create" => projects::create(call, &params).await,
        "project/import" => projects::import(call, &params).await,
        "project/update" => projects::update(call, &params).await,
        "project/move" => projects::place(call, &params).await,
        "project/delete" => projects::delete(call, &params).await,
        "creel/delete" => creel::delete(call, &params).await,
        "creel/deletion/plan" => creel::plan(call, &params).await,
        "creel/deletion/pending" => creel::pending(call).await,
        "creel/deletion/undo" => creel::undo(call, &params).await,
        "creel/doctor" => creel::doctor(call).await,
        "creel/stats" => creel::stats(call),
        "creel/export" => transfer::export(call, &params).await,
        "creel/import" => transfer::import(call, &params).await,
        "creel/items/list" => items::list(call, &params).await,
        "creel/items/append" => items::append(call, &params).await,
        "creel/items/pop" => items::pop(call, &params).await,
        _ => Err(unknown(name)),
    }
}

fn unknown(method: &str) -> RpcError {
    let known: Vec<String> = METHODS.iter().map(|method| format!("`{}`", method.name)).collect();
    let known = known.join(", ");
    let method = excerpt(method);
    let error = crate::Error::UnknownMethod { method: method.clone() };
    let message = format!("Invalid request: unknown variant `{method}`, expected one of {known}");
    RpcError { code: INVALID_REQUEST, ..RpcError::told(&error, message) }
}
