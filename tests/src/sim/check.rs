//! What must hold of every instance and of the storage after each step.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use creel::storage::{MemoryStorage, Snapshot, Storage, Table};
use creel::{ArchiveFilter, ItemQuery, Store, StoreOptions, Thread, ThreadId, ThreadQuery};

use super::executor::{Executor, SimEnv};
use super::ledger::owner;
use super::model::{self, Mark, Model};
use super::op::mark;

/// The most steps in which a copy must have come to rest.
const STEPS: u64 = 200_000;

/// Answers a call that needs no storage.
pub fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Reads the operation that set a goal out of its text.
pub fn goal_of(objective: &str) -> Option<u64> {
    objective.rsplit_once(' ')?.1.parse().ok()
}

/// Compares everything that an instance shows with the model.
pub fn compare_view<S: Storage>(store: &Store<S>, model: &Model) -> Result<(), String> {
    let query = ThreadQuery {
        archived: Some(ArchiveFilter::All),
        limit: Some(1000),
        ..ThreadQuery::default()
    };
    let page = at_once(store.list(query)).ok_or("a list waits for something")?;
    let page = page.map_err(|error| format!("a list fails: {error}"))?;
    let shown: BTreeMap<ThreadId, &Thread> =
        page.data.iter().map(|thread| (thread.id, thread)).collect();
    let visible = model.threads.iter().filter(|(_, thread)| thread.deletion.is_none());
    let wanted: BTreeSet<ThreadId> = visible.clone().map(|(id, _)| *id).collect();
    if shown.len() != page.data.len() || shown.keys().copied().collect::<BTreeSet<_>>() != wanted {
        let shown: Vec<_> = shown.keys().collect();
        return Err(format!("{shown:?} are shown, {wanted:?} are there"));
    }
    let mut totals = (0, 0, 0);
    for (id, thread) in visible {
        let Some(shown) = shown.get(id) else { continue };
        let items = thread.items.len() as u64;
        totals = (totals.0 + 1, totals.1 + u64::from(thread.archived.is_some()), totals.2 + items);
        let same = shown.name.as_deref() == Some(thread.name.as_str())
            && shown.parent_thread_id == model.parent_of(thread)
            && shown.archived() == thread.archived.is_some()
            && shown.created_at == thread.created_at
            && shown.forked_from_id == thread.forked_from
            && shown.items == items;
        if !same {
            return Err(format!("{shown:?} is shown, it is {thread:?}"));
        }
    }
    let stats = store.stats();
    if totals != (stats.threads, stats.archived, stats.items) {
        return Err(format!("totals {stats:?}, there are {totals:?}"));
    }
    Ok(())
}

/// Compares what is below a thread, and that a deleted one can't be read.
pub fn compare_thread<S: Storage>(
    store: &Store<S>,
    model: &Model,
    id: ThreadId,
) -> Result<(), String> {
    let Ok(thread) = model.visible(id) else {
        return match at_once(store.read(id)) {
            Some(Ok(shown)) => Err(format!("{shown:?} is read, it is deleted")),
            _ => Ok(()),
        };
    };
    let ids = |threads: Vec<Thread>| threads.iter().map(|thread| thread.id).collect();
    let below = at_once(store.descendants(id)).ok_or("descendants wait for something")?;
    let below: BTreeSet<ThreadId> = ids(below.map_err(|error| error.to_string())?);
    let children = at_once(store.children(id)).ok_or("children wait for something")?;
    let children: BTreeSet<ThreadId> = ids(children.map_err(|error| error.to_string())?);
    let mut wanted = model.tree(id);
    wanted.remove(&id);
    if below != wanted || children != model.children(id) {
        return Err(format!(
            "below {id} are {below:?} and {children:?}, not {wanted:?}: {thread:?}"
        ));
    }
    Ok(())
}

/// A store opened afresh on a copy of the storage, in a world without faults.
#[derive(Debug)]
pub struct Copy {
    executor: Executor,
    memory: MemoryStorage,
    /// The store.
    pub store: Store<MemoryStorage>,
}

impl Copy {
    /// Copies and opens.
    pub fn open(snapshot: &Snapshot, now: i64) -> Result<Self, String> {
        let executor = Executor::new(1, now);
        let memory = MemoryStorage::from_snapshot(snapshot);
        let env = Arc::new(SimEnv::new(&executor, 1, 0, 1));
        let store = Store::open(memory.reopen(), env, StoreOptions::default());
        let store = executor.run(1, STEPS, store).ok_or("a fresh instance does not open")?;
        let store = store.map_err(|error| format!("a fresh instance does not open: {error}"))?;
        Ok(Self { executor, memory, store })
    }

    /// Reads the whole history of a visible thread.
    pub fn items(&self, thread: ThreadId) -> Result<Vec<Mark>, String> {
        let (mut cursor, mut items) = (None, Vec::new());
        loop {
            let query = ItemQuery { limit: Some(1000), cursor, ..ItemQuery::default() };
            let store = self.store.clone();
            let page = self.executor.run(1, STEPS, async move { store.items(thread, query).await });
            let page = page.ok_or("a read does not end")?.map_err(|error| error.to_string())?;
            for item in page.data {
                items.push(mark(item.item.json()).ok_or("an item without a mark")?);
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(items);
            }
        }
    }

    /// Compares what a visible thread has beside its items.
    pub fn compare_work(&self, id: ThreadId, thread: &model::Thread) -> Result<(), String> {
        let store = self.store.clone();
        let work = self.executor.run(1, STEPS, async move {
            let goal = store.goal(id).await?.and_then(|goal| goal_of(&goal.objective));
            let (logs, tools) = (store.logs(id, 0, 1000).await?, store.tools(id).await?);
            Ok::<_, creel::Error>((goal, logs, tools))
        });
        let (goal, logs, tools) = work.ok_or("work is not read")?.map_err(|e| e.to_string())?;
        let logs: Option<Vec<u64>> =
            logs.iter().map(|log| Some(mark(log.item.json())?.0)).collect();
        let tools = tools.first().and_then(|tool| Some(mark(tool.json())?.0));
        if (goal, tools, logs.as_ref()) == (thread.goal, thread.tools, Some(&thread.logs)) {
            return Ok(());
        }
        Err(format!("{id} has goal {goal:?}, tools {tools:?}, logs {logs:?}, it is {thread:?}"))
    }

    /// Waits until no deletion is pending.
    pub fn finish(&self) -> Result<Snapshot, String> {
        for _ in 0..STEPS {
            if self.store.stats().pending_deletions == 0 {
                return Ok(self.memory.snapshot());
            }
            if !self.executor.step() && !self.executor.pass_time() {
                break;
            }
        }
        let pending = at_once(self.store.pending_deletions());
        Err(format!("a pending deletion is not finished by a fresh instance: {pending:?}"))
    }
}

/// What a look into the tables finds, kept for values that have not changed.
#[derive(Debug, Default)]
pub struct Look {
    values: HashMap<(Table, String), (Bytes, Found)>,
}

#[derive(Clone, Debug, Default)]
struct Found {
    tokens: BTreeSet<u64>,
    marks: Vec<Option<Mark>>,
}

impl Look {
    /// Checks that no value holds content of these threads.
    pub fn for_traces(
        &mut self,
        snapshot: &Snapshot,
        gone: &BTreeMap<u64, ThreadId>,
    ) -> Result<(), String> {
        for table in Table::ALL {
            for (key, value) in snapshot.records(table) {
                let found = self.found(table, key, value);
                if let Some(thread) = found.tokens.iter().find_map(|token| gone.get(token)) {
                    return Err(format!("{}/{key} holds content of {thread}", table.name()));
                }
            }
        }
        Ok(())
    }

    /// Checks the segments: each is of a thread, in its place, and says what the thread says.
    pub fn into_segments(&mut self, snapshot: &Snapshot, model: &Model) -> Result<(), String> {
        let mut next: HashMap<ThreadId, u64> = HashMap::new();
        for (key, value) in snapshot.records(Table::History) {
            let (id, rest) = owner(key).ok_or_else(|| format!("history/{key} is of nothing"))?;
            let thread = model.stored(id);
            let thread = thread.ok_or_else(|| format!("ORPHAN: history/{key} is of no thread"))?;
            if !key.starts_with(&thread.tree.map(|tree| tree.to_string()).unwrap_or_default()) {
                return Err(format!("history/{key} is in another tree than its thread"));
            }
            let Ok(first) = rest.parse::<u64>() else { continue };
            let next = next.entry(id).or_default();
            if first != *next {
                return Err(format!("history/{key} where {next} is next"));
            }
            let marks = &self.found(Table::History, key, value).marks;
            *next += marks.len() as u64;
            let there = usize::try_from(first).ok().and_then(|first| thread.items.get(first..));
            let there = there.unwrap_or_default();
            let same = there.len() >= marks.len()
                && marks.iter().zip(there).all(|(mark, item)| *mark == Some(*item));
            if !same {
                return Err(format!("history/{key} holds {marks:?}, it should be {there:?}"));
            }
        }
        Ok(())
    }

    fn found(&mut self, table: Table, key: &str, value: &Bytes) -> &Found {
        let place = (table, key.to_owned());
        let known = self
            .values
            .get(&place)
            .is_some_and(|(seen, _)| (seen.as_ptr(), seen.len()) == (value.as_ptr(), value.len()));
        if !known {
            let marks = match table {
                Table::History => String::from_utf8_lossy(value).lines().map(mark).collect(),
                _ => Vec::new(),
            };
            let found = Found { tokens: tokens(value), marks };
            self.values.insert(place.clone(), (value.clone(), found));
        }
        &self.values.entry(place).or_default().1
    }
}

/// Finds the marks of content.
pub fn tokens(bytes: &[u8]) -> BTreeSet<u64> {
    let finder = memchr::memmem::Finder::new(b"cnry");
    finder
        .find_iter(bytes)
        .filter_map(|at| std::str::from_utf8(bytes.get(at + 4..at + 20)?).ok())
        .filter_map(|hex| u64::from_str_radix(hex, 16).ok())
        .collect()
}
