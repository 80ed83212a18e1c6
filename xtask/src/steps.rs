//! The steps of a test run: each is announced, timed and counted, and the first that fails ends the run.

use std::time::Instant;

use anyhow::{Context, Result};

/// Counts the steps that passed.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    passed: usize,
}

impl Steps {
    /// Runs one step under its name.
    ///
    /// # Errors
    /// The step's own, with its name; the count of steps so far is printed then.
    pub(crate) fn step<T>(&mut self, name: &str, run: impl FnOnce() -> Result<T>) -> Result<T> {
        println!("\n==> {name}");
        let started = Instant::now();
        let result = run();
        let seconds = started.elapsed().as_secs_f64();
        match result {
            Ok(value) => {
                self.passed += 1;
                println!("<== {name}: passed in {seconds:.1} s");
                Ok(value)
            }
            Err(error) => {
                println!("<== {name}: failed after {seconds:.1} s");
                println!("\n{} passed, 1 failed", self.passed);
                Err(error).with_context(|| format!("the step \"{name}\" failed"))
            }
        }
    }

    /// Prints the closing line of a run in which nothing failed.
    pub(crate) fn finish(self) {
        println!("\n{} passed, 0 failed", self.passed);
    }
}

#[cfg(test)]
mod tests {
    use super::Steps;

    #[test]
    fn a_failed_step_is_named_and_not_counted() {
        let mut steps = Steps::default();
        assert_eq!(steps.step("one", || Ok(1)).unwrap(), 1);
        let error = steps.step("two", || -> anyhow::Result<()> { anyhow::bail!("no disk") });
        assert_eq!(format!("{:#}", error.unwrap_err()), "the step \"two\" failed: no disk");
        assert_eq!(steps.passed, 1);
    }
}
