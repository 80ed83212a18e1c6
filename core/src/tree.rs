//! Pure logic of spawn trees: descendants, ancestors and the orders in which a tree is handled.
//!
//! Data that holds a cycle or a self-edge never hangs it: each thread is visited once. Nothing
//! recurses, so a chain of any length is safe.

use std::collections::HashSet;
use std::hash::Hash;

/// Returns the descendants of `root` by depth, and within a depth in the order of `key`.
///
/// The root is not among them, not even when a cycle leads back to it.
pub(crate) fn descendants<N, I, K>(
    root: N,
    children: impl Fn(N) -> I,
    key: impl Fn(&N) -> K,
) -> Vec<N>
where
    N: Copy + Eq + Hash,
    I: IntoIterator<Item = N>,
    K: Ord,
{
    let mut seen = HashSet::from([root]);
    walk(root, children, key, |child| seen.insert(child))
}

/// Does the same where nobody is the child of two: then nobody but the root is met again.
pub(crate) fn descendants_of_one<N, I, K>(
    root: N,
    children: impl Fn(N) -> I,
    key: impl Fn(&N) -> K,
) -> Vec<N>
where
    N: Copy + Eq,
    I: IntoIterator<Item = N>,
    K: Ord,
{
    walk(root, children, key, |child| child != root)
}

fn walk<N: Copy, I: IntoIterator<Item = N>, K: Ord>(
    root: N,
    children: impl Fn(N) -> I,
    key: impl Fn(&N) -> K,
    mut is_new: impl FnMut(N) -> bool,
) -> Vec<N> {
    let mut found = Vec::new();
    let mut level = vec![root];
    while !level.is_empty() {
        let mut next: Vec<N> = Vec::new();
        for node in level {
            next.extend(children(node).into_iter().filter(|child| is_new(*child)));
        }
        // Threads that were made one after another come in order.
        if !next.is_sorted_by_key(&key) {
            next.sort_by_cached_key(&key);
        }
        found.extend_from_slice(&next);
        level = next;
    }
    found
}

/// Returns the order of deletion: the deepest descendants first, the root last.
pub(crate) fn deletion_order<N: Copy>(root: N, descendants: &[N]) -> Vec<N> {
    descendants.iter().rev().copied().chain([root]).collect()
}

/// Returns the order of archiving: the root first, then the deepest descendants.
pub(crate) fn archive_order<N: Copy>(root: N, descendants: &[N]) -> Vec<N> {
    [root].into_iter().chain(descendants.iter().rev().copied()).collect()
}

/// Returns the order of unarchiving: the root first, then by depth.
pub(crate) fn unarchive_order<N: Copy>(root: N, descendants: &[N]) -> Vec<N> {
    [root].into_iter().chain(descendants.iter().copied()).collect()
}

/// Returns `node` and its ancestors, the nearest first.
pub(crate) fn lineage<N: Copy + Eq + Hash>(node: N, parent: impl Fn(N) -> Option<N>) -> Vec<N> {
    let mut seen = HashSet::new();
    let mut line = Vec::new();
    let mut next = Some(node);
    while let Some(node) = next.filter(|node| seen.insert(*node)) {
        line.push(node);
        next = parent(node);
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A plain model: paths of parents, no sharing of code with the module.
    fn depth_below(parents: &[Option<usize>], root: usize, node: usize) -> Option<usize> {
        let (mut at, mut depth) = (node, 0);
        while at != root {
            at = parents[at]?;
            depth += 1;
            if depth > parents.len() {
                return None;
            }
        }
        Some(depth)
    }

    fn children(parents: &[Option<usize>], node: usize) -> Vec<usize> {
        (0..parents.len()).filter(|child| parents[*child] == Some(node)).collect()
    }

    proptest! {
        /// Parents are arbitrary, so the graphs hold cycles and self-edges too.
        #[test]
        fn descendants_are_those_with_a_path_to_the_root_by_depth_then_key(
            parents in prop::collection::vec(prop::option::of(0_usize..12), 12),
            root in 0_usize..12,
        ) {
            let found = descendants(root, |node| children(&parents, node), |node| *node);
            let mut expected: Vec<(usize, usize)> = (0..12)
                .filter(|node| *node != root)
                .filter_map(|node| Some((depth_below(&parents, root, node)?, node)))
                .collect();
            expected.sort_unstable();
            let of_one = descendants_of_one(root, |node| children(&parents, node), |node| *node);
            prop_assert_eq!(&of_one, &found);
            prop_assert_eq!(found, expected.into_iter().map(|(_, node)| node).collect::<Vec<_>>());
        }

        #[test]
        fn a_lineage_ends_and_names_each_ancestor_once(
            parents in prop::collection::vec(prop::option::of(0_usize..12), 12),
            node in 0_usize..12,
        ) {
            let line = lineage(node, |node| parents[node]);
            prop_assert_eq!(line[0], node);
            prop_assert!(line.windows(2).all(|pair| parents[pair[0]] == Some(pair[1])));
            prop_assert_eq!(line.iter().collect::<HashSet<_>>().len(), line.len());
            let last = line[line.len() - 1];
            prop_assert!(parents[last].is_none_or(|parent| line.contains(&parent)));
        }
    }

    #[test]
    fn orders_put_the_root_where_the_protocol_has_it() {
        let below = [1, 2, 3];
        assert_eq!(deletion_order(0, &below), [3, 2, 1, 0]);
        assert_eq!(archive_order(0, &below), [0, 3, 2, 1]);
        assert_eq!(unarchive_order(0, &below), [0, 1, 2, 3]);
    }

    #[test]
    fn a_chain_of_a_million_does_not_recurse() {
        let n = 1_000_000_u32;
        let chain = |node: u32| (node + 1 < n).then_some(node + 1);
        assert_eq!(descendants(0, chain, |node| *node).len() as u32, n - 1);
    }
}
