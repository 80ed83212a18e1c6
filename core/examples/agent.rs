//! An agent that keeps its conversation and those of its helpers in a directory, and deletes them together.
//!
//!     cargo run -p creel --features fs --example agent -- ./threads

use std::path::Path;
use std::sync::Arc;

use creel::storage::SqliteStorage;
use creel::{
    CreateThread, DeleteOptions, Item, ItemQuery, Receipt, Store, StoreOptions, SystemEnv,
    ThreadDetails, ThreadId,
};

type Threads = Store<SqliteStorage>;

/// Answers a question with a helper's aid and returns the conversation's id.
///
/// # Errors
/// Those of the store.
pub(crate) fn ask(store: &Threads, question: &str) -> creel::Result<ThreadId> {
    futures_lite::future::block_on(async {
        let thread = CreateThread { name: Some(question.to_owned()), ..CreateThread::default() };
        let root = store.create(thread).await?.id;
        store.append(root, vec![message("user", question)?]).await?;
        let details = ThreadDetails { agent_nickname: Some("helper".into()), ..Default::default() };
        let helper = CreateThread { parent_thread_id: Some(root), details, ..Default::default() };
        let helper = store.create(helper).await?.id;
        store.append(helper, vec![message("assistant", "The disk is full.")?]).await?;
        store.append(root, vec![message("assistant", "Make room, then run it again.")?]).await?;
        Ok(root)
    })
}

/// Prints a conversation, and those of its helpers below it.
///
/// # Errors
/// Those of the store.
pub(crate) fn show(store: &Threads, root: ThreadId) -> creel::Result<Vec<String>> {
    futures_lite::future::block_on(async {
        let mut lines = Vec::new();
        let threads = [vec![store.read(root).await?], store.descendants(root).await?].concat();
        for thread in threads {
            let name = thread.name.or(thread.details.agent_nickname).unwrap_or_default();
            lines.push(format!("# {name}"));
            let mut query = ItemQuery::default();
            loop {
                let page = store.items(thread.id, query).await?;
                lines.extend(page.data.iter().map(|stored| stored.item.json().to_owned()));
                let Some(cursor) = page.next_cursor else { break };
                query = ItemQuery { cursor: Some(cursor), ..ItemQuery::default() };
            }
        }
        Ok(lines)
    })
}

/// Deletes a conversation with everything below it, after a look at what that takes.
///
/// # Errors
/// Those of the store; `plan_changed` when somebody spawned another helper in between.
pub(crate) fn forget(store: &Threads, root: ThreadId) -> creel::Result<Receipt> {
    futures_lite::future::block_on(async {
        let plan = store.plan_delete(root, Default::default()).await?;
        println!("deleting {} threads with {} items", plan.threads, plan.items);
        let options = DeleteOptions { plan: Some(plan.token), ..DeleteOptions::default() };
        store.delete(root, options).await
    })
}

/// Opens the store in a directory, which other processes may have open too.
///
/// # Errors
/// Those of the storage.
pub(crate) fn open(directory: &Path) -> creel::Result<Threads> {
    futures_lite::future::block_on(async {
        let storage = SqliteStorage::open(directory).await?;
        Store::open(storage, Arc::new(SystemEnv::new()), StoreOptions::default()).await
    })
}

#[allow(dead_code, reason = "the test calls the functions above by itself")]
fn main() -> creel::Result<()> {
    let directory = std::env::args().nth(1).unwrap_or_else(|| "threads".to_owned());
    let store = open(Path::new(&directory))?;
    let root = ask(&store, "Why does the build fail?")?;
    println!("{}", show(&store, root)?.join("\n"));
    let receipt = forget(&store, root)?;
    println!("{} items are gone for good", receipt.removed.items);
    futures_lite::future::block_on(store.close())
}

fn message(role: &str, content: &str) -> creel::Result<Item> {
    Item::new(&serde_json::json!({ "role": role, "content": content }).to_string())
}
