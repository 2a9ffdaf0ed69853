//! Bytes of an encrypted event for each fix of a receiver: batches of ours, one standard beacon each.

use anyhow::Result;
use qroc_core::geo::codec;
use qroc_core::geo::{Fix, Source};
use qroc_core::location::message;
use serde_json::Value;

use super::shared_room;
use crate::figures::{Lines, Target, count};
use qroc_bench::peer::Peer;
use qroc_bench::server::Server;
use qroc_bench::world::{self, Dice, PEER};

const TAG: &str = "k7Qm2xYd";
const FIXES: usize = 240;

pub(super) async fn beacons(lines: &mut Lines) -> Result<()> {
    let room = shared_room(0, &[], None);
    let (server, _url) = Server::start(vec![]).await?;
    let peer = Peer::join(&server).await?;
    // A device to share with: the other officer's own.
    peer.keep(&room.id).await?;
    let way = drive();
    let beacons =
        sizes(&peer, &room.id, message::BEACON, way.iter().map(|fix| message::beacon("$info", TAG, fix)))
            .await?;
    for (what, fixes, most) in [("chase, batches of 5", 5, 150.0), ("trail, batches of 60", 60, 26.0)] {
        let mut contents = Vec::new();
        for batch in way.chunks(fixes) {
            let bytes = codec::encode(batch)?;
            anyhow::ensure!(codec::decode(&bytes)? == batch, "a batch does not come back as it was");
            contents.push(message::track(TAG, &bytes));
        }
        let ours = sizes(&peer, &room.id, message::TRACK, contents.into_iter()).await?;
        let a_fix = |bytes: usize| vec![count(bytes) / count(FIXES)];
        lines.add(&format!("{what}: a fix"), "B", Target::AtMost(most), &a_fix(ours), &a_fix(beacons));
    }
    Ok(())
}

/// Bytes of the encrypted events as a client gets them.
async fn sizes(peer: &Peer, room: &str, kind: &str, contents: impl Iterator<Item = Value>) -> Result<usize> {
    let mut dice = Dice::new(3);
    let mut bytes = 0_usize;
    for content in contents {
        let sealed = peer.encrypt_event(room, kind, &content).await?;
        let event = world::event(dice.event_id(), PEER, "m.room.encrypted", world::ts(0), &sealed);
        bytes = bytes.saturating_add(event.to_string().len());
    }
    Ok(bytes)
}

/// Four minutes of a drive at 1 Hz through a town: straight on, turns, stops, and a receiver that is off by some metres.
fn drive() -> Vec<Fix> {
    let mut dice = Dice::new(11);
    let (mut lat, mut lon, mut heading, mut speed) = (38_713_000_i32, -9_139_000_i32, 40_i32, 80_i32);
    let mut noise = move || i32::try_from(dice.below(7)).unwrap_or(0) - 3;
    (0..FIXES)
        .map(|second| {
            if second % 37 == 0 {
                heading = (heading + 360 + noise() * 30) % 360;
            }
            speed = (speed + noise() * 4).clamp(0, 160);
            let turn = f64::from(heading).to_radians();
            // A decimetre is 0.9 millionths of a degree north, and 1.15 east at this latitude.
            lat += whole(f64::from(speed) * 0.9 * turn.cos()) + noise() * 3;
            lon += whole(f64::from(speed) * 1.15 * turn.sin()) + noise() * 3;
            Fix {
                ts: world::START_TS + i64::try_from(second).unwrap_or(0) * 1000,
                lat_e6: lat,
                lon_e6: lon,
                accuracy_dm: u32::try_from(40 + noise()).ok(),
                speed_dms: u32::try_from(speed).ok(),
                heading_deg: u16::try_from(heading).ok(),
                altitude_dm: Some(900 + noise()),
                source: Some(Source::Gnss),
                battery: Some(81),
            }
        })
        .collect()
}

#[expect(clippy::cast_possible_truncation, reason = "some metres")]
fn whole(number: f64) -> i32 {
    number.round() as i32
}
