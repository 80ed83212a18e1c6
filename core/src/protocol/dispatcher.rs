//! Maps methods to calls, and keeps the order of answers and notifications.

use std::sync::{Arc, OnceLock};

use async_channel::{Receiver, Sender};
use futures_util::lock::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::notify::notifications;
use super::rpc::{INVALID_REQUEST, RpcError, answer, incoming, params, raw, refusal};
use super::{archive, items, list, metadata, start};
use crate::change::ChangeEvent;
use crate::env::Env;
use crate::error::excerpt;
use crate::storage::Storage;
use crate::store::Store;

/// The methods, in the order in which an unknown one is told of them.
const METHODS: [&str; 10] = [
    "initialize",
    "thread/start",
    "thread/list",
    "thread/read",
    "thread/name/set",
    "thread/inject_items",
    "thread/items/list",
    "thread/archive",
    "thread/unarchive",
    "thread/delete",
];

/// Answers one client of a store in the shapes of the Codex app-server.
///
/// [`request`](Self::request) calls one method. [`handle`](Self::handle) speaks the protocol: a
/// message in, the answer and the notifications out. Methods that change something run one after
/// the other, so that the answer always comes before the notifications of its changes.
#[derive(Debug)]
pub struct Dispatcher<S: Storage> {
    store: Store<S>,
    env: Arc<dyn Env>,
    source: String,
    session: OnceLock<Session>,
    /// Closed by the introduction. Nothing is sent; the type is one that is compiled in anyway.
    introduction: (Sender<ChangeEvent>, Receiver<ChangeEvent>),
    turn: Mutex<()>,
}

/// A client that has introduced itself.
#[derive(Debug)]
struct Session {
    experimental: bool,
    events: Receiver<ChangeEvent>,
    bell: Receiver<ChangeEvent>,
}

/// What a method works with.
#[derive(Debug)]
pub(super) struct Call<'a, S: Storage> {
    pub(super) store: &'a Store<S>,
    pub(super) source: &'a str,
    experimental: bool,
}

impl<S: Storage> Clone for Call<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Storage> Copy for Call<'_, S> {}

impl<S: Storage> Call<'_, S> {
    /// Refuses what is experimental to a client that has not asked for it.
    pub(super) fn experimental(&self, what: &str, used: bool) -> Result<(), RpcError> {
        if self.experimental || !used {
            return Ok(());
        }
        Err(RpcError::refused(format!("{what} requires experimentalApi capability")))
    }
}

/// The parameters of `initialize`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct InitializeParams {
    capabilities: Option<Capabilities>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Capabilities {
    experimental_api: bool,
}

/// The answer of `initialize`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InitializeResponse {
    user_agent: &'static str,
}

impl<S: Storage> Dispatcher<S> {
    /// Makes a dispatcher for one client. Threads that it starts have the source `appServer`.
    pub fn new(store: Store<S>, env: Arc<dyn Env>) -> Self {
        let source = "appServer".to_owned();
        let introduction = async_channel::unbounded();
        let session = OnceLock::new();
        Self { store, env, source, session, introduction, turn: Mutex::new(()) }
    }

    /// Names the source of the threads that the client starts.
    #[must_use]
    pub fn with_source(self, source: impl Into<String>) -> Self {
        Self { source: source.into(), ..self }
    }

    /// Takes one message and returns what the client is sent, in order.
    ///
    /// The answer comes first, and then the notifications of what has been committed since the last
    /// call, by this client and others. A notification of the client has no answer.
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
        if !changes(&method) {
            let result = self.call(&method, incoming.params, session.experimental).await;
            return vec![answer(Some(id), result)];
        }
        let turn = self.turn.lock().await;
        let result = self.call(&method, incoming.params, session.experimental).await;
        let mut messages = vec![answer(Some(id), result)];
        messages.extend(self.drain(session).await);
        drop(turn);
        messages
    }

    /// Waits until the client has to be told of something that it did not ask for.
    ///
    /// Nothing is told before the client has introduced itself. It returns nothing once the store is
    /// closed.
    pub async fn notifications(&self) -> Vec<String> {
        // That it is closed is what is waited for.
        let _ = self.introduction.1.recv().await;
        let Some(session) = self.session.get() else { return Vec::new() };
        while session.bell.recv().await.is_ok() {
            let turn = self.turn.lock().await;
            let messages = self.drain(session).await;
            drop(turn);
            if !messages.is_empty() {
                return messages;
            }
        }
        Vec::new()
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
        self.call(method, params, true).await
    }

    async fn call(
        &self,
        method: &str,
        given: Option<&RawValue>,
        experimental: bool,
    ) -> Result<Box<RawValue>, RpcError> {
        let call = Call { store: &self.store, source: &self.source, experimental };
        match method {
            "thread/start" => raw(&start::start(call, params(given)?).await?),
            "thread/list" => raw(&list::list(call, params(given)?).await?),
            "thread/read" => raw(&metadata::read(call, params(given)?).await?),
            "thread/name/set" => raw(&metadata::set_name(call, params(given)?).await?),
            "thread/inject_items" => raw(&items::inject(call, params(given)?).await?),
            "thread/items/list" => raw(&items::list(call, params(given)?).await?),
            "thread/archive" => raw(&archive::archive(call, params(given)?).await?),
            "thread/unarchive" => raw(&archive::unarchive(call, params(given)?).await?),
            "thread/delete" => raw(&archive::delete(call, params(given)?).await?),
            _ => Err(unknown(method)),
        }
    }

    fn initialize(&self, given: Option<&RawValue>) -> Result<Box<RawValue>, RpcError> {
        let given: InitializeParams = params(given)?;
        let session = Session {
            experimental: given.capabilities.unwrap_or_default().experimental_api,
            events: self.store.subscribe(),
            bell: self.store.subscribe(),
        };
        if self.session.set(session).is_err() {
            return Err(RpcError::refused("Already initialized"));
        }
        self.introduction.0.close();
        raw(&InitializeResponse { user_agent: concat!("creel/", env!("CARGO_PKG_VERSION")) })
    }

    /// Tells of everything that has been committed and not been told.
    async fn drain(&self, session: &Session) -> Vec<String> {
        while session.bell.try_recv().is_ok() {}
        let mut messages = Vec::new();
        while let Ok(event) = session.events.try_recv() {
            let now = self.env.now_ms();
            messages.extend(notifications(&self.store, event.change, now).await);
        }
        messages
    }
}

/// Tells whether a method changes anything, and so has notifications.
fn changes(method: &str) -> bool {
    !matches!(method, "thread/list" | "thread/read" | "thread/items/list")
}

fn unknown(method: &str) -> RpcError {
    let known = METHODS.map(|method| format!("`{method}`")).join(", ");
    let method = excerpt(method);
    let error = crate::Error::UnknownMethod { method: method.clone() };
    let message = format!("Invalid request: unknown variant `{method}`, expected one of {known}");
    RpcError { code: INVALID_REQUEST, ..RpcError::told(&error, message) }
}
