//! How long what people write stays: what policy and rooms say, when each event is due, and taking out what is. State
//! of a room and areas on a map are not messages, and stay.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, Transaction};
use serde_json::Value;

use super::changes::{Change, Changes};
use super::codes::RelType;
use super::events::{NewEvent, Stored};
use super::{StoreError, chunks, erase, events, media, now, outbox, rooms};
use crate::ids::{EventRow, OutboxRow, RoomRow};

/// State by which a room says how long its messages stay.
pub const STATE: &str = "m.room.retention";
/// Kept until somebody removes it.
const AREA: &str = "eu.qroc.area";
/// Carries the keys of an unchanged file, and nothing else.
const ORIGINAL: &str = "eu.qroc.original";

/// What policy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How long messages stay, in milliseconds; `None`: for ever.
    pub message_ms: Option<i64>,
    /// How long files stay, in milliseconds; `None`: as long as their messages.
    pub file_ms: Option<i64>,
    /// Nothing goes sooner, in milliseconds.
    pub floor_ms: i64,
    /// Whether what a room says counts.
    pub honour_rooms: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self { message_ms: None, file_ms: None, floor_ms: 0, honour_rooms: true }
    }
}

/// What follows for one room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// How long messages stay, in milliseconds.
    pub message_ms: Option<i64>,
    /// How long files stay, in milliseconds, where that is less.
    pub file_ms: Option<i64>,
}

impl Limits {
    const NONE: Self = Self { message_ms: None, file_ms: None };

    fn of(rules: &Rules, state: Option<&str>) -> Self {
        let said = state
            .filter(|_| rules.honour_rooms)
            .and_then(|content| serde_json::from_str::<Value>(content).ok())
            .and_then(|content| content.get("max_lifetime")?.as_i64())
            .filter(|ms| *ms > 0);
        let message_ms = [rules.message_ms, said].into_iter().flatten().min();
        let message_ms = message_ms.map(|ms| ms.max(rules.floor_ms));
        let file_ms = rules.file_ms.map(|ms| ms.max(rules.floor_ms));
        let sooner = |ms: &i64| message_ms.is_none_or(|message_ms| *ms < message_ms);
        Self { message_ms, file_ms: file_ms.filter(sooner) }
    }
}

/// Reads what policy said last.
pub fn rules(connection: &Connection) -> Result<Rules, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT message_ms, file_ms, floor_ms, honour_rooms FROM retention_rule WHERE id = 1",
        )?
        .query_row([], |row| {
            Ok(Rules {
                message_ms: row.get(0)?,
                file_ms: row.get(1)?,
                floor_ms: row.get(2)?,
                honour_rooms: row.get(3)?,
            })
        })
        .optional()?
        .unwrap_or_default())
}

/// Writes what policy says. What is stored is dated anew by `date_some`.
pub fn set_rules(tx: &Transaction<'_>, new: &Rules) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO retention_rule (id, message_ms, file_ms, floor_ms, honour_rooms) VALUES (1, ?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET message_ms = excluded.message_ms, file_ms = excluded.file_ms,
           floor_ms = excluded.floor_ms, honour_rooms = excluded.honour_rooms",
    )?
    .execute((new.message_ms, new.file_ms, new.floor_ms, new.honour_rooms))?;
    let all: Vec<RoomRow> = {
        let mut statement = tx.prepare_cached("SELECT id FROM room")?;
        statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    for room in all {
        settle(tx, room)?;
    }
    Ok(())
}

/// Works out what holds for a room: call it where its state says something new. A room that is new needs it too.
pub fn settle(tx: &Transaction<'_>, room: RoomRow) -> Result<(), StoreError> {
    let wanted = Limits::of(&rules(tx)?, rooms::state(tx, room, STATE, "")?.as_deref());
    if wanted == limits(tx, room)? {
        return Ok(());
    }
    if wanted == Limits::NONE {
        tx.prepare_cached("DELETE FROM retention WHERE room = ?1")?.execute([room])?;
    } else {
        tx.prepare_cached(
            "INSERT INTO retention (room, message_ms, file_ms) VALUES (?1, ?2, ?3)
             ON CONFLICT (room) DO UPDATE SET message_ms = excluded.message_ms, file_ms = excluded.file_ms",
        )?
        .execute((room, wanted.message_ms, wanted.file_ms))?;
    }
    // From the newest event down: what is on the screen comes first.
    tx.prepare_cached(
        "INSERT INTO retention_rule (id, floor_ms, honour_rooms, below)
         VALUES (1, 0, 1, (SELECT max(id) + 1 FROM event))
         ON CONFLICT (id) DO UPDATE SET below = excluded.below",
    )?
    .execute([])?;
    Ok(())
}

/// Says what holds for a room.
pub fn limits(connection: &Connection, room: RoomRow) -> Result<Limits, StoreError> {
    Ok(connection
        .prepare_cached("SELECT message_ms, file_ms FROM retention WHERE room = ?1")?
        .query_row([room], |row| Ok(Limits { message_ms: row.get(0)?, file_ms: row.get(1)? }))
        .optional()?
        .unwrap_or_default())
}

/// Says whether stored events have yet to be dated anew.
pub fn is_dating(connection: &Connection) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("SELECT 1 FROM retention_rule WHERE below IS NOT NULL")?.exists([])?)
}

/// Says whether anything is dated at all.
pub fn is_any(connection: &Connection) -> Result<bool, StoreError> {
    let dated = "SELECT 1 FROM retention UNION ALL SELECT 1 FROM retention_rule WHERE below IS NOT NULL";
    Ok(connection.prepare_cached(dated)?.exists([])?)
}

// A sender's clock that runs ahead makes nothing stay longer. What is not sent yet bears the time of this device, which
// may be wrong: it counts from now.
const FROM: &str =
    "CASE WHEN e.send_state > 0 THEN coalesce(?2, e.ts) ELSE coalesce(min(e.ts, ?2), e.ts) END";
const AGES: &str = "e.state_key IS NULL AND e.type <> 'eu.qroc.area'";
const HOLDS_FILE: &str = "(e.type = 'eu.qroc.original' OR e.type = 'm.room.message' AND e.redacted = 0
  AND (instr(e.content, 'mxc://') > 0 OR instr(e.content, '\"file\":') > 0))";

/// Notes when an event is due. Call after each change of its time, type or content.
pub(super) fn date(tx: &Transaction<'_>, id: EventRow, room: RoomRow) -> Result<(), StoreError> {
    // Most rooms have no limit, and then this is all that it costs.
    if limits(tx, room)? == Limits::NONE { Ok(()) } else { date_row(tx, id) }
}

/// As `date`, for an event that is stored.
pub(super) fn date_again(tx: &Transaction<'_>, id: EventRow) -> Result<(), StoreError> {
    let room = tx.prepare_cached("SELECT room FROM event WHERE id = ?1")?.query_row([id], |row| row.get(0));
    date(tx, id, room?)
}

fn date_row(tx: &Transaction<'_>, id: EventRow) -> Result<(), StoreError> {
    let now_ms = Some(now::get().likely_ms).filter(|ms| *ms > i64::MIN);
    tx.prepare_cached(&format!(
        "UPDATE event AS u SET expire_ts = d.due FROM (
           SELECT e.id AS id, iif({AGES}, {FROM} + r.message_ms, NULL) AS due
           FROM event e LEFT JOIN retention r ON r.room = e.room WHERE e.id = ?1) d
         WHERE u.id = d.id AND u.expire_ts IS NOT d.due"
    ))?
    .execute((id, now_ms))?;
    tx.prepare_cached("DELETE FROM file_expiry WHERE event = ?1")?.execute([id])?;
    tx.prepare_cached(&format!(
        "INSERT INTO file_expiry (event, due_ts) SELECT e.id, {FROM} + r.file_ms
         FROM event e JOIN retention r ON r.room = e.room
         WHERE e.id = ?1 AND r.file_ms IS NOT NULL AND {AGES} AND {HOLDS_FILE}"
    ))?
    .execute((id, now_ms))?;
    Ok(())
}

/// Dates at most so many stored events anew, newest first. Returns whether there are more.
///
/// # Errors
/// Those of the database.
pub fn date_some(tx: &Transaction<'_>, most: usize) -> Result<bool, StoreError> {
    let below: Option<i64> = tx
        .prepare_cached("SELECT below FROM retention_rule WHERE id = 1")?
        .query_row([], |row| row.get(0))
        .optional()?
        .flatten();
    let Some(below) = below else { return Ok(false) };
    let rows: Vec<EventRow> = {
        let mut statement =
            tx.prepare_cached("SELECT id FROM event WHERE id < ?1 ORDER BY id DESC LIMIT ?2")?;
        let rows = statement.query_map((below, count(most)), |row| row.get(0))?;
        rows.collect::<Result<_, _>>()?
    };
    for id in &rows {
        date_row(tx, *id)?;
    }
    let next = rows.last().filter(|_| rows.len() == most).map(|id| id.0);
    tx.prepare_cached("UPDATE retention_rule SET below = ?1 WHERE id = 1")?.execute([next])?;
    Ok(next.is_some())
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Says whether an event that comes from the server is past its time already: then it is not taken in. What this device
/// sent is known, and is none of these.
pub fn is_overdue(connection: &Connection, room: RoomRow, event: &NewEvent) -> Result<bool, StoreError> {
    let (Some(message_ms), sure_ms) = (limits(connection, room)?.message_ms, now::get().sure_ms) else {
        return Ok(false);
    };
    if event.state_key.is_some() || event.kind == AREA || event.ts.saturating_add(message_ms) > sure_ms {
        return Ok(false);
    }
    let known = match &event.event_id {
        Some(event_id) => events::is_known(connection, room, event_id)?,
        None => false,
    };
    let ours = match &event.txn_id {
        Some(txn_id) => events::find_txn(connection, room, txn_id)?.is_some(),
        None => false,
    };
    Ok(!known && !ours)
}

/// Says whether an event is past its time.
pub fn is_past(connection: &Connection, id: EventRow) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM event WHERE id = ?1 AND expire_ts <= ?2")?
        .exists((id, now::get().likely_ms))?)
}

/// Says whether the file of an event is past its time.
pub fn is_file_past(connection: &Connection, id: EventRow) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM file_expiry WHERE event = ?1 AND due_ts <= ?2")?
        .exists((id, now::get().likely_ms))?)
}

/// Says when the next thing is due, in milliseconds since 1970.
pub fn next_due(connection: &Connection) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT min(due) FROM (SELECT min(expire_ts) AS due FROM event WHERE expire_ts IS NOT NULL
               UNION ALL SELECT min(due_ts) FROM file_expiry)",
        )?
        .query_row([], |row| row.get(0))?)
}

/// Takes out at most so many messages and files that are past their time, by what the time surely is, each with all
/// that belongs to it. Returns the rooms that were touched; none: nothing is due.
///
/// # Errors
/// Those of the database; then nothing is taken out.
pub fn expire_some(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    most: usize,
) -> Result<BTreeSet<RoomRow>, StoreError> {
    let sure_ms = now::get().sure_ms;
    let due = |sql: &str| -> Result<Vec<EventRow>, StoreError> {
        let mut statement = tx.prepare_cached(sql)?;
        let rows = statement.query_map((sure_ms, count(most)), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    let mut touched = BTreeSet::new();
    // What is on its way to the server just now is looked at again when that is over.
    for id in
        due("SELECT id FROM event WHERE expire_ts <= ?1 AND send_state <> 2 ORDER BY expire_ts LIMIT ?2")?
    {
        if let Some(event) = look(tx, id)? {
            touched.insert(event.room);
            take_out(tx, changes, &event)?;
        }
    }
    if touched.is_empty() {
        for id in due("SELECT f.event FROM file_expiry f JOIN event e ON e.id = f.event
                       WHERE f.due_ts <= ?1 AND e.send_state <> 2 ORDER BY f.due_ts LIMIT ?2")?
        {
            if let Some(event) = look(tx, id)? {
                touched.insert(event.room);
                strip(tx, changes, &event)?;
            }
        }
    }
    if !touched.is_empty() {
        erase::note();
        changes.note(Change::Outbox);
    }
    for room in &touched {
        changes.note(Change::Timeline(*room));
    }
    Ok(touched)
}

/// One that went with another is not there any more.
fn look(connection: &Connection, id: EventRow) -> Result<Option<Stored>, StoreError> {
    match events::get(connection, id) {
        Err(StoreError::NotFound(_)) => Ok(None),
        other => other.map(Some),
    }
}

/// A message goes with its edits, reactions and files; an edit with what it is the edit of.
fn take_out(tx: &Transaction<'_>, changes: &mut Changes, event: &Stored) -> Result<(), StoreError> {
    if event.relation.kind == RelType::Edit
        && let Some(to) = &event.relation.to
        && let Some(edited) = events::find(tx, event.room, to)?
        && edited.edit == Some(event.id)
    {
        take_out_whole(tx, changes, &edited)?;
    }
    take_out_whole(tx, changes, event)
}

fn take_out_whole(tx: &Transaction<'_>, changes: &mut Changes, event: &Stored) -> Result<(), StoreError> {
    if let Some(key) = event.key() {
        let related: Vec<EventRow> = {
            let mut statement = tx.prepare_cached(
                "SELECT id FROM event WHERE rel_to = ?1 AND room = ?2 AND rel_type <> ?3 AND send_state <> 2",
            )?;
            let rows = statement.query_map((&key, event.room, RelType::Redaction), |row| row.get(0))?;
            rows.collect::<Result<_, _>>()?
        };
        for id in related {
            if let Some(related) = look(tx, id)? {
                remove(tx, changes, &related)?;
            }
        }
    }
    remove(tx, changes, event)
}

fn remove(tx: &Transaction<'_>, changes: &mut Changes, event: &Stored) -> Result<(), StoreError> {
    let queued: Vec<OutboxRow> = {
        let mut statement = tx.prepare_cached("SELECT id FROM outbox WHERE event = ?1")?;
        statement.query_map([event.id], |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    for id in queued {
        outbox::delete(tx, changes, id)?;
    }
    keep_read_marker(tx, event)?;
    tx.prepare_cached("DELETE FROM file_expiry WHERE event = ?1")?.execute([event.id])?;
    events::delete(tx, event.id)
}

/// The read marker of a room moves to what stands before the event that goes.
fn keep_read_marker(tx: &Transaction<'_>, event: &Stored) -> Result<(), StoreError> {
    let Some(event_id) = &event.event_id else { return Ok(()) };
    let read = tx
        .prepare_cached("SELECT 1 FROM room WHERE id = ?1 AND read_event = ?2")?
        .exists((event.room, event_id))?;
    if !read {
        return Ok(());
    }
    let mut older = tx.prepare_cached(
        "SELECT event_id FROM event WHERE chunk = ?1 AND idx < ?2 AND event_id IS NOT NULL ORDER BY idx DESC LIMIT 1",
    )?;
    let mut at = chunks::place_of(tx, event.id)?.map(|place| (place.chunk, place.idx));
    while let Some((chunk, idx)) = at {
        if let Some(found) = older.query_row((chunk, idx), |row| row.get::<_, String>(0)).optional()? {
            return rooms::set_read(tx, event.room, &found);
        }
        at = chunks::get(tx, chunk)?.prev.map(|prev| (prev, i64::MAX));
    }
    Ok(())
}

/// What stays of a message whose file is gone: what was said, and what it stands to.
const KEPT: [&str; 7] =
    ["msgtype", "body", "format", "formatted_body", "m.relates_to", "m.mentions", "m.new_content"];

/// Takes the file out of a message: its keys, its address, its preview, what is known of it.
fn strip(tx: &Transaction<'_>, changes: &mut Changes, event: &Stored) -> Result<(), StoreError> {
    if event.kind == ORIGINAL {
        return remove(tx, changes, event);
    }
    media::forget(tx, event.id)?;
    let mut content: Value = serde_json::from_str(&event.content).unwrap_or_default();
    bare(&mut content);
    // What was to be sent with its file is not sent without it.
    let queued: Vec<OutboxRow> = {
        let mut statement = tx.prepare_cached("SELECT id FROM outbox WHERE event = ?1")?;
        statement.query_map([event.id], |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    if !queued.is_empty() {
        return remove(tx, changes, event);
    }
    events::reindexed(tx, event.id, || {
        let mut change = tx.prepare_cached("UPDATE event SET content = ?2 WHERE id = ?1")?;
        change.execute((event.id, content.to_string()))?;
        Ok(())
    })?;
    date_row(tx, event.id)?;
    // A text in which an address stands is no file.
    tx.prepare_cached("DELETE FROM file_expiry WHERE event = ?1")?.execute([event.id])?;
    Ok(())
}

fn bare(content: &mut Value) {
    let Some(map) = content.as_object_mut() else { return };
    let holds = ["file", "url", "info"].iter().any(|key| map.contains_key(*key));
    map.retain(|key, _| KEPT.contains(&key.as_str()));
    if holds {
        map.insert("eu.qroc.file_expired".to_owned(), Value::Bool(true));
    }
    if let Some(new) = map.get_mut("m.new_content") {
        bare(new);
    }
}

#[cfg(test)]
mod tests;
