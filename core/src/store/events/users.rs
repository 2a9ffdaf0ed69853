//! Users, each kept once.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use crate::ids::UserRow;
use crate::store::StoreError;

/// Returns the row of a user, made when it is new.
pub fn user(tx: &Transaction<'_>, user_id: &str) -> Result<UserRow, StoreError> {
    if let Some(row) = find_user(tx, user_id)? {
        return Ok(row);
    }
    Ok(tx
        .prepare_cached("INSERT INTO user (user_id) VALUES (?1) RETURNING id")?
        .query_row([user_id], |row| row.get(0))?)
}

/// Returns the row of a user.
pub fn find_user(connection: &Connection, user_id: &str) -> Result<Option<UserRow>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT id FROM user WHERE user_id = ?1")?
        .query_row([user_id], |row| row.get(0))
        .optional()?)
}

/// Returns the Matrix id of a user.
pub fn user_id(connection: &Connection, user: UserRow) -> Result<String, StoreError> {
    Ok(connection
        .prepare_cached("SELECT user_id FROM user WHERE id = ?1")?
        .query_row([user], |row| row.get(0))?)
}
