//! The Kotlin side's tests, on the library and the homeserver of the Rust tests.
#![allow(clippy::print_stdout, reason = "a command that talks to developers")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::{api, bindgen};

/// At least as many tests are run in each module; raise it as they grow. A build that finds none is green.
const FLOORS: &[(&str, usize)] =
    &[("bridge", 66), ("ui", 330), ("desktop", 5), ("platform", 40), ("app", 10)];

/// Checks the summary of the API, builds the Kotlin side and runs its tests. With `QROC_PICTURES=new` the pictures of the
/// screens that are drawn are taken as right.
///
/// # Errors
/// When a test fails, too few are found, or something cannot be built.
pub fn run() -> Result<()> {
    let built = bindgen::test_build()?;
    let library = built.library()?;
    api::run(Some(library.clone()), true)?;
    let android = crate::root().join("android");
    let target = |module: &str, name: &str| android.join(module).join("target").join(name);
    // What an earlier run has left: its reports would be counted where this one does not get as far as its tests, and
    // Kotlin does not compile a test again because something that it calls has changed.
    let stale = ["surefire-reports", "test-classes", "kotlin-ic/test"];
    for stale in FLOORS.iter().flat_map(|(module, _)| stale.map(|name| target(module, name))) {
        match fs::remove_dir_all(&stale) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove {}", stale.display()));
            }
            _ => {}
        }
    }
    let pictures = std::env::var_os("QROC_PICTURES").is_some_and(|wanted| wanted == "new");
    let done = Command::new("mvn")
        // What it needs was fetched by set-up. The other modules are tested, too, where one fails.
        .args(["-B", "-o", "-Dstyle.color=never", "-Dmaven.test.failure.ignore=true"])
        .arg(format!("-Dqroc.golden.update={pictures}"))
        .arg("-f")
        .arg(android.join("pom.xml"))
        .arg(property("qroc.library", &library))
        .arg(property("qroc.server", &built.program("qroc-server")?))
        .arg(property("qroc.cli", &built.program("qroc")?))
        .arg(property("qroc.xtask", &std::env::current_exe()?))
        .arg("verify")
        .stdin(Stdio::null())
        .status()
        .context("cannot run mvn: `make setup` installs it")?;
    let mut all = Found::default();
    let mut few = Vec::new();
    for (module, floor) in FLOORS {
        let found = Found::in_reports(&target(module, "surefire-reports"))?;
        println!("{module}: {} Kotlin tests passed, {} failed", found.passed, found.failed);
        if found.passed < *floor {
            few.push(format!("{} of {module}, not {floor} or more", found.passed));
        }
        all.passed += found.passed;
        all.failed += found.failed;
    }
    println!();
    println!("test result: Kotlin. {} passed; {} failed;", all.passed, all.failed);
    if !done.success() || all.failed > 0 {
        bail!("the Kotlin side failed ({done})");
    }
    if !few.is_empty() {
        bail!("too few Kotlin tests passed: {}", few.join("; "));
    }
    Ok(())
}

fn property(name: &str, value: &Path) -> String {
    format!("-D{name}={}", value.display())
}

/// What Surefire reports.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    passed: usize,
    failed: usize,
}

impl Found {
    fn in_reports(folder: &Path) -> Result<Self> {
        let mut found = Self::default();
        if !folder.exists() {
            return Ok(found);
        }
        for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "xml") {
                found.add(&fs::read_to_string(&path)?);
            }
        }
        Ok(found)
    }

    /// Adds one report. The words are the report's own: in what a test prints, `<` is written otherwise.
    fn add(&mut self, report: &str) {
        for test in report.split("<testcase ").skip(1) {
            let has = |word: &str| test.contains(word);
            if has("<failure") || has("<error") {
                self.failed += 1;
            } else if !has("<skipped") {
                self.passed += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Found;

    #[test]
    fn failures_are_counted_and_skipped_tests_are_not() {
        let mut found = Found::default();
        found.add(
            "<testsuite tests=\"4\"><testcase name=\"a\"/>\n<testcase name=\"b\"><failure type=\"x\">&lt;error\
             </failure></testcase><testcase name=\"c\"><error/></testcase><testcase name=\"d\"><skipped/></testcase>\
             <testcase name=\"e\"><system-out>&lt;failure</system-out></testcase></testsuite>",
        );
        assert_eq!(found, Found { passed: 2, failed: 2 });
    }
}
