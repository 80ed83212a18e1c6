//! What is read here is read as serde reads it, and refused in the same words.

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

#[allow(dead_code, reason = "they are looked at as Debug writes them")]
mod serdes {
    use serde::Deserialize;

    fn some<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
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
