//! Rooms, their state and members, receipts, and the row that the list is read from.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use super::StoreError;
use super::codes::{Loudness, Membership, RoomKind};
use super::{chunks, now, speakers};
use crate::ids::{EventRow, RoomRow, UserRow};

/// A room as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Its row.
    pub id: RoomRow,
    /// Matrix id.
    pub room_id: String,
    /// What it is for.
    pub kind: RoomKind,
    /// This account's standing.
    pub membership: Membership,
    /// Whether what is sent there is encrypted.
    pub encrypted: bool,
    /// As shown.
    pub name: String,
    /// Topic.
    pub topic: String,
    /// Canonical alias, or nothing.
    pub alias: String,
    /// Joined members.
    pub members: i64,
    /// Whether all members are stored.
    pub members_complete: bool,
    /// Events that ask for attention behind the read marker.
    pub unread: i64,
    /// Those of them that ask loudly.
    pub highlights: i64,
    /// Whether there may be more of both.
    pub at_least: bool,
    /// Time of the newest item, in milliseconds since 1970; 0 without one.
    pub last_ts: i64,
    /// Its sender.
    pub last_sender: Option<String>,
    /// Its text.
    pub last_body: Option<String>,
    /// Own read receipt.
    pub read_event: Option<String>,
    /// Whether it is wanted at hand.
    pub favourite: bool,
    /// Whether it is of low priority.
    pub low: bool,
    /// What of it asks for attention.
    pub loudness: Loudness,
    /// A text for it that is not sent.
    pub draft: Option<String>,
}

const ROOM: &str =
    "id, room_id, kind, membership, encrypted, name, topic, alias, members, members_complete, unread,
                    highlights, at_least, last_ts, last_sender, last_body, read_event,
                    (SELECT t.message_ms FROM retention t WHERE t.room = room.id),
                    coalesce(p.favourite, 0), coalesce(p.low, 0), coalesce(p.loudness, 0),
                    (SELECT d.body FROM draft d WHERE d.room = room.id AND d.thread = '')
                    FROM room LEFT JOIN room_pref p ON p.room = room.id";

fn room(row: &Row<'_>) -> rusqlite::Result<Room> {
    let (last_ts, stays_ms): (i64, Option<i64>) = (row.get(13)?, row.get(17)?);
    // What is past its time is not shown, whether or not it is erased yet.
    let is_past = stays_ms.is_some_and(|ms| last_ts.saturating_add(ms) <= now::get().likely_ms);
    Ok(Room {
        id: row.get(0)?,
        room_id: row.get(1)?,
        kind: row.get(2)?,
        membership: row.get(3)?,
        encrypted: row.get(4)?,
        name: row.get(5)?,
        topic: row.get(6)?,
        alias: row.get(7)?,
        members: row.get(8)?,
        members_complete: row.get(9)?,
        unread: row.get(10)?,
        highlights: row.get(11)?,
        at_least: row.get(12)?,
        last_ts,
        last_sender: row.get::<_, Option<_>>(14)?.filter(|_| !is_past),
        last_body: row.get::<_, Option<_>>(15)?.filter(|_| !is_past),
        read_event: row.get(16)?,
        favourite: row.get(18)?,
        low: row.get(19)?,
        loudness: row.get(20)?,
        draft: row.get(21)?,
    })
}

/// Returns the row of a room, made when it is new.
pub fn ensure(tx: &Transaction<'_>, room_id: &str) -> Result<RoomRow, StoreError> {
    if let Some(found) = find(tx, room_id)? {
        return Ok(found.id);
    }
    Ok(tx
        .prepare_cached("INSERT INTO room (room_id) VALUES (?1) RETURNING id")?
        .query_row([room_id], |row| row.get(0))?)
}

/// Finds a room by its Matrix id.
pub fn find(connection: &Connection, room_id: &str) -> Result<Option<Room>, StoreError> {
    Ok(connection
        .prepare_cached(&format!("SELECT {ROOM} WHERE room_id = ?1"))?
        .query_row([room_id], room)
        .optional()?)
}

/// Reads a room by its row.
pub fn get(connection: &Connection, id: RoomRow) -> Result<Room, StoreError> {
    connection
        .prepare_cached(&format!("SELECT {ROOM} WHERE id = ?1"))?
        .query_row([id], room)
        .optional()?
        .ok_or(StoreError::NotFound("room"))
}

/// Finds the joined and invited rooms that bear a name or alias.
pub fn named(connection: &Connection, name: &str) -> Result<Vec<Room>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {ROOM} WHERE hidden = 0 AND membership IN (1, 2) AND (name = ?1 OR (alias <> '' AND alias = ?1))
         ORDER BY id"
    ))?;
    let rows = statement.query_map([name], room)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Reads one page of the list, newest first. `after` is the last room of the page before.
pub fn page(
    connection: &Connection,
    filter: Option<&str>,
    after: Option<(i64, RoomRow)>,
    limit: usize,
) -> Result<Vec<Room>, StoreError> {
    let (bump, id) = after.unwrap_or((i64::MAX, RoomRow(i64::MAX)));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {ROOM}
         WHERE hidden = 0 AND (bump_ts, id) < (?1, ?2) AND (?3 IS NULL OR instr(lower(name), lower(?3)) > 0)
         ORDER BY bump_ts DESC, id DESC LIMIT ?4"
    ))?;
    let rows = statement.query_map((bump, id, filter, limit), room)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes this account's standing in a room. A room that was left is kept but not listed.
pub fn set_membership(tx: &Transaction<'_>, id: RoomRow, membership: Membership) -> Result<(), StoreError> {
    let hidden = !matches!(membership, Membership::Join | Membership::Invite);
    tx.prepare_cached("UPDATE room SET membership = ?2, hidden = (?3 OR kind = ?4) WHERE id = ?1")?
        .execute((id, membership, hidden, RoomKind::Track))?;
    Ok(())
}

/// Facts of a room that a sync says outright; `None` leaves what is known.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Joined members.
    pub members: Option<i64>,
    /// Invited members.
    pub invited: Option<i64>,
    /// JSON list of names for a room without one.
    pub heroes: Option<String>,
    /// Between two people.
    pub direct: Option<bool>,
}

/// Writes what a sync said outright.
pub fn set_facts(tx: &Transaction<'_>, id: RoomRow, facts: &Facts) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE room SET members = coalesce(?2, members), invited = coalesce(?3, invited),
           heroes = coalesce(?4, heroes),
           kind = CASE WHEN kind IN (0, 1) AND ?5 IS NOT NULL THEN ?5 ELSE kind END
         WHERE id = ?1",
    )?
    .execute((id, facts.members, facts.invited, &facts.heroes, facts.direct))?;
    Ok(())
}

/// Reads one state event's content.
pub fn state(
    connection: &Connection,
    id: RoomRow,
    kind: &str,
    state_key: &str,
) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT content FROM room_state WHERE room = ?1 AND type = ?2 AND state_key = ?3")?
        .query_row((id, kind, state_key), |row| row.get(0))
        .optional()?)
}

/// Replaces one state event.
pub fn set_state(
    tx: &Transaction<'_>,
    id: RoomRow,
    kind: &str,
    state_key: &str,
    event_id: Option<&str>,
    sender: UserRow,
    content: &str,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO room_state (room, type, state_key, event_id, sender, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (room, type, state_key) DO UPDATE SET event_id = excluded.event_id, sender = excluded.sender,
           content = excluded.content",
    )?
    .execute((id, kind, state_key, event_id, sender, content))?;
    Ok(())
}

/// Writes the columns that are made of state: name, topic, alias, encryption, kind.
///
/// Encryption, once on, stays on: a server cannot talk a phone out of it.
pub fn set_derived(
    tx: &Transaction<'_>,
    id: RoomRow,
    name: &str,
    topic: &str,
    alias: &str,
    encrypted: bool,
    kind: Option<RoomKind>,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE room SET name = ?2, topic = ?3, alias = ?4, encrypted = max(encrypted, ?5), kind = coalesce(?6, kind),
           hidden = CASE WHEN ?6 = ?7 THEN 1 ELSE hidden END
         WHERE id = ?1",
    )?
    .execute((id, name, topic, alias, encrypted, kind, RoomKind::Track))?;
    Ok(())
}

/// What the shown name of a room without one is made of.
pub fn naming(connection: &Connection, id: RoomRow) -> Result<(String, i64, i64), StoreError> {
    Ok(connection
        .prepare_cached("SELECT heroes, members, invited FROM room WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?)
}

/// Brings the last item of a room's list row up to date, and moves the room up where it is newer.
///
/// `now_ms` bounds the time: a sender's clock that runs ahead must not pin its room to the top.
pub fn refresh_last(tx: &Transaction<'_>, id: RoomRow, now_ms: i64) -> Result<(), StoreError> {
    let changed = match last_item(tx, id)? {
        Some(last) => tx
            .prepare_cached(
                "WITH last AS (
                   SELECT e.ts AS ts, u.user_id AS sender,
                     coalesce(x.content -> 'm.new_content' ->> 'body', e.content ->> 'body', '') AS body
                   FROM event e JOIN user u ON u.id = e.sender LEFT JOIN event x ON x.id = e.edit
                   WHERE e.id = ?3)
                 UPDATE room SET last_ts = last.ts, last_sender = last.sender, last_body = last.body,
                   bump_ts = max(bump_ts, min(last.ts, ?2))
                 FROM last WHERE room.id = ?1",
            )?
            .execute((id, now_ms, last))?,
        None => 0,
    };
    if changed == 0 {
        tx.prepare_cached("UPDATE room SET last_ts = 0, last_sender = NULL, last_body = NULL WHERE id = ?1")?
            .execute([id])?;
    }
    Ok(())
}

/// Finds the newest item that is no state: a local echo, else the last of the newest run that has one.
fn last_item(connection: &Connection, id: RoomRow) -> Result<Option<EventRow>, StoreError> {
    let echo = connection
        .prepare_cached(
            "SELECT id FROM event WHERE room = ?1 AND chunk IS NULL AND shown = 1 AND state_key IS NULL
             ORDER BY id DESC LIMIT 1",
        )?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let mut of_run = connection.prepare_cached(
        "SELECT id FROM event WHERE chunk = ?1 AND shown = 1 AND state_key IS NULL ORDER BY idx DESC LIMIT 1",
    )?;
    let mut found = echo;
    let mut at = chunks::tail(connection, id)?;
    while let Some(run) = at.filter(|_| found.is_none()) {
        found = of_run.query_row([run], |row| row.get(0)).optional()?;
        at = chunks::get(connection, run)?.prev;
    }
    Ok(found)
}

/// Moves a room up the list.
pub fn bump(tx: &Transaction<'_>, id: RoomRow, ts: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE room SET bump_ts = max(bump_ts, ?2) WHERE id = ?1")?.execute((id, ts))?;
    Ok(())
}

/// Counts the rooms that are joined or invited to, and the events that cannot be read (yet).
pub fn counts(connection: &Connection) -> Result<(usize, usize), StoreError> {
    let (rooms, undecryptable): (i64, i64) = connection.query_row(
        "SELECT (SELECT count(*) FROM room WHERE hidden = 0),
           (SELECT count(*) FROM event e JOIN room r ON r.id = e.room
            WHERE e.session_id IS NOT NULL AND e.utd > 0 AND r.kind <> ?1)",
        [RoomKind::Track],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok((usize::try_from(rooms).unwrap_or(0), usize::try_from(undecryptable).unwrap_or(0)))
}

/// Says how much a member may do, by the stored power levels.
pub fn power(connection: &Connection, id: RoomRow, user_id: &str) -> Result<i64, StoreError> {
    let levels: serde_json::Value = state(connection, id, "m.room.power_levels", "")?
        .and_then(|content| serde_json::from_str(&content).ok())
        .unwrap_or_default();
    let given = levels.get("users").and_then(|users| users.get(user_id)?.as_i64());
    match given {
        Some(power) => Ok(power),
        // In the newest room versions the creator stands above all numbers and in none of the lists.
        None if creator(connection, id)?.as_deref() == Some(user_id) => Ok(100),
        None => Ok(levels.get("users_default").and_then(serde_json::Value::as_i64).unwrap_or(0)),
    }
}

/// Returns one member's standing, where it is stored.
pub fn membership(
    connection: &Connection,
    id: RoomRow,
    user: UserRow,
) -> Result<Option<Membership>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT membership FROM member WHERE room = ?1 AND user = ?2")?
        .query_row((id, user), |row| row.get(0))
        .optional()?)
}

/// Returns the Matrix id of who made a room.
pub fn creator(connection: &Connection, id: RoomRow) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT u.user_id FROM room_state s JOIN user u ON u.id = s.sender
             WHERE s.room = ?1 AND s.type = 'm.room.create' AND s.state_key = ''",
        )?
        .query_row([id], |row| row.get(0))
        .optional()?)
}

/// Writes one member.
pub fn set_member(
    tx: &Transaction<'_>,
    id: RoomRow,
    user: UserRow,
    membership: Membership,
    name: Option<&str>,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO member (room, user, membership, name) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (room, user) DO UPDATE SET membership = excluded.membership, name = excluded.name",
    )?
    .execute((id, user, membership, name))?;
    speakers::renamed(tx, user, name)
}

/// Changes how a user stands in a room, and nothing else of the user.
pub fn change_member(
    tx: &Transaction<'_>,
    id: RoomRow,
    user: UserRow,
    membership: Membership,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO member (room, user, membership) VALUES (?1, ?2, ?3)
         ON CONFLICT (room, user) DO UPDATE SET membership = excluded.membership",
    )?
    .execute((id, user, membership))?;
    Ok(())
}

/// Notes that all members of a room are stored, or that they may not be.
pub fn set_members_complete(tx: &Transaction<'_>, id: RoomRow, complete: bool) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE room SET members_complete = ?2 WHERE id = ?1")?.execute((id, complete))?;
    Ok(())
}

/// Counts the stored members who are joined.
pub fn joined_members(connection: &Connection, id: RoomRow) -> Result<i64, StoreError> {
    Ok(connection
        .prepare_cached("SELECT count(*) FROM member WHERE room = ?1 AND membership = 2")?
        .query_row([id], |row| row.get(0))?)
}

/// Lets everybody leave, for a list that replaces what is known.
pub fn forget_members(tx: &Transaction<'_>, id: RoomRow) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE member SET membership = 0 WHERE room = ?1")?.execute([id])?;
    Ok(())
}

/// A member as the list of members shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The user's row.
    pub row: UserRow,
    /// Matrix id.
    pub user_id: String,
    /// Standing.
    pub membership: Membership,
    /// Display name.
    pub name: Option<String>,
}

/// Lists the members who are joined or invited, by Matrix id.
pub fn members(connection: &Connection, id: RoomRow) -> Result<Vec<Member>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT u.user_id, m.membership, m.name, m.user FROM member m JOIN user u ON u.id = m.user
         WHERE m.room = ?1 AND m.membership IN (1, 2) ORDER BY u.user_id",
    )?;
    let rows = statement.query_map([id], |row| {
        Ok(Member { user_id: row.get(0)?, membership: row.get(1)?, name: row.get(2)?, row: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns the display name of one member.
pub fn member_name(
    connection: &Connection,
    id: RoomRow,
    user_id: &str,
) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT m.name FROM member m JOIN user u ON u.id = m.user WHERE m.room = ?1 AND u.user_id = ?2",
        )?
        .query_row((id, user_id), |row| row.get(0))
        .optional()?
        .flatten())
}

/// Writes a read receipt, unless a newer one is known. Returns whether it was written.
pub fn set_receipt(
    tx: &Transaction<'_>,
    id: RoomRow,
    user: UserRow,
    thread: &str,
    event_id: &str,
    ts: i64,
) -> Result<bool, StoreError> {
    let written = tx
        .prepare_cached(
            "INSERT INTO receipt (room, user, thread, event_id, ts) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (room, user, thread) DO UPDATE SET event_id = excluded.event_id, ts = excluded.ts
             WHERE excluded.ts >= receipt.ts AND excluded.event_id <> receipt.event_id",
        )?
        .execute((id, user, thread, event_id, ts))?;
    Ok(written > 0)
}

/// Notes up to where this account has read.
pub fn set_read(tx: &Transaction<'_>, id: RoomRow, event_id: &str) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE room SET read_event = ?2 WHERE id = ?1")?.execute((id, event_id))?;
    Ok(())
}

/// Writes the counts.
pub fn set_unread(
    tx: &Transaction<'_>,
    id: RoomRow,
    unread: i64,
    highlights: i64,
    at_least: bool,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE room SET unread = ?2, highlights = ?3, at_least = ?4
         WHERE id = ?1 AND (unread, highlights, at_least) <> (?2, ?3, ?4)",
    )?
    .execute((id, unread, highlights, at_least))?;
    Ok(())
}
