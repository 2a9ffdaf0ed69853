//! What a process costs: wall and CPU time, bytes, peak memory, wake-ups. All of it from the kernel's own books.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// What one stretch of a process came to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Cost {
    /// Seconds since 1970 at which it began and ended, to find it in a trace.
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) wall_ms: f64,
    pub(crate) cpu_ms: f64,
    /// Handed to the kernel by `write` and its kin, sockets not included.
    pub(crate) written: u64,
    /// Pages that became dirty.
    pub(crate) dirtied: u64,
    pub(crate) peak_kib: u64,
    pub(crate) wakeups: u64,
}

pub(crate) struct Meter {
    wall: Instant,
    cpu: f64,
    from: f64,
    io: (u64, u64),
    waits: BTreeMap<OsString, u64>,
}

impl Meter {
    /// Starts counting; the peak of memory starts over too.
    pub(crate) fn start() -> Result<Self> {
        // Needs no rights over the own process; where it is refused the peak is that since the start.
        let _ = fs::write("/proc/self/clear_refs", "5");
        Ok(Self {
            io: io()?,
            waits: waits()?,
            from: seconds(ClockId::Realtime),
            cpu: seconds(ClockId::ProcessCPUTime),
            wall: Instant::now(),
        })
    }

    pub(crate) fn stop(self) -> Result<Cost> {
        let wall_ms = self.wall.elapsed().as_secs_f64() * 1e3;
        let cpu_ms = (seconds(ClockId::ProcessCPUTime) - self.cpu) * 1e3;
        let to = seconds(ClockId::Realtime);
        let (written, dirtied) = io()?;
        Ok(Cost {
            from: self.from,
            to,
            wall_ms,
            cpu_ms,
            written: written.saturating_sub(self.io.0),
            dirtied: dirtied.saturating_sub(self.io.1),
            peak_kib: field("/proc/self/status", "VmHWM:")?,
            wakeups: wakeups(&self.waits)?,
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "nanoseconds of one run")]
fn seconds(clock: ClockId) -> f64 {
    let now = clock_gettime(clock);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

fn io() -> Result<(u64, u64)> {
    Ok((field("/proc/self/io", "wchar:")?, field("/proc/self/io", "write_bytes:")?))
}

/// How often each thread has waited for something.
fn waits() -> Result<BTreeMap<OsString, u64>> {
    let mut waits = BTreeMap::new();
    for task in fs::read_dir("/proc/self/task")? {
        let task = task?;
        let count = field(task.path().join("status"), "voluntary_ctxt_switches:").unwrap_or(0);
        waits.insert(task.file_name(), count);
    }
    Ok(waits)
}

/// A thread that ended meanwhile is left out, so this is the least.
fn wakeups(before: &BTreeMap<OsString, u64>) -> Result<u64> {
    let since =
        |(thread, count): (OsString, u64)| count.saturating_sub(before.get(&thread).copied().unwrap_or(0));
    Ok(waits()?.into_iter().map(since).sum())
}

fn field(file: impl AsRef<Path>, name: &str) -> Result<u64> {
    let text = fs::read_to_string(file)?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let word = line.and_then(|line| line.split_whitespace().next());
    word.context("a field of /proc is missing")?.parse().context("a field of /proc is no number")
}

/// Drops a directory's files from the kernel's page cache, as after a reboot.
pub(crate) fn evict(dir: &Path) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            evict(&entry.path())?;
        } else if entry.file_type()?.is_file() {
            let file = fs::File::open(entry.path())?;
            file.sync_all()?;
            rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
        }
    }
    Ok(())
}
