//! Appending items: their numbers, their lines, and what they say of the thread.

use bytes::Bytes;

use super::super::command::{Command, Decision};
use super::super::event::{Event, Segment, Touch};
use super::super::{Catalog, Record};
use super::documents::change_documents;
use super::{validate, writable};
use crate::document::{DRAFTS, DocumentChange};
use crate::error::{Error, Result};
use crate::id::ThreadId;
use crate::item::{Item, Line};
use crate::limits::{MAX_BATCH_BYTES, MAX_BATCH_ITEMS, SEGMENT_BYTES};
use crate::observe::Observed;
use crate::storage::{Table, Write};
use crate::thread::ThreadPatch;

/// An append larger than a segment goes into segments at once; the journal only names it.
pub(super) fn append(
    catalog: &Catalog,
    id: ThreadId,
    items: &[(Option<i64>, Item)],
    observed: &Observed,
    at: i64,
) -> Result<Decision> {
    if items.len() > MAX_BATCH_ITEMS {
        let size = items.len();
        return Err(Error::TooLarge { field: "items".into(), size, limit: MAX_BATCH_ITEMS });
    }
    let size: usize = items.iter().map(|(_, item)| item.json().len()).sum();
    if size > MAX_BATCH_BYTES {
        return Err(Error::TooLarge { field: "items".into(), size, limit: MAX_BATCH_BYTES });
    }
    for (time, _) in items {
        validate::time("at", *time)?;
    }
    let record = writable(catalog, id)?;
    if items.is_empty() {
        return Ok(Decision::default());
    }
    let latest = items.iter().map(|(time, _)| time.unwrap_or(at)).max().unwrap_or(at);
    let touch = Touch {
        updated_at: Some(record.updated_at.max(latest)),
        recency_at: observed
            .user_turn
            .then(|| record.recency_at.max(observed.turn_at.unwrap_or(latest))),
        patch: derived(record, observed),
    };
    let lines: Vec<Line> =
        items.iter().map(|(time, item)| Line::new(time.unwrap_or(at), item)).collect();
    if size <= SEGMENT_BYTES {
        return Ok(Event::Appended { thread: id, first: record.len, touch, lines }.into());
    }
    let count = lines.len() as u64;
    let bytes = lines.iter().map(Line::size).sum();
    let tail = catalog.tail(record.ord).map(|tail| tail.lines()).unwrap_or_default();
    let segments = segments(record.len - tail.len() as u64, tail.iter().chain(&lines));
    let segment =
        segments.last().map(|(first, text)| Segment { first: *first, bytes: text.len() as u64 });
    let segment = segment.unwrap_or_default();
    let writes = segments
        .into_iter()
        .map(|(first, text)| Write::Put {
            table: Table::History,
            key: crate::keys::segment(record.tree, id, first),
            value: Bytes::from(text),
        })
        .collect();
    let event = Event::Segmented { thread: id, first: record.len, count, bytes, segment, touch };
    Ok(Decision { events: vec![event], writes })
}

/// Decides an append of items that others may have appended meanwhile.
pub(super) fn after(catalog: &Catalog, length: u64, append: &Command, at: i64) -> Result<Decision> {
    if let Command::Append { thread, .. } = append {
        let found = writable(catalog, *thread)?.len;
        if found != length {
            let reason = format!("the thread has {found} items by now, not {length}");
            return Err(Error::InvalidField { field: "length".into(), reason });
        }
    }
    super::decide(catalog, append, at)
}

/// Decides an append and the end of the draft that it came from.
pub(super) fn finish(
    catalog: &Catalog,
    draft: &str,
    append: &Command,
    at: i64,
) -> Result<Decision> {
    let mut decision = super::decide(catalog, append, at)?;
    let Command::Append { thread, .. } = append else { return Ok(decision) };
    let remove = DocumentChange::Remove { id: draft.to_owned() };
    let removed = change_documents(catalog, Some(*thread), DRAFTS, &remove)?;
    if removed.events.is_empty() {
        let reason = format!("the thread has no draft `{draft:.80}`");
        return Err(Error::InvalidField { field: "draft".into(), reason });
    }
    decision.events.extend(removed.events);
    Ok(decision)
}

/// Cuts lines into segments: the number of the first item, and the JSONL text.
pub(crate) fn segments<'a>(
    first: u64,
    lines: impl IntoIterator<Item = &'a Line>,
) -> Vec<(u64, String)> {
    let mut segments: Vec<(u64, String)> = Vec::new();
    for (seq, line) in (first..).zip(lines) {
        match segments.last_mut() {
            Some((_, text)) if text.len() + line.text().len() < SEGMENT_BYTES => {
                text.push_str(line.text());
                text.push('\n');
            }
            _ => segments.push((seq, format!("{}\n", line.text()))),
        }
    }
    segments
}

/// The first user message gives the preview; of the rest, what a creator gave stays, and what
/// changes as a conversation goes on follows the latest item.
fn derived(record: &Record, observed: &Observed) -> Option<Box<ThreadPatch>> {
    fn unset<T: Clone>(field: &Option<T>, value: &Option<T>) -> Option<Option<T>> {
        if field.is_none() { value.clone().map(Some) } else { None }
    }
    fn changed<T: Clone + PartialEq>(field: &Option<T>, value: &Option<T>) -> Option<Option<T>> {
        if value.is_some() && field != value { Some(value.clone()) } else { None }
    }
    let fits = |text: &Option<String>| text.clone().filter(|t| validate::text("", Some(t)).is_ok());
    let details = &record.details;
    let git_info = observed.git_info.clone().filter(|git| validate::git_info(Some(git)).is_ok());
    let usage =
        observed.token_usage.clone().filter(|usage| validate::json("", Some(usage)).is_ok());
    let preview = observed.preview.as_deref().map(validate::preview);
    let patch = ThreadPatch {
        preview: unset(&record.preview.clone().filter(|text| !text.is_empty()), &preview),
        title: unset(&record.title, &fits(&observed.title)),
        cwd: unset(&details.cwd, &fits(&observed.cwd)),
        model_provider: unset(&details.model_provider, &fits(&observed.model_provider)),
        cli_version: unset(&details.cli_version, &fits(&observed.cli_version)),
        originator: unset(&details.originator, &fits(&observed.originator)),
        git_info: unset(&details.git_info, &git_info),
        model: changed(&details.model, &fits(&observed.model)),
        token_usage: changed(&details.token_usage, &usage),
        ..ThreadPatch::default()
    };
    (!patch.is_empty()).then(|| Box::new(patch))
}
