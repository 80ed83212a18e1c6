//! Sets of ordinals as ranges, so that the members of a large tree take a few bytes.

use serde::{Deserialize, Serialize};

/// A set of thread ordinals, kept as ascending, disjoint, inclusive ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(u32, u32)>", into = "Vec<(u32, u32)>")]
pub(crate) struct Ordinals {
    ranges: Vec<(u32, u32)>,
}

impl Ordinals {
    /// Returns how many ordinals are in the set.
    pub(crate) fn len(&self) -> u64 {
        self.ranges.iter().map(|(first, last)| u64::from(last - first) + 1).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    pub(crate) fn contains(&self, ordinal: u32) -> bool {
        let after = self.ranges.partition_point(|(first, _)| *first <= ordinal);
        after > 0 && self.ranges[after - 1].1 >= ordinal
    }

    /// Returns the ordinal after the last one, 0 for an empty set.
    pub(crate) fn end(&self) -> u32 {
        self.ranges.last().map_or(0, |(_, last)| last.saturating_add(1))
    }

    /// Tells whether every ordinal of `other` is in the set.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        other.ranges.iter().all(|(first, last)| {
            let after = self.ranges.partition_point(|(start, _)| start <= first);
            after > 0 && self.ranges[after - 1].1 >= *last
        })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.ranges.iter().flat_map(|(first, last)| *first..=*last)
    }

    /// Adds every ordinal of `other`.
    pub(crate) fn extend(&mut self, other: &Self) {
        let ranges = self.ranges.iter().chain(&other.ranges).copied().collect();
        *self = Self::normalized(ranges);
    }

    fn normalized(mut ranges: Vec<(u32, u32)>) -> Self {
        ranges.retain(|(first, last)| first <= last);
        ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(previous) if first <= previous.1.saturating_add(1) => {
                    previous.1 = previous.1.max(last);
                }
                _ => merged.push((first, last)),
            }
        }
        Self { ranges: merged }
    }
}

impl FromIterator<u32> for Ordinals {
    fn from_iter<I: IntoIterator<Item = u32>>(ordinals: I) -> Self {
        Self::normalized(ordinals.into_iter().map(|ordinal| (ordinal, ordinal)).collect())
    }
}

impl From<Vec<(u32, u32)>> for Ordinals {
    fn from(ranges: Vec<(u32, u32)>) -> Self {
        Self::normalized(ranges)
    }
}

impl From<Ordinals> for Vec<(u32, u32)> {
    fn from(ordinals: Ordinals) -> Self {
        ordinals.ranges
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_set_of_ranges_is_a_set(
            a in prop::collection::vec(0_u32..60, 0..40),
            b in prop::collection::vec(0_u32..60, 0..40),
            c in prop::collection::vec(0_u32..60, 0..4),
        ) {
            let mut set: Ordinals = a.iter().copied().collect();
            set.extend(&b.iter().copied().collect());
            let model: BTreeSet<u32> = a.into_iter().chain(b.clone()).collect();
            prop_assert_eq!(set.iter().collect::<Vec<_>>(), model.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(set.len(), model.len() as u64);
            for ordinal in 0..61 {
                prop_assert_eq!(set.contains(ordinal), model.contains(&ordinal));
            }
            prop_assert_eq!(set.end(), model.last().map_or(0, |last| last + 1));
            prop_assert!(set.covers(&b.iter().copied().collect()));
            let other: BTreeSet<u32> = c.iter().copied().collect();
            prop_assert_eq!(set.covers(&c.into_iter().collect()), model.is_superset(&other));
            let ranges: Vec<(u32, u32)> = set.into();
            prop_assert!(ranges.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0));
        }
    }
}
