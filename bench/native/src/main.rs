//! `creel-bench`: measures Creel natively beside other stores, and prints what it measured as JSON lines.
//!
//! `cargo xtask bench` builds and starts it, judges and reports. Each part is a command of its own, so
//! that what needs a fresh process, such as the height of its memory, gets one.

mod contenders;
mod counting;
mod counts;
mod data;
mod endurance;
mod files;
mod growth;
mod lines;
mod machine;
mod memory;
mod postgres;
mod rounds;
mod servers;
mod turns;
mod waiting;
mod workloads;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Measures Creel beside other stores and prints JSON lines.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the workloads W1 to W7 in rounds.
    Rounds {
        /// Keeps prepared stores from run to run.
        #[arg(long)]
        data: PathBuf,
        /// How many rounds are reported.
        #[arg(long, default_value_t = 7)]
        rounds: usize,
        /// Makes fewer calls in a round.
        #[arg(long)]
        quick: bool,
    },
    /// Counts what operations cost, whatever the machine.
    Counts {
        /// Keeps prepared stores from run to run.
        #[arg(long)]
        data: PathBuf,
        /// Leaves out the other contenders.
        #[arg(long)]
        quick: bool,
    },
    /// Measures how high the memory of processes rises.
    Memory {
        /// Keeps prepared stores from run to run.
        #[arg(long)]
        data: PathBuf,
        /// Reads a history of 1 GB, too.
        #[arg(long)]
        history: bool,
    },
    /// Does one case of `memory` in this process.
    Height {
        /// What to do.
        #[arg(long)]
        case: String,
        /// The contender's name.
        #[arg(long)]
        contender: String,
        /// The store's directory.
        #[arg(long)]
        dir: PathBuf,
    },
    /// Runs the workloads W1 to W6 on a PostgreSQL server, in rounds, and counts there.
    Postgres {
        /// How many rounds are reported.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        /// Leaves out the large store.
        #[arg(long)]
        quick: bool,
        /// The program of LangGraph's checkpointer.
        #[arg(long)]
        langgraph: Option<PathBuf>,
    },
    /// Compares Creel's server with the reference.
    Servers {
        /// Keeps prepared stores from run to run.
        #[arg(long)]
        data: PathBuf,
        /// The reference's program.
        #[arg(long)]
        codex: PathBuf,
        /// The program `creel`.
        #[arg(long)]
        creel: PathBuf,
        /// Lists alone, in one round.
        #[arg(long)]
        quick: bool,
    },
    /// Measures operations while two stores grow.
    Growth {
        /// Where the stores are made, and removed again.
        #[arg(long)]
        data: PathBuf,
        /// The most items of the first store.
        #[arg(long, default_value_t = 1_000_000)]
        items: u64,
        /// The most threads of the second store.
        #[arg(long, default_value_t = 100_000)]
        threads: u64,
    },
    /// Appends 10,000 items a minute and reports each minute.
    Endurance {
        /// Where the store is made, and removed again.
        #[arg(long)]
        data: PathBuf,
        /// For how long.
        #[arg(long)]
        minutes: u64,
    },
    /// Appends items one by one, for somebody who watches the process.
    Append {
        /// The contender's name.
        #[arg(long)]
        contender: String,
        /// The store's directory.
        #[arg(long)]
        dir: PathBuf,
        /// How many items.
        #[arg(long)]
        count: usize,
        /// Whether each is to survive the loss of power.
        #[arg(long)]
        strict: bool,
    },
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Rounds { data, rounds, quick } => {
            std::fs::create_dir_all(&data)?;
            machine::describe()?;
            rounds::Plan { data: &data, rounds, quick }.run()
        }
        Command::Counts { data, quick } => {
            std::fs::create_dir_all(&data)?;
            counts::all(&rounds::Plan { data: &data, rounds: 1, quick })
        }
        Command::Memory { data, history } => {
            std::fs::create_dir_all(&data)?;
            memory::all(&rounds::Plan { data: &data, rounds: 1, quick: true }, history)
        }
        Command::Height { case, contender, dir } => memory::height(&case, &contender, &dir),
        Command::Postgres { rounds, quick, langgraph } => {
            postgres::Postgres { rounds, quick, langgraph }.run()
        }
        Command::Servers { data, codex, creel, quick } => {
            std::fs::create_dir_all(&data)?;
            servers::Servers { data, codex, creel, quick }.run()
        }
        Command::Growth { data, items, threads } => {
            std::fs::create_dir_all(&data)?;
            machine::describe()?;
            growth::all(&data, items, threads)
        }
        Command::Endurance { data, minutes } => {
            std::fs::create_dir_all(&data)?;
            machine::describe()?;
            endurance::run(&data, minutes)
        }
        Command::Append { contender, dir, count, strict } => {
            counts::append(&contender, &dir, count, strict)
        }
    }
}
