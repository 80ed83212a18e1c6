//! What fuzzing starts from and once found: every seed is replayed, and each target is fed damaged
//! versions of good input, a few hundred a run where `cargo fuzz` makes millions.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;

use creel_tests::damage::TARGETS;
use creel_tests::next_random;

const DAMAGED: u64 = 300;

#[test]
fn every_seed_of_every_target_is_answered() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
    for target in TARGETS {
        let mut replayed = 0;
        for seed in fs::read_dir(seeds.join(target.name)).unwrap() {
            let seed = seed.unwrap().path();
            println!("{}", seed.display());
            (target.feed)(&fs::read(seed).unwrap());
            replayed += 1;
        }
        assert_ne!(replayed, 0, "{} has no seeds", target.name);
    }
}

#[test]
fn damaged_input_of_every_target_is_answered() {
    for target in TARGETS {
        let valid = (target.valid)();
        assert!(!valid.is_empty(), "{} has no valid input", target.name);
        valid.iter().for_each(|input| (target.feed)(input));
        for seed in 0..DAMAGED {
            let mut random = seed;
            let mut input = valid[seed as usize % valid.len()].clone();
            for _ in 0..=next_random(&mut random) % 3 {
                damage(&mut input, &mut random);
            }
            println!("{} {seed}: {}", target.name, String::from_utf8_lossy(&input));
            (target.feed)(&input);
        }
    }
}

/// Changes a number, flips a bit, cuts the end off, or takes out or doubles a piece.
fn damage(input: &mut Vec<u8>, random: &mut u64) {
    let mut below = |most: usize| (next_random(random) % most.max(1) as u64) as usize;
    let (way, at) = (below(6), below(input.len()));
    let end = (at + below(40)).min(input.len());
    match way {
        0 => input.truncate(at),
        1 => drop(input.drain(at..end)),
        2 => {
            let piece = input[at..end].to_vec();
            input.splice(at..at, piece);
        }
        3 => {
            if let Some(digit) = input[at..].iter().position(u8::is_ascii_digit) {
                let numbers: [&[u8]; 4] = [b"0", b"-1", b"4294967295", b"18446744073709551615"];
                let number = numbers[below(4)].to_vec();
                input.splice(at + digit..=at + digit, number);
            }
        }
        _ => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << below(8);
            }
        }
    }
}
