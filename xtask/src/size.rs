//! What the package weighs: the core's wasm and the JavaScript that an application ships, entry by entry, raw and
//! compressed.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use xshell::cmd;

use crate::workspace::{PACKAGE, Workspace};

/// What wasm and JavaScript together should weigh, in compressed bytes.
const AIM: usize = 150 * 1024;

/// What they may weigh: a little over what they do, so that no change makes them grow unseen.
const BUDGET: usize = 466 * 1024;

/// The entry that the budget is about; the others come on top where they are used.
const MAIN: &str = ".";

/// The sizes of one file, in bytes.
#[derive(Debug, Default, PartialEq, Eq)]
struct Size {
    raw: usize,
    gzip: usize,
}

/// The weight of a built package.
#[derive(Debug, Default)]
pub(crate) struct Sizes {
    wasm: Size,
    javascript: Size,
    /// The other entries by name, each with all that it imports from the package.
    others: Vec<(String, Size)>,
}

impl Sizes {
    /// Weighs the built package: its wasm, and its JavaScript bundled and minified as an application would ship it.
    ///
    /// # Errors
    /// When a file is missing or the bundler fails.
    pub(crate) fn measure(workspace: &Workspace) -> Result<Self> {
        let package = workspace.path(PACKAGE);
        let wasm = std::fs::read(package.join("wasm/creel_bg.wasm"))
            .context("the wasm module is not built")?;
        let mut sizes = Self { wasm: Size::of(&wasm)?, ..Self::default() };
        let entries = entries(&std::fs::read_to_string(package.join("package.json"))?)?;
        let bundles = bundle(workspace, &entries)?;
        for (name, file) in entries {
            let size = Size::of(&std::fs::read(bundles.join(file))?)?;
            if name == MAIN {
                sizes.javascript = size;
            } else {
                sizes.others.push((name.replacen('.', "creel", 1), size));
            }
        }
        Ok(sizes)
    }

    /// Prints the sizes and how they stand to the budget.
    pub(crate) fn print(&self) {
        println!("{:<24}{:>12}{:>12}", "", "raw", "gzip");
        let print = |name: &str, size: &Size| {
            println!("{name:<24}{:>12}{:>12}", kilobytes(size.raw), kilobytes(size.gzip));
        };
        print("wasm", &self.wasm);
        print("JavaScript, minified", &self.javascript);
        let (raw, gzip) = (self.wasm.raw + self.javascript.raw, self.gzip());
        print("together", &Size { raw, gzip });
        println!("other entries, each by itself with all that it imports:");
        for (name, size) in &self.others {
            print(name, size);
        }
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

/// The entries of a manifest that are JavaScript: their names and their files.
fn entries(manifest: &str) -> Result<Vec<(String, String)>> {
    let manifest: Value = serde_json::from_str(manifest).context("the manifest is not JSON")?;
    let exports = manifest["exports"].as_object().context("the manifest has no exports")?;
    let file = |target: &Value| target["default"].as_str().map(str::to_owned);
    let named = exports.iter().filter_map(|(name, target)| Some((name.clone(), file(target)?)));
    Ok(named.collect())
}

/// Bundles each entry by itself and returns the directory of the bundles, which are named like the entries; packages
/// of others, which they may build on, are not their weight.
fn bundle(workspace: &Workspace, entries: &[(String, String)]) -> Result<PathBuf> {
    let shell = &workspace.shell;
    let bundles = workspace.target.join("npm/bundles");
    let esbuild = workspace.path("node_modules/.bin/esbuild");
    let files = entries.iter().map(|(_, file)| file);
    let _there = shell.push_dir(workspace.path(PACKAGE));
    cmd!(
        shell,
        "{esbuild} {files...} --bundle --minify --format=esm --packages=external --log-level=warning --outbase=. --outdir={bundles}"
    )
    .quiet()
    .run()?;
    Ok(bundles)
}

fn kilobytes(bytes: usize) -> String {
    format!("{:.1} KB", bytes as f64 / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::{BUDGET, Size, Sizes, entries};

    #[test]
    fn a_package_over_the_budget_is_refused_with_its_weight() {
        let weighing = |gzip| Sizes { wasm: Size { raw: gzip, gzip }, ..Sizes::default() };
        assert!(weighing(BUDGET).check().is_ok());
        let error = weighing(BUDGET + 1024).check().unwrap_err();
        let (kilobytes, more) = (BUDGET / 1024, BUDGET / 1024 + 1);
        assert_eq!(
            error.to_string(),
            format!(
                "wasm and JavaScript weigh {more}.0 KB gzip, over the budget of {kilobytes}.0 KB"
            )
        );
    }

    #[test]
    fn both_sizes_are_measured() {
        let size = Size::of(&[7; 10_000]).unwrap();
        assert_eq!(size.raw, 10_000);
        assert!(size.gzip < 100);
    }

    #[test]
    fn the_entries_are_those_with_code() {
        let manifest = r#"{"exports": {
            ".": {"types": "./dist/index.d.ts", "default": "./dist/index.js"},
            "./creel.wasm": "./wasm/creel_bg.wasm",
            "./bridge": {"types": "./dist/bridge/index.d.ts", "default": "./dist/bridge/index.js"}
        }}"#;
        let files: Vec<_> = entries(manifest).unwrap().into_iter().map(|(_, file)| file).collect();
        assert_eq!(files, ["./dist/index.js", "./dist/bridge/index.js"]);
        assert!(entries("{}").is_err());
    }
}
