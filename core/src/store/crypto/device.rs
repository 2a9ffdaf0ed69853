//! Devices and identities of people, and whose we follow.

use rusqlite::{Connection, Transaction};

use super::{StoreError, blob, each, first, text};

pub(crate) fn of_user<E: From<StoreError>>(
    connection: &Connection,
    user_id: &str,
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let sql = "SELECT data FROM crypto_device WHERE user_id = ?1 ORDER BY device_id";
    each(connection, sql, [user_id], |row| take(blob(row, 0)?))
}

pub(crate) fn save(
    tx: &Transaction<'_>,
    user_id: &str,
    device_id: &str,
    data: &[u8],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO crypto_device (user_id, device_id, data) VALUES (?1, ?2, ?3)
               ON CONFLICT (user_id, device_id) DO UPDATE SET data = excluded.data";
    tx.prepare_cached(sql)?.execute((user_id, device_id, data))?;
    Ok(())
}

pub(crate) fn remove(tx: &Transaction<'_>, user_id: &str, device_id: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM crypto_device WHERE user_id = ?1 AND device_id = ?2";
    tx.prepare_cached(sql)?.execute((user_id, device_id))?;
    Ok(())
}

pub(crate) fn identity<T, E: From<StoreError>>(
    connection: &Connection,
    user_id: &str,
    take: impl FnOnce(&[u8]) -> Result<T, E>,
) -> Result<Option<T>, E> {
    let sql = "SELECT data FROM crypto_identity WHERE user_id = ?1";
    first(connection, sql, [user_id], |row| take(blob(row, 0)?))
}

pub(crate) fn save_identity(tx: &Transaction<'_>, user_id: &str, data: &[u8]) -> Result<(), StoreError> {
    let sql = "INSERT INTO crypto_identity (user_id, data) VALUES (?1, ?2)
               ON CONFLICT (user_id) DO UPDATE SET data = excluded.data";
    tx.prepare_cached(sql)?.execute((user_id, data))?;
    Ok(())
}

pub(crate) fn tracked<E: From<StoreError>>(
    connection: &Connection,
    mut take: impl FnMut(&str, bool) -> Result<(), E>,
) -> Result<(), E> {
    let sql = "SELECT user_id, dirty FROM crypto_tracked_user ORDER BY user_id";
    each(connection, sql, [], |row| take(text(row, 0)?, row.get(1).map_err(StoreError::from)?))
}

pub(crate) fn track(tx: &Transaction<'_>, user_id: &str, dirty: bool) -> Result<(), StoreError> {
    let sql = "INSERT INTO crypto_tracked_user (user_id, dirty) VALUES (?1, ?2)
               ON CONFLICT (user_id) DO UPDATE SET dirty = excluded.dirty WHERE dirty <> excluded.dirty";
    tx.prepare_cached(sql)?.execute((user_id, dirty))?;
    Ok(())
}
