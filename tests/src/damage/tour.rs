//! A tour through a store that may be damaged: everything is read, then everything is changed.

use std::sync::Arc;

use creel::storage::Storage;
use creel::{
    ArchiveFilter, Children, CreateThread, DeleteOptions, Env, Error, Item, ItemQuery, Result,
    SortDirection, SortKey, Store, StoreOptions, StoredItem, Thread, ThreadId, ThreadPatch,
    ThreadQuery,
};

/// What a tour found in a store that could be opened.
#[derive(Debug, Default)]
pub struct Finding {
    /// The threads listed.
    pub threads: Vec<Thread>,
    /// The history of each of them, or why it can't be read.
    pub histories: Vec<(ThreadId, Result<Vec<StoredItem>>)>,
    /// What reading or changing else failed with.
    pub errors: Vec<Error>,
}

impl Finding {
    fn note<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.errors.push(error)).ok()
    }

    /// Returns every error of the tour.
    pub fn all_errors(&self) -> impl Iterator<Item = &Error> {
        let unread = self.histories.iter().filter_map(|(_, read)| read.as_ref().err());
        self.errors.iter().chain(unread)
    }
}

/// Opens the store in `storage`, reads all of it, changes all of it and closes it.
///
/// # Errors
/// Why it can't be opened.
///
/// # Panics
/// When pages of a list or a history do not end, or a corrupt record is not named.
pub async fn tour<S: Storage>(storage: S, env: Arc<dyn Env>) -> Result<Finding> {
    let mut options = StoreOptions::default();
    options.erase_attempts = 2;
    let store = Store::open(storage, env, options).await.inspect_err(check_name)?;
    let mut finding = Finding::default();
    read_all(&store, &mut finding).await;
    change_all(&store, &mut finding).await;
    let closed = store.close().await;
    finding.note(closed);
    finding.all_errors().for_each(check_name);
    Ok(finding)
}

/// A corrupt record is named by its table and key, a corrupt file by its name.
fn check_name(error: &Error) {
    if let Error::Corrupt { key, reason } = error {
        let tables = ["journal/", "catalog/", "history/"];
        let named = tables.iter().any(|table| key.len() > table.len() && key.starts_with(table));
        assert!(named || key == "creel.sqlite3", "{key}: {reason}");
        assert!(!reason.is_empty(), "{key}");
    }
}

async fn read_all<S: Storage>(store: &Store<S>, finding: &mut Finding) {
    for sort_key in [SortKey::UpdatedAt, SortKey::RecencyAt, SortKey::CreatedAt] {
        for sort_direction in [SortDirection::Asc, SortDirection::Desc] {
            let archived = Some(ArchiveFilter::All);
            let query = ThreadQuery { archived, sort_key, sort_direction, ..Default::default() };
            let threads = list(store, query).await;
            finding.threads = finding.note(threads).unwrap_or_default();
        }
    }
    let (pending, jobs) = (store.pending_deletions().await, store.jobs().await);
    finding.note(pending);
    finding.note(jobs);
    for id in finding.threads.iter().map(|thread| thread.id).collect::<Vec<_>>() {
        let (children, descendants) = (store.children(id).await, store.descendants(id).await);
        finding.note(children);
        finding.note(descendants);
        let (goal, tools) = (store.goal(id).await, store.tools(id).await);
        finding.note(goal);
        finding.note(tools);
        let logs = store.logs(id, 0, 100).await;
        finding.note(logs);
        let forward = history(store, id, SortDirection::Asc).await;
        let backward = history(store, id, SortDirection::Desc).await;
        if let (Ok(forward), Ok(mut backward)) = (&forward, backward) {
            backward.reverse();
            assert_eq!(*forward, backward, "thread {id} reads otherwise from its end");
        }
        finding.histories.push((id, forward));
    }
}

async fn list<S: Storage>(store: &Store<S>, mut query: ThreadQuery) -> Result<Vec<Thread>> {
    let (mut threads, most) = (Vec::new(), store.stats().threads as usize);
    query.limit = Some(3);
    loop {
        let page = store.list(query.clone()).await?;
        threads.extend(page.data);
        assert!(threads.len() <= most, "a list of {most} threads does not end");
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            return Ok(threads);
        }
    }
}

/// Reads a whole history page by page.
async fn history<S: Storage>(
    store: &Store<S>,
    id: ThreadId,
    direction: SortDirection,
) -> Result<Vec<StoredItem>> {
    let len = store.read(id).await?.items;
    let mut items = Vec::new();
    let mut cursor = None;
    loop {
        let query = ItemQuery {
            cursor,
            limit: Some(7),
            sort_direction: Some(direction),
            ..ItemQuery::default()
        };
        let page = store.items(id, query).await?;
        assert!(
            page.next_cursor.is_none() || !page.data.is_empty(),
            "an empty page before the end"
        );
        items.extend(page.data);
        assert!(items.len() as u64 <= len, "a history of {len} items does not end");
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(items);
        }
    }
}

async fn change_all<S: Storage>(store: &Store<S>, finding: &mut Finding) {
    let threads: Vec<ThreadId> = finding.threads.iter().map(|thread| thread.id).collect();
    for id in &threads {
        let item = Item::new(r#"{"role":"user","content":"after the damage"}"#);
        let Ok(item) = item else { return };
        let appended = store.append(*id, vec![item]).await;
        finding.note(appended);
        let name = Some(Some("renamed after the damage".to_owned()));
        let updated = store.update(*id, ThreadPatch { name, ..ThreadPatch::default() }).await;
        finding.note(updated);
        let child = CreateThread { parent_thread_id: Some(*id), ..CreateThread::default() };
        let child = store.create(child).await;
        finding.note(child);
        let archived = store.archive(*id).await;
        finding.note(archived);
        let unarchived = store.unarchive(*id).await;
        finding.note(unarchived);
    }
    let packed = store.checkpoint().await;
    finding.note(packed);
    for pending in store.pending_deletions().await.unwrap_or_default() {
        let undeleted = store.undelete(pending.deletion).await;
        finding.note(undeleted);
    }
    for id in &threads {
        let planned = store.plan_delete(*id, Children::Delete).await;
        finding.note(planned);
        let deleted = store.delete(*id, DeleteOptions::default()).await;
        finding.note(deleted);
        let receipt = store.receipt(*id).await;
        finding.note(receipt);
    }
}
