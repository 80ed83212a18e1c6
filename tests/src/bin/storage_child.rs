//! The other process of the storage tests: it works on a store until it is done or killed.
//!
//! `storage_child append DIR COUNT DURABILITY` inserts records one a commit;
//! `storage_child race DIR NAME COUNT` appends to the journal as the store does, against others;
//! `storage_child work DIR` commits to all tables for ever and prints each number acknowledged.

use std::error::Error;
use std::io::Write as _;

use bytes::Bytes;
use creel::storage::{
    Batch, Durability, Exists, KeyRange, Order, SqliteStorage, Storage, StorageError, Table, Write,
};
use futures_lite::future::block_on;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    block_on(async {
        match arguments[..] {
            ["append", dir, count, durability] => append(dir, count, durability).await,
            ["race", dir, name, count] => race(dir, name, count).await,
            ["work", dir] => work(dir).await,
            _ => Err("append DIR COUNT DURABILITY | race DIR NAME COUNT | work DIR".into()),
        }
    })
}

async fn append(dir: &str, count: &str, durability: &str) -> Outcome {
    let durability = if durability == "strict" { Durability::Strict } else { Durability::Relaxed };
    let storage = SqliteStorage::open(dir).await?;
    for n in 0..count.parse()? {
        let batch = Batch { checks: vec![], writes: vec![insert(Table::Journal, n, "entry")] };
        storage.commit(batch, durability).await?;
    }
    Ok(())
}

async fn race(dir: &str, name: &str, count: &str) -> Outcome {
    let storage = SqliteStorage::open(dir).await?;
    let (mut done, mut conflicts) = (0, 0);
    let count: u64 = count.parse()?;
    while done < count {
        let newest = storage.scan(Table::Journal, everything(), 1, Order::Descending).await?;
        let tip: u64 = match newest.records.first() {
            Some((key, _)) => key.parse()?,
            None => return Err("the journal is empty".into()),
        };
        let checks = vec![Exists { table: Table::Journal, key: number(tip) }];
        let writes = vec![insert(Table::Journal, tip + 1, &format!("{name} {done}"))];
        match storage.commit(Batch { checks, writes }, Durability::Relaxed).await {
            Ok(()) => done += 1,
            Err(StorageError::Conflict) => conflicts += 1,
            Err(error) => return Err(error.into()),
        }
    }
    println!("{conflicts}");
    Ok(storage.close().await?)
}

async fn work(dir: &str) -> Outcome {
    let storage = SqliteStorage::open(dir).await?;
    let newest = storage.scan(Table::Journal, everything(), 1, Order::Descending).await?;
    let mut n = match newest.records.first() {
        Some((key, _)) => key.parse::<u64>()? + 1,
        None => 0,
    };
    loop {
        let value = format!("{n} ").repeat(1 + n as usize % 2000);
        let tip = Bytes::from(n.to_string());
        let writes = vec![
            insert(Table::Journal, n, "entry"),
            insert(Table::History, n, &value),
            Write::Put { table: Table::Catalog, key: "tip".into(), value: tip },
        ];
        let durability = if n % 7 == 0 { Durability::Strict } else { Durability::Relaxed };
        storage.commit(Batch { checks: vec![], writes }, durability).await?;
        let mut out = std::io::stdout();
        writeln!(out, "{n}")?;
        out.flush()?;
        n += 1;
    }
}

fn insert(table: Table, n: u64, value: &str) -> Write {
    Write::Insert { table, key: number(n), value: Bytes::copy_from_slice(value.as_bytes()) }
}

fn number(n: u64) -> String {
    format!("{n:016}")
}

fn everything() -> KeyRange {
    KeyRange::new("!", "~")
}
