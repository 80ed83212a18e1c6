//! The suite that every storage must pass to hold a store.
//!
//! It runs natively and on wasm alike: no threads, no clock, no panics. A backend's test gives a
//! [`Factory`] and asserts that [`run`] reports no failure.

mod check;
mod commits;
mod handles;
mod reads;
mod sizes;

#[cfg(test)]
mod tests;

use std::fmt;

use super::{Storage, StorageResult};
use crate::maybe_send::{BoxFuture, MaybeSend, MaybeSync};

/// Opens the databases that the suite works on.
pub trait Factory: MaybeSend + MaybeSync {
    /// The storage under test.
    type Storage: Storage;

    /// Opens one more handle of the database called `name`.
    ///
    /// At the first call with a name the database is empty. Later ones open the same data, also
    /// when every earlier handle was closed. A name is short, of lower-case letters and `-`.
    fn open(&self, name: &str) -> impl Future<Output = StorageResult<Self::Storage>> + MaybeSend;

    /// Says what the backend can do; cases that need more are skipped.
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    /// Lets a moment pass, so that news travels and tasks of the host run.
    ///
    /// The default gives way to other tasks once. A host with an event loop waits a few
    /// milliseconds; the suite waits up to 1,000 moments for news.
    fn moment(&self) -> impl Future<Output = ()> + MaybeSend {
        check::give_way()
    }
}

/// What a backend can do beyond the contract's least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether [`Storage::watch`] tells of other handles' commits. Default: false.
    pub watch: bool,
    /// The longest value that the backend takes, in bytes, at least 64 KiB. Default: no limit.
    pub max_value: usize,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self { watch: false, max_value: usize::MAX }
    }
}

/// One case of the suite.
pub struct Case<F: Factory> {
    /// The case as a sentence.
    pub name: &'static str,
    needs: fn(&Capabilities) -> bool,
    run: CaseFn<F>,
}

type CaseFn<F> = for<'a> fn(&'a F) -> BoxFuture<'a, Result<(), String>>;

impl<F: Factory> Case<F> {
    fn new(name: &'static str, needs: fn(&Capabilities) -> bool, run: CaseFn<F>) -> Self {
        Self { name, needs, run }
    }

    /// Runs the case; each case has a database of its own, which it opens once a run.
    pub async fn run(&self, factory: &F) -> Outcome {
        let verdict = if (self.needs)(&factory.capabilities()) {
            match (self.run)(factory).await {
                Ok(()) => Verdict::Passed,
                Err(reason) => Verdict::Failed(reason),
            }
        } else {
            Verdict::Skipped
        };
        Outcome { name: self.name, verdict }
    }
}

impl<F: Factory> fmt::Debug for Case<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The case's name.
    pub name: &'static str,
    /// How it ended.
    pub verdict: Verdict,
}

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The backend does what the contract says.
    Passed,
    /// The backend does not claim the capability.
    Skipped,
    /// The backend breaks the contract, in this way.
    Failed(String),
}

/// Returns every case of the suite.
pub fn cases<F: Factory>() -> Vec<Case<F>> {
    let mut cases = reads::cases();
    cases.extend(commits::cases());
    cases.extend(sizes::cases());
    cases.extend(handles::cases());
    cases
}

/// Runs every case, one after the other, and returns what became of each.
pub async fn run<F: Factory>(factory: &F) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for case in cases() {
        outcomes.push(case.run(factory).await);
    }
    outcomes
}

/// Returns one line for each failure; none of them means that the backend conforms.
pub fn failures(outcomes: &[Outcome]) -> Vec<String> {
    let failure = |outcome: &Outcome| match &outcome.verdict {
        Verdict::Failed(reason) => Some(format!("{}: {reason}", outcome.name)),
        _ => None,
    };
    outcomes.iter().filter_map(failure).collect()
}
