//! Mending one stream of lines: what can be read keeps its place, what can't leaves a mark.

use bytes::Bytes;

use super::history::lines;
use crate::error::Result;
use crate::item::{Item, Line};
use crate::storage::Key;

/// The most marks in a row; more than this is a count gone wrong, not a loss.
const MOST_MARKS: u64 = 100_000;
/// The type of the item that stands for one that can't be read.
const UNREADABLE: &str = "creel/unreadable";

/// A record of a stream, by the number of its first line.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) first: u64,
    pub(super) value: Bytes,
    /// Where its bytes are kept if they can't all be used.
    pub(super) quarantine: Key,
}

/// What came of a stream.
#[derive(Debug, Default)]
pub(super) struct Mended {
    /// All its lines, from number 0 on.
    pub(super) lines: Vec<Line>,
    /// The parts of which something could not be used.
    pub(super) bad: Vec<Part>,
}

/// Puts a stream of `expected` lines together from its parts.
pub(super) fn mend(parts: Vec<Part>, expected: Option<u64>, at: i64) -> Result<Mended> {
    let mut mended = Mended::default();
    let ends: Vec<Option<u64>> =
        parts.iter().skip(1).map(|part| Some(part.first)).chain([expected]).collect();
    for (part, end) in parts.into_iter().zip(ends) {
        let missing = part.first.saturating_sub(mended.len());
        if part.first < mended.len() || missing > MOST_MARKS {
            mended.bad.push(part);
            continue;
        }
        mended.mark(missing, None, at)?;
        let found = lines(&part.value);
        let count = found.len() as u64;
        let whole = found.iter().all(Option::is_some) && count > 0;
        let wanted = end.and_then(|end| end.checked_sub(part.first)).unwrap_or(count);
        let wanted = if wanted > count.saturating_add(MOST_MARKS) { count } else { wanted };
        if whole && wanted == count {
            mended.lines.extend(found.into_iter().flatten());
            continue;
        }
        let head = found.iter().take_while(|line| line.is_some()).count();
        let (head, rest) = found.split_at(head);
        if wanted == count {
            mended.lines.extend(head.iter().flatten().cloned());
            for line in rest {
                match line {
                    Some(line) => mended.lines.push(line.clone()),
                    None => mended.mark(1, Some(&part.quarantine), at)?,
                }
            }
        } else {
            // A line break is lost or too many: the ends are still in their places.
            let tail = rest.iter().rev().take_while(|line| line.is_some()).count();
            let head: Vec<Line> =
                head.iter().flatten().take(usize::try_from(wanted).unwrap_or(0)).cloned().collect();
            let room = wanted - head.len() as u64;
            let tail = (tail as u64).min(room);
            mended.lines.extend(head);
            mended.mark(room - tail, Some(&part.quarantine), at)?;
            let skip = rest.len() - usize::try_from(tail).unwrap_or(0);
            mended.lines.extend(rest[skip..].iter().flatten().cloned());
        }
        mended.bad.push(part);
    }
    let missing = expected.unwrap_or(0).saturating_sub(mended.len());
    if missing <= MOST_MARKS {
        mended.mark(missing, None, at)?;
    }
    Ok(mended)
}

/// Returns lines that stand for `count` lines that can't be read; none for an absurd count.
pub(super) fn marks(count: u64, key: Option<&str>, at: i64) -> Result<Vec<Line>> {
    if count == 0 || count > MOST_MARKS {
        return Ok(Vec::new());
    }
    let item = match key {
        Some(key) => serde_json::json!({ "type": UNREADABLE, "key": key }),
        None => serde_json::json!({ "type": UNREADABLE }),
    };
    let line = Line::new(at, &Item::from_value(&item)?);
    Ok((0..count).map(|_| line.clone()).collect())
}

impl Mended {
    pub(super) fn len(&self) -> u64 {
        self.lines.len() as u64
    }

    fn mark(&mut self, count: u64, key: Option<&str>, at: i64) -> Result<()> {
        let at = self.lines.last().and_then(|line| line.decode(0).ok()).map_or(at, |last| last.at);
        self.lines.extend(marks(count, key, at)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(first: u64, value: &str) -> Part {
        let value = Bytes::from(value.to_owned());
        Part { first, value, quarantine: format!("q{first}") }
    }

    fn line(n: u64) -> String {
        format!("{{\"at\":{n},\"item\":{{\"n\":{n}}}}}\n")
    }

    fn numbers(mended: &Mended) -> Vec<String> {
        let item = |line: &Line| line.decode(0).unwrap().item.json().to_owned();
        mended.lines.iter().map(item).collect()
    }

    #[test]
    fn what_can_be_read_keeps_its_place() {
        let n = |n: u64| format!("{{\"n\":{n}}}");
        let mark = |key: &str| format!("{{\"type\":\"{UNREADABLE}\",\"key\":\"{key}\"}}");
        let missing = format!("{{\"type\":\"{UNREADABLE}\"}}");
        let cases: Vec<(&str, Vec<Part>, Option<u64>, Vec<String>)> = vec![
            ("whole", vec![part(0, &(line(0) + &line(1)))], Some(2), vec![n(0), n(1)]),
            (
                "a bad line",
                vec![part(0, &(line(0) + "{x\n" + &line(2)))],
                Some(3),
                vec![n(0), mark("q0"), n(2)],
            ),
            (
                "cut short",
                vec![part(0, &(line(0) + "{\"at\"")), part(3, &line(3))],
                Some(4),
                vec![n(0), mark("q0"), mark("q0"), n(3)],
            ),
            (
                "a lost line break",
                vec![part(0, &(line(0) + line(1).trim_end() + &line(2) + &line(3)))],
                Some(4),
                vec![n(0), mark("q0"), mark("q0"), n(3)],
            ),
            (
                "a gap",
                vec![part(0, &line(0)), part(2, &line(2))],
                Some(3),
                vec![n(0), missing.clone(), n(2)],
            ),
            (
                "an overlap",
                vec![part(0, &(line(0) + &line(1))), part(1, &line(7))],
                Some(2),
                vec![n(0), n(7)],
            ),
            ("nothing", vec![], Some(2), vec![missing.clone(), missing]),
            ("an absurd length", vec![part(0, &line(0))], Some(1 << 50), vec![n(0)]),
            ("of unknown length", vec![part(0, &(line(0) + "x\n"))], None, vec![n(0), mark("q0")]),
        ];
        for (name, parts, expected, lines) in cases {
            let mended = mend(parts, expected, 0).unwrap();
            let keyed = |text: String| {
                let value: serde_json::Value = serde_json::from_str(&text).unwrap();
                value
            };
            let found: Vec<_> = numbers(&mended).into_iter().map(keyed).collect();
            let lines: Vec<_> = lines.into_iter().map(keyed).collect();
            assert_eq!(found, lines, "{name}");
        }
    }
}
