//! Values of every size, and pages bounded in bytes.

use bytes::Bytes;

use super::check::{
    Checked, after, all, case, commit, commit_if, conflict, delete_range, done, ensure, equal,
    exists, insert, open, store,
};
use super::{Case, Factory};
use crate::storage::{KeyRange, Order, Storage, Table, Write};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

pub(super) fn cases<F: Factory>() -> Vec<Case<F>> {
    vec![
        case!("values are kept byte by byte", every_byte),
        case!("values of 64 KiB are kept", small),
        case!("values of 1 MiB are kept", large, |can| can.max_value >= MIB),
        case!("values of 16 MiB are kept", huge, |can| can.max_value >= 16 * MIB),
        case!("keys of 200 bytes are kept", long_keys),
        case!("a commit of megabytes is all or nothing, in order", big_commit),
        case!("a scan of much data ends, page by page", big_scan),
    ]
}

async fn every_byte<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "every-byte").await?;
    let value: Bytes = (0..=255).collect();
    let writes = vec![
        Write::Put { table: Table::History, key: "bytes".into(), value: value.clone() },
        Write::Insert { table: Table::History, key: "empty".into(), value: Bytes::new() },
    ];
    done("commit", commit(&storage, writes).await)?;
    let keys = vec!["bytes".into(), "empty".into()];
    let found = done("get", storage.get(Table::History, keys).await)?;
    equal("values", found, vec![Some(value), Some(Bytes::new())])
}

async fn small<F: Factory>(factory: &F) -> Checked {
    of_size(factory, "small", 64 * KIB).await
}

async fn large<F: Factory>(factory: &F) -> Checked {
    of_size(factory, "large", MIB).await
}

async fn huge<F: Factory>(factory: &F) -> Checked {
    of_size(factory, "huge", 16 * MIB).await
}

async fn of_size<F: Factory>(factory: &F, name: &str, size: usize) -> Checked {
    let storage = open(factory, name).await?;
    // Lengths around a round one, and bytes that no codec finds easy.
    for length in [size - 1, size] {
        let value = noise(length);
        let put = Write::Put { table: Table::History, key: "k".into(), value: value.clone() };
        done("put", commit(&storage, vec![put]).await)?;
        let found = done("get", storage.get(Table::History, vec!["k".into()]).await)?;
        ensure(found == [Some(value.clone())], || format!("get: {length} bytes changed"))?;
        let range = KeyRange::prefix("k");
        let page = storage.scan(Table::History, range, 10, Order::Ascending).await;
        let page = done("scan", page)?;
        let expected = [("k".to_owned(), value)];
        ensure(page.records == expected, || format!("scan: {length} bytes changed"))?;
        equal("more", page.more, false)?;
    }
    Ok(())
}

fn noise(length: usize) -> Bytes {
    let mut state = 0x9e37_79b9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    (0..length).map(|_| next()).collect()
}

async fn long_keys<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "long-keys").await?;
    let keys: Vec<String> = ["a", "b"].iter().map(|end| "k".repeat(199) + end).collect();
    for key in &keys {
        let value = Bytes::from(key.clone());
        let insert = Write::Insert { table: Table::Catalog, key: key.clone(), value };
        done("insert", commit(&storage, vec![insert]).await)?;
    }
    let found = done("get", storage.get(Table::Catalog, keys.clone()).await)?;
    equal("values", found, keys.into_iter().map(|key| Some(Bytes::from(key))).collect())
}

async fn big_commit<F: Factory>(factory: &F) -> Checked {
    const RECORDS: usize = 40;
    let storage = open(factory, "big-commit").await?;
    store(&storage, Table::Journal, &[("taken", "old")]).await?;
    let value = noise(64 * KIB);
    let key = |n: usize| format!("k/{n:04}");
    let put = |n| Write::Put { table: Table::History, key: key(n), value: value.clone() };
    let mut writes: Vec<Write> = (0..RECORDS).map(put).collect();
    writes.push(delete_range(Table::History, &key(0), &key(2)));
    let refused = |mut writes: Vec<Write>, place| {
        writes.insert(place, insert(Table::Journal, "taken", "new"));
        commit(&storage, writes)
    };
    for place in [0, RECORDS / 2, RECORDS + 1] {
        conflict(&format!("insert at {place}"), refused(writes.clone(), place).await)?;
        equal("history", all(&storage, Table::History).await?.len(), 0)?;
    }
    let check = exists(Table::Journal, "absent");
    conflict("check", commit_if(&storage, vec![check], writes.clone()).await)?;
    equal("history", all(&storage, Table::History).await?.len(), 0)?;
    done("commit", commit(&storage, writes).await)?;
    let keys = (0..RECORDS).map(key).collect();
    let found = done("get", storage.get(Table::History, keys).await)?;
    let kept = |n| if n < 2 { None } else { Some(value.clone()) };
    ensure(found.into_iter().eq((0..RECORDS).map(kept)), || "the records are others".into())
}

async fn big_scan<F: Factory>(factory: &F) -> Checked {
    const RECORDS: usize = 160;
    let storage = open(factory, "big-scan").await?;
    let value = noise(64 * KIB);
    for part in 0..16 {
        let keys = (0..RECORDS / 16).map(|n| format!("k/{:04}", part * (RECORDS / 16) + n));
        let put = |key| Write::Put { table: Table::History, key, value: value.clone() };
        done("put", commit(&storage, keys.map(put).collect()).await)?;
    }
    for order in [Order::Ascending, Order::Descending] {
        let mut range = KeyRange::prefix("k/");
        let mut found = 0;
        loop {
            let page = storage.scan(Table::History, range.clone(), 1000, order).await;
            let page = done("scan", page)?;
            let whole = page.records.iter().all(|(_, found)| *found == value);
            ensure(whole, || "a value changed".into())?;
            match (page.records.last(), order) {
                (Some((last, _)), Order::Ascending) => range.start = after(last),
                (Some((last, _)), Order::Descending) => range.end = last.clone(),
                (None, _) => return Err(format!("an empty page after {found} records")),
            }
            found += page.records.len();
            if !page.more {
                break;
            }
        }
        equal(&format!("records {order:?}"), found, RECORDS)?;
    }
    Ok(())
}
