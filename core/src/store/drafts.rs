//! Texts that are being written, one for each room and thread.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::StoreError;
use crate::ids::RoomRow;

/// A text that is not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Matrix id of the room.
    pub room_id: String,
    /// Event id of the thread's root; empty: the room itself.
    pub thread: String,
    /// The text.
    pub body: String,
    /// When it was last changed, in milliseconds since 1970.
    pub ts: i64,
}

/// Keeps a text; an empty one takes it away. Returns whether anything changed.
pub fn set(
    tx: &Transaction<'_>,
    room: RoomRow,
    thread: &str,
    body: &str,
    ts: i64,
) -> Result<bool, StoreError> {
    if body.is_empty() {
        return clear(tx, room, thread);
    }
    let written = tx
        .prepare_cached(
            "INSERT INTO draft (room, thread, body, ts) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (room, thread) DO UPDATE SET body = excluded.body, ts = excluded.ts
             WHERE draft.body <> excluded.body",
        )?
        .execute((room, thread, body, ts))?;
    Ok(written > 0)
}

/// Takes a text away. Returns whether there was one.
pub fn clear(tx: &Transaction<'_>, room: RoomRow, thread: &str) -> Result<bool, StoreError> {
    let gone =
        tx.prepare_cached("DELETE FROM draft WHERE room = ?1 AND thread = ?2")?.execute((room, thread))?;
    Ok(gone > 0)
}

/// Reads the text for a room and thread.
pub fn get(connection: &Connection, room: RoomRow, thread: &str) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT body FROM draft WHERE room = ?1 AND thread = ?2")?
        .query_row((room, thread), |row| row.get(0))
        .optional()?)
}

/// Lists all, newest first; of one room, or of all.
pub fn list(connection: &Connection, room: Option<RoomRow>) -> Result<Vec<Draft>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT r.room_id, d.thread, d.body, d.ts FROM draft d JOIN room r ON r.id = d.room
         WHERE ?1 IS NULL OR d.room = ?1 ORDER BY d.ts DESC",
    )?;
    let rows = statement.query_map([room], |row| {
        Ok(Draft { room_id: row.get(0)?, thread: row.get(1)?, body: row.get(2)?, ts: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
