//! Reads pages of a timeline, and counts what is unread in one.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::StoreError;
use super::chunks::{self, Chunk, Place};
use super::codes::{SendState, Undecryptable};
use super::dress::{self, Around};
use super::{events, now};
use crate::ids::{ChunkRow, EventRow, RoomRow};

/// One item of a timeline.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its row, which is its cursor: it stays the same from local echo to sent event.
    pub id: EventRow,
    /// The server's id, once it has one.
    pub event_id: Option<String>,
    /// Ours, where this device sent it.
    pub txn_id: Option<String>,
    /// Who sent it.
    pub sender: String,
    /// What the sender is called in this room.
    pub sender_name: Option<String>,
    /// Milliseconds since 1970.
    pub ts: i64,
    /// The decrypted type.
    pub kind: String,
    /// Of a state event.
    pub state_key: Option<String>,
    /// JSON of the content that is shown: of the newest edit where there is one.
    pub content: String,
    /// Whether there is one.
    pub edited: bool,
    /// Whether the content was removed.
    pub redacted: bool,
    /// Whether it came encrypted.
    pub encrypted: bool,
    /// Where it is on its way.
    pub state: SendState,
    /// Why it cannot be read.
    pub undecryptable: Undecryptable,
    /// Event id of what it answers.
    pub reply_to: Option<String>,
    /// Event id of its thread's root.
    pub thread: Option<String>,
    /// Who reacted with what.
    pub reactions: BTreeMap<String, Vec<String>>,
    /// Who read up to here.
    pub receipts: Vec<String>,
    /// Whether a hole lies right before it.
    pub gap_before: bool,
    /// What stands around it.
    pub around: Around,
    place: Option<Place>,
}

/// One page, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The items.
    pub items: Vec<Item>,
    /// The hole that ended the page before it was full.
    pub gap: Option<Chunk>,
}

/// Which items a page holds.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Older than this one; `None`: the newest.
    pub before: Option<EventRow>,
    /// At most so many.
    pub limit: usize,
    /// Goes on behind holes instead of ending there.
    pub across_gaps: bool,
}

const ITEM: &str = "e.id, e.event_id, e.txn_id, u.user_id, e.ts, e.type, e.state_key,
  coalesce(x.content -> 'm.new_content', e.content), e.edit IS NOT NULL, e.redacted, e.encrypted, e.send_state, e.utd,
  e.reply_to, e.thread, e.chunk, e.idx, e.room, m.name
  FROM event e JOIN user u ON u.id = e.sender LEFT JOIN event x ON x.id = e.edit
  LEFT JOIN member m ON m.room = e.room AND m.user = e.sender";

fn item(row: &Row<'_>) -> rusqlite::Result<Item> {
    let chunk: Option<ChunkRow> = row.get(15)?;
    Ok(Item {
        id: row.get(0)?,
        event_id: row.get(1)?,
        txn_id: row.get(2)?,
        sender: row.get(3)?,
        sender_name: row.get(18)?,
        ts: row.get(4)?,
        kind: row.get(5)?,
        state_key: row.get(6)?,
        content: row.get(7)?,
        edited: row.get(8)?,
        redacted: row.get(9)?,
        encrypted: row.get(10)?,
        state: row.get(11)?,
        undecryptable: row.get(12)?,
        reply_to: row.get(13)?,
        thread: row.get(14)?,
        reactions: BTreeMap::new(),
        receipts: Vec::new(),
        gap_before: false,
        around: Around::default(),
        place: chunk.zip(row.get(16)?).map(|(chunk, idx)| Place { chunk, idx }),
    })
}

/// Reads one page of a room's timeline.
///
/// # Errors
/// `NotFound` where `before` is no event of this room.
pub fn page(connection: &Connection, room: RoomRow, wanted: Wanted) -> Result<Page, StoreError> {
    let start = match wanted.before {
        Some(id) if events::get(connection, id)?.room != room => return Err(StoreError::NotFound("event")),
        Some(id) => Some((id, chunks::place_of(connection, id)?)),
        None => None,
    };
    let mut items = Vec::new();
    let mut at = match start {
        Some((_, Some(place))) => Some(place),
        _ => {
            let below = start.map_or(i64::MAX, |(id, _)| id.0);
            items = unplaced(connection, room, below, wanted.limit)?;
            chunks::tail(connection, room)?.map(|chunk| Place { chunk, idx: i64::MAX })
        }
    };
    let mut gap = None;
    while let Some(place) = at.filter(|_| items.len() < wanted.limit) {
        let chunk = chunks::get(connection, place.chunk)?;
        if chunk.gap.is_some() && !wanted.across_gaps {
            gap = Some(chunk);
            break;
        }
        if chunk.gap.is_some() {
            if let Some(newer) = items.last_mut() {
                newer.gap_before = true;
            }
        } else {
            items.extend(run(connection, place, wanted.limit.saturating_sub(items.len()))?);
        }
        at = chunk.prev.map(|chunk| Place { chunk, idx: i64::MAX });
    }
    for item in &mut items {
        dress(connection, room, item)?;
    }
    items.reverse();
    Ok(Page { items, gap })
}

/// Reads one item by the server's id, or by what stands for it.
pub fn by_event_id(
    connection: &Connection,
    room: RoomRow,
    event_id: &str,
) -> Result<Option<Item>, StoreError> {
    let Some(known) = events::find(connection, room, event_id)? else { return Ok(None) };
    let mut found = connection
        .prepare_cached(&format!(
            "SELECT {ITEM} WHERE e.id = ?1 AND (e.expire_ts IS NULL OR e.expire_ts > ?2)"
        ))?
        .query_row((known.id, now::get().likely_ms), item)
        .optional()?;
    if let Some(item) = &mut found {
        dress(connection, room, item)?;
    }
    Ok(found)
}

/// Holds of what is not past its time.
const IN_TIME: &str = "(e.expire_ts IS NULL OR e.expire_ts > ?2)";

/// Finds the items among these rows, in their order. Rows that are no item are left out.
pub fn by_rows(connection: &Connection, rows: &[EventRow]) -> Result<Vec<(RoomRow, Item)>, StoreError> {
    those(connection, rows, &format!("SELECT {ITEM} WHERE e.id = ?1 AND {IN_TIME} AND e.shown = 1"))
}

/// Reads these rows as items, in their order, also what stands aside.
pub fn whichever(connection: &Connection, rows: &[EventRow]) -> Result<Vec<(RoomRow, Item)>, StoreError> {
    those(connection, rows, &format!("SELECT {ITEM} WHERE e.id = ?1 AND {IN_TIME}"))
}

fn those(connection: &Connection, rows: &[EventRow], sql: &str) -> Result<Vec<(RoomRow, Item)>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = Vec::with_capacity(rows.len());
    let likely_ms = now::get().likely_ms;
    for id in rows {
        found.extend(statement.query_row((id, likely_ms), |row| Ok((row.get(17)?, item(row)?))).optional()?);
    }
    for (room, item) in &mut found {
        dress(connection, *room, item)?;
    }
    Ok(found)
}

fn limit_of(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn unplaced(
    connection: &Connection,
    room: RoomRow,
    below: i64,
    limit: usize,
) -> Result<Vec<Item>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {ITEM} WHERE e.room = ?1 AND e.chunk IS NULL AND e.shown = 1 AND e.id < ?2
           AND (e.expire_ts IS NULL OR e.expire_ts > ?4)
         ORDER BY e.id DESC LIMIT ?3"
    ))?;
    let rows = statement.query_map((room, below, limit_of(limit), now::get().likely_ms), item)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn run(connection: &Connection, below: Place, limit: usize) -> Result<Vec<Item>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {ITEM} WHERE e.chunk = ?1 AND e.idx < ?2 AND e.shown = 1
           AND (e.expire_ts IS NULL OR e.expire_ts > ?4)
         ORDER BY e.idx DESC LIMIT ?3"
    ))?;
    let rows = statement.query_map((below.chunk, below.idx, limit_of(limit), now::get().likely_ms), item)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Adds what others did with an item.
fn dress(connection: &Connection, room: RoomRow, item: &mut Item) -> Result<(), StoreError> {
    let stands = || item.txn_id.as_deref().map(events::placeholder);
    if let Some(key) = item.event_id.clone().or_else(stands) {
        item.reactions = reactions(connection, room, &key)?;
    }
    item.receipts = receipts(connection, item)?;
    item.around = dress::around(connection, room, item)?;
    Ok(())
}

fn reactions(
    connection: &Connection,
    room: RoomRow,
    event_id: &str,
) -> Result<BTreeMap<String, Vec<String>>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT e.rel_key, u.user_id FROM event e JOIN user u ON u.id = e.sender
         WHERE e.rel_to = ?1 AND e.room = ?2 AND e.rel_type = 2 AND e.redacted = 0 AND e.rel_key IS NOT NULL
           AND e.send_state <> 3
         ORDER BY e.rel_key, u.user_id",
    )?;
    let mut rows = statement.query((event_id, room))?;
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        all.entry(row.get(0)?).or_default().push(row.get(1)?);
    }
    Ok(all)
}

/// A receipt may stand on an event that is no item: then it belongs to the item before.
fn receipts(connection: &Connection, item: &Item) -> Result<Vec<String>, StoreError> {
    let Some(place) = item.place else { return Ok(Vec::new()) };
    let mut next = connection.prepare_cached(
        "SELECT idx FROM event WHERE chunk = ?1 AND idx > ?2 AND shown = 1 ORDER BY idx LIMIT 1",
    )?;
    let mut statement = connection.prepare_cached(
        "SELECT u.user_id FROM event e CROSS JOIN receipt r ON r.room = e.room AND r.event_id = e.event_id
           JOIN user u ON u.id = r.user
         WHERE e.chunk = ?1 AND e.idx >= ?2 AND e.idx < ?3 AND u.user_id <> ?4",
    )?;
    let mut found: Vec<String> = Vec::new();
    let (mut run, mut from) = (place.chunk, place.idx);
    loop {
        let after = if run == place.chunk { from } else { i64::MIN };
        let newer: Option<i64> = next.query_row((run, after), |row| row.get(0)).optional()?;
        let rows = statement
            .query_map((run, from, newer.unwrap_or(i64::MAX), &item.sender), |row| row.get::<_, String>(0))?;
        for user in rows {
            found.push(user?);
        }
        let following = match (newer, chunks::get(connection, run)?.next) {
            (None, Some(next)) => chunks::get(connection, next)?,
            _ => break,
        };
        if following.gap.is_some() {
            break;
        }
        (run, from) = (following.id, i64::MIN);
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Says whether one event stands before another. False where either has no place.
pub fn is_before(connection: &Connection, room: RoomRow, one: &str, other: &str) -> Result<bool, StoreError> {
    let place = |event_id: &str| match events::find(connection, room, event_id)? {
        Some(event) => chunks::place_of(connection, event.id),
        None => Ok(None),
    };
    let (Some(one), Some(other)) = (place(one)?, place(other)?) else { return Ok(false) };
    if one.chunk == other.chunk {
        return Ok(one.idx < other.idx);
    }
    let mut at = chunks::get(connection, other.chunk)?.prev;
    while let Some(id) = at {
        if id == one.chunk {
            return Ok(true);
        }
        at = chunks::get(connection, id)?.prev;
    }
    Ok(false)
}

/// Returns the newest event of a room that the server has.
pub fn newest_event_id(connection: &Connection, room: RoomRow) -> Result<Option<String>, StoreError> {
    let Some(tail) = chunks::tail(connection, room)? else { return Ok(None) };
    Ok(connection
        .prepare_cached(
            "SELECT event_id FROM event WHERE chunk = ?1 AND event_id IS NOT NULL ORDER BY idx DESC LIMIT 1",
        )?
        .query_row([tail], |row| row.get(0))
        .optional()?)
}

/// What is unread in a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// Events that ask for attention.
    pub unread: i64,
    /// Those of them that ask loudly.
    pub highlights: i64,
    /// There may be more: a hole lies above the read marker.
    pub at_least: bool,
}

/// Counts from the end back to `read`, the event up to which this account has read. All is read up to an own event
/// that no sync has brought yet: it is the newest.
///
/// # Errors
/// Those of the database.
pub fn unread(connection: &Connection, room: RoomRow, read: Option<&str>) -> Result<Unread, StoreError> {
    let read = match read {
        Some(event_id) => match events::find(connection, room, event_id)? {
            Some(event) => match chunks::place_of(connection, event.id)? {
                None => return Ok(Unread::default()),
                place => place,
            },
            None => None,
        },
        None => None,
    };
    let mut statement = connection.prepare_cached(
        "SELECT count(*), count(*) FILTER (WHERE notify = 2) FROM event WHERE chunk = ?1 AND idx > ?2 AND notify > 0",
    )?;
    let mut total = Unread::default();
    let mut at = chunks::tail(connection, room)?;
    while let Some(id) = at {
        let chunk = chunks::get(connection, id)?;
        if chunk.gap.is_some() {
            total.at_least = true;
            break;
        }
        let here = read.filter(|read| read.chunk == id);
        let (unread, highlights): (i64, i64) = statement
            .query_row((id, here.map_or(i64::MIN, |read| read.idx)), |row| Ok((row.get(0)?, row.get(1)?)))?;
        total.unread = total.unread.saturating_add(unread);
        total.highlights = total.highlights.saturating_add(highlights);
        at = if here.is_some() { None } else { chunk.prev };
    }
    Ok(total)
}

#[cfg(test)]
pub(super) mod tests;
