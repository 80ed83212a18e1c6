//! Maps by names in memory, as sorted vectors: for the WebAssembly module a B-tree of each kind of value is eight
//! kilobytes of code, and these are small or seldom written.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use litemap::LiteMap;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::{Serialize, Serializer};

/// A map that JSON holds as an object, in the order of its names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ByName<V>(LiteMap<String, V>);

impl<V> ByName<V> {
    pub(crate) const fn new() -> Self {
        Self(LiteMap::new())
    }
}

impl<V> Default for ByName<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V> Deref for ByName<V> {
    type Target = LiteMap<String, V>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<V> DerefMut for ByName<V> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<V: Serialize> Serialize for ByName<V> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        // What the library itself would write is a list where there is no entry.
        to.collect_map(self.iter())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for ByName<V> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Entries(entries) = Entries::deserialize(from)?;
        let mut map = LiteMap::with_capacity(entries.len());
        for (name, value) in entries {
            map.insert(name, value);
        }
        Ok(Self(map))
    }
}

/// The entries of a JSON object as they come, a name more than once if it is there more than once.
#[derive(Debug)]
pub(crate) struct Entries<V>(pub(crate) Vec<(String, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Entries<V> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Entry(PhantomData)).map(Self)
    }
}

struct Entry<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Entry<V> {
    type Value = Vec<(String, V)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}
