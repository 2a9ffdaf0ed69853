//! Locks that end by themselves. A refusal writes nothing, nor does asking for what one has already.

use rusqlite::{OptionalExtension as _, Transaction};

use super::StoreError;

const FIRST: i64 = 1;

/// Takes or extends the lease `key` until `until_ts`; returns its generation, or nothing while another holds it.
pub(crate) fn take(
    tx: &Transaction<'_>,
    key: &str,
    holder: &str,
    now_ts: i64,
    until_ts: i64,
) -> Result<Option<i64>, StoreError> {
    let found: Option<(String, i64, i64)> = tx
        .prepare_cached("SELECT holder, expires_ts, generation FROM crypto_lease WHERE key = ?1")?
        .query_row([key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let generation = match found {
        None => FIRST,
        Some((held_by, expires_ts, generation)) if held_by == holder => {
            if expires_ts == until_ts {
                return Ok(Some(generation));
            }
            generation
        }
        Some((_, expires_ts, _)) if now_ts < expires_ts => return Ok(None),
        Some((_, _, generation)) => generation.saturating_add(1),
    };
    let sql = "INSERT INTO crypto_lease (key, holder, expires_ts, generation) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (key) DO UPDATE SET
                 holder = excluded.holder, expires_ts = excluded.expires_ts, generation = excluded.generation";
    tx.prepare_cached(sql)?.execute((key, holder, until_ts, generation))?;
    Ok(Some(generation))
}
