//! Starts measured processes: ours and the peer's by turns, so that a machine that slows down slows both.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum as _;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use crate::figures::Both;
use crate::machine;
use crate::protocol::{Job, Report};
use crate::trace;

/// A process that takes longer is ended, and the run fails.
const LIMIT: Duration = Duration::from_secs(300);
/// How long others are waited for before each pair.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Ours,
    Peer,
}

/// What is run, how often.
#[derive(Debug)]
pub(crate) struct Bench {
    ours: PathBuf,
    peer: Option<PathBuf>,
    pub(crate) runs: usize,
    pub(crate) quick: bool,
}

/// A process that is to be measured.
#[derive(Clone, Debug)]
pub(crate) struct Start<'a> {
    pub(crate) job: Job,
    pub(crate) dir: &'a Path,
    pub(crate) server: &'a str,
    pub(crate) room: &'a str,
    pub(crate) count: usize,
    pub(crate) events: usize,
    pub(crate) evicted: bool,
    pub(crate) traced: Option<&'a Path>,
    pub(crate) file: Option<&'a Path>,
}

impl<'a> Start<'a> {
    pub(crate) fn new(job: Job, dir: &'a Path) -> Self {
        Self {
            job,
            dir,
            server: "",
            room: "",
            count: 200,
            events: 0,
            evicted: false,
            traced: None,
            file: None,
        }
    }
}

impl Bench {
    pub(crate) fn new(peer: Option<PathBuf>, runs: usize, quick: bool) -> Result<Self> {
        Ok(Self { ours: std::env::current_exe()?, peer, runs, quick })
    }

    /// Where nothing is compared.
    pub(crate) fn alone() -> Result<Self> {
        Self::new(None, 1, true)
    }

    /// The same, with another peer than that of rooms and messages, or none.
    pub(crate) fn with_peer(&self, program: Option<&str>) -> Self {
        let peer = program.map(PathBuf::from);
        Self { ours: self.ours.clone(), peer, runs: self.runs, quick: self.quick }
    }

    /// Ours, and the peer where there is one.
    pub(crate) fn sides(&self) -> Vec<Side> {
        if self.peer.is_some() { vec![Side::Ours, Side::Peer] } else { vec![Side::Ours] }
    }

    /// The program of a side.
    pub(crate) fn program(&self, side: Side) -> Option<&Path> {
        match side {
            Side::Ours => Some(&self.ours),
            Side::Peer => self.peer.as_deref(),
        }
    }

    /// Measures both sides by turns, as often as was asked; each report must be of `seen` rows, none undecryptable.
    pub(crate) async fn pairs(
        &self,
        runs: usize,
        seen: usize,
        once: impl AsyncFn(Side) -> Result<Report>,
    ) -> Result<Both> {
        let mut both = Both::default();
        for _ in 0..runs.max(1) {
            machine::wait(PATIENCE).await;
            for side in self.sides() {
                let report = once(side).await?;
                if report.seen != seen || report.undecryptable != 0 {
                    bail!("void: {seen} rows were expected of {side:?}: {report:?}");
                }
                match side {
                    Side::Ours => both.ours.push(report),
                    Side::Peer => both.peer.push(report),
                }
            }
        }
        Ok(both)
    }

    /// Counts syncs to the disk in runs of their own. Nothing, where processes may not be traced.
    pub(crate) async fn syncs(
        &self,
        once: impl AsyncFn(Side, Option<&Path>) -> Result<Report>,
    ) -> Result<Option<(Vec<f64>, Vec<f64>)>> {
        if !trace::works() {
            return Ok(None);
        }
        let dir = tempfile::tempdir_in(".")?;
        let file = dir.path().join("trace");
        let mut counts = (Vec::new(), Vec::new());
        for side in self.sides() {
            let report = once(side, Some(&file)).await?;
            let syncs = crate::figures::count(trace::syncs(&file, &report.cost)?);
            match side {
                Side::Ours => counts.0.push(syncs),
                Side::Peer => counts.1.push(syncs),
            }
        }
        Ok(Some(counts))
    }

    /// Starts the measured process, prepares when it is ready, and takes its report.
    pub(crate) async fn start(
        &self,
        side: Side,
        start: Start<'_>,
        prepare: impl AsyncFnOnce() -> Result<()>,
    ) -> Result<Report> {
        let measured = self.measured(side, &start, prepare);
        timeout(LIMIT, measured).await.with_context(|| format!("{side:?} takes too long: {start:?}"))?
    }

    async fn measured(
        &self,
        side: Side,
        start: &Start<'_>,
        prepare: impl AsyncFnOnce() -> Result<()>,
    ) -> Result<Report> {
        let program = self.program(side).context("there is no peer")?;
        let mut command = match start.traced {
            Some(file) => trace::command(program, file),
            None => Command::new(program),
        };
        if side == Side::Ours {
            command.arg("child");
        }
        let mut child = command
            .args(arguments(start))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut input = child.stdin.take().context("no standard input")?;
        let mut lines = BufReader::new(child.stdout.take().context("no standard output")?).lines();
        let mut line = lines.next_line().await?.context("the measured process said nothing")?;
        if line == "ready" {
            prepare().await?;
            input.write_all(b"go\n").await?;
            line = lines.next_line().await?.context("the measured process stopped")?;
        }
        if !child.wait().await?.success() {
            bail!("the measured process failed");
        }
        serde_json::from_str(&line).with_context(|| format!("not a report: {line}"))
    }
}

pub(crate) async fn nothing() -> Result<()> {
    Ok(())
}

fn arguments(start: &Start<'_>) -> Vec<String> {
    let job = start.job.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let mut arguments = vec![
        job,
        format!("--dir={}", start.dir.display()),
        format!("--count={}", start.count),
        format!("--events={}", start.events),
    ];
    if !start.server.is_empty() {
        arguments.push(format!("--server={}", start.server));
    }
    if !start.room.is_empty() {
        arguments.push(format!("--room={}", start.room));
    }
    if let Some(file) = start.file {
        arguments.push(format!("--file={}", file.display()));
    }
    if start.evicted {
        arguments.push("--evicted".to_owned());
    }
    arguments
}
