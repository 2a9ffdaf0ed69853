//! The linked list that orders a timeline: runs of events, and gaps that hold the token they are filled with.
//! Nothing here ever renumbers an event.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::StoreError;
use crate::ids::{ChunkRow, EventRow, RoomRow};

/// One link of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Its row.
    pub id: ChunkRow,
    /// Older neighbour.
    pub prev: Option<ChunkRow>,
    /// Newer neighbour.
    pub next: Option<ChunkRow>,
    /// The token of a gap; `None` for a run of events.
    pub gap: Option<String>,
}

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The run.
    pub chunk: ChunkRow,
    /// Order within it; may be negative.
    pub idx: i64,
}

/// Reads one link.
pub fn get(connection: &Connection, id: ChunkRow) -> Result<Chunk, StoreError> {
    find(connection, id)?.ok_or(StoreError::NotFound("chunk"))
}

/// Reads one link, if it is still there.
pub fn find(connection: &Connection, id: ChunkRow) -> Result<Option<Chunk>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT id, prev, next, gap FROM chunk WHERE id = ?1")?
        .query_row([id], |row| {
            Ok(Chunk { id: row.get(0)?, prev: row.get(1)?, next: row.get(2)?, gap: row.get(3)? })
        })
        .optional()?)
}

/// Returns the newest run of a room.
pub fn tail(connection: &Connection, room: RoomRow) -> Result<Option<ChunkRow>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT tail FROM room WHERE id = ?1")?
        .query_row([room], |row| row.get(0))
        .optional()?
        .flatten())
}

/// Adds a run at the new end, behind a gap where `gap` has its token.
pub fn grow(tx: &Transaction<'_>, room: RoomRow, gap: Option<&str>) -> Result<ChunkRow, StoreError> {
    let mut last = tail(tx, room)?;
    if let Some(token) = gap {
        last = Some(link(tx, room, last, Some(token))?);
    }
    let run = link(tx, room, last, None)?;
    tx.prepare_cached("UPDATE room SET tail = ?2 WHERE id = ?1")?.execute((room, run))?;
    Ok(run)
}

fn link(
    tx: &Transaction<'_>,
    room: RoomRow,
    prev: Option<ChunkRow>,
    gap: Option<&str>,
) -> Result<ChunkRow, StoreError> {
    let id: ChunkRow = tx
        .prepare_cached("INSERT INTO chunk (room, prev, gap) VALUES (?1, ?2, ?3) RETURNING id")?
        .query_row((room, prev, gap), |row| row.get(0))?;
    if let Some(prev) = prev {
        tx.prepare_cached("UPDATE chunk SET next = ?2 WHERE id = ?1")?.execute((prev, id))?;
    }
    Ok(id)
}

/// Takes a gap out: its neighbours are neighbours now. One that is out already is left alone.
pub fn close_gap(tx: &Transaction<'_>, gap: ChunkRow) -> Result<(), StoreError> {
    let Some(gap) = find(tx, gap)?.filter(|chunk| chunk.gap.is_some()) else { return Ok(()) };
    if let Some(prev) = gap.prev {
        tx.prepare_cached("UPDATE chunk SET next = ?2 WHERE id = ?1")?.execute((prev, gap.next))?;
    }
    if let Some(next) = gap.next {
        tx.prepare_cached("UPDATE chunk SET prev = ?2 WHERE id = ?1")?.execute((next, gap.prev))?;
    }
    tx.prepare_cached("DELETE FROM chunk WHERE id = ?1")?.execute([gap.id])?;
    Ok(())
}

/// Moves a gap's token on.
pub fn set_gap(tx: &Transaction<'_>, gap: ChunkRow, token: &str) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE chunk SET gap = ?2 WHERE id = ?1 AND gap IS NOT NULL")?
        .execute((gap, token))?;
    Ok(())
}

/// Returns the newest gap of a room: walking back from the end, the first hole.
pub fn newest_gap(connection: &Connection, room: RoomRow) -> Result<Option<Chunk>, StoreError> {
    let mut at = tail(connection, room)?;
    while let Some(id) = at {
        let chunk = get(connection, id)?;
        if chunk.gap.is_some() {
            return Ok(Some(chunk));
        }
        at = chunk.prev;
    }
    Ok(None)
}

/// Returns the gap right before a run, if there is one.
pub fn gap_before(connection: &Connection, run: ChunkRow) -> Result<Option<Chunk>, StoreError> {
    match get(connection, run)?.prev {
        Some(prev) => Ok(Some(get(connection, prev)?).filter(|chunk| chunk.gap.is_some())),
        None => Ok(None),
    }
}

/// Returns the first and last index in use in a run.
pub fn bounds(connection: &Connection, run: ChunkRow) -> Result<Option<(i64, i64)>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT (SELECT min(idx) FROM event WHERE chunk = ?1), (SELECT max(idx) FROM event WHERE chunk = ?1)",
        )?
        .query_row([run], |row| Ok(row.get::<_, Option<i64>>(0)?.zip(row.get(1)?)))?)
}

/// Says where an event stands.
pub fn place_of(connection: &Connection, event: EventRow) -> Result<Option<Place>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT chunk, idx FROM event WHERE id = ?1")?
        .query_row([event], |row| {
            Ok(row.get::<_, Option<ChunkRow>>(0)?.zip(row.get(1)?).map(|(chunk, idx)| Place { chunk, idx }))
        })
        .optional()?
        .flatten())
}

/// Says whether an event that this device sent, and the server has, still stands at no place: a sync left it in a gap.
pub fn misses_sent(connection: &Connection, room: RoomRow) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM event WHERE room = ?1 AND chunk IS NULL AND event_id IS NOT NULL AND shown = 1)",
        )?
        .query_row([room], |row| row.get(0))?)
}

/// Gives an event its place, once: one that has a place keeps it.
pub fn put(tx: &Transaction<'_>, event: EventRow, place: Place) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE event SET chunk = ?2, idx = ?3 WHERE id = ?1 AND chunk IS NULL")?.execute((
        event,
        place.chunk,
        place.idx,
    ))?;
    Ok(())
}
