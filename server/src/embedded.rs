//! One Synapse process: start, stop, restart, snapshot; never an orphan.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

use crate::config::Options;
use crate::{Result, folder};

/// Long enough for a cold disk and a busy machine.
const START_LIMIT: Duration = Duration::from_secs(120);
const STOP_LIMIT: Duration = Duration::from_secs(10);
const PORT_TRIES: u32 = 5;
/// Below the ports that the kernel gives to outgoing connections.
const FIRST_PORT: u16 = 20_000;
const PORTS: u16 = 12_000;

/// A running homeserver with a folder and a port of its own.
///
/// Dropping it ends the process. If this process is killed, Synapse sees its standard input close and ends too.
#[derive(Debug)]
pub struct Embedded {
    options: Options,
    dir: PathBuf,
    port: u16,
    pub(crate) secret: String,
    pub(crate) agent: ureq::Agent,
    pub(crate) admin: OnceLock<String>,
    process: Option<Child>,
    temporary: Option<TempDir>,
}

enum Started {
    Ready(Child),
    PortTaken,
}

impl Embedded {
    /// Starts a server and waits until it answers, which takes about three seconds.
    ///
    /// # Errors
    /// When set-up has not been done, the port is taken, or Synapse ends; the end of its log is in the message.
    pub fn start(options: Options) -> Result<Self> {
        let (dir, temporary) = match &options.data_dir {
            Some(dir) => {
                fs::create_dir_all(dir)
                    .with_context(|| format!("cannot make the server's folder {}", dir.display()))?;
                (dir.canonicalize()?, None)
            }
            None => {
                let temporary = tempfile::Builder::new().prefix("qroc-server-").tempdir()?;
                (temporary.path().canonicalize()?, Some(temporary))
            }
        };
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(120)))
            .build()
            .into();
        let mut server = Self {
            port: options.port.unwrap_or_default(),
            options,
            dir,
            secret: String::new(),
            agent,
            admin: OnceLock::new(),
            process: None,
            temporary,
        };
        let fixed = server.port != 0;
        for _ in 0..PORT_TRIES {
            if !fixed {
                server.port = free_port()?;
            }
            match server.spawn()? {
                Started::Ready(child) => {
                    server.process = Some(child);
                    return Ok(server);
                }
                Started::PortTaken if fixed => break,
                Started::PortTaken => {}
            }
        }
        bail!("port {} is taken: stop what listens there or choose another", server.port)
    }

    /// The address to give to a client, `http://127.0.0.1:PORT`.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The domain of its user and room ids.
    pub fn server_name(&self) -> &str {
        &self.options.server_name
    }

    /// The loopback port, the same after a restart.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// The folder with `homeserver.db`, `media/` and `homeserver.log`.
    pub fn data_dir(&self) -> &Path {
        &self.dir
    }

    /// The options that the next [`restart`](Self::restart) uses; folder, port and name stay.
    pub fn options_mut(&mut self) -> &mut Options {
        &mut self.options
    }

    /// Stops the process in good order: its database is closed. Nothing happens if it does not run.
    ///
    /// # Errors
    /// When the process cannot be waited for.
    pub fn stop(&mut self) -> Result<()> {
        let Some(mut child) = self.process.take() else { return Ok(()) };
        drop(child.stdin.take());
        if wait(&mut child, STOP_LIMIT)?.is_none() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Kills the process in the middle of whatever it does.
    ///
    /// # Errors
    /// When the process cannot be waited for.
    pub fn kill(&mut self) -> Result<()> {
        let Some(mut child) = self.process.take() else { return Ok(()) };
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Stops the server if it runs and starts it on the same port and data, with [`options_mut`](Self::options_mut).
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn restart(&mut self) -> Result<()> {
        self.stop()?;
        match self.spawn()? {
            Started::Ready(child) => self.process = Some(child),
            Started::PortTaken => bail!("port {} was taken by another program meanwhile", self.port),
        }
        Ok(())
    }

    /// Copies the stopped server's folder to `to`, then starts it again.
    ///
    /// # Errors
    /// When files cannot be copied, and as for [`start`](Self::start).
    pub fn snapshot(&mut self, to: &Path) -> Result<()> {
        self.stop()?;
        folder::replace(&self.dir, to)?;
        self.restart()
    }

    /// Puts the server's folder back to what [`snapshot`](Self::snapshot) copied.
    ///
    /// # Errors
    /// When files cannot be copied, and as for [`start`](Self::start).
    pub fn restore(&mut self, from: &Path) -> Result<()> {
        self.stop()?;
        folder::replace(from, &self.dir)?;
        self.restart()
    }

    fn spawn(&mut self) -> Result<Started> {
        let python = python();
        if !python.exists() {
            bail!("Synapse is not installed: run `make setup`");
        }
        if TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            return Ok(Started::PortTaken);
        }
        self.secret = folder::prepare(&self.dir, &self.options, self.port)?;
        let output = File::options().create(true).append(true).open(self.dir.join("launch.log"))?;
        let mut child = Command::new(&python)
            .arg("-I")
            .arg(self.dir.join("launch.py"))
            .arg("--config-path")
            .arg(self.dir.join("homeserver.yaml"))
            .current_dir(&self.dir)
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("cannot run {}", python.display()))?;
        let deadline = Instant::now() + START_LIMIT;
        while !self.answers() {
            if child.try_wait()?.is_some() {
                let log = self.log_tail();
                if log.contains("CannotListenError") || log.contains("Address already in use") {
                    return Ok(Started::PortTaken);
                }
                bail!("Synapse ended while starting; the end of its log:\n{log}");
            }
            if Instant::now() > deadline {
                child.kill()?;
                child.wait()?;
                bail!(
                    "Synapse did not answer within {START_LIMIT:?}; the end of its log:\n{}",
                    self.log_tail()
                );
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(Started::Ready(child))
    }

    fn answers(&self) -> bool {
        self.agent
            .get(format!("{}/_matrix/client/versions", self.base_url()))
            .call()
            .is_ok_and(|response| response.status().is_success())
    }

    fn log_tail(&self) -> String {
        let mut tail = String::new();
        for name in ["launch.log", "homeserver.log"] {
            let text = fs::read_to_string(self.dir.join(name)).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            tail.push_str(&lines.iter().rev().take(15).rev().copied().collect::<Vec<_>>().join("\n"));
            tail.push('\n');
        }
        tail
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        // A folder that is about to be removed needs no orderly end.
        let ended = if self.temporary.is_some() { self.kill() } else { self.stop() };
        debug_assert!(ended.is_ok(), "{ended:?}");
    }
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
        thread::sleep(Duration::from_millis(10));
    }
}

fn free_port() -> Result<u16> {
    for _ in 0..100 {
        let mut random = [0; 2];
        getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
        let port = FIRST_PORT + u16::from_le_bytes(random) % PORTS;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port on loopback")
}

pub(crate) fn python() -> PathBuf {
    qroc_fixtures::cache::dir().join("python").join("server").join("bin").join("python")
}

/// A database of a server that nobody has used: copying it saves making the schema at each start.
pub(crate) fn template() -> PathBuf {
    qroc_fixtures::cache::dir().join("python").join("server").join("empty-homeserver.db")
}

/// Makes the empty database that later starts copy, once per installed Synapse.
///
/// # Errors
/// As for [`Embedded::start`], and when the cache folder cannot be written.
pub fn make_template() -> Result<()> {
    let template = template();
    if template.exists() {
        return Ok(());
    }
    let mut server = Embedded::start(Options::default())?;
    server.stop()?;
    let part = template.with_extension(format!("part{}", std::process::id()));
    fs::copy(server.data_dir().join("homeserver.db"), &part)?;
    fs::rename(&part, &template)?;
    Ok(())
}
