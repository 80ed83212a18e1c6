//! What several calls and several handles must make of one database: races, reopening, closing.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use futures_util::future::{join, join_all};

use super::check::{
    Checked, all, case, closed, commit, commit_if, conflict, delete, done, ensure, equal, exists,
    get, insert, open, put, store,
};
use super::{Case, Factory};
use crate::storage::{KeyRange, Order, Storage, StorageError, StorageResult, Table};

pub(super) fn cases<F: Factory>() -> Vec<Case<F>> {
    vec![
        case!("handles see each other's commits", shared),
        case!("of two handles inserting one key exactly one wins", race),
        case!("a race of chained inserts leaves one chain", chains),
        case!("50 concurrent commits lose nothing", concurrent),
        case!("one get is one snapshot", get_snapshot),
        case!("one scan is one snapshot", scan_snapshot),
        case!("reopening keeps what was committed", reopen),
        case!("a closed handle answers closed, and closes twice", close),
        case!("closing one handle leaves the others open", close_one),
        case!("a commit that meets a close is whole or absent", close_race),
        case!("a commit whose caller is gone is whole or absent", dropped),
        case!("scrub keeps what is there", scrub),
        case!("watch tells of another handle's commit", watch, |can| can.watch),
    ]
}

async fn shared<F: Factory>(factory: &F) -> Checked {
    let (a, b) = (open(factory, "shared").await?, open(factory, "shared").await?);
    for round in 0..20 {
        let (from, to) = if round % 2 == 0 { (&a, &b) } else { (&b, &a) };
        let value = round.to_string();
        done("put", commit(from, vec![put(Table::Catalog, "k", &value)]).await)?;
        equal("value", get(to, Table::Catalog, &["k"]).await?, vec![Some(value)])?;
    }
    Ok(())
}

/// Sorts the results of racers: exactly one won and the others met a conflict.
fn one_winner(what: &str, results: &[StorageResult<()>]) -> Result<usize, String> {
    let winners: Vec<usize> =
        results.iter().enumerate().filter(|(_, result)| result.is_ok()).map(|(n, _)| n).collect();
    let losers =
        results.iter().filter(|result| matches!(result, Err(StorageError::Conflict))).count();
    match winners[..] {
        [winner] if losers + 1 == results.len() => Ok(winner),
        _ => Err(format!("{what}: {results:?}")),
    }
}

async fn race<F: Factory>(factory: &F) -> Checked {
    let (a, b) = (open(factory, "race").await?, open(factory, "race").await?);
    for round in 0..100 {
        let key = format!("{round:04}");
        let try_insert = |storage, name| commit(storage, vec![insert(Table::Journal, &key, name)]);
        let (first, second) = match round % 2 {
            0 => join(try_insert(&a, "a"), try_insert(&b, "b")).await,
            _ => {
                let (second, first) = join(try_insert(&b, "b"), try_insert(&a, "a")).await;
                (first, second)
            }
        };
        let winner = one_winner(&format!("round {round}"), &[first, second])?;
        let expected = if winner == 0 { "a" } else { "b" };
        let found = get(&b, Table::Journal, &[&key]).await?;
        equal("the winner's value", found, vec![Some(expected.into())])?;
    }
    Ok(())
}

async fn chains<F: Factory>(factory: &F) -> Checked {
    let handles = [
        open(factory, "chains").await?,
        open(factory, "chains").await?,
        open(factory, "chains").await?,
    ];
    store(&handles[0], Table::Journal, &[("0000", "start")]).await?;
    // Each writer inserts after the newest entry and trims the one before, as a journal does.
    for round in 1..40 {
        let (last, next) = (format!("{:04}", round - 1), format!("{round:04}"));
        let attempts = handles.iter().enumerate().map(|(n, storage)| {
            let writes = vec![
                insert(Table::Journal, &next, &n.to_string()),
                put(Table::Catalog, "winner", &n.to_string()),
                delete(Table::Journal, &last),
            ];
            commit_if(storage, vec![exists(Table::Journal, &last)], writes)
        });
        let winner = one_winner(&format!("round {round}"), &join_all(attempts).await)?.to_string();
        for storage in &handles {
            let journal = all(storage, Table::Journal).await?;
            equal("journal", journal, vec![format!("{next}={winner}")])?;
            let catalog = all(storage, Table::Catalog).await?;
            equal("catalog", catalog, vec![format!("winner={winner}")])?;
        }
    }
    Ok(())
}

async fn concurrent<F: Factory>(factory: &F) -> Checked {
    let (a, b) = (open(factory, "concurrent").await?, open(factory, "concurrent").await?);
    let commits = (0..50).map(|n| {
        let (storage, key) = (if n % 3 == 0 { &b } else { &a }, format!("{n:02}"));
        async move {
            let writes =
                vec![insert(Table::Journal, &key, "entry"), insert(Table::History, &key, "items")];
            commit(storage, writes).await
        }
    });
    for (n, result) in join_all(commits).await.into_iter().enumerate() {
        done(&format!("commit {n}"), result)?;
    }
    let expected = |value| (0..50).map(|n| format!("{n:02}={value}")).collect::<Vec<_>>();
    equal("journal", all(&b, Table::Journal).await?, expected("entry"))?;
    equal("history", all(&a, Table::History).await?, expected("items"))
}

/// Writes 60 generations of 40 records through one handle while `read` looks through another.
async fn while_writing<S: Storage>(
    writer: &S,
    reader: &S,
    read: impl AsyncFn(&S) -> Result<Vec<String>, String>,
) -> Checked {
    let write = |generation: u32| {
        let value = generation.to_string();
        let writes = (0..40).map(|n| put(Table::History, &format!("k/{n:02}"), &value)).collect();
        commit(writer, writes)
    };
    done("put", write(0).await)?;
    let writing = async {
        for generation in 1..=60 {
            done("put", write(generation).await)?;
        }
        Ok(())
    };
    let reading = async {
        for _ in 0..60 {
            let values = read(reader).await?;
            equal("records", values.len(), 40)?;
            let same = values.iter().all(|value| Some(value) == values.first());
            ensure(same, || format!("two generations in one answer: {values:?}"))?;
        }
        Ok(())
    };
    let (written, read) = join(writing, reading).await;
    written.and(read)
}

async fn get_snapshot<F: Factory>(factory: &F) -> Checked {
    let (a, b) = (open(factory, "get-snapshot").await?, open(factory, "get-snapshot").await?);
    while_writing(&a, &b, async |reader| {
        let keys: Vec<String> = (0..40).map(|n| format!("k/{n:02}")).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        Ok(get(reader, Table::History, &keys).await?.into_iter().flatten().collect())
    })
    .await
}

async fn scan_snapshot<F: Factory>(factory: &F) -> Checked {
    let (a, b) = (open(factory, "scan-snapshot").await?, open(factory, "scan-snapshot").await?);
    while_writing(&a, &b, async |reader| {
        let range = KeyRange::prefix("k/");
        let page = reader.scan(Table::History, range, 100, Order::Descending).await;
        let records = done("scan", page)?.records;
        Ok(records.iter().map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect())
    })
    .await
}

async fn reopen<F: Factory>(factory: &F) -> Checked {
    let mut expected = Vec::new();
    for round in 0..5 {
        let storage = open(factory, "reopen").await?;
        equal("records", all(&storage, Table::History).await?, expected.clone())?;
        let key = format!("{round}");
        let check = if round == 0 { vec![] } else { vec![exists(Table::Journal, "tip")] };
        let writes = vec![
            put(Table::Journal, "tip", &key),
            insert(Table::History, &key, "kept"),
            put(Table::Catalog, "gone", "x"),
            delete(Table::Catalog, "gone"),
        ];
        done("commit", commit_if(&storage, check, writes).await)?;
        conflict("insert", commit(&storage, vec![insert(Table::History, &key, "other")]).await)?;
        expected.push(format!("{key}=kept"));
        // An orderly close must not be needed for the data's sake.
        if round % 2 == 0 {
            done("close", storage.close().await)?;
        }
    }
    let storage = open(factory, "reopen").await?;
    equal("history", all(&storage, Table::History).await?, expected)?;
    equal("catalog", all(&storage, Table::Catalog).await?, vec![])
}

async fn close<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "close").await?;
    store(&storage, Table::Journal, &[("1", "x")]).await?;
    done("close", storage.close().await)?;
    let range = KeyRange::prefix("1");
    closed("get", storage.get(Table::Journal, vec!["1".into()]).await)?;
    closed("scan", storage.scan(Table::Journal, range, 1, Order::Ascending).await)?;
    closed("commit", commit(&storage, vec![put(Table::Journal, "2", "y")]).await)?;
    closed("scrub", storage.scrub().await)?;
    done("second close", storage.close().await)?;
    let again = open(factory, "close").await?;
    equal("journal", all(&again, Table::Journal).await?, vec!["1=x".into()])
}

async fn close_one<F: Factory>(factory: &F) -> Checked {
    let (a, b) = (open(factory, "close-one").await?, open(factory, "close-one").await?);
    store(&a, Table::Journal, &[("1", "x")]).await?;
    done("close", a.close().await)?;
    store(&b, Table::Journal, &[("2", "y")]).await?;
    equal("journal", all(&b, Table::Journal).await?, vec!["1=x".into(), "2=y".into()])
}

async fn close_race<F: Factory>(factory: &F) -> Checked {
    for round in 0..10 {
        let storage = open(factory, "close-race").await?;
        let key = round.to_string();
        let writes = vec![insert(Table::Journal, &key, "x"), insert(Table::History, &key, "x")];
        let (committed, closing) = join(commit(&storage, writes), storage.close()).await;
        done("close", closing)?;
        let again = open(factory, "close-race").await?;
        let journal = get(&again, Table::Journal, &[&key]).await?;
        equal("both tables", get(&again, Table::History, &[&key]).await?, journal.clone())?;
        match committed {
            Ok(()) => equal("the record", journal, vec![Some("x".into())])?,
            Err(StorageError::Closed) => equal("the record", journal, vec![None])?,
            Err(StorageError::Unavailable { .. }) => {}
            Err(error) => return Err(format!("commit: {error:?}")),
        }
        done("close", again.close().await)?;
    }
    Ok(())
}

async fn dropped<F: Factory>(factory: &F) -> Checked {
    let (a, b) = (open(factory, "dropped").await?, open(factory, "dropped").await?);
    for round in 0..30 {
        let key = format!("{round:02}");
        {
            let writes = vec![insert(Table::Journal, &key, "x"), insert(Table::History, &key, "x")];
            let mut attempt = pin!(commit(&a, writes));
            for _ in 0..round % 3 {
                if poll_fn(|context| Poll::Ready(attempt.as_mut().poll(context))).await.is_ready() {
                    break;
                }
                factory.moment().await;
            }
        }
        done("the next commit", commit(&b, vec![put(Table::Catalog, "next", &key)]).await)?;
        done("the next commit", commit(&a, vec![put(Table::Catalog, "next", &key)]).await)?;
    }
    // What lands late lands whole; two reads in a row may see that happen between them.
    for _ in 0..1000 {
        let journal = all(&b, Table::Journal).await?;
        if journal == all(&b, Table::History).await? {
            return Ok(());
        }
        factory.moment().await;
    }
    Err("a batch is applied in part".into())
}

async fn scrub<F: Factory>(factory: &F) -> Checked {
    let (a, b) = (open(factory, "scrub").await?, open(factory, "scrub").await?);
    let records: Vec<String> = (0..200).map(|n| format!("{n:04}")).collect();
    let records: Vec<(&str, &str)> = records.iter().map(|key| (key.as_str(), "value")).collect();
    store(&a, Table::History, &records).await?;
    let writes = (0..100).map(|n| delete(Table::History, &format!("{:04}", n * 2))).collect();
    done("delete", commit(&a, writes).await)?;
    let before = all(&b, Table::History).await?;
    equal("records", before.len(), 100)?;
    done("scrub", a.scrub().await)?;
    done("second scrub", b.scrub().await)?;
    equal("history", all(&a, Table::History).await?, before.clone())?;
    equal("history", all(&b, Table::History).await?, before)?;
    done("the next commit", commit(&a, vec![put(Table::History, "0000", "new")]).await)
}

async fn watch<F: Factory>(factory: &F) -> Checked {
    let (a, b) = (open(factory, "watch").await?, open(factory, "watch").await?);
    let news = Arc::new(AtomicUsize::new(0));
    let counter = news.clone();
    let told = b.watch(Box::new(move |()| {
        counter.fetch_add(1, Ordering::SeqCst);
    }));
    ensure(told, || "watch answers false though the capability is claimed".into())?;
    for round in 0..3 {
        let before = news.load(Ordering::SeqCst);
        store(&a, Table::Journal, &[(&format!("{round}"), "x")]).await?;
        for _ in 0..1000 {
            if news.load(Ordering::SeqCst) > before {
                break;
            }
            factory.moment().await;
        }
        let told = news.load(Ordering::SeqCst) > before;
        ensure(told, || format!("no news of commit {round}"))?;
    }
    done("close", b.close().await)
}
