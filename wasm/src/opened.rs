//! What there is of a store that is open: some of it while it is read, all of it, or nothing any more.

use std::cell::RefCell;
use std::rc::Rc;

use async_channel::{Receiver, Sender};
use creel::protocol::Dispatcher;
use creel::storage::BoxedStorage;
use creel::{ChangeEvent, Error, ManagerOptions, Preview, Result, Store, ThreadManager};
use wasm_bindgen_futures::spawn_local;

/// All of an open store.
#[derive(Clone, Debug)]
pub(crate) struct Whole {
    pub(crate) threads: ThreadManager<BoxedStorage>,
    pub(crate) requests: Rc<Dispatcher<BoxedStorage>>,
}

/// A store from its opening to its close.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    stage: Rc<RefCell<Stage>>,
    /// Closed when the reading is over.
    reading: Receiver<()>,
}

/// How far a store is.
#[derive(Debug)]
enum Stage {
    /// It is being read, and shows its newest threads.
    Reading(Preview),
    /// All of it is there.
    Whole(Whole),
    /// It could not be read.
    Failed(Error),
    /// It was closed.
    Closed,
}

impl Opened {
    /// Takes a store that is read.
    pub(crate) fn whole(store: Store<BoxedStorage>) -> Self {
        Self::at(Stage::of(Ok(store))).0
    }

    /// Reads the rest of a store in the background.
    pub(crate) fn reading(
        preview: Preview,
        rest: impl Future<Output = Result<Store<BoxedStorage>>> + 'static,
    ) -> Self {
        let (opened, done) = Self::at(Stage::Reading(preview));
        let stage = Rc::clone(&opened.stage);
        spawn_local(async move {
            stage.replace(Stage::of(rest.await));
            drop(done);
        });
        opened
    }

    fn at(stage: Stage) -> (Self, Sender<()>) {
        let (done, reading) = async_channel::bounded(1);
        (Self { stage: Rc::new(RefCell::new(stage)), reading }, done)
    }

    pub(crate) fn is_reading(&self) -> bool {
        self.preview().is_some()
    }

    /// Returns what the store shows while it is read.
    pub(crate) fn preview(&self) -> Option<Preview> {
        match &*self.stage.borrow() {
            Stage::Reading(preview) => Some(preview.clone()),
            _ => None,
        }
    }

    /// Waits until nothing is left to be read.
    pub(crate) async fn wait(&self) {
        // Nothing is ever sent: it ends when the other side is dropped.
        let _ = self.reading.recv().await;
    }

    /// Returns all of the store.
    ///
    /// # Errors
    /// Why it could not be read, and [`Error::Closed`], also while it is read.
    pub(crate) fn get(&self) -> Result<Whole> {
        match &*self.stage.borrow() {
            Stage::Whole(whole) => Ok(whole.clone()),
            Stage::Failed(error) => Err(error.clone()),
            Stage::Reading(_) | Stage::Closed => Err(Error::Closed),
        }
    }

    /// Takes all of the store out, if it is there.
    pub(crate) fn take(&self) -> Option<Whole> {
        match self.stage.replace(Stage::Closed) {
            Stage::Whole(whole) => Some(whole),
            _ => None,
        }
    }

    /// Returns the stream of what is committed after what the store shows now.
    pub(crate) fn subscribe(&self) -> Result<Receiver<ChangeEvent>> {
        if let Some(preview) = self.preview() {
            return Ok(preview.subscribe());
        }
        Ok(self.get()?.threads.store().subscribe())
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
