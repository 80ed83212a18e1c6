//! Which kinds of items a live thread keeps: all of them, unless its owner chooses otherwise.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::value::RawValue;

use crate::item::Item;

/// Chooses the items that a live thread keeps; those it drops take no sequence number.
///
/// A kind is the item's `type`, or its `role` where it has no type. The lines of a Codex rollout,
/// which wrap what they carry in a `payload`, have a second, finer kind: `event_msg/token_count`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ItemPolicy {
    /// Every item.
    #[default]
    All,
    /// Items of these kinds.
    Only(BTreeSet<String>),
    /// Items of all kinds but these.
    Except(BTreeSet<String>),
}

impl ItemPolicy {
    /// Tells whether an item is kept. One that has no kind is dropped by [`Only`](Self::Only) alone.
    pub fn keeps(&self, item: &Item) -> bool {
        match self {
            Self::All => true,
            Self::Only(kinds) => is_among(kinds, item),
            Self::Except(kinds) => !is_among(kinds, item),
        }
    }
}

fn is_among(kinds: &BTreeSet<String>, item: &Item) -> bool {
    #[derive(Default)]
    struct Kind<'a> {
        kind: Option<&'a RawValue>,
        role: Option<&'a RawValue>,
        payload: Option<&'a RawValue>,
    }

    crate::fields::fields! {
        Kind<'de>, blank: Self::default(),
        may "type" kind,
        may "role" role,
        may "payload" payload,
    }
    let text = |raw: Option<&RawValue>| -> Option<String> {
        serde_json::from_str::<Cow<'_, str>>(raw?.get()).ok().map(Cow::into_owned)
    };
    let fields: Kind<'_> = item.parse().unwrap_or_default();
    let Some(kind) = text(fields.kind).or_else(|| text(fields.role)) else { return false };
    if kinds.contains(&kind) {
        return true;
    }
    let payload = fields.payload.and_then(|raw| serde_json::from_str::<Kind<'_>>(raw.get()).ok());
    let inner = payload.and_then(|payload| text(payload.kind));
    inner.is_some_and(|inner| kinds.contains(&format!("{kind}/{inner}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(kinds: &[&str]) -> BTreeSet<String> {
        kinds.iter().map(|kind| (*kind).to_owned()).collect()
    }

    #[test]
    fn a_policy_goes_by_type_role_and_what_a_rollout_line_carries() {
        let tokens = Item::new(r#"{"type":"event_msg","payload":{"type":"token_count"}}"#).unwrap();
        let said = Item::new(r#"{"type":"event_msg","payload":{"type":"user_message"}}"#).unwrap();
        let plain = Item::new(r#"{"role":"user","content":"hi"}"#).unwrap();
        let bare = Item::new(r#"{"n":1}"#).unwrap();
        let kept =
            |policy: ItemPolicy| [&tokens, &said, &plain, &bare].map(|item| policy.keeps(item));
        assert_eq!(kept(ItemPolicy::All), [true; 4]);
        let fine = ItemPolicy::Except(kinds(&["event_msg/token_count"]));
        assert_eq!(kept(fine), [false, true, true, true]);
        assert_eq!(kept(ItemPolicy::Except(kinds(&["event_msg"]))), [false, false, true, true]);
        assert_eq!(kept(ItemPolicy::Only(kinds(&["user"]))), [false, false, true, false]);
    }
}
