//! Mending everything that is stored of one thread: its items, its log, its dynamic tools.

use bytes::Bytes;

use super::check::Scan;
use super::history::{Stream, Walk, lines, place, tools};
use super::mend::{Mended, Part, mend};
use super::quarantine::Quarantine;
use super::report::Report;
use crate::catalog::{Record, Segment, Tail, segments};
use crate::error::Result;
use crate::item::{Item, Line};
use crate::keys;
use crate::storage::{Key, Storage, Table, Write};

const HISTORY: Table = Table::History;

/// Returns a thread as it is once `writes` are written: all of it packed, all of it readable.
pub(super) async fn mend_thread<S: Storage>(
    storage: &S,
    record: &Record,
    tail: Option<&Tail>,
    quarantine: &mut Quarantine,
) -> Result<(Record, Vec<Write>)> {
    let mut mended = record.clone();
    let mut writes = Vec::new();
    let mut scan = Scan::new(HISTORY, keys::thread(record.tree, record.id));
    let mut walk = Walk::new(record, tail);
    while let Some(records) = scan.next(storage, &mut Report::default()).await? {
        for (key, value) in records {
            if let Some(place) = place(&key) {
                walk.take(&key, place.stream, &value);
            }
        }
    }
    if !walk.finish().is_empty() {
        mend_streams(storage, &mut mended, tail, quarantine, &mut writes).await?;
    }
    let tail = tail.map(Tail::lines).unwrap_or_default();
    if !tail.is_empty() {
        let parts = segments(mended.packed, tail);
        mended.segment = last(&parts);
        mended.packed += tail.len() as u64;
        let added: u64 = tail.iter().map(Line::size).sum();
        mended.bytes = if writes.is_empty() { mended.bytes } else { mended.bytes + added };
        writes.extend(put(parts, |first| keys::segment(record.tree, record.id, first)));
    }
    mended.len = mended.packed;
    Ok((mended, writes))
}

/// Writes every stream anew; what is not taken over goes into quarantine.
async fn mend_streams<S: Storage>(
    storage: &S,
    record: &mut Record,
    tail: Option<&Tail>,
    quarantine: &mut Quarantine,
    writes: &mut Vec<Write>,
) -> Result<()> {
    let (tree, id, at) = (record.tree, record.id, record.created_at);
    let range = keys::thread(tree, id);
    let (mut items, mut logs, mut kept) = (Vec::new(), Vec::new(), None);
    let mut scan = Scan::new(HISTORY, range.clone());
    while let Some(records) = scan.next(storage, &mut Report::default()).await? {
        for (key, value) in records {
            match place(&key).map(|place| place.stream) {
                Some(Stream::Items(first)) => items.push(part(quarantine, first, &key, value)),
                Some(Stream::Log(first)) => logs.push(part(quarantine, first, &key, value)),
                Some(Stream::Tools) => kept = Some((key, value)),
                _ => quarantine.keep_as(HISTORY, &key, value),
            }
        }
    }
    writes.push(Write::DeleteRange { table: HISTORY, range });
    // Where nothing follows, the history itself says how long it is.
    let readable = |parts: &[Part]| {
        let last = parts.last()?;
        let found = lines(&last.value);
        let whole = !found.is_empty() && found.iter().all(Option::is_some);
        whole.then(|| last.first.saturating_add(found.len() as u64))
    };
    let end = readable(&items).filter(|end| tail.is_none() && *end > record.packed);
    let Mended { lines, bad } = mend(items, Some(end.unwrap_or(record.packed)), at)?;
    keep(quarantine, bad);
    let parts = segments(0, &lines);
    record.packed = lines.len() as u64;
    record.bytes = lines.iter().map(Line::size).sum();
    record.segment = last(&parts);
    writes.extend(put(parts, |first| keys::segment(tree, id, first)));

    let end = readable(&logs).unwrap_or(0).max(record.logs);
    let Mended { lines, bad } = mend(logs, Some(end), at)?;
    keep(quarantine, bad);
    record.logs = lines.len() as u64;
    writes.extend(put(segments(0, &lines), |first| keys::log(tree, id, first)));

    record.tools = 0;
    if let Some((key, value)) = kept {
        let text = String::from_utf8_lossy(&value);
        let good: Vec<&str> = text.lines().filter(|line| Item::new(line).is_ok()).collect();
        if tools(&value).is_none() {
            quarantine.keep_as(HISTORY, &key, value.clone());
        }
        record.tools = good.len() as u64;
        if !good.is_empty() {
            let value = Bytes::from(good.join("\n") + "\n");
            writes.push(Write::Put { table: HISTORY, key, value });
        }
    }
    Ok(())
}

fn part(quarantine: &mut Quarantine, first: u64, key: &str, value: Bytes) -> Part {
    let quarantine = quarantine.key(HISTORY, key);
    Part { first, value, quarantine }
}

fn keep(quarantine: &mut Quarantine, bad: Vec<Part>) {
    for part in bad {
        quarantine.keep(part.quarantine, part.value);
    }
}

fn last(parts: &[(u64, String)]) -> Segment {
    let last =
        parts.last().map(|(first, text)| Segment { first: *first, bytes: text.len() as u64 });
    last.unwrap_or_default()
}

fn put(parts: Vec<(u64, String)>, key: impl Fn(u64) -> Key) -> Vec<Write> {
    let write = |(first, text): (u64, String)| {
        let (key, value) = (key(first), Bytes::from(text));
        Write::Put { table: HISTORY, key, value }
    };
    parts.into_iter().map(write).collect()
}
