//! Puts batches of events into a room's timeline: what a sync brought at its end, and what filled a gap.
//! Pure bookkeeping over `chunks`: it never looks at what an event says.

use rusqlite::{Connection, Transaction};

use super::StoreError;
use super::chunks::{self, Chunk, Place};
use crate::ids::{ChunkRow, EventRow, RoomRow};

/// Places the newest events of a room, oldest first. What stands already keeps its place.
///
/// `before` is the token for what lies before the batch; `holed` says that there may be events between what was
/// known and the batch.
pub fn live(
    tx: &Transaction<'_>,
    room: RoomRow,
    batch: &[EventRow],
    before: Option<&str>,
    holed: bool,
) -> Result<(), StoreError> {
    let mut newer = Vec::new();
    let mut edge: Option<Place> = None;
    // Newest to oldest: what is unknown behind the newest known event is new; what is unknown before a known
    // event at the edge of a gap fills that gap.
    for event in batch.iter().rev() {
        match (chunks::place_of(tx, *event)?, edge) {
            (Some(place), Some(at)) if place.chunk != at.chunk => {
                close_between(tx, place.chunk, at.chunk)?;
                edge = Some(place);
            }
            (Some(place), _) => edge = Some(place),
            (None, Some(at)) if opens_a_gap(tx, at)? => {
                let place = Place { idx: at.idx.saturating_sub(1), ..at };
                chunks::put(tx, *event, place)?;
                edge = Some(place);
            }
            (None, _) => newer.push(*event),
        }
    }
    newer.reverse();
    let run = match (chunks::tail(tx, room)?, edge) {
        (None, _) => chunks::grow(tx, room, before)?,
        (Some(_), None) if holed && before.is_some() && !batch.is_empty() => chunks::grow(tx, room, before)?,
        (Some(tail), _) => tail,
    };
    if let (Some(at), Some(token)) = (edge, before)
        && opens_a_gap(tx, at)?
        && let Some(gap) = chunks::gap_before(tx, at.chunk)?
    {
        chunks::set_gap(tx, gap.id, token)?;
    }
    let mut idx = chunks::bounds(tx, run)?.map_or(0, |(_, last)| last.saturating_add(1));
    for event in newer {
        chunks::put(tx, event, Place { chunk: run, idx })?;
        idx = idx.saturating_add(1);
    }
    Ok(())
}

/// Fills a gap with older events, newest first, and moves its token to `end`; `None` is the start of the room.
///
/// Returns whether the gap is closed: the batch met what was known before it, or the start.
pub fn fill(
    tx: &Transaction<'_>,
    gap: &Chunk,
    batch: &[EventRow],
    end: Option<&str>,
) -> Result<bool, StoreError> {
    let Some(run) = gap.next else { return Err(StoreError::Malformed("chunk")) };
    let mut idx = chunks::bounds(tx, run)?.map_or(0, |(first, _)| first);
    for event in batch {
        match chunks::place_of(tx, *event)? {
            Some(place) if lies_before(tx, place.chunk, gap)? => {
                chunks::close_gap(tx, gap)?;
                return Ok(true);
            }
            // Said again, or the server orders it differently: it stands where it stands.
            Some(_) => {}
            None => {
                idx = idx.saturating_sub(1);
                chunks::put(tx, *event, Place { chunk: run, idx })?;
            }
        }
    }
    match end {
        Some(token) => chunks::set_gap(tx, gap.id, token).map(|()| false),
        None => chunks::close_gap(tx, gap).map(|()| true),
    }
}

/// Says whether something may be missing right before this place.
fn opens_a_gap(connection: &Connection, place: Place) -> Result<bool, StoreError> {
    let first = chunks::bounds(connection, place.chunk)?.is_none_or(|(first, _)| first == place.idx);
    Ok(first && chunks::gap_before(connection, place.chunk)?.is_some())
}

/// Closes the gap between two runs that turned out to be neighbours.
fn close_between(tx: &Transaction<'_>, older: ChunkRow, newer: ChunkRow) -> Result<(), StoreError> {
    match chunks::gap_before(tx, newer)? {
        Some(gap) if gap.prev == Some(older) => chunks::close_gap(tx, &gap),
        _ => Ok(()),
    }
}

fn lies_before(connection: &Connection, chunk: ChunkRow, gap: &Chunk) -> Result<bool, StoreError> {
    let mut at = gap.prev;
    while let Some(id) = at {
        if id == chunk {
            return Ok(true);
        }
        at = chunks::get(connection, id)?.prev;
    }
    Ok(false)
}
