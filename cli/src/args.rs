//! What the command line accepts.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Parser, Subcommand, ValueEnum};
use creel::limits::MAX_MESSAGE;

use crate::serve::LogLevel;

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
    /// Makes a token for a server of many stores
    Token(Token),
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
    /// The one store: a directory, which is made if it is absent; a database, postgres://…, with
    /// --name; or env:VARIABLE, which holds either
    #[arg(
        long,
        value_name = "PLACE",
        required_unless_present = "stores",
        conflicts_with = "stores"
    )]
    pub(crate) store: Option<String>,
    /// Many stores, of which a client's token opens its own: a directory with one in each
    /// below it, a database, postgres://…, or env:VARIABLE, which holds either
    #[arg(long, value_name = "PLACE", requires = "tokens")]
    pub(crate) stores: Option<String>,
    /// The name of the one store in a database
    #[arg(long, value_name = "NAME", conflicts_with = "stores")]
    pub(crate) name: Option<String>,
    /// The connections to the database that all stores share
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    pub(crate) database_connections: usize,
    /// Where programs reach it: stdio:, unix:PATH, or ws://ADDRESS:PORT
    #[arg(long, value_name = "WHERE", default_value = "stdio:")]
    pub(crate) listen: Listen,
    /// The file of the tokens and what each opens, as `creel token` writes it; SIGHUP reads it again
    #[arg(long, value_name = "FILE", conflicts_with = "token_file")]
    pub(crate) tokens: Option<PathBuf>,
    /// The file with the one token that opens the one store over ws://; else it is in CREEL_TOKEN
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// An origin whose web pages may connect to ws://, such as http://localhost:5173; none unless given
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) allow_origin: Vec<String>,
    /// Where /healthz and /metrics are answered over HTTP, to whoever asks; nowhere unless given
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) admin: Option<SocketAddr>,
    /// Lets it listen on addresses that others reach; what crosses a network needs TLS before it
    #[arg(long)]
    pub(crate) allow_network: bool,
    /// What is logged, a line of JSON each on standard error
    #[arg(long, value_name = "LEVEL", value_enum, default_value = "info")]
    pub(crate) log: LogLevel,
    #[command(flatten)]
    pub(crate) limits: Limits,
}

/// What clients may have at most.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Limits {
    /// The longest message, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = MAX_MESSAGE, value_parser = message_size)]
    pub(crate) max_message: usize,
    /// The connections at a time
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    pub(crate) max_connections: usize,
    /// The connections of one token at a time
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    pub(crate) max_token_connections: usize,
    /// The requests of one token in a second; 0 is no limit
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    pub(crate) rate: u32,
    /// The stores that are open at a time
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    pub(crate) max_open_stores: usize,
    /// How long a store that nobody uses stays open, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) idle: u64,
    /// How long a client whose connection broke can come back to what it began, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) resume: u64,
}

fn message_size(text: &str) -> Result<usize, String> {
    let size: usize = text.parse().map_err(|_| format!("`{text}` is no number"))?;
    let sizes = 1024..=MAX_MESSAGE;
    if sizes.contains(&size) { Ok(size) } else { Err(format!("it must be 1024 to {MAX_MESSAGE}")) }
}

/// Makes a token, prints it once, and adds its hash to the file that `creel serve --tokens` reads.
#[derive(Debug, clap::Args)]
pub(crate) struct Token {
    /// The file, which is made for its owner alone if it is absent
    #[arg(long, value_name = "FILE")]
    pub(crate) tokens: PathBuf,
    /// A store that the token opens; give it several times for several
    #[arg(long, value_name = "NAME", required = true)]
    pub(crate) store: Vec<String>,
    /// Lets the token read alone
    #[arg(long)]
    pub(crate) read_only: bool,
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
            return Ok(Self::WebSocket(address));
        }
        match text {
            "stdio" | "stdio:" | "stdio://" => Ok(Self::Stdio),
            _ => Err("expected stdio:, unix:PATH or ws://ADDRESS:PORT".into()),
        }
    }
}

#[cfg(test)]
impl Default for Limits {
    fn default() -> Self {
        let args = ["creel", "serve", "--store", "x"];
        match Args::try_parse_from(args).map(|args| args.command) {
            Ok(Command::Serve(serve)) => serve.limits,
            other => panic!("{other:?}"),
        }
    }
}
