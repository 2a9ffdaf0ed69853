//! What is sent: one by one, at once, to a crowd; and nothing at all.

use std::path::Path;

use anyhow::Result;

use super::{crowded_room, shared_id, shared_room};
use crate::figures::{Aims, Both, Lines, Target, count, mega, quantiles, whole};
use crate::protocol::{Job, Report};
use crate::run::{Bench, Side, Start, nothing};
use qroc_bench::peer::Peer;
use qroc_bench::server::Server;
use qroc_bench::world::{self, OWN, PEER};

const SENT: usize = 200;

pub(crate) async fn send_once(
    bench: &Bench,
    side: Side,
    job: Job,
    messages: usize,
    traced: Option<&Path>,
) -> Result<Report> {
    let dir = tempfile::tempdir_in(".")?;
    let (server, url) = Server::start(vec![shared_room(0, &[], None)]).await?;
    let room = shared_id(0);
    server.set_members(&room, &[OWN, PEER]);
    let _peer = Peer::join(&server).await?;
    let start = Start { server: &url, room: &room, count: messages, traced, ..Start::new(job, dir.path()) };
    bench.start(side, start, nothing).await
}

fn per_message(report: &Report, value: f64) -> f64 {
    value / count(report.seen.max(1))
}

fn costs(lines: &mut Lines, both: &Both) {
    let cpu = |report: &Report| per_message(report, report.cost.cpu_ms);
    let written = |report: &Report| per_message(report, whole(report.cost.written) / 1e3);
    lines.both("CPU per message", "ms", Target::Ratio(0.14), both, cpu);
    lines.both("written per message", "kB", Target::AtMost(40.0), both, written);
    lines.both("peak memory", "MiB", Target::Ratio(1.0), both, |report| whole(report.cost.peak_kib) / 1024.0);
}

pub(super) async fn one_by_one(lines: &mut Lines, bench: &Bench) -> Result<()> {
    let once = async |side, traced: Option<&Path>| send_once(bench, side, Job::Send, SENT, traced).await;
    let both = bench.pairs(bench.runs.min(5), SENT, async |side| once(side, None).await).await?;
    let mut quantile = |what: &str, name: &str, percent, ratio| {
        let [ours, peer] = [&both.ours, &both.peer].map(|side| quantiles(side, name, percent));
        lines.add(what, "ms", Target::Ratio(ratio), &ours, &peer);
    };
    quantile("returns durably: p50", "queued", 50, 0.81);
    quantile("returns durably: p99", "queued", 99, 0.56);
    quantile("acknowledged: p50, server answers at once", "acknowledged", 50, 0.81);
    costs(lines, &both);
    if let Some((ours, peer)) = bench.syncs(once).await? {
        let per = |syncs: Vec<f64>| syncs.into_iter().map(|syncs| syncs / count(SENT)).collect::<Vec<_>>();
        lines.add("syncs to the disk per message", "", Target::AtMost(2.0), &per(ours), &per(peer));
    }
    Ok(())
}

pub(super) async fn burst(lines: &mut Lines, bench: &Bench) -> Result<()> {
    let once = async |side| send_once(bench, side, Job::Burst, SENT, None).await;
    let both = bench.pairs(bench.runs.min(5), SENT, once).await?;
    lines.both("until the server has all", "ms", Target::Ratio(1.0), &both, |report| report.cost.wall_ms);
    costs(lines, &both);
    Ok(())
}

pub(super) async fn idle(lines: &mut Lines, bench: &Bench) -> Result<()> {
    let once = async |side| {
        let dir = tempfile::tempdir_in(".")?;
        let (_server, url) = Server::start(world::rooms(200, 1)).await?;
        bench
            .start(side, Start { server: &url, count: 20, ..Start::new(Job::Idle, dir.path()) }, nothing)
            .await
    };
    let both = bench.pairs(1, 200, once).await?;
    let nothing_written = Target::AtMost(0.0);
    lines.both("dirtied", "kB", nothing_written, &both, |report| whole(report.cost.dirtied) / 1e3);
    lines.both("written", "MB", Target::None, &both, |report| mega(report.cost.written));
    lines.both("wake-ups, all threads", "", Target::None, &both, |report| whole(report.cost.wakeups));
    lines.cost("", &both, Aims { peak: Target::AtMost(25.0), ..Aims::default() });
    Ok(())
}

/// The opening of an encrypted room of so many members, where a message was sent before: so all of them are known.
pub(super) async fn crowd(bench: &Bench, people: usize) -> Result<Both> {
    let room = shared_id(0);
    let mut members = vec![OWN.to_owned(), PEER.to_owned()];
    members.extend((2..people).map(qroc_bench::crowd::name));
    let dir = tempfile::tempdir_in(".")?;
    let of = |side| dir.path().join(if side == Side::Ours { "ours" } else { "peer" });
    for side in bench.sides() {
        std::fs::create_dir(of(side))?;
        let (server, url) = Server::start(vec![crowded_room(people)]).await?;
        server.set_members(&room, &members);
        let _peer = Peer::join(&server).await?;
        let dir = of(side);
        let start = Start { server: &url, room: &room, ..Start::new(Job::Keys, &dir) };
        bench.start(side, start, nothing).await?;
    }
    let once = async |side| {
        let dir = of(side);
        bench
            .start(side, Start { room: &room, count: people, ..Start::new(Job::Members, &dir) }, nothing)
            .await
    };
    bench.pairs(bench.runs.min(5), people.min(50), once).await
}
