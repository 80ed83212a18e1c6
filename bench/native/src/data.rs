//! The data that every contender stores: the same threads and items on every machine and in every run.

use std::sync::OnceLock;

use fastrand::Rng;
use uuid::Uuid;

/// The time of the first thread, in milliseconds since 1970.
const START: i64 = 1_767_225_600_000;
/// The items of each thread of a tree.
pub(crate) const TREE_ITEMS: usize = 20;
/// The descendants of a tree's root.
pub(crate) const TREE_DESCENDANTS: u64 = 1000;
/// The items of the one long thread.
pub(crate) const LONG: usize = 10_000;
/// The children of a tree's root; the others are grandchildren.
const CHILDREN: u64 = 200;

/// A thread to be stored.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) number: u64,
    pub(crate) id: Uuid,
    pub(crate) parent: Option<Uuid>,
    pub(crate) name: String,
    pub(crate) at: i64,
    pub(crate) items: usize,
}

impl Spec {
    /// The thread of a number, whose id and time follow the number's order.
    pub(crate) fn new(number: u64, parent: Option<u64>, items: usize) -> Self {
        let name = format!("{} {number}", text(number, 24).trim());
        let (id, parent) = (id(number), parent.map(id));
        Self { number, id, parent, name, at: START + i64::try_from(number).unwrap_or(0), items }
    }

    /// Its items, of `size` bytes each.
    pub(crate) fn items(&self, size: usize) -> Vec<String> {
        (0..self.items).map(|n| item(self.number, n, size)).collect()
    }
}

/// The id of a number: a UUID of version 7 whose order is the number's.
pub(crate) fn id(number: u64) -> Uuid {
    let mut rng = Rng::with_seed(number);
    let at = u64::try_from(START).unwrap_or(0) + number;
    let random = std::array::from_fn(|_| rng.u8(..));
    uuid::Builder::from_unix_timestamp_millis(at, &random).into_uuid()
}

/// The item `n` of a thread: JSON of exactly `size` bytes.
pub(crate) fn item(thread: u64, n: usize, size: usize) -> String {
    let role = if n.is_multiple_of(2) { "user" } else { "assistant" };
    let head = format!(r#"{{"role":"{role}","n":{n},"content":""#);
    let seed = thread.wrapping_mul(31).wrapping_add(n as u64);
    let content = text(seed, size.saturating_sub(head.len() + 2));
    format!(r#"{head}{content}"}}"#)
}

/// The 10,002 threads of the first store: 9,000 short ones, a long one, and a tree.
pub(crate) fn ten_thousand() -> Vec<Spec> {
    let mut threads: Vec<_> = (0..9000).map(|n| Spec::new(n, None, 2)).collect();
    threads.push(long());
    threads.extend(tree(20_000));
    threads
}

/// The long thread of the first store.
pub(crate) fn long() -> Spec {
    Spec::new(9000, None, LONG)
}

/// The 100,000 threads of the second store; what they hold is of no matter to a list.
pub(crate) fn hundred_thousand() -> Vec<Spec> {
    (0..100_000).map(|n| Spec::new(n, None, 0)).collect()
}

/// A root and its descendants, numbered from `first`; the root comes first, parents before children.
pub(crate) fn tree(first: u64) -> Vec<Spec> {
    let below = (1..=TREE_DESCENDANTS).map(|n| {
        let parent = if n <= CHILDREN { first } else { first + 1 + (n % CHILDREN) };
        Spec::new(first + n, Some(parent), TREE_ITEMS)
    });
    std::iter::once(Spec::new(first, None, TREE_ITEMS)).chain(below).collect()
}

/// `length` bytes of words.
fn text(seed: u64, length: usize) -> &'static str {
    static WORDS: OnceLock<String> = OnceLock::new();
    let words = WORDS.get_or_init(|| {
        let mut rng = Rng::with_seed(7);
        let mut words = String::new();
        while words.len() < 1 << 20 {
            let letters = rng.usize(2..10);
            words.extend((0..letters).map(|_| rng.lowercase()));
            words.push(' ');
        }
        words
    });
    let start = Rng::with_seed(seed).usize(..words.len() - length.min(words.len() / 2));
    words.get(start..start + length).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_json_of_the_size_asked_for_and_always_the_same() {
        for size in [600, 20_000] {
            let text = item(5, 1, size);
            assert_eq!(text.len(), size);
            assert_eq!(text, item(5, 1, size));
            serde_json::from_str::<serde_json::Value>(&text).unwrap();
        }
    }

    #[test]
    fn ids_follow_the_order_of_their_numbers() {
        assert!((0..1000).all(|n| id(n) < id(n + 1)));
    }

    #[test]
    fn every_parent_comes_before_its_children() {
        let threads = ten_thousand();
        let mut seen = std::collections::HashSet::new();
        for thread in &threads {
            assert!(thread.parent.is_none_or(|parent| seen.contains(&parent)));
            assert!(seen.insert(thread.id));
        }
        assert_eq!(threads.len(), 10_002);
    }
}
