//! What the user did and the server does not have yet.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use super::changes::Changes;
use super::codes::{OutboxKind, SendState};
use super::{StoreError, events, media};
use crate::ids::{EventRow, OutboxRow, RoomRow};

/// One queued action.
#[derive(Clone, Debug)]
pub struct Queued {
    /// Its row; smaller was queued earlier.
    pub id: OutboxRow,
    /// The room it is for.
    pub room: RoomRow,
    /// That room's Matrix id.
    pub room_id: String,
    /// What it is.
    pub kind: OutboxKind,
    /// Makes a repeated try the same action.
    pub txn_id: String,
    /// Its local echo.
    pub event: Option<EventRow>,
    /// JSON, by kind.
    pub payload: String,
    /// The action whose event id this one needs.
    pub after: Option<OutboxRow>,
    /// Where it is on its way.
    pub state: SendState,
    /// Tries so far.
    pub attempts: u32,
    /// Not before, in milliseconds since 1970.
    pub next_ts: i64,
    /// Why the last try failed.
    pub error: Option<String>,
}

const QUEUED: &str = "o.id, o.room, r.room_id, o.kind, o.txn_id, o.event, o.payload, o.after, o.state,
                      o.attempts, o.next_ts, o.error FROM outbox o JOIN room r ON r.id = o.room";

fn queued(row: &Row<'_>) -> rusqlite::Result<Queued> {
    Ok(Queued {
        id: row.get(0)?,
        room: row.get(1)?,
        room_id: row.get(2)?,
        kind: row.get(3)?,
        txn_id: row.get(4)?,
        event: row.get(5)?,
        payload: row.get(6)?,
        after: row.get(7)?,
        state: row.get(8)?,
        attempts: row.get(9)?,
        next_ts: row.get(10)?,
        error: row.get(11)?,
    })
}

/// An action as it is queued.
#[derive(Clone, Debug)]
pub struct NewAction<'a> {
    /// The room it is for.
    pub room: RoomRow,
    /// What it is.
    pub kind: OutboxKind,
    /// Makes a repeated try the same action.
    pub txn_id: &'a str,
    /// Its local echo.
    pub event: Option<EventRow>,
    /// JSON, by kind.
    pub payload: &'a str,
    /// The action whose event id this one needs.
    pub after: Option<OutboxRow>,
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
}

/// Queues an action.
pub fn insert(tx: &Transaction<'_>, action: &NewAction<'_>) -> Result<OutboxRow, StoreError> {
    Ok(tx
        .prepare_cached(
            "INSERT INTO outbox (room, kind, txn_id, event, payload, after, created_ts)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id",
        )?
        .query_row(
            rusqlite::params![
                action.room,
                action.kind,
                action.txn_id,
                action.event,
                action.payload,
                action.after,
                action.now_ms,
            ],
            |row| row.get(0),
        )?)
}

/// Lists everything queued, oldest first.
pub fn all(connection: &Connection) -> Result<Vec<Queued>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {QUEUED} ORDER BY o.id"))?;
    let rows = statement.query_map([], queued)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Lists the first action of each room that is not failed: the only ones that may be sent now or later.
pub fn heads(connection: &Connection) -> Result<Vec<Queued>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {QUEUED} WHERE o.id IN (SELECT min(id) FROM outbox WHERE state <> 3 GROUP BY room) ORDER BY o.id"
    ))?;
    let rows = statement.query_map([], queued)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Finds the first action of a room that is not failed.
pub fn head(connection: &Connection, room: RoomRow) -> Result<Option<Queued>, StoreError> {
    Ok(connection
        .prepare_cached(&format!("SELECT {QUEUED} WHERE o.room = ?1 AND o.state <> 3 ORDER BY o.id LIMIT 1"))?
        .query_row([room], queued)
        .optional()?)
}

/// Finds a queued action.
pub fn get(connection: &Connection, id: OutboxRow) -> Result<Option<Queued>, StoreError> {
    Ok(connection
        .prepare_cached(&format!("SELECT {QUEUED} WHERE o.id = ?1"))?
        .query_row([id], queued)
        .optional()?)
}

/// Finds a queued action by its room and transaction id.
pub fn find_txn(connection: &Connection, room: RoomRow, txn_id: &str) -> Result<Option<Queued>, StoreError> {
    Ok(connection
        .prepare_cached(&format!("SELECT {QUEUED} WHERE o.txn_id = ?1 AND o.room = ?2"))?
        .query_row((txn_id, room), queued)
        .optional()?)
}

/// Notes how a try went.
pub fn set_state(
    tx: &Transaction<'_>,
    id: OutboxRow,
    state: SendState,
    attempts: u32,
    next_ts: i64,
    error: Option<&str>,
) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET state = ?2, attempts = ?3, next_ts = ?4, error = ?5 WHERE id = ?1")?
        .execute((id, state, attempts, next_ts, error))?;
    Ok(())
}

/// Lets everything that waits for the network try at once. What the server asked to delay keeps its time.
pub fn hurry(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET next_ts = 0 WHERE state = 1 AND (error LIKE 'network:%' OR error LIKE 'unanswered:%')")?
        .execute([])?;
    Ok(())
}

/// Puts what was under way when the process ended back into the queue.
pub fn reset_sending(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET state = 1, next_ts = 0 WHERE state = 2")?.execute([])?;
    tx.prepare_cached("UPDATE event SET send_state = 1 WHERE send_state = 2 AND chunk IS NULL")?
        .execute([])?;
    Ok(())
}

/// Takes an action out of the queue.
pub fn delete(tx: &Transaction<'_>, changes: &mut Changes, id: OutboxRow) -> Result<(), StoreError> {
    for upload in uploads(tx, id)? {
        let kept = upload.mxc.as_deref().map(|mxc| media::is_kept(tx, &upload.file, mxc)).transpose()?;
        if kept != Some(true) {
            changes.drop_file(upload.file);
        }
    }
    tx.prepare_cached("DELETE FROM outbox WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Lists what waits for the event id of an action, in the order in which it was queued.
pub fn waiting_for(connection: &Connection, room: RoomRow, txn_id: &str) -> Result<Vec<Queued>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {QUEUED} WHERE o.room = ?1 AND o.after IS NOT NULL AND instr(o.payload, ?2) > 0 ORDER BY o.id"
    ))?;
    let rows = statement.query_map((room, quoted(&events::placeholder(txn_id))), queued)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes that the server has an action as this event: its echo is sent, what waits for its id gets it, and it leaves
/// the queue.
pub fn arrived(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    sent: &Queued,
    event_id: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    match sent.event {
        Some(row) => events::set_sent(tx, row, SendState::Sent, Some(event_id))?,
        None => remember(tx, sent.room, &sent.txn_id, event_id, now_ms)?,
    }
    let waits = tx
        .prepare_cached("SELECT 1 FROM outbox WHERE room = ?1 AND after IS NOT NULL")?
        .exists([sent.room])?;
    if waits {
        let stands = events::placeholder(&sent.txn_id);
        tx.prepare_cached(
            "UPDATE outbox SET payload = replace(payload, ?2, ?3), after = iif(after = ?4, NULL, after)
             WHERE room = ?1 AND after IS NOT NULL AND instr(payload, ?2) > 0",
        )?
        .execute((sent.room, quoted(&stands), quoted(event_id), sent.id))?;
        events::resolve(tx, sent.room, &sent.txn_id, event_id)?;
    }
    media::adopt(tx, sent.id, sent.event, now_ms)?;
    delete(tx, changes, sent.id)
}

/// As it stands in JSON, where nothing else of a text can look like it: a quote inside one is escaped.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Says whether a room is being left.
pub fn is_leaving(connection: &Connection, room: RoomRow) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT 1 FROM outbox WHERE room = ?1 AND kind = 3 AND state <> 3
               AND payload ->> 'verb' = 'leave'",
        )?
        .exists([room])?)
}

/// Returns the latest time before which the server asked for nothing more to be sent; 0 without one.
pub fn quiet_until(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT coalesce(max(next_ts), 0) FROM outbox WHERE state <> 3 AND error LIKE 'rate_limited:%'",
        )?
        .query_row([], |row| row.get(0))?)
}

/// Remembers that an action was taken back that the server may have.
pub fn recall(tx: &Transaction<'_>, room: RoomRow, txn_id: &str, ts: i64) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT OR IGNORE INTO recalled (txn_id, room, ts) VALUES (?1, ?2, ?3)")?
        .execute((txn_id, room, ts))?;
    Ok(())
}

/// Says whether an action was taken back, and forgets it.
pub fn take_recalled(tx: &Transaction<'_>, room: RoomRow, txn_id: &str) -> Result<bool, StoreError> {
    let taken =
        tx.prepare_cached("DELETE FROM recalled WHERE txn_id = ?1 AND room = ?2")?.execute((txn_id, room))?;
    Ok(taken > 0)
}

/// Says whether an action was taken back.
pub fn is_recalled(connection: &Connection, room: RoomRow, txn_id: &str) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM recalled WHERE txn_id = ?1 AND room = ?2")?
        .exists((txn_id, room))?)
}

/// Queues the removal of what was taken back too late, once.
pub fn insert_recall(
    tx: &Transaction<'_>,
    room: RoomRow,
    txn_id: &str,
    event_id: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    let payload = serde_json::json!({ "event_id": event_id }).to_string();
    let txn_id = &format!("{txn_id}-recall");
    if find_txn(tx, room, txn_id)?.is_none() && sent(tx, room, txn_id)?.is_none() {
        let kind = OutboxKind::Redaction;
        insert(tx, &NewAction { room, kind, txn_id, event: None, payload: &payload, after: None, now_ms })?;
    }
    Ok(())
}

/// Forgets what was taken back so long ago that the server has told of it, if it ever had it.
pub fn forget_recalled(tx: &Transaction<'_>, before_ts: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM recalled WHERE ts < ?1")?.execute([before_ts])?;
    Ok(())
}

/// Remembers what a transaction id became, where no row of `event` says it.
pub fn remember(
    tx: &Transaction<'_>,
    room: RoomRow,
    txn_id: &str,
    event_id: &str,
    ts: i64,
) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT OR IGNORE INTO sent_txn (txn_id, room, event_id, ts) VALUES (?1, ?2, ?3, ?4)")?
        .execute((txn_id, room, event_id, ts))?;
    Ok(())
}

/// Says what a transaction id became.
pub fn sent(connection: &Connection, room: RoomRow, txn_id: &str) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT event_id FROM event WHERE txn_id = ?1 AND room = ?2 AND event_id IS NOT NULL
             UNION ALL SELECT event_id FROM sent_txn WHERE txn_id = ?1 AND room = ?2 LIMIT 1",
        )?
        .query_row((txn_id, room), |row| row.get(0))
        .optional()?)
}

/// Sealed bytes that must be on the server before their message.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Its row.
    pub id: i64,
    /// JSON pointer to where the message wants the address.
    pub pointer: String,
    /// Name in the account's media directory.
    pub file: String,
    /// Length.
    pub bytes: i64,
    /// The address reserved for it on the server.
    pub mxc: Option<String>,
    /// Whether the server has the bytes.
    pub done: bool,
}

/// Notes sealed bytes that are to be uploaded before an action.
pub fn insert_upload(
    tx: &Transaction<'_>,
    action: OutboxRow,
    pointer: &str,
    file: &str,
    bytes: i64,
) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO upload (outbox, pointer, file, bytes) VALUES (?1, ?2, ?3, ?4)")?
        .execute((action, pointer, file, bytes))?;
    Ok(())
}

/// Lists the uploads of an action.
pub fn uploads(connection: &Connection, action: OutboxRow) -> Result<Vec<Upload>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, pointer, file, bytes, mxc, done FROM upload WHERE outbox = ?1 ORDER BY id",
    )?;
    let rows = statement.query_map([action], upload)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Finds the sealed file of an event that was not sent yet, by the pointer to where its address will stand.
pub fn upload_of(
    connection: &Connection,
    event: EventRow,
    pointer: &str,
) -> Result<Option<Upload>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT u.id, u.pointer, u.file, u.bytes, u.mxc, u.done FROM upload u JOIN outbox o ON o.id = u.outbox
             WHERE o.event = ?1 AND u.pointer = ?2",
        )?
        .query_row((event, pointer), upload)
        .optional()?)
}

fn upload(row: &Row<'_>) -> rusqlite::Result<Upload> {
    Ok(Upload {
        id: row.get(0)?,
        pointer: row.get(1)?,
        file: row.get(2)?,
        bytes: row.get(3)?,
        mxc: row.get(4)?,
        done: row.get(5)?,
    })
}

/// Lists the files of all uploads: what else lies in the media directory belongs to nobody.
pub fn upload_files(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT file FROM upload")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes the address reserved for an upload (`None`: it ran out), and whether the server has the bytes. Then the local
/// echo learns where they are as well: its sender fetches them like everybody else.
pub fn set_upload(tx: &Transaction<'_>, id: i64, mxc: Option<&str>, done: bool) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE upload SET mxc = ?2, done = ?3 WHERE id = ?1")?.execute((id, mxc, done))?;
    if done {
        tx.prepare_cached(
            "UPDATE event SET content = json_set(content, '$' || replace(u.pointer, '/', '.'), u.mxc)
             FROM upload u JOIN outbox o ON o.id = u.outbox WHERE u.id = ?1 AND event.id = o.event",
        )?
        .execute([id])?;
    }
    Ok(())
}

/// Takes the queued actions of one kind in a room out: a newer one replaces them.
pub fn supersede(tx: &Transaction<'_>, room: RoomRow, kind: OutboxKind) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM outbox WHERE room = ?1 AND kind = ?2 AND state <> 2")?
        .execute((room, kind))?;
    Ok(())
}

/// Takes the queued settings of one kind in a room out: a newer one replaces them.
pub fn supersede_setting(tx: &Transaction<'_>, room: RoomRow, key: &str) -> Result<(), StoreError> {
    tx.prepare_cached(
        "DELETE FROM outbox WHERE room = ?1 AND kind = 4 AND state <> 2 AND payload ->> 'key' = ?2",
    )?
    .execute((room, key))?;
    Ok(())
}

/// Says whether a setting of one kind in a room is on its way.
pub fn is_set(connection: &Connection, room: RoomRow, key: &str) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT 1 FROM outbox WHERE room = ?1 AND kind = 4 AND state <> 3 AND payload ->> 'key' = ?2",
        )?
        .exists((room, key))?)
}
