//! `qroc`: the core without a screen. Starts the runtime, runs one command, ends with its exit status.

mod args;
mod commands;
mod coordinates;
mod failure;
mod interrupt;
mod keyring_vault;
mod logging;
mod managed;
mod output;
mod prompt;
mod sanitise;
mod session;
mod vault;
mod worker;

use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use qroc_core::kind::ErrorKind;

use args::Cli;
use failure::Failure;
use interrupt::Interrupt;
use output::Output;
use session::Session;

/// A question that nobody answered must not hold up the end.
const LEAVE: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    keep_memory_private();
    if let Some(ended) = worker::run() {
        return ended;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let json = env::args_os().take_while(|word| word != "--").any(|word| word == "--json");
            return ExitCode::from(output::parser_said(&error, json));
        }
    };
    output::hide_panics();
    logging::start(cli.global.verbose);
    let (json, verbose) = (cli.global.json, cli.global.verbose);
    let result = catch_unwind(AssertUnwindSafe(|| run(cli)))
        .unwrap_or_else(|_| Err(Failure::new(ErrorKind::Internal, "the command was given up")));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            Output::new(json, verbose).failure(&failure);
            ExitCode::from(failure.status())
        }
    }
}

/// A crash leaves no copy of the keys in a file, and no other process of this user looks into this one's memory.
fn keep_memory_private() {
    let none = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
    // Where the system refuses, its own rules for such files hold.
    let _ = rustix::process::setrlimit(rustix::process::Resource::Core, none);
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

fn run(cli: Cli) -> Result<(), Failure> {
    let unavailable = |error: std::io::Error| Failure::new(ErrorKind::Internal, error.to_string());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(unavailable)?;
    let done = runtime.block_on(async {
        let interrupt = Interrupt::listen().map_err(unavailable)?;
        let output = Output::new(cli.global.json, cli.global.verbose);
        let session = Session::new(cli.global, output, interrupt);
        let done = commands::run(cli.command, &session).await;
        session.forget_vault_keys().await;
        done
    });
    runtime.shutdown_timeout(LEAVE);
    done
}
