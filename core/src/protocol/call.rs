//! What a method works with: the threads, the client that asks, and what it may use.

use std::sync::{Mutex, PoisonError};

use super::json::to_json;
use super::rpc::RpcError;
use super::thread::{WireStatus, WireThread};
use super::transfer::Transfers;
use super::{projects, sections};
use crate::manager::{SubscriberId, ThreadManager};
use crate::storage::Storage;
use crate::thread::Thread;

/// What threads that a client starts have unless it says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Defaults {
    /// What starts the threads; `appServer` by default.
    pub source: String,
    /// The model.
    pub model: Option<String>,
    /// The provider of the model. Where it is given, lists have only its threads unless they ask for
    /// others.
    pub model_provider: Option<String>,
    /// The working directory.
    pub cwd: Option<String>,
}

impl Default for Defaults {
    fn default() -> Self {
        Self { source: "appServer".to_owned(), model: None, model_provider: None, cwd: None }
    }
}

/// What a client says of itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Client {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
}

/// One call of a method.
#[derive(Debug)]
pub(super) struct Call<'a, S: Storage> {
    pub(super) threads: &'a ThreadManager<S>,
    pub(super) defaults: &'a Defaults,
    pub(super) client: &'a Client,
    pub(super) subscriber: SubscriberId,
    pub(super) transfers: &'a Transfers<S>,
    /// What the client alone is told after the answer.
    told: Mutex<Vec<String>>,
}

impl<'a, S: Storage> Call<'a, S> {
    pub(super) fn new(
        threads: &'a ThreadManager<S>,
        defaults: &'a Defaults,
        client: &'a Client,
        subscriber: SubscriberId,
        transfers: &'a Transfers<S>,
    ) -> Self {
        Self { threads, defaults, client, subscriber, transfers, told: Mutex::new(Vec::new()) }
    }

    /// Tells the client something after the answer.
    pub(super) fn tell(&self, message: String) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).push(message);
    }

    /// Returns what the client is told after the answer.
    pub(super) fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn now(&self) -> i64 {
        self.threads.store().env().now_ms()
    }

    /// Spells a thread with the state that it is in here.
    pub(super) fn spell(&self, thread: &Thread) -> WireThread {
        let live = self.threads.get(thread.id);
        let (section, section_entered_at) = sections::of(self, thread.id).unzip();
        WireThread {
            section,
            section_entered_at,
            project_id: projects::of(self, thread.id),
            status: if live.is_some() { WireStatus::Idle } else { WireStatus::NotLoaded },
            ephemeral: live.is_some_and(|live| live.is_ephemeral()),
            ..WireThread::from(thread)
        }
    }

    /// Spells a thread as JSON.
    pub(super) fn wire(&self, thread: &Thread) -> Result<String, RpcError> {
        to_json(&self.spell(thread))
    }
}
