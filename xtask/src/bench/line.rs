//! What a program that measures says: one JSON object a line on its standard output, all else on standard error.
//!
//! Two programs speak it. `creel-bench` in `bench/native`, and the npm project `bench/browser`, started as
//! `npm run --silent bench` with `BENCH_MODE` (`quick` or `full`), `CHROMIUM` (the browser's path) and
//! `CREEL_TARBALL` (the packed package) in its environment.
//!
//! ```text
//! {"kind":"sample","workload":"W1","case":"append one item, strict, 600 B","contender":"creel","round":3,
//!  "unit":"ms","values":[0.41,0.39]}
//! {"kind":"count","workload":"W1","case":"…","contender":"creel","operations":500,
//!  "counts":{"transactions":500,"inserts":500,"checks":1000,"reads":0}}
//! {"kind":"memory","workload":"W7","case":"…","contender":"creel","bytes":12345678,"what":"peak RSS"}
//! {"kind":"growth","case":"append","contender":"creel","axis":"items","size":1000000,"value":0.4,"unit":"ms"}
//! {"kind":"blocking","case":"…","contender":"creel","ms":5.1}
//! {"kind":"machine","what":{"cpu":"…","os":"…","sqlite":"…"}}
//! {"kind":"void","workload":"W5","case":"…","contender":"…","reason":"…"}
//! ```
//!
//! The values of a sample are those of one round: one for each call, or for each item where many are
//! done at once. A void line stands for what a contender could not do; an empty case means all of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Line {
    /// Times of one round.
    Sample(Sample),
    /// What operations cost, whatever the machine.
    Count(Count),
    /// The height of a memory.
    Memory(Memory),
    /// What an operation costs at one size.
    Growth(Growth),
    /// The longest that a case kept a page's main thread.
    Blocking(Blocking),
    /// The machine, and the versions of what ran on it.
    Machine { what: BTreeMap<String, String> },
    /// A contender that could not be had, or not be run.
    Void(Void),
}

/// Times of one round of one contender.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sample {
    pub(crate) workload: String,
    pub(crate) case: String,
    pub(crate) contender: String,
    pub(crate) round: u64,
    pub(crate) unit: String,
    pub(crate) values: Vec<f64>,
}

/// What so many operations cost together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Count {
    pub(crate) workload: String,
    pub(crate) case: String,
    pub(crate) contender: String,
    pub(crate) operations: u64,
    pub(crate) counts: BTreeMap<String, u64>,
}

/// Memory that a process or a wasm module has needed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Memory {
    pub(crate) workload: String,
    pub(crate) case: String,
    pub(crate) contender: String,
    pub(crate) bytes: u64,
    pub(crate) what: String,
}

/// One point of a curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Growth {
    pub(crate) case: String,
    pub(crate) contender: String,
    /// What grows: `items`, `threads`, or the `minutes` of an endurance run.
    pub(crate) axis: String,
    pub(crate) size: u64,
    pub(crate) value: f64,
    pub(crate) unit: String,
}

/// How long a page's main thread did nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Blocking {
    pub(crate) case: String,
    pub(crate) contender: String,
    pub(crate) ms: f64,
}

/// What was not measured, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Void {
    pub(crate) workload: String,
    pub(crate) case: String,
    pub(crate) contender: String,
    pub(crate) reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_each_kind_is_read_and_written_alike() {
        for text in [
            r#"{"kind":"sample","workload":"W1","case":"c","contender":"creel","round":3,"unit":"ms","values":[0.5]}"#,
            r#"{"kind":"count","workload":"W1","case":"c","contender":"creel","operations":5,"counts":{"fsyncs":5}}"#,
            r#"{"kind":"memory","workload":"W7","case":"c","contender":"creel","bytes":1,"what":"peak RSS"}"#,
            r#"{"kind":"growth","case":"append","contender":"creel","axis":"items","size":10,"value":0.5,"unit":"ms"}"#,
            r#"{"kind":"blocking","case":"c","contender":"creel","ms":5.5}"#,
            r#"{"kind":"machine","what":{"cpu":"x"}}"#,
            r#"{"kind":"void","workload":"W5","case":"","contender":"redb","reason":"r"}"#,
        ] {
            let line: Line = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&line).unwrap(), text);
        }
    }
}
