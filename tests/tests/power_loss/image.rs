//! What a disk may hold after the power went: everything that was synced, and any of the rest.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use creel_tests::next_random;

use crate::recording::Op;

/// What becomes of the writes that no sync covered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unsynced {
    /// None of them arrived.
    Lost,
    /// All of them arrived.
    Kept,
    /// Some arrived, whatever their order, some in part.
    Some(u64),
}

/// The smallest piece that a disk writes whole.
const SECTOR: usize = 512;

/// Builds the files as they are if the power goes before `log[at]`; `honest` disks keep what was
/// synced.
pub(crate) fn build(
    log: &[Op],
    at: usize,
    unsynced: Unsynced,
    honest: bool,
) -> BTreeMap<String, Vec<u8>> {
    let mut synced: HashMap<&str, usize> = HashMap::new();
    for (index, op) in log[..at].iter().enumerate() {
        if let Op::Sync { file } = op
            && honest
        {
            synced.insert(file, index);
        }
    }
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    // Of a file that lost its deletion nothing later is there.
    let mut gone: Vec<&str> = Vec::new();
    let mut random = match unsynced {
        Unsynced::Some(seed) => seed,
        _ => 0,
    };
    for (index, op) in log[..at].iter().enumerate() {
        let (Op::Write { file, .. } | Op::Truncate { file, .. } | Op::Delete { file }) = op else {
            continue;
        };
        let sure = synced.get(file.as_str()).is_some_and(|sync| index < *sync);
        let luck = next_random(&mut random);
        let arrives = match unsynced {
            _ if sure => true,
            Unsynced::Lost => false,
            Unsynced::Kept => true,
            Unsynced::Some(_) => !luck.is_multiple_of(3),
        };
        if gone.contains(&file.as_str()) {
            continue;
        }
        if !arrives {
            if matches!(op, Op::Delete { .. }) {
                gone.push(file);
            }
            continue;
        }
        let torn = !sure && matches!(unsynced, Unsynced::Some(_)) && luck.is_multiple_of(7);
        apply(&mut files, op, torn.then_some(luck));
    }
    files
}

fn apply(files: &mut BTreeMap<String, Vec<u8>>, op: &Op, torn: Option<u64>) {
    match op {
        Op::Write { file, offset, data } => {
            let content = files.entry(file.clone()).or_default();
            let offset = *offset as usize;
            let arrived = match torn {
                Some(luck) => (luck >> 8) as usize % data.len().div_ceil(SECTOR) * SECTOR,
                None => data.len(),
            };
            if content.len() < offset + arrived {
                content.resize(offset + arrived, 0);
            }
            content[offset..offset + arrived].copy_from_slice(&data[..arrived]);
        }
        Op::Truncate { file, size } => {
            files.entry(file.clone()).or_default().resize(*size as usize, 0);
        }
        Op::Delete { file } => drop(files.remove(file)),
        Op::Sync { .. } | Op::Begin | Op::Returned { .. } => {}
    }
}

/// Writes the files into an empty directory.
pub(crate) fn write(dir: &Path, files: &BTreeMap<String, Vec<u8>>) {
    for (name, content) in files {
        std::fs::write(dir.join(name), content).unwrap();
    }
}
