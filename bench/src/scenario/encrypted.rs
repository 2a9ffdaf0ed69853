//! Two thousand encrypted events of another officer: in one answer, and page by page.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::Value;
use tokio::time::sleep;

use super::{shared_id, shared_room};
use crate::figures::{Aims, Lines, Target, mega};
use crate::protocol::{Job, Report};
use crate::run::{Bench, Side, Start, nothing};
use qroc_bench::peer::Peer;
use qroc_bench::server::{News, Server};
use qroc_bench::world::{self, Dice, OWN, PEER};

pub(super) async fn one_answer(lines: &mut Lines, bench: &Bench) -> Result<()> {
    let once = async |side, traced: Option<&Path>| {
        let dir = tempfile::tempdir_in(".")?;
        one_answer_once(bench, side, dir.path(), traced).await
    };
    let both = bench.pairs(bench.runs, 2000, async |side| once(side, None).await).await?;
    let aims = Aims {
        wall: Target::Ratio(0.25),
        peak: Target::AtMost(50.0),
        written: Some(Target::None),
        ..Aims::default()
    };
    lines.cost("", &both, aims);
    lines.both("database, closed", "MB", Target::AtMost(1.8), &both, |report| mega(report.bytes));
    if let Some((ours, peer)) = bench.syncs(once).await? {
        lines.add("syncs to the disk", "", Target::None, &ours, &peer);
    }
    timeline(lines, bench).await
}

/// A timeline of messages that came encrypted.
async fn timeline(lines: &mut Lines, bench: &Bench) -> Result<()> {
    let dir = tempfile::tempdir_in(".")?;
    let of = |side| dir.path().join(if side == Side::Ours { "ours" } else { "peer" });
    for side in bench.sides() {
        std::fs::create_dir(of(side))?;
        one_answer_once(bench, side, &of(side), None).await?;
    }
    let room = shared_id(7);
    let once = async |side| {
        let dir = of(side);
        let start = Start { room: &room, count: 50, ..Start::new(Job::Timeline, &dir) };
        // A peer that has more at hand shows more.
        let report = bench.start(side, start, nothing).await?;
        Ok(Report { seen: report.seen.min(50), ..report })
    };
    let both = bench.pairs(bench.runs, 50, once).await?;
    lines.cost("timeline, 50 of them", &both, Aims { wall: Target::Ratio(0.125), ..Aims::default() });
    Ok(())
}

pub(super) async fn paginated(lines: &mut Lines, bench: &Bench) -> Result<()> {
    let both = bench.pairs(bench.runs, 2000, async |side| paginated_once(bench, side).await).await?;
    let aims = Aims {
        wall: Target::Ratio(0.25),
        peak: Target::AtMost(50.0),
        written: Some(Target::None),
        ..Aims::default()
    };
    lines.cost("", &both, aims);
    Ok(())
}

/// Waits until the client has made itself known, so that a session with it can be opened.
async fn met(server: &Server, peer: &Peer) -> Result<()> {
    for _ in 0..500 {
        if server.device_of(OWN).is_ok() && server.one_time_keys(OWN) > 0 {
            return peer.meet().await;
        }
        sleep(Duration::from_millis(20)).await;
    }
    bail!("the client uploads no keys")
}

async fn messages(peer: &Peer, number: u64, count: u64) -> Result<Vec<Value>> {
    let id = shared_id(number);
    let mut dice = Dice::new(number + 9);
    let mut timeline = Vec::new();
    for index in 0..count {
        let content = peer.encrypt(&id, &dice.text(index)).await?;
        let ts = world::ts(number * 10_000 + index);
        timeline.push(world::event(dice.event_id(), PEER, "m.room.encrypted", ts, &content));
    }
    Ok(timeline)
}

/// Twenty rooms of a hundred, in one answer.
pub(crate) async fn one_answer_once(
    bench: &Bench,
    side: Side,
    dir: &Path,
    traced: Option<&Path>,
) -> Result<Report> {
    let (server, url) = Server::start(vec![shared_room(0, &[], None)]).await?;
    let peer = Peer::join(&server).await?;
    let prepare = async || {
        met(&server, &peer).await?;
        let mut news = News::default();
        for number in 1..=20 {
            news.to_device.push(peer.share(&shared_id(number)).await?);
            news.rooms.push(shared_room(number, &messages(&peer, number, 100).await?, None));
        }
        server.tell(news);
        Ok(())
    };
    let start = Start { server: &url, count: 2000, traced, ..Start::new(Job::Encrypted, dir) };
    bench.start(side, start, prepare).await
}

async fn paginated_once(bench: &Bench, side: Side) -> Result<Report> {
    let dir = tempfile::tempdir_in(".")?;
    let (server, url) = Server::start(vec![shared_room(0, &[], None)]).await?;
    let peer = Peer::join(&server).await?;
    let prepare = async || {
        met(&server, &peer).await?;
        let to_device = vec![peer.share(&shared_id(1)).await?];
        let timeline = messages(&peer, 1, 2000).await?;
        page(&server, &timeline);
        let newest = timeline.get(timeline.len().saturating_sub(20)..).unwrap_or_default();
        server.tell(News { to_device, rooms: vec![shared_room(1, newest, Some("p0"))] });
        Ok(())
    };
    let room = shared_id(1);
    let start = Start { server: &url, room: &room, count: 2000, ..Start::new(Job::Paginated, dir.path()) };
    bench.start(side, start, prepare).await
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
