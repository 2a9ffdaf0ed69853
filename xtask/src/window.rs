//! The application's window, built from this checkout and run on the real core.
#![allow(clippy::print_stdout, reason = "a command that talks to developers")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::bindgen;

/// What `make run` may be asked for.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Options {
    /// Start a homeserver on loopback, too, with the accounts lisbon and madrid
    #[arg(long)]
    pub server: bool,
    /// The profile; by default this user's own, which `qroc` uses too
    #[arg(long, value_name = "DIR")]
    pub profile: Option<PathBuf>,
}

/// Builds the window and opens it; returns when it was closed.
///
/// # Errors
/// When something cannot be built, or the window ends with a fault.
pub fn run(options: &Options) -> Result<()> {
    let built = bindgen::test_build()?;
    let library = built.library()?;
    let android = crate::root().join("android");
    let done = Command::new("mvn")
        .args(["-B", "-q", "-o", "-f"])
        .arg(android.join("pom.xml"))
        .arg(format!("-Dqroc.library={}", library.display()))
        .arg(format!("-Dqroc.xtask={}", std::env::current_exe()?.display()))
        .arg("process-classes")
        .status()
        .context("cannot run mvn: `make setup` installs it")?;
    if !done.success() {
        bail!("the window cannot be built ({done})");
    }
    let server = if options.server { Some(start_server(&built)?) } else { None };

    let target = android.join("desktop/target");
    let jars = fs::read_to_string(target.join("classpath.txt")).context("cannot read the class path")?;
    let classes =
        std::env::join_paths([target.join("classes")].into_iter().chain(std::env::split_paths(jars.trim())))?;
    let mut java = Command::new("java");
    java.arg(format!("-Duniffi.component.qroc.libraryOverride={}", library.display()));
    java.arg("-cp").arg(classes).arg("eu.qroc.desktop.MainKt");
    if let Some(profile) = &options.profile {
        java.arg("--profile").arg(profile);
    }
    let ended = java.status().context("cannot run java: `make setup` installs it")?;
    if let Some(mut server) = server {
        drop(server.stdin.take());
        server.wait()?;
    }
    if !ended.success() {
        bail!("the window ended with a fault ({ended})");
    }
    Ok(())
}

/// Starts the homeserver, which ends with this process.
fn start_server(built: &bindgen::TestBuild) -> Result<Child> {
    let mut server = Command::new(built.program("qroc-server")?)
        .arg("--attached")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start the homeserver")?;
    let lines = server.stdout.take().context("the homeserver says nothing")?;
    let mut lines = BufReader::new(lines).lines();
    for line in lines.by_ref() {
        let line = line?;
        println!("{line}");
        if line.starts_with("Accounts") {
            return Ok(server);
        }
    }
    bail!("the homeserver did not start")
}
