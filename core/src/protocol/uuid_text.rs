//! Says why a text is no UUID, in the words that clients of the reference know.

/// Returns the complaint about a text that does not parse.
pub(super) fn complaint(text: &str) -> String {
    let (inner, offset, simple) = if let Some(inner) = text.strip_prefix("urn:uuid:") {
        (inner, "urn:uuid:".len(), false)
    } else if let Some(inner) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        (inner, 1, false)
    } else {
        (text, 0, true)
    };
    let wrong = inner.char_indices().find(|(_, char)| !char.is_ascii_hexdigit() && *char != '-');
    if let Some((index, char)) = wrong {
        let at = index + offset + 1;
        return format!(
            "invalid character: expected an optional prefix of `urn:uuid:` followed by \
             [0-9a-fA-F-], found `{char}` at {at}"
        );
    }
    let groups: Vec<&str> = inner.split('-').collect();
    if simple && groups.len() == 1 {
        let length = text.len();
        return format!("invalid length: expected length 32 for simple format, found {length}");
    }
    const LENGTHS: [usize; 5] = [8, 4, 4, 4, 12];
    if groups.len() != LENGTHS.len() {
        return format!("invalid group count: expected 5, found {}", groups.len());
    }
    let pairs = groups.iter().zip(LENGTHS).enumerate();
    let wrong = pairs.into_iter().find(|(_, (group, length))| group.len() != *length);
    wrong.map_or_else(
        || "invalid length".to_owned(),
        |(index, (group, length))| {
            let found = group.len();
            format!("invalid group length in group {index}: expected {length}, found {found}")
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_are_those_of_the_reference() {
        let character = |char, at| {
            format!(
                "invalid character: expected an optional prefix of `urn:uuid:` followed by \
                 [0-9a-fA-F-], found `{char}` at {at}"
            )
        };
        for (text, expected) in [
            ("not-a-uuid", character('n', 1)),
            ("0123é", character('é', 5)),
            ("urn:uuid:x", character('x', 10)),
            ("", "invalid length: expected length 32 for simple format, found 0".into()),
            ("abc", "invalid length: expected length 32 for simple format, found 3".into()),
            ("ab-cd", "invalid group count: expected 5, found 2".into()),
            (
                "00000000-0000-000-0000-000000000000",
                "invalid group length in group 2: expected 4, found 3".into(),
            ),
        ] {
            assert_eq!(complaint(text), expected);
        }
    }
}
