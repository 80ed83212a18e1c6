//! For every kind of finding a store that has exactly it, and is mended.

use std::collections::BTreeSet;

use bytes::Bytes;
use creel::SystemEnv;
use creel::doctor::{FindingCode, FindingCode::*, repair};
use creel::storage::{Snapshot, Table};
use futures_lite::future::block_on;
use serde_json::json;

use super::support::*;

type Damage = fn(&mut Snapshot, &Threads);

fn segment(snapshot: &Snapshot, id: creel::ThreadId, nth: usize) -> String {
    let prefix = format!("{id}/0");
    let mut keys = snapshot.records(Table::History).keys().filter(|key| key.contains(&prefix));
    keys.nth(nth).unwrap().clone()
}

fn last_entry(snapshot: &Snapshot) -> String {
    snapshot.records(Table::Journal).keys().next_back().unwrap().clone()
}

fn put(snapshot: &mut Snapshot, table: Table, key: &str, value: &str) {
    snapshot.records_mut(table).insert(key.into(), Bytes::from(value.to_owned()));
}

const LOST: &str = "01999999-0000-7000-8000-000000000000";

const CASES: &[(FindingCode, Damage)] = &[
    (HeadUnreadable, |s, _| cut(s, Table::Catalog, "head")),
    (HeadUnreadable, |s, _| drop(s.records_mut(Table::Catalog).remove("head"))),
    (EpochMissing, |s, _| {
        let key = key_with(s, Table::Catalog, "epoch/");
        s.records_mut(Table::Catalog).remove(&key);
    }),
    (PageUnreadable, |s, t| {
        let page = page_key(s);
        let id = format!("\"id\":\"{}\",\"tree\":", t.plain);
        replace(s, Table::Catalog, &page, &id, &id.replace(",\"tree\"", ";\"tree\""));
    }),
    (PageAhead, |s, _| {
        let page = page_key(s);
        edit(s, Table::Catalog, &page, |page| page["checkpoint"] = json!(99));
    }),
    (ThreadMisplaced, |s, t| {
        let page = page_key(s);
        let mut moved = json!(null);
        edit(s, Table::Catalog, &page, |page| {
            let threads = page["threads"].as_array_mut().unwrap();
            let at = threads.iter().position(|thread| thread["id"] == t.plain.to_string());
            moved = threads.remove(at.unwrap());
        });
        let page = json!({"v": 1, "checkpoint": 1, "threads": [moved]}).to_string();
        put(s, Table::Catalog, "page/00000001", &page);
    }),
    (ThreadTwice, |s, _| {
        let page = page_key(s);
        edit(s, Table::Catalog, &page, |page| {
            let threads = page["threads"].as_array_mut().unwrap();
            threads.push(threads[0].clone());
        });
    }),
    (ReceiptUnreadable, |s, _| {
        let key = key_with(s, Table::Catalog, "receipt/");
        cut(s, Table::Catalog, &key);
    }),
    (JobUnreadable, |s, _| {
        let key = key_with(s, Table::Catalog, "job/");
        cut(s, Table::Catalog, &key);
    }),
    (EntryUnreadable, |s, _| {
        let key = last_entry(s);
        cut(s, Table::Journal, &key);
    }),
    (EntryMisfit, |s, _| {
        let key = last_entry(s);
        edit(s, Table::Journal, &key, |entry| {
            let events = entry["events"].as_array_mut().unwrap();
            events[0]["appended"]["first"] = json!(27);
        });
    }),
    (JournalHole, |s, _| {
        let mut keys = s.records(Table::Journal).keys().rev();
        let key = keys.nth(1).unwrap().clone();
        s.records_mut(Table::Journal).remove(&key);
    }),
    (EntryStale, |s, _| {
        let value = s.records(Table::Journal)[&last_entry(s)].clone();
        s.records_mut(Table::Journal).insert("0000000000000001".into(), value);
    }),
    (StrayKey, |s, _| put(s, Table::Catalog, "odd", "{}")),
    (StrayKey, |s, _| put(s, Table::Journal, "odd", "{}")),
    (StrayKey, |s, _| put(s, Table::History, "odd", "{}")),
    (StrayKey, |s, t| put(s, Table::History, &format!("{}/{}/odd", t.root, t.root), "{}")),
    (ParentMissing, |s, t| edit_thread(s, t.plain, |thread| thread["parent"] = json!(999))),
    (SelfEdge, |s, t| {
        edit_thread(s, t.plain, |thread| thread["parent"] = thread["ord"].clone());
    }),
    (Cycle, |s, t| {
        edit_thread(s, t.plain, |thread| thread["parent"] = json!(3));
        edit_thread(s, t.other, |thread| thread["parent"] = json!(2));
    }),
    (ParentDeleted, |s, t| edit_thread(s, t.plain, |thread| thread["parent"] = json!(5))),
    (DeletionUnknown, |s, t| edit_thread(s, t.plain, |thread| thread["deletion"] = json!(LOST))),
    (DeletionMemberMissing, |s, t| {
        let page = page_key(s);
        edit(s, Table::Catalog, &page, |page| {
            let threads = page["threads"].as_array_mut().unwrap();
            threads.retain(|thread| thread["id"] != t.graced.to_string());
        });
    }),
    (DeletionMemberVisible, |s, t| {
        edit_thread(s, t.graced, |thread| {
            thread.as_object_mut().unwrap().remove("deletion");
        });
    }),
    (DeletedLeftover, |s, t| {
        let line = "{\"at\":1,\"item\":{}}\n";
        put(s, Table::History, &format!("{}/{}/000000000000", t.erased, t.erased), line);
    }),
    (HistoryOrphan, |s, _| {
        let line = "{\"at\":1,\"item\":{\"role\":\"user\",\"content\":\"lost\"}}\n";
        put(s, Table::History, &format!("{LOST}/{LOST}/000000000000"), line);
    }),
    (SegmentUnreadable, |s, t| {
        let key = segment(s, t.child, 0);
        replace(s, Table::History, &key, "\"item 7\"", "\"item 7#");
    }),
    (SegmentUnreadable, |s, t| {
        let key = segment(s, t.child, 0);
        cut(s, Table::History, &key);
    }),
    (SegmentGap, |s, t| {
        let key = segment(s, t.long, 0);
        s.records_mut(Table::History).remove(&key);
    }),
    (SegmentOverlap, |s, t| {
        let key = segment(s, t.long, 1);
        let value = s.records_mut(Table::History).remove(&key).unwrap();
        let (prefix, first) = key.rsplit_once('/').unwrap();
        let first: u64 = first.parse().unwrap();
        s.records_mut(Table::History).insert(format!("{prefix}/{:012}", first - 2), value);
    }),
    (SegmentPointer, |s, t| {
        edit_thread(s, t.long, |thread| thread["segment"]["bytes"] = json!(7));
    }),
    (LengthMismatch, |s, t| {
        edit_thread(s, t.long, |thread| {
            (thread["len"], thread["packed"]) = (json!(190), json!(190));
        });
    }),
    (BytesMismatch, |s, t| edit_thread(s, t.root, |thread| thread["bytes"] = json!(7))),
    (LogUnreadable, |s, t| {
        let key = key_with(s, Table::History, &format!("{}/log/000000000003", t.root));
        replace(s, Table::History, &key, "\"item 4\"", "\"item 4#");
    }),
    (LogMismatch, |s, t| {
        let key = key_with(s, Table::History, &format!("{}/log/000000000003", t.root));
        cut(s, Table::History, &key);
    }),
    (LogMismatch, |s, t| edit_thread(s, t.root, |thread| thread["logs"] = json!(6))),
    (ToolsUnreadable, |s, t| {
        let key = key_with(s, Table::History, &format!("{}/tools", t.root));
        cut(s, Table::History, &key);
    }),
    (TaskThreadMissing, |s, _| {
        let key = key_with(s, Table::Catalog, "job/");
        edit(s, Table::Catalog, &key, |job| job["tasks"][0]["threadId"] = json!(LOST));
    }),
];

#[test]
fn every_kind_of_damage_is_found_alone_and_mended() {
    block_on(async {
        let (storage, threads) = filled().await;
        let sound = storage.snapshot();
        let store = open(&storage).await;
        let report = store.check().await.unwrap();
        assert_eq!(report.findings, []);
        assert_eq!((report.threads, report.items), (6, 30 + 22 + 200));
        store.close().await.unwrap();
        let mut failures = Vec::new();
        for (index, (code, damage)) in CASES.iter().enumerate() {
            let name = format!("{index} {}", code.as_str());
            let mut damaged = sound.clone();
            damage(&mut damaged, &threads);
            storage.restore(&damaged);
            let store = open(&storage).await;
            let report = store.check().await.unwrap();
            if codes(&report) != BTreeSet::from([*code]) {
                failures.push(format!("{name}: {:#?}", report.findings));
            }
            let before = readable(&store).await;
            store.close().await.unwrap();

            let env = SystemEnv::new();
            let first = repair(&storage, &env).await.unwrap();
            assert_eq!(codes(&first), codes(&report), "{name}");
            let mended = storage.snapshot();
            let second = repair(&storage, &env).await.unwrap();
            if !second.is_clean() {
                failures.push(format!("{name}: a second repair finds {:#?}", second.findings));
            }
            assert_eq!(storage.snapshot(), mended, "{name}: a second repair changes nothing");

            let store = open(&storage).await;
            let after = readable(&store).await;
            for (place, item) in &before {
                if after.get(place) != Some(item) {
                    failures.push(format!(
                        "{name}: {place:?} was {item} and is {:?}",
                        after.get(place)
                    ));
                }
            }
            store.append(threads.root, items(0..1)).await.unwrap();
            store.checkpoint().await.unwrap();
            assert!(store.check().await.unwrap().is_clean(), "{name}");
            store.close().await.unwrap();
        }
        assert!(failures.is_empty(), "{}", failures.join("\n"));
    });
}

#[test]
fn codes_are_spelled_as_they_are_serialized() {
    for (code, _) in CASES.iter().chain(&[(Busy, (|_, _| {}) as Damage)]) {
        assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
    }
}
