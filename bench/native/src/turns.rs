//! Taking turns: every contender does the same work in each round, another one first each time, so that what
//! slows the machine for a while slows all alike.

use std::time::Instant;

use anyhow::Result;

use crate::lines::Line;
use crate::workloads::Times;

/// Runs rounds of one workload, each by the contender's place and the round; the first warms up and is not
/// reported.
///
/// # Errors
/// When nobody reads what is reported. A contender that fails is reported as void and runs no more.
pub(crate) fn turns(
    contenders: &[&str],
    rounds: usize,
    workload: &str,
    run: &mut dyn FnMut(usize, usize) -> Result<Times>,
) -> Result<()> {
    let started = Instant::now();
    let mut running = vec![true; contenders.len()];
    for round in 0..=rounds {
        for turn in 0..contenders.len() {
            let index = (turn + round) % contenders.len();
            let contender = contenders[index];
            if !running[index] {
                continue;
            }
            match run(index, round) {
                Ok(_) if round == 0 => {}
                Ok(times) => report(workload, contender, round, &times)?,
                Err(error) => {
                    running[index] = false;
                    let reason = format!("{error:#}");
                    Line::Void { workload, case: "", contender, reason }.emit()?;
                }
            }
        }
    }
    eprintln!("{workload} took {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Reports the times of one contender in one round.
///
/// # Errors
/// When nobody reads it.
pub(crate) fn report(workload: &str, contender: &str, round: usize, times: &Times) -> Result<()> {
    for (case, values) in times {
        let workload = if case.starts_with("archive") { "W6" } else { workload };
        Line::Sample { workload, case, contender, round, unit: "ms", values }.emit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_round_begins_with_another_and_who_fails_runs_no_more() {
        let mut order = Vec::new();
        turns(&["a", "b", "c"], 2, "W0", &mut |index, round| {
            order.push((round, index));
            anyhow::ensure!((round, index) != (1, 2), "it broke");
            Ok(Vec::new())
        })
        .unwrap();
        let expected = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (1, 0), (2, 0), (2, 1)];
        assert_eq!(order, expected);
    }
}
