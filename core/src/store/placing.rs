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
///
/// # Errors
/// Those of the database.
pub fn live(
    tx: &Transaction<'_>,
    room: RoomRow,
    batch: &[EventRow],
    before: Option<&str>,
    holed: bool,
) -> Result<(), StoreError> {
    let Woven { edge, mut newer } = weave(tx, batch.iter().rev().copied(), None)?;
    newer.reverse();
    let run = match (chunks::tail(tx, room)?, edge) {
        (None, _) => chunks::grow(tx, room, before)?,
        (Some(_), None) if holed && before.is_some() && !batch.is_empty() => chunks::grow(tx, room, before)?,
        (Some(tail), _) => tail,
    };
    if let (Some(at), Some(token)) = (edge, before)
        && let Some(gap) = gap_at(tx, at)?
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
/// `gap` is as it was read when the events were asked for: what happened to it since is respected. Every event of
/// the batch has a place afterwards, those beyond the gap too. Returns whether the gap is closed: the batch met what
/// was known before it, or the start.
///
/// # Errors
/// `Malformed` where `gap` is none, and those of the database.
pub fn fill(
    tx: &Transaction<'_>,
    gap: &Chunk,
    batch: &[EventRow],
    end: Option<&str>,
) -> Result<bool, StoreError> {
    let (Some(run), Some(asked)) = (gap.next, gap.gap.as_deref()) else {
        return Err(StoreError::Malformed("chunk"));
    };
    // A server that answers with the token it was asked with has nothing more, and would be asked for ever.
    let end = end.filter(|end| *end != asked);
    let first = chunks::bounds(tx, run)?.map_or(0, |(first, _)| first);
    let Woven { edge, .. } = weave(tx, batch.iter().copied(), Some(Place { chunk: run, idx: first }))?;
    let reached = match edge {
        Some(at) => gap_at(tx, at)?,
        None => None,
    };
    // Where it was moved since, its token is beyond this batch.
    let left = chunks::find(tx, gap.id)?.filter(|now| end.is_none() || now.gap.as_deref() == Some(asked));
    for open in reached.iter().chain(&left) {
        match end {
            Some(token) => chunks::set_gap(tx, open.id, token)?,
            None => chunks::close_gap(tx, open.id)?,
        }
    }
    Ok(chunks::find(tx, gap.id)?.is_none())
}

struct Woven {
    /// The oldest event of the batch that has its place.
    edge: Option<Place>,
    /// What belongs behind all that is known, newest first.
    newer: Vec<EventRow>,
}

/// Walks a stretch of the server's timeline, newest to oldest, along what is known.
///
/// What is unknown before a known event at the edge of a gap fills that gap; a gap between two events that turn out
/// to be neighbours is closed. `from` is where the walk starts, if that is known.
fn weave(
    tx: &Transaction<'_>,
    batch: impl Iterator<Item = EventRow>,
    from: Option<Place>,
) -> Result<Woven, StoreError> {
    let mut edge = from;
    let mut filled = from.map(|place| place.chunk);
    let mut newer = Vec::new();
    let mut closed = Vec::new();
    for event in batch {
        match (chunks::place_of(tx, event)?, edge) {
            (Some(place), Some(at)) if place.chunk != at.chunk => {
                closed.extend(gap_between(tx, place.chunk, at.chunk)?);
                edge = Some(place);
            }
            (Some(place), _) => edge = Some(place),
            (None, None) => newer.push(event),
            (None, Some(at)) if gap_at(tx, at)?.is_some() => {
                let place = Place { idx: at.idx.saturating_sub(1), ..at };
                chunks::put(tx, event, place)?;
                edge = Some(place);
                filled = Some(at.chunk);
            }
            // The server orders differently than it did: something unknown amid what is known without a hole. It goes
            // to the nearest free place, and no gap is closed over a stretch that holds such events.
            (None, Some(_)) => {
                closed.clear();
                match filled {
                    Some(run) => {
                        let idx = chunks::bounds(tx, run)?.map_or(0, |(first, _)| first.saturating_sub(1));
                        chunks::put(tx, event, Place { chunk: run, idx })?;
                    }
                    None => newer.push(event),
                }
            }
        }
    }
    for gap in closed {
        chunks::close_gap(tx, gap)?;
    }
    Ok(Woven { edge, newer })
}

/// Returns the gap right before this place.
fn gap_at(connection: &Connection, place: Place) -> Result<Option<Chunk>, StoreError> {
    if chunks::bounds(connection, place.chunk)?.is_none_or(|(first, _)| first == place.idx) {
        chunks::gap_before(connection, place.chunk)
    } else {
        Ok(None)
    }
}

/// Returns the gap between two runs that have nothing else between them.
fn gap_between(
    connection: &Connection,
    older: ChunkRow,
    newer: ChunkRow,
) -> Result<Option<ChunkRow>, StoreError> {
    let gap = chunks::gap_before(connection, newer)?;
    Ok(gap.filter(|gap| gap.prev == Some(older)).map(|gap| gap.id))
}

#[cfg(test)]
mod tests;
