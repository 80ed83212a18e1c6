//! One of several processes that write to one store at once.
//!
//! `writer PLACE NAME OPERATIONS` appends numbered items to the threads that all writers share,
//! creates and deletes threads of its own, and races the others for threads of one id. It prints
//! what it did, as far as it was acknowledged.

use std::sync::Arc;

use creel::storage::BoxedStorage;
use creel::{
    CreateThread, DeleteOptions, Error, Item, Result, Store, StoreOptions, SystemEnv, Wait,
};
use creel_tests::{contested, place, shared};
use futures_lite::future::block_on;
use futures_util::future::join_all;

/// The operations that are in flight at once.
const AT_ONCE: usize = 8;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [place, name, operations] = &arguments[..] else { return Ok(()) };
    block_on(write(place, name, operations.parse().unwrap_or(0)))
}

async fn write(place: &str, name: &str, operations: usize) -> Result<()> {
    let storage = place::open(place).await?;
    let store = Store::open(storage, Arc::new(SystemEnv::new()), StoreOptions::default()).await?;
    for (round, first) in (0..operations).step_by(AT_ONCE).enumerate() {
        let wave = first..operations.min(first + AT_ONCE);
        // Of two appends to one thread in one wave the order would be the store's to choose.
        let results = join_all(wave.map(|n| operate(&store, name, n, round))).await;
        results.into_iter().collect::<Result<()>>()?;
    }
    store.close().await
}

/// Does operation `n`: mostly an append, else a creation or a deletion.
async fn operate(store: &Store<BoxedStorage>, name: &str, n: usize, round: usize) -> Result<()> {
    match n % 100 {
        13 => {
            let id = store.create(CreateThread::default()).await?.id;
            println!("created {id}");
            if n % 200 == 13 {
                let options = DeleteOptions { wait: Wait::Committed, ..DeleteOptions::default() };
                let receipt = store.delete(id, options).await?;
                println!("deleted {id} {}", receipt.deletion);
            }
        }
        51 => {
            let id = Some(contested(n / 200));
            let create = CreateThread { id, ..CreateThread::default() };
            if n % 200 == 51 {
                match store.create(create).await {
                    Ok(thread) => println!("won {}", thread.id),
                    Err(Error::ThreadExists { .. } | Error::ThreadDeleted { .. }) => {}
                    Err(error) => return Err(error),
                }
            } else {
                let options = DeleteOptions { wait: Wait::Committed, ..DeleteOptions::default() };
                let receipt = store.delete(contested(n / 200), options).await?;
                println!("deleted {} {}", contested(n / 200), receipt.deletion);
            }
        }
        _ => {
            let thread = shared(n % AT_ONCE);
            let item = Item::new(&format!(r#"{{"by":"{name}","n":{round}}}"#))?;
            store.append(thread, vec![item]).await?;
            println!("appended {thread} {round}");
        }
    }
    Ok(())
}
