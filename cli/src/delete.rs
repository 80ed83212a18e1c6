//! `creel delete`: shows what goes, asks, deletes.

use std::io::{self, IsTerminal, Write};

use creel::{Change, Children, DeleteOptions, DeletionPlan, Receipt, Thread, ThreadId};
use futures_lite::future;
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::{self, Delete};
use crate::failure::Failure;
use crate::open::FileStore;
use crate::{list, open, output};

pub(crate) async fn run(args: Delete) -> Result<(), Failure> {
    let id = open::id(&args.thread)?;
    if !args.yes && !args.dry_run && !io::stdin().is_terminal() {
        let message = "there is nobody to ask: say --yes to delete, or --dry-run to only look";
        return Err(Failure::Usage(message.into()));
    }
    let store = open::existing(&args.common.store).await?;
    let children = match args.children {
        args::Children::Delete => Children::Delete,
        args::Children::Detach => Children::Detach,
        args::Children::Refuse => Children::Refuse,
    };
    let plan = store.plan_delete(id, children).await?;
    if args.dry_run && args.common.json {
        output::json(&plan)?;
        return Ok(store.close().await?);
    }
    if !args.yes {
        show(&store, &plan).await?;
        if args.dry_run {
            return Ok(store.close().await?);
        }
        ask()?;
    }
    let options =
        DeleteOptions { children, plan: Some(plan.token.clone()), ..DeleteOptions::default() };
    let receipt = delete(&store, id, options).await?;
    if args.common.json {
        output::json(&receipt)?;
    } else {
        println!("Deleted {}.", extent(&plan));
    }
    Ok(store.close().await?)
}

async fn show(store: &FileStore, plan: &DeletionPlan) -> Result<(), Failure> {
    const SHOWN: usize = 20;
    let mut members: Vec<Thread> = Vec::new();
    for id in plan.members.iter().rev().take(SHOWN) {
        members.push(store.read(*id).await?);
    }
    members.sort_by_key(|thread| std::cmp::Reverse((thread.created_at, thread.id)));
    list::print(&members)?;
    let hidden = plan.members.len().saturating_sub(SHOWN);
    if hidden > 0 {
        println!("… and {hidden} more");
    }
    println!("Deleting takes {}.", extent(plan));
    if !plan.detached.is_empty() {
        let detached = output::count(plan.detached.len() as u64, "thread");
        println!("{detached} spawned by it will stand on their own.");
    }
    if !plan.forks.is_empty() {
        println!("{} of it will stay.", output::count(plan.forks.len() as u64, "fork"));
    }
    Ok(())
}

fn ask() -> Result<(), Failure> {
    print!("Delete for good? [y/N] ");
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::Declined),
    }
}

/// Deletes and shows how far it is; a bar that nobody sees is not drawn.
async fn delete(
    store: &FileStore,
    id: ThreadId,
    options: DeleteOptions,
) -> Result<Receipt, Failure> {
    let events = store.subscribe();
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} threads erased") {
        bar.set_style(style);
    }
    let watch = async {
        while let Ok(event) = events.recv().await {
            if let Change::Erasing { progress } = event.change {
                bar.set_length(progress.threads);
                bar.set_position(progress.erased);
            }
        }
        future::pending().await
    };
    let receipt = future::or(store.delete(id, options), watch).await;
    bar.finish_and_clear();
    Ok(receipt?)
}

fn extent(plan: &DeletionPlan) -> String {
    let threads = output::count(plan.threads, "thread");
    format!("{threads}, {}, {}", output::count(plan.items, "item"), output::size(plan.bytes))
}
