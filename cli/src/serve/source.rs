//! Where the stores of a server lie: one directory, a directory of them, or a database.

use std::fs;
use std::path::PathBuf;

use creel::storage::{BoxedStorage, SqliteStorage};
#[cfg(feature = "postgres")]
use creel::storage::{PostgresOptions, PostgresPool};

use crate::args::Serve;
use crate::failure::Failure;

/// The name of the one store of a directory, which has none.
pub(super) const ONLY: &str = "store";
/// What an address begins with that is in a variable, since it holds a password.
const VARIABLE: &str = "env:";

#[derive(Debug)]
enum Medium {
    /// One store.
    Directory(PathBuf),
    /// One store in each directory below.
    Directories(PathBuf),
    /// Any number of stores, each with its name.
    #[cfg(feature = "postgres")]
    Postgres(PostgresPool),
}

#[derive(Debug)]
pub(super) struct Source {
    medium: Medium,
    /// The name of the one store, if there is one.
    only: Option<String>,
}

impl Source {
    pub(super) async fn new(args: &Serve) -> Result<Self, Failure> {
        let (place, many) = match (&args.store, &args.stores) {
            (Some(store), _) => (place(store)?, false),
            (None, Some(stores)) => (place(stores)?, true),
            (None, None) => return Err(Failure::Usage("--store or --stores is needed".into())),
        };
        let database = place.starts_with("postgres:") || place.starts_with("postgresql:");
        if database && !many && args.name.is_none() {
            return Err(Failure::Usage("--store with a database needs --name".into()));
        }
        if !database && args.name.is_some() {
            return Err(Failure::Usage("--name is for a store in a database".into()));
        }
        if database {
            let only = if many { None } else { args.name.clone() };
            return Ok(Self { medium: connect(&place, args).await?, only });
        }
        let directory = PathBuf::from(place);
        if !many {
            return Ok(Self { medium: Medium::Directory(directory), only: Some(ONLY.to_owned()) });
        }
        fs::create_dir_all(&directory).map_err(|error| {
            let message = format!("{} can't be made: {error}", directory.display());
            Failure::other("stores", message)
        })?;
        Ok(Self { medium: Medium::Directories(directory), only: None })
    }

    /// Returns the name of the one store, if there is one.
    pub(super) fn only(&self) -> Option<&str> {
        self.only.as_deref()
    }

    /// Opens what a store lies in; the name is one that a token has.
    pub(super) async fn open(&self, name: &str) -> creel::Result<BoxedStorage> {
        let directory = match &self.medium {
            Medium::Directory(directory) => directory.clone(),
            Medium::Directories(root) => root.join(name),
            #[cfg(feature = "postgres")]
            Medium::Postgres(pool) => return Ok(BoxedStorage::new(pool.store(name).await?)),
        };
        Ok(BoxedStorage::new(SqliteStorage::open(directory).await?))
    }

    /// Tells whether the medium answers.
    pub(super) async fn healthy(&self) -> bool {
        let directory = match &self.medium {
            Medium::Directory(directory) | Medium::Directories(directory) => directory.clone(),
            #[cfg(feature = "postgres")]
            Medium::Postgres(pool) => return pool.healthy().await.is_ok(),
        };
        smol::unblock(move || fs::read_dir(directory).is_ok()).await
    }
}

fn place(given: &str) -> Result<String, Failure> {
    let Some(variable) = given.strip_prefix(VARIABLE) else { return Ok(given.to_owned()) };
    std::env::var(variable)
        .map_err(|_| Failure::Usage(format!("the variable {variable} is not set, or no text")))
}

#[cfg(feature = "postgres")]
async fn connect(url: &str, args: &Serve) -> Result<Medium, Failure> {
    let mut options = PostgresOptions::default();
    options.max_connections = args.database_connections;
    Ok(Medium::Postgres(PostgresPool::connect(url, options).await.map_err(creel::Error::from)?))
}

#[cfg(not(feature = "postgres"))]
async fn connect(_: &str, _: &Serve) -> Result<Medium, Failure> {
    Err(Failure::Usage("this program was built without PostgreSQL".into()))
}
