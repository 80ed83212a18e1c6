//! `creel import`: brings in trees that were exported, or the sessions of a Codex home.

mod codex;
mod copy;
mod databases;
mod file;
mod home;
mod report;
mod text;

use crate::args::{Import, Source};
use crate::failure::Failure;

pub(crate) async fn run(args: Import) -> Result<(), Failure> {
    match args {
        Import { source: Some(Source::Codex(args)), .. } => codex::run(args).await,
        Import { file: Some(file), store: Some(store), new_ids, json, .. } => {
            file::run(&file, &store, new_ids, json).await
        }
        _ => Err(Failure::Usage("both a file and --store are needed".into())),
    }
}
