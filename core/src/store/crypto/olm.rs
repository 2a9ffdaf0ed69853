//! Sessions between two devices, and the hashes of messages that were decrypted with them.

use rusqlite::{Connection, Transaction};

use super::{StoreError, blob, each};

pub(crate) fn sessions_of<E: From<StoreError>>(
    connection: &Connection,
    sender_key: &str,
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let sql = "SELECT data FROM crypto_olm_session WHERE sender_key = ?1 ORDER BY rowid";
    each(connection, sql, [sender_key], |row| take(blob(row, 0)?))
}

pub(crate) fn save_session(
    tx: &Transaction<'_>,
    session_id: &str,
    sender_key: &str,
    data: &[u8],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO crypto_olm_session (session_id, sender_key, data) VALUES (?1, ?2, ?3)
               ON CONFLICT (session_id) DO UPDATE SET sender_key = excluded.sender_key, data = excluded.data";
    tx.prepare_cached(sql)?.execute((session_id, sender_key, data))?;
    Ok(())
}

pub(crate) fn is_known(connection: &Connection, sender_key: &str, hash: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM crypto_olm_hash WHERE hash = ?1 AND sender_key = ?2";
    Ok(connection.prepare_cached(sql)?.exists((hash, sender_key))?)
}

pub(crate) fn remember(tx: &Transaction<'_>, sender_key: &str, hash: &str) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO crypto_olm_hash (sender_key, hash) VALUES (?1, ?2)";
    tx.prepare_cached(sql)?.execute((sender_key, hash))?;
    Ok(())
}
