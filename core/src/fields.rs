//! Reading structs from JSON field by field, through one loop that all of them share.
//!
//! What serde derives carries such a loop for every struct, and in each of its steps the clean-up of all the fields: a
//! third of the WebAssembly module. Here a struct starts blank and takes its fields by number. What serde would refuse
//! is refused in the same words, but that no array is taken for a struct.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, VariantAccess, Visitor,
};

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

/// Makes a struct readable: `must` marks fields that can't be left out, `may` those that can, and `null` those in which
/// null is a value of its own. What is left out is as `blank` has it.
macro_rules! fields {
    (
        $type:ident $(<$life:lifetime>)?, blank: $blank:expr,
        $($kind:ident $name:literal $field:ident,)*
        $(..$rest:ident: $flattened:ty)?
    ) => {
        impl<'de> $crate::fields::Fields<'de> for $crate::fields::fields!(@type $type $($life)?) {
            const WHAT: &'static str = concat!("struct ", stringify!($type));
            const FIELDS: &'static [$crate::fields::Named] = {
                const OWN: &[$crate::fields::Named] =
                    &[$(($name, $crate::fields::fields!(@must $kind))),*];
                $crate::fields::fields!(@all OWN $($flattened)?)
            };

            fn blank() -> Self {
                $blank
            }

            fn take<A: serde::de::MapAccess<'de>>(
                &mut self,
                field: usize,
                map: &mut A,
            ) -> std::result::Result<(), A::Error> {
                // A field that is added must be named here.
                let Self { $($field,)* $($rest)? } = self;
                let at = 0;
                $(
                    if field == at {
                        return $crate::fields::fields!(@take $kind)($field, map);
                    }
                    let at = at + 1;
                )*
                let _ = at;
                $(<$flattened as $crate::fields::Fields<'de>>::take($rest, field - at, map)?;)?
                Ok(())
            }
        }

        impl<'de> serde::Deserialize<'de> for $crate::fields::fields!(@type $type $($life)?) {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
                $crate::fields::read(from)
            }
        }
    };
    (@type $type:ident) => { $type };
    (@type $type:ident $life:lifetime) => { $type<'de> };
    (@must must) => { true };
    (@must $may:ident) => { false };
    (@take null) => { $crate::fields::put_some };
    (@take $plain:ident) => { $crate::fields::put };
    (@all $own:ident) => { $own };
    (@all $own:ident $flattened:ty) => {{
        const REST: &[$crate::fields::Named] = <$flattened as $crate::fields::Fields<'_>>::FIELDS;
        &$crate::fields::join::<{ $own.len() + REST.len() }>($own, REST)
    }};
}
pub(crate) use fields;

/// Makes an enum of unit variants readable.
macro_rules! words {
    ($type:ident { $($word:literal $variant:ident),* $(,)? }) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
                const ALL: &[$type] = &[$($type::$variant),*];
                let place = $crate::fields::word(from, &[$($word),*])?;
                Ok(ALL[place])
            }
        }

        impl $type {
            /// A variant that is added must be named above.
            #[allow(dead_code, reason = "it is there to be compiled")]
            fn all_are_readable(self) {
                match self {
                    $(Self::$variant => (),)*
                }
            }
        }
    };
}
pub(crate) use words;

/// Makes an enum readable: a variant in parentheses carries a value, one in braces has fields, with what they are when
/// they are left out. A variant or field that is added must be named.
macro_rules! variants {
    ($type:ident { $($name:literal $variant:ident $body:tt)* }) => {
        impl<'de> $crate::fields::Variants<'de> for $type {
            const NAMES: &'static [&'static str] = &[$($name),*];
            const KINDS: &'static [(&'static str, &'static [$crate::fields::Named])] = &[$((
                concat!("struct variant ", stringify!($type), "::", stringify!($variant)),
                $crate::fields::variants!(@fields $body),
            )),*];

            fn blank(kind: usize) -> Option<Self> {
                let at = 0;
                $(
                    if kind == at {
                        return $crate::fields::variants!(@blank $variant $body);
                    }
                    let at = at + 1;
                )*
                let _ = at;
                None
            }

            fn carrying<A: serde::de::VariantAccess<'de>>(
                kind: usize,
                variant: A,
            ) -> std::result::Result<Self, A::Error> {
                let at = 0;
                $(
                    $crate::fields::variants!(@carrying kind at variant $variant $body);
                    let at = at + 1;
                )*
                let _ = (at, kind, variant);
                Err(serde::de::Error::custom("it carries no value"))
            }

            fn take<A: serde::de::MapAccess<'de>>(
                &mut self,
                field: usize,
                map: &mut A,
            ) -> std::result::Result<(), A::Error> {
                match self {
                    $($crate::fields::variants!(@pattern $variant $body) => {
                        $crate::fields::variants!(@take field map $body)
                    })*
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(
                from: D,
            ) -> std::result::Result<Self, D::Error> {
                $crate::fields::read_variant(from)
            }
        }
    };
    (@fields ($carried:ident)) => { &[] };
    (@fields { $($kind:ident $name:literal $field:ident: $blank:expr),* }) => {
        &[$(($name, $crate::fields::fields!(@must $kind))),*]
    };
    (@blank $variant:ident ($carried:ident)) => { None };
    (@blank $variant:ident { $($kind:ident $name:literal $field:ident: $blank:expr),* }) => {
        Some(Self::$variant { $($field: $blank),* })
    };
    (@carrying $kind:ident $at:ident $access:ident $variant:ident ($carried:ident)) => {
        if $kind == $at {
            return $access.newtype_variant().map(Self::$variant);
        }
    };
    (@carrying $kind:ident $at:ident $access:ident $variant:ident { $($fields:tt)* }) => {};
    (@pattern $variant:ident ($carried:ident)) => { Self::$variant(_) };
    (@pattern $variant:ident { $($kind:ident $name:literal $field:ident: $blank:expr),* }) => {
        Self::$variant { $($field),* }
    };
    (@take $at:ident $map:ident ($carried:ident)) => { Ok(()) };
    (@take $at:ident $map:ident { $($kind:ident $name:literal $field:ident: $blank:expr),* }) => {{
        let place = 0;
        $(
            if $at == place {
                return $crate::fields::put($field, $map);
            }
            let place = place + 1;
        )*
        let _ = place;
        Ok(())
    }};
}
pub(crate) use variants;

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    /// The same types twice: as they are read here, and as serde reads them.
    mod here {
        #[derive(Debug, Default, PartialEq)]
        pub(super) struct Part {
            pub(super) name: String,
            pub(super) count: Option<u32>,
            pub(super) patch: Option<Option<String>>,
        }

        crate::fields::fields! {
            Part, blank: Self::default(),
            must "name" name,
            may "count" count,
            null "thePatch" patch,
        }

        #[derive(Debug, Default, PartialEq)]
        pub(super) struct Whole {
            pub(super) id: u8,
            pub(super) part: Part,
        }

        crate::fields::fields! {
            Whole, blank: Self::default(),
            must "id" id,
            ..part: Part
        }

        #[derive(Clone, Copy, Debug, PartialEq)]
        pub(super) enum Colour {
            Red,
            DarkBlue,
        }

        crate::fields::words! { Colour { "red" Red, "darkBlue" DarkBlue } }

        #[derive(Debug, PartialEq)]
        pub(super) enum Shape {
            Carried(Box<Part>),
            Line { length: u32, colour: Option<Colour> },
        }

        crate::fields::variants! { Shape {
            "carried" Carried(value)
            "line" Line { must "length" length: 0, may "colour" colour: None }
        } }
    }

    #[allow(dead_code, reason = "what is read is compared as it is written for debugging")]
    mod serdes {
        use serde::Deserialize;

        fn some<'de, D: serde::Deserializer<'de>>(
            from: D,
        ) -> Result<Option<Option<String>>, D::Error> {
            Option::deserialize(from).map(Some)
        }

        #[derive(Debug, Deserialize)]
        pub(super) struct Part {
            pub(super) name: String,
            pub(super) count: Option<u32>,
            #[serde(default, rename = "thePatch", deserialize_with = "some")]
            pub(super) patch: Option<Option<String>>,
        }

        #[derive(Debug, Deserialize)]
        pub(super) struct Whole {
            pub(super) id: u8,
            #[serde(flatten)]
            pub(super) part: Part,
        }

        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub(super) enum Colour {
            Red,
            DarkBlue,
        }

        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub(super) enum Shape {
            Carried(Box<Part>),
            Line { length: u32, colour: Option<Colour> },
        }
    }

    /// Tells what comes of a text, or the words in which it is refused.
    fn said<'a, T: Deserialize<'a> + std::fmt::Debug>(text: &'a str) -> String {
        match serde_json::from_str::<T>(text) {
            Ok(value) => format!("{value:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_struct_is_read_and_refused_as_serde_does_it() {
        for text in [
            r#"{"name":"a"}"#,
            r#"{"thePatch":"b","count":3,"name":"a","unknown":[{"name":1}]}"#,
            r#"{"name":"a","thePatch":null,"count":null}"#,
            r#"{}"#,
            r#"{"count":1}"#,
            r#"{"name":"a","count":-1}"#,
            r#"{"name":null}"#,
            r#"{"name":"a","name":"b"}"#,
            r#"{"name":"a","count":1,"count":"#,
            r#"{"name":"a""#,
            "7",
            "null",
            "\"name\"",
        ] {
            assert_eq!(said::<here::Part>(text), said::<serdes::Part>(text), "{text}");
        }
    }

    #[test]
    fn a_flattened_struct_takes_the_fields_that_are_left() {
        for text in [
            r#"{"id":1,"name":"a","count":2}"#,
            r#"{"thePatch":null,"name":"a","id":1,"more":{}}"#,
            r#"{"id":1,"id":2,"name":"a"}"#,
            r#"{"name":"a"}"#,
        ] {
            assert_eq!(said::<here::Whole>(text), said::<serdes::Whole>(text), "{text}");
        }
    }

    #[test]
    fn an_enum_is_read_and_refused_as_serde_does_it() {
        for text in [
            r#"{"line":{"length":1,"colour":"darkBlue"}}"#,
            r#"{"line":{"colour":null,"length":1}}"#,
            r#"{"line":{"colour":"green","length":1}}"#,
            r#"{"line":{"colour":5,"length":1}}"#,
            r#"{"line":{"colour":"red"}}"#,
            r#"{"line":{"length":1,"length":1}}"#,
            r#"{"line":5}"#,
            r#"{"carried":{"name":"a"}}"#,
            r#"{"carried":{}}"#,
            r#"{"circle":{}}"#,
            r#"{}"#,
            r#"{"line":{"length":1},"more":1}"#,
            "\"line\"",
            "\"carried\"",
            "5",
        ] {
            assert_eq!(said::<here::Shape>(text), said::<serdes::Shape>(text), "{text}");
        }
    }

    #[test]
    fn an_array_is_no_struct() {
        let error = said::<here::Part>(r#"["a",1,null]"#);
        assert_eq!(error, "invalid type: sequence, expected struct Part at line 1 column 0");
    }
}
