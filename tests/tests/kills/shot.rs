//! One victim: started, read along with, killed in the phase aimed at.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use creel_tests::next_random;

use crate::known::Known;

/// What the victim is at, from the deletion's view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Inside the commit of an append.
    Append,
    /// From the commit of a deletion to that of the first erase entry.
    Deciding,
    /// Between the first and the last erase entry.
    Erasing,
    /// Inside a scrub.
    Scrub,
    /// Inside the commit of a checkpoint.
    Checkpoint,
}

impl Phase {
    pub(crate) const ALL: [Self; 5] =
        [Self::Append, Self::Deciding, Self::Erasing, Self::Scrub, Self::Checkpoint];

    /// Those of a storage whose scrub does nothing, so that nobody can die in it.
    #[cfg(feature = "postgres")]
    pub(crate) const WITHOUT_SCRUB: [Self; 4] =
        [Self::Append, Self::Deciding, Self::Erasing, Self::Checkpoint];

    /// Returns the phase that the victim is in when `line` is the last one of its storage's.
    fn of(line: &str, erased: &mut usize) -> Option<Self> {
        let (when, what) = line.split_once(' ')?;
        let before = when == "before";
        if what.contains("deleted") {
            *erased = 0;
            return Some(Self::Deciding);
        }
        match what {
            "erasing" => {
                *erased += usize::from(!before);
                if *erased == 0 { Some(Self::Deciding) } else { Some(Self::Erasing) }
            }
            "scrub" if before => Some(Self::Scrub),
            "checkpoint" if before => Some(Self::Checkpoint),
            what if before && (what.contains("appended") || what.contains("segmented")) => {
                Some(Self::Append)
            }
            _ => None,
        }
    }
}

/// A victim that takes longer than this to get where it is wanted is shot wherever it is.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs a victim, kills it when it is in the phase aimed at, and returns the phase it died in.
pub(crate) fn shoot(place: &str, seed: u64, aim: Phase, known: &mut Known) -> Option<Phase> {
    let mut random = seed;
    let mut victim = Command::new(env!("CARGO_BIN_EXE_victim"))
        .args([place, &seed.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    let started = Instant::now();
    let (mut phase, mut erased) = (None, 0);
    // The victim gets there several times; which of them is its last is up to chance.
    let mut passes = next_random(&mut random) % if aim == Phase::Append { 12 } else { 3 };
    let mut hear = |line: &str, phase: &mut Option<Phase>| {
        known.hear(line);
        if ["before", "after", "failed"].iter().any(|when| line.starts_with(when)) {
            *phase = Phase::of(line, &mut erased);
        }
    };
    for line in lines.by_ref() {
        hear(&line.unwrap(), &mut phase);
        let there = phase == Some(aim);
        if there && passes == 0 || started.elapsed() > PATIENCE {
            break;
        }
        passes -= u64::from(there);
    }
    let pause = Duration::from_micros(next_random(&mut random) % 400);
    let until = Instant::now() + pause;
    while Instant::now() < until {
        std::hint::spin_loop();
    }
    victim.kill().unwrap();
    let status = victim.wait().unwrap();
    assert!(status.code().is_none(), "the victim ended by itself: {status}");
    // What it said before the kill reached it counts too.
    for line in lines.map_while(Result::ok) {
        hear(&line, &mut phase);
    }
    phase
}
