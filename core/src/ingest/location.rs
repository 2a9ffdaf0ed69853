//! Positions, sharing and areas out of events. What is not sound is left alone; doing it again changes nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rusqlite::Transaction;
use serde_json::Value;

use super::wire::WireEvent;
use crate::geo::area::{Area, Version};
use crate::geo::{Fix, Place, codec};
use crate::ids::{EventRow, RoomRow};
use crate::store::changes::{Change, Changes};
use crate::store::codes::{Membership, Undecryptable};
use crate::store::events::NewEvent;
use crate::store::shares::Share;
use crate::store::{StoreError, areas, companions, events, fixes, rooms, shares};

/// A fix that claims to be later than its event by more, in milliseconds, is no fix.
const AHEAD_MS: i64 = 86_400_000;
/// Whoever may change the room's name may change another's area.
const MODERATOR: i64 = 50;
const LONGEST_TAG: usize = 32;

/// Takes in what an event says. It must be encrypted: a server that could move officers on a map would.
pub(super) fn take_in(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    room: RoomRow,
    row: EventRow,
    event: &NewEvent,
) -> Result<(), StoreError> {
    let sound = event.encrypted
        && !event.redacted
        && event.state_key.is_none()
        && event.undecryptable == Undecryptable::Readable;
    if !sound {
        return Ok(());
    }
    match event.kind.as_str() {
        "eu.qroc.track" => track(tx, changes, room, row, event),
        "org.matrix.msc3672.beacon" | "m.beacon" => beacon(tx, changes, room, event),
        "eu.qroc.area" => area(tx, changes, room, event),
        _ => Ok(()),
    }
}

fn content(event: &NewEvent) -> Value {
    serde_json::from_str(&event.content).unwrap_or_default()
}

fn track(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    room: RoomRow,
    row: EventRow,
    event: &NewEvent,
) -> Result<(), StoreError> {
    let content = content(event);
    let text = |key: &str| content.get(key).and_then(Value::as_str);
    let (Some(1), Some(tag), Some(batch)) =
        (content.get("v").and_then(Value::as_i64), text("share"), text("track"))
    else {
        return Ok(());
    };
    let Some(batch) =
        STANDARD_NO_PAD.decode(batch.trim_end_matches('=')).ok().and_then(|bytes| codec::decode(&bytes).ok())
    else {
        return Ok(());
    };
    if tag.is_empty() || tag.len() > LONGEST_TAG {
        return Ok(());
    }
    store(tx, changes, room, event, tag, &batch)?;
    // The fixes have rows of their own now.
    fixes::hollow(tx, row)
}

fn store(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    room: RoomRow,
    event: &NewEvent,
    tag: &str,
    batch: &[Fix],
) -> Result<(), StoreError> {
    let shared_with = companions::parent(tx, room)?.unwrap_or(room);
    let user = events::user(tx, &event.sender)?;
    // Who left the room may still be in its companion.
    if matches!(rooms::membership(tx, shared_with, user)?, Some(Membership::Leave | Membership::Ban)) {
        return Ok(());
    }
    let latest = event.ts.saturating_add(AHEAD_MS);
    let batch: Vec<Fix> = batch.iter().filter(|fix| fix.ts <= latest).copied().collect();
    if batch.is_empty() {
        return Ok(());
    }
    let tracker = fixes::tracker(tx, shared_with, user, tag)?;
    if fixes::take(tx, tracker, &batch)? > 0 {
        changes.note(Change::Location(shared_with));
    }
    Ok(())
}

fn beacon(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    room: RoomRow,
    event: &NewEvent,
) -> Result<(), StoreError> {
    let content = content(event);
    let either = |unstable: &str, stable: &str| content.get(unstable).or_else(|| content.get(stable));
    let uri = either("org.matrix.msc3488.location", "m.location")
        .and_then(|location| location.get("uri")?.as_str());
    let ts = either("org.matrix.msc3488.ts", "m.ts").and_then(Value::as_i64).unwrap_or(event.ts);
    let Some(place) = uri.and_then(Place::from_uri) else { return Ok(()) };
    let Some(fix) = Fix::at(ts, place.lat, place.lon) else { return Ok(()) };
    // Our own clients say which track the position is of, so that nobody is seen twice.
    let tag = content.get("eu.qroc.share").and_then(Value::as_str).filter(|tag| tag.len() <= LONGEST_TAG);
    store(tx, changes, room, event, tag.unwrap_or_default(), &[fix.with_accuracy(place.accuracy_m)])
}

fn area(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    room: RoomRow,
    event: &NewEvent,
) -> Result<(), StoreError> {
    let Ok(Version { area_id, removed, area }) = Area::from_content(&content(event)) else { return Ok(()) };
    let sender = events::user(tx, &event.sender)?;
    let known = areas::get(tx, room, &area_id)?;
    let author = known.map_or(sender, |known| known.author);
    if author != sender && rooms::power(tx, room, &event.sender)? < MODERATOR {
        return Ok(());
    }
    let row = areas::Area {
        area_id,
        author,
        ts: event.ts,
        event_id: event.event_id.clone(),
        removed,
        kind: area.kind.as_str().to_owned(),
        name: area.name,
        colour: area.colour,
        valid_from: area.valid_from,
        valid_to: area.valid_to,
        geometry: area.shape.to_geojson().to_string(),
    };
    areas::put(tx, room, &row)?;
    changes.note(Change::Location(room));
    Ok(())
}

/// Gives an own area the time and id that the server gave it: by these all clients agree which version is newer.
pub(super) fn confirm(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    known: &events::Stored,
    event: &NewEvent,
) -> Result<(), StoreError> {
    if known.kind != "eu.qroc.area" || known.redacted {
        return Ok(());
    }
    let own = NewEvent {
        kind: known.kind.clone(),
        content: known.content.clone(),
        encrypted: true,
        ..event.clone()
    };
    area(tx, changes, known.room, &own)
}

/// Takes in what a state event says about sharing.
pub(super) fn take_in_state(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    room: RoomRow,
    event: &WireEvent,
) -> Result<(), StoreError> {
    let about = matches!(event.kind.as_str(), "org.matrix.msc3672.beacon_info" | "m.beacon_info");
    // Nobody speaks for another.
    if !about || event.state_key.as_deref() != Some(event.sender.as_str()) {
        return Ok(());
    }
    let content = &event.content;
    let number = |key: &str| content.get(key).and_then(Value::as_i64);
    let started_ts = number("org.matrix.msc3488.ts").or_else(|| number("m.ts")).unwrap_or(event.ts).max(0);
    let share = Share {
        event_id: event.event_id.clone(),
        live: content.get("live").and_then(Value::as_bool).unwrap_or(false),
        started_ts,
        ends_ts: started_ts.saturating_add(number("timeout").unwrap_or(0).max(0)),
    };
    let user = events::user(tx, &event.sender)?;
    shares::set(tx, room, user, &share)?;
    changes.note(Change::Location(room));
    Ok(())
}
