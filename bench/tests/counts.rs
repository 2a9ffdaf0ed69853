//! What the core writes does not drift with the machine: more of it than was recorded is a slide, and fails.
//! Recorded anew, where a feature is worth it: `cargo test --workspace --test counts` says what it measured.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

/// A slide of more than a tenth.
const SLACK: f64 = 1.1;

#[test]
fn no_scenario_writes_more_than_was_recorded() {
    let limits: BTreeMap<String, f64> =
        serde_json::from_str(include_str!("../limits.json")).expect("limits.json");
    let dir = tempfile::tempdir().expect("dir");
    let output = Command::new(env!("CARGO_BIN_EXE_qroc-bench"))
        .arg("counts")
        .current_dir(dir.path())
        .output()
        .expect("qroc-bench starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    let measured: BTreeMap<String, f64> = text
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).expect("JSON");
            let name = format!(
                "{}: {} {}",
                line["scenario"].as_str().expect("scenario"),
                line["what"].as_str().expect("what"),
                line["unit"].as_str().expect("unit")
            );
            (name.trim_end().to_owned(), line["ours"]["median"].as_f64().expect("median"))
        })
        .collect();
    let mut slides = Vec::new();
    for (name, limit) in &limits {
        match measured.get(name) {
            Some(found) => {
                println!("{name}: {found:.2}, recorded {limit}");
                if *found > limit * SLACK {
                    slides.push(format!("{name}: {found:.2}, recorded {limit}"));
                }
            }
            // Where a container refuses to trace processes.
            None if name.contains("fsyncs") => println!("NOT TESTED: {name}"),
            None => slides.push(format!("{name} was not measured")),
        }
    }
    for name in measured.keys().filter(|name| !limits.contains_key(*name)) {
        slides.push(format!("{name}: {:.2}, not recorded", measured[name]));
    }
    assert!(slides.is_empty(), "{slides:#?}");
}
