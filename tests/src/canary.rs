//! Texts that occur nowhere by chance, and the search for them in the files of a store.
//!
//! A text may be cut where a page of the database ends, so its quarters are searched for: whatever
//! the cut, one of them is whole.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::next_random;

const QUARTER: usize = 10;
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A text of 40 random letters that says where it was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canary {
    /// Where it was put: `name`, `item`, …
    pub surface: String,
    /// The text.
    pub text: String,
}

impl Canary {
    /// Makes a canary for a surface.
    pub fn new(surface: impl Into<String>, random: &mut u64) -> Self {
        let letter = |_| char::from(LETTERS[(next_random(random) % 64) as usize]);
        Self { surface: surface.into(), text: (0..4 * QUARTER).map(letter).collect() }
    }

    /// Returns its quarters in each encoding, with the encoding's name.
    fn needles(&self) -> Vec<(&'static str, Vec<u8>)> {
        let quarters = (0..4).map(|n| &self.text[n * QUARTER..(n + 1) * QUARTER]);
        quarters
            .flat_map(|quarter| {
                let units = quarter.encode_utf16();
                [
                    ("UTF-8", quarter.as_bytes().to_vec()),
                    ("UTF-16LE", units.clone().flat_map(u16::to_le_bytes).collect()),
                    ("UTF-16BE", units.flat_map(u16::to_be_bytes).collect()),
                ]
            })
            .collect()
    }
}

/// Returns where any of `canaries` is in the files below `dir`: file, surface and encoding.
pub fn search(dir: &Path, canaries: &[Canary]) -> Vec<String> {
    let needles: Vec<(&str, &'static str, Vec<u8>)> = canaries
        .iter()
        .flat_map(|canary| {
            let needles = canary.needles().into_iter();
            needles.map(|(encoding, needle)| (canary.surface.as_str(), encoding, needle))
        })
        .collect();
    // There are thousands of needles and megabytes to search: by their first two bytes.
    let mut starts = vec![Vec::new(); 1 << 16];
    for (index, (_, _, needle)) in needles.iter().enumerate() {
        starts[usize::from(u16::from_le_bytes([needle[0], needle[1]]))].push(index);
    }
    let mut found = BTreeSet::new();
    for path in files(dir) {
        // A temporary file may go while it is looked for.
        let Ok(bytes) = fs::read(&path) else { continue };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        for (at, pair) in bytes.windows(2).enumerate() {
            for index in &starts[usize::from(u16::from_le_bytes([pair[0], pair[1]]))] {
                let (surface, encoding, needle) = &needles[*index];
                if bytes[at..].starts_with(needle) {
                    found.insert(format!("{name}: {surface} in {encoding}"));
                }
            }
        }
    }
    found.into_iter().collect()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
