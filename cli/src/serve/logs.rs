//! Logs of a server: a line of JSON each on standard error. They carry numbers and codes, never what
//! threads hold, nor names or tokens.

use std::io;

use clap::ValueEnum;
use tracing::level_filters::LevelFilter;

/// What is logged.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogLevel {
    /// Nothing
    Off,
    /// What the server could not do
    Error,
    /// And what clients did wrong
    Warn,
    /// And that it starts, stops, reads its tokens again
    Info,
    /// And every connection and store that opens or closes
    Debug,
}

/// Begins to log.
pub(super) fn begin(level: LogLevel) {
    let filter = match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    let format = tracing_subscriber::fmt().json().flatten_event(true).with_target(false);
    let format = format.with_max_level(filter).with_writer(io::stderr);
    // A second call would change nothing.
    let _ = format.try_init();
}
