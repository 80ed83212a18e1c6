//! Reading structs from JSON field by field, through one loop that all of them share.
//!
//! What serde derives carries such a loop for every struct, and in each of its steps the clean-up of all the fields: a
//! third of the WebAssembly module. Here a struct starts blank and takes its fields by number. What serde would refuse
//! is refused in the same words, but that no array is taken for a struct.

mod entries;
mod macros;
#[cfg(test)]
mod tests;

use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, VariantAccess, Visitor,
};

pub(crate) use entries::{ByName, Entries};
pub(crate) use macros::{fields, variants, words};

/// The name of a field in JSON, and whether it must be there.
pub(crate) type Named = (&'static str, bool);

/// Reads the value of a field, by its place among the names.
type Take<'a, 'de, A> = dyn FnMut(usize, &mut A) -> Result<(), <A as MapAccess<'de>>::Error> + 'a;

/// A struct that is read field by field.
pub(crate) trait Fields<'de>: Sized {
    /// What an error calls it.
    const WHAT: &'static str;
    /// Its fields, in the order in which they are written.
    const FIELDS: &'static [Named];

    /// Returns one with the values that fields have where they are left out.
    fn blank() -> Self;

    /// Reads the value of a field, by its place in [`FIELDS`](Self::FIELDS).
    fn take<A: MapAccess<'de>>(&mut self, field: usize, map: &mut A) -> Result<(), A::Error>;
}

/// Reads a struct.
#[inline(never)]
pub(crate) fn read<'de, T: Fields<'de>, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    let mut read = T::blank();
    from.deserialize_map(Filled(&mut read))?;
    Ok(read)
}

struct Filled<'a, T>(&'a mut T);

impl<'de, T: Fields<'de>> Visitor<'de> for Filled<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::WHAT)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        each(&mut map, T::FIELDS, &mut |field, map| self.0.take(field, map))
    }
}

/// Reads the fields of a map; those that have no name here are looked past.
///
/// # Errors
/// When one comes twice, one is missing, or `take` fails.
#[inline(never)]
pub(crate) fn each<'de, A: MapAccess<'de>>(
    map: &mut A,
    fields: &'static [Named],
    take: &mut Take<'_, 'de, A>,
) -> Result<(), A::Error> {
    let (mut seen, mut next) = (0_u64, 0);
    while let Some(field) = map.next_key_seed(Name { among: fields, next })? {
        let Some((name, _)) = fields.get(field) else {
            map.next_value::<IgnoredAny>()?;
            continue;
        };
        if seen & 1 << field != 0 {
            return Err(A::Error::duplicate_field(name));
        }
        seen |= 1 << field;
        next = field + 1;
        take(field, map)?;
    }
    match fields.iter().zip(0..).find(|((_, must), field)| *must && seen & 1 << field == 0) {
        Some(((name, _), _)) => Err(A::Error::missing_field(name)),
        None => Ok(()),
    }
}

/// Reads the value of a field.
#[inline(never)]
pub(crate) fn put<'de, T, A>(field: &mut T, map: &mut A) -> Result<(), A::Error>
where
    T: serde::Deserialize<'de>,
    A: MapAccess<'de>,
{
    *field = map.next_value()?;
    Ok(())
}

/// Reads the value of a field in which null is a value.
#[inline(never)]
pub(crate) fn put_some<'de, T, A>(field: &mut Option<T>, map: &mut A) -> Result<(), A::Error>
where
    T: serde::Deserialize<'de>,
    A: MapAccess<'de>,
{
    *field = Some(map.next_value()?);
    Ok(())
}

/// Finds the place of a key among names, beginning with the one that is likely.
struct Name {
    among: &'static [Named],
    next: usize,
}

impl<'de> DeserializeSeed<'de> for Name {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<usize, D::Error> {
        from.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("field identifier")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<usize, E> {
        let place = |names: &[Named]| names.iter().position(|(name, _)| *name == key);
        let (before, after) = self.among.split_at(self.next);
        let found = place(after).map(|field| field + self.next).or_else(|| place(before));
        Ok(found.unwrap_or(self.among.len()))
    }
}

/// Reads one of several words, as its place among them.
#[inline(never)]
pub(crate) fn word<'de, D: Deserializer<'de>>(
    from: D,
    words: &'static [&'static str],
) -> Result<usize, D::Error> {
    from.deserialize_enum("", words, Word(words))
}

/// The variant of an enum, as its place among the names of all.
pub(crate) struct Word(pub(crate) &'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Word {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<usize, D::Error> {
        from.deserialize_identifier(self)
    }
}

impl<'de> Visitor<'de> for Word {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("variant identifier")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<usize, E> {
        let place = self.0.iter().position(|it| *it == word);
        place.ok_or_else(|| E::unknown_variant(word, self.0))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<usize, A::Error> {
        let (word, variant) = data.variant_seed(self)?;
        variant.unit_variant()?;
        Ok(word)
    }
}

/// An enum whose variants have fields, or carry one value that is read by itself.
pub(crate) trait Variants<'de>: Sized {
    /// The variants as JSON spells them.
    const NAMES: &'static [&'static str];
    /// What an error calls each, and its fields.
    const KINDS: &'static [(&'static str, &'static [Named])];

    /// Returns the variant at a place, as [`Fields::blank`] has it; `None` for one that carries a value.
    fn blank(kind: usize) -> Option<Self>;

    /// Reads the value that the variant at a place carries.
    fn carrying<A: VariantAccess<'de>>(kind: usize, variant: A) -> Result<Self, A::Error>;

    /// Reads the value of a field.
    fn take<A: MapAccess<'de>>(&mut self, field: usize, map: &mut A) -> Result<(), A::Error>;
}

/// Reads an enum.
#[inline(never)]
pub(crate) fn read_variant<'de, T: Variants<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<T, D::Error> {
    from.deserialize_enum("", T::NAMES, OneOf(PhantomData))
}

struct OneOf<T>(PhantomData<T>);

impl<'de, T: Variants<'de>> Visitor<'de> for OneOf<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("enum")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<T, A::Error> {
        let (kind, variant) = data.variant_seed(Word(T::NAMES))?;
        let Some(mut read) = T::blank(kind) else { return T::carrying(kind, variant) };
        let (what, fields) = T::KINDS[kind];
        variant.struct_variant(&[], FilledVariant { what, fields, read: &mut read })?;
        Ok(read)
    }
}

struct FilledVariant<'a, T> {
    what: &'static str,
    fields: &'static [Named],
    read: &'a mut T,
}

impl<'de, T: Variants<'de>> Visitor<'de> for FilledVariant<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        each(&mut map, self.fields, &mut |field, map| self.read.take(field, map))
    }
}

/// Joins the fields of a struct and those of the one that is flattened into it.
pub(crate) const fn join<const N: usize>(own: &[Named], flattened: &[Named]) -> [Named; N] {
    let mut all = [("", false); N];
    let mut at = 0;
    while at < N {
        all[at] = if at < own.len() { own[at] } else { flattened[at - own.len()] };
        at += 1;
    }
    all
}
