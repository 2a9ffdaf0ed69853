//! Counts syncs to the disk with strace, in a run of its own: tracing slows everything else down.

use std::path::Path;

use anyhow::Result;
use tokio::process::Command;

use crate::meter::Cost;

/// Says whether strace is there and may trace.
pub(crate) fn works() -> bool {
    std::process::Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .stderr(std::process::Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The command that runs `program` traced.
pub(crate) fn command(program: &Path, file: &Path) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "-ttt", "--seccomp-bpf", "-e", "trace=fsync,fdatasync,sync_file_range", "-o"]);
    command.arg(file).arg(program);
    command
}

/// How many there were while something was measured.
pub(crate) fn syncs(file: &Path, cost: &Cost) -> Result<usize> {
    let text = std::fs::read_to_string(file)?;
    let within = |line: &&str| {
        let time = line.split_whitespace().nth(1).and_then(|word| word.parse::<f64>().ok());
        line.contains("sync(") && time.is_some_and(|time| (cost.from..=cost.to).contains(&time))
    };
    Ok(text.lines().filter(within).count())
}
