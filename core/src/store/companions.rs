//! Companion rooms: each carries the tracks of another room, its parent, and is never listed.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::StoreError;
use super::rooms::{self, Room};
use crate::ids::RoomRow;

/// Notes that a room carries the tracks of another.
pub fn set(tx: &Transaction<'_>, room: RoomRow, parent: RoomRow) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO companion (room, parent) VALUES (?1, ?2) ON CONFLICT (room) DO NOTHING")?
        .execute((room, parent))?;
    Ok(())
}

/// Returns the room whose tracks this one carries.
pub fn parent(connection: &Connection, room: RoomRow) -> Result<Option<RoomRow>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT parent FROM companion WHERE room = ?1")?
        .query_row([room], |row| row.get(0))
        .optional()?)
}

/// Lists the joined companions of a room.
pub fn of(connection: &Connection, parent: RoomRow) -> Result<Vec<Room>, StoreError> {
    listed(
        connection,
        "SELECT c.room FROM companion c JOIN room r ON r.id = c.room
         WHERE c.parent = ?1 AND r.membership = 2 ORDER BY c.room",
        [parent],
    )
}

/// Lists the joined companions whose parent is not joined any more.
pub fn orphans(connection: &Connection) -> Result<Vec<Room>, StoreError> {
    listed(
        connection,
        "SELECT c.room FROM companion c JOIN room r ON r.id = c.room JOIN room p ON p.id = c.parent
         WHERE r.membership = 2 AND p.membership <> 2",
        [],
    )
}

/// Lists the joined companions, each with its joined parent, whose parent names none.
pub fn unnamed(connection: &Connection) -> Result<Vec<(RoomRow, RoomRow)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT c.room, c.parent FROM companion c JOIN room r ON r.id = c.room JOIN room p ON p.id = c.parent
         WHERE r.membership = 2 AND p.membership = 2 AND NOT EXISTS (
           SELECT 1 FROM room_state s WHERE s.room = c.parent AND s.type = 'eu.qroc.track' AND s.state_key = '')",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn listed(
    connection: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<Room>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows: Vec<RoomRow> = statement.query_map(values, |row| row.get(0))?.collect::<Result<_, _>>()?;
    rows.into_iter().map(|row| rooms::get(connection, row)).collect()
}

/// Lists the joined rooms that name a companion, with what they say of it (JSON).
pub fn named(connection: &Connection) -> Result<Vec<(Room, String)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT s.room, s.content FROM room_state s JOIN room r ON r.id = s.room
         WHERE s.type = 'eu.qroc.track' AND s.state_key = '' AND r.membership = 2",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, RoomRow>(0)?, row.get::<_, String>(1)?)))?;
    let mut found = Vec::new();
    for row in rows {
        let (room, content) = row?;
        found.push((rooms::get(connection, room)?, content));
    }
    Ok(found)
}
