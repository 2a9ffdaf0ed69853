//! Set-up: what the registries have and the tests need, installed into the cache, each part only when it changed.
//!
//! Debian's packages are installed before, by `xtask/setup.sh`: without a linker this program could not be built.
#![allow(clippy::print_stdout, reason = "a command that talks to developers")]

mod files;
mod maven;
mod node;
mod python;

use std::fs::{self, File};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// Installs whatever is absent or changed; with `bench` also what photos are compared with.
///
/// # Errors
/// When something cannot be installed: one line says what is missing and how to get it.
pub fn run(bench: bool) -> Result<()> {
    let cache = qroc_fixtures::cache::dir();
    fs::create_dir_all(&cache).with_context(|| {
        format!("cannot make the cache {}: set QROC_CACHE to another folder", cache.display())
    })?;
    let lock = File::create(cache.join("setup.lock"))?;
    lock.lock().context("cannot lock the cache")?;

    python::install("server", "the homeserver", &["server/requirements.txt"], &[])?;
    qroc_server::make_template()?;
    python::install(
        "peer",
        "the independent client",
        &["tests/peer/requirements-build.txt", "tests/peer/requirements.txt"],
        // It is in no wheel; built with the pinned tools of the first list.
        &["atomicwrites"],
    )?;
    files::fetch()?;
    maven::fetch()?;
    if bench {
        node::install()?;
    }
    println!("Set-up is complete.");
    Ok(())
}

/// Runs a program and returns what it printed; its errors are in the message when it fails.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {program}"))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = errors.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = lines.get(lines.len().saturating_sub(8)..).unwrap_or_default().join("\n");
        bail!("{program} failed ({}):\n{last}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
