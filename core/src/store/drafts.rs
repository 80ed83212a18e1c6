//! Drafts: items that are still being written, kept so that a crash loses only what came last.
//!
//! A draft is a document of its thread. Finishing it appends the item and removes the draft in one
//! commit, so that there is never both, nor neither.

use super::Store;
use crate::catalog::Command;
use crate::document::{DRAFTS, Document, DocumentChange};
use crate::error::Result;
use crate::id::ThreadId;
use crate::item::Item;
use crate::query::Appended;
use crate::storage::Storage;

impl<S: Storage> Store<S> {
    /// Keeps a draft as it is now, in place of what was kept under its id before.
    ///
    /// Its document is `{"at":…,"item":{…}}`, with the time in milliseconds. All drafts of a thread
    /// together hold at most 256 KB.
    ///
    /// # Errors
    /// As [`change_documents`](Self::change_documents).
    pub async fn put_draft(&self, id: ThreadId, draft: &str, item: &Item) -> Result<()> {
        let at = self.env().now_ms();
        let value = Item::new(&format!("{{\"at\":{at},\"item\":{}}}", item.json()))?;
        let document = Document { id: draft.to_owned(), value };
        let put = DocumentChange::Put { document, before: None };
        self.change_documents(Some(id), DRAFTS, put).await.map(drop)
    }

    /// Returns the drafts of a thread in the order in which they were begun.
    ///
    /// Whether somebody still writes to one is not known here; one that a crash left stays until it
    /// is finished, dropped, or deleted with its thread.
    ///
    /// # Errors
    /// As [`documents`](Self::documents).
    pub async fn drafts(&self, id: ThreadId) -> Result<Vec<Document>> {
        self.documents(Some(id), DRAFTS).await
    }

    /// Appends items in place of a draft, as one step.
    ///
    /// # Errors
    /// As [`append`](Self::append), and [`Error::InvalidField`](crate::Error::InvalidField) when there is no such draft: it was
    /// finished or dropped already.
    pub async fn finish_draft(
        &self,
        id: ThreadId,
        draft: &str,
        items: Vec<Item>,
    ) -> Result<Appended> {
        let items = items.into_iter().map(|item| (None, item)).collect();
        self.append_with(id, items, |append| {
            let draft = draft.to_owned();
            Command::FinishDraft { draft, append: Box::new(append) }
        })
        .await
    }

    /// Drops a draft; false if there is none.
    ///
    /// # Errors
    /// As [`documents`](Self::documents).
    pub async fn drop_draft(&self, id: ThreadId, draft: &str) -> Result<bool> {
        let remove = DocumentChange::Remove { id: draft.to_owned() };
        self.change_documents(Some(id), DRAFTS, remove).await
    }
}
