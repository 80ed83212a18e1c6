//! `thread/search` and `thread/searchOccurrences`: what was said, found by its text, case aside.
//!
//! There is no index: histories are read, newest thread first, up to a bound; the cursor leads on.

use serde_json::value::RawValue;

use super::json::{Object, quoted};
use super::metadata::no_rollout;
use super::params::Params;
use super::rpc::RpcError;
use super::{Call, cursor, list, turns};
use crate::error::excerpt;
use crate::query::{SortDirection, ThreadPage};
use crate::storage::Storage;
use crate::thread::Thread;

/// A request stops looking at histories after this many bytes of them.
const BYTES: u64 = 16 * 1024 * 1024;
/// The threads of one read.
const THREADS: u32 = 50;
const DEFAULT: u32 = 25;
const MOST: u32 = 100;
/// The characters of a snippet before and after what was found.
const AROUND: usize = 80;

type Answer = Result<Box<RawValue>, RpcError>;

/// Finds threads by name, title, preview or what was said in them.
pub(super) async fn search<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let term = term(params, "thread/search")?;
    let mut query = list::query(params)?;
    let wanted = query.limit.map_or(0, |limit| limit as usize);
    query.limit = Some(THREADS);
    let (mut found, mut entries, mut read) = (ThreadPage::default(), Vec::new(), 0);
    let mut stopped: Option<Thread> = None;
    'pages: loop {
        let page = call.threads.store().list(query.clone()).await?;
        let mut threads = page.data.into_iter().peekable();
        while let Some(thread) = threads.next() {
            if let Some(snippet) = look(call, &thread, &term).await? {
                let entry = Object::new().raw("thread", &call.wire(&thread)?);
                entries.push(entry.text("snippet", &snippet).json());
                found.data.push(thread.clone());
            }
            read += thread.bytes;
            let more = threads.peek().is_some() || page.next_cursor.is_some();
            if more && (entries.len() == wanted || read > BYTES) {
                stopped = Some(thread);
                break 'pages;
            }
        }
        match page.next_cursor {
            Some(next) => query.cursor = Some(next),
            None => break,
        }
    }
    let descending = query.sort_direction == SortDirection::Desc;
    let next = stopped.and_then(|last| cursor::after(&last, query.sort_key));
    let back = found.data.first();
    let back = back.and_then(|first| cursor::before(first, query.sort_key, descending));
    Object::new()
        .list("data", &entries)
        .text_or_null("nextCursor", next.as_deref())
        .text_or_null("backwardsCursor", back.as_deref())
        .answer()
}

/// Finds every place in a thread where something was said.
///
/// The range of a match counts UTF-16 units of the snippet, as JavaScript does.
pub(super) async fn occurrences<S: Storage>(call: &Call<'_, S>, params: &Params<'_>) -> Answer {
    let id = params.thread("thread")?;
    let term = term(params, "thread/searchOccurrences")?;
    let limit = params.limit(DEFAULT, MOST)? as usize;
    let from = params.text("cursor")?.as_deref().map(from_cursor).transpose()?;
    call.threads.read(id).await.map_err(|error| no_rollout(&error))?;
    let (mut entries, mut next) = (Vec::new(), None);
    'turns: for head in turns::heads(call, id).await? {
        if from.is_some_and(|(seq, _)| head.end <= seq) {
            continue;
        }
        for item in turns::load(call, id, &head).await? {
            let Some(text) = item.message() else { continue };
            for (number, at) in matches(&text, &term).into_iter().enumerate() {
                if from.is_some_and(|from| (item.seq, number) < from) {
                    continue;
                }
                if entries.len() == limit {
                    next = Some(format!("o{}.{number}", item.seq));
                    break 'turns;
                }
                let (snippet, start, end) = snippet(&text, at);
                let range = Object::new().number("start", start).number("end", end);
                let entry = Object::new()
                    .text("turnId", &head.id)
                    .text("itemId", item.id())
                    .text("turnCursor", &turns::cursor_at(&head))
                    .raw("snippet", &quoted(&snippet))
                    .raw("snippetMatchRange", &range.json());
                entries.push(entry.json());
            }
        }
    }
    Object::new().list("data", &entries).text_or_null("nextCursor", next.as_deref()).answer()
}

fn from_cursor(text: &str) -> Result<(u64, usize), RpcError> {
    let parsed = || {
        let (seq, number) = text.strip_prefix('o')?.split_once('.')?;
        Some((seq.parse().ok()?, number.parse().ok()?))
    };
    parsed().ok_or_else(|| RpcError::refused(format!("invalid cursor: {}", excerpt(text))))
}

fn term(params: &Params<'_>, method: &str) -> Result<Vec<char>, RpcError> {
    let term = params.required("searchTerm")?;
    let term = term.trim();
    if term.is_empty() {
        return Err(RpcError::refused(format!("{method} requires a non-empty searchTerm")));
    }
    Ok(term.chars().flat_map(char::to_lowercase).collect())
}

/// Returns the text around the first place where a thread has the term.
async fn look<S: Storage>(
    call: &Call<'_, S>,
    thread: &Thread,
    term: &[char],
) -> Result<Option<String>, RpcError> {
    let named = [thread.name.as_deref(), thread.title.as_deref(), Some(&thread.preview)];
    for text in named.into_iter().flatten() {
        if let Some(at) = matches(text, term).first() {
            return Ok(Some(snippet(text, *at).0));
        }
    }
    for head in turns::heads(call, thread.id).await? {
        for item in turns::load(call, thread.id, &head).await? {
            let Some(text) = item.message() else { continue };
            if let Some(at) = matches(&text, term).first() {
                return Ok(Some(snippet(&text, *at).0));
            }
        }
    }
    Ok(None)
}

/// Returns the ranges of bytes where a text has the term, none overlapping.
fn matches(text: &str, term: &[char]) -> Vec<(usize, usize)> {
    let (mut found, mut from) = (Vec::new(), 0);
    for (start, _) in text.char_indices() {
        if start >= from
            && let Some(length) = begins(&text[start..], term)
        {
            found.push((start, start + length));
            from = start + length;
        }
    }
    found
}

/// Returns how many bytes of the text spell the term, if it begins with it.
fn begins(text: &str, term: &[char]) -> Option<usize> {
    let mut wanted = term.iter();
    for (at, char) in text.char_indices() {
        for lower in char.to_lowercase() {
            match wanted.next() {
                Some(next) if *next == lower => {}
                Some(_) => return None,
                None => return Some(at),
            }
        }
        if wanted.as_slice().is_empty() {
            return Some(at + char.len_utf8());
        }
    }
    None
}

/// Cuts a text around a match, and says where the match is in it.
fn snippet(text: &str, (start, end): (usize, usize)) -> (String, i64, i64) {
    let before = text[..start].char_indices().rev().nth(AROUND - 1).map_or(0, |(at, _)| at);
    let after = text[end..].char_indices().nth(AROUND).map_or(text.len(), |(at, _)| end + at);
    let units = |text: &str| i64::try_from(text.encode_utf16().count()).unwrap_or(i64::MAX);
    let first = units(&text[before..start]);
    (text[before..after].to_owned(), first, first + units(&text[start..end]))
}
