//! What policy refused on this device.

use rusqlite::{Connection, Row, Transaction};

use serde::{Deserialize, Serialize};

use super::StoreError;
use super::crypto::value;

/// Older entries give way beyond this many.
const MOST: i64 = 10_000;

/// Where it is kept how far the record has been told.
const TELLING: &str = "qroc/audit";

/// How far the record has been told, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telling {
    /// Number of the last entry that was queued; 0: none.
    pub told: i64,
    /// Matrix id of the room that it goes to.
    pub room: Option<String>,
    /// Who may read it there, and nobody else.
    pub readers: Vec<String>,
}

/// Returns how far the record has been told.
pub fn telling(connection: &Connection) -> Result<Telling, StoreError> {
    let read = |bytes: &[u8]| Ok::<_, StoreError>(serde_json::from_slice(bytes).unwrap_or_default());
    Ok(value::get(connection, TELLING, read)?.unwrap_or_default())
}

/// Notes how far the record has been told.
pub fn set_telling(tx: &Transaction<'_>, telling: &Telling) -> Result<(), StoreError> {
    value::set(tx, TELLING, &serde_json::to_vec(telling).map_err(|_| StoreError::Fault)?)
}

/// Reads the entries after this one with their numbers, oldest first.
pub fn after(connection: &Connection, told: i64, limit: usize) -> Result<Vec<(i64, Denial)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT ts, action, key, source, value, id FROM denial WHERE id > ?1 ORDER BY id LIMIT ?2",
    )?;
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map((told, most), |row| Ok((row.get(5)?, read(row)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// When, in milliseconds since 1970.
    pub ts: i64,
    /// What was to be done.
    pub action: String,
    /// The key that forbids it.
    pub key: String,
    /// Who set the key.
    pub source: String,
    /// Its value.
    pub value: String,
}

impl Denial {
    /// Makes an entry.
    pub fn new(ts: i64, action: &str, key: &str, source: &str, value: &str) -> Self {
        Self {
            ts,
            action: action.to_owned(),
            key: key.to_owned(),
            source: source.to_owned(),
            value: value.to_owned(),
        }
    }
}

/// Adds an entry, and lets go of the oldest where there are too many.
pub fn insert(tx: &Transaction<'_>, denial: &Denial) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO denial (ts, action, key, source, value) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((denial.ts, &denial.action, &denial.key, &denial.source, &denial.value))?;
    tx.prepare_cached("DELETE FROM denial WHERE id <= (SELECT max(id) FROM denial) - ?1")?.execute([MOST])?;
    Ok(())
}

/// Reads the newest entries, newest first.
pub fn newest(connection: &Connection, limit: usize) -> Result<Vec<Denial>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT ts, action, key, source, value FROM denial ORDER BY id DESC LIMIT ?1")?;
    let rows = statement.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Denial> {
    Ok(Denial {
        ts: row.get(0)?,
        action: row.get(1)?,
        key: row.get(2)?,
        source: row.get(3)?,
        value: row.get(4)?,
    })
}
