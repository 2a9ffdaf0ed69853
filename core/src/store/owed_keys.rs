//! Room keys that devices could not be given with the messages they open.

use rusqlite::{Connection, Transaction};

use super::StoreError;
use crate::ids::RoomRow;

/// One key that is owed to one device.
#[derive(Clone, PartialEq, Eq)]
pub struct OwedKey {
    /// Its row; 0 before it is stored.
    pub id: i64,
    /// Whose device.
    pub user_id: String,
    /// Which one.
    pub device_id: String,
    /// The Megolm session.
    pub session_id: String,
    /// JSON of `m.room_key`: the key as of the first message that the device missed.
    pub content: zeroize::Zeroizing<String>,
    /// Milliseconds since 1970.
    pub since_ts: i64,
}

impl std::fmt::Debug for OwedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwedKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Notes a key that is owed. One that is owed already stays as it is: it opens more.
pub fn owe(tx: &Transaction<'_>, room: RoomRow, owed: &OwedKey) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT OR IGNORE INTO owed_key (room, user_id, device_id, session_id, content, since_ts)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((
        room,
        &owed.user_id,
        &owed.device_id,
        &owed.session_id,
        owed.content.as_str(),
        owed.since_ts,
    ))?;
    Ok(())
}

/// Forgets a key that was given, or that nobody waits for.
pub fn settle(tx: &Transaction<'_>, id: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM owed_key WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Lists what is owed, oldest first.
pub fn all(connection: &Connection) -> Result<Vec<OwedKey>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, user_id, device_id, session_id, content, since_ts FROM owed_key ORDER BY id",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(OwedKey {
            id: row.get(0)?,
            user_id: row.get(1)?,
            device_id: row.get(2)?,
            session_id: row.get(3)?,
            content: row.get::<_, String>(4)?.into(),
            since_ts: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
