//! Documents of threads and of the store: reading and changing them.

use super::Store;
use crate::catalog::Command;
use crate::document::{Collections, Document, DocumentChange};
use crate::error::Result;
use crate::id::ThreadId;
use crate::storage::Storage;

impl<S: Storage> Store<S> {
    /// Returns a collection of a thread's documents, or of the store's own, in its order.
    ///
    /// A collection that nobody has put anything into is empty.
    ///
    /// # Errors
    /// [`Error::ThreadNotFound`](crate::Error::ThreadNotFound) and [`Error::ThreadDeleted`](crate::Error::ThreadDeleted).
    pub async fn documents(
        &self,
        owner: Option<ThreadId>,
        collection: &str,
    ) -> Result<Vec<Document>> {
        if let Some(id) = owner {
            self.read(id).await?;
        }
        let shared = self.inner.lock();
        shared.check_open()?;
        let collections = shared.replica.catalog.collections(owner)?;
        Ok(collections.get(collection).cloned().unwrap_or_default())
    }

    /// Returns a collection as this instance knows it; what is not known is empty.
    pub(crate) fn documents_now(&self, owner: Option<ThreadId>, name: &str) -> Vec<Document> {
        let shared = self.inner.lock();
        let collections = shared.replica.catalog.collections(owner);
        collections.ok().and_then(|all| all.get(name).cloned()).unwrap_or_default()
    }

    /// Returns all of a thread's documents, by the names of their collections.
    pub(crate) async fn all_documents(&self, id: ThreadId) -> Result<Collections> {
        self.with_visible(id, |_, record| record.documents.as_deref().cloned().unwrap_or_default())
            .await
    }

    /// Changes a collection; false if it was that way already.
    ///
    /// A thread's documents are deleted with it, and may be changed while it is archived. A
    /// collection holds at most 1,000 documents and 256 KB.
    ///
    /// # Errors
    /// [`Error::TooLarge`](crate::Error::TooLarge), [`Error::InvalidField`](crate::Error::InvalidField) for an empty name or id,
    /// [`Error::ThreadNotFound`](crate::Error::ThreadNotFound) and [`Error::ThreadDeleted`](crate::Error::ThreadDeleted).
    pub async fn change_documents(
        &self,
        owner: Option<ThreadId>,
        collection: &str,
        change: DocumentChange,
    ) -> Result<bool> {
        let (collection, change) = (collection.to_owned(), Box::new(change));
        let command = Command::ChangeDocuments { owner, collection, change };
        Ok(!self.commit(command).await?.events.is_empty())
    }

    /// Returns the threads that have documents in a collection, with them, by id.
    ///
    /// # Errors
    /// [`Error::Closed`](crate::Error::Closed).
    pub async fn owners(&self, collection: &str) -> Result<Vec<(ThreadId, Vec<Document>)>> {
        let shared = self.inner.lock();
        shared.check_open()?;
        let visible = shared.replica.catalog.records().filter(|record| record.visible());
        let mut owners: Vec<_> = visible
            .filter_map(|record| {
                let documents = record.documents.as_ref()?.get(collection)?;
                Some((record.id, documents.clone()))
            })
            .collect();
        owners.sort_unstable_by_key(|(id, _)| *id);
        Ok(owners)
    }
}
