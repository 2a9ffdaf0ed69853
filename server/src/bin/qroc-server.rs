//! Runs one homeserver in the foreground with two accounts, until it is interrupted.
#![allow(clippy::print_stdout, reason = "a command that tells a developer how to sign in")]

use std::path::PathBuf;
use std::thread;

use anyhow::Context as _;
use clap::Parser;
use qroc_server::{Embedded, Limits, Options, Result};

const ACCOUNTS: [&str; 2] = ["lisbon", "madrid"];
const PASSWORD: &str = "golden-hour";

/// Runs a homeserver on loopback with the accounts lisbon and madrid.
#[derive(Parser)]
struct Arguments {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8008)]
    port: u16,
    /// Folder of its data, kept for the next run [default: server-data in the cache]
    #[arg(long)]
    data: Option<PathBuf>,
    /// Forget the accounts and messages of earlier runs
    #[arg(long)]
    fresh: bool,
    /// End when standard input is closed: for a program that starts it, however that one ends
    #[arg(long)]
    attached: bool,
    /// Keep Synapse's own rate limits
    #[arg(long)]
    default_limits: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let data = arguments.data.unwrap_or_else(|| qroc_fixtures::cache::dir().join("server-data"));
    if arguments.fresh && data.join("homeserver.yaml").exists() {
        std::fs::remove_dir_all(&data).with_context(|| format!("cannot remove {}", data.display()))?;
    }
    let limits = if arguments.default_limits { Limits::Synapse } else { Limits::Raised };
    let mut options = Options::default().data_dir(&data).limits(limits);
    options.port = (arguments.port != 0).then_some(arguments.port);

    let server = Embedded::start(options)?;
    for user in ACCOUNTS {
        match server.register(user, PASSWORD, false) {
            Err(error) if !format!("{error:#}").contains("M_USER_IN_USE") => return Err(error),
            _ => {}
        }
    }
    println!("Homeserver ready at {} (data in {})", server.base_url(), data.display());
    println!("Accounts: {} (password {PASSWORD})", ACCOUNTS.join(", "));
    println!("Sign in:  qroc --profile lisbon login {} lisbon", server.base_url());
    println!("Stop:     Ctrl-C");
    if arguments.attached {
        std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
        return Ok(());
    }
    loop {
        thread::park();
    }
}
