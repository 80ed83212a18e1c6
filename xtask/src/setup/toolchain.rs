//! The compiler for the wasm target, and its standard library, which is built for size like the rest: the machine's own
//! with rustup's source, else Debian's, which brings both, else the machine's own with the library as it is published.
//!
//! Debian's way serves machines that can't reach rustup's server. Nothing in it may leak from the outer cargo: two
//! compilers with one another's settings fail in ways that are hard to read.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use xshell::{Cmd, cmd};

use super::apt;
use crate::workspace::Workspace;

const TARGET: &str = "wasm32-unknown-unknown";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
/// A panic is a trap whose stack trace says where, with the names kept beside the module; nothing else is said of it,
/// and so nothing is compiled in that would.
const FOR_SIZE: &str =
    "-Z unstable-options -C panic=immediate-abort -Z location-detail=none -Z fmt-debug=shallow";
const STANDARD_LIBRARY: [&str; 4] =
    ["-Z", "build-std=std,panic_abort", "-Z", "build-std-features=optimize_for_size"];
const DEBIAN_PACKAGES: [&str; 5] =
    ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "rust-web-clippy"];

/// A way to compile for wasm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The compiler that builds everything else.
    Usual,
    /// The same, with the standard library as it was compiled for everybody.
    Published,
    /// Debian's.
    Debian,
}

impl Toolchain {
    /// Finds a toolchain that compiles for wasm, or installs one.
    ///
    /// # Errors
    /// When neither rustup nor apt can deliver one.
    pub(crate) fn ensure(workspace: &Workspace) -> Result<Self> {
        if usual_is_complete(workspace) {
            return Ok(Self::Usual);
        }
        if debian_is_complete(workspace) {
            return Ok(Self::Debian);
        }
        let shell = &workspace.shell;
        let rustup = cmd!(shell, "rustup --version").quiet().ignore_stderr().read().is_ok();
        if rustup {
            println!("installing with rustup: the source of the standard library");
            let added = cmd!(shell, "rustup component add rust-src").quiet().run();
            if added.is_ok() && usual_is_complete(workspace) {
                return Ok(Self::Usual);
            }
            println!("rustup could not install it");
        }
        if published_is_complete(workspace) {
            return Ok(Self::Published);
        }
        if rustup {
            println!("installing with rustup: the target {TARGET}");
            let added = cmd!(shell, "rustup target add {TARGET}").quiet().run();
            if added.is_ok() && published_is_complete(workspace) {
                return Ok(Self::Published);
            }
            println!("rustup could not install it; trying Debian's Rust");
        }
        install_debian(workspace).with_context(|| {
            format!(
                "no Rust compiler here builds for {TARGET} and none could be installed: run \
                 `rustup component add rust-src`, or install your distribution's package of that target"
            )
        })?;
        ensure!(
            debian_is_complete(workspace),
            "the Debian packages are installed, but {DEBIAN_RUSTC} lacks its source or linker, or is too old"
        );
        Ok(Self::Debian)
    }

    /// Tells whether the standard library is built for size, as it is in a package that is published.
    pub(crate) fn is_for_size(self) -> bool {
        self != Self::Published
    }

    /// Makes a cargo command that compiles a crate for wasm.
    pub(crate) fn cargo<'a>(self, workspace: &'a Workspace, arguments: &[&str]) -> Cmd<'a> {
        let shell = &workspace.shell;
        let command = match self {
            Self::Published => cmd!(shell, "cargo {arguments...} --target {TARGET}"),
            Self::Usual => {
                cmd!(shell, "cargo {arguments...} --target {TARGET}").args(STANDARD_LIBRARY)
            }
            Self::Debian => {
                // As `cargo clippy`, cargo would prefer the linter of rustup's directory to the one beside it.
                let lints = arguments.first() == Some(&"clippy");
                let program = if lints { "/usr/bin/cargo-clippy" } else { DEBIAN_CARGO };
                ["LD_LIBRARY_PATH", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "RUSTUP_TOOLCHAIN"]
                    .into_iter()
                    .fold(cmd!(shell, "{program} {arguments...}"), Cmd::env_remove)
                    .args(STANDARD_LIBRARY)
                    .args(["--target", TARGET])
                    .env("CARGO", DEBIAN_CARGO)
                    .env("RUSTC", DEBIAN_RUSTC)
                    .env("RUSTDOC", "/usr/bin/rustdoc")
            }
        };
        let command = command.quiet().env("CARGO_TARGET_DIR", self.target(workspace));
        if !self.is_for_size() {
            return command;
        }
        // What is unstable of it is how it is asked for.
        command.env("RUSTFLAGS", FOR_SIZE).env("RUSTC_BOOTSTRAP", "1")
    }

    /// The directory that a build with a profile leaves its files in.
    pub(crate) fn output(self, workspace: &Workspace, profile: &str) -> PathBuf {
        self.target(workspace).join(TARGET).join(profile)
    }

    /// Each has a target directory of its own, or they would undo each other's work.
    fn target(self, workspace: &Workspace) -> PathBuf {
        let name = match self {
            Self::Usual => "wasm-usual",
            Self::Published => "wasm-published",
            Self::Debian => "wasm-debian",
        };
        workspace.target.join(name)
    }
}

fn usual_is_complete(workspace: &Workspace) -> bool {
    let shell = &workspace.shell;
    let asked = cmd!(shell, "rustc --print sysroot").quiet().ignore_stderr();
    let source = "lib/rustlib/src/rust/library/Cargo.lock";
    asked.read().is_ok_and(|sysroot| Path::new(&sysroot).join(source).exists())
}

fn published_is_complete(workspace: &Workspace) -> bool {
    let shell = &workspace.shell;
    let asked =
        cmd!(shell, "rustc --print target-libdir --target {TARGET}").quiet().ignore_stderr();
    asked.read().is_ok_and(|directory| holds_the_standard_library(Path::new(&directory)))
}

fn holds_the_standard_library(directory: &Path) -> bool {
    let Ok(files) = directory.read_dir() else {
        return false;
    };
    files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libstd-"))
}

fn debian_is_complete(workspace: &Workspace) -> bool {
    let Some(version) = debian_version(workspace) else {
        return false;
    };
    let needed = [DEBIAN_CARGO, "/usr/bin/cargo-clippy", "/usr/bin/rust-lld"];
    let source = "/usr/lib/rustlib/src/rust/library/Cargo.lock";
    new_enough(&version.release)
        && needed.into_iter().chain([source]).all(|file| Path::new(file).exists())
}

fn install_debian(workspace: &Workspace) -> Result<()> {
    apt::install(workspace, &DEBIAN_PACKAGES)?;
    let version = debian_version(workspace).context("Debian's rustc doesn't start")?;
    apt::install(workspace, &[&format!("lld-{}", version.llvm)])
}

/// What `rustc -vV` says of Debian's compiler.
#[derive(Debug, PartialEq, Eq)]
struct Version {
    release: String,
    /// The major version of its LLVM, which its linker must have too.
    llvm: String,
}

fn debian_version(workspace: &Workspace) -> Option<Version> {
    let shell = &workspace.shell;
    let text = cmd!(shell, "{DEBIAN_RUSTC} -vV")
        .env_remove("LD_LIBRARY_PATH")
        .quiet()
        .ignore_stderr()
        .read()
        .ok()?;
    Version::parse(&text)
}

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
        let release = field("release: ")?.to_owned();
        let llvm = field("LLVM version: ")?.split('.').next()?.to_owned();
        Some(Self { release, llvm })
    }
}

fn new_enough(release: &str) -> bool {
    let minor = |version: &str| version.split('.').nth(1)?.parse::<u32>().ok();
    minor(release) >= minor(env!("CARGO_PKG_RUST_VERSION"))
}

#[cfg(test)]
mod tests {
    use super::{Version, holds_the_standard_library, new_enough};

    #[test]
    fn the_compilers_own_words_tell_its_release_and_llvm() {
        let text = "rustc 1.96.0 (ac68faa20 2026-05-25)\nrelease: 1.96.0\nLLVM version: 22.1.8";
        let expected = Version { release: "1.96.0".into(), llvm: "22".into() };
        assert_eq!(Version::parse(text), Some(expected));
        assert_eq!(Version::parse("not a compiler"), None);
    }

    #[test]
    fn an_old_compiler_is_not_taken() {
        assert!(new_enough(env!("CARGO_PKG_RUST_VERSION")));
        assert!(!new_enough("1.63.0"));
    }

    #[test]
    fn a_directory_without_the_standard_library_is_no_target() {
        let directory = tempfile::tempdir().unwrap();
        assert!(!holds_the_standard_library(directory.path()));
        std::fs::write(directory.path().join("libstd-0123.rlib"), "").unwrap();
        assert!(holds_the_standard_library(directory.path()));
    }
}
