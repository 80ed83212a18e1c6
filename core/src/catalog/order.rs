//! A sorted order of threads: ordinals alone, at a few bytes a thread.
//!
//! The places that the ordinals are sorted by lie in the records; whoever changes an order says
//! how to find them. Chunks keep a change cheap however long the order is.

use std::ops::Bound;

use crate::id::ThreadId;

/// A place in an order of threads: a time, ties broken by id.
pub(crate) type Place = (i64, ThreadId);

/// The most ordinals of a chunk.
const CHUNK: usize = 512;

/// Ordinals in the order of their places. No two have the same place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Order {
    /// None is empty.
    chunks: Vec<Vec<u32>>,
    /// Where the last change was: the threads of a tree often lie side by side.
    near: (usize, usize),
}

impl Order {
    /// Sorts ordinals into an order.
    #[cfg(test)]
    pub(crate) fn of(mut ordinals: Vec<u32>, place: impl Fn(u32) -> Place) -> Self {
        ordinals.sort_unstable_by_key(|ord| place(*ord));
        Self { chunks: ordinals.chunks(CHUNK).map(<[u32]>::to_vec).collect(), near: (0, 0) }
    }

    /// Adds an ordinal, which is not there, at `at`.
    pub(super) fn insert(&mut self, ord: u32, at: Place, place: impl Fn(u32) -> Place) {
        let (mut chunk, mut index) = self.locate_near(|other| place(other) < at);
        if chunk == self.chunks.len() {
            match self.chunks.last() {
                Some(last) if last.len() < CHUNK => (chunk, index) = (chunk - 1, last.len()),
                _ => self.chunks.push(Vec::new()),
            }
        }
        let full = &mut self.chunks[chunk];
        if full.len() == CHUNK {
            let upper = full.split_off(CHUNK / 2);
            full.shrink_to_fit();
            self.chunks.insert(chunk + 1, upper);
            if index > CHUNK / 2 {
                (chunk, index) = (chunk + 1, index - CHUNK / 2);
            }
        }
        self.chunks[chunk].insert(index, ord);
        self.near = (chunk, index + 1);
    }

    /// Removes an ordinal, which may still be asked for its place, from `at`.
    pub(super) fn remove(&mut self, ord: u32, at: Place, place: impl Fn(u32) -> Place) {
        let (chunk, index) = self.locate_near(|other| place(other) < at);
        self.near = (chunk, index);
        let Some(holder) = self.chunks.get_mut(chunk) else { return };
        if holder.get(index) == Some(&ord) {
            holder.remove(index);
        }
        if holder.is_empty() {
            self.chunks.remove(chunk);
        }
    }

    /// Returns the ordinals from `start` on, upwards.
    pub(crate) fn upwards(
        &self,
        start: Bound<Place>,
        place: impl Fn(u32) -> Place,
    ) -> impl Iterator<Item = u32> {
        let (chunk, index) = match start {
            Bound::Unbounded => (0, 0),
            Bound::Included(start) => self.locate(|ord| place(ord) < start),
            Bound::Excluded(start) => self.locate(|ord| place(ord) <= start),
        };
        self.chunks[chunk..].iter().flatten().copied().skip(index)
    }

    /// Returns the ordinals from `start` on, downwards.
    pub(crate) fn downwards(
        &self,
        start: Bound<Place>,
        place: impl Fn(u32) -> Place,
    ) -> impl Iterator<Item = u32> {
        let (chunk, index) = match start {
            Bound::Unbounded => (self.chunks.len(), 0),
            Bound::Included(start) => self.locate(|ord| place(ord) <= start),
            Bound::Excluded(start) => self.locate(|ord| place(ord) < start),
        };
        let last = self.chunks.get(chunk).map_or(&[][..], |last| &last[..index]);
        let before = self.chunks[..chunk].iter().rev().flat_map(|chunk| chunk.iter().rev());
        last.iter().rev().chain(before).copied()
    }

    /// Does what [`locate`](Self::locate) does, looking first where the last change was.
    fn locate_near(&self, before: impl Fn(u32) -> bool) -> (usize, usize) {
        let (chunk, index) = self.near;
        let here = || {
            let holder = self.chunks.get(chunk)?;
            let previous = match index.checked_sub(1) {
                Some(previous) => holder.get(previous),
                None => self.chunks.get(chunk.checked_sub(1)?)?.last(),
            };
            Some(before(*previous?) && !before(*holder.get(index)?))
        };
        if here() == Some(true) { (chunk, index) } else { self.locate(before) }
    }

    /// Returns the chunk and index of the first ordinal that is not `before`; past the end, that
    /// of a chunk to come.
    fn locate(&self, before: impl Fn(u32) -> bool) -> (usize, usize) {
        let ends_before = |chunk: &Vec<u32>| chunk.last().is_some_and(|last| before(*last));
        // What changes now goes to the end.
        if self.chunks.last().is_none_or(ends_before) {
            return (self.chunks.len(), 0);
        }
        let chunk = self.chunks.partition_point(ends_before);
        let index = |chunk: &Vec<u32>| chunk.partition_point(|ord| before(*ord));
        (chunk, self.chunks.get(chunk).map_or(0, index))
    }
}

impl PartialEq for Order {
    fn eq(&self, other: &Self) -> bool {
        self.chunks.iter().flatten().eq(other.chunks.iter().flatten())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn place(ord: u32) -> Place {
        // Times that tie, in an order that is not that of the ordinals.
        let time = i64::from(ord.wrapping_mul(2_654_435_761) % 300);
        (time, ThreadId::from_uuid(Uuid::from_u128(u128::from(ord))))
    }

    proptest! {
        #[test]
        fn an_order_is_a_sorted_set_of_places(
            steps in prop::collection::vec((0_u32..2500, prop::bool::weighted(0.75)), 0..4000),
            from in 0_u32..2500,
        ) {
            let (mut order, mut model) = (Order::default(), BTreeSet::new());
            for (ord, adds) in steps {
                if adds && model.insert((place(ord), ord)) {
                    order.insert(ord, place(ord), place);
                } else if !adds && model.remove(&(place(ord), ord)) {
                    order.remove(ord, place(ord), place);
                }
            }
            let at = place(from);
            let of = |found: Vec<&(Place, u32)>| -> Vec<u32> {
                found.into_iter().map(|(_, ord)| *ord).collect()
            };
            for (start, takes_equal) in [(Bound::Included(at), true), (Bound::Excluded(at), false)] {
                let up = of(model.iter().filter(|(p, _)| *p > at || takes_equal && *p == at).collect());
                prop_assert_eq!(order.upwards(start, place).collect::<Vec<_>>(), up);
                let down = model.iter().rev().filter(|(p, _)| *p < at || takes_equal && *p == at);
                prop_assert_eq!(order.downwards(start, place).collect::<Vec<_>>(), of(down.collect()));
            }
            let all = of(model.iter().collect());
            prop_assert_eq!(order.upwards(Bound::Unbounded, place).collect::<Vec<_>>(), all.clone());
            prop_assert!(order.chunks.iter().all(|chunk| (1..=CHUNK).contains(&chunk.len())));
            prop_assert_eq!(order, Order::of(all, place));
        }
    }
}
