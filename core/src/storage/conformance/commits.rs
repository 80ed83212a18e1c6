//! What one `commit` must do: all of it or nothing, in order, under its checks.

use super::check::{
    Checked, all, case, commit, commit_if, conflict, delete, delete_range, done, equal, exists,
    get, insert, open, put, store,
};
use super::{Case, Factory};
use crate::storage::{Batch, Durability, Storage, Table};

pub(super) fn cases<F: Factory>() -> Vec<Case<F>> {
    vec![
        case!("insert adds a record and refuses a key that exists", insert_once),
        case!("a refused insert leaves nothing of its batch", insert_whole),
        case!("a failed check leaves nothing of its batch", check_whole),
        case!("checks and inserts of one batch are one step", check_and_insert),
        case!("checks look at the state before the batch", check_before),
        case!("put adds and replaces", put_replaces),
        case!("delete removes, and an absent key is no error", delete_absent),
        case!("a range delete takes its keys alone", delete_ranges),
        case!("writes of one batch apply in order", write_order),
        case!("an insert sees the writes before it", insert_order),
        case!("an empty batch and checks alone succeed", no_writes),
        case!("both durabilities commit", durabilities),
    ]
}

async fn insert_once<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "insert-once").await?;
    for table in Table::ALL {
        done("first insert", commit(&storage, vec![insert(table, "k", "1")]).await)?;
        conflict("second insert", commit(&storage, vec![insert(table, "k", "2")]).await)?;
        conflict("same value again", commit(&storage, vec![insert(table, "k", "1")]).await)?;
        equal("record", all(&storage, table).await?, vec!["k=1".into()])?;
    }
    Ok(())
}

async fn insert_whole<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "insert-whole").await?;
    store(&storage, Table::Journal, &[("taken", "old")]).await?;
    store(&storage, Table::History, &[("a", "1"), ("b", "2"), ("c", "3")]).await?;
    // The refusal comes first, in the middle and last.
    for place in 0..5 {
        let mut writes = vec![
            put(Table::History, "a", "changed"),
            delete(Table::History, "b"),
            delete_range(Table::History, "c", "d"),
            insert(Table::Catalog, "new", "x"),
        ];
        writes.insert(place, insert(Table::Journal, "taken", "new"));
        conflict(&format!("insert at {place}"), commit(&storage, writes).await)?;
        equal("journal", all(&storage, Table::Journal).await?, vec!["taken=old".into()])?;
        equal("catalog", all(&storage, Table::Catalog).await?, vec![])?;
        let history = vec!["a=1".into(), "b=2".into(), "c=3".into()];
        equal("history", all(&storage, Table::History).await?, history)?;
    }
    done("the next commit", commit(&storage, vec![insert(Table::Catalog, "new", "x")]).await)
}

async fn check_whole<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "check-whole").await?;
    store(&storage, Table::Catalog, &[("there", "1")]).await?;
    for checks in [
        vec![exists(Table::Catalog, "absent")],
        vec![exists(Table::Catalog, "there"), exists(Table::Catalog, "absent")],
        vec![exists(Table::Catalog, "absent"), exists(Table::Catalog, "there")],
        vec![exists(Table::Journal, "there")],
        vec![exists(Table::Catalog, "ther")],
        vec![exists(Table::Catalog, "THERE")],
    ] {
        let writes = vec![insert(Table::Journal, "1", "x"), delete(Table::Catalog, "there")];
        let what = format!("{checks:?}");
        conflict(&what, commit_if(&storage, checks, writes).await)?;
        equal(&what, all(&storage, Table::Journal).await?, vec![])?;
        equal(&what, all(&storage, Table::Catalog).await?, vec!["there=1".into()])?;
    }
    Ok(())
}

async fn check_and_insert<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "check-and-insert").await?;
    store(&storage, Table::Journal, &[("1", "first")]).await?;
    let checks = || vec![exists(Table::Journal, "1"), exists(Table::Journal, "1")];
    let writes = || vec![insert(Table::Journal, "2", "second")];
    done("the check holds", commit_if(&storage, checks(), writes()).await)?;
    conflict("the insert is taken", commit_if(&storage, checks(), writes()).await)?;
    done("trimming", commit(&storage, vec![delete(Table::Journal, "1")]).await)?;
    let next = vec![insert(Table::Journal, "3", "third")];
    conflict("the check fails", commit_if(&storage, checks(), next).await)?;
    equal("journal", all(&storage, Table::Journal).await?, vec!["2=second".into()])
}

async fn check_before<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "check-before").await?;
    let own = vec![insert(Table::Journal, "1", "x")];
    let result = commit_if(&storage, vec![exists(Table::Journal, "1")], own).await;
    conflict("a batch does not meet its own check", result)?;
    store(&storage, Table::Journal, &[("1", "x")]).await?;
    let trim = vec![delete(Table::Journal, "1"), insert(Table::Journal, "2", "y")];
    let result = commit_if(&storage, vec![exists(Table::Journal, "1")], trim).await;
    done("a batch deletes what it checked", result)?;
    equal("journal", all(&storage, Table::Journal).await?, vec!["2=y".into()])
}

async fn put_replaces<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "put-replaces").await?;
    let long = "long ".repeat(2000);
    for value in ["first", "", &long, "shorter again"] {
        done("put", commit(&storage, vec![put(Table::Catalog, "k", value)]).await)?;
        equal("value", get(&storage, Table::Catalog, &["k"]).await?, vec![Some(value.into())])?;
    }
    equal("records", all(&storage, Table::Catalog).await?.len(), 1)
}

async fn delete_absent<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "delete-absent").await?;
    store(&storage, Table::History, &[("a", "1"), ("ab", "2")]).await?;
    let writes = || vec![delete(Table::History, "a"), delete(Table::Journal, "ab")];
    done("first delete", commit(&storage, writes()).await)?;
    done("second delete", commit(&storage, writes()).await)?;
    equal("history", all(&storage, Table::History).await?, vec!["ab=2".into()])
}

async fn delete_ranges<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "delete-ranges").await?;
    let keys: Vec<String> =
        (0..3).flat_map(|tree| (0..700).map(move |n| format!("t{tree}/{n:04}"))).collect();
    let records: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "v")).collect();
    store(&storage, Table::History, &records).await?;
    store(&storage, Table::Catalog, &[("t1/0001", "stays")]).await?;
    let empty = vec![
        delete_range(Table::History, "t1/0500", "t1/0500"),
        delete_range(Table::History, "t2", "t1"),
        delete_range(Table::History, "t1/", "t1/0000"),
        delete_range(Table::History, "x", "y"),
    ];
    done("empty ranges", commit(&storage, empty).await)?;
    equal("records", all(&storage, Table::History).await?.len(), 2100)?;
    done("range", commit(&storage, vec![delete_range(Table::History, "t1/", "t10")]).await)?;
    let left: Vec<String> = keys.iter().filter(|key| !key.starts_with("t1/")).cloned().collect();
    let expected: Vec<String> = left.iter().map(|key| format!("{key}=v")).collect();
    equal("history", all(&storage, Table::History).await?, expected)?;
    equal("catalog", all(&storage, Table::Catalog).await?, vec!["t1/0001=stays".into()])
}

async fn write_order<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "write-order").await?;
    let table = Table::History;
    let writes = vec![
        put(table, "a", "1"),
        put(table, "b", "1"),
        put(table, "c", "1"),
        put(table, "c", "2"),
        delete_range(table, "a", "c"),
        put(table, "b", "3"),
        put(table, "d", "1"),
        delete(table, "d"),
    ];
    done("commit", commit(&storage, writes).await)?;
    equal("history", all(&storage, table).await?, vec!["b=3".into(), "c=2".into()])
}

async fn insert_order<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "insert-order").await?;
    let table = Table::Journal;
    store(&storage, table, &[("a", "old"), ("b", "old")]).await?;
    let twice = vec![insert(table, "c", "1"), insert(table, "c", "2")];
    conflict("a key inserted twice", commit(&storage, twice).await)?;
    let after_put = vec![put(table, "c", "1"), insert(table, "c", "2")];
    conflict("a key put, then inserted", commit(&storage, after_put).await)?;
    let writes = vec![
        delete(table, "a"),
        insert(table, "a", "new"),
        delete_range(table, "b", "c"),
        insert(table, "b", "new"),
    ];
    done("keys deleted, then inserted", commit(&storage, writes).await)?;
    equal("journal", all(&storage, table).await?, vec!["a=new".into(), "b=new".into()])
}

async fn no_writes<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "no-writes").await?;
    done("empty", commit(&storage, vec![]).await)?;
    conflict("check", commit_if(&storage, vec![exists(Table::Journal, "1")], vec![]).await)?;
    store(&storage, Table::Journal, &[("1", "x")]).await?;
    done("check", commit_if(&storage, vec![exists(Table::Journal, "1")], vec![]).await)
}

async fn durabilities<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "durabilities").await?;
    let order = [Durability::Relaxed, Durability::Strict, Durability::Strict, Durability::Relaxed];
    for (n, durability) in order.into_iter().enumerate() {
        let writes = vec![insert(Table::Journal, &n.to_string(), "x")];
        let batch = Batch { checks: Vec::new(), writes };
        done(&format!("{durability:?}"), storage.commit(batch, durability).await)?;
    }
    equal("records", all(&storage, Table::Journal).await?.len(), order.len())
}
