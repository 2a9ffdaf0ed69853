//! How this account has a room: favourite, of low priority, how loud. Out of account data and push rules, in columns
//! that the list reads.

use rusqlite::{Connection, Transaction};

use super::StoreError;
use super::codes::Loudness;
use crate::ids::RoomRow;

/// State event with what is pinned in a room.
pub const PINNED: &str = "m.room.pinned_events";

/// A tag that this program shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tag {
    /// Wanted at hand.
    Favourite,
    /// Not wanted at hand.
    Low,
}

impl Tag {
    /// Returns the protocol's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Favourite => "m.favourite",
            Self::Low => "m.lowpriority",
        }
    }
}

/// Notes whether a room has a tag. Returns whether that is new.
pub fn set_tag(tx: &Transaction<'_>, room: RoomRow, tag: Tag, on: bool) -> Result<bool, StoreError> {
    let sql = match tag {
        Tag::Favourite => {
            "INSERT INTO room_pref (room, favourite) VALUES (?1, ?2)
             ON CONFLICT (room) DO UPDATE SET favourite = excluded.favourite WHERE favourite <> excluded.favourite"
        }
        Tag::Low => {
            "INSERT INTO room_pref (room, low) VALUES (?1, ?2)
             ON CONFLICT (room) DO UPDATE SET low = excluded.low WHERE low <> excluded.low"
        }
    };
    Ok(tx.prepare_cached(sql)?.execute((room, on))? > 0)
}

/// Says whether a room has a tag.
pub fn has_tag(connection: &Connection, room: RoomRow, tag: Tag) -> Result<bool, StoreError> {
    let sql = match tag {
        Tag::Favourite => "SELECT 1 FROM room_pref WHERE room = ?1 AND favourite = 1",
        Tag::Low => "SELECT 1 FROM room_pref WHERE room = ?1 AND low = 1",
    };
    Ok(connection.prepare_cached(sql)?.exists([room])?)
}

/// Notes how loud a room is. Returns whether that is new.
pub fn set_loudness(tx: &Transaction<'_>, room: RoomRow, loudness: Loudness) -> Result<bool, StoreError> {
    let changed = tx
        .prepare_cached(
            "INSERT INTO room_pref (room, loudness) VALUES (?1, ?2)
             ON CONFLICT (room) DO UPDATE SET loudness = excluded.loudness WHERE loudness <> excluded.loudness",
        )?
        .execute((room, loudness))?;
    Ok(changed > 0)
}

/// Says how loud a room is.
pub fn loudness(connection: &Connection, room: RoomRow) -> Result<Loudness, StoreError> {
    use rusqlite::OptionalExtension as _;
    Ok(connection
        .prepare_cached("SELECT loudness FROM room_pref WHERE room = ?1")?
        .query_row([room], |row| row.get(0))
        .optional()?
        .unwrap_or(Loudness::All))
}

/// Lists the rooms that are not as loud as others.
pub fn quiet(connection: &Connection) -> Result<Vec<(RoomRow, String)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT p.room, r.room_id FROM room_pref p JOIN room r ON r.id = p.room WHERE p.loudness <> 0",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes what is pinned in a room, until the server says what is.
pub fn set_pinned(tx: &Transaction<'_>, room: RoomRow, content: &str) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO room_state (room, type, state_key, content) VALUES (?1, ?2, '', ?3)
         ON CONFLICT (room, type, state_key) DO UPDATE SET content = excluded.content",
    )?
    .execute((room, PINNED, content))?;
    Ok(())
}
