//! Which sealed files are kept from the server, what events they are of, and which go first. The keys are in the
//! events alone.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::{StoreError, erase};
use crate::ids::{EventRow, OutboxRow};

/// Sealed bytes that are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Name in the account's media directory.
    pub file: String,
    /// Length.
    pub bytes: u64,
    /// When it was last looked at, in milliseconds since 1970.
    pub used_ts: i64,
}

/// Finds what is kept of an address.
pub fn find(connection: &Connection, mxc: &str) -> Result<Option<Kept>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT file, bytes, used_ts FROM media WHERE mxc = ?1")?
        .query_row([mxc], |row| {
            Ok(Kept {
                file: row.get(0)?,
                bytes: u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0),
                used_ts: row.get(2)?,
            })
        })
        .optional()?)
}

/// Counts what is kept: files and their bytes.
pub fn count(connection: &Connection) -> Result<(u64, u64), StoreError> {
    Ok(connection
        .prepare_cached("SELECT count(*), coalesce(sum(bytes), 0) FROM media")?
        .query_row([], |row| Ok((unsigned(row.get(0)?), unsigned(row.get(1)?))))?)
}

/// Lists the files that are kept: what else lies in the media directory and waits for no message belongs to nobody.
pub fn files(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT file FROM media")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes that a file of an event is kept. False where the event has no content any more: then nothing is noted.
pub fn insert(
    tx: &Transaction<'_>,
    event: EventRow,
    mxc: &str,
    file: &str,
    bytes: u64,
    now_ms: i64,
) -> Result<bool, StoreError> {
    if !has_content(tx, event)? {
        return Ok(false);
    }
    if let Some(known) = find(tx, mxc)?.filter(|known| known.file != file) {
        erase::drop_file(known.file);
    }
    tx.prepare_cached(
        "INSERT INTO media (mxc, file, bytes, used_ts) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (mxc) DO UPDATE SET file = ?2, bytes = ?3, used_ts = ?4",
    )?
    .execute((mxc, file, signed(bytes), now_ms))?;
    link(tx, event, mxc)?;
    Ok(true)
}

/// Says whether an event is there and has not lost its content.
pub fn has_content(connection: &Connection, event: EventRow) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("SELECT 1 FROM event WHERE id = ?1 AND redacted <> 1")?.exists([event])?)
}

/// Notes that a kept file is also of this event.
pub fn link(tx: &Transaction<'_>, event: EventRow, mxc: &str) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT OR IGNORE INTO media_use (event, mxc)
         SELECT e.id, m.mxc FROM event e, media m WHERE e.id = ?1 AND m.mxc = ?2 AND e.redacted <> 1",
    )?
    .execute((event, mxc))?;
    Ok(())
}

/// Says whether a kept file is noted as one of this event.
pub fn is_linked(connection: &Connection, event: EventRow, mxc: &str) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM media_use WHERE event = ?1 AND mxc = ?2")?
        .exists((event, mxc))?)
}

/// Notes when a file was looked at.
pub fn touch(tx: &Transaction<'_>, mxc: &str, now_ms: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE media SET used_ts = ?2 WHERE mxc = ?1")?.execute((mxc, now_ms))?;
    Ok(())
}

/// Forgets the files of an event, for good: they are removed with the commit. A file that another event has too stays
/// for that one. Called wherever an event loses its content: redaction, expiry, removal.
pub fn forget(tx: &Transaction<'_>, event: EventRow) -> Result<(), StoreError> {
    let lost = tx.prepare_cached("DELETE FROM media_use WHERE event = ?1")?.execute([event])?;
    if lost > 0 { forget_unused(tx) } else { Ok(()) }
}

/// Forgets the files that are of no event any more.
pub fn forget_unused(tx: &Transaction<'_>) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached(
        "DELETE FROM media WHERE NOT EXISTS (SELECT 1 FROM media_use u WHERE u.mxc = media.mxc) RETURNING file",
    )?;
    let files = statement.query_map([], |row| row.get(0))?;
    files.collect::<Result<Vec<String>, _>>()?.into_iter().for_each(erase::drop_file);
    Ok(())
}

/// Gives the files of an event to the row that takes its place.
pub(super) fn move_to(tx: &Transaction<'_>, from: EventRow, to: EventRow) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE OR IGNORE media_use SET event = ?2 WHERE event = ?1")?.execute((from, to))?;
    Ok(())
}

/// Forgets one file: it is damaged, or nobody may keep it.
pub fn remove(tx: &Transaction<'_>, mxc: &str) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached("DELETE FROM media WHERE mxc = ?1 RETURNING file")?;
    if let Some(file) = statement.query_row([mxc], |row| row.get(0)).optional()? {
        erase::drop_file(file);
    }
    Ok(())
}

/// Forgets the files that were not looked at for longest, until those that are left fit; never one that is `pinned`.
pub fn shrink(
    tx: &Transaction<'_>,
    most_bytes: u64,
    pinned: &std::collections::BTreeSet<String>,
) -> Result<(), StoreError> {
    let (_, mut bytes) = count(tx)?;
    if bytes <= most_bytes {
        return Ok(());
    }
    let mut oldest = tx.prepare_cached("SELECT mxc, bytes FROM media ORDER BY used_ts, rowid")?;
    let rows = oldest.query_map([], |row| Ok((row.get::<_, String>(0)?, unsigned(row.get(1)?))))?;
    for (mxc, length) in rows.collect::<Result<Vec<_>, _>>()? {
        if bytes <= most_bytes {
            break;
        }
        if !pinned.contains(&mxc) {
            remove(tx, &mxc)?;
            bytes = bytes.saturating_sub(length);
        }
    }
    Ok(())
}

/// Returns how many bytes may be kept; 0: none, `None`: policy was not asked yet.
pub fn most_bytes(connection: &Connection) -> Result<Option<u64>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT most_bytes FROM media_rule")?
        .query_row([], |row| Ok(unsigned(row.get(0)?)))
        .optional()?)
}

/// Notes how many bytes may be kept.
pub fn set_most_bytes(tx: &Transaction<'_>, most_bytes: u64) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT OR REPLACE INTO media_rule (id, most_bytes) VALUES (1, ?1)")?
        .execute([signed(most_bytes)])?;
    Ok(())
}

/// Keeps what was sealed for a message that the server has now, as far as policy lets it.
pub(super) fn adopt(
    tx: &Transaction<'_>,
    action: OutboxRow,
    event: Option<EventRow>,
    now_ms: i64,
) -> Result<(), StoreError> {
    let most = most_bytes(tx)?.unwrap_or(0);
    let Some(event) = event.filter(|_| most > 0) else { return Ok(()) };
    for upload in super::outbox::uploads(tx, action)? {
        let bytes = unsigned(upload.bytes);
        // The parts of an unchanged file are fetched to be kept elsewhere, not to be looked at.
        let looked_at = !upload.pointer.starts_with("/parts/");
        if let Some(mxc) = upload.mxc.filter(|_| upload.done && bytes <= most && looked_at) {
            insert(tx, event, &mxc, &upload.file, bytes, now_ms)?;
        }
    }
    Ok(())
}

/// Says whether a file is kept.
pub(super) fn is_kept(connection: &Connection, file: &str, mxc: &str) -> Result<bool, StoreError> {
    Ok(find(connection, mxc)?.is_some_and(|kept| kept.file == file))
}

fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
