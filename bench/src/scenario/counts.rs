//! What a machine's speed and load leave alone, in smaller worlds than the scenarios': a gate has seconds.

use std::path::Path;

use anyhow::Result;

use super::{encrypted, reading, sending};
use crate::figures::{Line, Lines, Target, count, whole};
use crate::protocol::{Job, Report};
use crate::run::{Bench, Side, Start, nothing};
use crate::trace;
use qroc_bench::server::Server;
use qroc_bench::world;

pub(crate) async fn counts() -> Result<Vec<Line>> {
    let bench = Bench::alone()?;
    let dir = tempfile::tempdir_in(".")?;
    let file = dir.path().join("trace");
    let traced = trace::works().then_some(file.as_path());
    let mut all = Vec::new();

    let mut lines = Lines::new("send");
    let report = sending::send_once(&bench, Side::Ours, Job::Send, 60, traced).await?;
    let per = |value: f64| value / count(report.seen);
    one(&mut lines, "written per message", "kB", per(whole(report.cost.written) / 1e3));
    if traced.is_some() {
        one(&mut lines, "fsyncs per message", "", per(count(trace::syncs(&file, &report.cost)?)));
    }
    all.append(&mut lines.lines);

    let report = reading::cold_once(&bench, Side::Ours, (50, 40), traced).await?;
    all.append(&mut synced("cold sync, 50 rooms × 40", &report, traced)?);
    let sealed = tempfile::tempdir_in(".")?;
    let report = encrypted::one_answer_once(&bench, Side::Ours, sealed.path(), traced).await?;
    all.append(&mut synced("2,000 encrypted, one answer", &report, traced)?);

    let mut lines = Lines::new("idle");
    let (_server, url) = Server::start(world::rooms(20, 1)).await?;
    let idle = tempfile::tempdir_in(".")?;
    let start = Start { server: &url, count: 5, ..Start::new(Job::Idle, idle.path()) };
    let report = bench.start(Side::Ours, start, nothing).await?;
    one(&mut lines, "dirtied", "kB", whole(report.cost.dirtied) / 1e3);
    all.append(&mut lines.lines);
    Ok(all)
}

fn synced(scenario: &'static str, report: &Report, traced: Option<&Path>) -> Result<Vec<Line>> {
    anyhow::ensure!((report.seen, report.undecryptable) == (2000, 0), "2,000 rows were expected: {report:?}");
    let mut lines = Lines::new(scenario);
    one(&mut lines, "written", "kB", whole(report.cost.written) / 1e3);
    one(&mut lines, "database, closed", "kB", whole(report.bytes) / 1e3);
    if let Some(file) = traced {
        one(&mut lines, "fsyncs", "", count(trace::syncs(file, &report.cost)?));
    }
    Ok(lines.lines)
}

fn one(lines: &mut Lines, what: &str, unit: &str, value: f64) {
    lines.add(what, unit, Target::None, &[value], &[]);
}
