//! What the package weighs: the core's wasm and the JavaScript that an application ships, raw and compressed.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use xshell::cmd;

use crate::workspace::{PACKAGE, Workspace};

/// What wasm and JavaScript together should weigh, in compressed bytes.
const AIM: usize = 150 * 1024;

/// What they may weigh: a little over what they do, so that no change makes them grow unseen.
const BUDGET: usize = 640 * 1024;

/// The sizes of one file, in bytes.
#[derive(Debug, Default, PartialEq, Eq)]
struct Size {
    raw: usize,
    gzip: usize,
}

/// The weight of a built package.
#[derive(Debug)]
pub(crate) struct Sizes {
    wasm: Size,
    javascript: Size,
}

impl Sizes {
    /// Weighs the built package: its wasm, and its JavaScript bundled and minified as an application would ship it.
    ///
    /// # Errors
    /// When a file is missing or the bundler fails.
    pub(crate) fn measure(workspace: &Workspace) -> Result<Self> {
        let wasm = std::fs::read(workspace.path(PACKAGE).join("wasm/creel_bg.wasm"))
            .context("the wasm module is not built")?;
        Ok(Self { wasm: Size::of(&wasm)?, javascript: Size::of(&bundle(workspace)?)? })
    }

    /// Prints the sizes and how they stand to the budget.
    pub(crate) fn print(&self) {
        println!("{:<24}{:>12}{:>12}", "", "raw", "gzip");
        for (name, size) in [("wasm", &self.wasm), ("JavaScript, minified", &self.javascript)] {
            println!("{name:<24}{:>12}{:>12}", kilobytes(size.raw), kilobytes(size.gzip));
        }
        let (raw, gzip) = (self.wasm.raw + self.javascript.raw, self.gzip());
        println!("{:<24}{:>12}{:>12}", "together", kilobytes(raw), kilobytes(gzip));
        let verdict = if gzip <= BUDGET { "within" } else { "warning: over" };
        let (budget, aim) = (kilobytes(BUDGET), kilobytes(AIM));
        println!("{verdict} the budget of {budget} gzip; the aim is {aim}");
    }

    /// Refuses a package over the budget.
    ///
    /// # Errors
    /// When it is over.
    pub(crate) fn check(&self) -> Result<()> {
        let gzip = self.gzip();
        ensure!(
            gzip <= BUDGET,
            "wasm and JavaScript weigh {} gzip, over the budget of {}",
            kilobytes(gzip),
            kilobytes(BUDGET)
        );
        Ok(())
    }

    fn gzip(&self) -> usize {
        self.wasm.gzip + self.javascript.gzip
    }
}

impl Size {
    fn of(bytes: &[u8]) -> Result<Self> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes)?;
        Ok(Self { raw: bytes.len(), gzip: encoder.finish()?.len() })
    }
}

fn bundle(workspace: &Workspace) -> Result<Vec<u8>> {
    let package = workspace.path(PACKAGE);
    let built = package.join("dist/index.js");
    let entry = if built.is_file() { built } else { package.join("wasm/creel.js") };
    let esbuild = Path::new("node_modules/.bin/esbuild");
    let shell = &workspace.shell;
    let output = cmd!(
        shell,
        "{esbuild} {entry} --bundle --minify --format=esm --external:node:* --log-level=warning"
    )
    .quiet()
    .output()?;
    Ok(output.stdout)
}

fn kilobytes(bytes: usize) -> String {
    format!("{:.1} KB", bytes as f64 / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::{BUDGET, Size, Sizes};

    #[test]
    fn a_package_over_the_budget_is_refused_with_its_weight() {
        let weighing = |gzip| Sizes { wasm: Size { raw: gzip, gzip }, javascript: Size::default() };
        assert!(weighing(BUDGET).check().is_ok());
        let error = weighing(BUDGET + 1024).check().unwrap_err();
        assert_eq!(
            error.to_string(),
            "wasm and JavaScript weigh 641.0 KB gzip, over the budget of 640.0 KB"
        );
    }

    #[test]
    fn both_sizes_are_measured() {
        let size = Size::of(&[7; 10_000]).unwrap();
        assert_eq!(size.raw, 10_000);
        assert!(size.gzip < 100);
    }
}
