//! Processes of `qroc`: one that runs on and prints items as they come, and the end of any.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(20);

/// A running `qroc sync`. Dropping it kills it.
pub(super) struct Live {
    child: Child,
    items: Receiver<Value>,
    /// Everything that it printed and that was waited for or passed by.
    pub(super) seen: Vec<Value>,
    log: PathBuf,
}

impl Live {
    pub(super) fn start(mut command: Command, log: &Path) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).stderr(File::create(log)?).spawn()?;
        let out = child.stdout.take().context("no pipe")?;
        let (sender, items) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let item = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if sender.send(item).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, items, seen: Vec::new(), log: log.to_owned() })
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it prints an item like this.
    pub(super) fn wait(&mut self, what: &str, like: impl Fn(&Value) -> bool) -> Result<Value> {
        if let Some(item) = self.seen.iter().find(|item| like(item)) {
            return Ok(item.clone());
        }
        let deadline = Instant::now() + LIMIT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.items.recv_timeout(left) {
                Ok(item) => {
                    self.seen.push(item.clone());
                    if like(&item) {
                        return Ok(item);
                    }
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    bail!(
                        "the running `qroc sync` did not show {what} within {} s{}",
                        LIMIT.as_secs(),
                        self.log()
                    )
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    bail!("the running `qroc sync` ended before it showed {what}{}", self.log())
                }
            }
        }
    }

    /// Asks it to end, and waits until it did.
    pub(super) fn stop(mut self) -> Result<ExitStatus> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let status = wait(&mut self.child, LIMIT)?;
        status.with_context(|| format!("`qroc sync` did not end when asked to{}", self.log()))
    }

    /// Kills it in the middle of whatever it does, as `kill -9`.
    pub(super) fn kill(mut self) -> Result<ExitStatus> {
        self.child.kill()?;
        Ok(self.child.wait()?)
    }

    fn log(&self) -> String {
        match fs::read_to_string(&self.log) {
            Ok(text) if !text.trim().is_empty() => format!("; it says: {}", text.trim()),
            _ => String::new(),
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a process ended and what it wrote.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) out: String,
    pub(super) errors: String,
}

/// Waits for a process whose output is piped; kills it after `limit`.
pub(super) fn finish(mut child: Child, limit: Duration) -> Result<Ended> {
    let out = child.stdout.take().map(collect);
    let errors = child.stderr.take().map(collect);
    let Some(status) = wait(&mut child, limit)? else {
        child.kill()?;
        child.wait()?;
        bail!("did not end within {} s", limit.as_secs());
    };
    let text = |collected: Option<thread::JoinHandle<String>>| {
        collected.and_then(|thread| thread.join().ok()).unwrap_or_default()
    };
    Ok(Ended { status, out: text(out), errors: text(errors) })
}

fn collect(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What came until the pipe broke is all there is.
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn wait(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() > deadline {
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(2));
    }
}
