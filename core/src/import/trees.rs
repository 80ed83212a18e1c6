//! Brings back what an [`Exporter`](crate::export::Exporter) wrote: each tree whole, or not at all.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::importer::{MISSING_PARENT, fatal};
use super::lines::{Line as Text, Lines};
use super::report::{ImportProgress, ImportReport};
use crate::document::Document;
use crate::error::{Error, Result};
use crate::export::{EXPORT_VERSION, Size};
use crate::goal::Goal;
use crate::id::ThreadId;
use crate::item::Item;
use crate::limits::{MAX_BATCH_BYTES, MAX_ITEM};
use crate::storage::Storage;
use crate::store::{StagedThread, Staging, Store};
use crate::thread::CreateThread;

/// The items and the bytes of one commit.
const BATCH: (usize, usize) = (1000, 4 * 1024 * 1024);

/// What a line may have besides an item, or a thread's documents, which are no more in all.
const MAX_FRAME: usize = 8 * 1024 * 1024;

/// Which ids imported threads get.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ImportIds {
    /// Those that they had: a tree of which a thread is there already, or was deleted, is left out.
    #[default]
    Keep,
    /// New ones, so that the same export can be brought in again beside itself.
    Renew,
}

/// Reads an export line by line, in bounded memory, and shows each tree once it is whole.
///
/// What is wrong with a tree is named in the report by the number of its line, and the others come
/// in all the same. A root whose parent is not in the store is a root, and its `metadata` remembers
/// the parent as [`MISSING_PARENT`].
#[derive(Debug)]
pub struct TreeImporter<S: Storage> {
    store: Store<S>,
    ids: ImportIds,
    /// What the problems in the report are called after.
    file: String,
    lines: Lines,
    begun: bool,
    tree: Option<Tree<S>>,
    report: ImportReport,
}

#[derive(Debug)]
struct Tree<S: Storage> {
    staging: Staging<S>,
    ids: HashMap<ThreadId, ThreadId>,
    created: HashSet<ThreadId>,
    thread: Option<ThreadId>,
    tools: Vec<Item>,
    items: Vec<(i64, Item)>,
    logs: Vec<(i64, Item)>,
    bytes: usize,
    size: Size,
    archived: u64,
}

#[derive(Default)]
struct Line<'a> {
    creel_export: Option<u32>,
    at: i64,
    item: Option<&'a RawValue>,
    log: Option<&'a RawValue>,
    thread: Option<&'a RawValue>,
    archive_group: Option<u64>,
    goal: Option<Goal>,
    documents: BTreeMap<String, Vec<Document>>,
    tool: Option<&'a RawValue>,
    tree: Option<Size>,
    end: Option<Size>,
    cut: Option<String>,
}

crate::fields::fields! {
    Line<'de>, blank: Self::default(),
    may "creelExport" creel_export,
    may "at" at,
    may "item" item,
    may "log" log,
    may "thread" thread,
    may "archiveGroup" archive_group,
    may "goal" goal,
    may "documents" documents,
    may "tool" tool,
    may "tree" tree,
    may "end" end,
    may "cut" cut,
}

impl Line<'_> {
    fn check_version(&self) -> Result<()> {
        match self.creel_export {
            Some(version) if version <= EXPORT_VERSION => Ok(()),
            Some(version) => Err(no_export(&format!("version {version} is newer than this"))),
            None => Err(no_export("its first line names no version")),
        }
    }
}

struct ArchivedAt {
    archived_at: Option<i64>,
}

crate::fields::fields! {
    ArchivedAt, blank: Self { archived_at: None },
    may "archivedAt" archived_at,
}

impl<S: Storage> TreeImporter<S> {
    /// Begins an import; `file` is what the report calls the source.
    pub fn new(store: Store<S>, ids: ImportIds, file: &str) -> Self {
        let report = ImportReport { files: 1, ..ImportReport::default() };
        let file = file.to_owned();
        let lines = Lines::new(MAX_ITEM + MAX_FRAME);
        Self { store, ids, file, lines, begun: false, tree: None, report }
    }

    /// Checks that a line is the first one of an export that this version reads.
    ///
    /// # Errors
    /// [`Error::InvalidField`] when it is not.
    pub fn check_header(line: &[u8]) -> Result<()> {
        if line.trim_ascii().is_empty() {
            return Err(no_export(EMPTY));
        }
        let line = String::from_utf8_lossy(line);
        let header: Line<'_> =
            serde_json::from_str(&line).map_err(|error| no_export(&error.to_string()))?;
        header.check_version()
    }

    /// Takes the next bytes of the text, however they are cut.
    ///
    /// # Errors
    /// [`Error::InvalidField`] when the first line is not that of an export, or of a newer version;
    /// those of the storage.
    pub async fn feed(&mut self, bytes: &[u8]) -> Result<()> {
        self.report.bytes += bytes.len() as u64;
        let mut rest = bytes;
        while let Some(line) = self.lines.next(&mut rest) {
            self.line(line).await?;
        }
        Ok(())
    }

    /// Ends the import and reports; a tree that is not whole is left out.
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub async fn finish(mut self) -> Result<ImportReport> {
        if let Some(line) = self.lines.last() {
            self.line(line).await?;
        }
        if !self.begun {
            return Err(no_export(EMPTY));
        }
        self.spoil("the file ends in the middle of a tree");
        Ok(self.report)
    }

    /// Returns how far the import is, as a file of an unknown size.
    pub fn progress(&self) -> ImportProgress {
        let coming = self.tree.as_ref().map(|tree| tree.size).unwrap_or_default();
        ImportProgress {
            total_files: 1,
            threads: self.report.threads + coming.threads,
            items: self.report.items + coming.items,
            bytes: self.report.bytes,
            ..ImportProgress::default()
        }
    }

    async fn line(&mut self, line: Text) -> Result<()> {
        let parsed = match &line {
            Ok(text) if text.trim().is_empty() => return Ok(()),
            Ok(text) => serde_json::from_str(text).map_err(|error| error.to_string()),
            Err(reason) => Err(reason.clone()),
        };
        let line: Line<'_> = match parsed {
            Ok(line) => line,
            Err(reason) if self.begun => {
                self.spoil(&format!("it can't be read: {reason}"));
                return Ok(());
            }
            Err(reason) => return Err(no_export(&reason)),
        };
        if !self.begun {
            self.begun = true;
            return line.check_version();
        }
        match self.take(line).await {
            Err(error) if fatal(&error) => Err(error),
            Err(error) => {
                self.spoil(&error.to_string());
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Gives the tree up: nothing of it is shown.
    fn spoil(&mut self, reason: &str) {
        if self.tree.take().is_some() {
            let place = format!("{}:{}", self.file, self.lines.number());
            self.report.problem(&place, reason);
        }
    }

    async fn take(&mut self, line: Line<'_>) -> Result<()> {
        if line.tree.is_some() {
            self.spoil("another tree begins before this one is whole");
            self.tree = Some(Tree::new(self.store.stage()));
            return Ok(());
        }
        // The rest of a tree that was given up.
        let Some(tree) = &mut self.tree else { return Ok(()) };
        if let Some(reason) = line.cut {
            self.spoil(&format!("it changed while it was exported: {reason}"));
            return Ok(());
        }
        if let Some(raw) = line.thread {
            tree.flush().await?;
            let mut thread: CreateThread = read(raw)?;
            let archived: ArchivedAt = read(raw)?;
            let old = thread.id;
            if self.ids == ImportIds::Renew {
                tree.renew(&mut thread);
            }
            self.adopt(&mut thread).await?;
            let Some(tree) = &mut self.tree else { return Ok(()) };
            let group = line.archive_group.unwrap_or_default();
            let archived = archived.archived_at.map(|at| (at, group));
            tree.archived += u64::from(archived.is_some());
            let staged =
                StagedThread { thread, archived, goal: line.goal, documents: line.documents };
            let id = tree.staging.create(staged).await?;
            tree.thread = Some(id);
            tree.created.insert(id);
            tree.ids.extend(old.map(|old| (old, id)));
            tree.size.threads += 1;
            return Ok(());
        }
        if let Some(raw) = line.tool {
            return tree.tool(Item::new(raw.get())?);
        }
        if let Some(raw) = line.item.or(line.log) {
            let item = Item::new(raw.get())?;
            if tree.is_full(&item) || !tree.tools.is_empty() {
                tree.flush().await?;
            }
            tree.bytes += item.json().len();
            let (list, count) = match line.item {
                Some(_) => (&mut tree.items, &mut tree.size.items),
                None => (&mut tree.logs, &mut tree.size.logs),
            };
            list.push((line.at, item));
            *count += 1;
            return Ok(());
        }
        match line.end {
            Some(end) => self.end(end).await,
            None => Ok(()),
        }
    }

    async fn end(&mut self, end: Size) -> Result<()> {
        let Some(mut tree) = self.tree.take() else { return Ok(()) };
        let archived = tree.archived;
        let published = match tree.flush().await {
            Ok(()) if tree.size != end => {
                let reason = format!("the tree has {}, not {}", tree.size.words(), end.words());
                Err(Error::InvalidField { field: "end".into(), reason })
            }
            Ok(()) => tree.staging.publish().await,
            Err(error) => Err(error),
        };
        match published {
            Ok(()) => {
                self.report.threads += end.threads;
                self.report.items += end.items;
                self.report.archived += archived;
                Ok(())
            }
            Err(error) if fatal(&error) => Err(error),
            Err(error) => {
                let place = format!("{}:{}", self.file, self.lines.number());
                self.report.problem(&place, error);
                Ok(())
            }
        }
    }

    /// Makes a root of a thread whose parent is neither staged nor visible.
    async fn adopt(&self, thread: &mut CreateThread) -> Result<()> {
        let Some(parent) = thread.parent_thread_id else { return Ok(()) };
        let staged = self.tree.as_ref().is_some_and(|tree| tree.created.contains(&parent));
        let missing = match self.store.read(parent).await {
            Err(error) if fatal(&error) => return Err(error),
            found => !staged && found.is_err(),
        };
        if missing {
            thread.parent_thread_id = None;
            thread.edge_status = None;
            let metadata = thread.details.metadata.get_or_insert_default();
            metadata.insert(MISSING_PARENT.to_owned(), parent.to_string().into());
        }
        Ok(())
    }
}

impl<S: Storage> Tree<S> {
    fn new(staging: Staging<S>) -> Self {
        Self {
            staging,
            ids: HashMap::new(),
            created: HashSet::new(),
            thread: None,
            tools: Vec::new(),
            items: Vec::new(),
            logs: Vec::new(),
            bytes: 0,
            size: Size::default(),
            archived: 0,
        }
    }

    /// Asks for a new id, and follows the new ids of the threads named.
    fn renew(&self, thread: &mut CreateThread) {
        let renewed = |id: Option<ThreadId>| id.map(|id| self.ids.get(&id).copied().unwrap_or(id));
        let own = thread.id.take().map(|id| id.to_string());
        thread.parent_thread_id = renewed(thread.parent_thread_id);
        thread.forked_from_id = renewed(thread.forked_from_id);
        let session = thread.session_id.take().filter(|session| Some(session) != own.as_ref());
        let new = session.as_deref().and_then(|id| self.ids.get(&id.parse().ok()?));
        thread.session_id = new.map(ToString::to_string).or(session);
    }

    /// Takes a tool; they are set together, so they are held until something else comes.
    fn tool(&mut self, tool: Item) -> Result<()> {
        self.bytes += tool.json().len();
        if self.bytes > MAX_BATCH_BYTES {
            let (size, limit) = (self.bytes, MAX_BATCH_BYTES);
            return Err(Error::TooLarge { field: "tools".into(), size, limit });
        }
        self.tools.push(tool);
        self.size.tools += 1;
        Ok(())
    }

    fn is_full(&self, next: &Item) -> bool {
        self.items.len() + self.logs.len() >= BATCH.0 || self.bytes + next.json().len() > BATCH.1
    }

    async fn flush(&mut self) -> Result<()> {
        self.bytes = 0;
        let (items, logs) = (std::mem::take(&mut self.items), std::mem::take(&mut self.logs));
        let tools = std::mem::take(&mut self.tools);
        if items.is_empty() && logs.is_empty() && tools.is_empty() {
            return Ok(());
        }
        let Some(id) = self.thread else {
            let reason = "something of a thread comes before the first thread".into();
            return Err(Error::InvalidField { field: "thread".into(), reason });
        };
        if !tools.is_empty() {
            self.staging.set_tools(id, tools).await?;
        }
        if !logs.is_empty() {
            self.staging.append_logs(id, logs).await?;
        }
        if !items.is_empty() {
            self.staging.copy(id, items).await?;
        }
        Ok(())
    }
}

fn read<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T> {
    serde_json::from_str(raw.get())
        .map_err(|error| Error::InvalidField { field: "thread".into(), reason: error.to_string() })
}

const EMPTY: &str = "it is empty";

fn no_export(reason: &str) -> Error {
    let reason = format!("it is no export of Creel: {reason}");
    Error::InvalidField { field: "file".into(), reason }
}
