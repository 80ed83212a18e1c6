//! Where the stores of a server lie: one directory, a directory of them, or a database.

use std::fs;
use std::path::PathBuf;

use creel::storage::{BoxedStorage, SqliteStorage};

use crate::args::Serve;
use crate::failure::Failure;

/// The name of the one store of a directory, which has none.
pub(super) const ONLY: &str = "store";

#[derive(Debug)]
pub(super) enum Source {
    /// One store.
    Directory(PathBuf),
    /// One store in each directory below.
    Directories(PathBuf),
}

impl Source {
    pub(super) fn new(args: &Serve) -> Result<Self, Failure> {
        match (&args.store, &args.stores) {
            (Some(store), _) => Ok(Self::Directory(store.into())),
            (None, Some(stores)) => {
                let root = PathBuf::from(stores);
                fs::create_dir_all(&root).map_err(|error| {
                    let message = format!("{} can't be made: {error}", root.display());
                    Failure::other("stores", message)
                })?;
                Ok(Self::Directories(root))
            }
            (None, None) => Err(Failure::Usage("--store or --stores is needed".into())),
        }
    }

    /// Returns the name of the one store, if there is one.
    pub(super) fn only(&self) -> Option<&str> {
        match self {
            Self::Directory(_) => Some(ONLY),
            Self::Directories(_) => None,
        }
    }

    /// Opens what a store lies in; the name is one that a token has.
    pub(super) async fn open(&self, name: &str) -> creel::Result<BoxedStorage> {
        let directory = match self {
            Self::Directory(directory) => directory.clone(),
            Self::Directories(root) => root.join(name),
        };
        Ok(BoxedStorage::new(SqliteStorage::open(directory).await?))
    }

    /// Tells whether the medium answers.
    pub(super) async fn healthy(&self) -> bool {
        let (Self::Directory(directory) | Self::Directories(directory)) = self;
        let directory = directory.clone();
        smol::unblock(move || fs::read_dir(directory).is_ok()).await
    }
}
