//! The part of ingest that runs inside the one transaction of a sync answer: rows, order, state and counts.

use std::borrow::Cow;
use std::collections::BTreeSet;

use rusqlite::Transaction;
use serde_json::{Value, json};

use super::prepare::{Prepared, PreparedRoom};
use super::read::{advance_read, apply_receipts, take_room_data};
use super::wire::WireEvent;
use super::{location, names, prefs, relate};
use crate::ids::{EventRow, RoomRow};
use crate::store::changes::{Change, Changes};
use crate::store::chunks::{Chunk, Place};
use crate::store::codes::{Membership, SendState, Undecryptable};
use crate::store::crypto::room;
use crate::store::events::NewEvent;
use crate::store::{
    StoreError, account, aside, companions, events, outbox, placing, retention, rooms, timeline,
};

/// Whom the rows are for, and when.
#[derive(Clone, Debug)]
pub struct Context {
    /// This account.
    pub own: String,
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
}

/// What became of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Events that were not there before.
    pub new_events: Vec<EventRow>,
    /// Rooms that were touched.
    pub rooms: usize,
    /// Something arrived that was taken back: its removal waits to be sent.
    pub recalled: bool,
}

/// Writes a whole answer. Writing it again changes nothing.
///
/// # Errors
/// Faults of the database; then nothing is written.
pub fn apply(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    context: &Context,
    prepared: &Prepared,
) -> Result<Applied, StoreError> {
    let mut applied = Applied::default();
    let mut readable = BTreeSet::new();
    for (row, event) in &prepared.decrypted {
        let known = events::get(tx, *row)?;
        if known.undecryptable != Undecryptable::Readable {
            events::update(tx, *row, event)?;
            relate::relate(tx, *row)?;
            location::take_in(tx, changes, known.room, *row, event)?;
            changes.note(Change::Timeline(known.room));
            readable.insert(known.room);
        }
    }
    for room in readable {
        refresh(tx, changes, context, room)?;
    }
    for (kind, content) in &prepared.account_data {
        account::set_account_data(tx, 0, kind, content)?;
        changes.note(Change::Account);
    }
    for room in &prepared.rooms {
        let id = apply_room(tx, changes, context, room, &mut applied)?;
        applied.rooms = applied.rooms.saturating_add(1);
        refresh(tx, changes, context, id)?;
    }
    // Rules may come before their rooms.
    let told = prepared.account_data.iter().any(|(kind, _)| kind == "m.push_rules");
    if (told || prepared.rooms.iter().any(|room| room.initial))
        && let Some(rules) = account::account_data(tx, 0, "m.push_rules")?
        && prefs::rules(tx, &rules)?
    {
        changes.note(Change::RoomList);
    }
    for (room_id, list) in &prepared.room_account_data {
        if let Some(room) = rooms::find(tx, room_id)? {
            for (kind, content) in list {
                account::set_account_data(tx, room.id.0, kind, content)?;
                take_room_data(tx, changes, context, room.id, kind, content)?;
            }
        }
    }
    for (room_id, list) in &prepared.receipts {
        if let Some(room) = rooms::find(tx, room_id)? {
            apply_receipts(tx, changes, context, room.id, list)?;
        }
    }
    Ok(applied)
}

fn apply_room(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    context: &Context,
    prepared: &PreparedRoom,
    applied: &mut Applied,
) -> Result<RoomRow, StoreError> {
    let id = rooms::ensure(tx, &prepared.room_id)?;
    let before = rooms::get(tx, id)?;
    let mut membership = if prepared.invited { Membership::Invite } else { Membership::Join };
    for event in &prepared.state {
        apply_state(tx, id, event)?;
        location::take_in_state(tx, changes, id, event)?;
        if event.kind == "m.room.member" && event.state_key.as_deref() == Some(context.own.as_str()) {
            membership = membership_of(event);
            if membership == Membership::Invite {
                room::set_inviter(tx, &prepared.room_id, &event.sender)?;
            }
        }
    }
    // The server has not heard yet that the user leaves.
    let comes_back = before.membership == Membership::Leave && membership != Membership::Leave;
    if comes_back && outbox::is_leaving(tx, id)? {
        membership = Membership::Leave;
    }
    if membership != before.membership || before.last_ts == 0 {
        rooms::set_membership(tx, id, membership)?;
    }
    rooms::set_facts(
        tx,
        id,
        &rooms::Facts {
            members: prepared.joined_count,
            invited: prepared.invited_count,
            heroes: prepared.heroes.as_ref().map(|heroes| {
                json!(
                    heroes
                        .iter()
                        .map(|hero| hero.name.clone().unwrap_or_else(|| hero.user_id.clone()))
                        .collect::<Vec<_>>()
                )
                .to_string()
            }),
            direct: prepared.is_dm,
        },
    )?;
    check_members(tx, id, prepared)?;
    if membership == Membership::Invite {
        // An invitation has no timeline to be sorted by.
        rooms::bump(tx, id, context.now_ms)?;
    }
    names::derive(tx, id, &context.own)?;
    retention::settle(tx, id)?;
    let starts =
        prepared.timeline.iter().find(|event| event.kind == "m.room.create" && event.state_key.is_some());
    if let Some(made) = starts {
        // A room in which nobody has said anything yet stands where it was made.
        rooms::bump(tx, id, made.ts.min(context.now_ms))?;
    }
    let (list, _) = in_time(tx, id, &prepared.timeline)?;
    let token = if starts.is_some() { None } else { prepared.prev_batch.as_deref() };
    let holed = prepared.limited || prepared.initial;
    // What comes in a companion is positions; nobody is told of them as of messages.
    let told = companions::parent(tx, id)?.is_none();
    if are_new(tx, id, &list)? {
        let mut place = placing::end(tx, id, token, holed)?;
        let rows = write_new(tx, changes, id, &list, || {
            let here = place;
            place.idx = place.idx.saturating_add(1);
            here
        })?;
        applied.new_events.extend(rows.into_iter().filter(|_| told));
    } else {
        let mut new = Applied::default();
        let rows = upsert_all(tx, changes, context, id, &list, &mut new)?;
        applied.new_events.extend(new.new_events.into_iter().filter(|_| told));
        applied.recalled |= new.recalled;
        placing::live(tx, id, &rows, token, holed)?;
        for row in &rows {
            relate::relate(tx, *row)?;
        }
    }
    // Writing in a room, or coming in, is having read what was before.
    if let Some(own) = prepared.timeline.iter().rfind(|event| event.sender == context.own)
        && let Some(event_id) = &own.event_id
    {
        advance_read(tx, id, event_id)?;
    }
    changes.note(Change::Room(id));
    changes.note(Change::Timeline(id));
    Ok(id)
}

/// Who came or went behind a hole is not told: then the list of members is asked for again before anything is sent.
fn check_members(tx: &Transaction<'_>, id: RoomRow, prepared: &PreparedRoom) -> Result<(), StoreError> {
    let holed = prepared.limited || prepared.initial;
    let told = prepared.state.iter().any(|event| event.kind == "m.room.member");
    let differs = || -> Result<bool, StoreError> {
        let Some(joined) = prepared.joined_count else { return Ok(false) };
        Ok(told && rooms::joined_members(tx, id)? != joined)
    };
    if rooms::get(tx, id)?.members_complete && (holed || differs()?) {
        rooms::set_members_complete(tx, id, false)?;
    }
    Ok(())
}

/// Brings what is derived of a room's events up to date.
///
/// # Errors
/// Faults of the database.
pub fn refresh(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    context: &Context,
    id: RoomRow,
) -> Result<(), StoreError> {
    if companions::parent(tx, id)?.is_some() {
        return Ok(());
    }
    rooms::refresh_last(tx, id, context.now_ms)?;
    let read = rooms::get(tx, id)?.read_event;
    let unread = timeline::unread(tx, id, read.as_deref())?;
    rooms::set_unread(tx, id, unread.unread, unread.highlights, unread.at_least)?;
    changes.note(Change::RoomList);
    Ok(())
}

/// Writes older events, newest first, that were fetched for a gap. Returns whether the gap is closed.
///
/// # Errors
/// Faults of the database; then nothing is written.
pub fn apply_older(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    context: &Context,
    room: RoomRow,
    gap: &Chunk,
    older: &[NewEvent],
    end: Option<&str>,
) -> Result<bool, StoreError> {
    let (kept, overdue) = in_time(tx, room, older)?;
    // Where all that was said on a page is past its time, so is all before it: nobody asks for that again.
    let is_said = |event: &&NewEvent| event.state_key.is_none();
    let end = if overdue && !kept.iter().any(|event| is_said(&event)) { None } else { end };
    let older = &*kept;
    let start = if are_new(tx, room, older)? { placing::start(tx, gap)? } else { None };
    let closed = match start {
        Some(mut place) => {
            write_new(tx, changes, room, older, || {
                let here = place;
                place.idx = place.idx.saturating_sub(1);
                here
            })?;
            placing::shrink(tx, gap, end)?
        }
        None => {
            let rows = upsert_all(tx, changes, context, room, older, &mut Applied::default())?;
            let closed = placing::fill(tx, gap, &rows, end)?;
            for row in &rows {
                relate::relate(tx, *row)?;
            }
            closed
        }
    };
    changes.note(Change::Timeline(room));
    refresh(tx, changes, context, room)?;
    Ok(closed)
}

/// Writes an event that another process has fetched: after all that is known, until a sync says where it stands.
/// Returns its row where it was not known.
///
/// # Errors
/// Faults of the database; then nothing is written.
pub fn apply_handed(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    context: &Context,
    room_id: &str,
    event: &NewEvent,
) -> Result<Option<EventRow>, StoreError> {
    let Some(room) = rooms::find(tx, room_id)? else { return Ok(None) };
    if retention::is_overdue(tx, room.id, event)? {
        return Ok(None);
    }
    let mut applied = Applied::default();
    let row = upsert(tx, changes, context, room.id, event, &mut applied)?;
    relate::relate(tx, row)?;
    changes.note(Change::Timeline(room.id));
    refresh(tx, changes, context, room.id)?;
    Ok(applied.new_events.pop())
}

/// Leaves out what is past its time and not known here, and says whether that was anything: it was erased before, or would
/// be at once.
fn in_time<'a>(
    tx: &Transaction<'_>,
    room: RoomRow,
    list: &'a [NewEvent],
) -> Result<(Cow<'a, [NewEvent]>, bool), StoreError> {
    let mut overdue = Vec::new();
    if retention::limits(tx, room)?.message_ms.is_some() {
        for (number, event) in list.iter().enumerate() {
            if retention::is_overdue(tx, room, event)? {
                overdue.push(number);
            }
        }
    }
    if overdue.is_empty() {
        return Ok((Cow::Borrowed(list), false));
    }
    let kept = list.iter().enumerate().filter(|(number, _)| !overdue.contains(number));
    Ok((Cow::Owned(kept.map(|(_, event)| event.clone()).collect()), true))
}

/// Says whether a batch holds nothing but events that were never seen: what almost every batch is.
fn are_new(tx: &Transaction<'_>, room: RoomRow, list: &[NewEvent]) -> Result<bool, StoreError> {
    let mut ids = BTreeSet::new();
    for event in list {
        let Some(event_id) = event.event_id.as_deref().filter(|_| event.txn_id.is_none()) else {
            return Ok(false);
        };
        if !ids.insert(event_id) || events::is_known(tx, room, event_id)? {
            return Ok(false);
        }
    }
    Ok(!list.is_empty())
}

/// Writes events that were never seen, each once and with its place.
fn write_new(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    room: RoomRow,
    list: &[NewEvent],
    mut place: impl FnMut() -> Place,
) -> Result<Vec<EventRow>, StoreError> {
    let mut rows = Vec::with_capacity(list.len());
    for event in list {
        rows.push(events::insert_at(tx, room, event, Some(place()))?);
    }
    for (event, row) in list.iter().zip(&rows) {
        let Some(event_id) = &event.event_id else { continue };
        if event.relation.to.is_some() || events::is_related_to(tx, room, event_id)? {
            relate::relate(tx, *row)?;
        }
        location::take_in(tx, changes, room, *row, event)?;
    }
    Ok(rows)
}

fn upsert_all(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    context: &Context,
    room: RoomRow,
    list: &[NewEvent],
    applied: &mut Applied,
) -> Result<Vec<EventRow>, StoreError> {
    let mut rows = Vec::with_capacity(list.len());
    for event in list {
        let row = upsert(tx, changes, context, room, event, applied)?;
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    Ok(rows)
}

/// One row for one event, whether it is new, was ours all along, or can be read since.
fn upsert(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    context: &Context,
    room: RoomRow,
    event: &NewEvent,
    applied: &mut Applied,
) -> Result<EventRow, StoreError> {
    if let Some(event_id) = &event.event_id
        && let Some(known) = events::find(tx, room, event_id)?
    {
        // What was fetched by itself is an item from here on.
        if event.shown {
            aside::show(tx, known.id)?;
        }
        // What this device sent bears its own clock's time until the server's comes.
        if known.ts != event.ts {
            events::set_ts(tx, known.id, event.ts)?;
            location::confirm(tx, changes, &known, event)?;
        }
        if event.redacted && !known.redacted {
            events::redact(tx, known.id)?;
        } else if known.undecryptable != Undecryptable::Readable
            && event.undecryptable == Undecryptable::Readable
            && event.kind != "m.room.encrypted"
        {
            events::update(tx, known.id, event)?;
            location::take_in(tx, changes, room, known.id, event)?;
        }
        return Ok(known.id);
    }
    // Only this account's own events can be the answer to its own transaction ids.
    if event.sender == context.own
        && let (Some(txn_id), Some(event_id)) = (&event.txn_id, &event.event_id)
        && let Some(echo) = events::find_txn(tx, room, txn_id)?
        && echo.event_id.is_none()
    {
        match outbox::find_txn(tx, room, txn_id)? {
            Some(queued) => outbox::arrived(tx, changes, &queued, event_id, context.now_ms)?,
            None => events::set_sent(tx, echo.id, SendState::Sent, Some(event_id))?,
        }
        events::set_ts(tx, echo.id, event.ts)?;
        location::confirm(tx, changes, &echo, event)?;
        return Ok(echo.id);
    }
    // An id that another event has already is none.
    let txn_id = match &event.txn_id {
        Some(txn_id) if event.sender == context.own && events::find_txn(tx, room, txn_id)?.is_none() => {
            Some(txn_id.clone())
        }
        _ => None,
    };
    let row = events::insert(tx, room, &NewEvent { txn_id, ..event.clone() })?;
    location::take_in(tx, changes, room, row, event)?;
    if recalled(tx, context, room, event, row)? {
        applied.recalled = true;
    } else {
        applied.new_events.push(row);
    }
    Ok(row)
}

/// What the user took back while it may have been on its way has arrived after all: it is removed there too.
fn recalled(
    tx: &Transaction<'_>,
    context: &Context,
    room: RoomRow,
    event: &NewEvent,
    row: EventRow,
) -> Result<bool, StoreError> {
    let (Some(txn_id), Some(event_id)) = (&event.txn_id, &event.event_id) else { return Ok(false) };
    if event.sender != context.own || !outbox::take_recalled(tx, room, txn_id)? {
        return Ok(false);
    }
    outbox::remember(tx, room, txn_id, event_id, context.now_ms)?;
    if !event.redacted {
        events::set_redacting(tx, row, true)?;
        outbox::insert_recall(tx, room, txn_id, event_id, context.now_ms)?;
    }
    Ok(true)
}

fn membership_of(event: &WireEvent) -> Membership {
    Membership::from_word(event.content.get("membership").and_then(Value::as_str).unwrap_or_default())
}

fn apply_state(tx: &Transaction<'_>, room: RoomRow, event: &WireEvent) -> Result<(), StoreError> {
    let Some(state_key) = &event.state_key else { return Ok(()) };
    if event.kind == "m.room.member" {
        let user = events::user(tx, state_key)?;
        let name = event.content.get("displayname").and_then(Value::as_str);
        return rooms::set_member(tx, room, user, membership_of(event), name);
    }
    let sender = events::user(tx, &event.sender)?;
    rooms::set_state(
        tx,
        room,
        &event.kind,
        state_key,
        event.event_id.as_deref(),
        sender,
        &event.content.to_string(),
    )
}
