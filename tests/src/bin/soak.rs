//! Runs many seeds of the simulation: `soak FROM COUNT`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let (Some(Ok(from)), Some(Ok(count))) = (numbers.next(), numbers.next()) else {
        eprintln!("soak FROM COUNT");
        return ExitCode::FAILURE;
    };
    let started = std::time::Instant::now();
    match creel_tests::sim::run_many(from..from.saturating_add(count)) {
        Ok(counts) => {
            let seconds = started.elapsed().as_secs_f64();
            println!("{}\n{count} seeds from {from} hold, in {seconds:.0} s", counts.table());
            ExitCode::SUCCESS
        }
        Err(violation) => {
            println!("{}", violation.report());
            ExitCode::FAILURE
        }
    }
}
