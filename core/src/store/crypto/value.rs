//! Single values by name.

use rusqlite::{Connection, Transaction};

use super::{StoreError, blob, first};

pub(crate) fn get<T, E: From<StoreError>>(
    connection: &Connection,
    key: &str,
    take: impl FnOnce(&[u8]) -> Result<T, E>,
) -> Result<Option<T>, E> {
    let sql = "SELECT value FROM crypto_value WHERE key = ?1";
    first(connection, sql, [key], |row| take(blob(row, 0)?))
}

pub(crate) fn set(tx: &Transaction<'_>, key: &str, value: &[u8]) -> Result<(), StoreError> {
    let sql = "INSERT INTO crypto_value (key, value) VALUES (?1, ?2)
               ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    tx.prepare_cached(sql)?.execute((key, value))?;
    Ok(())
}

pub(crate) fn remove(tx: &Transaction<'_>, key: &str) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM crypto_value WHERE key = ?1")?.execute([key])?;
    Ok(())
}

/// Returns the size of the database as a whole, in bytes.
pub(crate) fn database_bytes(connection: &Connection) -> Result<i64, StoreError> {
    let sql = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}
