//! The project's own commands, called by the Makefile.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command that talks to developers")]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};
#[cfg(feature = "bindings")]
use xtask::bindgen::Language;

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo run -p xtask --")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Installs the homeserver, the independent client and the fixtures into the cache
    Setup {
        /// Also what photos are compared with
        #[arg(long)]
        bench: bool,
    },
    /// Lets two officers go through the golden hour on a real homeserver, and checks every step
    Demo {
        /// Use this `qroc` instead of building a release
        #[arg(long, value_name = "PATH")]
        qroc: Option<PathBuf>,
    },
    #[cfg(feature = "bindings")]
    /// Makes the Kotlin or Swift side of the library
    Bindgen {
        /// For which language
        #[arg(long)]
        language: Language,
        /// Folder to make it in
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// The library; by default the one that the tests use, built if need be
        #[arg(long, value_name = "PATH")]
        library: Option<PathBuf>,
    },
    #[cfg(feature = "bindings")]
    /// Writes docs/api.md, the summary of what Kotlin and Swift see
    Api {
        /// Only say whether it is up to date
        #[arg(long)]
        check: bool,
        /// The library; by default the one that the tests use, built if need be
        #[arg(long, value_name = "PATH")]
        library: Option<PathBuf>,
    },
    #[cfg(feature = "bindings")]
    /// Builds the Kotlin side and runs its tests
    Kotlin,
    #[cfg(feature = "bindings")]
    /// Builds the application's window and opens it
    Run(xtask::window::Options),
    #[cfg(feature = "bindings")]
    /// Builds the Swift side and runs its tests
    Swift {
        /// Only tests with this in their names
        #[arg(long)]
        filter: Option<String>,
        /// The library; by default the one that the tests use, built if need be
        #[arg(long, value_name = "PATH")]
        library: Option<PathBuf>,
    },
    #[cfg(feature = "bindings")]
    /// Makes the words of an iPhone's screens from Android's
    Words,
    /// Checks the library's types for Android and iOS
    Phones {
        /// Only this one of the two targets
        #[arg(long)]
        target: Option<String>,
        /// Pass it over where the sources of Rust's standard library cannot be had
        #[arg(long)]
        lenient: bool,
    },
    /// Tells what the stripped release library for phones weighs, and fails where it is too much
    Size {
        /// The library; by default a release is built
        #[arg(long, value_name = "PATH")]
        library: Option<PathBuf>,
    },
    /// Checks layers, cycles, file lengths and unsafe code
    Architecture,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Setup { bench } => xtask::setup::run(bench),
        Command::Demo { qroc } => xtask::demo::run(xtask::demo::Options { qroc }),
        #[cfg(feature = "bindings")]
        Command::Bindgen { language, out, library } => xtask::bindgen::run(language, library, &out),
        #[cfg(feature = "bindings")]
        Command::Api { check, library } => xtask::api::run(library, check),
        #[cfg(feature = "bindings")]
        Command::Kotlin => xtask::kotlin::run(),
        #[cfg(feature = "bindings")]
        Command::Run(options) => xtask::window::run(&options),
        #[cfg(feature = "bindings")]
        Command::Swift { filter, library } => xtask::swift::run(library, filter.as_deref()),
        #[cfg(feature = "bindings")]
        Command::Words => xtask::swift::words(),
        Command::Phones { target, lenient } => xtask::phones::run(target.as_deref(), lenient),
        Command::Size { library } => xtask::size::run(library),
        Command::Architecture => architecture(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn architecture() -> Result<()> {
    let faults = xtask::architecture::check_checkout()?;
    for fault in &faults {
        println!("{fault}");
    }
    if !faults.is_empty() {
        bail!("{} faults in the architecture", faults.len());
    }
    println!("The architecture holds.");
    Ok(())
}
