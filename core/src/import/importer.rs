//! Puts what was read into a store: parents first, never twice, never what was deleted.
//!
//! The caller reads the files, since a native program and a page do that differently: it announces
//! every file with its beginning, asks for the order, and gives one file after the other.

use std::collections::{HashMap, HashSet};

use super::codex::{Rollout, announce, parse_rollout, session_index};
use super::order::order;
use super::report::{ImportProgress, ImportReport, SpawnEdge};
use crate::error::{Error, Result};
use crate::id::ThreadId;
use crate::item::Item;
use crate::query::ItemQuery;
use crate::storage::Storage;
use crate::store::Store;
use crate::thread::{CreateThread, EdgeStatus, Thread, ThreadPatch};

/// The items and the bytes of one append: large enough to be fast, small enough to show progress.
const BATCH: (usize, usize) = (1000, 4 * 1024 * 1024);

/// The field of a thread's `metadata` that remembers a parent that could not be found.
pub const MISSING_PARENT: &str = "missingParentThreadId";

/// Imports a Codex home into a store.
///
/// Importing again adds nothing but what the files have gained: threads that are there already are
/// left alone, names and all. Threads that were deleted from the store stay deleted, and so do new
/// sub-agents of theirs. Threads that the source has archived are archived.
///
/// A child whose parent is neither among the files nor in the store becomes a root, and its
/// `metadata` remembers the parent as [`MISSING_PARENT`]; a later import that finds the parent in the
/// store puts the child under it.
#[derive(Debug)]
pub struct Importer<S: Storage> {
    store: Store<S>,
    names: HashMap<ThreadId, String>,
    edges: HashMap<ThreadId, (ThreadId, EdgeStatus)>,
    files: HashMap<ThreadId, File>,
    ids: HashMap<String, ThreadId>,
    circles: HashSet<ThreadId>,
    archive: Vec<ThreadId>,
    total_bytes: u64,
    report: ImportReport,
}

#[derive(Debug)]
struct File {
    path: String,
    size: u64,
    parent: Option<ThreadId>,
}

impl<S: Storage> Importer<S> {
    /// Begins an import; nothing is written before the first [`rollout`](Self::rollout).
    pub fn new(store: Store<S>) -> Self {
        Self {
            store,
            names: HashMap::new(),
            edges: HashMap::new(),
            files: HashMap::new(),
            ids: HashMap::new(),
            circles: HashSet::new(),
            archive: Vec::new(),
            total_bytes: 0,
            report: ImportReport::default(),
        }
    }

    /// Takes the names of a `session_index.jsonl`.
    pub fn index(&mut self, path: &str, text: &[u8]) {
        let (names, bad) = session_index(path, text);
        self.names.extend(names);
        self.report.bad(bad);
    }

    /// Takes spawn edges that are kept outside the files; they win over what the files say.
    pub fn edges(&mut self, edges: impl IntoIterator<Item = SpawnEdge>) {
        let entry = |edge: SpawnEdge| (edge.child_thread_id, (edge.parent_thread_id, edge.status));
        self.edges.extend(edges.into_iter().map(entry));
    }

    /// Announces a rollout file by its size and its beginning, which has its first line at least.
    ///
    /// Of two files of one thread the larger one is taken, the other one is named in the report.
    pub fn announce(&mut self, path: &str, size: u64, beginning: &[u8]) {
        let Some(announced) = announce(path, beginning) else {
            return self.report.problem(path, "neither its lines nor its name have a thread's id");
        };
        let file = File { path: path.to_owned(), size, parent: announced.parent };
        let loser = match self.files.get(&announced.id) {
            Some(other) if other.size >= size => Some(file),
            _ => self.files.insert(announced.id, file),
        };
        if let Some(loser) = loser {
            let reason = format!("a larger file of thread {} was taken", announced.id);
            self.report.problem(&loser.path, reason);
        }
    }

    /// Names a file that the caller could not read.
    pub fn unreadable(&mut self, path: &str, reason: impl std::fmt::Display) {
        self.report.problem(path, reason);
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

    /// Imports one file, whole.
    ///
    /// # Errors
    /// Those of the storage. What is wrong with a file alone is named in the report.
    pub async fn rollout(&mut self, path: &str, text: &[u8]) -> Result<ImportProgress> {
        self.report.files += 1;
        self.report.bytes += text.len() as u64;
        let Some(id) = self.ids.get(path).copied() else {
            self.report.problem(path, "it was not announced");
            return Ok(self.progress());
        };
        let mut rollout = parse_rollout(path, text);
        self.report.bad(std::mem::take(&mut rollout.bad_lines));
        match self.bring(id, rollout).await {
            Ok(()) => {}
            Err(Error::ThreadDeleted { .. }) => self.report.deleted.push(id),
            Err(error) if fatal(&error) => return Err(error),
            Err(error) => self.report.problem(path, error),
        }
        Ok(self.progress())
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
            items: self.report.items,
            bytes: self.report.bytes,
            total_bytes: self.total_bytes,
        }
    }

    async fn bring(&mut self, id: ThreadId, rollout: Rollout) -> Result<()> {
        let archived = rollout.archived;
        let known = match self.store.read(id).await {
            Err(Error::ThreadNotFound { .. }) => None,
            found => Some(found?),
        };
        match known {
            Some(thread) => {
                self.link(&thread).await?;
                self.continue_with(&thread, rollout.items).await?;
            }
            None => {
                self.create(id, rollout.thread).await?;
                self.report.threads += 1;
                self.append(id, rollout.items).await?;
            }
        }
        if archived {
            self.archive.push(id);
        }
        Ok(())
    }

    async fn create(&mut self, id: ThreadId, read: CreateThread) -> Result<Thread> {
        let announced = self.files.get(&id).and_then(|file| file.parent);
        let edge = self.edge(id, announced.or(read.parent_thread_id));
        let edge = edge.filter(|_| !self.circles.contains(&id));
        let thread = CreateThread {
            id: Some(id),
            parent_thread_id: edge.map(|edge| edge.parent_thread_id),
            edge_status: edge.map(|edge| edge.status),
            name: self.names.get(&id).cloned(),
            ..read
        };
        let mut orphan = thread.clone();
        match (self.store.create(thread).await, edge) {
            (Err(Error::ParentNotFound { .. }), Some(edge)) => {
                self.report.missing_parents.push(edge);
                orphan.parent_thread_id = None;
                orphan.edge_status = None;
                let metadata = orphan.details.metadata.get_or_insert_default();
                let parent = edge.parent_thread_id.to_string();
                metadata.insert(MISSING_PARENT.to_owned(), parent.into());
                self.store.create(orphan).await
            }
            (created, _) => created,
        }
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

    /// Appends what a file has gained since it was imported.
    async fn continue_with(&mut self, thread: &Thread, items: Vec<(i64, Item)>) -> Result<()> {
        let stored = usize::try_from(thread.items).unwrap_or(usize::MAX);
        if stored >= items.len() {
            self.report.skipped += 1;
            return Ok(());
        }
        if let Some((_, expected)) = stored.checked_sub(1).and_then(|last| items.get(last)) {
            let from = Some(thread.items - 1);
            let query = ItemQuery { from, limit: Some(1), ..ItemQuery::default() };
            let page = self.store.items(thread.id, query).await?;
            if page.data.first().is_none_or(|last| last.item != *expected) {
                let reason = "the thread has other items than the file, so nothing was appended";
                let field = thread.id.to_string();
                return Err(Error::InvalidField { field, reason: reason.to_owned() });
            }
        }
        self.append(thread.id, items.into_iter().skip(stored).collect()).await?;
        self.report.grown += 1;
        Ok(())
    }

    async fn append(&mut self, id: ThreadId, items: Vec<(i64, Item)>) -> Result<()> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        for (at, item) in items {
            let size = item.json().len();
            if batch.len() == BATCH.0 || (bytes + size > BATCH.1 && !batch.is_empty()) {
                self.append_batch(id, std::mem::take(&mut batch)).await?;
                bytes = 0;
            }
            bytes += size;
            batch.push((at, item));
        }
        if batch.is_empty() { Ok(()) } else { self.append_batch(id, batch).await }
    }

    async fn append_batch(&mut self, id: ThreadId, batch: Vec<(i64, Item)>) -> Result<()> {
        self.report.items += self.store.append_at(id, batch).await?.count;
        Ok(())
    }

    fn parent(&self, child: ThreadId, announced: Option<ThreadId>) -> Option<ThreadId> {
        self.edges.get(&child).map(|(parent, _)| *parent).or(announced)
    }

    fn edge(&self, child: ThreadId, announced: Option<ThreadId>) -> Option<SpawnEdge> {
        let parent_thread_id = self.parent(child, announced)?;
        let status = self.edges.get(&child).map(|(_, status)| *status).unwrap_or_default();
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
