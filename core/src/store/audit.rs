//! What policy refused on this device.

use rusqlite::{Connection, Transaction};

use super::StoreError;

/// Older entries give way beyond this many.
const MOST: i64 = 10_000;

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
    let rows = statement.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
        Ok(Denial {
            ts: row.get(0)?,
            action: row.get(1)?,
            key: row.get(2)?,
            source: row.get(3)?,
            value: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
