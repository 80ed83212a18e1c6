//! Writes for people and for scripts: sizes, times, lines that fit, JSON.

use std::io::{self, Write};

use creel::Thread;
use creel::protocol::WireThread;
use indicatif::DecimalBytes;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::failure::Failure;

/// Prints a value as JSON on one line.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, value)?;
    writeln!(out)?;
    Ok(out.flush()?)
}

/// Prints threads as an array of the protocol's objects.
pub(crate) fn json_threads<'a>(
    threads: impl IntoIterator<Item = &'a Thread>,
) -> Result<(), Failure> {
    json(&threads.into_iter().map(WireThread::from).collect::<Vec<_>>())
}

/// What a person knows a thread by: its name, or else its nickname and how it begins.
pub(crate) fn label(thread: &Thread) -> String {
    let label = match (&thread.name, &thread.details.agent_nickname) {
        (Some(name), _) => name.clone(),
        (None, Some(nickname)) if thread.preview.is_empty() => nickname.clone(),
        (None, Some(nickname)) => format!("{nickname}: {}", thread.preview),
        (None, None) if thread.preview.is_empty() => "(empty)".to_owned(),
        (None, None) => thread.preview.clone(),
    };
    one_line(&label)
}

/// Turns line breaks and control characters into spaces, so that no name can draw on the terminal.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// Cuts a line to the terminal's width; where nobody looks, it stays whole.
pub(crate) fn fit(line: &str) -> String {
    match console::Term::stdout().size_checked() {
        Some((_, width)) => {
            console::truncate_str(line, usize::from(width), "…").trim_end().to_owned()
        }
        None => line.trim_end().to_owned(),
    }
}

/// Spells a time in the system's time zone, to the minute.
pub(crate) fn time(millis: i64) -> String {
    match Timestamp::from_millisecond(millis) {
        Ok(time) => time.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => format!("{millis} ms"),
    }
}

/// Spells a time in full, with its offset.
pub(crate) fn full_time(millis: i64) -> String {
    match Timestamp::from_millisecond(millis) {
        Ok(time) => time.to_zoned(TimeZone::system()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        Err(_) => format!("{millis} ms"),
    }
}

pub(crate) fn size(bytes: u64) -> String {
    DecimalBytes(bytes).to_string()
}

/// Spells a number of things.
pub(crate) fn count(number: u64, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}
