//! What the driver asks of a measured process, ours or the peer's: one job by arguments, one report on standard output.

use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use crate::meter::Cost;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Job {
    /// Sign in, then measure the sync of everything.
    Cold,
    /// Measure opening a profile up to the first page of the room list.
    Warm,
    /// Measure the newest fifty events of one timeline.
    Timeline,
    /// Measure paging back through what is stored of one room.
    Scroll,
    /// Measure the sync of what comes after the first one.
    Encrypted,
    /// Measure paging back through one room with the server's help.
    Paginated,
    /// Measure sending one by one.
    Send,
    /// Measure sending without waiting.
    Burst,
    /// Measure searches.
    Search,
    /// Measure doing nothing.
    Idle,
    /// Measure opening one room and the first page of who is in it.
    Members,
    /// Measure the first message in a room: who is there is learned, and each of their devices gets the key.
    Keys,
    /// Measure making a photo small.
    Photo,
    /// Measure making a clip small.
    Clip,
    /// Measure sealing a file.
    Seal,
}

#[derive(Args)]
pub(crate) struct Task {
    pub(crate) job: Job,
    #[arg(long, default_value = ".")]
    pub(crate) dir: PathBuf,
    #[arg(long, default_value = "http://127.0.0.1:9")]
    pub(crate) server: String,
    /// Reads from the disk, not from the page cache
    #[arg(long)]
    pub(crate) evicted: bool,
    /// How many: events that are shown, messages, seconds, rooms that come
    #[arg(long, default_value_t = 200)]
    pub(crate) count: usize,
    /// Events that come with the rooms
    #[arg(long, default_value_t = 0)]
    pub(crate) events: usize,
    /// The room that is looked at
    #[arg(long)]
    pub(crate) room: Option<String>,
    /// The file that is worked on
    #[arg(long)]
    pub(crate) file: Option<PathBuf>,
}

/// What a measured process says.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) cost: Cost,
    /// Milliseconds of single operations, by name.
    #[serde(default)]
    pub(crate) times: Vec<(String, Vec<f64>)>,
    /// Rows that were seen, to know that the right thing was measured.
    pub(crate) seen: usize,
    #[serde(default)]
    pub(crate) undecryptable: usize,
    /// Bytes of the closed database, or of the file that was made.
    #[serde(default)]
    pub(crate) bytes: u64,
}

pub(crate) fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// Lets the driver prepare what this process is to be measured with.
pub(crate) fn ready() -> Result<()> {
    say("ready")?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(())
}

pub(crate) fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
