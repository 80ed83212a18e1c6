//! One JSONL file a thread, as many agents keep their histories, and what a list needs in memory.
//!
//! Metadata is a log of lines that is read on opening. Nothing here survives a crash in the middle of
//! an operation on a tree; it is the floor of what files cost.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::Contender;
use crate::data::Spec;

/// The files of one store.
#[derive(Debug)]
pub(crate) struct Jsonl {
    dir: PathBuf,
    strict: bool,
    log: File,
    threads: HashMap<Uuid, Thread>,
    children: HashMap<Uuid, Vec<Uuid>>,
    open: HashMap<Uuid, File>,
    clock: i64,
}

/// A thread's metadata, and a line of the log; the last line of a thread counts.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Thread {
    id: Uuid,
    parent: Option<Uuid>,
    name: String,
    updated: i64,
    archived: bool,
    deleted: bool,
}

impl Jsonl {
    /// Opens or makes the store in a directory.
    pub(crate) fn open(dir: &Path, strict: bool) -> Result<Self> {
        for part in ["active", "archived"] {
            fs::create_dir_all(dir.join(part))?;
        }
        let path = dir.join("threads.jsonl");
        let log = OpenOptions::new().create(true).append(true).open(&path)?;
        let mut threads = HashMap::new();
        let mut children: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        let mut clock = 0;
        for line in BufReader::new(File::open(&path)?).lines() {
            let thread: Thread = serde_json::from_str(&line?)?;
            clock = clock.max(thread.updated);
            if thread.deleted {
                threads.remove(&thread.id);
            } else if let (Some(parent), None) =
                (thread.parent, threads.insert(thread.id, thread.clone()))
            {
                children.entry(parent).or_default().push(thread.id);
            }
        }
        let dir = dir.to_owned();
        Ok(Self { dir, strict, log, threads, children, open: HashMap::new(), clock })
    }

    fn file(&self, thread: Uuid, archived: bool) -> PathBuf {
        let part = if archived { "archived" } else { "active" };
        self.dir.join(part).join(format!("{thread}.jsonl"))
    }

    fn members(&self, root: Uuid) -> Vec<Uuid> {
        let mut members = vec![root];
        let mut seen = HashSet::from([root]);
        let mut next = 0;
        while let Some(member) = members.get(next) {
            next += 1;
            let below = self.children.get(member).into_iter().flatten();
            let below: Vec<_> = below.copied().filter(|child| seen.insert(*child)).collect();
            members.extend(below);
        }
        members.retain(|member| self.threads.contains_key(member));
        members
    }

    fn write_log(&mut self, lines: &[Thread]) -> Result<()> {
        let mut text = Vec::new();
        for line in lines {
            serde_json::to_writer(&mut text, line)?;
            text.push(b'\n');
        }
        self.log.write_all(&text)?;
        self.sync(&self.log)
    }

    fn sync(&self, file: &File) -> Result<()> {
        if self.strict {
            file.sync_data()?;
        }
        Ok(())
    }

    fn sync_directories(&self) -> Result<()> {
        for part in ["active", "archived"] {
            self.sync(&File::open(self.dir.join(part))?)?;
        }
        Ok(())
    }

    fn newest_of(&self, mut found: Vec<&Thread>, limit: usize) -> usize {
        found.retain(|thread| !thread.archived);
        let order = |thread: &&Thread| std::cmp::Reverse((thread.updated, thread.id));
        if found.len() > limit {
            found.select_nth_unstable_by_key(limit, order);
            found.truncate(limit);
        }
        found.sort_unstable_by_key(order);
        let page: Vec<Thread> = found.into_iter().cloned().collect();
        page.len()
    }

    fn move_tree(&mut self, root: Uuid, archived: bool) -> Result<usize> {
        let mut lines = Vec::new();
        for member in self.members(root) {
            self.open.remove(&member);
            let (from, to) = (self.file(member, !archived), self.file(member, archived));
            if from.exists() {
                fs::rename(from, to)?;
            }
            if let Some(thread) = self.threads.get_mut(&member) {
                thread.archived = archived;
                lines.push(thread.clone());
            }
        }
        self.write_log(&lines)?;
        self.sync_directories()?;
        Ok(lines.len())
    }
}

impl Contender for Jsonl {
    fn create(&mut self, threads: &[Spec]) -> Result<()> {
        let mut lines = Vec::new();
        for Spec { id, parent, name, at, .. } in threads {
            let thread = Thread {
                id: *id,
                parent: *parent,
                name: name.clone(),
                updated: *at,
                archived: false,
                deleted: false,
            };
            self.clock = self.clock.max(*at);
            if let Some(parent) = parent {
                self.children.entry(*parent).or_default().push(*id);
            }
            self.threads.insert(*id, thread.clone());
            lines.push(thread);
        }
        self.write_log(&lines)
    }

    fn append(&mut self, thread: Uuid, items: &[String]) -> Result<()> {
        let path = self.file(thread, false);
        self.clock += 1;
        self.threads.get_mut(&thread).context("no such thread")?.updated = self.clock;
        if self.open.len() >= 256 {
            self.open.clear();
        }
        let file = match self.open.entry(thread) {
            std::collections::hash_map::Entry::Occupied(open) => open.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(OpenOptions::new().create(true).append(true).open(path)?)
            }
        };
        let mut text = String::with_capacity(items.iter().map(|item| item.len() + 1).sum());
        for item in items {
            text.push_str(item);
            text.push('\n');
        }
        file.write_all(text.as_bytes())?;
        if self.strict {
            file.sync_data()?;
        }
        Ok(())
    }

    fn load(&mut self, thread: Uuid) -> Result<usize> {
        let text = fs::read_to_string(self.file(thread, false))?;
        let items: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        Ok(items.len())
    }

    fn newest(&mut self, limit: usize) -> Result<usize> {
        Ok(self.newest_of(self.threads.values().collect(), limit))
    }

    fn children(&mut self, parent: Uuid, limit: usize) -> Result<usize> {
        let children = self.children.get(&parent).into_iter().flatten();
        Ok(self.newest_of(children.filter_map(|id| self.threads.get(id)).collect(), limit))
    }

    fn archive(&mut self, root: Uuid) -> Result<usize> {
        self.move_tree(root, true)
    }

    fn unarchive(&mut self, root: Uuid) -> Result<()> {
        self.move_tree(root, false).map(drop)
    }

    fn delete(&mut self, root: Uuid, committed: &mut dyn FnMut()) -> Result<()> {
        let mut lines = Vec::new();
        for member in self.members(root) {
            self.open.remove(&member);
            let Some(mut thread) = self.threads.remove(&member) else { continue };
            let path = self.file(member, thread.archived);
            if path.exists() {
                fs::remove_file(path)?;
            }
            self.children.remove(&member);
            thread.deleted = true;
            lines.push(thread);
        }
        self.write_log(&lines)?;
        self.sync_directories()?;
        committed();
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}
