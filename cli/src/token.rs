//! `creel token`: a new token for a server of many stores. Only its hash is kept.

use std::fs::OpenOptions;
use std::io::{self, Write};

use crate::args::Token;
use crate::failure::Failure;
use crate::serve::{TokenLine, check_name, hash, hex};

/// What every token begins with, so that people and scanners of secrets know one.
const PREFIX: &str = "creel_";

pub(crate) fn run(args: &Token) -> Result<(), Failure> {
    for name in &args.store {
        check_name(name).map_err(|reason| Failure::Usage(format!("--store {name:?}: {reason}")))?;
    }
    let mut random = [0; 32];
    getrandom::fill(&mut random)
        .map_err(|error| Failure::other("random", format!("no randomness: {error}")))?;
    let token = format!("{PREFIX}{}", hex(&random));
    let line = TokenLine {
        sha256: hex(&hash(&token)),
        stores: args.store.clone(),
        read_only: args.read_only,
    };
    append(args, &format!("{}\n", serde_json::to_string(&line)?))?;
    writeln!(io::stdout(), "{token}")?;
    Ok(())
}

fn append(args: &Token, line: &str) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&args.tokens).and_then(|mut file| file.write_all(line.as_bytes()));
    written.map_err(|error| {
        Failure::other("tokens", format!("{} can't be written: {error}", args.tokens.display()))
    })
}
