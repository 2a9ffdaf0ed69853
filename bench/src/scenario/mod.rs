//! The scenarios: what is prepared, what is measured how often, and what of it is told.

pub(crate) mod counts;
mod encrypted;
mod files;
mod positions;
mod reading;
mod sending;
mod size;

use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;
use serde_json::Value;
use tempfile::TempDir;

use crate::figures::{Line, Lines};
use crate::protocol::Job;
use crate::run::{Bench, Side, Start, nothing};
use qroc_bench::server::Server;
use qroc_bench::world::{self, Dice, PEER, Room};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    Cold200,
    Cold10000,
    Warm200,
    Timeline,
    Scroll,
    Encrypted,
    Paginated,
    Send,
    Burst,
    Warm10000,
    Search,
    Members,
    Idle,
    Photo,
    Clip,
    Seal,
    Beacons,
    Size,
}

impl Scenario {
    fn name(self) -> &'static str {
        match self {
            Self::Cold200 => "cold sync, 200 rooms × 1",
            Self::Cold10000 => "cold sync, 200 rooms × 50",
            Self::Warm200 => "warm start, 200 rooms",
            Self::Timeline => "timeline, 50 events",
            Self::Scroll => "scroll back 1,000 stored events",
            Self::Encrypted => "2,000 encrypted, one answer",
            Self::Paginated => "2,000 encrypted, paginated",
            Self::Send => "send, 200 one by one",
            Self::Burst => "send, 200 at once",
            Self::Warm10000 => "warm start, 10,000 rooms",
            Self::Search => "search, 100,000 messages",
            Self::Members => "room of 100,000 members",
            Self::Idle => "idle, two polls in 20 s",
            Self::Photo => "photo",
            Self::Clip => "clip, 20 s 1080p → 720p",
            Self::Seal => "seal 256 MiB",
            Self::Beacons => "positions",
            Self::Size => "program",
        }
    }

    /// What takes long to prepare.
    pub(crate) fn is_long(self) -> bool {
        matches!(self, Self::Warm10000 | Self::Search | Self::Members)
    }

    pub(crate) async fn run(self, bench: &Bench) -> Result<Vec<Line>> {
        let mut lines = Lines::new(self.name());
        let to = &mut lines;
        match self {
            Self::Cold200 => reading::cold_200(to, bench).await?,
            Self::Cold10000 => reading::cold_10_000(to, bench).await?,
            Self::Warm200 => reading::warm(to, bench, (200, 50), 0.16).await?,
            Self::Warm10000 => reading::warm(to, bench, (10_000, 1), 0.04).await?,
            Self::Timeline => reading::timeline(to, bench).await?,
            Self::Scroll => reading::scroll(to, bench).await?,
            Self::Search => reading::search(to, bench).await?,
            Self::Members => reading::members(to, bench).await?,
            Self::Encrypted => encrypted::one_answer(to, bench).await?,
            Self::Paginated => encrypted::paginated(to, bench).await?,
            Self::Send => sending::one_by_one(to, bench).await?,
            Self::Burst => sending::burst(to, bench).await?,
            Self::Idle => sending::idle(to, bench).await?,
            Self::Photo => files::photo(to, bench).await?,
            Self::Clip => files::clip(to, bench).await?,
            Self::Seal => files::seal(to, bench).await?,
            Self::Beacons => positions::beacons(to).await?,
            Self::Size => size::programs(to, bench)?,
        }
        Ok(lines.lines)
    }
}

/// A profile of each side in a folder, synced from the same rooms.
struct Profiles(TempDir);

impl Profiles {
    async fn fill(bench: &Bench, rooms: u64, messages: u64) -> Result<Self> {
        let profiles = Self(tempfile::tempdir_in(".")?);
        for side in bench.sides() {
            let (_server, url) = Server::start(world::rooms(rooms, messages)).await?;
            let dir = profiles.dir(side);
            std::fs::create_dir(&dir)?;
            let (count, events) = (usize::try_from(rooms)?, usize::try_from(rooms * messages)?);
            let start = Start { server: &url, count, events, ..Start::new(Job::Cold, &dir) };
            bench.start(side, start, nothing).await?;
        }
        Ok(profiles)
    }

    fn dir(&self, side: Side) -> PathBuf {
        self.0.path().join(match side {
            Side::Ours => "ours",
            Side::Peer => "peer",
        })
    }
}

/// A room of two, encrypted, as its members see it first.
fn shared_room(number: u64, timeline: &[Value], before: Option<&str>) -> Room {
    encrypted_room(number, timeline, 2, before)
}

/// The room of two, with many more in it, of whom nothing is told yet.
pub(crate) fn crowded_room(people: usize) -> Room {
    encrypted_room(0, &[], people.try_into().unwrap_or(u64::MAX), None)
}

fn encrypted_room(number: u64, timeline: &[Value], joined: u64, before: Option<&str>) -> Room {
    let mut dice = Dice::new(number + 500);
    let state = world::state(&mut dice, number, &[PEER.to_owned()], true);
    Room { id: shared_id(number), initial: world::initial(&state, timeline, joined, before).to_string() }
}

pub(crate) fn shared_id(number: u64) -> String {
    world::room_id(number + 5000)
}
