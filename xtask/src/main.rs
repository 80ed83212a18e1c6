//! `cargo xtask`: sets up, builds, tests, measures and shows Creel.
//!
//! Every command installs what it lacks first and says so; a fresh machine needs only Rust, Node and a C compiler.

mod bench;
mod clients;
mod demo;
mod errors;
mod lint;
mod npm;
mod package;
mod schema;
mod setup;
mod size;
mod soak;
mod steps;
mod test;
mod wasm;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// Builds, tests, measures and shows Creel.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Installs whatever of the tools is missing: the wasm target, the npm packages, Chromium.
    Setup,
    /// Builds the package and the demo from it, and serves the demo on 127.0.0.1 until Ctrl-C.
    Demo(demo::Args),
    /// Runs every check and test, or the named parts of them.
    Test(test::Args),
    /// Builds the npm package into the target directory and fails when it is not fit to be published.
    Package,
    /// Builds the npm package and prints its sizes.
    Size,
    /// Writes the protocol's JSON Schema and TypeScript types from those in Rust.
    Schema,
    /// Measures Creel beside other stores, and says which targets hold.
    Bench(bench::Args),
    /// Runs many seeds of the simulation of several instances on faulty storage.
    Soak(soak::Args),
    /// Checks formatting and lints of Rust and TypeScript.
    Lint(lint::Args),
}

fn main() -> ExitCode {
    let result = Workspace::find().and_then(|workspace| match Cli::parse().command {
        Command::Setup => setup::everything(&workspace),
        Command::Demo(args) => demo::run(&workspace, &args),
        Command::Test(args) => test::run(&workspace, &args),
        Command::Package => package::publishable(&workspace).map(drop),
        Command::Size => package::build(&workspace).map(drop),
        Command::Schema => schema::write(&workspace).and_then(|()| errors::write(&workspace)),
        Command::Bench(args) => bench::run(&workspace, &args),
        Command::Soak(args) => soak::run(&workspace, &args),
        Command::Lint(args) => lint::run(&workspace, &args),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
