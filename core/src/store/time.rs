//! The time as the server told it, kept over restarts.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::StoreError;
use crate::clock::{KnownTime, Uptime};

/// Reads it; before any server was heard it is unknown.
pub fn load(connection: &Connection) -> Result<KnownTime, StoreError> {
    Ok(connection
        .prepare_cached("SELECT ms, doubt_ms, wall_ms, boot, up_ms FROM known_time WHERE id = 1")?
        .query_row([], |row| {
            let (boot, up_ms): (Option<String>, i64) = (row.get(3)?, row.get(4)?);
            let ms = u64::try_from(up_ms).unwrap_or(0);
            Ok(KnownTime {
                ms: row.get(0)?,
                doubt_ms: row.get(1)?,
                wall_ms: row.get(2)?,
                up: boot.map(|boot| Uptime { boot, ms }),
            })
        })
        .optional()?
        .unwrap_or_default())
}

/// Writes it.
pub fn store(tx: &Transaction<'_>, known: &KnownTime) -> Result<(), StoreError> {
    let boot = known.up.as_ref().map(|up| up.boot.as_str());
    let up_ms = known.up.as_ref().map_or(0, |up| i64::try_from(up.ms).unwrap_or(i64::MAX));
    tx.prepare_cached(
        "INSERT INTO known_time (id, ms, doubt_ms, wall_ms, boot, up_ms) VALUES (1, ?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (id) DO UPDATE SET ms = excluded.ms, doubt_ms = excluded.doubt_ms, wall_ms = excluded.wall_ms,
           boot = excluded.boot, up_ms = excluded.up_ms",
    )?
    .execute((known.ms, known.doubt_ms, known.wall_ms, boot, up_ms))?;
    Ok(())
}
