//! The part of ingest that needs no transaction: reading and decrypting.

use std::collections::BTreeMap;
use std::sync::Arc;

use ruma::RoomId;
use rusqlite::Connection;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::task::JoinSet;

use super::IngestError;
use super::attention::{Attention, context};
use super::classify::classify;
use super::waiting::retry;
use super::wire::{self, WireEvent};
use crate::crypto::{Crypto, Decrypted};
use crate::ids::EventRow;
use crate::sliding::{Answer, Hero, RoomAnswer};
use crate::store::codes::{Membership, Notify, SendState, Undecryptable};
use crate::store::events::NewEvent;
use crate::store::{Store, StoreError, events, rooms};

/// Fewer events than this are read on one processor.
const WORTH_SHARING: usize = 200;
/// More parts than this gain nothing on phones and cost memory.
const MOST_PARTS: usize = 4;

/// A sync answer, read and decrypted, ready to become rows.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    pub(super) rooms: Vec<PreparedRoom>,
    pub(super) decrypted: Vec<(EventRow, NewEvent)>,
    pub(super) account_data: Vec<(String, String)>,
    pub(super) room_account_data: BTreeMap<String, Vec<(String, String)>>,
    pub(super) receipts: BTreeMap<String, Vec<Receipt>>,
    /// Events that cannot be read (yet).
    pub undecryptable: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Receipt {
    pub(super) user_id: String,
    pub(super) event_id: String,
    pub(super) thread: String,
    pub(super) ts: i64,
    pub(super) private: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct PreparedRoom {
    pub(super) room_id: String,
    pub(super) initial: bool,
    pub(super) limited: bool,
    pub(super) prev_batch: Option<String>,
    pub(super) invited: bool,
    pub(super) heroes: Option<Vec<Hero>>,
    pub(super) joined_count: Option<i64>,
    pub(super) invited_count: Option<i64>,
    pub(super) is_dm: Option<bool>,
    /// In the order in which it is to be applied.
    pub(super) state: Vec<WireEvent>,
    pub(super) timeline: Vec<NewEvent>,
}

impl Prepared {
    /// Says whether all that it brings is the place of messages that this device has sent and shows: nobody misses it
    /// for a while.
    ///
    /// # Errors
    /// Those of the database.
    pub fn only_echoes(&self, connection: &Connection, own: &str) -> Result<bool, StoreError> {
        let bare = self.decrypted.is_empty()
            && self.account_data.is_empty()
            && self.room_account_data.is_empty()
            && self.receipts.is_empty();
        if !bare || self.rooms.is_empty() {
            return Ok(false);
        }
        for room in &self.rooms {
            if !room.only_echoes(connection, own)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl PreparedRoom {
    fn only_echoes(&self, connection: &Connection, own: &str) -> Result<bool, StoreError> {
        let bare = !self.initial
            && !self.limited
            && !self.invited
            && self.state.is_empty()
            && !self.timeline.is_empty();
        if !bare {
            return Ok(false);
        }
        let Some(room) = rooms::find(connection, &self.room_id)? else { return Ok(false) };
        // Writing is having read: a count that is to go is not kept waiting.
        let settled = room.membership == Membership::Join
            && room.unread == 0
            && !room.at_least
            && self.joined_count.is_none_or(|joined| joined == room.members);
        if !settled {
            return Ok(false);
        }
        for event in &self.timeline {
            let Some(event_id) = event.event_id.as_deref().filter(|_| event.sender == own) else {
                return Ok(false);
            };
            // By the server's time of an area all clients agree which version is newer.
            let shown = events::find(connection, room.id, event_id)?.is_some_and(|known| {
                known.undecryptable == Undecryptable::Readable
                    && known.redacted == event.redacted
                    && known.kind != "eu.qroc.area"
            });
            if !shown {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Reads and decrypts an answer. Nothing is written but keys.
///
/// # Errors
/// Faults of the store only: what an event says is never one.
pub async fn prepare(
    store: &Arc<Store>,
    crypto: &Arc<Crypto>,
    attention: &mut Attention,
    answer: Answer,
) -> Result<Prepared, IngestError> {
    let mut keys = crypto.receive(&answer).await?;
    keys.extend(std::mem::take(&mut attention.overdue));
    let mut prepared =
        Prepared { decrypted: retry(store, crypto, attention, &keys).await?, ..Prepared::default() };
    for raw in &answer.account_data {
        let Some((kind, content)) = typed(raw) else { continue };
        if kind == "m.push_rules" {
            attention.update(&content);
        }
        prepared.account_data.push((kind, content));
    }
    for (room_id, list) in &answer.room_account_data {
        prepared
            .room_account_data
            .insert(room_id.clone(), list.iter().filter_map(|raw| typed(raw)).collect());
    }
    for (room_id, raw) in &answer.receipts {
        prepared.receipts.insert(room_id.clone(), receipts(raw));
    }
    let (rooms, members) = prepare_rooms(store, crypto, attention, answer.rooms).await?;
    if !members.is_empty() {
        crypto.track(&members).await?;
    }
    let events = rooms.iter().flat_map(|room| &room.timeline);
    prepared.undecryptable = events.filter(|event| unreadable(event)).count();
    prepared.rooms = rooms;
    Ok(prepared)
}

/// Prepares the rooms of an answer, in their order, and says whose devices matter from now on.
///
/// A long answer is shared out among the processors by whole rooms: the events of a room share Megolm sessions, and
/// each session is read once and never waited for.
async fn prepare_rooms(
    store: &Arc<Store>,
    crypto: &Arc<Crypto>,
    attention: &Attention,
    rooms: Vec<RoomAnswer>,
) -> Result<(Vec<PreparedRoom>, Vec<String>), IngestError> {
    let total: usize = rooms.iter().map(|room| room.timeline.len()).sum();
    let parts =
        if total < WORTH_SHARING { 1 } else { std::thread::available_parallelism().map_or(1, usize::from) };
    let share = total.div_ceil(parts.min(MOST_PARTS)).max(1);
    let mut tasks = JoinSet::new();
    let mut part = Vec::new();
    let mut filled: usize = 0;
    let mut done = BTreeMap::new();
    let last = rooms.len();
    for (number, room) in rooms.into_iter().enumerate() {
        filled = filled.saturating_add(room.timeline.len());
        part.push(room);
        if filled < share && number.saturating_add(1) < last {
            continue;
        }
        filled = 0;
        let part = std::mem::take(&mut part);
        let (store, crypto, attention) = (store.clone(), crypto.clone(), attention.clone());
        let work = async move { (number, prepare_part(&store, &crypto, &attention, part).await) };
        if number.saturating_add(1) < last {
            tasks.spawn(work);
        } else {
            let (number, part) = work.await;
            done.insert(number, part?);
        }
    }
    while let Some(joined) = tasks.join_next().await {
        // The runtime goes down, and we with it.
        let (number, part) = joined.map_err(|_| StoreError::Closed)?;
        done.insert(number, part?);
    }
    let (rooms, members): (Vec<_>, Vec<_>) = done.into_values().unzip();
    Ok((rooms.into_iter().flatten().collect(), members.into_iter().flatten().collect()))
}

async fn prepare_part(
    store: &Store,
    crypto: &Crypto,
    attention: &Attention,
    rooms: Vec<RoomAnswer>,
) -> Result<(Vec<PreparedRoom>, Vec<String>), IngestError> {
    let mut prepared = Vec::with_capacity(rooms.len());
    let mut members = Vec::new();
    for room in rooms {
        let (room, joined) = prepare_room(store, crypto, attention, room).await?;
        prepared.push(room);
        members.extend(joined);
    }
    Ok((prepared, members))
}

fn unreadable(event: &NewEvent) -> bool {
    event.undecryptable != Undecryptable::Readable
}

/// Returns the room, and its members where they are new in an encrypted one.
async fn prepare_room(
    store: &Store,
    crypto: &Crypto,
    attention: &Attention,
    room: RoomAnswer,
) -> Result<(PreparedRoom, Vec<String>), IngestError> {
    let mut prepared = PreparedRoom {
        initial: room.initial,
        limited: room.limited,
        prev_batch: room.prev_batch,
        invited: room.invite_state.is_some(),
        heroes: room.heroes,
        joined_count: room.joined_count,
        invited_count: room.invited_count,
        is_dm: room.is_dm,
        room_id: room.room_id,
        ..PreparedRoom::default()
    };
    let timeline = read_all(room.timeline);
    // The state that came beside the timeline is the newer.
    prepared.state.extend(
        timeline.iter().filter(|(_, event)| event.state_key.is_some()).map(|(_, event)| event.clone()),
    );
    let beside = room.required_state.iter().chain(room.invite_state.iter().flatten());
    prepared.state.extend(beside.filter_map(|raw| wire::read(raw)).filter(|event| event.state_key.is_some()));
    prepared.timeline =
        read_events(store, crypto, attention, &prepared.room_id, prepared.joined_count, timeline).await?;
    let joined: Vec<String> = prepared
        .state
        .iter()
        .filter(|event| event.kind == "m.room.member" && member_word(event) != "leave")
        .filter_map(|event| event.state_key.clone())
        .collect();
    let encrypted = prepared.state.iter().any(|event| event.kind == "m.room.encryption")
        || store.read(|connection| {
            Ok::<_, StoreError>(
                rooms::find(connection, &prepared.room_id)?.is_some_and(|room| room.encrypted),
            )
        })?;
    Ok((prepared, if encrypted { joined } else { Vec::new() }))
}

fn member_word(event: &WireEvent) -> &str {
    event.content.get("membership").and_then(Value::as_str).unwrap_or("leave")
}

/// Reads events that filled a gap, newest first as they came.
///
/// # Errors
/// Faults of the store only.
pub async fn prepare_older(
    store: &Store,
    crypto: &Crypto,
    attention: &Attention,
    room_id: &str,
    chunk: Vec<Box<RawValue>>,
) -> Result<Vec<NewEvent>, IngestError> {
    read_events(store, crypto, attention, room_id, None, read_all(chunk)).await
}

fn read_all(events: Vec<Box<RawValue>>) -> Vec<(Box<RawValue>, WireEvent)> {
    events.into_iter().filter_map(|raw| wire::read(&raw).map(|event| (raw, event))).collect()
}

async fn read_events(
    store: &Store,
    crypto: &Crypto,
    attention: &Attention,
    room_id: &str,
    joined: Option<i64>,
    events: Vec<(Box<RawValue>, WireEvent)>,
) -> Result<Vec<NewEvent>, IngestError> {
    let Ok(room) = RoomId::parse(room_id) else { return Ok(Vec::new()) };
    let context = context(store, attention, room_id, joined)?;
    let mut readable = known_readable(store, room_id, &events)?.into_iter();
    let mut read = Vec::with_capacity(events.len());
    for (raw, event) in events {
        let known = readable.next().unwrap_or(false);
        if event.event_id.is_none() {
            continue;
        }
        let encrypted = event.kind == "m.room.encrypted" && !event.redacted && !known;
        let (decrypted, whole) = if encrypted {
            match crypto.decrypt(&room, raw.clone()).await? {
                Decrypted::Readable { kind, content, whole } => {
                    crypto.receive_in_room(&room, &whole).await?;
                    (Some(Ok((kind, content))), whole)
                }
                Decrypted::Unreadable { why, session_id } => {
                    if why == Undecryptable::MissingKey {
                        crypto.request_key(&room, raw.get()).await?;
                    }
                    (Some(Err((why, session_id))), raw)
                }
            }
        } else {
            (None, raw)
        };
        let mut new = build(event, decrypted);
        if !known && let Some(context) = &context {
            new.notify = attention.of(&new, whole, context).await;
        }
        read.push(new);
    }
    Ok(read)
}

/// Says of each event whether it came encrypted and was read before.
fn known_readable(
    store: &Store,
    room_id: &str,
    list: &[(Box<RawValue>, WireEvent)],
) -> Result<Vec<bool>, StoreError> {
    if !list.iter().any(|(_, event)| event.kind == "m.room.encrypted") {
        return Ok(Vec::new());
    }
    store.read(|connection| {
        let Some(room) = rooms::find(connection, room_id)? else { return Ok(Vec::new()) };
        let readable = |(_, event): &(Box<RawValue>, WireEvent)| match &event.event_id {
            Some(event_id) if event.kind == "m.room.encrypted" => {
                events::is_readable(connection, room.id, event_id)
            }
            _ => Ok(false),
        };
        list.iter().map(readable).collect()
    })
}

/// A decrypted type and content, or why not and what it waits for.
pub(super) type Opened = Result<(String, Value), (Undecryptable, Option<String>)>;

/// Makes the row of an event from its envelope and what decrypting it came to.
pub(super) fn build(event: WireEvent, decrypted: Option<Opened>) -> NewEvent {
    let came_encrypted = event.kind == "m.room.encrypted";
    let (kind, content, undecryptable, session_id) = match decrypted {
        Some(Ok((kind, content))) => (kind, content, Undecryptable::Readable, None),
        Some(Err((why, session_id))) => (event.kind, event.content, why, session_id),
        None => (event.kind, event.content, Undecryptable::Readable, None),
    };
    let class = classify(&kind, event.state_key.is_some(), &content, event.redacts.as_deref());
    NewEvent {
        event_id: event.event_id,
        txn_id: event.txn_id,
        sender: event.sender,
        ts: event.ts,
        kind,
        state_key: event.state_key,
        content: content.to_string(),
        encrypted: came_encrypted,
        shown: class.shown && !event.stays,
        notify: Notify::Nothing,
        relation: class.relation,
        reply_to: class.reply_to,
        thread: class.thread,
        redacted: event.redacted,
        send_state: SendState::Sent,
        undecryptable,
        session_id,
    }
}

fn typed(raw: &RawValue) -> Option<(String, String)> {
    #[derive(serde::Deserialize)]
    struct Typed {
        #[serde(rename = "type")]
        kind: String,
        content: Value,
    }
    let typed: Typed = serde_json::from_str(raw.get()).ok()?;
    Some((typed.kind, typed.content.to_string()))
}

fn receipts(raw: &RawValue) -> Vec<Receipt> {
    let mut all = Vec::new();
    let event: Value = serde_json::from_str(raw.get()).unwrap_or_default();
    for (event_id, kinds) in event.get("content").and_then(Value::as_object).into_iter().flatten() {
        for (kind, users) in kinds.as_object().into_iter().flatten() {
            let private = match kind.as_str() {
                "m.read" => false,
                "m.read.private" => true,
                _ => continue,
            };
            for (user_id, receipt) in users.as_object().into_iter().flatten() {
                let thread =
                    receipt.get("thread_id").and_then(Value::as_str).filter(|thread| *thread != "main");
                all.push(Receipt {
                    user_id: user_id.clone(),
                    event_id: event_id.clone(),
                    thread: thread.unwrap_or_default().to_owned(),
                    ts: receipt.get("ts").and_then(Value::as_i64).unwrap_or(0),
                    private,
                });
            }
        }
    }
    all
}
