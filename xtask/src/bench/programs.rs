//! The programs that measure: building them, starting them, and reading what they say.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use xshell::cmd;

use super::facts::{Facts, Side};
use super::line::{Line, Void};
use crate::npm::Project;
use crate::package;
use crate::setup::{chromium, npm_tools, postgres as server};
use crate::workspace::{BENCH, LANGGRAPH_BENCH, Workspace};

/// The reference, whose package carries a program for each platform.
const CODEX: &str = "@openai/codex@0.171.0";

/// Measures the native contenders.
///
/// # Errors
/// When the program can't be built, fails, or says something that is not understood.
pub(crate) fn native(workspace: &Workspace, quick: bool, facts: &mut Facts) -> Result<()> {
    let bench = build(workspace)?;
    let data = workspace.target.join("bench/stores");
    let start = |command: &str, more: &[&str], facts: &mut Facts| {
        let mut program = Command::new(&bench);
        program.arg(command).arg("--data").arg(&data).args(more);
        read(&mut program, Side::Native, facts)
    };
    let rounds: &[&str] = if quick { &["--quick", "--rounds", "2"] } else { &["--rounds", "9"] };
    start("rounds", rounds, facts)?;
    start("counts", if quick { &["--quick"] } else { &[] }, facts)?;
    if !quick {
        start("memory", &["--history"], facts)?;
    }
    match codex(workspace, quick) {
        Ok(codex) => {
            let server = workspace.target.join("release/creel");
            let mut program = Command::new(&bench);
            program.arg("servers").arg("--data").arg(&data);
            program.arg("--codex").arg(codex).arg("--creel").arg(server);
            program.args(quick.then_some("--quick"));
            read(&mut program, Side::Native, facts)
        }
        Err(error) => {
            facts.add(Side::Native, left_out("Codex app-server", format!("{error:#}")));
            Ok(())
        }
    }
}

/// Measures what takes minutes: growth and endurance.
///
/// # Errors
/// As [`native`].
pub(crate) fn long_runs(
    workspace: &Workspace,
    growth: bool,
    endurance: Option<u64>,
    facts: &mut Facts,
) -> Result<()> {
    let bench = build(workspace)?;
    let data = workspace.target.join("bench/stores");
    if growth {
        let mut program = Command::new(&bench);
        read(program.arg("growth").arg("--data").arg(&data), Side::Native, facts)?;
    }
    if let Some(minutes) = endurance {
        let mut program = Command::new(&bench);
        program.arg("endurance").arg("--data").arg(&data);
        program.args(["--minutes", &minutes.to_string()]);
        read(&mut program, Side::Native, facts)?;
    }
    Ok(())
}

/// Measures the contenders in Chromium.
///
/// # Errors
/// As [`native`], and when the package can't be built or no Chromium is to be had.
pub(crate) fn browser(workspace: &Workspace, quick: bool, facts: &mut Facts) -> Result<()> {
    let chromium = chromium::ensure(workspace)?;
    let package = package::build(workspace)?;
    let project = Project::open(workspace, BENCH);
    project.install_tarball(&package.tarball)?;
    let mut program = Command::new("npm");
    program
        .args(["run", "--silent", "bench"])
        .current_dir(workspace.path(BENCH))
        .env("BENCH_MODE", if quick { "quick" } else { "full" })
        .env("CHROMIUM", chromium)
        .env("CREEL_TARBALL", &package.tarball);
    read(&mut program, Side::Browser, facts)
}

/// Measures the contenders on a PostgreSQL server, if this machine has one or can get it.
///
/// # Errors
/// As [`native`].
pub(crate) fn postgres(workspace: &Workspace, quick: bool, facts: &mut Facts) -> Result<()> {
    let Some(server) = server::find_or_install(workspace) else {
        println!("not measured: {WITHOUT_POSTGRES}");
        facts.add(Side::Postgres, left_out("all", WITHOUT_POSTGRES.into()));
        return Ok(());
    };
    let shell = &workspace.shell;
    cmd!(shell, "cargo build --quiet --release --package creel-bench").quiet().run()?;
    let mut program = Command::new(workspace.target.join("release/creel-bench"));
    program.arg("postgres").env("CREEL_POSTGRES", server);
    program.args(if quick { &["--quick", "--rounds", "1"][..] } else { &["--rounds", "5"] });
    match langgraph(workspace) {
        Ok(langgraph) => _ = program.arg("--langgraph").arg(langgraph),
        Err(error) => facts.add(Side::Postgres, left_out("LangGraph", format!("{error:#}"))),
    }
    read(&mut program, Side::Postgres, facts)
}

const WITHOUT_POSTGRES: &str =
    "PostgreSQL is not installed and can't be; CREEL_POSTGRES may name its bin directory";

/// Returns the compiled program of LangGraph's checkpointer.
fn langgraph(workspace: &Workspace) -> Result<PathBuf> {
    npm_tools(workspace)?;
    let project = Project::open(workspace, LANGGRAPH_BENCH);
    project.install()?;
    project.run("build", &[])?;
    Ok(workspace.path(LANGGRAPH_BENCH).join("dist/main.js"))
}

/// Says that a contender was not measured at all.
fn left_out(contender: &str, reason: String) -> Line {
    let (workload, case, contender) = (String::new(), String::new(), contender.into());
    Line::Void(Void { workload, case, contender, reason })
}

/// Builds the native program, and Creel's own server to put beside the reference.
fn build(workspace: &Workspace) -> Result<PathBuf> {
    let shell = &workspace.shell;
    cmd!(shell, "cargo build --quiet --release --package creel-bench --package creel-cli")
        .quiet()
        .run()?;
    Ok(workspace.target.join("release/creel-bench"))
}

/// Returns the reference's program, installed into the target directory, never into the workspace.
fn codex(workspace: &Workspace, quick: bool) -> Result<PathBuf> {
    let dir = workspace.target.join("bench/codex");
    let find = |dir: &Path| {
        let package = dir.join("node_modules/@openai");
        let platforms = std::fs::read_dir(package).ok()?.flatten();
        let vendors = platforms.filter_map(|it| std::fs::read_dir(it.path().join("vendor")).ok());
        let targets = vendors.flatten().flatten().map(|it| it.path().join("bin/codex"));
        targets.into_iter().find(|path| path.is_file())
    };
    if let Some(program) = find(&dir) {
        return Ok(program);
    }
    ensure!(!quick, "{CODEX} is not installed yet, and a quick run does not");
    println!("installing {CODEX} to compare with");
    std::fs::create_dir_all(&dir)?;
    let shell = &workspace.shell;
    cmd!(
        shell,
        "npm install --prefix {dir} --ignore-scripts --no-audit --no-fund --loglevel=error {CODEX}"
    )
    .quiet()
    .run()
    .with_context(|| format!("npm can't install {CODEX}"))?;
    find(&dir).with_context(|| format!("{CODEX} has no program for this platform"))
}

/// Starts a program and takes in every line that it says; what it says on standard error passes by.
fn read(program: &mut Command, side: Side, facts: &mut Facts) -> Result<()> {
    let name = program.get_program().to_string_lossy().into_owned();
    let started = program.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = started.with_context(|| format!("{name} can't be started"))?;
    let lines = child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines());
    let mut understood = Ok(());
    for line in lines {
        let line = line?;
        let read = serde_json::from_str(&line).with_context(|| format!("{name} said {line}"));
        match read {
            Ok(line) => facts.add(side, line),
            Err(error) => understood = understood.and(Err(error)),
        }
    }
    let status = child.wait()?;
    ensure!(status.success(), "{name} failed: {status}");
    understood
}
