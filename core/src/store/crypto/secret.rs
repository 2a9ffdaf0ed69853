//! What we ask our other devices for, and the secrets that came back.

use rusqlite::{Connection, Transaction};

use super::{StoreError, blob, each, first};

pub(crate) fn request<T, E: From<StoreError>>(
    connection: &Connection,
    request_id: &str,
    take: impl FnOnce(&[u8]) -> Result<T, E>,
) -> Result<Option<T>, E> {
    let sql = "SELECT data FROM crypto_secret_request WHERE request_id = ?1";
    first(connection, sql, [request_id], |row| take(blob(row, 0)?))
}

pub(crate) fn request_for<T, E: From<StoreError>>(
    connection: &Connection,
    info: &str,
    take: impl FnOnce(&[u8]) -> Result<T, E>,
) -> Result<Option<T>, E> {
    let sql = "SELECT data FROM crypto_secret_request WHERE info = ?1";
    first(connection, sql, [info], |row| take(blob(row, 0)?))
}

pub(crate) fn unsent<E: From<StoreError>>(
    connection: &Connection,
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let sql = "SELECT data FROM crypto_secret_request WHERE sent = 0 ORDER BY rowid";
    each(connection, sql, [], |row| take(blob(row, 0)?))
}

/// Saves a request; an older one for the same thing gives way to it.
pub(crate) fn save_request(
    tx: &Transaction<'_>,
    request_id: &str,
    info: &str,
    sent: bool,
    data: &[u8],
) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO crypto_secret_request (request_id, info, sent, data)
               VALUES (?1, ?2, ?3, ?4)";
    tx.prepare_cached(sql)?.execute((request_id, info, sent, data))?;
    Ok(())
}

pub(crate) fn remove_request(tx: &Transaction<'_>, request_id: &str) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM crypto_secret_request WHERE request_id = ?1")?.execute([request_id])?;
    Ok(())
}

pub(crate) fn inbox<E: From<StoreError>>(
    connection: &Connection,
    name: &str,
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let sql = "SELECT secret FROM crypto_secret_inbox WHERE name = ?1 ORDER BY id";
    each(connection, sql, [name], |row| take(blob(row, 0)?))
}

pub(crate) fn save_in_inbox(tx: &Transaction<'_>, name: &str, secret: &[u8]) -> Result<(), StoreError> {
    let sql = "INSERT INTO crypto_secret_inbox (name, secret) VALUES (?1, ?2)";
    tx.prepare_cached(sql)?.execute((name, secret))?;
    Ok(())
}

pub(crate) fn empty_inbox(tx: &Transaction<'_>, name: &str) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM crypto_secret_inbox WHERE name = ?1")?.execute([name])?;
    Ok(())
}
