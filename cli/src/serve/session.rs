//! Clients that come back: what a typed client began outlives its connection for a while, and the
//! answers of its changes are kept until it has them. So a change that is sent again is not made again.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::Duration;

use creel::protocol::{Dispatcher, RpcError, answer, calls};
use creel::storage::BoxedStorage;
use serde_json::value::RawValue;
use smol::channel::{Receiver, Sender, bounded};
use smol::{LocalExecutor, Timer};

use super::desk::Ticket;
use super::limits::{KEPT_ANSWERS, KEPT_BYTES};
use super::stores::Lease;
use super::tokens::Hash;

/// Who a session belongs to: a token, a store, and the name that the client gave it.
pub(super) type Key = (Hash, String, String);

/// The sessions of a server.
#[derive(Debug, Default)]
pub(super) struct Sessions(RefCell<HashMap<Key, Rc<Session>>>);

#[derive(Debug)]
pub(super) struct Session {
    pub(super) lease: Lease,
    dispatcher: Dispatcher<BoxedStorage>,
    answers: RefCell<BTreeMap<u64, Slot>>,
    /// The size of those that are there, in bytes.
    size: Cell<usize>,
    /// Answers were dropped before the client said that it has them.
    forgetful: Cell<bool>,
    /// How many connections it has had, and what ends the last of them.
    connections: Cell<u64>,
    end: RefCell<Option<Sender<()>>>,
}

#[derive(Clone, Debug)]
enum Slot {
    /// It is closed when the answer is there.
    Running(Receiver<()>),
    Done(Rc<str>),
}

impl Sessions {
    /// Finds a session of which everything is still there.
    pub(super) fn find(&self, key: &Key) -> Option<Rc<Session>> {
        let found = self.0.borrow().get(key).cloned();
        found.filter(|session| !session.lease.broken.get())
    }

    pub(super) fn begin(&self, key: Key, lease: Lease) -> Rc<Session> {
        let dispatcher = Dispatcher::over(lease.threads.clone());
        let session = Rc::new(Session {
            lease,
            dispatcher,
            answers: RefCell::default(),
            size: Cell::new(0),
            forgetful: Cell::new(false),
            connections: Cell::new(0),
            end: RefCell::default(),
        });
        self.0.borrow_mut().insert(key, Rc::clone(&session));
        session
    }

    /// Drops a session some time after its connection of this number, unless it has another one by
    /// then.
    pub(super) async fn expire(
        &self,
        key: Key,
        session: Rc<Session>,
        number: u64,
        after: Duration,
    ) {
        Timer::after(after).await;
        if session.connections.get() == number {
            self.drop_it(&key, &session);
        }
    }

    /// Drops a session whose client said good-bye.
    pub(super) fn drop_it(&self, key: &Key, session: &Rc<Session>) {
        let mut known = self.0.borrow_mut();
        if known.get(key).is_some_and(|known| Rc::ptr_eq(known, session)) {
            known.remove(key);
        }
    }

    /// Drops every session.
    pub(super) fn clear(&self) {
        self.0.take();
    }
}

impl Session {
    /// Gives the session to a connection; the one that had it is ended. What is returned is closed
    /// when this one is; it comes with the connection's number.
    pub(super) fn attach(&self) -> (u64, Receiver<()>) {
        let (end, ended) = bounded(1);
        let number = self.connections.get() + 1;
        self.connections.set(number);
        self.end.replace(Some(end));
        (number, ended)
    }

    /// Answers a request that may be made again if need be.
    pub(super) async fn read(
        &self,
        id: u64,
        method: &str,
        params: Option<&RawValue>,
        ticket: Ticket,
    ) -> String {
        self.run(id, method, params, ticket).await
    }

    /// Begins a request whose answer is kept, unless it was begun before.
    ///
    /// # Errors
    /// `outcome_unknown` for one that is sent again and of which nothing is known any more.
    pub(super) fn begin(
        self: &Rc<Self>,
        executor: &LocalExecutor<'static>,
        id: u64,
        again: bool,
        request: (String, Option<Box<RawValue>>, Ticket),
    ) -> Result<(), RpcError> {
        let (method, params, ticket) = request;
        if self.answers.borrow().contains_key(&id) {
            return Ok(());
        }
        if again && self.forgetful.get() {
            let reason = "too much was answered since it was first sent".to_owned();
            let error = RpcError::from(creel::Error::OutcomeUnknown { reason });
            ticket.ended(Some(&error));
            return Err(error);
        }
        let (done, running) = bounded(1);
        self.answers.borrow_mut().insert(id, Slot::Running(running));
        let session = Rc::clone(self);
        executor
            .spawn(async move {
                let text = session.run(id, &method, params.as_deref(), ticket).await;
                session.keep(id, text);
                drop(done);
            })
            .detach();
        Ok(())
    }

    /// Waits for an answer that is kept.
    pub(super) async fn outcome(&self, id: u64) -> Option<Rc<str>> {
        loop {
            let slot = self.answers.borrow().get(&id).cloned()?;
            match slot {
                Slot::Done(text) => return Some(text),
                // Nothing is ever sent; it is closed.
                Slot::Running(running) => drop(running.recv().await),
            }
        }
    }

    /// Drops the answers of requests before `id`, which the client has.
    pub(super) fn acknowledge(&self, id: u64) {
        let mut answers = self.answers.borrow_mut();
        let later = answers.split_off(&id);
        for (id, slot) in std::mem::replace(&mut *answers, later) {
            match slot {
                Slot::Running(_) => drop(answers.insert(id, slot)),
                Slot::Done(text) => self.size.set(self.size.get() - text.len()),
            }
        }
    }

    fn keep(&self, id: u64, text: String) {
        let mut answers = self.answers.borrow_mut();
        self.size.set(self.size.get() + text.len());
        answers.insert(id, Slot::Done(text.into()));
        while answers.len() > KEPT_ANSWERS || self.size.get() > KEPT_BYTES {
            let done = answers.iter().find_map(|(known, slot)| match slot {
                Slot::Done(text) if *known != id => Some((*known, text.len())),
                _ => None,
            });
            let Some((oldest, size)) = done else { break };
            answers.remove(&oldest);
            self.size.set(self.size.get() - size);
            self.forgetful.set(true);
        }
    }

    async fn run(
        &self,
        id: u64,
        method: &str,
        params: Option<&RawValue>,
        ticket: Ticket,
    ) -> String {
        let result = match calls::find(method) {
            Some(_) => calls::call(self.lease.threads.store(), method, params).await,
            None => self.dispatcher.request(method, params).await,
        };
        let code = |error: &RpcError| error.data.as_ref().map(|data| data.code.clone());
        if result.as_ref().err().and_then(code).is_some_and(|code| code == "store_replaced") {
            // Whoever comes next opens it anew, this client among them.
            self.lease.broken.set(true);
            self.end.take();
        }
        ticket.ended(result.as_ref().err());
        let id = RawValue::from_string(id.to_string()).ok();
        answer(id.as_deref(), result)
    }
}
