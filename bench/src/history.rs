//! Each run with its commit, so that a slide is seen.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::figures::Line;

/// A ratio that grew by more than this, is a slide: times of one machine differ by as much from hour to hour, ratios by less.
const SLACK: f64 = 1.25;

/// One run.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    commit: String,
    /// Seconds since 1970.
    time: i64,
    quick: bool,
    /// Others took part of the machine.
    loaded: bool,
    /// Median of ours and of the peer, by name.
    figures: BTreeMap<String, (f64, Option<f64>)>,
}

impl Entry {
    pub(crate) fn new(lines: &[Line], quick: bool, loaded: bool) -> Self {
        let name =
            |line: &Line| format!("{}: {} {}", line.scenario, line.what, line.unit).trim_end().to_owned();
        let short = |value: f64| (value * 1e4).round() / 1e4;
        let figures = lines
            .iter()
            .map(|line| (name(line), (short(line.ours.median), line.peer.map(|peer| short(peer.median)))))
            .collect();
        Self {
            commit: commit(),
            time: time::OffsetDateTime::now_utc().unix_timestamp(),
            quick,
            loaded,
            figures,
        }
    }

    /// What became worse since an earlier run.
    fn slides(&self, before: &Self) -> Vec<String> {
        let cost = |(ours, peer): (f64, Option<f64>)| match peer {
            Some(peer) if peer > 0.0 => ours / peer,
            _ => ours,
        };
        let slid = |name: &String, now: (f64, Option<f64>)| {
            let then = *before.figures.get(name)?;
            let (now, then) = (cost(now), cost(then));
            // What is good when it is much, is no slide.
            let worse = now > then * SLACK && !name.contains("SSIM");
            worse.then(|| format!("{name}: {now:.3}, {then:.3} at {}", before.commit))
        };
        self.figures.iter().filter_map(|(name, now)| slid(name, *now)).collect()
    }
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output =
            Command::new("git").args(arguments).output().ok().filter(|output| output.status.success());
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    let changed =
        git(&["status", "--porcelain", "--untracked-files=no", "--", "core", "bench", "Cargo.lock"]);
    if changed.is_some_and(|changed| !changed.is_empty()) { commit + " and changes" } else { commit }
}

/// Adds a run; returns what became worse since the last one of its kind.
pub(crate) fn add(file: &Path, entry: &Entry) -> Result<Vec<String>> {
    let known = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
    };
    let mut entries = Vec::new();
    for line in known.lines().filter(|line| !line.trim().is_empty()) {
        let entry: Entry =
            serde_json::from_str(line).with_context(|| format!("{} is damaged", file.display()))?;
        entries.push(entry);
    }
    let last = entries.iter().rev().find(|before| before.quick == entry.quick);
    let slides = last.map(|before| entry.slides(before)).unwrap_or_default();
    let mut out = OpenOptions::new().append(true).create(true).open(file)?;
    writeln!(out, "{}", serde_json::to_string(entry)?)?;
    Ok(slides)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::{Lines, Target};

    fn run(ours: f64, peer: f64) -> Entry {
        let mut lines = Lines::new("warm start");
        lines.add("wall", "ms", Target::Ratio(0.5), &[ours], &[peer]);
        Entry::new(&lines.lines, false, false)
    }

    #[test]
    fn a_slower_machine_is_no_slide_and_a_slower_core_is() {
        let dir = tempfile::tempdir().expect("dir");
        let file = dir.path().join("history.jsonl");
        assert!(add(&file, &run(5.0, 30.0)).expect("added").is_empty());
        assert!(add(&file, &run(10.0, 60.0)).expect("added").is_empty());
        let slides = add(&file, &run(9.0, 30.0)).expect("added");
        assert_eq!(slides.len(), 1, "{slides:?}");
        assert_eq!(std::fs::read_to_string(&file).expect("read").lines().count(), 3);
    }
}
