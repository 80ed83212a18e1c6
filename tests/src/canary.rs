//! Texts that occur nowhere by chance, and the search for them in the files of a store.
//!
//! A text may be cut where a page of the database ends, so its quarters are searched for: whatever
//! the cut, one of them is whole.

use std::fs;
use std::path::Path;

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

    /// Returns the encodings of its quarters, each with the encoding's name.
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
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(search(&path, canaries));
            continue;
        }
        // A temporary file may go while it is looked for.
        let Ok(bytes) = fs::read(&path) else { continue };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for canary in canaries {
            for (encoding, needle) in canary.needles() {
                if memchr::memmem::find(&bytes, &needle).is_some() {
                    found.push(format!("{name}: {} in {encoding}", canary.surface));
                }
            }
        }
    }
    found.sort();
    found.dedup();
    found
}
