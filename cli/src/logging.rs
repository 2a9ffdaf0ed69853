//! Logs on standard error, for whoever looks for a fault.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

/// Starts the log: our own crates at the level that was asked for, all others only with errors; no more than the policy
/// of the profile that is open allows.
pub(crate) fn start(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "info",
        2 => "debug",
        3.. => "trace",
    };
    let filter = EnvFilter::new(format!("error,qroc={level},qroc_core={level}"));
    let allowed = dynamic_filter_fn(|line, _| qroc_core::log::allows(line.level()));
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal()).compact();
    // A log that somebody else started is as good.
    let _ = tracing_subscriber::registry().with(filter).with(allowed).with(lines).try_init();
}
