//! Documents: small JSON objects in ordered, named collections, kept with a thread or with the store.
//!
//! What a client keeps beside a conversation without the store having to know of it: queues,
//! attachments, read states, sections, projects. A thread's documents go with the thread.

use std::collections::BTreeMap;

use litemap::LiteMap;
use serde::Serialize;

use crate::item::Item;

/// Collections by their names; none is empty.
pub(crate) type Collections = BTreeMap<String, Vec<Document>>;

/// The collection of a thread's documents that holds its drafts: items that are still being written.
pub const DRAFTS: &str = "drafts";

/// A JSON object in a collection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Document {
    /// Tells it from the others of its collection.
    pub id: String,
    /// The object, kept as it is given.
    pub value: Item,
}

crate::fields::fields! {
    Document, blank: Self::unread(),
    must "id" id,
    must "value" value,
}

impl Document {
    /// What a document is before its fields are read.
    fn unread() -> Self {
        Self { id: String::new(), value: Item::unread() }
    }
}

/// A change of one collection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum DocumentChange {
    /// Adds a document, or replaces the one with its id.
    Put {
        /// The document.
        document: Document,
        /// The document to put it before; left out, a new one goes last and an old one stays.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<String>,
    },
    /// Removes a document; one that is not there is nothing to do.
    Remove {
        /// Its id.
        id: String,
    },
    /// Puts the documents of these ids first, in this order.
    Order {
        /// The ids.
        ids: Vec<String>,
    },
}

crate::fields::variants! { DocumentChange {
    "put" Put { must "document" document: Document::unread(), may "before" before: None }
    "remove" Remove { must "id" id: String::new() }
    "order" Order { must "ids" ids: Vec::new() }
} }

/// Changes a collection; ids that are not there are looked past.
pub(crate) fn change(collections: &mut Collections, name: &str, change: &DocumentChange) {
    let documents = collections.entry(name.to_owned()).or_default();
    let place = |documents: &[Document], id: &str| documents.iter().position(|it| it.id == id);
    match change {
        DocumentChange::Put { document, before } => {
            let old = place(documents, &document.id);
            let stays = before.is_none() || before.as_ref() == Some(&document.id);
            if let Some(old) = old.filter(|_| stays) {
                documents[old] = document.clone();
            } else {
                documents.retain(|it| it.id != document.id);
                let at = before.as_ref().and_then(|before| place(documents, before));
                documents.insert(at.unwrap_or(documents.len()), document.clone());
            }
        }
        DocumentChange::Remove { id } => documents.retain(|it| it.id != *id),
        DocumentChange::Order { ids } => {
            let ranks: LiteMap<&String, usize> = ids.iter().zip(0..).collect();
            documents.sort_by_key(|it| ranks.get(&it.id).copied().unwrap_or(ids.len()));
        }
    }
    if documents.is_empty() {
        collections.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(id: &str, before: Option<&str>) -> DocumentChange {
        let document = Document { id: id.into(), value: Item::new("{}").unwrap() };
        DocumentChange::Put { document, before: before.map(Into::into) }
    }

    #[test]
    fn documents_keep_their_order() {
        let mut all = Collections::new();
        let mut ids = |what: DocumentChange| -> Vec<String> {
            change(&mut all, "c", &what);
            all.get("c").map_or(Vec::new(), |it| it.iter().map(|it| it.id.clone()).collect())
        };
        assert_eq!(ids(put("a", None)), ["a"]);
        assert_eq!(ids(put("b", None)), ["a", "b"]);
        assert_eq!(ids(put("c", Some("b"))), ["a", "c", "b"]);
        assert_eq!(ids(put("a", None)), ["a", "c", "b"]);
        assert_eq!(ids(put("b", Some("a"))), ["b", "a", "c"]);
        assert_eq!(ids(put("a", Some("a"))), ["b", "a", "c"]);
        assert_eq!(ids(put("c", Some("gone"))), ["b", "a", "c"]);
        let order = |ids: &[&str]| DocumentChange::Order {
            ids: ids.iter().map(|id| (*id).into()).collect(),
        };
        assert_eq!(ids(order(&["c", "gone", "b"])), ["c", "b", "a"]);
        assert_eq!(ids(DocumentChange::Remove { id: "b".into() }), ["c", "a"]);
        assert_eq!(ids(DocumentChange::Remove { id: "b".into() }), ["c", "a"]);
        ids(DocumentChange::Remove { id: "a".into() });
        assert_eq!(ids(DocumentChange::Remove { id: "c".into() }), [""; 0]);
        assert!(all.is_empty());
    }
}
