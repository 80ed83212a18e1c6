//! `cargo xtask test`: every check and test as named steps, the cheap ones first.

use std::path::Path;

use anyhow::{Context, Result};
use xshell::cmd;

use crate::npm::Project;
use crate::setup::{chromium, postgres};
use crate::steps::Steps;
use crate::workspace::{
    AGENT_TESTS, BROWSER_TESTS, DEMO, GUIDE_TESTS, NODE_TESTS, PACKAGE, REACT_18_TESTS, REFERENCE,
    UI_TESTS, Workspace,
};
use crate::{clients, lint, package, wasm};

/// What `cargo xtask test` takes; without a flag, everything is tested.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Tests the native crates: format, lints, documentation, tests.
    #[arg(long)]
    native: bool,
    /// Tests only what is on PostgreSQL, which the native tests have among them, on servers of its own.
    #[arg(long)]
    postgres: bool,
    /// Tests the npm package in Node, and lints and type-checks all TypeScript.
    #[arg(long)]
    wasm: bool,
    /// Tests the package and the demo in a real Chromium.
    #[arg(long)]
    browser: bool,
}

/// Runs the parts that were asked for and stops at the first failure.
///
/// # Errors
/// The failed step's.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let everything = !(args.native || args.postgres || args.wasm || args.browser);
    let mut steps = Steps::default();
    if args.native || everything {
        native(workspace, &mut steps)?;
    }
    if args.postgres {
        steps.step("PostgreSQL", || on_postgres(workspace))?;
    }
    if args.wasm || args.browser || everything {
        let package = steps.step("npm package", || package::publishable(workspace))?;
        if args.wasm || everything {
            javascript(workspace, &package.tarball, &mut steps)?;
        }
        if args.browser || everything {
            browser(workspace, &package.tarball, &mut steps)?;
        }
    }
    steps.finish();
    Ok(())
}

fn native(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    let (shell, crates) = (&workspace.shell, lint::NATIVE);
    steps.step("Rust format", || lint::format(workspace))?;
    steps.step("Rust lints", || lint::clippy(workspace))?;
    steps.step("Rust documentation", || {
        cmd!(shell, "cargo doc {crates...} --lib --no-deps")
            .env("RUSTDOCFLAGS", "--deny warnings")
            .quiet()
            .run()
            .context("the documentation has warnings")
    })?;
    steps.step("native tests", || native_tests(workspace))?;
    steps.step("Codex SDK for Python", || clients::codex_python_sdk(workspace))?;
    // In a build of its own: elsewhere no rule can be switched off.
    steps.step("tests of the simulation itself", || {
        cmd!(shell, "cargo test --package creel-tests --features mutations --test mutations")
            .quiet()
            .run()
            .context("the simulation does not miss a rule")
    })?;
    steps.step("documentation tests", || {
        cmd!(shell, "cargo test {crates...} --doc").quiet().run().context("an example fails")
    })
}

/// Runs the tests of the native crates, those on PostgreSQL among them where it can be had.
fn native_tests(workspace: &Workspace) -> Result<()> {
    let (shell, crates) = (&workspace.shell, lint::NATIVE);
    let programs = postgres::find_or_install(workspace);
    let _programs = programs.as_ref().map(|programs| shell.push_env("CREEL_POSTGRES", programs));
    if programs.is_none() {
        println!("{WITHOUT_POSTGRES}");
    }
    if cmd!(shell, "cargo nextest --version").quiet().ignore_stderr().read().is_ok() {
        let without = ["--filterset", "not (binary(/^postgres/) | test(/postgres/))"];
        let filter = if programs.is_some() { &[][..] } else { &without[..] };
        cmd!(shell, "cargo nextest run {crates...} {filter...}").quiet().run()?;
    } else if programs.is_some() {
        cmd!(shell, "cargo test {crates...} --all-targets").quiet().run()?;
    } else {
        let others = "--exclude=creel-tests";
        cmd!(shell, "cargo test {crates...} {others} --all-targets -- --skip postgres")
            .quiet()
            .run()?;
        cmd!(shell, "cargo test --package creel-tests --all-targets").quiet().run()?;
    }
    Ok(())
}

const WITHOUT_POSTGRES: &str = "skipped: the tests on PostgreSQL, which is not installed and can't be; \
                                CREEL_POSTGRES may name its bin directory";

/// Runs the tests that start servers, if this machine has or can get the server's programs.
fn on_postgres(workspace: &Workspace) -> Result<()> {
    let shell = &workspace.shell;
    let Some(programs) = postgres::find_or_install(workspace) else {
        println!("{WITHOUT_POSTGRES}");
        return Ok(());
    };
    let _programs = shell.push_env("CREEL_POSTGRES", programs);
    let build = ["--package", "creel-tests", "--features", "postgres"];
    cmd!(
        shell,
        "cargo test {build...} --test postgres_storage --test postgres_commits
         --test postgres_server --test postgres_restarts --test postgres_scale"
    )
    .quiet()
    .run()?;
    let shared = ["--test", "crash_matrix", "--test", "kills", "--test", "two_writers"];
    cmd!(shell, "cargo test {build...} {shared...} -- postgresql").quiet().run()?;
    Ok(())
}

fn javascript(workspace: &Workspace, tarball: &Path, steps: &mut Steps) -> Result<()> {
    steps.step("binding lints", || wasm::lint(workspace))?;
    for directory in [
        PACKAGE,
        DEMO,
        BROWSER_TESTS,
        NODE_TESTS,
        AGENT_TESTS,
        GUIDE_TESTS,
        UI_TESTS,
        REACT_18_TESTS,
    ] {
        let project = open(workspace, directory, tarball)?;
        steps.step(&format!("{directory}: lint"), || project.run("lint", &[]))?;
        steps.step(&format!("{directory}: types"), || project.run("typecheck", &[]))?;
    }
    steps.step("package reference", || reference(workspace))?;
    cmd!(&workspace.shell, "cargo build --quiet --package creel-cli").quiet().run()?;
    let command = workspace.target.join("debug/creel");
    for (name, directory) in [
        ("package tests in Node", PACKAGE),
        ("Node with a database of its own", NODE_TESTS),
        ("adapters for user interfaces", UI_TESTS),
        ("hooks with React 18", REACT_18_TESTS),
    ] {
        let project = Project::open(workspace, directory);
        steps.step(name, || project.run("test", &[("CREEL", &command)]))?;
    }
    Ok(())
}

/// Writes the reference of the package into the target directory; a gap in it is an error.
fn reference(workspace: &Workspace) -> Result<()> {
    let project = Project::open(workspace, REFERENCE);
    project.install()?;
    let directory = workspace.target.join("docs/js");
    project.run("docs", &[("DOCS", &directory)])?;
    println!("the reference is in {}", directory.display());
    Ok(())
}

fn browser(workspace: &Workspace, tarball: &Path, steps: &mut Steps) -> Result<()> {
    let chromium = steps.step("Chromium", || chromium::ensure(workspace))?;
    let demo = open(workspace, DEMO, tarball)?;
    steps.step("demo build", || demo.run("build", &[]))?;
    let tests = open(workspace, BROWSER_TESTS, tarball)?;
    let module = steps.step("module for tests", || wasm::build_for_tests(workspace))?;
    cmd!(&workspace.shell, "cargo build --quiet --package creel-cli").quiet().run()?;
    let command = workspace.target.join("debug/creel");
    let variables = [
        ("CHROMIUM", chromium.as_path()),
        ("CREEL", command.as_path()),
        ("CREEL_TARBALL", tarball),
        ("CREEL_TESTING_WASM", module.as_path()),
    ];
    steps.step("browser tests", || tests.run("test", &variables))?;
    steps.step("packaging tests", || tests.run("test:packaging", &variables))?;
    for (name, directory) in
        [("adapters for agent SDKs", AGENT_TESTS), ("code of the guides", GUIDE_TESTS)]
    {
        let project = open(workspace, directory, tarball)?;
        steps.step(name, || project.run("test", &variables))?;
    }
    Ok(())
}

/// Opens a project and installs its packages, the packed Creel among them in all projects that use it.
fn open<'a>(workspace: &'a Workspace, directory: &'a str, tarball: &Path) -> Result<Project<'a>> {
    let project = Project::open(workspace, directory);
    if directory == PACKAGE {
        project.install()?;
    } else {
        project.install_tarball(tarball)?;
    }
    Ok(project)
}
