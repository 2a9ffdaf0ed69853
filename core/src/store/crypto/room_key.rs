//! Keys of rooms: those we read with, the one we write with, and those that were withheld from us.

use rusqlite::{Connection, Params, Transaction};

use super::{StoreError, blob, each, first};

/// A key that events are read with. The column says whether it is in the backup, not the bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inbound<'a> {
    pub(crate) data: &'a [u8],
    pub(crate) backed_up: bool,
}

/// What `save` writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Save<'a> {
    pub(crate) room_id: &'a str,
    pub(crate) session_id: &'a str,
    pub(crate) sender_key: &'a str,
    pub(crate) sender_data_type: i64,
    pub(crate) backed_up: bool,
    pub(crate) data: &'a [u8],
}

fn list<E: From<StoreError>>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut take: impl FnMut(Inbound<'_>) -> Result<(), E>,
) -> Result<(), E> {
    each(connection, sql, params, |row| {
        take(Inbound { data: blob(row, 0)?, backed_up: row.get(1).map_err(StoreError::from)? })
    })
}

pub(crate) fn get<T, E: From<StoreError>>(
    connection: &Connection,
    room_id: &str,
    session_id: &str,
    take: impl FnOnce(Inbound<'_>) -> Result<T, E>,
) -> Result<Option<T>, E> {
    let sql = "SELECT data, backed_up FROM crypto_inbound_session WHERE session_id = ?1 AND room_id = ?2";
    first(connection, sql, (session_id, room_id), |row| {
        take(Inbound { data: blob(row, 0)?, backed_up: row.get(1).map_err(StoreError::from)? })
    })
}

pub(crate) fn all<E: From<StoreError>>(
    connection: &Connection,
    take: impl FnMut(Inbound<'_>) -> Result<(), E>,
) -> Result<(), E> {
    list(connection, "SELECT data, backed_up FROM crypto_inbound_session ORDER BY id", [], take)
}

pub(crate) fn of_room<E: From<StoreError>>(
    connection: &Connection,
    room_id: &str,
    take: impl FnMut(Inbound<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let sql = "SELECT data, backed_up FROM crypto_inbound_session WHERE room_id = ?1 ORDER BY id";
    list(connection, sql, [room_id], take)
}

/// Lists at most `limit` keys of a device whose session id comes after `after`, in the order of the ids.
pub(crate) fn of_device<E: From<StoreError>>(
    connection: &Connection,
    sender_key: &str,
    sender_data_type: i64,
    after: &str,
    limit: i64,
    take: impl FnMut(Inbound<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let sql = "SELECT data, backed_up FROM crypto_inbound_session
               WHERE sender_key = ?1 AND sender_data_type = ?2 AND session_id > ?3
               ORDER BY session_id LIMIT ?4";
    list(connection, sql, (sender_key, sender_data_type, after, limit), take)
}

pub(crate) fn to_back_up<E: From<StoreError>>(
    connection: &Connection,
    limit: i64,
    take: impl FnMut(Inbound<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let sql = "SELECT data, backed_up FROM crypto_inbound_session WHERE backed_up = 0 ORDER BY id LIMIT ?1";
    list(connection, sql, [limit], take)
}

/// Lists the keys, by room and session, that are here although events still wait for them.
pub(crate) fn waited_for(connection: &Connection) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT DISTINCT r.room_id, e.session_id FROM event e JOIN room r ON r.id = e.room
               JOIN crypto_inbound_session k ON k.session_id = e.session_id AND k.room_id = r.room_id
               WHERE e.session_id IS NOT NULL";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Counts all keys, and those that are not in the backup.
pub(crate) fn counts(connection: &Connection) -> Result<(i64, i64), StoreError> {
    let sql = "SELECT (SELECT count(*) FROM crypto_inbound_session),
                      (SELECT count(*) FROM crypto_inbound_session WHERE backed_up = 0)";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

pub(crate) fn save(tx: &Transaction<'_>, key: Save<'_>) -> Result<(), StoreError> {
    let sql = "INSERT INTO crypto_inbound_session
                 (room_id, session_id, sender_key, sender_data_type, backed_up, data)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT (session_id, room_id) DO UPDATE SET
                 sender_key = excluded.sender_key, sender_data_type = excluded.sender_data_type,
                 backed_up = excluded.backed_up, data = excluded.data";
    tx.prepare_cached(sql)?.execute((
        key.room_id,
        key.session_id,
        key.sender_key,
        key.sender_data_type,
        key.backed_up,
        key.data,
    ))?;
    Ok(())
}

pub(crate) fn mark_backed_up(
    tx: &Transaction<'_>,
    room_id: &str,
    session_id: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE crypto_inbound_session SET backed_up = 1
               WHERE session_id = ?1 AND room_id = ?2 AND backed_up = 0";
    tx.prepare_cached(sql)?.execute((session_id, room_id))?;
    Ok(())
}

pub(crate) fn forget_backup(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE crypto_inbound_session SET backed_up = 0 WHERE backed_up <> 0")?.execute([])?;
    Ok(())
}

pub(crate) fn outbound<T, E: From<StoreError>>(
    connection: &Connection,
    room_id: &str,
    take: impl FnOnce(&[u8]) -> Result<T, E>,
) -> Result<Option<T>, E> {
    let sql = "SELECT data FROM crypto_outbound_session WHERE room_id = ?1";
    first(connection, sql, [room_id], |row| take(blob(row, 0)?))
}

pub(crate) fn save_outbound(tx: &Transaction<'_>, room_id: &str, data: &[u8]) -> Result<(), StoreError> {
    let sql = "INSERT INTO crypto_outbound_session (room_id, data) VALUES (?1, ?2)
               ON CONFLICT (room_id) DO UPDATE SET data = excluded.data";
    tx.prepare_cached(sql)?.execute((room_id, data))?;
    Ok(())
}

pub(crate) fn withheld<T, E: From<StoreError>>(
    connection: &Connection,
    room_id: &str,
    session_id: &str,
    take: impl FnOnce(&[u8]) -> Result<T, E>,
) -> Result<Option<T>, E> {
    let sql = "SELECT data FROM crypto_withheld WHERE room_id = ?1 AND session_id = ?2";
    first(connection, sql, (room_id, session_id), |row| take(blob(row, 0)?))
}

pub(crate) fn withheld_of_room<E: From<StoreError>>(
    connection: &Connection,
    room_id: &str,
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let sql = "SELECT data FROM crypto_withheld WHERE room_id = ?1 ORDER BY session_id";
    each(connection, sql, [room_id], |row| take(blob(row, 0)?))
}

pub(crate) fn save_withheld(
    tx: &Transaction<'_>,
    room_id: &str,
    session_id: &str,
    data: &[u8],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO crypto_withheld (room_id, session_id, data) VALUES (?1, ?2, ?3)
               ON CONFLICT (room_id, session_id) DO UPDATE SET data = excluded.data";
    tx.prepare_cached(sql)?.execute((room_id, session_id, data))?;
    Ok(())
}
