//! What the command line accepts.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Parser, Subcommand, ValueEnum};

/// Looks into and manages stores of agent threads.
#[derive(Debug, Parser)]
#[command(name = "creel", version, propagate_version = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists threads, sub-agents below the thread that spawned them
    List(List),
    /// Shows one thread
    Show(Show),
    /// Archives threads with all their sub-agents
    Archive(Threads),
    /// Unarchives threads with all their sub-agents
    Unarchive(Threads),
    /// Deletes a thread with all its sub-agents, for good
    Delete(Delete),
    /// Checks a store, and mends it if asked
    Doctor(Doctor),
    /// Writes trees of threads as lines of JSON
    Export(Export),
    /// Brings in trees that were exported, or the threads of another program
    Import(Import),
    /// Answers programs in JSON-RPC, with the methods of the Codex app-server
    Serve(Serve),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Common {
    /// The store's directory
    #[arg(long, value_name = "DIR")]
    pub(crate) store: PathBuf,
    /// Prints JSON, for scripts
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Mends what is found; what can't be read is kept in quarantine
    #[arg(long)]
    pub(crate) repair: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Lists archived threads instead of active ones
    #[arg(long, conflicts_with = "all")]
    pub(crate) archived: bool,
    /// Lists active and archived threads
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// The thread's id
    #[arg(value_name = "THREAD")]
    pub(crate) thread: String,
    #[command(flatten)]
    pub(crate) common: Common,
    /// Prints the items instead, each as one line of JSON
    #[arg(long, conflicts_with = "json")]
    pub(crate) items: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Threads {
    /// The threads' ids
    #[arg(value_name = "THREAD", required = true)]
    pub(crate) threads: Vec<String>,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Delete {
    /// The thread's id
    #[arg(value_name = "THREAD")]
    pub(crate) thread: String,
    #[command(flatten)]
    pub(crate) common: Common,
    /// What becomes of the sub-agents that it spawned
    #[arg(long, value_enum, default_value_t)]
    pub(crate) children: Children,
    /// Deletes without asking
    #[arg(long, short, conflicts_with = "dry_run")]
    pub(crate) yes: bool,
    /// Shows what would be deleted, and deletes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Children {
    /// They are deleted too
    #[default]
    Delete,
    /// They become roots
    Detach,
    /// If there are any, nothing is deleted
    Refuse,
}

/// Each tree is a line with its size, its threads with their tools, logs and items, and a line that
/// says that it is whole. It is written as it was when its line was written; one that is deleted
/// meanwhile is marked, and left out by an import.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// The id of a thread, which is written with its sub-agents, or `all`
    #[arg(value_name = "TREE|all")]
    pub(crate) tree: String,
    /// The file to write, which appears when it is whole; stdout unless given
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Each tree of a file appears whole or not at all; if one does not, the exit status is not 0.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Import {
    #[command(subcommand)]
    pub(crate) source: Option<Source>,
    /// What `creel export` wrote; `-` is stdin
    #[arg(value_name = "FILE", required = true)]
    pub(crate) file: Option<PathBuf>,
    /// Gives the threads new ids, so that they come in beside those that are there already
    #[arg(long)]
    pub(crate) new_ids: bool,
    /// The store's directory, which is made if it is absent
    #[arg(long, value_name = "DIR", required = true)]
    pub(crate) store: Option<PathBuf>,
    /// Prints JSON, for scripts
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Source {
    /// Imports the threads of a Codex home, such as ~/.codex, which is only read
    ///
    /// A thread appears when its file is in whole. Names, goals, dynamic tools, spawn edges and
    /// archived flags are taken from the home's databases, even while Codex writes them; compressed
    /// rollouts are read. Running it again brings only what is new.
    Codex(Codex),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Codex {
    /// The home's directory
    pub(crate) home: PathBuf,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// The store's directory, which is made if it is absent
    #[arg(long, value_name = "DIR")]
    pub(crate) store: PathBuf,
    /// Where programs reach it: stdio:, unix:PATH, or ws://ADDRESS:PORT of this machine
    #[arg(long, value_name = "WHERE", default_value = "stdio:")]
    pub(crate) listen: Listen,
    /// The file with the token that a client of ws:// shows; else it is in CREEL_TOKEN
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// An origin whose web pages may connect to ws://, such as http://localhost:5173; none unless given
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) allow_origin: Vec<String>,
}

/// Where a server is reached.
#[derive(Clone, Debug)]
pub(crate) enum Listen {
    Stdio,
    Unix(PathBuf),
    WebSocket(SocketAddr),
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            return match path {
                "" => Err("unix: must be followed by a path".into()),
                _ => Ok(Self::Unix(path.into())),
            };
        }
        if let Some(address) = text.strip_prefix("ws://") {
            let address = address.strip_suffix('/').unwrap_or(address);
            let address = address.replacen("localhost:", "127.0.0.1:", 1);
            let address: SocketAddr = address
                .parse()
                .map_err(|_| format!("`{address}` is no address with a port, as 127.0.0.1:4500"))?;
            // Without TLS nothing may cross a network.
            if !address.ip().is_loopback() {
                return Err(format!("{} is not an address of this machine alone", address.ip()));
            }
            return Ok(Self::WebSocket(address));
        }
        match text {
            "stdio" | "stdio:" | "stdio://" => Ok(Self::Stdio),
            _ => Err("expected stdio:, unix:PATH or ws://ADDRESS:PORT".into()),
        }
    }
}
