//! What is taken in and shown: cold sync, warm start, timelines, searches, a large room.

use std::path::Path;

use anyhow::Result;

use super::Profiles;
use crate::figures::{Aims, Lines, Target, mega, times_of, whole};
use crate::protocol::{Job, Report};
use crate::run::{Bench, Side, Start, nothing};
use qroc_bench::server::Server;
use qroc_bench::world;

const ROOMS: u64 = 200;

pub(crate) async fn cold_once(
    bench: &Bench,
    side: Side,
    (rooms, messages): (u64, u64),
    traced: Option<&Path>,
) -> Result<Report> {
    let dir = tempfile::tempdir_in(".")?;
    let (_server, url) = Server::start(world::rooms(rooms, messages)).await?;
    let (count, events) = (usize::try_from(rooms)?, usize::try_from(rooms * messages)?);
    let start = Start { server: &url, count, events, traced, ..Start::new(Job::Cold, dir.path()) };
    bench.start(side, start, nothing).await
}

pub(super) async fn cold_200(lines: &mut Lines, bench: &Bench) -> Result<()> {
    let both =
        bench.pairs(bench.runs, 200, async |side| cold_once(bench, side, (ROOMS, 1), None).await).await?;
    lines.cost("", &both, Aims { wall: Target::Ratio(0.15), written: Some(Target::None), ..Aims::default() });
    Ok(())
}

pub(super) async fn cold_10_000(lines: &mut Lines, bench: &Bench) -> Result<()> {
    let size = (ROOMS, 50);
    let both = bench.pairs(bench.runs, 10_000, async |side| cold_once(bench, side, size, None).await).await?;
    let aims = Aims {
        wall: Target::Ratio(0.22),
        peak: Target::AtMost(50.0),
        written: Some(Target::AtMost(25.0)),
        ..Aims::default()
    };
    lines.cost("", &both, aims);
    lines.both("database, closed", "MB", Target::AtMost(8.0), &both, |report| mega(report.bytes));
    let syncs = bench.syncs(async |side, traced| cold_once(bench, side, size, traced).await).await?;
    if let Some((ours, peer)) = syncs {
        lines.add("syncs to the disk", "", Target::None, &ours, &peer);
    }
    Ok(())
}

pub(super) async fn warm(
    lines: &mut Lines,
    bench: &Bench,
    (rooms, messages): (u64, u64),
    ratio: f64,
) -> Result<()> {
    let profiles = Profiles::fill(bench, rooms, messages).await?;
    for (name, evicted) in [("hot", false), ("evicted", true)] {
        let both = bench
            .pairs(bench.runs, 20, async |side| {
                let dir = profiles.dir(side);
                bench.start(side, Start { evicted, ..Start::new(Job::Warm, &dir) }, nothing).await
            })
            .await?;
        let peak = if evicted { Target::None } else { Target::AtMost(25.0) };
        lines.cost(name, &both, Aims { wall: Target::Ratio(ratio), peak, ..Aims::default() });
    }
    Ok(())
}

pub(super) async fn timeline(lines: &mut Lines, bench: &Bench) -> Result<()> {
    let profiles = Profiles::fill(bench, ROOMS, 50).await?;
    for (name, evicted, ratio) in [("hot", false, 0.125), ("evicted", true, 0.22)] {
        let both = bench
            .pairs(bench.runs, 50, async |side| {
                let dir = profiles.dir(side);
                let room = world::room_id(7);
                let start = Start { evicted, room: &room, count: 50, ..Start::new(Job::Timeline, &dir) };
                bench.start(side, start, nothing).await
            })
            .await?;
        lines.cost(name, &both, Aims { wall: Target::Ratio(ratio), ..Aims::default() });
    }
    Ok(())
}

pub(super) async fn scroll(lines: &mut Lines, bench: &Bench) -> Result<()> {
    let profiles = Profiles::fill(bench, 5, 1000).await?;
    let both = bench
        .pairs(bench.runs, 1000, async |side| {
            let dir = profiles.dir(side);
            let room = world::room_id(3);
            let start = Start { room: &room, count: 1000, ..Start::new(Job::Scroll, &dir) };
            bench.start(side, start, nothing).await
        })
        .await?;
    lines.cost("", &both, Aims { wall: Target::Ratio(1.0), ..Aims::default() });
    Ok(())
}

/// The peer has no index to search with.
pub(super) async fn search(lines: &mut Lines, bench: &Bench) -> Result<()> {
    let alone = Bench::alone()?;
    let profiles = Profiles::fill(&alone, ROOMS, 500).await?;
    let both = alone
        .pairs(bench.runs.min(3), 50, async |side| {
            let dir = profiles.dir(side);
            alone.start(side, Start::new(Job::Search, &dir), nothing).await
        })
        .await?;
    let first = both.ours.first();
    let names: Vec<String> =
        first.map(|report| report.times.iter().map(|(name, _)| name.clone()).collect()).unwrap_or_default();
    for name in names {
        lines.add(&name, "ms", Target::AtMost(5.0), &times_of(&both.ours, &name), &[]);
    }
    Ok(())
}

/// Opening the room and the first page of who is in it; memory is what it takes over a room of two.
pub(super) async fn members(lines: &mut Lines, bench: &Bench) -> Result<()> {
    let large = super::sending::crowd(bench, 100_000).await?;
    lines.cost("open", &large, Aims { wall: Target::AtMost(10.0), ..Aims::default() });
    let small = super::sending::crowd(bench, 2).await?;
    let more = |large: &[Report], small: &[Report]| {
        let least = small.iter().map(|report| report.cost.peak_kib).min().unwrap_or(0);
        large
            .iter()
            .map(|report| whole(report.cost.peak_kib.saturating_sub(least)) / 1024.0)
            .collect::<Vec<_>>()
    };
    let (ours, peer) = (more(&large.ours, &small.ours), more(&large.peer, &small.peer));
    lines.add("memory over a room of two", "MiB", Target::AtMost(4.0), &ours, &peer);
    Ok(())
}
