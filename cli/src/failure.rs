//! How a command fails, and what it says and returns then.

use std::io;
use std::process::ExitCode;

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The store refused or failed.
    Store(creel::Error),
    /// The output could not be written; nobody reading it any more is no failure.
    Output(io::Error),
    /// Something else, with a code of its own.
    Other { code: &'static str, message: String },
    /// The command line asks for what can't be.
    Usage(String),
    /// The doctor found something, and has said so.
    Findings,
    /// Not everything was exported or imported, and that has been said.
    LeftOut,
    /// A person answered no.
    Declined,
}

impl Failure {
    pub(crate) fn other(code: &'static str, message: impl Into<String>) -> Self {
        Self::Other { code, message: message.into() }
    }

    /// Says on stderr what went wrong, and returns the exit status.
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Self::Store(error) => {
                eprintln!("error[{}]: {error}", error.code());
                let mut cause = std::error::Error::source(&error);
                while let Some(error) = cause {
                    eprintln!("  caused by: {error}");
                    cause = error.source();
                }
            }
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                return ExitCode::SUCCESS;
            }
            Self::Output(error) => eprintln!("error[output]: {error}"),
            Self::Other { code, message } => eprintln!("error[{code}]: {message}"),
            Self::Usage(message) => {
                eprintln!("error[usage]: {message}");
                return ExitCode::from(2);
            }
            Self::Findings | Self::LeftOut => {}
            Self::Declined => eprintln!("Nothing was changed."),
        }
        ExitCode::FAILURE
    }
}

impl From<creel::Error> for Failure {
    fn from(error: creel::Error) -> Self {
        Self::Store(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Output(error.into())
    }
}
