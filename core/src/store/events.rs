//! Rows of `event`: each event once, whether it was ours before the server had it, came by sync, or filled a gap.

mod users;

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};
pub use users::{find_user, user, user_id};

use super::chunks::Place;
use super::codes::{Notify, RelType, SendState, Undecryptable};
use super::{StoreError, chunks, erase, media, retention, search};
use crate::ids::{EventRow, RoomRow, UserRow};

/// An event as it is written.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// Given by the server; `None` for a local echo.
    pub event_id: Option<String>,
    /// Ours, where this device sent it.
    pub txn_id: Option<String>,
    /// Who sent it.
    pub sender: String,
    /// Milliseconds since 1970, by the sender's server.
    pub ts: i64,
    /// The decrypted type.
    pub kind: String,
    /// Of a state event.
    pub state_key: Option<String>,
    /// JSON, decrypted.
    pub content: String,
    /// Whether it came end-to-end encrypted.
    pub encrypted: bool,
    /// Whether it is an item of the timeline.
    pub shown: bool,
    /// What the push rules say.
    pub notify: Notify,
    /// How it stands to another event.
    pub relation: Relation,
    /// Event id of what it answers.
    pub reply_to: Option<String>,
    /// Event id of its thread's root.
    pub thread: Option<String>,
    /// Came with its content removed.
    pub redacted: bool,
    /// On its way, for a local echo.
    pub send_state: SendState,
    /// Why it cannot be read, if so.
    pub undecryptable: Undecryptable,
    /// The Megolm session that it waits for.
    pub session_id: Option<String>,
}

/// How an event stands to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// In which way.
    pub kind: RelType,
    /// To which event.
    pub to: Option<String>,
    /// With which reaction.
    pub key: Option<String>,
}

impl Relation {
    /// Stands alone.
    pub const NONE: Self = Self { kind: RelType::None, to: None, key: None };
}

/// Stands for the event id that an action with this transaction id will have; event ids begin otherwise.
pub fn placeholder(txn_id: &str) -> String {
    format!("{PLACEHOLDER}{txn_id}")
}

/// Begins what stands for an event id until there is one.
pub const PLACEHOLDER: char = '~';

/// What relations and decisions need to know of a stored event.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its row.
    pub id: EventRow,
    /// Its room.
    pub room: RoomRow,
    /// The server's id, once it has one.
    pub event_id: Option<String>,
    /// Ours, where this device sent it.
    pub txn_id: Option<String>,
    /// Who sent it.
    pub sender: UserRow,
    /// Milliseconds since 1970.
    pub ts: i64,
    /// The decrypted type.
    pub kind: String,
    /// JSON.
    pub content: String,
    /// Whether it came encrypted.
    pub encrypted: bool,
    /// How it stands to another event.
    pub relation: Relation,
    /// Whether its content was removed; not while that is only on the way.
    pub redacted: bool,
    /// Why it cannot be read.
    pub undecryptable: Undecryptable,
    /// Its newest valid edit.
    pub edit: Option<EventRow>,
}

impl Stored {
    /// By what others relate to it: the server's id, or what stands for it until then.
    pub fn key(&self) -> Option<String> {
        self.event_id.clone().or_else(|| self.txn_id.as_deref().map(placeholder))
    }
}

const STORED: &str =
    "id, room, event_id, sender, ts, type, content, encrypted, rel_type, rel_to, rel_key, redacted = 1,
                      utd, edit, txn_id";

fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        id: row.get(0)?,
        room: row.get(1)?,
        event_id: row.get(2)?,
        sender: row.get(3)?,
        ts: row.get(4)?,
        kind: row.get(5)?,
        content: row.get(6)?,
        encrypted: row.get(7)?,
        relation: Relation { kind: row.get(8)?, to: row.get(9)?, key: row.get(10)? },
        redacted: row.get(11)?,
        undecryptable: row.get(12)?,
        edit: row.get(13)?,
        txn_id: row.get(14)?,
    })
}

/// Reads an event by its row.
pub fn get(connection: &Connection, id: EventRow) -> Result<Stored, StoreError> {
    connection
        .prepare_cached(&format!("SELECT {STORED} FROM event WHERE id = ?1"))?
        .query_row([id], stored)
        .optional()?
        .ok_or(StoreError::NotFound("event"))
}

/// Says how loudly an event asks for attention.
pub fn notify(connection: &Connection, id: EventRow) -> Result<Notify, StoreError> {
    Ok(connection
        .prepare_cached("SELECT notify FROM event WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?)
}

/// Finds an event by the server's id, or by what stands for it.
pub fn find(connection: &Connection, room: RoomRow, event_id: &str) -> Result<Option<Stored>, StoreError> {
    if let Some(txn_id) = event_id.strip_prefix(PLACEHOLDER) {
        return find_txn(connection, room, txn_id);
    }
    Ok(connection
        .prepare_cached(&format!("SELECT {STORED} FROM event WHERE event_id = ?1 AND room = ?2"))?
        .query_row((event_id, room), stored)
        .optional()?)
}

/// Finds an own event by its transaction id.
pub fn find_txn(connection: &Connection, room: RoomRow, txn_id: &str) -> Result<Option<Stored>, StoreError> {
    Ok(connection
        .prepare_cached(&format!("SELECT {STORED} FROM event WHERE txn_id = ?1 AND room = ?2"))?
        .query_row((txn_id, room), stored)
        .optional()?)
}

/// Returns the contents of a user's readable events of one type in a room, newest first.
pub fn contents_of(
    connection: &Connection,
    room: RoomRow,
    sender: &str,
    kind: &str,
) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT content FROM event
         WHERE room = ?1 AND type = ?3 AND redacted = 0 AND sender = (SELECT id FROM user WHERE user_id = ?2)
         ORDER BY id DESC",
    )?;
    let rows = statement.query_map((room, sender, kind), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Lists the events that relate to one in one way, oldest first.
pub fn relating(
    connection: &Connection,
    room: RoomRow,
    event_id: &str,
    kind: RelType,
) -> Result<Vec<Stored>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {STORED} FROM event WHERE rel_to = ?1 AND room = ?2 AND rel_type = ?3 AND redacted = 0 AND send_state <> 3
         ORDER BY ts, id"
    ))?;
    let rows = statement.query_map((event_id, room, kind), stored)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Lists the events that wait for a Megolm session.
pub fn waiting_for(
    connection: &Connection,
    room: RoomRow,
    session_id: &str,
) -> Result<Vec<Stored>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {STORED} FROM event WHERE session_id = ?1 AND room = ?2 ORDER BY id"
    ))?;
    let rows = statement.query_map((session_id, room), stored)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Says whether an event is stored.
pub fn is_known(connection: &Connection, room: RoomRow, event_id: &str) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM event WHERE event_id = ?1 AND room = ?2")?
        .exists((event_id, room))?)
}

/// Says whether an event is stored and can be read.
pub fn is_readable(connection: &Connection, room: RoomRow, event_id: &str) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM event WHERE event_id = ?1 AND room = ?2 AND utd = 0")?
        .exists((event_id, room))?)
}

/// Says whether any stored event stands to this one.
pub fn is_related_to(connection: &Connection, room: RoomRow, event_id: &str) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM event WHERE rel_to = ?1 AND room = ?2")?
        .exists((event_id, room))?)
}

/// Lists the Megolm sessions, by room, that events wait for although their key is here: it came just before the
/// process ended.
pub fn overdue(connection: &Connection) -> Result<Vec<(String, String)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT r.room_id, e.session_id FROM event e JOIN room r ON r.id = e.room
           JOIN crypto_inbound_session k ON k.session_id = e.session_id AND k.room_id = r.room_id
         WHERE e.session_id IS NOT NULL",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Lists the Megolm sessions, with their rooms, that events wait for: those of the newest events first.
pub fn awaited(connection: &Connection) -> Result<Vec<(String, String)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT r.room_id, e.session_id FROM event e JOIN room r ON r.id = e.room
         WHERE e.session_id IS NOT NULL GROUP BY e.room, e.session_id ORDER BY max(e.ts) DESC",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes a new event, without a place.
pub fn insert(tx: &Transaction<'_>, room: RoomRow, event: &NewEvent) -> Result<EventRow, StoreError> {
    insert_at(tx, room, event, None)
}

/// Writes a new event, at its place where that is known: it must be free.
pub fn insert_at(
    tx: &Transaction<'_>,
    room: RoomRow,
    event: &NewEvent,
    place: Option<Place>,
) -> Result<EventRow, StoreError> {
    let sender = user(tx, &event.sender)?;
    let id = tx
        .prepare_cached(
            "INSERT INTO event (room, event_id, txn_id, sender, ts, type, state_key, content, encrypted, shown, notify,
               rel_type, rel_to, rel_key, reply_to, thread, redacted, send_state, utd, session_id, chunk, idx)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
               ?22)",
        )?
        .insert(
            rusqlite::params![
                room,
                event.event_id,
                event.txn_id,
                sender,
                event.ts,
                event.kind,
                event.state_key,
                event.content,
                event.encrypted,
                event.shown,
                event.notify,
                event.relation.kind,
                event.relation.to,
                event.relation.key,
                event.reply_to,
                event.thread,
                event.redacted,
                event.send_state,
                event.undecryptable,
                event.session_id,
                place.map(|place| place.chunk),
                place.map(|place| place.idx),
            ],
        )?;
    let id = EventRow(id);
    search::add_new(tx, id, room, sender, event)?;
    retention::date(tx, id, room)?;
    Ok(id)
}

/// Writes what is now known of an event: decrypted since, or come back from the server.
pub fn update(tx: &Transaction<'_>, id: EventRow, event: &NewEvent) -> Result<(), StoreError> {
    reindexed(tx, id, || {
        tx.prepare_cached(
            "UPDATE event SET event_id = ?2, ts = ?3, type = ?4, content = ?5, encrypted = ?6, notify = ?8,
               shown = iif(shown = 0 AND chunk IS NULL AND event_id IS NOT NULL AND txn_id IS NULL, 0, ?7),
               rel_type = ?9, rel_to = ?10, rel_key = ?11, reply_to = ?12, thread = ?13, redacted = ?14,
               send_state = ?15, utd = ?16, session_id = ?17
             WHERE id = ?1",
        )?
        .execute(rusqlite::params![
            id,
            event.event_id,
            event.ts,
            event.kind,
            event.content,
            event.encrypted,
            event.shown,
            event.notify,
            event.relation.kind,
            event.relation.to,
            event.relation.key,
            event.reply_to,
            event.thread,
            event.redacted,
            event.send_state,
            event.undecryptable,
            event.session_id,
        ])?;
        retention::date_again(tx, id)
    })
}

/// Returns the event that shows this one as its newest edit.
fn edited_by(connection: &Connection, id: EventRow) -> Result<Option<EventRow>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT id FROM event WHERE edit = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?)
}

/// Changes an event with the index kept in step, for the text it is an edit of too.
pub(super) fn reindexed(
    tx: &Transaction<'_>,
    id: EventRow,
    change: impl FnOnce() -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let rows: Vec<EventRow> = edited_by(tx, id)?.into_iter().chain([id]).collect();
    search::keep_in_step(tx, &rows, change)
}

/// Notes why an event cannot be read.
pub fn set_undecryptable(tx: &Transaction<'_>, id: EventRow, why: Undecryptable) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE event SET utd = ?2 WHERE id = ?1")?.execute((id, why))?;
    Ok(())
}

/// Makes `edit` the text that is shown for `target`; `None`: its own.
pub fn set_edit(tx: &Transaction<'_>, target: EventRow, edit: Option<EventRow>) -> Result<(), StoreError> {
    search::keep_in_step(tx, &[target], || {
        tx.prepare_cached("UPDATE event SET edit = ?2 WHERE id = ?1")?.execute((target, edit))?;
        Ok(())
    })
}

/// Removes an event's content for good, and that of its edits. What it was the edit of shows its own text, until
/// `set_edit` says otherwise.
pub fn redact(tx: &Transaction<'_>, id: EventRow) -> Result<(), StoreError> {
    let event = get(tx, id)?;
    wipe(tx, id)?;
    let Some(event_id) = &event.event_id else { return Ok(()) };
    for edit in relating(tx, event.room, event_id, RelType::Edit)? {
        if edit.sender == event.sender {
            wipe(tx, edit.id)?;
        }
    }
    Ok(())
}

fn wipe(tx: &Transaction<'_>, id: EventRow) -> Result<(), StoreError> {
    erase::note();
    media::forget(tx, id)?;
    reindexed(tx, id, || {
        tx.prepare_cached(
            "UPDATE event SET content = '{}', redacted = 1, edit = NULL, notify = 0, utd = 0, session_id = NULL,
               rel_key = NULL, purpose = NULL
             WHERE id = ?1",
        )?
        .execute([id])?;
        forget_edit(tx, id)
    })
}

fn forget_edit(tx: &Transaction<'_>, id: EventRow) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE event SET edit = NULL WHERE edit = ?1")?.execute([id])?;
    Ok(())
}

/// Notes how far an own event is on its way; `event_id` once the server gave it.
///
/// Where a sync brought the event before and did not say that it is ours, the two rows become one, the echo's.
pub fn set_sent(
    tx: &Transaction<'_>,
    id: EventRow,
    state: SendState,
    event_id: Option<&str>,
) -> Result<(), StoreError> {
    if let Some(event_id) = event_id
        && let Some(twin) = find(tx, get(tx, id)?.room, event_id)?.filter(|twin| twin.id != id)
    {
        replace(tx, &twin, id)?;
    }
    tx.prepare_cached("UPDATE event SET send_state = ?2, event_id = coalesce(?3, event_id) WHERE id = ?1")?
        .execute((id, state, event_id))?;
    Ok(())
}

/// Gives the local echoes that stand to an event by its transaction id the server's id of it.
pub fn resolve(tx: &Transaction<'_>, room: RoomRow, txn_id: &str, event_id: &str) -> Result<(), StoreError> {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let stands = placeholder(txn_id);
    tx.prepare_cached(
        "UPDATE event SET rel_to = iif(rel_to = ?2, ?3, rel_to), reply_to = iif(reply_to = ?2, ?3, reply_to),
           thread = iif(thread = ?2, ?3, thread), content = replace(content, ?4, ?5)
         WHERE room = ?1 AND chunk IS NULL AND ?2 IN (rel_to, reply_to, thread)",
    )?
    .execute((room, &stands, event_id, quoted(&stands), quoted(event_id)))?;
    Ok(())
}

/// Takes over the server's time.
pub fn set_ts(tx: &Transaction<'_>, id: EventRow, ts: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE event SET ts = ?2 WHERE id = ?1")?.execute((id, ts))?;
    retention::date_again(tx, id)
}

/// Hides an event while its redaction is on the way, or shows it again where that was refused.
pub fn set_redacting(tx: &Transaction<'_>, id: EventRow, redacting: bool) -> Result<(), StoreError> {
    reindexed(tx, id, || {
        tx.prepare_cached(
            "UPDATE event SET redacted = CASE WHEN ?2 THEN 2 ELSE 0 END WHERE id = ?1 AND redacted <> 1",
        )?
        .execute((id, redacting))?;
        Ok(())
    })
}

/// Gives `echo` the place of `twin`, and whatever happened to it there.
fn replace(tx: &Transaction<'_>, twin: &Stored, echo: EventRow) -> Result<(), StoreError> {
    let place = chunks::place_of(tx, twin.id)?;
    let edited = edited_by(tx, twin.id)?;
    media::move_to(tx, twin.id, echo)?;
    delete(tx, twin.id)?;
    tx.prepare_cached("UPDATE event SET ts = ?2 WHERE id = ?1")?.execute((echo, twin.ts))?;
    if let Some(place) = place {
        chunks::put(tx, echo, place)?;
    }
    if let Some(edited) = edited {
        set_edit(tx, edited, Some(echo))?;
    }
    if twin.redacted { wipe(tx, echo) } else { set_edit(tx, echo, twin.edit) }
}

/// Takes an event out. What its transaction id became stays known.
pub fn delete(tx: &Transaction<'_>, id: EventRow) -> Result<(), StoreError> {
    media::forget(tx, id)?;
    reindexed(tx, id, || {
        forget_edit(tx, id)?;
        // The row says what its transaction id became, as long as it is there.
        tx.prepare_cached(
            "INSERT OR IGNORE INTO sent_txn (txn_id, room, event_id, ts)
             SELECT txn_id, room, event_id, ts FROM event
             WHERE id = ?1 AND txn_id IS NOT NULL AND event_id IS NOT NULL",
        )?
        .execute([id])?;
        tx.prepare_cached("DELETE FROM event WHERE id = ?1")?.execute([id])?;
        Ok(())
    })
}
