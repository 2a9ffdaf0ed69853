//! The worlds that grow, and what is measured in each.

use std::path::Path;

use anyhow::{Result, bail};
use serde::Serialize;

use crate::figures::{Spread, whole};
use crate::protocol::{Job, Report};
use crate::run::{Bench, Side, Start, nothing};
use crate::scenario::{crowded_room, shared_id};
use qroc_bench::crowd;
use qroc_bench::peer::Peer;
use qroc_bench::server::Server;
use qroc_bench::world::{self, OWN, PEER, Room};

/// How fast something may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// All of it is worked through: not worse than linear.
    Work,
    /// A screen waits for it: flat.
    Waited,
}

impl Kind {
    /// The steepest slope; a tenth of it, or a tree one level deeper a thousand times on, is noise.
    pub(super) fn most(self) -> f64 {
        match self {
            Self::Work => 1.1,
            Self::Waited => 0.15,
        }
    }
}

/// Milliseconds by size.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Series {
    pub(super) axis: &'static str,
    pub(super) what: &'static str,
    pub(super) kind: Kind,
    pub(super) points: Vec<(f64, f64)>,
}

impl Series {
    fn new(axis: &'static str, what: &'static str, kind: Kind) -> Self {
        Self { axis, what, kind, points: Vec::new() }
    }

    fn add(&mut self, size: u64, ms: f64) {
        self.points.push((whole(size), ms));
    }

    /// Of the line that fits best on logarithmic scales.
    pub(super) fn slope(&self) -> f64 {
        let logs: Vec<(f64, f64)> =
            self.points.iter().map(|(size, ms)| (size.log10(), ms.max(1e-6).log10())).collect();
        let count = crate::figures::count(logs.len());
        let sum = |value: &dyn Fn(&(f64, f64)) -> f64| logs.iter().map(value).sum::<f64>() / count;
        let (x, y) = (sum(&|point| point.0), sum(&|point| point.1));
        let spread = sum(&|point| (point.0 - x).powi(2));
        if spread > 0.0 { sum(&|point| (point.0 - x) * (point.1 - y)) / spread } else { 0.0 }
    }

    pub(super) fn holds(&self) -> bool {
        self.slope() <= self.kind.most()
    }
}

/// The middle of five.
async fn middle(once: impl AsyncFn() -> Result<Report>) -> Result<f64> {
    let mut times = Vec::new();
    for _ in 0..5 {
        times.push(once().await?.cost.wall_ms);
    }
    Ok(Spread::of(&times).map_or(0.0, |spread| spread.median))
}

async fn ours(bench: &Bench, start: Start<'_>, seen: usize) -> Result<Report> {
    let report = bench.start(Side::Ours, start.clone(), nothing).await?;
    if report.seen != seen || report.undecryptable != 0 {
        bail!("void: {seen} rows were expected: {report:?} of {start:?}");
    }
    Ok(report)
}

async fn synced(bench: &Bench, dir: &Path, rooms: Vec<Room>, events: u64) -> Result<f64> {
    let (_server, url) = Server::start(rooms).await?;
    let start = Start { server: &url, ..Start::new(Job::Cold, dir) };
    Ok(ours(bench, start, usize::try_from(events)?).await?.cost.wall_ms)
}

pub(super) async fn rooms(bench: &Bench, sizes: &[u64]) -> Result<Vec<Series>> {
    const AXIS: &str = "rooms";
    let mut sync = Series::new(AXIS, "cold sync", Kind::Work);
    let mut warm = Series::new(AXIS, "start to the first page of rooms", Kind::Waited);
    let mut timeline = Series::new(AXIS, "open a timeline", Kind::Waited);
    for size in sizes {
        let dir = tempfile::tempdir_in(".")?;
        sync.add(*size, synced(bench, dir.path(), world::rooms(*size, 1), *size).await?);
        warm.add(*size, middle(async || ours(bench, Start::new(Job::Warm, dir.path()), 20).await).await?);
        let room = world::room_id(7);
        let start = Start { room: &room, count: 50, ..Start::new(Job::Timeline, dir.path()) };
        timeline.add(*size, middle(async || ours(bench, start.clone(), 1).await).await?);
    }
    Ok(vec![sync, warm, timeline])
}

pub(super) async fn events(bench: &Bench, sizes: &[u64]) -> Result<Vec<Series>> {
    const AXIS: &str = "events";
    // So many that no answer is too large: 200 of them come at once.
    const ROOMS: u64 = 500;
    let mut sync = Series::new(AXIS, "cold sync", Kind::Work);
    let mut warm = Series::new(AXIS, "start to the first page of rooms", Kind::Waited);
    let mut timeline = Series::new(AXIS, "open a timeline", Kind::Waited);
    let mut search = Series::new(AXIS, "search, 50 newest hits of a common word", Kind::Waited);
    for size in sizes {
        let dir = tempfile::tempdir_in(".")?;
        let each = size / ROOMS;
        let seen = usize::try_from(each.min(50))?;
        sync.add(*size, synced(bench, dir.path(), world::rooms(ROOMS, each), *size).await?);
        warm.add(*size, middle(async || ours(bench, Start::new(Job::Warm, dir.path()), 20).await).await?);
        let room = world::room_id(7);
        let start = Start { room: &room, count: 50, ..Start::new(Job::Timeline, dir.path()) };
        timeline.add(*size, middle(async || ours(bench, start.clone(), seen).await).await?);
        let report = ours(bench, Start::new(Job::Search, dir.path()), 50).await?;
        let times = crate::figures::times_of(&[report], "common");
        search.add(*size, Spread::of(&times).map_or(0.0, |spread| spread.median));
    }
    Ok(vec![sync, warm, timeline, search])
}

/// The first message to a room of so many, of whom so many have devices that the server knows.
async fn first_message(bench: &Bench, dir: &Path, people: usize, devices: usize) -> Result<f64> {
    let room = shared_id(0);
    let mut members = vec![OWN.to_owned(), PEER.to_owned()];
    members.extend((0..people.saturating_sub(2)).map(crowd::name));
    let (server, url) = Server::start(vec![crowded_room(people)]).await?;
    server.set_members(&room, &members);
    let _peer = Peer::join(&server).await?;
    crowd::join(&server, devices)?;
    let start = Start { server: &url, room: &room, ..Start::new(Job::Keys, dir) };
    Ok(ours(bench, start, 1).await?.cost.wall_ms)
}

pub(super) async fn members(bench: &Bench, sizes: &[u64]) -> Result<Vec<Series>> {
    const AXIS: &str = "members";
    let mut first = Series::new(AXIS, "first message: who is there", Kind::Work);
    let mut open = Series::new(AXIS, "open the room and the first page of members", Kind::Waited);
    let room = shared_id(0);
    for size in sizes {
        let dir = tempfile::tempdir_in(".")?;
        first.add(*size, first_message(bench, dir.path(), usize::try_from(*size)?, 0).await?);
        let start = Start { room: &room, ..Start::new(Job::Members, dir.path()) };
        open.add(*size, middle(async || ours(bench, start.clone(), 50).await).await?);
    }
    Ok(vec![first, open])
}

pub(super) async fn devices(bench: &Bench, sizes: &[u64]) -> Result<Vec<Series>> {
    let mut first = Series::new("devices", "first message: each gets the key", Kind::Work);
    for size in sizes {
        let dir = tempfile::tempdir_in(".")?;
        let devices = usize::try_from(*size)?;
        first.add(*size, first_message(bench, dir.path(), devices.saturating_add(2), devices).await?);
    }
    Ok(vec![first])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: Kind, ms: impl Fn(f64) -> f64) -> Series {
        let mut series = Series::new("rooms", "something", kind);
        for size in [100, 1000, 10_000] {
            series.add(size, ms(whole(size)));
        }
        series
    }

    #[test]
    fn slopes_tell_flat_linear_and_worse_apart() {
        let flat = of(Kind::Waited, |_| 3.0);
        let linear = of(Kind::Work, |size| size * 0.2);
        let square = of(Kind::Work, |size| size * size);
        assert!(flat.slope().abs() < 1e-9 && flat.holds());
        assert!((linear.slope() - 1.0).abs() < 1e-9 && linear.holds());
        assert!((square.slope() - 2.0).abs() < 1e-9 && !square.holds());
        assert!(!of(Kind::Waited, f64::sqrt).holds());
    }
}
