//! Rows of the end-to-end encryption: names and bytes in, names and bytes out. What the bytes mean is known in
//! `crypto::store`, which reads them where SQLite holds them, without a copy.

pub(crate) mod device;
pub(crate) mod lease;
pub(crate) mod olm;
pub(crate) mod room;
pub(crate) mod room_key;
pub(crate) mod secret;
pub(crate) mod value;

use rusqlite::{Connection, Params, Row};

use super::StoreError;

/// Bytes of a row, valid until the next row is read.
fn blob<'a>(row: &'a Row<'_>, index: usize) -> Result<&'a [u8], StoreError> {
    row.get_ref(index)?.as_blob().map_err(|_| StoreError::Malformed("a column of bytes"))
}

fn text<'a>(row: &'a Row<'_>, index: usize) -> Result<&'a str, StoreError> {
    row.get_ref(index)?.as_str().map_err(|_| StoreError::Malformed("a column of text"))
}

fn each<E: From<StoreError>>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut take: impl FnMut(&Row<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut statement = connection.prepare_cached(sql).map_err(StoreError::from)?;
    let mut rows = statement.query(params).map_err(StoreError::from)?;
    while let Some(row) = rows.next().map_err(StoreError::from)? {
        take(row)?;
    }
    Ok(())
}

fn first<T, E: From<StoreError>>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    take: impl FnOnce(&Row<'_>) -> Result<T, E>,
) -> Result<Option<T>, E> {
    let mut statement = connection.prepare_cached(sql).map_err(StoreError::from)?;
    let mut rows = statement.query(params).map_err(StoreError::from)?;
    match rows.next().map_err(StoreError::from)? {
        Some(row) => take(row).map(Some),
        None => Ok(None),
    }
}
