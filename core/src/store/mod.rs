//! The public face: an open store, and what can be asked of it.
//!
//! Reads answer from the committed catalog in memory; changes go through the queue of the driver.

mod ahead;
mod deleting;
mod documents;
mod drafts;
mod driver;
mod erasing;
mod forking;
mod group;
mod inner;
mod items;
mod opening;
mod packing;
mod segments;
mod staging;
mod together;
mod truncating;
mod work;

use std::sync::Arc;

use futures_channel::oneshot;

use self::inner::{Committed, Inner, Reply, Request, Shared, State};
pub use self::opening::{Opening, Preview};
pub use self::staging::{StagedThread, Staging};
use crate::catalog::{Catalog, Command, Event, Record};
use crate::change::ChangeEvent;
use crate::env::Env;
use crate::error::{Error, Result};
use crate::id::ThreadId;
use crate::item::Item;
use crate::maybe_send::{BoxFuture, MaybeSend};
use crate::observe::{Observed, observe_at};
use crate::query::{Appended, StoreStats, ThreadPage, ThreadQuery};
use crate::storage::{Durability, Storage};
use crate::thread::{CreateThread, EdgeStatus, Thread, ThreadPatch};

/// How a store behaves; the defaults suit an application.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoreOptions {
    /// What an append or a change of metadata survives once it returned; `Relaxed` by default.
    /// Archiving and deleting are always strict.
    pub durability: Durability,
    /// How often to look for the news of other instances, in milliseconds; two seconds by default
    /// where the storage can't tell of news, and never where it can.
    pub poll_ms: Option<u64>,
    /// The journal is packed at this many entries; 1,000 by default.
    pub checkpoint_entries: u64,
    /// The journal is packed at this many bytes; 1 MiB by default.
    pub checkpoint_bytes: u64,
    /// After this many failures in a row a waiting `delete` returns `erase_incomplete`, and
    /// erasing goes on in the background; 5 by default.
    pub erase_attempts: u32,
    /// Whether [`Store::replayed`] tells what opening has replayed; false by default, since that
    /// takes memory until it is asked for.
    pub keep_replayed: bool,
}

/// The changes that opening a store has replayed from its journal.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Replayed {
    /// The entry after which they begin: that of the last checkpoint.
    pub from: u64,
    /// The last entry that was replayed.
    pub to: u64,
    /// The changes, in the order of the journal.
    pub changes: Vec<ChangeEvent>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            durability: Durability::Relaxed,
            poll_ms: None,
            checkpoint_entries: 1000,
            checkpoint_bytes: 1024 * 1024,
            erase_attempts: 5,
            keep_replayed: false,
        }
    }
}

/// How often news is looked for where the storage can't tell, in milliseconds.
const POLL_MS: u64 = 2000;

/// Opens and changes a store of threads.
///
/// A clone is another handle on the same open store. Several instances, in other tabs or
/// processes, may have the same storage open: each sees what the others commit.
#[derive(Debug)]
pub struct Store<S: Storage> {
    inner: Arc<Inner<S>>,
}

impl<S: Storage> Clone for Store<S> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<S: Storage> Store<S> {
    /// Opens the store in `storage`; an empty storage becomes an empty store.
    ///
    /// Deletions that were cut short are carried on in the background.
    ///
    /// A store with records that can't be read opens for reading: everything else is there, and
    /// every change is [`Error::Corrupt`] naming the first bad record until
    /// [`doctor::repair`](crate::doctor::repair) has mended it.
    ///
    /// # Errors
    /// `schema_too_new` when a newer version wrote the store, and the storage's own errors.
    pub async fn open(storage: S, env: Arc<dyn Env>, options: StoreOptions) -> Result<Self> {
        Opening::start(storage, env, options).finish().await
    }

    /// Creates a thread: a root, or a sub-agent thread under the parent that `thread` names.
    ///
    /// # Errors
    /// [`Error::ThreadExists`], [`Error::ParentNotFound`], [`Error::ThreadArchived`] for an
    /// archived parent, [`Error::ThreadDeleted`] for a deleted parent or the id of a deleted
    /// thread, [`Error::Cycle`] for a thread that names itself as its parent, and errors that name
    /// the field that is out of its limits.
    pub async fn create(&self, thread: CreateThread) -> Result<Thread> {
        let id = thread.id.unwrap_or_else(|| ThreadId::new(&*self.inner.env));
        self.change(id, Command::Create { id, thread: Box::new(thread) }).await
    }

    /// Appends items to a thread's history, all or none; no items are nothing to do.
    ///
    /// # Errors
    /// [`Error::ThreadNotFound`], [`Error::ThreadDeleted`], [`Error::ThreadArchived`], and
    /// [`Error::TooLarge`] above 10,000 items or 64 MB.
    pub async fn append(&self, id: ThreadId, items: Vec<Item>) -> Result<Appended> {
        let items = items.into_iter().map(|item| (None, item)).collect();
        self.append_with(id, items, |append| append).await
    }

    /// Appends items that have times of their own, in milliseconds, as an import does.
    ///
    /// # Errors
    /// As [`append`](Self::append), and [`Error::OutOfRange`] for a time before 1970 or after 9999.
    pub async fn append_at(&self, id: ThreadId, items: Vec<(i64, Item)>) -> Result<Appended> {
        let items = items.into_iter().map(|(at, item)| (Some(at), item)).collect();
        self.append_with(id, items, |append| append).await
    }

    /// As [`append_at`](Self::append_at), to a history that still has `length` items.
    ///
    /// # Errors
    /// As `append_at`, and [`Error::InvalidField`] when somebody else has appended or cut it back.
    pub(crate) async fn append_after(
        &self,
        id: ThreadId,
        length: u64,
        items: Vec<(i64, Item)>,
    ) -> Result<Appended> {
        let items = items.into_iter().map(|(at, item)| (Some(at), item)).collect();
        let after = |append| Command::AppendAfter { length, append: Box::new(append) };
        self.append_with(id, items, after).await
    }

    async fn append_with(
        &self,
        id: ThreadId,
        items: Vec<(Option<i64>, Item)>,
        command: impl FnOnce(Command) -> Command,
    ) -> Result<Appended> {
        let count = items.len() as u64;
        let observed = items
            .iter()
            .map(|(at, item)| observe_at(item, *at))
            .fold(Observed::default(), Observed::merge);
        let observed = Box::new(observed);
        let append = Command::Append { thread: id, items, observed };
        let committed = self.commit(command(append)).await?;
        match committed.events.first() {
            Some(Event::Appended { first, .. } | Event::Segmented { first, .. }) => {
                Ok(Appended { first: *first, count })
            }
            _ => Ok(Appended { first: self.read(id).await?.items, count: 0 }),
        }
    }

    /// Returns a thread.
    ///
    /// # Errors
    /// [`Error::ThreadNotFound`] and [`Error::ThreadDeleted`].
    pub async fn read(&self, id: ThreadId) -> Result<Thread> {
        self.with_visible(id, Catalog::thread).await
    }

    /// Changes a thread's metadata: what the patch leaves out stays, what it has as null is
    /// cleared.
    ///
    /// # Errors
    /// [`Error::EmptyName`], [`Error::TooLarge`], [`Error::ThreadNotFound`],
    /// [`Error::ThreadDeleted`], [`Error::ThreadArchived`].
    pub async fn update(&self, id: ThreadId, patch: ThreadPatch) -> Result<Thread> {
        self.change(id, Command::Update { thread: id, patch: Box::new(patch) }).await
    }

    /// Returns a page of threads; see [`ThreadQuery`] for filters, orders and cursors.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], [`Error::InvalidCursor`], [`Error::InvalidField`],
    /// [`Error::TooLarge`].
    pub async fn list(&self, query: ThreadQuery) -> Result<ThreadPage> {
        let shared = self.inner.lock();
        shared.check_open()?;
        shared.replica.catalog.list(&query)
    }

    /// Returns the threads that a thread spawned, by id.
    ///
    /// # Errors
    /// [`Error::ThreadNotFound`] and [`Error::ThreadDeleted`].
    pub async fn children(&self, id: ThreadId) -> Result<Vec<Thread>> {
        self.with_visible(id, |catalog, record| {
            catalog.threads(&catalog.visible_children(record.ord))
        })
        .await
    }

    /// Returns every thread below a thread, by depth, then by id.
    ///
    /// # Errors
    /// [`Error::ThreadNotFound`] and [`Error::ThreadDeleted`].
    pub async fn descendants(&self, id: ThreadId) -> Result<Vec<Thread>> {
        self.with_visible(id, |catalog, record| {
            catalog.threads(&catalog.visible_descendants(record.ord))
        })
        .await
    }

    /// Archives a thread with everything below it, in one commit.
    ///
    /// Returns the threads newly archived: the root first, then the deepest descendants. Where all
    /// are archived already there are none, and nothing is written.
    ///
    /// # Errors
    /// [`Error::ThreadNotFound`] and [`Error::ThreadDeleted`].
    pub async fn archive(&self, id: ThreadId) -> Result<Vec<ThreadId>> {
        let random = self.inner.env.random();
        let group = u64::from_le_bytes(std::array::from_fn(|index| random[index])) >> 12;
        let committed = self.commit(Command::Archive { thread: id, group }).await?;
        self.order_of(committed, crate::tree::archive_order)
    }

    /// Unarchives a thread with exactly what was archived together with it, in one commit.
    ///
    /// Returns the threads: the root first, then by depth.
    ///
    /// # Errors
    /// [`Error::ThreadNotArchived`], [`Error::ThreadArchived`] naming the parent that must be
    /// unarchived first, [`Error::ThreadNotFound`] and [`Error::ThreadDeleted`].
    pub async fn unarchive(&self, id: ThreadId) -> Result<Vec<ThreadId>> {
        let committed = self.commit(Command::Unarchive { thread: id }).await?;
        self.order_of(committed, crate::tree::unarchive_order)
    }

    /// Opens or closes the spawn edge between a thread and its parent.
    ///
    /// # Errors
    /// [`Error::NotSpawned`] for a root, [`Error::ThreadNotFound`] and [`Error::ThreadDeleted`].
    pub async fn set_edge_status(&self, child: ThreadId, status: EdgeStatus) -> Result<Thread> {
        self.change(child, Command::SetEdge { thread: child, status }).await
    }

    /// Moves a thread, with everything below it, under another parent, or makes it a root.
    ///
    /// # Errors
    /// [`Error::Cycle`], [`Error::ParentNotFound`], [`Error::ThreadArchived`],
    /// [`Error::ThreadNotFound`] and [`Error::ThreadDeleted`].
    pub async fn set_parent(&self, id: ThreadId, parent: Option<ThreadId>) -> Result<Thread> {
        self.change(id, Command::SetParent { thread: id, parent }).await
    }

    /// Returns a stream of everything committed from now on, by this instance and by others, in
    /// the order of the journal. It ends when the store is closed.
    pub fn subscribe(&self) -> async_channel::Receiver<ChangeEvent> {
        let (sender, receiver) = async_channel::unbounded();
        let mut shared = self.inner.lock();
        if shared.check_open().is_ok() {
            shared.listeners.push(sender);
        }
        receiver
    }

    /// Returns the changes of the entries that opening has replayed, once: for a server whose clients
    /// come back after a crash and say what they have heard. `None` without `keep_replayed`.
    pub fn replayed(&self) -> Option<Replayed> {
        self.inner.lock().replayed.take()
    }

    /// Reads what other instances have committed.
    ///
    /// # Errors
    /// [`Error::StoreReplaced`], and the storage's own errors.
    pub async fn refresh(&self) -> Result<()> {
        self.ask(|shared, reply| {
            shared.pulls.push(reply);
            Ok(())
        })
        .await
    }

    /// Packs the journal into pages and segments now, instead of when it is due.
    ///
    /// # Errors
    /// The storage's own errors; what was appended stays safe in the journal.
    pub async fn checkpoint(&self) -> Result<()> {
        self.ask(|shared, reply| {
            shared.check_sound()?;
            shared.checkpoints.push(reply);
            Ok(())
        })
        .await
    }

    /// Checks every invariant of the store, reading all of it and changing nothing.
    ///
    /// Other instances may go on committing meanwhile.
    ///
    /// # Errors
    /// [`Error::Closed`], and the storage's own errors.
    pub async fn check(&self) -> Result<crate::doctor::Report> {
        self.inner.lock().check_open()?;
        crate::doctor::check(&self.inner.storage, &*self.inner.env).await
    }

    /// Returns the size and state of the store.
    pub fn stats(&self) -> StoreStats {
        let shared = self.inner.lock();
        let catalog = &shared.replica.catalog;
        let totals = catalog.indexes().totals();
        let (journal_entries, journal_bytes) = shared.replica.waiting();
        StoreStats {
            threads: totals.threads,
            archived: totals.archived,
            items: totals.items,
            bytes: totals.bytes,
            journal_entries,
            journal_bytes,
            position: catalog.position,
            last_commit_ms: shared.last_commit_ms,
            pending_deletions: catalog.deletions_asked_for().count() as u64,
        }
    }

    /// Finishes what was asked for, packs a long journal, and closes the storage.
    ///
    /// Later calls are [`Error::Closed`]; a second close does nothing. Deletions that are not
    /// finished go on when the store is opened again.
    pub async fn close(&self) -> Result<()> {
        let (reply, closed) = oneshot::channel();
        {
            let mut shared = self.inner.lock();
            match &shared.state {
                State::Closed => return Ok(()),
                State::Open => shared.state = State::Closing,
                State::Closing | State::Dead(_) => {}
            }
            shared.closers.push(reply);
        }
        driver::kick(&self.inner);
        closed.await.unwrap_or(Ok(()))
    }

    /// Commits a change of a thread, and returns the thread as the commit left it.
    async fn change(&self, id: ThreadId, command: Command) -> Result<Thread> {
        let committed = self.commit(command).await?;
        committed.thread.map(|thread| *thread).ok_or(Error::ThreadNotFound { id })
    }

    fn commit(&self, command: Command) -> BoxFuture<'static, Result<Committed>> {
        let durability = self.inner.options.durability;
        self.ask(|shared, reply| {
            shared.check_sound()?;
            shared.queue.push_back(Request { command, durability, reply });
            Ok(())
        })
    }

    /// Leaves a question with the driver and waits for the answer, in one place for all callers.
    fn ask<T: MaybeSend + 'static>(
        &self,
        question: impl FnOnce(&mut Shared, Reply<T>) -> Result<()>,
    ) -> BoxFuture<'static, Result<T>> {
        let (reply, answer) = oneshot::channel();
        let asked = {
            let mut shared = self.inner.lock();
            shared.check_open().and_then(|()| question(&mut shared, reply))
        };
        if asked.is_ok() {
            driver::kick(&self.inner);
        }
        Box::pin(async move {
            asked?;
            answer.await.unwrap_or(Err(Error::Closed))
        })
    }

    /// Reads from a visible thread; one that is not known here may be known to others.
    async fn with_visible<T>(
        &self,
        id: ThreadId,
        read: impl Fn(&Catalog, &Record) -> T,
    ) -> Result<T> {
        let look = || {
            let shared = self.inner.lock();
            shared.check_open()?;
            let catalog = &shared.replica.catalog;
            catalog.visible(id).map(|record| read(catalog, record))
        };
        match look() {
            Err(Error::ThreadNotFound { .. }) => {
                self.refresh().await?;
                look()
            }
            other => other,
        }
    }

    fn order_of(
        &self,
        committed: Committed,
        order: impl Fn(u32, &[u32]) -> Vec<u32>,
    ) -> Result<Vec<ThreadId>> {
        let Some(Event::Archived { root, members, .. } | Event::Unarchived { root, members }) =
            committed.events.first()
        else {
            return Ok(Vec::new());
        };
        let shared = self.inner.lock();
        let catalog = &shared.replica.catalog;
        let mut order = order(*root, &catalog.visible_descendants(*root));
        order.retain(|ord| members.contains(*ord));
        Ok(catalog.ids(&order))
    }
}
