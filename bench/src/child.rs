//! The measured client, in a process of its own: one job, one report on standard output.

use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use qroc_core::client::{Access, Action, Client, Login, Options};
use qroc_core::store::vault::FileVault;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

use crate::meter::{self, Cost, Meter};
use qroc_bench::world::{COMMON, RARE};

const LIMIT: Option<Duration> = Some(Duration::from_secs(600));

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Job {
    /// Sign in, then measure the sync of everything.
    Cold,
    /// Measure opening a profile up to the first page of the room list.
    Warm,
    /// Measure the first page of one timeline.
    Timeline,
    /// Measure the sync of what comes after the first one.
    Encrypted,
    /// Measure paging back through one room.
    Paginated,
    /// Measure sending.
    Send,
    /// Measure searches.
    Search,
    /// Measure doing nothing.
    Idle,
}

#[derive(Args)]
pub(crate) struct Child {
    job: Job,
    #[arg(long)]
    dir: PathBuf,
    #[arg(long, default_value = "")]
    server: String,
    /// Read from the disk, not from the page cache.
    #[arg(long)]
    evicted: bool,
    /// Messages that are sent, or seconds of doing nothing
    #[arg(long, default_value_t = 200)]
    count: usize,
}

/// What a measured process says.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) cost: Cost,
    /// Milliseconds of single operations, by name.
    pub(crate) times: Vec<(String, Vec<f64>)>,
    /// Rows that were seen, to know that the right thing was measured.
    pub(crate) seen: usize,
    pub(crate) undecryptable: usize,
    pub(crate) database: u64,
}

impl Child {
    fn profile(&self) -> PathBuf {
        self.dir.join("profile")
    }

    fn vault(&self) -> FileVault {
        FileVault::new(self.dir.join("vault.key"))
    }

    async fn sign_in(&self) -> Result<Client> {
        let login = Login { server: &self.server, user: "lisbon", password: "bench", device_name: None };
        let (client, _) = Client::login(&self.profile(), &self.vault(), login, Options::default()).await?;
        Ok(client)
    }

    async fn open(&self, access: Access) -> Result<Client> {
        Ok(Client::open(&self.profile(), &self.vault(), access, Options::default()).await?)
    }

    pub(crate) async fn run(&self) -> Result<()> {
        let report = match self.job {
            Job::Cold => self.cold().await?,
            Job::Warm => self.warm().await?,
            Job::Timeline => self.timeline().await?,
            Job::Encrypted => self.encrypted().await?,
            Job::Paginated => self.paginated().await?,
            Job::Send => self.send().await?,
            Job::Search => self.search().await?,
            Job::Idle => self.idle().await?,
        };
        say(&serde_json::to_string(&report)?)
    }

    async fn cold(&self) -> Result<Report> {
        let client = self.sign_in().await?;
        ready()?;
        let meter = Meter::start()?;
        let summary = client.sync_once(LIMIT).await?;
        let cost = meter.stop()?;
        client.close().await;
        let database = meter::size(&self.dir, "qroc.db")?;
        Ok(Report {
            cost,
            seen: summary.events,
            undecryptable: summary.undecryptable,
            database,
            ..Report::default()
        })
    }

    async fn warm(&self) -> Result<Report> {
        if self.evicted {
            meter::evict(&self.dir)?;
        }
        let meter = Meter::start()?;
        let client = self.open(Access::Read).await?;
        let page = client.rooms(None, 20)?;
        Ok(Report { cost: meter.stop()?, seen: page.len(), ..Report::default() })
    }

    async fn timeline(&self) -> Result<Report> {
        let client = self.open(Access::Read).await?;
        let page = client.rooms(None, 20)?;
        let room = &page.get(7).context("there is no eighth room")?.room_id;
        if self.evicted {
            meter::evict(&self.dir)?;
        }
        let meter = Meter::start()?;
        let items = client.timeline(room, None, 50, true).await?;
        Ok(Report { cost: meter.stop()?, seen: items.len(), ..Report::default() })
    }

    async fn encrypted(&self) -> Result<Report> {
        let client = self.sign_in().await?;
        client.sync_once(LIMIT).await?;
        ready()?;
        let meter = Meter::start()?;
        let summary = client.sync_once(LIMIT).await?;
        let cost = meter.stop()?;
        client.close().await;
        let database = meter::size(&self.dir, "qroc.db")?;
        Ok(Report {
            cost,
            seen: summary.events,
            undecryptable: summary.undecryptable,
            database,
            ..Report::default()
        })
    }

    async fn paginated(&self) -> Result<Report> {
        let client = self.sign_in().await?;
        client.sync_once(LIMIT).await?;
        ready()?;
        client.sync_once(LIMIT).await?;
        let room = client.rooms(None, 1)?.first().context("there is no room")?.room_id.clone();
        let meter = Meter::start()?;
        let mut before: Option<String> = None;
        let mut seen = 0_usize;
        let mut undecryptable = 0_usize;
        loop {
            let page = client.timeline(&room, before.as_deref(), 100, false).await?;
            seen = seen.saturating_add(page.len());
            undecryptable = undecryptable.saturating_add(
                page.iter().filter(|item| item.body.is_none() && item.kind != "m.room.member").count(),
            );
            let Some(oldest) = page.first() else { break };
            before = Some(oldest.cursor.clone());
        }
        Ok(Report { cost: meter.stop()?, seen, undecryptable, ..Report::default() })
    }

    async fn send(&self) -> Result<Report> {
        let client = self.sign_in().await?;
        client.sync_once(LIMIT).await?;
        let room = client.rooms(None, 1)?.first().context("there is no room")?.room_id.clone();
        // The key is shared with the first message; what is measured is an ordinary one.
        client.perform(text(&room, 0), LIMIT).await?;
        client.sync_once(LIMIT).await?;
        ready()?;

        let (items, mut told) = mpsc::channel(64);
        let (stop, stopped) = oneshot::channel::<()>();
        let running = client.run(items, async {
            let _ = stopped.await;
        });
        let listening = async { while told.recv().await.is_some() {} };
        let sending = async {
            let mut queued = Vec::with_capacity(self.count);
            let mut acknowledged = Vec::new();
            let meter = Meter::start()?;
            for number in 0..self.count {
                let started = Instant::now();
                client.perform(text(&room, number), None).await?;
                queued.push(milliseconds(started));
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            while !client.queue()?.is_empty() {
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            let cost = meter.stop()?;
            for number in 0..50 {
                let started = Instant::now();
                client.perform(text(&room, number), LIMIT).await?;
                acknowledged.push(milliseconds(started));
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            let _ = stop.send(());
            Ok::<_, anyhow::Error>(Report {
                cost,
                times: vec![("queued".to_owned(), queued), ("acknowledged".to_owned(), acknowledged)],
                seen: self.count,
                ..Report::default()
            })
        };
        let (ran, (), report) = tokio::join!(running, listening, sending);
        ran?;
        report
    }

    async fn search(&self) -> Result<Report> {
        let client = self.open(Access::Read).await?;
        let mut report = Report::default();
        for (name, words) in
            [("common", COMMON), ("rare", RARE), ("prefix", "har"), ("two words", "harbour ba")]
        {
            let mut times = Vec::new();
            for _ in 0..20 {
                let started = Instant::now();
                let hits = client.search(words, None, 50)?;
                times.push(milliseconds(started));
                report.seen = report.seen.max(hits.len());
            }
            report.times.push((format!("{name}, first"), times.iter().take(1).copied().collect()));
            report.times.push((name.to_owned(), times));
        }
        Ok(report)
    }

    async fn idle(&self) -> Result<Report> {
        let client = self.sign_in().await?;
        client.sync_once(LIMIT).await?;
        let (items, _told) = mpsc::channel(64);
        let measured = async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            let meter = Meter::start()?;
            tokio::time::sleep(Duration::from_secs(self.count.try_into()?)).await;
            meter.stop()
        };
        let (stop, stopped) = oneshot::channel();
        let run = client.run(items, async {
            let _ = stop.send(measured.await);
        });
        run.await?;
        Ok(Report { cost: stopped.await??, ..Report::default() })
    }
}

fn text(room: &str, number: usize) -> Action {
    let body = format!("Suspect vehicle seen at pier four heading north, unit {number} follows");
    Action::Send { room: room.to_owned(), body, reply: None, thread: None, txn: None }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// Lets the driver prepare what this process is to be measured with.
fn ready() -> Result<()> {
    say("ready")?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(())
}

fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}

/// Arguments by which the driver starts this process.
pub(crate) fn arguments(job: Job, dir: &Path, server: &str, evicted: bool) -> Vec<String> {
    let job = job.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let mut arguments = vec!["child".to_owned(), job, "--dir".to_owned(), dir.display().to_string()];
    if !server.is_empty() {
        arguments.extend(["--server".to_owned(), server.to_owned()]);
    }
    if evicted {
        arguments.push("--evicted".to_owned());
    }
    arguments
}
