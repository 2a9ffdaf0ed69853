//! The Kotlin side's tests, on the library and the homeserver of the Rust tests.
#![allow(clippy::print_stdout, reason = "a command that talks to developers")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::{api, bindgen};

/// At least as many tests are run in each module; raise it as they grow. A build that finds none is green.
const FLOORS: &[(&str, usize)] = &[("bridge", 35), ("ui", 195), ("desktop", 6)];

/// Checks the summary of the API, builds the Kotlin side and runs its tests.
///
/// # Errors
/// When a test fails, too few are found, or something cannot be built.
pub fn run() -> Result<()> {
    let built = bindgen::test_build()?;
    let library = built.library()?;
    api::run(Some(library.clone()), true)?;
    let android = crate::root().join("android");
    let done = Command::new("mvn")
        // What it needs was fetched by set-up.
        .args(["-B", "-o", "-f"])
        .arg(android.join("pom.xml"))
        .arg(property("qroc.library", &library))
        .arg(property("qroc.server", &built.program("qroc-server")?))
        .arg(property("qroc.cli", &built.program("qroc")?))
        .arg(property("qroc.xtask", &std::env::current_exe()?))
        .arg("verify")
        .status()
        .context("cannot run mvn: `make setup` installs it")?;
    if !done.success() {
        bail!("the Kotlin side failed ({done})");
    }
    for (module, floor) in FLOORS {
        let found = count(&android.join(module).join("target/surefire-reports"))?;
        println!("{found} Kotlin tests in {module}");
        if found < *floor {
            bail!("only {found} Kotlin tests of {module} were run, not {floor} or more");
        }
    }
    Ok(())
}

fn property(name: &str, value: &Path) -> String {
    format!("-D{name}={}", value.display())
}

/// Counts the tests in Surefire's reports.
fn count(folder: &PathBuf) -> Result<usize> {
    let mut found = 0;
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "xml") {
            found += fs::read_to_string(&path)?.matches("<testcase ").count();
        }
    }
    Ok(found)
}
