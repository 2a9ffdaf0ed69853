//! How a room is encrypted, and the bundles of older keys that inviters send for it.

use rusqlite::{Connection, Transaction};

use super::{StoreError, blob, each, first, value};

pub(crate) fn settings<T, E: From<StoreError>>(
    connection: &Connection,
    room_id: &str,
    take: impl FnOnce(&[u8]) -> Result<T, E>,
) -> Result<Option<T>, E> {
    let sql = "SELECT settings FROM crypto_room WHERE room_id = ?1 AND settings IS NOT NULL";
    first(connection, sql, [room_id], |row| take(blob(row, 0)?))
}

pub(crate) fn save_settings(tx: &Transaction<'_>, room_id: &str, data: &[u8]) -> Result<(), StoreError> {
    let sql = "INSERT INTO crypto_room (room_id, settings) VALUES (?1, ?2)
               ON CONFLICT (room_id) DO UPDATE SET settings = excluded.settings";
    tx.prepare_cached(sql)?.execute((room_id, data))?;
    Ok(())
}

pub(crate) fn awaited_bundle<T, E: From<StoreError>>(
    connection: &Connection,
    room_id: &str,
    take: impl FnOnce(&[u8]) -> Result<T, E>,
) -> Result<Option<T>, E> {
    let sql = "SELECT pending_bundle FROM crypto_room WHERE room_id = ?1 AND pending_bundle IS NOT NULL";
    first(connection, sql, [room_id], |row| take(blob(row, 0)?))
}

pub(crate) fn awaited_bundles<E: From<StoreError>>(
    connection: &Connection,
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let sql = "SELECT pending_bundle FROM crypto_room WHERE pending_bundle IS NOT NULL ORDER BY room_id";
    each(connection, sql, [], |row| take(blob(row, 0)?))
}

/// Notes that a bundle is awaited, or with `None` that it no longer is.
pub(crate) fn await_bundle(
    tx: &Transaction<'_>,
    room_id: &str,
    data: Option<&[u8]>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO crypto_room (room_id, pending_bundle) VALUES (?1, ?2)
               ON CONFLICT (room_id) DO UPDATE SET pending_bundle = excluded.pending_bundle";
    tx.prepare_cached(sql)?.execute((room_id, data))?;
    Ok(())
}

pub(crate) fn has_downloaded_all(connection: &Connection, room_id: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM crypto_room WHERE room_id = ?1 AND downloaded_all = 1";
    Ok(connection.prepare_cached(sql)?.exists([room_id])?)
}

pub(crate) fn mark_downloaded_all(tx: &Transaction<'_>, room_id: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO crypto_room (room_id, downloaded_all) VALUES (?1, 1)
               ON CONFLICT (room_id) DO UPDATE SET downloaded_all = 1";
    tx.prepare_cached(sql)?.execute([room_id])?;
    Ok(())
}

pub(crate) fn bundle<T, E: From<StoreError>>(
    connection: &Connection,
    room_id: &str,
    user_id: &str,
    take: impl FnOnce(&[u8]) -> Result<T, E>,
) -> Result<Option<T>, E> {
    let sql = "SELECT data FROM crypto_bundle WHERE room_id = ?1 AND user_id = ?2";
    first(connection, sql, (room_id, user_id), |row| take(blob(row, 0)?))
}

pub(crate) fn save_bundle(
    tx: &Transaction<'_>,
    room_id: &str,
    user_id: &str,
    data: &[u8],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO crypto_bundle (room_id, user_id, data) VALUES (?1, ?2, ?3)
               ON CONFLICT (room_id, user_id) DO UPDATE SET data = excluded.data";
    tx.prepare_cached(sql)?.execute((room_id, user_id, data))?;
    Ok(())
}

fn inviter_key(room_id: &str) -> String {
    format!("qroc/inviter/{room_id}")
}

/// Notes who invited us to a room.
pub(crate) fn set_inviter(tx: &Transaction<'_>, room_id: &str, inviter: &str) -> Result<(), StoreError> {
    value::set(tx, &inviter_key(room_id), inviter.as_bytes())
}

/// Returns who invited us to a room, until we joined it.
pub(crate) fn inviter(connection: &Connection, room_id: &str) -> Result<Option<String>, StoreError> {
    value::get(connection, &inviter_key(room_id), |bytes| Ok(String::from_utf8_lossy(bytes).into_owned()))
}

pub(crate) fn forget_inviter(tx: &Transaction<'_>, room_id: &str) -> Result<(), StoreError> {
    value::remove(tx, &inviter_key(room_id))
}
