//! Exports: whole trees as lines of JSON, for people to keep and for [`TreeImporter`] to bring back.
//!
//! The first line names the format. A tree is a line with its size, then each thread, parents first,
//! with its tools, its log and its items below it, then a line that says that it is whole. The lines
//! of items are those that the store itself keeps, so none is much longer than the longest item.
//!
//! [`TreeImporter`]: crate::import::TreeImporter

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::error::{Error, Result};
use crate::goal::Goal;
use crate::id::ThreadId;
use crate::item::StoredItem;
use crate::limits::MAX_PAGE;
use crate::query::{ArchiveFilter, ItemQuery, SortDirection, ThreadQuery};
use crate::storage::Storage;
use crate::store::Store;
use crate::thread::Thread;

/// The version of the format that is written.
pub const EXPORT_VERSION: u32 = 1;

/// How far an export is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ExportProgress {
    /// The trees done.
    pub trees: u64,
    /// The threads begun.
    pub threads: u64,
    /// The items written.
    pub items: u64,
    /// The bytes written.
    pub bytes: u64,
    /// The trees that were deleted or cut back while they were written; an import leaves them out.
    pub cut: u64,
}

/// Writes trees of threads as text, piece by piece.
#[derive(Debug)]
pub struct Exporter<S: Storage> {
    store: Store<S>,
    /// `None` when all trees are exported and there are further pages of them.
    cursor: Option<Option<String>>,
    roots: VecDeque<ThreadId>,
    tree: Option<Tree>,
    begun: bool,
    progress: ExportProgress,
}

#[derive(Debug)]
struct Tree {
    threads: VecDeque<Thread>,
    at: Option<Writing>,
    written: Size,
}

/// The thread being written, and the next of its log records and of its items.
#[derive(Debug)]
struct Writing {
    thread: Thread,
    /// `None` once the log is written.
    log: Option<u64>,
    item: u64,
}

/// How much a tree holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(default)]
pub(crate) struct Size {
    pub(crate) threads: u64,
    pub(crate) items: u64,
    #[serde(skip_serializing_if = "is_none")]
    pub(crate) logs: u64,
    #[serde(skip_serializing_if = "is_none")]
    pub(crate) tools: u64,
}

crate::fields::fields! {
    Size, blank: Self::default(),
    may "threads" threads,
    may "items" items,
    may "logs" logs,
    may "tools" tools,
}

impl Size {
    pub(crate) fn words(self) -> String {
        let Self { threads, items, logs, tools } = self;
        format!("{threads} threads, {items} items, {logs} records and {tools} tools")
    }
}

/// A thread's line; `thread` is the thread as callers see it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ThreadLine {
    thread: Thread,
    #[serde(skip_serializing_if = "Option::is_none")]
    archive_group: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<Goal>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    documents: BTreeMap<String, Vec<Document>>,
}

impl<S: Storage> Exporter<S> {
    /// Begins the export of one thread with everything below it.
    ///
    /// # Errors
    /// [`Error::ThreadNotFound`] and [`Error::ThreadDeleted`].
    pub async fn tree(store: Store<S>, id: ThreadId) -> Result<Self> {
        store.read(id).await?;
        Ok(Self::new(store, None, VecDeque::from([id])))
    }

    /// Begins the export of every tree, archived ones included, the oldest first.
    pub fn all(store: Store<S>) -> Self {
        Self::new(store, Some(None), VecDeque::new())
    }

    fn new(store: Store<S>, cursor: Option<Option<String>>, roots: VecDeque<ThreadId>) -> Self {
        let progress = ExportProgress::default();
        Self { store, cursor, roots, tree: None, begun: false, progress }
    }

    /// Returns the next lines, at most about 4 MB of them; `None` at the end.
    ///
    /// A tree that is deleted, or a history that is cut back, while it is written ends with a line
    /// that makes an import leave the tree out.
    ///
    /// # Errors
    /// Those of the storage.
    pub async fn next(&mut self) -> Result<Option<String>> {
        let mut text = String::new();
        if !self.begun {
            self.begun = true;
            text = format!("{{\"creelExport\":{EXPORT_VERSION}}}\n");
        }
        while text.len() < 64 * 1024 {
            match self.more().await {
                Ok(Some(more)) => text.push_str(&more),
                Ok(None) => break,
                Err(error) if self.tree.is_some() && gone(&error) => {
                    self.tree = None;
                    self.progress.cut += 1;
                    text.push_str(&format!("{{\"cut\":\"{}\"}}\n", error.code()));
                }
                Err(error) => return Err(error),
            }
        }
        self.progress.bytes += text.len() as u64;
        Ok((!text.is_empty()).then_some(text))
    }

    /// Returns how far the export is.
    pub fn progress(&self) -> ExportProgress {
        self.progress
    }

    async fn more(&mut self) -> Result<Option<String>> {
        let Some(tree) = &mut self.tree else { return self.next_tree().await };
        if let Some(at) = &mut tree.at {
            let id = at.thread.id;
            if let Some(from) = at.log {
                let records = self.store.logs(id, from, MAX_PAGE).await?;
                at.log = records.last().map(|last| last.seq + 1);
                tree.written.logs += records.len() as u64;
                return Ok(Some(lines(&records, "log")));
            }
            if at.item < at.thread.items {
                let left = usize::try_from(at.thread.items - at.item).unwrap_or(MAX_PAGE);
                let query = ItemQuery {
                    from: Some(at.item),
                    limit: u32::try_from(left.min(MAX_PAGE)).ok(),
                    ..ItemQuery::default()
                };
                let items = self.store.items(id, query).await?.data;
                if items.is_empty() {
                    return Err(Error::ThreadNotFound { id });
                }
                at.item += items.len() as u64;
                tree.written.items += items.len() as u64;
                self.progress.items += items.len() as u64;
                return Ok(Some(lines(&items, "item")));
            }
        }
        match tree.threads.pop_front() {
            Some(thread) => {
                self.progress.threads += 1;
                tree.written.threads += 1;
                tree.at = Some(Writing { thread: thread.clone(), log: Some(0), item: 0 });
                let (archive_group, goal, documents, tools) = (
                    self.store.archive_group(thread.id).await?,
                    self.store.goal(thread.id).await?,
                    self.store.all_documents(thread.id).await?,
                    self.store.tools(thread.id).await?,
                );
                tree.written.tools += tools.len() as u64;
                let mut text = json(&ThreadLine { thread, archive_group, goal, documents })?;
                text.push('\n');
                for tool in &tools {
                    text.push_str(&format!("{{\"tool\":{}}}\n", tool.json()));
                }
                Ok(Some(text))
            }
            None => {
                let text = format!("{{\"end\":{}}}\n", json(&tree.written)?);
                self.progress.trees += 1;
                self.tree = None;
                Ok(Some(text))
            }
        }
    }

    async fn next_tree(&mut self) -> Result<Option<String>> {
        while self.roots.is_empty()
            && let Some(cursor) = self.cursor.take()
        {
            let query = ThreadQuery {
                archived: Some(ArchiveFilter::All),
                roots_only: true,
                sort_direction: SortDirection::Asc,
                limit: u32::try_from(MAX_PAGE).ok(),
                cursor,
                ..ThreadQuery::default()
            };
            let page = self.store.list(query).await?;
            self.roots.extend(page.data.iter().map(|thread| thread.id));
            self.cursor = page.next_cursor.map(Some);
        }
        while let Some(id) = self.roots.pop_front() {
            let threads = match (self.store.read(id).await, self.store.descendants(id).await) {
                (Ok(root), Ok(below)) => VecDeque::from_iter([root].into_iter().chain(below)),
                (Err(error), _) | (_, Err(error)) if gone(&error) => continue,
                (Err(error), _) | (_, Err(error)) => return Err(error),
            };
            let items = threads.iter().map(|thread| thread.items).sum();
            let size = Size { threads: threads.len() as u64, items, ..Size::default() };
            self.tree = Some(Tree { threads, at: None, written: Size::default() });
            return Ok(Some(format!("{{\"tree\":{}}}\n", json(&size)?)));
        }
        Ok(None)
    }
}

/// Writes stored items or records as the store keeps them, but for the name of the second field.
fn lines(stored: &[StoredItem], name: &str) -> String {
    let mut text = String::new();
    for StoredItem { at, item, .. } in stored {
        text.push_str(&format!("{{\"at\":{at},\"{name}\":{}}}\n", item.json()));
    }
    text
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::Corrupt { key: "export".into(), reason: error.to_string() })
}

fn gone(error: &Error) -> bool {
    matches!(error, Error::ThreadNotFound { .. } | Error::ThreadDeleted { .. })
}
