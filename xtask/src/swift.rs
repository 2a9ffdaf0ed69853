//! The Swift side's tests, on the library and the homeserver of the Rust tests, in a tool chain of its own.
#![allow(clippy::print_stdout, reason = "a command that talks to developers")]

mod neighbours;
mod peer;
mod strings;
mod toolchain;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use anyhow::{Context as _, Result, bail};
use qroc_server::{Embedded, Options};

use crate::api;
use crate::bindgen::{self, Language};
use toolchain::Toolchain;

/// At least as many tests are run; raise it as they grow. A build that finds none is green.
const FLOOR: usize = 137;
/// For each of the two runners, XCTest and Swift Testing, and for the view models: a test signs in with accounts that no
/// other has used.
const ACCOUNTS: usize = 60;
/// Longer than the tests take on a slow machine, in seconds.
const LIMIT_S: u32 = 540;
/// Targets of tests.
const GROUPS: [&str; 3] = ["^QrocTests", "^QrocKitTests", "^QrocUITests"];
/// What tests send.
const FIXTURES: [&str; 1] = ["hopper.jpg"];
/// Libraries of this machine, in the package's build folder.
const NEIGHBOURS: &str = "neighbours";
const PASSWORD: &str = "golden-hour";
const LINT: &str = "swift format lint --strict --recursive Package.swift Guide Sources Tests Stubs App \
                    NotificationService Share Widget AppUITests";

/// Sets the tool chain up, checks the summary of the API, makes the bindings of `library` (by default the one of the
/// test build), checks the format and runs the tests. `filter` names some of them.
///
/// # Errors
/// When a test fails, too few are found, something is not formatted, or something is missing: one line says what.
pub fn run(library: Option<PathBuf>, filter: Option<&str>) -> Result<()> {
    let toolchain = Toolchain::ready()?;
    let library = library.map_or_else(|| bindgen::test_build()?.library(), Ok)?;
    api::run(Some(library.clone()), true)?;
    let ios = crate::root().join("ios");
    fill(&ios.join("build"), &library)?;
    words()?;
    neighbours::gather(&library, toolchain.folder(), &ios.join("build").join(NEIGHBOURS))?;

    let fixtures = ios.join("build/fixtures");
    fs::create_dir_all(&fixtures)?;
    for name in FIXTURES {
        let target = fixtures.join(name);
        if !target.exists() {
            place(&qroc_fixtures::path(name), &target)?;
        }
    }
    check_guide()?;
    let formatted = toolchain.command(&ios, LINT, &[])?.status()?.success();
    let server = Embedded::start(Options::default())?;
    for number in 0..ACCOUNTS {
        for runner in ["testing", "xctest", "kit"] {
            server.register(&format!("{runner}-{number}"), PASSWORD, false)?;
        }
    }
    let faults = format!("/tmp/qroc-faults-{}", std::process::id());
    let variables = [
        ("QROC_TEST_SERVER", server.base_url()),
        ("QROC_TEST_PASSWORD", PASSWORD.to_owned()),
        ("QROC_TEST_FIXTURES", format!("{}/build/fixtures", toolchain::INSIDE)),
        ("QROC_TEST_PEER", peer::listen()?.to_string()),
        ("QROC_FAULTS", faults),
        ("LD_LIBRARY_PATH", format!("{}/build/{NEIGHBOURS}", toolchain::INSIDE)),
    ];
    // Each on its own: what is alive in the library is counted for a whole process.
    let groups = filter.map_or_else(|| GROUPS.to_vec(), |filter| vec![filter]);
    let mut passed = 0;
    let mut failed = 0;
    for group in groups {
        let (good, bad, status) = tests(&toolchain, &ios, group, &variables)?;
        passed += good;
        failed += bad;
        if !status.success() && bad == 0 {
            bail!("the Swift side failed ({status})");
        }
    }
    println!("test result: Swift. {passed} passed; {failed} failed;");
    if failed > 0 {
        bail!("the Swift side failed");
    }
    if !formatted {
        bail!("the Swift side is not formatted: {LINT}");
    }
    if filter.is_none() && passed < FLOOR {
        bail!("only {passed} Swift tests were run, not {FLOOR} or more");
    }
    Ok(())
}

/// Makes the words of the screens from Android's, where the package looks for them.
///
/// # Errors
/// Where a language lacks a text or takes other arguments: one line says which.
pub fn words() -> Result<()> {
    strings::generate(&crate::root(), &crate::root().join("ios/Sources/QrocStrings/Generated"))
}

/// Runs the tests with this in their names, and counts what passed and what failed.
fn tests(
    toolchain: &Toolchain,
    ios: &Path,
    filter: &str,
    variables: &[(&str, String)],
) -> Result<(usize, usize, ExitStatus)> {
    let words = format!(
        "timeout --kill-after=10 {LIMIT_S} stdbuf -oL swift test --filter '{}'",
        filter.replace('\'', "")
    );
    let mut child = toolchain.command(ios, &words, variables)?.stdout(Stdio::piped()).spawn()?;
    let mut passed = 0;
    let mut failed = 0;
    for line in BufReader::new(child.stdout.take().context("no output")?).lines() {
        let line = line?;
        match outcome(&line) {
            Some(true) => passed += 1,
            Some(false) => failed += 1,
            None => {}
        }
        println!("{line}");
    }
    Ok((passed, failed, child.wait()?))
}

/// Compares the guide with what is compiled.
fn check_guide() -> Result<()> {
    let source = fs::read_to_string(crate::root().join("ios/Guide/Screens.swift"))?;
    let guide = fs::read_to_string(crate::root().join("docs/build-a-screen.md"))?;
    if !guide.contains(&format!("```swift\n{source}```")) {
        bail!("docs/build-a-screen.md and ios/Guide/Screens.swift differ");
    }
    let length = source.lines().skip_while(|line| !line.contains("class ")).count();
    if length > 42 {
        bail!("ios/Guide/Screens.swift is too long for a guide: {length} lines");
    }
    Ok(())
}

/// Puts bindings, headers and the library where the package looks for them.
fn fill(build: &Path, library: &Path) -> Result<()> {
    bindgen::run(Language::Swift, Some(library.to_owned()), build)?;
    let folder = build.join("lib");
    fs::create_dir_all(&folder)?;
    let target = folder.join("libqroc_ffi.so");
    let _ = fs::remove_file(&target);
    place(library, &target)
}

/// Puts a file where there is none. Libraries are large: linked where the file systems allow it.
fn place(file: &Path, target: &Path) -> Result<()> {
    if fs::hard_link(file, target).is_err() {
        fs::copy(file, target).with_context(|| format!("cannot copy to {}", target.display()))?;
    }
    Ok(())
}

/// What a line of `swift test` says about one test: whether it passed.
fn outcome(line: &str) -> Option<bool> {
    let xctest = line.starts_with("Test Case '") && line.contains(" (");
    // Swift Testing puts a symbol in front, and sums up suites and the run in the same words.
    let testing = line.split_once(" Test ").is_some_and(|(before, _)| before.chars().count() == 1)
        && !line.contains(" Test run with ")
        && !line.contains(" Test case ");
    if !xctest && !testing {
        return None;
    }
    if line.contains(" passed ") {
        Some(true)
    } else if line.contains(" failed ") {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::outcome;

    #[test]
    fn tests_are_counted_and_suites_are_not() {
        let lines = [
            ("Test Case 'TalkTests.testTwoOfficersTalk' passed (2.1 seconds)", Some(true)),
            ("Test Case 'TalkTests.testTwoOfficersTalk' failed (2.1 seconds)", Some(false)),
            ("Test Case 'TalkTests.testTwoOfficersTalk' started at 2026-11-22 09:00:00.000", None),
            ("Test Suite 'All tests' passed at 2026-11-22 09:00:00.000", None),
            ("✔ Test aSecondLoopTakesOver() passed after 0.5 seconds.", Some(true)),
            ("✘ Test aSecondLoopTakesOver() failed after 0.5 seconds with 1 issue.", Some(false)),
            (
                "✘ Test aSecondLoopTakesOver() recorded an issue at StreamTests.swift:1:1: Expectation failed",
                None,
            ),
            ("✔ Suite Streams passed after 2.0 seconds.", None),
            ("✔ Test run with 30 tests passed after 20.0 seconds.", None),
            ("◇ Test aSecondLoopTakesOver() started.", None),
        ];
        for (line, wanted) in lines {
            assert_eq!(outcome(line), wanted, "{line}");
        }
    }
}
