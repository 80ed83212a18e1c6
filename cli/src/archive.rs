//! `creel archive` and `creel unarchive`.

use creel::ThreadId;

use crate::args::Threads;
use crate::failure::Failure;
use crate::open::FileStore;
use crate::{open, output};

pub(crate) async fn archive(args: Threads) -> Result<(), Failure> {
    let store = open::existing(&args.common.store).await?;
    let mut changed = Vec::new();
    for id in ids(&args)? {
        changed.extend(store.archive(id).await?);
    }
    finish(&store, &args, "Archived", &changed).await
}

pub(crate) async fn unarchive(args: Threads) -> Result<(), Failure> {
    let store = open::existing(&args.common.store).await?;
    let mut changed = Vec::new();
    for id in ids(&args)? {
        changed.extend(store.unarchive(id).await?);
    }
    finish(&store, &args, "Unarchived", &changed).await
}

fn ids(args: &Threads) -> Result<Vec<ThreadId>, Failure> {
    args.threads.iter().map(|text| open::id(text)).collect()
}

async fn finish(
    store: &FileStore,
    args: &Threads,
    done: &str,
    changed: &[ThreadId],
) -> Result<(), Failure> {
    if args.common.json {
        let mut threads = Vec::new();
        for id in changed {
            threads.push(store.read(*id).await?);
        }
        output::json_threads(&threads)?;
    } else {
        println!("{done} {}.", output::count(changed.len() as u64, "thread"));
    }
    Ok(store.close().await?)
}
