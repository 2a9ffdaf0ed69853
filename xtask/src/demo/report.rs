//! What the demo prints: steps, commands, what processes say, what was checked.
#![allow(clippy::print_stdout, reason = "a command that talks to people")]

use std::fmt::{Debug, Display};
use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Error, Result, anyhow, bail};

const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";
const CYAN: &str = "36";

/// Counts and prints. At a terminal in colour, elsewhere plain text.
pub(super) struct Report {
    colour: bool,
    step: usize,
    checks: usize,
    started: Instant,
    asked_to_end: Arc<AtomicBool>,
}

impl Report {
    pub(super) fn new(asked_to_end: Arc<AtomicBool>) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self {
            colour: wanted && io::stdout().is_terminal(),
            step: 0,
            checks: 0,
            started: Instant::now(),
            asked_to_end,
        }
    }

    pub(super) fn title(&self, text: &str) {
        println!("{}", self.paint(BOLD, text));
    }

    /// Begins a step; `more` are the steps after the first.
    pub(super) fn step(&mut self, title: &str, more: usize) -> Result<()> {
        if self.asked_to_end.load(Ordering::Relaxed) {
            bail!("interrupted");
        }
        self.step += 1;
        let number = format!("{}/{}", self.step, more + 1);
        println!("\n{} {}", self.paint(DIM, &format!("{number:>5}")), self.paint(BOLD, title));
        Ok(())
    }

    /// Says what happens, or what was found that is neither right nor wrong.
    pub(super) fn tell(&self, text: impl Display) {
        println!("      {text}");
    }

    /// Shows a command line of an officer.
    pub(super) fn command(&self, who: &str, line: &str) {
        println!("      {} {} {line}", self.paint(CYAN, who), self.paint(DIM, "$"));
    }

    /// Shows what a running process of an officer said.
    pub(super) fn said(&self, who: &str, line: &str) {
        println!("      {} {} {line}", self.paint(CYAN, who), self.paint(DIM, "│"));
    }

    /// Prints what holds, or fails with what was found instead.
    pub(super) fn check(
        &mut self,
        holds: bool,
        what: impl Display,
        found: impl FnOnce() -> String,
    ) -> Result<()> {
        if !holds {
            bail!("not so: {what}\n        found: {}", found());
        }
        self.checks += 1;
        println!("      {} {what}", self.paint(GREEN, "✓"));
        Ok(())
    }

    /// Prints what holds because two values are the same, or fails with both.
    pub(super) fn equal<T: PartialEq + Debug>(
        &mut self,
        found: &T,
        expected: &T,
        what: impl Display,
    ) -> Result<()> {
        self.check(found == expected, what, || format!("{found:?}\n        expected: {expected:?}"))
    }

    /// Prints why a step failed and returns what the program ends with.
    pub(super) fn failed(&mut self, error: &Error) -> Error {
        println!("      {} {error:#}", self.paint(RED, "✗"));
        anyhow!("the demo failed at step {}, after {} checks that held", self.step, self.checks)
    }

    pub(super) fn end(&self) {
        println!(
            "\n{} in {:.1} s. Server stopped, folders removed.",
            self.paint(BOLD, &format!("{} steps, {} checks, all held,", self.step, self.checks)),
            self.started.elapsed().as_secs_f64()
        );
    }

    fn paint(&self, style: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
