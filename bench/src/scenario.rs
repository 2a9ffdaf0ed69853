//! The scenarios: what is prepared, what is measured how often, and what of it is told.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

use crate::child::{self, Job, Report};
use crate::trace;
use qroc_bench::peer::Peer;
use qroc_bench::server::{News, Server};
use qroc_bench::world::{self, Dice, OWN, PEER, Room};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    Warm200,
    Warm10000,
    Timeline,
    Cold10000,
    Cold200,
    Encrypted,
    Paginated,
    Send,
    Search,
    Idle,
}

/// One line of the table.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    pub(crate) scenario: &'static str,
    pub(crate) what: String,
    pub(crate) unit: &'static str,
    pub(crate) target: Option<f64>,
    pub(crate) met: Option<bool>,
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
    pub(crate) runs: usize,
}

pub(crate) struct Lines {
    scenario: &'static str,
    pub(crate) lines: Vec<Line>,
}

impl Lines {
    fn add(&mut self, what: &str, unit: &'static str, target: impl Into<Option<f64>>, values: &[f64]) {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (target, median) = (target.into(), quantile(&sorted, 50));
        self.lines.push(Line {
            scenario: self.scenario,
            what: what.to_owned(),
            unit,
            target,
            met: target.map(|target| median <= target),
            median,
            least: sorted.first().copied().unwrap_or_default(),
            most: sorted.last().copied().unwrap_or_default(),
            runs: sorted.len(),
        });
    }

    fn cost(&mut self, reports: &[Report], bounds: Bounds) {
        let all = |value: fn(&Report) -> f64| reports.iter().map(value).collect::<Vec<f64>>();
        self.add("wall", "ms", bounds.wall_ms, &all(|report| report.cost.wall_ms));
        self.add("CPU", "ms", None, &all(|report| report.cost.cpu_ms));
        self.add("handed to write", "MB", None, &all(|report| mega(report.cost.written)));
        self.add("dirtied", "MB", bounds.dirtied_mb, &all(|report| mega(report.cost.dirtied)));
        self.add("peak memory", "MiB", bounds.peak_mib, &all(|report| whole(report.cost.peak_kib) / 1024.0));
    }
}

#[derive(Clone, Copy, Default)]
struct Bounds {
    wall_ms: Option<f64>,
    dirtied_mb: Option<f64>,
    peak_mib: Option<f64>,
}

fn quantile(sorted: &[f64], percent: usize) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get(last * percent / 100).copied().unwrap_or_default()
}

fn mega(bytes: u64) -> f64 {
    whole(bytes) / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn whole(number: u64) -> f64 {
    number as f64
}

fn count(number: usize) -> f64 {
    whole(number.try_into().unwrap_or(u64::MAX))
}

impl Scenario {
    fn name(self) -> &'static str {
        match self {
            Self::Warm200 => "warm start, 200 rooms",
            Self::Warm10000 => "warm start, 10,000 rooms",
            Self::Timeline => "timeline, 50 events",
            Self::Cold10000 => "cold sync, 200 rooms × 50",
            Self::Cold200 => "cold sync, 200 rooms × 1",
            Self::Encrypted => "2,000 encrypted, one answer",
            Self::Paginated => "2,000 encrypted, paginated",
            Self::Send => "send, 200 messages",
            Self::Search => "search, 100,000 messages",
            Self::Idle => "idle, two polls in 20 s",
        }
    }

    pub(crate) async fn run(self, runs: usize) -> Result<Vec<Line>> {
        let mut lines = Lines { scenario: self.name(), lines: Vec::new() };
        match self {
            Self::Warm200 => warm(&mut lines, 200, 50, 5.0, runs).await?,
            Self::Warm10000 => warm(&mut lines, 10_000, 1, 8.0, runs).await?,
            Self::Timeline => timeline(&mut lines, runs).await?,
            Self::Cold10000 => {
                let bounds = Bounds { wall_ms: Some(800.0), dirtied_mb: Some(25.0), peak_mib: Some(50.0) };
                cold(&mut lines, 50, bounds, Some(8.0), runs).await?;
            }
            Self::Cold200 => {
                cold(&mut lines, 1, Bounds { wall_ms: Some(120.0), ..Bounds::default() }, None, runs).await?;
            }
            Self::Encrypted => encrypted(&mut lines, Job::Encrypted, 250.0, runs).await?,
            Self::Paginated => encrypted(&mut lines, Job::Paginated, 400.0, runs).await?,
            Self::Send => send(&mut lines, runs).await?,
            Self::Search => search(&mut lines, runs).await?,
            Self::Idle => idle(&mut lines).await?,
        }
        Ok(lines.lines)
    }
}

/// Starts the measured process, prepares when it is ready, and takes its report.
async fn measure(
    job: Job,
    dir: &Path,
    server: &str,
    evicted: bool,
    traced: Option<&Path>,
    prepare: impl AsyncFnOnce() -> Result<()>,
) -> Result<Report> {
    start(job, dir, server, evicted, traced, None, prepare).await
}

async fn start(
    job: Job,
    dir: &Path,
    server: &str,
    evicted: bool,
    traced: Option<&Path>,
    times: Option<usize>,
    prepare: impl AsyncFnOnce() -> Result<()>,
) -> Result<Report> {
    let own = std::env::current_exe()?;
    let mut arguments = child::arguments(job, dir, server, evicted);
    arguments.extend(times.map(|times| format!("--count={times}")));
    let mut command = match traced {
        Some(file) => trace::command(&own, file),
        None => Command::new(&own),
    };
    let mut child =
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
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
    Ok(serde_json::from_str(&line)?)
}

async fn nothing() -> Result<()> {
    Ok(())
}

async fn profile(dir: &Path, rooms: u64, messages: u64) -> Result<Report> {
    let (_server, url) = Server::start(world::rooms(rooms, messages)).await?;
    measure(Job::Cold, dir, &url, false, None, nothing).await
}

async fn warm(lines: &mut Lines, rooms: u64, messages: u64, target: f64, runs: usize) -> Result<()> {
    let dir = tempfile::tempdir_in(".")?;
    profile(dir.path(), rooms, messages).await?;
    for evicted in [false, true] {
        let mut reports = Vec::new();
        for _ in 0..runs {
            reports.push(measure(Job::Warm, dir.path(), "", evicted, None, nothing).await?);
        }
        expect(&reports, 20)?;
        let all = |value: fn(&Report) -> f64| reports.iter().map(value).collect::<Vec<f64>>();
        let name = if evicted { "evicted" } else { "hot" };
        lines.add(&format!("{name}: wall"), "ms", target, &all(|report| report.cost.wall_ms));
        lines.add(&format!("{name}: CPU"), "ms", None, &all(|report| report.cost.cpu_ms));
        lines.add(
            &format!("{name}: peak memory"),
            "MiB",
            25.0,
            &all(|report| whole(report.cost.peak_kib) / 1024.0),
        );
    }
    Ok(())
}

async fn timeline(lines: &mut Lines, runs: usize) -> Result<()> {
    let dir = tempfile::tempdir_in(".")?;
    profile(dir.path(), 200, 60).await?;
    for (evicted, target) in [(false, 2.0), (true, 8.0)] {
        let mut reports = Vec::new();
        for _ in 0..runs {
            reports.push(measure(Job::Timeline, dir.path(), "", evicted, None, nothing).await?);
        }
        expect(&reports, 50)?;
        let name = if evicted { "evicted" } else { "hot" };
        let all = |value: fn(&Report) -> f64| reports.iter().map(value).collect::<Vec<f64>>();
        lines.add(&format!("{name}: wall"), "ms", target, &all(|report| report.cost.wall_ms));
        lines.add(&format!("{name}: CPU"), "ms", None, &all(|report| report.cost.cpu_ms));
    }
    Ok(())
}

fn expect(reports: &[Report], seen: usize) -> Result<()> {
    match reports.iter().find(|report| report.seen != seen || report.undecryptable != 0) {
        Some(report) => bail!("{seen} rows were expected: {report:?}"),
        None => Ok(()),
    }
}

async fn cold(
    lines: &mut Lines,
    messages: u64,
    bounds: Bounds,
    database_mb: Option<f64>,
    runs: usize,
) -> Result<()> {
    let events = usize::try_from(messages * 200)?;
    let mut reports = Vec::new();
    for _ in 0..runs {
        let dir = tempfile::tempdir_in(".")?;
        reports.push(profile(dir.path(), 200, messages).await?);
    }
    expect(&reports, events)?;
    lines.cost(&reports, bounds);
    let sizes: Vec<f64> = reports.iter().map(|report| mega(report.database)).collect();
    lines.add("database, closed", "MB", database_mb, &sizes);
    if trace::works() {
        let dir = tempfile::tempdir_in(".")?;
        let file = dir.path().join("trace");
        let (_server, url) = Server::start(world::rooms(200, messages)).await?;
        let report = measure(Job::Cold, dir.path(), &url, false, Some(&file), nothing).await?;
        lines.add("fsyncs", "", None, &[count(trace::syncs(&file, &report.cost)?)]);
    }
    Ok(())
}

/// A room of two, encrypted, as its members see it first.
fn shared_room(number: u64, timeline: &[Value], before: Option<&str>) -> Room {
    let mut dice = Dice::new(number + 500);
    let state = world::state(&mut dice, number, &[PEER.to_owned()], true);
    Room {
        id: world::room_id(number + 5000),
        initial: world::initial(&state, timeline, 2, before).to_string(),
    }
}

async fn encrypted(lines: &mut Lines, job: Job, target: f64, runs: usize) -> Result<()> {
    let mut reports = Vec::new();
    for _ in 0..runs {
        reports.push(encrypted_once(job, None).await?);
    }
    expect(&reports, 2000)?;
    lines.cost(&reports, Bounds { wall_ms: Some(target), peak_mib: Some(50.0), ..Bounds::default() });
    if job == Job::Encrypted {
        let sizes: Vec<f64> = reports.iter().map(|report| mega(report.database)).collect();
        lines.add("database, closed", "MB", 1.8, &sizes);
    }
    if trace::works() {
        let dir = tempfile::tempdir_in(".")?;
        let file = dir.path().join("trace");
        let report = encrypted_once(job, Some(&file)).await?;
        lines.add("fsyncs", "", None, &[count(trace::syncs(&file, &report.cost)?)]);
    }
    Ok(())
}

async fn encrypted_once(job: Job, traced: Option<&Path>) -> Result<Report> {
    let dir = tempfile::tempdir_in(".")?;
    let (server, url) = Server::start(vec![shared_room(0, &[], None)]).await?;
    let peer = Peer::join(&server).await?;
    let prepare = async || {
        let _ = server.device_of(OWN)?;
        peer.meet().await?;
        let mut dice = Dice::new(9);
        let mut news = News::default();
        let (rooms, messages) = if job == Job::Paginated { (1, 2000) } else { (20, 100) };
        for number in 1..=rooms {
            let id = world::room_id(number + 5000);
            news.to_device.push(peer.share(&id).await?);
            let mut timeline = Vec::new();
            for index in 0..messages {
                let content = peer.encrypt(&id, &dice.text(index)).await?;
                timeline.push(world::event(
                    dice.event_id(),
                    PEER,
                    "m.room.encrypted",
                    world::ts(number * 10_000 + index),
                    &content,
                ));
            }
            if job == Job::Paginated {
                page(&server, &timeline);
                let newest = timeline.get(timeline.len().saturating_sub(20)..).unwrap_or_default();
                news.rooms.push(shared_room(number, newest, Some("p0")));
            } else {
                news.rooms.push(shared_room(number, &timeline, None));
            }
        }
        server.tell(news);
        Ok(())
    };
    measure(job, dir.path(), &url, false, traced, prepare).await
}

/// Lays out everything but the newest twenty in pages of a hundred.
fn page(server: &Server, timeline: &[Value]) {
    let older = timeline.get(..timeline.len().saturating_sub(20)).unwrap_or_default();
    let newest_first: Vec<Value> = older.iter().rev().cloned().collect();
    let pages = newest_first.chunks(100).len();
    for (index, chunk) in newest_first.chunks(100).enumerate() {
        let end = if index + 1 < pages { Some(format!("p{}", index + 1)) } else { None };
        server.set_page(&format!("p{index}"), chunk, end);
    }
}

const SENT: usize = 200;

async fn send(lines: &mut Lines, runs: usize) -> Result<()> {
    let mut reports = Vec::new();
    for _ in 0..runs.min(5) {
        reports.push(send_once(None, SENT).await?);
    }
    let sorted = |name: &str| {
        let mut times: Vec<f64> = reports.iter().flat_map(|report| times_of(report, name)).collect();
        times.sort_by(f64::total_cmp);
        times
    };
    let per = |report: &Report, value: f64| value / count(report.seen);
    let queued = sorted("queued");
    lines.add("returns durably: p50", "ms", 0.5, &[quantile(&queued, 50)]);
    lines.add("returns durably: p99", "ms", 1.5, &[quantile(&queued, 99)]);
    lines.add(
        "acknowledged: p50 (server answers at once)",
        "ms",
        3.0,
        &[quantile(&sorted("acknowledged"), 50)],
    );
    let cpu: Vec<f64> = reports.iter().map(|report| per(report, report.cost.cpu_ms)).collect();
    lines.add("CPU per message", "ms", 1.5, &cpu);
    let written: Vec<f64> =
        reports.iter().map(|report| per(report, whole(report.cost.written) / 1e3)).collect();
    lines.add("handed to write per message", "kB", 40.0, &written);
    let dirtied: Vec<f64> =
        reports.iter().map(|report| per(report, whole(report.cost.dirtied) / 1e3)).collect();
    lines.add("dirtied per message", "kB", 40.0, &dirtied);
    let peak: Vec<f64> = reports.iter().map(|report| whole(report.cost.peak_kib) / 1024.0).collect();
    lines.add("peak memory", "MiB", 25.0, &peak);
    if trace::works() {
        let dir = tempfile::tempdir_in(".")?;
        let file = dir.path().join("trace");
        let report = send_once(Some(&file), SENT).await?;
        lines.add("fsyncs per message", "", 2.0, &[per(&report, count(trace::syncs(&file, &report.cost)?))]);
    }
    Ok(())
}

async fn send_once(traced: Option<&Path>, messages: usize) -> Result<Report> {
    let dir = tempfile::tempdir_in(".")?;
    let room = shared_room(0, &[], None);
    let id = room.id.clone();
    let (server, url) = Server::start(vec![room]).await?;
    server.set_members(&id, &[OWN, PEER]);
    let _peer = Peer::join(&server).await?;
    start(Job::Send, dir.path(), &url, false, traced, Some(messages), nothing).await
}

fn times_of(report: &Report, name: &str) -> Vec<f64> {
    report.times.iter().filter(|(known, _)| known == name).flat_map(|(_, times)| times.clone()).collect()
}

async fn search(lines: &mut Lines, runs: usize) -> Result<()> {
    let dir = tempfile::tempdir_in(".")?;
    let filled = profile(dir.path(), 200, 500).await?;
    lines.add("database, closed", "MB", 80.0, &[mega(filled.database)]);
    let mut reports = Vec::new();
    for _ in 0..runs.min(3) {
        reports.push(measure(Job::Search, dir.path(), "", false, None, nothing).await?);
    }
    expect(&reports, 50)?;
    let names: Vec<String> = reports
        .first()
        .map(|report| report.times.iter().map(|(name, _)| name.clone()).collect())
        .unwrap_or_default();
    for name in names {
        let times: Vec<f64> = reports.iter().flat_map(|report| times_of(report, &name)).collect();
        lines.add(&name, "ms", 5.0, &times);
    }
    Ok(())
}

async fn idle(lines: &mut Lines) -> Result<()> {
    let dir = tempfile::tempdir_in(".")?;
    let (_server, url) = Server::start(world::rooms(200, 1)).await?;
    let report = start(Job::Idle, dir.path(), &url, false, None, Some(20), nothing).await?;
    lines.add("dirtied", "kB", 0.0, &[whole(report.cost.dirtied) / 1e3]);
    lines.add("handed to write", "kB", None, &[whole(report.cost.written) / 1e3]);
    lines.add("wake-ups, all threads", "", None, &[whole(report.cost.wakeups)]);
    lines.add("CPU", "ms", None, &[report.cost.cpu_ms]);
    lines.add("peak memory", "MiB", 25.0, &[whole(report.cost.peak_kib) / 1024.0]);
    Ok(())
}

/// What a machine's speed and load leave alone, in smaller worlds than the scenarios': a gate has seconds.
pub(crate) async fn counts() -> Result<Vec<Line>> {
    let mut all = Vec::new();
    let dir = tempfile::tempdir_in(".")?;
    let file = dir.path().join("trace");
    let traced = trace::works().then_some(file.as_path());

    let mut lines = Lines { scenario: "send", lines: Vec::new() };
    let report = send_once(traced, 60).await?;
    let per = |value: f64| value / count(report.seen);
    lines.add("written per message", "kB", None, &[per(whole(report.cost.written) / 1e3)]);
    if traced.is_some() {
        lines.add("fsyncs per message", "", None, &[per(count(trace::syncs(&file, &report.cost)?))]);
    }
    all.append(&mut lines.lines);

    let mut lines = Lines { scenario: "cold sync, 50 rooms × 40", lines: Vec::new() };
    let profile_dir = tempfile::tempdir_in(".")?;
    let (_server, url) = Server::start(world::rooms(50, 40)).await?;
    let report = measure(Job::Cold, profile_dir.path(), &url, false, traced, nothing).await?;
    expect(std::slice::from_ref(&report), 2000)?;
    lines.add("written", "kB", None, &[whole(report.cost.written) / 1e3]);
    lines.add("database, closed", "kB", None, &[whole(report.database) / 1e3]);
    if traced.is_some() {
        lines.add("fsyncs", "", None, &[count(trace::syncs(&file, &report.cost)?)]);
    }
    all.append(&mut lines.lines);

    let mut lines = Lines { scenario: "2,000 encrypted, one answer", lines: Vec::new() };
    let report = encrypted_once(Job::Encrypted, traced).await?;
    expect(std::slice::from_ref(&report), 2000)?;
    lines.add("written", "kB", None, &[whole(report.cost.written) / 1e3]);
    lines.add("database, closed", "kB", None, &[whole(report.database) / 1e3]);
    if traced.is_some() {
        lines.add("fsyncs", "", None, &[count(trace::syncs(&file, &report.cost)?)]);
    }
    all.append(&mut lines.lines);

    let mut lines = Lines { scenario: "idle", lines: Vec::new() };
    let (_server, url) = Server::start(world::rooms(20, 1)).await?;
    let idle_dir = tempfile::tempdir_in(".")?;
    let report = start(Job::Idle, idle_dir.path(), &url, false, None, Some(5), nothing).await?;
    lines.add("dirtied", "kB", None, &[whole(report.cost.dirtied) / 1e3]);
    all.append(&mut lines.lines);
    Ok(all)
}

/// The lines as JSON, one each.
pub(crate) fn as_json(lines: &[Line]) -> String {
    lines.iter().map(|line| json!(line).to_string()).collect::<Vec<_>>().join("\n")
}
