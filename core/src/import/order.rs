//! Puts threads in an order in which every parent comes before its children, whatever the data.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::id::ThreadId;

/// The order, and the parent edges that had to be cut because they closed a circle.
pub(super) struct Order {
    pub(super) threads: Vec<ThreadId>,
    pub(super) cut: Vec<ThreadId>,
}

/// Orders threads by depth, then id. A parent that is not among them counts as none.
///
/// Of the threads of a circle, the one with the least id becomes a root.
pub(super) fn order(parents: &HashMap<ThreadId, Option<ThreadId>>) -> Order {
    let cut = circles(parents);
    let mut children: HashMap<Option<ThreadId>, Vec<ThreadId>> = HashMap::new();
    for id in sorted(parents.keys()) {
        let parent = parents.get(&id).copied().flatten();
        let parent = parent.filter(|parent| parents.contains_key(parent) && !cut.contains(&id));
        children.entry(parent).or_default().push(id);
    }
    let mut threads = Vec::with_capacity(parents.len());
    let mut waiting = VecDeque::from([None]);
    while let Some(parent) = waiting.pop_front() {
        for child in children.remove(&parent).unwrap_or_default() {
            threads.push(child);
            waiting.push_back(Some(child));
        }
    }
    Order { threads, cut: sorted(&cut) }
}

fn sorted<'a>(ids: impl IntoIterator<Item = &'a ThreadId>) -> Vec<ThreadId> {
    let mut ids: Vec<ThreadId> = ids.into_iter().copied().collect();
    ids.sort_unstable();
    ids
}

fn circles(parents: &HashMap<ThreadId, Option<ThreadId>>) -> HashSet<ThreadId> {
    let mut cut = HashSet::new();
    let mut done = HashSet::new();
    for start in parents.keys() {
        let mut path = Vec::new();
        let mut on_path = HashSet::new();
        let mut next = Some(*start);
        while let Some(id) = next.filter(|id| !done.contains(id)) {
            if !on_path.insert(id) {
                let circle = path.iter().skip_while(|step| **step != id);
                cut.extend(circle.min());
                break;
            }
            path.push(id);
            next = parents.get(&id).copied().flatten();
        }
        done.extend(path);
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> ThreadId {
        uuid::Uuid::from_u128(n).into()
    }

    fn ordered(edges: &[(u128, u128)]) -> (Vec<ThreadId>, Vec<ThreadId>) {
        let parent = |n: u128| (n != 0).then(|| id(n));
        let order = order(&edges.iter().map(|(child, of)| (id(*child), parent(*of))).collect());
        (order.threads, order.cut)
    }

    #[test]
    fn parents_come_first() {
        let (threads, cut) = ordered(&[(1, 4), (2, 0), (3, 1), (4, 2), (5, 9)]);
        assert_eq!(threads, [2, 5, 4, 1, 3].map(id));
        assert!(cut.is_empty());
    }

    #[test]
    fn circles_are_cut_once_and_everyone_is_kept() {
        let (threads, cut) = ordered(&[(1, 2), (2, 3), (3, 2), (4, 4), (5, 3)]);
        assert_eq!(cut, [2, 4].map(id));
        assert_eq!(threads, [2, 4, 1, 3, 5].map(id));
    }

    #[test]
    fn a_long_chain_is_no_recursion() {
        let edges: Vec<_> = (1..100_000).map(|n| (n, n + 1)).collect();
        let (threads, cut) = ordered(&edges);
        assert_eq!((threads.len(), threads[0], cut.len()), (99_999, id(99_999), 0));
    }
}
