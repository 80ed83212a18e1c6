//! What is known of a store from what its victims said, and what may be there beyond it.

use std::collections::{BTreeMap, BTreeSet};

use creel::storage::BoxedStorage;
use creel::{ItemQuery, Store, ThreadId, ThreadQuery};

/// The threads as far as they were acknowledged.
#[derive(Debug, Default)]
pub(crate) struct Known {
    threads: BTreeMap<ThreadId, Thread>,
    /// Deletions that were asked for, of which nothing more was heard: the members.
    open: Vec<Vec<ThreadId>>,
    deleted: BTreeSet<ThreadId>,
}

/// A thread that was asked for.
#[derive(Debug, Default)]
struct Thread {
    created: bool,
    items: u64,
    /// The items of an append that was not acknowledged.
    maybe: u64,
    parent: Option<ThreadId>,
    maybe_parent: Option<ThreadId>,
}

impl Known {
    /// Takes note of a line that a victim printed.
    pub(crate) fn hear(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let id = |index: usize| words[index].parse::<ThreadId>().unwrap();
        let number = |index: usize| words[index].parse::<u64>().unwrap();
        match words[..] {
            ["try", "create", _] => drop(self.threads.entry(id(2)).or_default()),
            ["ok", "create", _] => self.thread(id(2)).created = true,
            ["try", "append", ..] => {
                let (first, count, thread) = (number(3), number(4), self.thread(id(2)));
                // The victim saw what became of the append before.
                assert!(first == thread.items || first == thread.items + thread.maybe);
                (thread.items, thread.maybe) = (first, count);
            }
            ["ok", "append", ..] => {
                let thread = self.thread(id(2));
                assert_eq!(thread.items, number(3));
                (thread.items, thread.maybe) = (number(3) + number(4), 0);
            }
            ["try", "move", ..] => self.thread(id(2)).maybe_parent = Some(id(3)),
            ["ok", "move", ..] => {
                let parent = self.thread(id(2)).maybe_parent.take();
                self.thread(id(2)).parent = parent;
            }
            ["try", "delete", _, ..] => {
                self.open.push(words[3..].iter().map(|word| word.parse().unwrap()).collect());
            }
            // The storage has taken the decision, whatever the call comes to.
            ["after", events] if events.contains("deleted") => {
                let members = self.open.pop().unwrap();
                self.delete(members);
            }
            _ => {}
        }
    }

    /// Returns the threads that must be gone for good.
    pub(crate) fn deleted(&self) -> impl Iterator<Item = &ThreadId> {
        self.deleted.iter()
    }

    /// Compares the store with what is known; from then on what was found is known too.
    pub(crate) async fn compare(&mut self, store: &Store<BoxedStorage>) {
        let mut listed = BTreeMap::new();
        let mut query = ThreadQuery { limit: Some(1000), ..ThreadQuery::default() };
        loop {
            let page = store.list(query.clone()).await.unwrap();
            listed.extend(page.data.into_iter().map(|thread| (thread.id, thread)));
            query.cursor = page.next_cursor;
            if query.cursor.is_none() {
                break;
            }
        }
        for members in std::mem::take(&mut self.open) {
            let there = members.iter().filter(|id| listed.contains_key(id)).count();
            assert!(there == 0 || there == members.len(), "half a tree is deleted: {members:?}");
            if there == 0 {
                self.delete(members);
            }
        }
        self.threads.retain(|id, thread| thread.created || listed.contains_key(id));
        for id in &self.deleted {
            let error = store.read(*id).await.unwrap_err();
            assert_eq!(error.code(), "thread_deleted", "{id}");
        }
        let (found, known): (Vec<_>, Vec<_>) =
            (listed.keys().collect(), self.threads.keys().collect());
        assert_eq!(found, known);
        for (id, known) in &mut self.threads {
            let thread = &listed[id];
            known.created = true;
            if known
                .maybe_parent
                .take_if(|parent| thread.parent_thread_id == Some(*parent))
                .is_some()
            {
                known.parent = thread.parent_thread_id;
            }
            assert!(known.parent.is_none() || known.parent == thread.parent_thread_id, "{id}");
            let items = numbers(store, *id).await;
            assert_eq!(items, (0..items.len() as u64).collect::<Vec<_>>(), "{id}");
            let len = items.len() as u64;
            let whole = len == known.items || len == known.items + known.maybe;
            assert!(whole, "{id} has {len} items, known are {} + {}", known.items, known.maybe);
            (known.items, known.maybe) = (len, 0);
        }
    }

    fn thread(&mut self, id: ThreadId) -> &mut Thread {
        self.threads.get_mut(&id).unwrap()
    }

    fn delete(&mut self, members: Vec<ThreadId>) {
        self.threads.retain(|id, _| !members.contains(id));
        self.deleted.extend(members);
    }
}

/// Reads the numbers in the items of a thread.
async fn numbers(store: &Store<BoxedStorage>, id: ThreadId) -> Vec<u64> {
    let (mut numbers, mut cursor) = (Vec::new(), None);
    loop {
        let query = ItemQuery { cursor, limit: Some(1000), ..ItemQuery::default() };
        let page = store.items(id, query).await.unwrap();
        for item in page.data {
            let value: serde_json::Value = item.item.parse().unwrap();
            numbers.push(value["n"].as_u64().unwrap());
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            return numbers;
        }
    }
}
