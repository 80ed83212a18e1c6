//! redb by hand: a table of threads, one of items, and two tables as the indexes that the lists need.

use std::path::Path;

use anyhow::{Context, Result};
use redb::{
    Database, Durability, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::Contender;
use crate::data::Spec;

type Id = [u8; 16];

const THREADS: TableDefinition<'_, Id, &[u8]> = TableDefinition::new("threads");
/// Active threads by the time of their last change.
const NEWEST: TableDefinition<'_, (i64, Id), ()> = TableDefinition::new("newest");
const CHILDREN: TableDefinition<'_, (Id, Id), ()> = TableDefinition::new("children");
const ITEMS: TableDefinition<'_, (Id, u64), &str> = TableDefinition::new("items");

/// The database, and how durable its writes are.
#[derive(Debug)]
pub(crate) struct Redb {
    database: Database,
    durability: Durability,
    clock: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Thread {
    id: Uuid,
    parent: Option<Uuid>,
    name: String,
    updated: i64,
    archived: bool,
    items: u64,
}

impl Redb {
    /// Opens or makes the database in a directory.
    pub(crate) fn open(dir: &Path, strict: bool) -> Result<Self> {
        std::fs::create_dir_all(dir)?;
        let database = Database::create(dir.join("threads.redb"))?;
        let durability = if strict { Durability::Immediate } else { Durability::None };
        let mut this = Self { database, durability, clock: 0 };
        this.write(|transaction| {
            transaction.open_table(THREADS)?;
            transaction.open_table(CHILDREN)?;
            transaction.open_table(ITEMS)?;
            let newest = transaction.open_table(NEWEST)?;
            Ok(newest.last()?.map_or(0, |(key, _)| key.value().0))
        })
        .map(|clock| this.clock = clock)?;
        Ok(this)
    }

    fn write<T>(&self, work: impl FnOnce(&WriteTransaction) -> Result<T>) -> Result<T> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(self.durability)?;
        let result = work(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }

    fn set_archived(&mut self, root: Uuid, archived: bool) -> Result<usize> {
        self.write(|transaction| {
            let members = members(transaction, root)?;
            let mut threads = transaction.open_table(THREADS)?;
            let mut newest = transaction.open_table(NEWEST)?;
            for member in &members {
                let mut thread = get(&threads, *member)?;
                thread.archived = archived;
                let key = (thread.updated, *member);
                if archived {
                    newest.remove(key)?;
                } else {
                    newest.insert(key, ())?;
                }
                threads.insert(*member, serde_json::to_vec(&thread)?.as_slice())?;
            }
            Ok(members.len())
        })
    }
}

fn get(threads: &impl ReadableTable<Id, &'static [u8]>, id: Id) -> Result<Thread> {
    let value = threads.get(id)?.context("no such thread")?;
    Ok(serde_json::from_slice(value.value())?)
}

fn members(transaction: &WriteTransaction, root: Uuid) -> Result<Vec<Id>> {
    let children = transaction.open_table(CHILDREN)?;
    let mut members = vec![root.into_bytes()];
    let mut next = 0;
    while let Some(member) = members.get(next).copied() {
        next += 1;
        for child in children.range((member, [0; 16])..=(member, [255; 16]))? {
            members.push(child?.0.value().1);
        }
    }
    Ok(members)
}

impl Contender for Redb {
    fn create(&mut self, threads: &[Spec]) -> Result<()> {
        let latest = threads.iter().map(|thread| thread.at).max();
        self.clock = self.clock.max(latest.unwrap_or(0));
        self.write(|transaction| {
            let mut table = transaction.open_table(THREADS)?;
            let mut newest = transaction.open_table(NEWEST)?;
            let mut children = transaction.open_table(CHILDREN)?;
            for Spec { id, parent, name, at, .. } in threads {
                let (id, parent, name) = (*id, *parent, name.clone());
                let thread = Thread { id, parent, name, updated: *at, archived: false, items: 0 };
                let key = id.into_bytes();
                table.insert(key, serde_json::to_vec(&thread)?.as_slice())?;
                newest.insert((*at, key), ())?;
                if let Some(parent) = parent {
                    children.insert((parent.into_bytes(), key), ())?;
                }
            }
            Ok(())
        })
    }

    fn append(&mut self, thread: Uuid, items: &[String]) -> Result<()> {
        self.clock += 1;
        let (id, now) = (thread.into_bytes(), self.clock);
        self.write(|transaction| {
            let mut threads = transaction.open_table(THREADS)?;
            let mut newest = transaction.open_table(NEWEST)?;
            let mut table = transaction.open_table(ITEMS)?;
            let mut thread = get(&threads, id)?;
            newest.remove((thread.updated, id))?;
            newest.insert((now, id), ())?;
            for item in items {
                table.insert((id, thread.items), item.as_str())?;
                thread.items += 1;
            }
            thread.updated = now;
            threads.insert(id, serde_json::to_vec(&thread)?.as_slice())?;
            Ok(())
        })
    }

    fn load(&mut self, thread: Uuid) -> Result<usize> {
        let table = self.database.begin_read()?.open_table(ITEMS)?;
        let id = thread.into_bytes();
        let mut items = Vec::new();
        for item in table.range((id, 0)..=(id, u64::MAX))? {
            items.push(serde_json::from_str::<Value>(item?.1.value())?);
        }
        Ok(items.len())
    }

    fn newest(&mut self, limit: usize) -> Result<usize> {
        let transaction = self.database.begin_read()?;
        let newest = transaction.open_table(NEWEST)?;
        let threads = transaction.open_table(THREADS)?;
        let ids = newest.iter()?.rev().take(limit);
        let found: Vec<_> = ids.map(|id| get(&threads, id?.0.value().1)).collect::<Result<_>>()?;
        Ok(found.len())
    }

    fn children(&mut self, parent: Uuid, limit: usize) -> Result<usize> {
        let transaction = self.database.begin_read()?;
        let children = transaction.open_table(CHILDREN)?;
        let threads = transaction.open_table(THREADS)?;
        let parent = parent.into_bytes();
        let ids = children.range((parent, [0; 16])..=(parent, [255; 16]))?;
        let mut found: Vec<_> =
            ids.map(|id| get(&threads, id?.0.value().1)).collect::<Result<_>>()?;
        found.retain(|thread| !thread.archived);
        found.sort_unstable_by_key(|thread| std::cmp::Reverse((thread.updated, thread.id)));
        found.truncate(limit);
        Ok(found.len())
    }

    fn archive(&mut self, root: Uuid) -> Result<usize> {
        self.set_archived(root, true)
    }

    fn unarchive(&mut self, root: Uuid) -> Result<()> {
        self.set_archived(root, false).map(drop)
    }

    fn delete(&mut self, root: Uuid, committed: &mut dyn FnMut()) -> Result<()> {
        self.write(|transaction| {
            let members = members(transaction, root)?;
            let mut threads = transaction.open_table(THREADS)?;
            let mut newest = transaction.open_table(NEWEST)?;
            let mut children = transaction.open_table(CHILDREN)?;
            let mut items = transaction.open_table(ITEMS)?;
            for id in members {
                let thread = get(&threads, id)?;
                newest.remove((thread.updated, id))?;
                if let Some(parent) = thread.parent {
                    children.remove((parent.into_bytes(), id))?;
                }
                items.retain_in((id, 0)..=(id, u64::MAX), |_, _| false)?;
                threads.remove(id)?;
            }
            Ok(())
        })?;
        committed();
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}
