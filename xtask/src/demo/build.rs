//! Builds the release of `qroc`: says how far it is, and nothing when there is nothing to do.
#![allow(clippy::print_stdout, reason = "a command that talks to people")]

use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// Not at a terminal, a line is printed for so many compiled packages.
const STRIDE: usize = 50;

/// Builds and returns the program.
pub(super) fn release() -> Result<PathBuf> {
    let started = Instant::now();
    let mut child = crate::cargo()
        .args(["build", "--release", "--locked", "--quiet", "-p", "qroc"])
        .arg("--message-format=json-render-diagnostics")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run cargo")?;
    let out = child.stdout.take().context("no pipe")?;
    let mut program = None;
    let mut built = 0;
    for line in BufReader::new(out).lines() {
        let Ok(message) = serde_json::from_str::<Value>(&line?) else { continue };
        let field = |pointer: &str| message.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        if field("/reason") != "compiler-artifact" {
            continue;
        }
        if message.get("fresh") == Some(&Value::Bool(false)) {
            built += 1;
            show(built, field("/target/name"))?;
        }
        if field("/target/name") == "qroc" && !field("/executable").is_empty() {
            program = Some(PathBuf::from(field("/executable")));
        }
    }
    let status = child.wait()?;
    if built > 0 && io::stdout().is_terminal() {
        println!();
    }
    if !status.success() {
        bail!("qroc cannot be built ({status}): cargo says why above");
    }
    if built > 0 {
        println!("Built qroc in {} s.\n", started.elapsed().as_secs());
    }
    program.context("cargo built no program called qroc")
}

fn show(built: usize, name: &str) -> Result<()> {
    if built == 1 {
        println!("Building a release of qroc; the first time this takes some minutes …");
    }
    if io::stdout().is_terminal() {
        print!("\r\x1b[K{built} packages compiled, {name} the latest");
        io::stdout().flush()?;
    } else if built.is_multiple_of(STRIDE) {
        println!("{built} packages compiled");
    }
    Ok(())
}
