//! The stores that are compared, behind one face: each does what a program would do with it by hand.

mod creel;
mod jsonl;
mod redb;
mod sqlite;

use std::path::Path;

use anyhow::Result;
use uuid::Uuid;

pub(crate) use self::creel::{Creel, options};
use crate::data::Spec;

/// A store that is open for measuring.
///
/// A call returns when its work is as durable as the store was opened for, and what it reads is
/// parsed, as a program would use it.
pub(crate) trait Contender {
    /// Stores threads that are not there yet, without items.
    fn create(&mut self, threads: &[Spec]) -> Result<()>;
    /// Appends items to a thread in one call.
    fn append(&mut self, thread: Uuid, items: &[String]) -> Result<()>;
    /// Appends one item each, all asked for before any is done.
    fn append_at_once(&mut self, items: &[(Uuid, String)]) -> Result<()> {
        items.iter().try_for_each(|(thread, item)| self.append(*thread, std::slice::from_ref(item)))
    }
    /// Reads a whole history as parsed objects, and returns how many.
    fn load(&mut self, thread: Uuid) -> Result<usize>;
    /// Lists the threads that changed last, and returns how many.
    fn newest(&mut self, limit: usize) -> Result<usize>;
    /// Lists children of a thread, the last changed first, and returns how many.
    fn children(&mut self, parent: Uuid, limit: usize) -> Result<usize>;
    /// Archives a thread with everything below it, and returns how many.
    fn archive(&mut self, root: Uuid) -> Result<usize>;
    /// Takes that back.
    fn unarchive(&mut self, root: Uuid) -> Result<()>;
    /// Deletes a thread with everything below it; calls `committed` when nobody sees it any more, and
    /// returns when nothing of it is left. For most stores that is the same.
    fn delete(&mut self, root: Uuid, committed: &mut dyn FnMut()) -> Result<()>;
    /// Stores threads with their items of `size` bytes, however it is quickest: it is not measured.
    fn fill(&mut self, threads: &[Spec], size: usize) -> Result<()> {
        for some in threads.chunks(500) {
            self.create(some)?;
            for thread in some.iter().filter(|thread| thread.items > 0) {
                for items in thread.items(size).chunks(1000) {
                    self.append(thread.id, items)?;
                }
            }
        }
        self.settle()
    }
    /// How long the last call took in milliseconds, where the store is in another process, and the way
    /// there and back is none of its own.
    fn took(&self) -> Option<f64> {
        None
    }
    /// Tells whether there is an archive.
    fn archives(&self) -> bool {
        true
    }
    /// Does now what the store would do when it is idle.
    fn settle(&mut self) -> Result<()> {
        Ok(())
    }
    /// Ends properly.
    fn close(self: Box<Self>) -> Result<()>;
}

/// How a contender is called and opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entrant {
    pub(crate) name: &'static str,
    /// Opens the store in a directory; what it then writes survives the loss of power if `strict`.
    pub(crate) open: fn(dir: &Path, strict: bool) -> Result<Box<dyn Contender>>,
    /// Opens the store and lists the threads that changed last, as soon as it can.
    pub(crate) first: fn(dir: &Path, limit: usize) -> Result<First>,
}

/// What the first list of a store that is being opened has, and what opens the rest and closes it.
pub(crate) struct First {
    pub(crate) found: usize,
    pub(crate) finish: Box<dyn FnOnce() -> Result<()>>,
}

impl First {
    fn of<C: Contender + 'static>(mut store: C, limit: usize) -> Result<Self> {
        let found = store.newest(limit)?;
        Ok(Self { found, finish: Box::new(move || Box::new(store).close()) })
    }
}

/// Every contender that this process can open.
pub(crate) const ENTRANTS: [Entrant; 4] = [
    Entrant {
        name: "creel",
        open: |dir, strict| Ok(Box::new(Creel::open(dir, strict)?)),
        first: creel::first,
    },
    Entrant {
        name: "JSONL",
        open: |dir, strict| Ok(Box::new(jsonl::Jsonl::open(dir, strict)?)),
        first: |dir, limit| First::of(jsonl::Jsonl::open(dir, false)?, limit),
    },
    Entrant {
        name: "rusqlite",
        open: |dir, strict| Ok(Box::new(sqlite::Sqlite::open(dir, strict)?)),
        first: |dir, limit| First::of(sqlite::Sqlite::open(dir, false)?, limit),
    },
    Entrant {
        name: "redb",
        open: |dir, strict| Ok(Box::new(redb::Redb::open(dir, strict)?)),
        first: |dir, limit| First::of(redb::Redb::open(dir, false)?, limit),
    },
];

/// Finds a contender by its name.
///
/// # Errors
/// When there is none.
pub(crate) fn entrant(name: &str) -> Result<Entrant> {
    let found = ENTRANTS.into_iter().find(|entrant| entrant.name == name);
    found.ok_or_else(|| anyhow::anyhow!("no contender is called {name}"))
}
