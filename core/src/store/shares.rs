//! Who shares positions where and until when, and what this device shares but has not sent yet.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use super::StoreError;
use super::fixes::{FIX, fix};
use crate::geo::{Fix, Source};
use crate::ids::{RoomRow, UserRow};

/// What a user says about sharing in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The state event that says it.
    pub event_id: Option<String>,
    /// Whether it goes on.
    pub live: bool,
    /// Since when, in milliseconds since 1970.
    pub started_ts: i64,
    /// Until when, in milliseconds since 1970.
    pub ends_ts: i64,
}

/// Writes what a user says.
pub fn set(tx: &Transaction<'_>, room: RoomRow, user: UserRow, share: &Share) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO share (room, user, event_id, live, started_ts, ends_ts) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (room, user) DO UPDATE SET event_id = excluded.event_id, live = excluded.live,
           started_ts = excluded.started_ts, ends_ts = excluded.ends_ts",
    )?
    .execute((room, user, &share.event_id, share.live, share.started_ts, share.ends_ts))?;
    Ok(())
}

/// Reads what a user says.
pub fn get(connection: &Connection, room: RoomRow, user: UserRow) -> Result<Option<Share>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT event_id, live, started_ts, ends_ts FROM share WHERE room = ?1 AND user = ?2",
        )?
        .query_row((room, user), |row| {
            Ok(Share {
                event_id: row.get(0)?,
                live: row.get(1)?,
                started_ts: row.get(2)?,
                ends_ts: row.get(3)?,
            })
        })
        .optional()?)
}

/// Lists the joined rooms in which a user is said to share now and this device does not.
pub fn said_only(connection: &Connection, user: UserRow, now_ms: i64) -> Result<Vec<RoomRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT room FROM share WHERE user = ?1 AND live AND ends_ts > ?2
           AND room IN (SELECT id FROM room WHERE membership = 2)
           AND room NOT IN (SELECT room FROM own_share)",
    )?;
    let rows = statement.query_map((user, now_ms), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes that a user shares no more.
pub fn set_over(tx: &Transaction<'_>, room: RoomRow, user: UserRow) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE share SET live = 0 WHERE room = ?1 AND user = ?2")?.execute((room, user))?;
    Ok(())
}

/// Says whether anybody shares in a room now.
pub fn is_any_live(connection: &Connection, room: RoomRow, now_ms: i64) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM share WHERE room = ?1 AND live AND ends_ts > ?2")?
        .exists((room, now_ms))?)
}

/// What the others were told of the beginning of a sharing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Begun {
    /// Nothing.
    #[default]
    Untold,
    /// It was tried, and whether they know is not known: the end has to be told.
    Tried,
    /// The room does not let members say so.
    Refused,
    /// By this state event.
    Told(String),
}

impl Begun {
    fn of(column: Option<String>) -> Self {
        match column {
            None => Self::Untold,
            Some(event) if event.starts_with('$') => Self::Told(event),
            Some(word) if word.is_empty() => Self::Refused,
            Some(_) => Self::Tried,
        }
    }

    fn column(&self) -> Option<&str> {
        match self {
            Self::Untold => None,
            Self::Tried => Some("tried"),
            Self::Refused => Some(""),
            Self::Told(event) => Some(event),
        }
    }
}

/// What this device shares in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// The room that is shared with.
    pub room: RoomRow,
    /// Names the sharing in batches.
    pub tag: String,
    /// Since when, in milliseconds since 1970.
    pub started_ts: i64,
    /// Until when, in milliseconds since 1970.
    pub ends_ts: i64,
    /// Whether no more fixes are taken.
    pub ended: bool,
    /// Whether the others know of the end.
    pub told: bool,
    /// What the others know of its beginning.
    pub begun: Begun,
    /// When a position last went out in the standard form.
    pub beacon_ts: i64,
    /// Fixes taken from the receiver.
    pub fixes: i64,
}

const OWN: &str = "room, tag, started_ts, ends_ts, ended, info_event, beacon_ts, fixes FROM own_share";

fn own_row(row: &Row<'_>) -> rusqlite::Result<Own> {
    Ok(Own {
        room: row.get(0)?,
        tag: row.get(1)?,
        started_ts: row.get(2)?,
        ends_ts: row.get(3)?,
        ended: row.get::<_, i64>(4)? > 0,
        told: row.get::<_, i64>(4)? > 1,
        begun: Begun::of(row.get(5)?),
        beacon_ts: row.get(6)?,
        fixes: row.get(7)?,
    })
}

/// Begins to share, or goes on with a new end where this device shares there already.
pub fn begin(
    tx: &Transaction<'_>,
    room: RoomRow,
    tag: &str,
    started_ts: i64,
    ends_ts: i64,
) -> Result<Own, StoreError> {
    tx.prepare_cached(
        "INSERT INTO own_share (room, tag, started_ts, ends_ts) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (room) DO UPDATE SET ends_ts = excluded.ends_ts, ended = 0,
           info_event = CASE WHEN info_event IS NOT NULL AND ended < 2 THEN 'tried' END",
    )?
    .execute((room, tag, started_ts, ends_ts))?;
    own(tx, room)?.ok_or(StoreError::NotFound("share"))
}

/// Reads what this device shares in a room.
pub fn own(connection: &Connection, room: RoomRow) -> Result<Option<Own>, StoreError> {
    Ok(connection
        .prepare_cached(&format!("SELECT {OWN} WHERE room = ?1"))?
        .query_row([room], own_row)
        .optional()?)
}

/// Lists what this device shares.
pub fn all_own(connection: &Connection) -> Result<Vec<Own>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {OWN} ORDER BY room"))?;
    let rows = statement.query_map([], own_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes what the others were told of the beginning. A sharing that was begun anew meanwhile is left alone.
pub fn set_begun(tx: &Transaction<'_>, share: &Own, begun: &Begun) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE own_share SET info_event = ?3 WHERE room = ?1 AND ends_ts = ?2")?.execute((
        share.room,
        share.ends_ts,
        begun.column(),
    ))?;
    Ok(())
}

/// Notes when a position went out in the standard form.
pub fn set_beacon(tx: &Transaction<'_>, room: RoomRow, ts: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE own_share SET beacon_ts = ?2 WHERE room = ?1")?.execute((room, ts))?;
    Ok(())
}

/// Lets no more fixes in.
pub fn end(tx: &Transaction<'_>, room: RoomRow) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE own_share SET ended = max(ended, 1) WHERE room = ?1")?.execute([room])?;
    Ok(())
}

/// Notes that the others know of the end. A sharing that was begun anew meanwhile goes on.
pub fn set_told(tx: &Transaction<'_>, share: &Own) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE own_share SET ended = 2 WHERE room = ?1 AND ends_ts = ?2 AND ended > 0")?
        .execute((share.room, share.ends_ts))?;
    Ok(())
}

/// Says whether nothing of a sharing is left to be sent.
pub fn is_sent(connection: &Connection, room: RoomRow) -> Result<bool, StoreError> {
    Ok(count_waiting(connection, room)? == 0
        && !is_queued(connection, room, true)?
        && !is_queued(connection, room, false)?)
}

/// Says whether the end of a sharing is still to be told.
pub fn is_any_untold(connection: &Connection) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("SELECT 1 FROM own_share WHERE ended = 1")?.exists([])?)
}

/// Lists the joined rooms in which somebody shares now, or this device has something to send.
pub fn rooms_of_live(connection: &Connection, now_ms: i64) -> Result<Vec<RoomRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM room WHERE membership = 2 AND id IN (
           SELECT room FROM share WHERE live AND ends_ts > ?1
           UNION SELECT room FROM own_share WHERE ended = 0 UNION SELECT room FROM own_fix)",
    )?;
    let rows = statement.query_map([now_ms], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Says whether a batch (or a position in the standard form) of a sharing waits in the outbox.
pub fn is_queued(connection: &Connection, room: RoomRow, batch: bool) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT 1 FROM own_batch b JOIN outbox o ON o.txn_id = b.txn_id
             WHERE b.room = ?1 AND (b.fixes > 0) = ?2 AND o.state <> 3",
        )?
        .exists((room, batch))?)
}

/// Forgets a sharing, and what of it was not sent.
pub fn forget(tx: &Transaction<'_>, room: RoomRow) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM own_share WHERE room = ?1")?.execute([room])?;
    Ok(())
}

/// A fix that waits, with its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Smaller waits longer.
    pub id: i64,
    /// What was measured.
    pub fix: Fix,
}

/// Keeps a fix to be sent.
pub fn push(tx: &Transaction<'_>, room: RoomRow, fix: &Fix) -> Result<(), StoreError> {
    tx.prepare_cached(&format!(
        "INSERT INTO own_fix (room, {FIX}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
    ))?
    .execute(rusqlite::params![
        room,
        fix.ts,
        fix.lat_e6,
        fix.lon_e6,
        fix.accuracy_dm,
        fix.speed_dms,
        fix.heading_deg,
        fix.altitude_dm,
        fix.source.map(Source::code),
        fix.battery,
    ])?;
    tx.prepare_cached("UPDATE own_share SET fixes = fixes + 1 WHERE room = ?1")?.execute([room])?;
    Ok(())
}

/// Lists what waits, oldest first: what is chosen to be sent, or what may still be left out.
pub fn waiting(
    connection: &Connection,
    room: RoomRow,
    ready: bool,
    limit: usize,
) -> Result<Vec<Waiting>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(&format!(
        "SELECT id, {FIX} FROM own_fix WHERE room = ?1 AND ready = ?2 ORDER BY id LIMIT ?3"
    ))?;
    let rows = statement
        .query_map((room, ready, limit), |row| Ok(Waiting { id: row.get(0)?, fix: fix(row, 1)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Counts what waits.
pub fn count_waiting(connection: &Connection, room: RoomRow) -> Result<usize, StoreError> {
    let count: i64 = connection
        .prepare_cached("SELECT count(*) FROM own_fix WHERE room = ?1")?
        .query_row([room], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Chooses a waiting fix to be sent.
pub fn choose(tx: &Transaction<'_>, id: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE own_fix SET ready = 1 WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Leaves a waiting fix out, or takes it into a batch.
pub fn drop_waiting(tx: &Transaction<'_>, id: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM own_fix WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Gives up what waits.
pub fn drop_all_waiting(tx: &Transaction<'_>, room: RoomRow) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM own_fix WHERE room = ?1")?.execute([room])?;
    Ok(())
}

/// Notes a batch that went into the outbox.
pub fn batched(tx: &Transaction<'_>, room: RoomRow, txn_id: &str, fixes: usize) -> Result<(), StoreError> {
    let fixes = i64::try_from(fixes).unwrap_or(i64::MAX);
    tx.prepare_cached("INSERT INTO own_batch (txn_id, room, fixes) VALUES (?1, ?2, ?3)")?
        .execute((txn_id, room, fixes))?;
    Ok(())
}

/// Notes that the server has a batch, and how long it was.
pub fn delivered(tx: &Transaction<'_>, txn_id: &str, bytes: usize) -> Result<(), StoreError> {
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    tx.prepare_cached("UPDATE own_batch SET bytes = ?2 WHERE txn_id = ?1")?.execute((txn_id, bytes))?;
    Ok(())
}

/// What became of the batches of a sharing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Fixes in batches that the server has.
    pub fixes: i64,
    /// Bytes of these, and of positions in the standard form.
    pub bytes: i64,
    /// Fixes in batches that are still in the outbox.
    pub queued_fixes: i64,
}

/// Sums up a sharing. A batch counts as sent when it is out of the outbox.
pub fn delivery(connection: &Connection, room: RoomRow) -> Result<Delivery, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT coalesce(sum(CASE WHEN o.id IS NULL THEN b.fixes END), 0), coalesce(sum(b.bytes), 0),
               coalesce(sum(CASE WHEN o.id IS NOT NULL THEN b.fixes END), 0)
             FROM own_batch b LEFT JOIN outbox o ON o.txn_id = b.txn_id WHERE b.room = ?1",
        )?
        .query_row([room], |row| {
            Ok(Delivery { fixes: row.get(0)?, bytes: row.get(1)?, queued_fixes: row.get(2)? })
        })?)
}
