//! What there is of a store that is open: some of it while it is read, all of it, or nothing any more.

use std::cell::RefCell;
use std::rc::Rc;

use async_channel::{Receiver, Sender};
use creel::protocol::Dispatcher;
use creel::storage::BoxedStorage;
use creel::{
    BoxFuture, ChangeEvent, Error, ManagerOptions, Opening, Preview, Result, Store, ThreadManager,
};
use wasm_bindgen_futures::spawn_local;

/// All of an open store.
#[derive(Clone, Debug)]
pub(crate) struct Whole {
    pub(crate) threads: ThreadManager<BoxedStorage>,
    pub(crate) requests: Rc<Dispatcher<BoxedStorage>>,
}

/// How far a store is.
#[derive(Clone, Debug)]
pub(crate) enum Stage {
    /// It is being read, and shows its newest threads.
    Reading(Preview),
    /// All of it is there.
    Whole(Whole),
    /// It could not be read.
    Failed(Error),
    /// It was closed.
    Closed,
}

/// A store from its opening to its close.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    stage: Rc<RefCell<Stage>>,
    /// Closed when the reading is over.
    reading: Receiver<()>,
}

impl Opened {
    /// Takes a store that is read.
    pub(crate) fn whole(store: Store<BoxedStorage>) -> Self {
        Self::at(Stage::of(Ok(store))).0
    }

    /// Reads a store that has a preview, in the background; `close` gives its storage back if that fails.
    pub(crate) fn while_reading(
        opening: Opening<BoxedStorage>,
        close: impl AsyncFnOnce() + 'static,
    ) -> Self {
        let preview = opening.preview();
        let (opened, done) = Self::at(preview.map_or(Stage::Closed, Stage::Reading));
        let stage = Rc::clone(&opened.stage);
        spawn_local(async move {
            let store = opening.finish().await;
            if store.is_err() {
                close().await;
            }
            stage.replace(Stage::of(store));
            drop(done);
        });
        opened
    }

    fn at(stage: Stage) -> (Self, Sender<()>) {
        let (done, reading) = async_channel::bounded(1);
        (Self { stage: Rc::new(RefCell::new(stage)), reading }, done)
    }

    pub(crate) fn stage(&self) -> Stage {
        self.stage.borrow().clone()
    }

    /// Waits until all of the store is there.
    ///
    /// # Errors
    /// Why it could not be read, and [`Error::Closed`].
    pub(crate) fn whole_store(&self) -> BoxFuture<'static, Result<Whole>> {
        let opened = self.clone();
        Box::pin(async move {
            opened.wait().await;
            match opened.stage() {
                Stage::Whole(whole) => Ok(whole),
                Stage::Failed(error) => Err(error),
                Stage::Reading(_) | Stage::Closed => Err(Error::Closed),
            }
        })
    }

    /// Returns the stream of what is committed after what the store shows now.
    pub(crate) fn subscribe(&self) -> Result<Receiver<ChangeEvent>> {
        match &*self.stage.borrow() {
            Stage::Reading(preview) => Ok(preview.subscribe()),
            Stage::Whole(whole) => Ok(whole.threads.store().subscribe()),
            Stage::Failed(error) => Err(error.clone()),
            Stage::Closed => Err(Error::Closed),
        }
    }

    /// Closes the store, once it is read; what could not be read is closed already.
    pub(crate) fn close(&self) -> BoxFuture<'static, Result<()>> {
        let opened = self.clone();
        Box::pin(async move {
            opened.wait().await;
            match opened.stage.replace(Stage::Closed) {
                Stage::Whole(whole) => whole.threads.store().close().await,
                _ => Ok(()),
            }
        })
    }

    async fn wait(&self) {
        let reading = matches!(*self.stage.borrow(), Stage::Reading(_));
        if reading {
            // Nothing is ever sent: it ends when the other side is dropped.
            let _ = self.reading.recv().await;
        }
    }
}

impl Stage {
    fn of(store: Result<Store<BoxedStorage>>) -> Self {
        match store {
            Ok(store) => {
                let threads = ThreadManager::new(store, ManagerOptions::default());
                let requests = Rc::new(Dispatcher::over(threads.clone()));
                Self::Whole(Whole { threads, requests })
            }
            Err(error) => Self::Failed(error),
        }
    }
}
