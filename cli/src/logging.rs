//! Logs on standard error, for whoever looks for a fault.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

/// Starts the log: our own crates at the level that was asked for, all others only with errors.
pub(crate) fn start(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "info",
        2 => "debug",
        3.. => "trace",
    };
    let filter = EnvFilter::new(format!("error,qroc={level},qroc_core={level}"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .compact();
    // A log that somebody else started is as good.
    let _ = log.try_init();
}
