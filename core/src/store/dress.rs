//! What stands around an item of a timeline: what it answers, the thread under it, what was said about it later.

use rusqlite::{Connection, OptionalExtension as _};

use super::codes::{RelType, Undecryptable};
use super::events::{self, Stored};
use super::marks::{self, Mark};
use super::timeline::Item;
use super::{StoreError, now, rooms};
use crate::ids::{EventRow, RoomRow};

/// What an item answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quoted {
    /// Who sent it.
    pub sender: String,
    /// What the sender is called in the room.
    pub sender_name: Option<String>,
    /// The decrypted type.
    pub kind: String,
    /// JSON of what is shown: of the newest edit.
    pub content: String,
    /// Whether its content was removed.
    pub redacted: bool,
    /// Why it cannot be read.
    pub undecryptable: Undecryptable,
    /// Whether it is an answer itself.
    pub answers: bool,
}

/// The thread under an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// Messages in it, the root apart.
    pub count: i64,
    /// The newest of them.
    pub last: EventRow,
    /// Its time, in milliseconds since 1970.
    pub last_ts: i64,
}

/// What stands around an item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Around {
    /// What it answers, where that is stored.
    pub quoted: Option<Quoted>,
    /// The thread under it.
    pub thread: Option<Thread>,
    /// What was said about it later.
    pub mark: Option<Mark>,
}

/// Reads what stands around an item.
pub(super) fn around(connection: &Connection, room: RoomRow, item: &Item) -> Result<Around, StoreError> {
    if item.kind != "m.room.message" {
        return Ok(Around::default());
    }
    let quoted = match &item.reply_to {
        Some(event_id) => quoted(connection, room, event_id)?,
        None => None,
    };
    let thread = match &item.event_id {
        Some(event_id) if item.thread.is_none() => thread(connection, room, event_id)?,
        _ => None,
    };
    Ok(Around { quoted, thread, mark: marks::get(connection, item.id)? })
}

fn quoted(connection: &Connection, room: RoomRow, event_id: &str) -> Result<Option<Quoted>, StoreError> {
    let Some(found) = events::find(connection, room, event_id)? else { return Ok(None) };
    if is_past(connection, found.id)? {
        return Ok(None);
    }
    let sender = events::user_id(connection, found.sender)?;
    let content = match found.edit {
        Some(edit) => events::get(connection, edit)?.content,
        None => found.content.clone(),
    };
    Ok(Some(Quoted {
        sender_name: rooms::member_name(connection, room, &sender)?,
        sender,
        answers: found.edit.is_none() && answers(connection, found.id)?,
        kind: found.kind,
        content,
        redacted: found.redacted,
        undecryptable: found.undecryptable,
    }))
}

/// What is past its time is not shown, whether or not it is erased yet.
fn is_past(connection: &Connection, id: EventRow) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM event WHERE id = ?1 AND expire_ts <= ?2")?
        .exists((id, now::get().likely_ms))?)
}

fn answers(connection: &Connection, id: EventRow) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT reply_to IS NOT NULL FROM event WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?)
}

/// What counts as said in a thread: also what was fetched by itself, which no timeline shows yet.
const SAID: &str = "(shown = 1 OR chunk IS NULL) AND rel_type = 0";

fn thread(connection: &Connection, room: RoomRow, root: &str) -> Result<Option<Thread>, StoreError> {
    let (count, newest): (i64, Option<i64>) = connection
        .prepare_cached(&format!(
            "SELECT count(*), max(ts) FROM event WHERE room = ?1 AND thread = ?2 AND {SAID} AND redacted = 0"
        ))?
        .query_row((room, root), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some(last_ts) = newest else { return Ok(None) };
    let last = connection
        .prepare_cached(&format!(
            "SELECT max(id) FROM event WHERE room = ?1 AND thread = ?2 AND {SAID} AND redacted = 0 AND ts = ?3"
        ))?
        .query_row((room, root, last_ts), |row| row.get(0))?;
    Ok(Some(Thread { count, last, last_ts }))
}

/// Lists the roots of a room's threads, with the time of the newest message in each, newest first.
pub fn threads(connection: &Connection, room: RoomRow, limit: usize) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT thread, max(ts) FROM event WHERE room = ?1 AND thread IS NOT NULL AND {SAID} AND redacted = 0
         GROUP BY thread"
    ))?;
    let rows = statement.query_map([room], |row| Ok((row.get::<_, i64>(1)?, row.get::<_, String>(0)?)))?;
    let mut found: Vec<(i64, String)> = rows.collect::<Result<_, _>>()?;
    found.sort_unstable_by(|a, b| b.cmp(a));
    Ok(found.into_iter().take(limit).map(|(_, root)| root).collect())
}

/// Lists the rows of a thread, oldest first: the root, where it is stored, and at most the newest `limit` messages.
pub fn in_thread(
    connection: &Connection,
    room: RoomRow,
    root: &str,
    limit: usize,
) -> Result<Vec<EventRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT id FROM event WHERE room = ?1 AND thread = ?2 AND {SAID} ORDER BY ts DESC, id DESC LIMIT ?3"
    ))?;
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map((room, root, most), |row| row.get(0))?;
    let mut found: Vec<EventRow> = rows.collect::<Result<_, _>>()?;
    found.reverse();
    if let Some(root) = events::find(connection, room, root)? {
        found.insert(0, root.id);
    }
    Ok(found)
}

/// Lists the versions of a message, oldest first: as it was sent, and each edit of its sender that can be read.
pub fn versions(connection: &Connection, target: &Stored) -> Result<Vec<Stored>, StoreError> {
    if is_past(connection, target.id)? {
        return Ok(Vec::new());
    }
    let mut versions = vec![target.clone()];
    if let Some(key) = target.key() {
        let edits = events::relating(connection, target.room, &key, RelType::Edit)?;
        let valid = |edit: &Stored| {
            edit.sender == target.sender
                && edit.kind == target.kind
                && edit.undecryptable == Undecryptable::Readable
                && (edit.encrypted || !target.encrypted)
        };
        versions.extend(edits.into_iter().filter(valid));
    }
    Ok(versions)
}

/// Who has read a message: whose receipt stands on it, or later in the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Matrix id.
    pub user_id: String,
    /// Display name in the room.
    pub name: Option<String>,
    /// When their receipt was made, in milliseconds since 1970.
    pub ts: i64,
}

/// Lists who has read an event, newest receipt first; the newest `limit` receipts of the room are looked at.
pub fn seen_by(
    connection: &Connection,
    room: RoomRow,
    event: &Stored,
    limit: usize,
) -> Result<Vec<Seen>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT u.user_id, m.name, r.ts, r.event_id FROM receipt r JOIN user u ON u.id = r.user
           LEFT JOIN member m ON m.room = r.room AND m.user = r.user
         WHERE r.room = ?1 AND r.thread = '' AND r.user <> ?2 ORDER BY r.ts DESC LIMIT ?3",
    )?;
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map((room, event.sender, most), |row| {
        let seen = Seen { user_id: row.get(0)?, name: row.get(1)?, ts: row.get(2)? };
        Ok((seen, row.get::<_, String>(3)?))
    })?;
    let Some(event_id) = &event.event_id else { return Ok(Vec::new()) };
    let mut seen = Vec::new();
    for row in rows {
        let (reader, at) = row?;
        if at == *event_id || super::timeline::is_before(connection, room, event_id, &at)? {
            seen.push(reader);
        }
    }
    Ok(seen)
}

/// Lists what of the newest items of a room answers something that is not stored: rows and ids of it.
pub fn unknown_quoted(
    connection: &Connection,
    rows: &[EventRow],
) -> Result<Vec<(RoomRow, String)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT e.room, e.reply_to FROM event e
         WHERE e.id = ?1 AND e.reply_to IS NOT NULL AND e.redacted = 0
           AND NOT EXISTS (SELECT 1 FROM event x WHERE x.event_id = e.reply_to AND x.room = e.room)",
    )?;
    let mut found = Vec::new();
    for row in rows {
        found.extend(statement.query_row([row], |row| Ok((row.get(0)?, row.get(1)?))).optional()?);
    }
    found.retain(|(_, event_id): &(RoomRow, String)| event_id.starts_with('$'));
    Ok(found)
}
