//! The service that holds half of the key of each device's lock, in a folder and on a port of its own.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Embedded, Result, embedded};

/// A running service. Dropping it ends the process; if this process is killed, it sees its standard input close.
#[derive(Debug)]
pub struct ShareService {
    dir: TempDir,
    port: u16,
    process: Option<Child>,
}

impl ShareService {
    /// Starts the service beside a homeserver, which vouches for those who give it shares.
    ///
    /// # Errors
    /// When set-up has not been done, or the program ends.
    pub fn start(homeserver: &Embedded) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("qroc-share-").tempdir()?;
        let mut service = Self { dir, port: 0, process: None };
        service.configure(homeserver)?;
        service.run()?;
        service.configure(homeserver)?;
        Ok(service)
    }

    fn configure(&self, homeserver: &Embedded) -> Result<()> {
        let config = json!({
            "listen": ["127.0.0.1", self.port],
            "homeserver": homeserver.base_url(),
            "server_name": homeserver.server_name(),
            "database": self.dir.path().join("shares.db"),
            "audit": self.dir.path().join("audit.jsonl"),
            "attempts": 4,
        });
        Ok(fs::write(self.config(), config.to_string())?)
    }

    fn config(&self) -> PathBuf {
        self.dir.path().join("share.json")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(embedded::python());
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("share").join("share.py");
        command.arg("-I").arg(program).arg("--config").arg(self.config());
        command
    }

    /// Starts it again after [`stop`](Self::stop), on the same port and data.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn run(&mut self) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.dir.path().join("log"))?;
        let mut child = self
            .command()
            .args(["serve", "--until-closed"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("cannot run the service of shares")?;
        let mut line = String::new();
        let Some(output) = child.stdout.take() else { bail!("no standard output") };
        BufReader::new(output).read_line(&mut line)?;
        let said: Value = serde_json::from_str(&line)
            .with_context(|| fs::read_to_string(self.dir.path().join("log")).unwrap_or_default())?;
        self.port = said
            .get("port")
            .and_then(Value::as_u64)
            .and_then(|port| u16::try_from(port).ok())
            .context("no port")?;
        self.process = Some(child);
        Ok(())
    }

    /// Kills it in the middle of whatever it does.
    ///
    /// # Errors
    /// When the process cannot be waited for.
    pub fn stop(&mut self) -> Result<()> {
        if let Some(mut child) = self.process.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// The address for `lock.share_url`.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Destroys the shares of a user, as an administrator does, and returns how many there were.
    ///
    /// # Errors
    /// When the program cannot be run.
    pub fn revoke(&self, user: &str) -> Result<u64> {
        let output = self.command().args(["revoke", user]).output()?;
        let said: Value = serde_json::from_slice(&output.stdout)?;
        said.get("revoked").and_then(Value::as_u64).context("no count")
    }

    /// What happened, oldest first.
    ///
    /// # Errors
    /// When there is no audit.
    pub fn audit(&self) -> Result<Vec<String>> {
        let text = fs::read_to_string(self.dir.path().join("audit.jsonl"))?;
        let event = |line: &str| -> Result<String> {
            let line: Value = serde_json::from_str(line)?;
            Ok(line.get("event").and_then(Value::as_str).unwrap_or_default().to_owned())
        };
        text.lines().map(event).collect()
    }
}

impl Drop for ShareService {
    fn drop(&mut self) {
        let ended = self.stop();
        debug_assert!(ended.is_ok(), "{ended:?}");
    }
}
