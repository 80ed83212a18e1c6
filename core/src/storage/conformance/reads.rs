//! What `get` and `scan` must answer.

use super::check::{Checked, after, all, case, done, ensure, equal, get, open, scan, store};
use super::{Case, Factory};
use crate::storage::{KeyRange, Order, Storage, Table};

pub(super) fn cases<F: Factory>() -> Vec<Case<F>> {
    vec![
        case!("get answers in the order asked, missing and repeated keys too", get_order),
        case!("get of no keys answers nothing", get_nothing),
        case!("get of 1,500 keys answers each", get_many),
        case!("tables do not share keys", tables_apart),
        case!("keys compare bytewise", bytewise),
        case!("scan answers in both orders", both_orders),
        case!("scan stops at the limit and says whether there is more", limits),
        case!("scan includes the start and excludes the end", edges),
        case!("scan of an empty range answers nothing", empty_ranges),
        case!("a prefix range holds the prefix's keys alone, those with ~ too", prefixes),
        case!("a scan goes on from page to page in both orders", paging),
    ]
}

async fn get_order<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "get-order").await?;
    store(&storage, Table::History, &[("a", "1"), ("b", ""), ("c", "3")]).await?;
    let found = get(&storage, Table::History, &["c", "x", "a", "c", "b", "A", "c"]).await?;
    let three = Some("3".to_owned());
    let expected = vec![
        three.clone(),
        None,
        Some("1".into()),
        three.clone(),
        Some(String::new()),
        None,
        three,
    ];
    equal("values", found, expected)
}

async fn get_nothing<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "get-nothing").await?;
    equal("values", get(&storage, Table::Journal, &[]).await?, vec![])?;
    equal("values", get(&storage, Table::Journal, &["a"]).await?, vec![None])
}

async fn get_many<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "get-many").await?;
    let keys: Vec<String> = (0..1500).map(|n| format!("k/{n:012}")).collect();
    let records: Vec<(&str, &str)> =
        keys.iter().step_by(2).map(|key| (key.as_str(), key.as_str())).collect();
    store(&storage, Table::Catalog, &records).await?;
    let asked: Vec<&str> = keys.iter().rev().map(String::as_str).collect();
    let found = get(&storage, Table::Catalog, &asked).await?;
    let expected = (0..1500).rev().map(|n| (n % 2 == 0).then(|| format!("k/{n:012}"))).collect();
    equal("values", found, expected)
}

async fn tables_apart<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "tables-apart").await?;
    for table in Table::ALL {
        store(&storage, table, &[("same", table.name())]).await?;
    }
    for table in Table::ALL {
        equal(table.name(), all(&storage, table).await?, vec![format!("same={}", table.name())])?;
    }
    Ok(())
}

async fn bytewise<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "bytewise").await?;
    let long = format!("m{}", "~".repeat(199));
    // In the order of their bytes: digits, capitals, `_`, small letters, `~`; signs between.
    let keys = [
        "!", "%", "*", "-1", "/", "0", "00", "1", "10", "2", "9", ":", "A", "B", "Z", "[", "_",
        "a", "a!", "a/", "a0", "aA", "aa", "a~", "b", "m", &long, "z", "{", "~", "~~",
    ];
    let shuffled: Vec<(&str, &str)> = (0..keys.len())
        .filter_map(|n| keys.get(n * 7 % keys.len()))
        .map(|&key| (key, ""))
        .collect();
    store(&storage, Table::Journal, &shuffled).await?;
    let (found, _) = scan(&storage, Table::Journal, ("!", "~~~"), 100, Order::Ascending).await?;
    equal("keys", found, keys.map(str::to_owned).to_vec())
}

async fn five<S: Storage>(storage: &S) -> Checked {
    let records = [("k/1", "1"), ("k/2", "2"), ("k/3", "3"), ("k/4", "4"), ("k/5", "5")];
    store(storage, Table::History, &records).await
}

async fn both_orders<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "both-orders").await?;
    five(&storage).await?;
    let range = || KeyRange::new("k/2", "k/5");
    for (order, expected) in [(Order::Ascending, "234"), (Order::Descending, "432")] {
        let page = done("scan", storage.scan(Table::History, range(), 10, order).await)?;
        let keys: String =
            page.records.iter().map(|(key, _)| key.trim_start_matches("k/")).collect();
        let values: String =
            page.records.iter().map(|(_, value)| String::from_utf8_lossy(value)).collect();
        equal("keys", keys.as_str(), expected)?;
        equal("values", values.as_str(), expected)?;
        equal("more", page.more, false)?;
    }
    Ok(())
}

async fn limits<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "limits").await?;
    five(&storage).await?;
    let keys = |numbers: &[u8]| numbers.iter().map(|n| format!("k/{n}")).collect::<Vec<_>>();
    for (limit, order, expected, more) in [
        (1, Order::Ascending, keys(&[1]), true),
        (4, Order::Ascending, keys(&[1, 2, 3, 4]), true),
        (5, Order::Ascending, keys(&[1, 2, 3, 4, 5]), false),
        (usize::MAX, Order::Ascending, keys(&[1, 2, 3, 4, 5]), false),
        (2, Order::Descending, keys(&[5, 4]), true),
        (5, Order::Descending, keys(&[5, 4, 3, 2, 1]), false),
    ] {
        // Beyond the outermost records, and from the first of them.
        for range in [("k/", "k0"), ("k/1", "k/5!")] {
            let found = scan(&storage, Table::History, range, limit, order).await?;
            let what = format!("limit {limit} {order:?} of {range:?}");
            equal(&what, found, (expected.clone(), more))?;
        }
    }
    Ok(())
}

async fn edges<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "edges").await?;
    five(&storage).await?;
    for (range, expected) in [
        (("k/2", "k/4"), vec!["k/2", "k/3"]),
        (("k/11", "k/41"), vec!["k/2", "k/3", "k/4"]),
        (("k/5", "k/6"), vec!["k/5"]),
        (("k/0", "k/1"), vec![]),
        (("!", "k/1!"), vec!["k/1"]),
    ] {
        for order in [Order::Ascending, Order::Descending] {
            let mut expected: Vec<String> = expected.iter().map(|&key| key.to_owned()).collect();
            if order == Order::Descending {
                expected.reverse();
            }
            let found = scan(&storage, Table::History, range, 10, order).await?;
            equal(&format!("{range:?} {order:?}"), found, (expected, false))?;
        }
    }
    Ok(())
}

async fn empty_ranges<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "empty-ranges").await?;
    five(&storage).await?;
    for range in [("k/3", "k/3"), ("k/4", "k/2"), ("l", "m"), ("~", "!")] {
        for order in [Order::Ascending, Order::Descending] {
            let found = scan(&storage, Table::History, range, 10, order).await?;
            equal(&format!("{range:?} {order:?}"), found, (vec![], false))?;
        }
    }
    Ok(())
}

async fn prefixes<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "prefixes").await?;
    let keys = ["a", "a.", "a/", "a/!", "a/b", "a/~", "a/~~", "a0", "a~", "a~b", "b", "~", "~a"];
    let records: Vec<(&str, &str)> = keys.iter().map(|&key| (key, "")).collect();
    store(&storage, Table::History, &records).await?;
    for prefix in ["a", "a/", "a/~", "a~", "~", "a/b", "c", "a%", "a_"] {
        let range = KeyRange::prefix(prefix);
        let bounds = (range.start.as_str(), range.end.as_str());
        let found = scan(&storage, Table::History, bounds, 100, Order::Ascending).await?;
        let expected = keys.iter().filter(|key| key.starts_with(prefix));
        let expected = expected.map(|&key| key.to_owned()).collect();
        equal(&format!("prefix {prefix}"), found, (expected, false))?;
    }
    Ok(())
}

async fn paging<F: Factory>(factory: &F) -> Checked {
    let storage = open(factory, "paging").await?;
    let keys: Vec<String> = (0..100).map(|n| format!("p/{n:04}")).collect();
    let records: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "value")).collect();
    store(&storage, Table::History, &records).await?;
    for order in [Order::Ascending, Order::Descending] {
        let (mut start, mut end) = ("p/".to_owned(), "p0".to_owned());
        let mut found = Vec::new();
        loop {
            let range = (start.as_str(), end.as_str());
            let (page, more) = scan(&storage, Table::History, range, 7, order).await?;
            ensure(page.len() <= 7, || format!("{} records for a limit of 7", page.len()))?;
            match (page.last(), order) {
                (Some(last), Order::Ascending) => start = after(last),
                (Some(last), Order::Descending) => end = last.clone(),
                (None, _) => return Err(format!("an empty page after {} keys", found.len())),
            }
            found.extend(page);
            if !more {
                break;
            }
        }
        if order == Order::Descending {
            found.reverse();
        }
        equal(&format!("{order:?}"), found, keys.clone())?;
    }
    Ok(())
}
