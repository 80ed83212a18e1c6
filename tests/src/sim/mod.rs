//! The simulation: several instances of a store over one faulty memory, time and order by chance.
//!
//! A run follows from its seed alone. After every step the store is compared with a plain model of
//! what was asked for, in the order in which it was committed. What must hold is in `check`,
//! `answers` and `model`; what may happen is in `draw` and `fault`.

pub mod answers;
pub mod check;
pub mod counts;
pub mod draw;
pub mod executor;
pub mod fault;
mod inspect;
pub mod ledger;
pub mod model;
pub mod op;
mod rest;
mod staging;
pub mod storage;
pub mod watch;
pub mod world;

pub use counts::Counts;
pub use world::World;

/// A rule that was broken.
#[derive(Debug)]
pub struct Violation {
    /// The seed of the run.
    pub seed: u64,
    /// What is wrong.
    pub what: String,
    /// Everything that happened, oldest first; empty unless the run was traced.
    pub trace: Vec<String>,
}

impl Violation {
    /// Returns the trace and the violation, with the command that shows it again.
    pub fn report(&self) -> String {
        format!(
            "{}\nseed {}: {}\nreplay it with: cargo xtask soak --from {} --seeds 1",
            self.trace.join("\n"),
            self.seed,
            self.what,
            self.seed
        )
    }
}

/// Runs one seed.
///
/// # Errors
/// The first violation; with its trace, since the seed is then run once more.
pub fn run(seed: u64) -> Result<Counts, Box<Violation>> {
    World::new(seed, false)
        .run()
        .map_err(|first| World::new(seed, true).run().err().unwrap_or(first))
}

/// Runs one seed without a trace.
///
/// # Errors
/// What is wrong.
pub fn run_quick(seed: u64) -> Result<Counts, String> {
    World::new(seed, false).run().map_err(|violation| violation.what)
}

/// Runs seeds on every core and adds their counts up; stops soon after the first violation.
///
/// # Errors
/// The first violation found.
pub fn run_many(seeds: std::ops::Range<u64>) -> Result<Counts, Box<Violation>> {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    let (next, failed) = (AtomicU64::new(seeds.start), AtomicBool::new(false));
    let work = || {
        let mut counts = Counts::default();
        while !failed.load(Ordering::SeqCst) {
            let seed = next.fetch_add(1, Ordering::SeqCst);
            if seed >= seeds.end {
                break;
            }
            match run(seed) {
                Ok(more) => counts.add(&more),
                Err(violation) => {
                    failed.store(true, Ordering::SeqCst);
                    return Err(violation);
                }
            }
        }
        Ok(counts)
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut counts = Counts::default();
        for worker in workers {
            match worker.join() {
                Ok(result) => counts.add(&result?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(counts)
    })
}
