//! The `creel` command: looks into a store on this machine, changes it, exports and imports.

mod archive;
mod args;
mod delete;
mod doctor;
mod export;
mod failure;
mod import;
mod list;
mod open;
mod output;
mod serve;
mod show;
mod token;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use failure::Failure;

fn main() -> ExitCode {
    match futures_lite::future::block_on(run(Args::parse())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn run(args: Args) -> Result<(), Failure> {
    match args.command {
        Command::List(args) => list::run(args).await,
        Command::Show(args) => show::run(args).await,
        Command::Archive(args) => archive::archive(args).await,
        Command::Unarchive(args) => archive::unarchive(args).await,
        Command::Delete(args) => delete::run(args).await,
        Command::Doctor(args) => doctor::run(args).await,
        Command::Export(args) => export::run(args).await,
        Command::Import(args) => import::run(args).await,
        Command::Serve(args) => serve::run(args).await,
        Command::Token(args) => token::run(&args),
    }
}
