//! Puts what was read into a store: parents first, never twice, never what was deleted.
//!
//! The caller reads the files, since a native program and a page do that differently: it announces
//! every file with its beginning, asks for the order, and gives one file after the other, in pieces.

use std::collections::{HashMap, HashSet};

use super::codex::{Row, announce, archived, is_compressed_rollout, name, session_index};
use super::incoming::{Incoming, Target};
use super::order::order;
use super::report::{ImportProgress, ImportReport, SpawnEdge};
use crate::error::{Error, Result};
use crate::goal::Goal;
use crate::id::ThreadId;
use crate::item::Item;
use crate::storage::Storage;
use crate::store::{StagedThread, Staging, Store};
use crate::thread::{CreateThread, EdgeStatus, Thread, ThreadPatch};

/// The field of a thread's `metadata` that remembers a parent that could not be found.
pub const MISSING_PARENT: &str = "missingParentThreadId";

/// Imports a Codex home into a store, in bounded memory.
///
/// A new thread appears when its file is in whole; a crash before leaves nothing of it. Importing
/// again adds nothing but what the files have gained: threads that are there already are left alone,
/// names and all. Threads that were deleted from the store stay deleted, and so do new sub-agents of
/// theirs. Threads that the source has archived are archived.
///
/// A child whose parent is neither among the files nor in the store becomes a root, and its
/// `metadata` remembers the parent as [`MISSING_PARENT`]; a later import that finds the parent in the
/// store puts the child under it.
#[derive(Debug)]
pub struct Importer<S: Storage> {
    store: Store<S>,
    beside: Beside,
    files: HashMap<ThreadId, File>,
    ids: HashMap<String, ThreadId>,
    circles: HashSet<ThreadId>,
    archive: Vec<ThreadId>,
    total_bytes: u64,
    incoming: Option<Incoming<S>>,
    report: ImportReport,
}

/// What the source keeps of threads outside their files.
#[derive(Debug, Default)]
struct Beside {
    index: HashMap<ThreadId, String>,
    names: HashMap<ThreadId, String>,
    edges: HashMap<ThreadId, (ThreadId, EdgeStatus)>,
    goals: HashMap<ThreadId, Goal>,
    tools: HashMap<ThreadId, Vec<Item>>,
    archived: HashSet<ThreadId>,
}

#[derive(Debug)]
struct File {
    path: String,
    size: u64,
    parent: Option<ThreadId>,
}

impl File {
    /// Of two files of a thread the larger one has more, and one that is not compressed is the one
    /// that is written to.
    fn rank(&self) -> (bool, u64) {
        (!is_compressed_rollout(&self.path), self.size)
    }
}

impl<S: Storage> Importer<S> {
    /// Begins an import; nothing is written before the first [`begin`](Self::begin).
    pub fn new(store: Store<S>) -> Self {
        Self {
            store,
            beside: Beside::default(),
            files: HashMap::new(),
            ids: HashMap::new(),
            circles: HashSet::new(),
            archive: Vec::new(),
            total_bytes: 0,
            incoming: None,
            report: ImportReport::default(),
        }
    }

    /// Takes the names of a `session_index.jsonl`.
    pub fn index(&mut self, path: &str, text: &[u8]) {
        let (names, bad) = session_index(path, text);
        self.beside.index.extend(names);
        self.report.bad(bad);
    }

    /// Takes names that are kept elsewhere; those of the index win.
    pub fn names(&mut self, names: impl IntoIterator<Item = (ThreadId, String)>) {
        let fitting = |(id, text): (_, String)| Some((id, name(&text)?));
        self.beside.names.extend(names.into_iter().filter_map(fitting));
    }

    /// Takes spawn edges that are kept outside the files; they win over what the files say.
    pub fn edges(&mut self, edges: impl IntoIterator<Item = SpawnEdge>) {
        let entry = |edge: SpawnEdge| (edge.child_thread_id, (edge.parent_thread_id, edge.status));
        self.beside.edges.extend(edges.into_iter().map(entry));
    }

    /// Takes the goal of a thread.
    ///
    /// # Errors
    /// Those of [`Store::set_goal`] for what no goal can be.
    pub fn goal(&mut self, id: ThreadId, goal: Goal) -> Result<()> {
        goal.check()?;
        self.beside.goals.insert(id, goal);
        Ok(())
    }

    /// Takes a dynamic tool of a thread, after those that it has.
    pub fn tool(&mut self, id: ThreadId, tool: Item) {
        self.beside.tools.entry(id).or_default().push(tool);
    }

    /// Takes the threads that are archived, wherever their files lie.
    pub fn archived(&mut self, threads: impl IntoIterator<Item = ThreadId>) {
        self.beside.archived.extend(threads);
    }

    /// Announces a rollout file by its size and its beginning, which has its first line at least.
    ///
    /// Of two files of one thread one that is not compressed is taken, then the larger one; the
    /// other one is named in the report.
    pub fn announce(&mut self, path: &str, size: u64, beginning: &[u8]) {
        let Some(announced) = announce(path, beginning) else {
            return self.report.problem(path, "neither its lines nor its name have a thread's id");
        };
        let file = File { path: path.to_owned(), size, parent: announced.parent };
        let loser = match self.files.get(&announced.id) {
            Some(other) if other.rank() >= file.rank() => Some(file),
            _ => self.files.insert(announced.id, file),
        };
        if let Some(loser) = loser {
            let reason = format!("a larger file of thread {} was taken", announced.id);
            self.report.problem(&loser.path, reason);
        }
    }

    /// Names a file, or a part of one, that the caller could not read.
    pub fn unreadable(&mut self, path: &str, reason: impl std::fmt::Display) {
        self.report.problem(path, reason);
    }

    /// Names what the caller looked for in a file and did not find.
    pub fn note(&mut self, path: &str, reason: impl std::fmt::Display) {
        self.report.note(path, reason);
    }

    /// Returns the paths of the announced files in the order to give them in: parents first.
    pub fn order(&mut self) -> Vec<String> {
        let parents = self.files.iter().map(|(id, file)| (*id, self.parent(*id, file.parent)));
        let order = order(&parents.collect());
        self.circles = order.cut.iter().copied().collect();
        for child in order.cut {
            let announced = self.files.get(&child).and_then(|file| file.parent);
            self.report.circles.extend(self.edge(child, announced));
        }
        self.ids = self.files.iter().map(|(id, file)| (file.path.clone(), *id)).collect();
        self.total_bytes = self.files.values().map(|file| file.size).sum();
        let path = |id: &ThreadId| self.files.get(id).map(|file| file.path.clone());
        order.threads.iter().filter_map(path).collect()
    }

    /// Begins the next file, and tells whether its text is wanted; one that did not end is given up.
    ///
    /// # Errors
    /// Those of the storage. What is wrong with a file alone is named in the report.
    pub async fn begin(&mut self, path: &str) -> Result<bool> {
        self.incoming = None;
        let Some(id) = self.ids.get(path).copied() else {
            self.report.files += 1;
            self.report.problem(path, "it was not announced");
            return Ok(false);
        };
        match self.target(id).await {
            Ok(target) => self.incoming = Some(Incoming::new(id, path, target)),
            Err(error) => self.refuse(id, path, error)?,
        }
        Ok(self.incoming.is_some())
    }

    /// Takes the next bytes of the file, however they are cut.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub async fn feed(&mut self, bytes: &[u8]) -> Result<()> {
        self.report.bytes += bytes.len() as u64;
        let Some(mut incoming) = self.incoming.take() else { return Ok(()) };
        let mut rest = bytes;
        while let Some(row) = incoming.reader.next(&mut rest) {
            match row {
                Err(bad) => self.report.bad(vec![bad]),
                Ok(row) => {
                    if let Err(error) = self.take(&mut incoming, row).await {
                        return self.refuse(incoming.id, &incoming.path, error);
                    }
                }
            }
        }
        self.incoming = Some(incoming);
        Ok(())
    }

    /// Ends the file: a new thread appears now.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub async fn end(&mut self) -> Result<ImportProgress> {
        if let Some(incoming) = self.incoming.take() {
            let (id, path) = (incoming.id, incoming.path.clone());
            match self.settle(incoming).await {
                Ok(()) => self.report.files += 1,
                Err(error) => self.refuse(id, &path, error)?,
            }
        }
        Ok(self.progress())
    }

    /// Gives the file up because it can't be read any further, and says why in the report.
    ///
    /// A new thread is left out.
    pub fn give_up(&mut self, reason: impl std::fmt::Display) {
        if let Some(incoming) = self.incoming.take() {
            self.report.files += 1;
            self.report.problem(&incoming.path, reason);
        }
    }

    /// Archives what the source has archived, and reports.
    ///
    /// # Errors
    /// Those of the storage.
    pub async fn finish(mut self) -> Result<ImportReport> {
        for id in std::mem::take(&mut self.archive) {
            match self.store.archive(id).await {
                Ok(archived) => self.report.archived += archived.len() as u64,
                Err(error) if fatal(&error) => return Err(error),
                Err(error) => self.report.problem(&id.to_string(), error),
            }
        }
        Ok(self.report)
    }

    /// Returns how far the import is.
    pub fn progress(&self) -> ImportProgress {
        ImportProgress {
            files: self.report.files,
            total_files: self.files.len() as u64,
            threads: self.report.threads,
            items: self.report.items + self.incoming.as_ref().map_or(0, Incoming::staged),
            bytes: self.report.bytes,
            total_bytes: self.total_bytes,
        }
    }

    async fn target(&mut self, id: ThreadId) -> Result<Target<S>> {
        match self.store.read(id).await {
            Err(Error::ThreadNotFound { .. }) => Ok(Target::New),
            Err(error) => Err(error),
            Ok(thread) => {
                self.link(&thread).await?;
                Ok(Target::known(thread))
            }
        }
    }

    async fn take(&mut self, incoming: &mut Incoming<S>, (at, item): Row) -> Result<()> {
        if !incoming.is_news(&self.store, &item).await? {
            return Ok(());
        }
        if incoming.is_full(&item) {
            self.flush(incoming).await?;
        }
        incoming.push(at, item);
        Ok(())
    }

    async fn settle(&mut self, mut incoming: Incoming<S>) -> Result<()> {
        match incoming.reader.last() {
            Some(Ok(row)) => self.take(&mut incoming, row).await?,
            Some(Err(bad)) => self.report.bad(vec![bad]),
            None => {}
        }
        self.flush(&mut incoming).await?;
        let (id, items) = (incoming.id, incoming.staged());
        let source = archived(&incoming.path) || self.beside.archived.contains(&id);
        match incoming.target {
            Target::Staged { staging, .. } => {
                staging.publish().await?;
                self.report.threads += 1;
                self.report.items += items;
            }
            Target::Known { grown: true, .. } => self.report.grown += 1,
            Target::Known { .. } | Target::New => self.report.skipped += 1,
        }
        if source {
            self.archive.push(id);
        }
        Ok(())
    }

    /// Creates the thread, if that is to be done, and writes what was taken since the last time.
    async fn flush(&mut self, incoming: &mut Incoming<S>) -> Result<()> {
        if matches!(incoming.target, Target::New) {
            let read = incoming.reader.thread();
            let begun_at = read.created_at.unwrap_or(0);
            let staging = self.create(incoming.id, read).await?;
            incoming.target = Target::Staged { staging, begun_at, items: 0 };
        }
        self.report.items += incoming.write(&self.store).await?;
        Ok(())
    }

    async fn create(&mut self, id: ThreadId, read: CreateThread) -> Result<Staging<S>> {
        let announced = self.files.get(&id).and_then(|file| file.parent);
        let edge = self.edge(id, announced.or(read.parent_thread_id));
        let edge = edge.filter(|_| !self.circles.contains(&id));
        let beside = &mut self.beside;
        let thread = CreateThread {
            id: Some(id),
            parent_thread_id: edge.map(|edge| edge.parent_thread_id),
            edge_status: edge.map(|edge| edge.status),
            name: beside.index.get(&id).or(beside.names.get(&id)).cloned(),
            ..read
        };
        let goal = beside.goals.remove(&id);
        let tools = beside.tools.remove(&id).unwrap_or_default();
        let mut orphan = StagedThread { thread, goal, ..StagedThread::default() };
        let mut staging = self.store.stage();
        match (staging.create(orphan.clone()).await, edge) {
            (Err(Error::ParentNotFound { .. }), Some(edge)) => {
                self.report.missing_parents.push(edge);
                orphan.thread.parent_thread_id = None;
                orphan.thread.edge_status = None;
                let metadata = orphan.thread.details.metadata.get_or_insert_default();
                let parent = edge.parent_thread_id.to_string();
                metadata.insert(MISSING_PARENT.to_owned(), parent.into());
                staging.create(orphan).await?;
            }
            (created, _) => drop(created?),
        }
        if !tools.is_empty() {
            staging.set_tools(id, tools).await?;
        }
        Ok(staging)
    }

    /// Puts a thread under its parent, if that was missing when the thread came and has come since.
    async fn link(&mut self, thread: &Thread) -> Result<()> {
        let metadata = thread.details.metadata.as_ref();
        let missing = metadata.and_then(|metadata| metadata.get(MISSING_PARENT)?.as_str());
        let Some(parent) = missing.and_then(|text| text.parse::<ThreadId>().ok()) else {
            return Ok(());
        };
        if thread.parent_thread_id.is_some() || self.store.read(parent).await.is_err() {
            return Ok(());
        }
        match self.store.set_parent(thread.id, Some(parent)).await {
            Err(error) if fatal(&error) => return Err(error),
            // Such as an archived parent: the thread stays a root, and remembers.
            Err(_) => return Ok(()),
            Ok(_) => {}
        }
        let mut metadata = metadata.cloned().unwrap_or_default();
        metadata.remove(MISSING_PARENT);
        let metadata = Some((!metadata.is_empty()).then_some(metadata));
        self.store.update(thread.id, ThreadPatch { metadata, ..ThreadPatch::default() }).await?;
        self.report.linked += 1;
        Ok(())
    }

    /// Leaves a file out, unless the store itself can't go on.
    fn refuse(&mut self, id: ThreadId, path: &str, error: Error) -> Result<()> {
        match error {
            Error::ThreadDeleted { .. } => self.report.deleted.push(id),
            error if fatal(&error) => return Err(error),
            error => self.report.problem(path, error),
        }
        self.report.files += 1;
        Ok(())
    }

    fn parent(&self, child: ThreadId, announced: Option<ThreadId>) -> Option<ThreadId> {
        self.beside.edges.get(&child).map(|(parent, _)| *parent).or(announced)
    }

    fn edge(&self, child: ThreadId, announced: Option<ThreadId>) -> Option<SpawnEdge> {
        let parent_thread_id = self.parent(child, announced)?;
        let edge = self.beside.edges.get(&child);
        let status = edge.map(|(_, status)| *status).unwrap_or_default();
        Some(SpawnEdge { parent_thread_id, child_thread_id: child, status })
    }
}

/// Tells whether an error is about the store and not about one thread.
pub(super) fn fatal(error: &Error) -> bool {
    matches!(
        error,
        Error::Storage(_)
            | Error::QuotaExceeded { .. }
            | Error::OutcomeUnknown { .. }
            | Error::StoreReplaced
            | Error::Closed
            | Error::Corrupt { .. }
    )
}
