//! Creel on its SQLite storage, through the public API of the core.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, ensure};
use creel::storage::{Durability, SqliteStorage, Storage};
use creel::{
    Change, CreateThread, DeleteOptions, Item, ItemQuery, Opening, SortKey, Store, StoreOptions,
    SystemEnv, ThreadId, ThreadQuery,
};
use futures_lite::future::block_on;
use futures_util::future::{try_join, try_join_all};
use serde_json::Value;
use uuid::Uuid;

use super::{Contender, First};
use crate::data::Spec;

/// A store that is open; over SQLite unless what it costs is counted.
#[derive(Debug)]
pub(crate) struct Creel<S: Storage = SqliteStorage> {
    pub(crate) store: Store<S>,
}

impl Creel {
    /// Opens the store in a directory.
    pub(crate) fn open(dir: &Path, strict: bool) -> Result<Self> {
        Self::over(block_on(SqliteStorage::open(dir))?, options(strict))
    }
}

/// The options of an application that wants its appends durable so.
pub(crate) fn options(strict: bool) -> StoreOptions {
    let mut options = StoreOptions::default();
    options.durability = if strict { Durability::Strict } else { Durability::Relaxed };
    options
}

impl<S: Storage> Creel<S> {
    /// Opens the store in a storage.
    pub(crate) fn over(storage: S, options: StoreOptions) -> Result<Self> {
        let store = block_on(Store::open(storage, Arc::new(SystemEnv::new()), options))?;
        Ok(Self { store })
    }

    fn list(&self, query: ThreadQuery) -> Result<usize> {
        Ok(block_on(self.store.list(query))?.data.len())
    }
}

impl<S: Storage> Contender for Creel<S> {
    fn create(&mut self, threads: &[Spec]) -> Result<()> {
        let created = threads.iter().map(|thread| self.store.create(new_thread(thread)));
        block_on(try_join_all(created))?;
        Ok(())
    }

    fn append(&mut self, thread: Uuid, items: &[String]) -> Result<()> {
        let items = items.iter().map(|item| Item::new(item)).collect::<Result<_, _>>()?;
        block_on(self.store.append(thread.into(), items))?;
        Ok(())
    }

    fn append_at_once(&mut self, items: &[(Uuid, String)]) -> Result<()> {
        let appends = items.iter().map(|(thread, item)| async {
            let items = vec![Item::new(item)?];
            anyhow::Ok(self.store.append((*thread).into(), items).await?)
        });
        block_on(try_join_all(appends))?;
        Ok(())
    }

    fn load(&mut self, thread: Uuid) -> Result<usize> {
        let id = ThreadId::from(thread);
        let mut query = ItemQuery { limit: Some(1000), ..ItemQuery::default() };
        let mut items = Vec::new();
        loop {
            let page = block_on(self.store.items(id, query.clone()))?;
            for item in &page.data {
                items.push(item.item.parse::<Value>()?);
            }
            query.cursor = page.next_cursor;
            if query.cursor.is_none() {
                return Ok(items.len());
            }
        }
    }

    fn newest(&mut self, limit: usize) -> Result<usize> {
        self.list(newest(limit)?)
    }

    fn children(&mut self, parent: Uuid, limit: usize) -> Result<usize> {
        self.list(ThreadQuery {
            parent_thread_id: Some(parent.into()),
            sort_key: SortKey::UpdatedAt,
            limit: Some(u32::try_from(limit)?),
            ..ThreadQuery::default()
        })
    }

    fn archive(&mut self, root: Uuid) -> Result<usize> {
        Ok(block_on(self.store.archive(root.into()))?.len())
    }

    fn unarchive(&mut self, root: Uuid) -> Result<()> {
        block_on(self.store.unarchive(root.into()))?;
        Ok(())
    }

    fn delete(&mut self, root: Uuid, committed: &mut dyn FnMut()) -> Result<()> {
        let changes = self.store.subscribe();
        let told = async {
            loop {
                let event = changes.recv().await?;
                if matches!(event.change, Change::Deleted { .. }) {
                    committed();
                    return anyhow::Ok(());
                }
            }
        };
        let erased = async {
            let receipt = self.store.delete(root.into(), DeleteOptions::default()).await?;
            ensure!(receipt.erased_at.is_some(), "the receipt says that the tree is not erased");
            Ok(())
        };
        block_on(try_join(told, erased))?;
        Ok(())
    }

    fn fill(&mut self, threads: &[Spec], size: usize) -> Result<()> {
        for some in threads.chunks(500) {
            self.create(some)?;
            // What is asked for at once is committed together, which is what takes long on a server.
            let items: Vec<_> = some
                .iter()
                .flat_map(|thread| thread.items(size).into_iter().map(|item| (thread.id, item)))
                .collect();
            self.append_at_once(&items)?;
        }
        self.settle()
    }

    fn settle(&mut self) -> Result<()> {
        block_on(self.store.checkpoint())?;
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<()> {
        Ok(block_on(self.store.close())?)
    }
}

/// Lists before the whole store is read, where the store is large enough for that.
pub(super) fn first(dir: &Path, limit: usize) -> Result<First> {
    let storage = block_on(SqliteStorage::open(dir))?;
    let opening = Opening::begin(storage, Arc::new(SystemEnv::new()), options(false));
    let opening = block_on(opening)?;
    if let Some(page) = opening.preview().and_then(|it| it.list(&newest(limit).ok()?)) {
        let finish = move || Ok(block_on(async { opening.finish().await?.close().await })?);
        return Ok(First { found: page.data.len(), finish: Box::new(finish) });
    }
    First::of(Creel { store: block_on(opening.finish())? }, limit)
}

fn newest(limit: usize) -> Result<ThreadQuery> {
    let limit = Some(u32::try_from(limit)?);
    Ok(ThreadQuery { sort_key: SortKey::UpdatedAt, limit, ..ThreadQuery::default() })
}

fn new_thread(spec: &Spec) -> CreateThread {
    CreateThread {
        id: Some(spec.id.into()),
        parent_thread_id: spec.parent.map(ThreadId::from),
        name: Some(spec.name.clone()),
        created_at: Some(spec.at),
        updated_at: Some(spec.at),
        ..CreateThread::default()
    }
}
