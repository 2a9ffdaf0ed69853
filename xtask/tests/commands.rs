//! The commands, run as they are run by the Makefile.
#![allow(clippy::expect_used, reason = "test code")]

use std::process::{Command, Output};

fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).output().expect("run")
}

#[test]
fn the_commands_are_listed() {
    let output = xtask(&["--help"]);
    let help = String::from_utf8_lossy(&output.stdout);
    for command in ["setup", "demo", "bindgen", "api", "kotlin", "architecture"] {
        assert!(help.contains(command), "{command} is not in {help}");
    }
}

#[test]
fn bindings_are_made_of_our_library_only() {
    let folder = tempfile::tempdir().expect("directory");
    let other = folder.path().join("libother.so");
    std::fs::write(&other, "no library").expect("write");
    let out = folder.path().join("out");
    let (other, out) = (other.to_string_lossy(), out.to_string_lossy());
    let output = xtask(&["bindgen", "--language", "kotlin", "--library", &other, "--out", &out]);
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(words.contains("libother.so is not a library of this project"), "{words}");
}
