//! How types say what their fields are called and which must be there: each macro takes the list and makes the type
//! readable. A field or variant that the list leaves out does not compile.

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
