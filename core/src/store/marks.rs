//! What was said about a message later: that it is superseded, or withdrawn.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::StoreError;
use super::events::{self, Stored};
use crate::ids::{EventRow, RoomRow};

/// Type of the event that says so.
pub const KIND: &str = "eu.qroc.mark";

/// The mark that counts for a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// JSON of the event that says so.
    pub content: String,
    /// Who says so.
    pub sender: String,
    /// When, in milliseconds since 1970.
    pub ts: i64,
}

/// Lists what was said about a message, oldest first: all that can be read, was not taken back, and was encrypted
/// where the message was.
pub fn candidates(connection: &Connection, target: &Stored) -> Result<Vec<Stored>, StoreError> {
    let Some(key) = target.key() else { return Ok(Vec::new()) };
    let all = events::relating(connection, target.room, &key, super::codes::RelType::Other)?;
    Ok(all.into_iter().filter(|mark| mark.kind == KIND && (mark.encrypted || !target.encrypted)).collect())
}

/// Notes which mark counts for a message; `None`: none does.
pub fn set(tx: &Transaction<'_>, target: EventRow, mark: Option<EventRow>) -> Result<(), StoreError> {
    match mark {
        Some(mark) => tx
            .prepare_cached(
                "INSERT INTO mark (event, said_by) VALUES (?1, ?2)
                 ON CONFLICT (event) DO UPDATE SET said_by = excluded.said_by WHERE said_by <> excluded.said_by",
            )?
            .execute((target, mark))?,
        None => tx.prepare_cached("DELETE FROM mark WHERE event = ?1")?.execute([target])?,
    };
    Ok(())
}

/// Reads the mark that counts for a message.
pub fn get(connection: &Connection, target: EventRow) -> Result<Option<Mark>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT e.content, u.user_id, e.ts FROM mark m JOIN event e ON e.id = m.said_by
               JOIN user u ON u.id = e.sender
             WHERE m.event = ?1 AND e.redacted = 0",
        )?
        .query_row([target], |row| Ok(Mark { content: row.get(0)?, sender: row.get(1)?, ts: row.get(2)? }))
        .optional()?)
}

/// Says whether a user may change who and what is in a room.
pub fn is_moderator(connection: &Connection, room: RoomRow, user_id: &str) -> Result<bool, StoreError> {
    Ok(super::rooms::power(connection, room, user_id)? >= 50)
}
