//! The part of ingest that needs no transaction: reading, decrypting, and asking the push rules.

use std::collections::BTreeMap;

use ruma::push::{Action, PushConditionPowerLevelsCtx, PushConditionRoomCtx, Ruleset, Tweak};
use ruma::serde::Raw;
use ruma::{OwnedUserId, RoomId, UInt, UserId};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::IngestError;
use super::classify::classify;
use super::wire::{self, WireEvent};
use crate::crypto::{Crypto, Decrypted, NewKey};
use crate::ids::EventRow;
use crate::sliding::{Answer, Hero, RoomAnswer};
use crate::store::codes::{Notify, SendState, Undecryptable};
use crate::store::events::{NewEvent, Stored};
use crate::store::{Store, StoreError, account, events, rooms};

/// A sync answer, read and decrypted, ready to become rows.
#[derive(Debug, Default)]
pub struct Prepared {
    pub(super) rooms: Vec<PreparedRoom>,
    pub(super) decrypted: Vec<(EventRow, NewEvent)>,
    pub(super) account_data: Vec<(String, String)>,
    pub(super) room_account_data: BTreeMap<String, Vec<(String, String)>>,
    pub(super) receipts: BTreeMap<String, Vec<Receipt>>,
    /// Events that cannot be read (yet).
    pub undecryptable: usize,
}

#[derive(Debug)]
pub(super) struct Receipt {
    pub(super) user_id: String,
    pub(super) event_id: String,
    pub(super) thread: String,
    pub(super) ts: i64,
    pub(super) private: bool,
}

#[derive(Debug, Default)]
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

/// What decides how loudly events ask for attention.
#[derive(Debug)]
pub struct Attention {
    own: OwnedUserId,
    rules: Ruleset,
    /// Keys that were stored when the events which wait for them were not: looked at once.
    overdue: Vec<NewKey>,
}

impl Attention {
    /// Reads the account's push rules; without any, the protocol's defaults.
    ///
    /// # Errors
    /// Faults of the store, or a malformed own user id.
    pub fn load(store: &Store, own: &str) -> Result<Self, IngestError> {
        let own = UserId::parse(own).map_err(|_| IngestError::Account)?;
        let (stored, overdue) = store.read(|connection| {
            Ok::<_, StoreError>((
                account::account_data(connection, 0, "m.push_rules")?,
                events::overdue(connection)?,
            ))
        })?;
        let overdue =
            overdue.into_iter().map(|(room_id, session_id)| NewKey { room_id, session_id }).collect();
        Ok(Self { rules: rules(stored.as_deref(), &own), own, overdue })
    }

    fn update(&mut self, content: &str) {
        self.rules = rules(Some(content), &self.own);
    }

    async fn of(&self, event: &NewEvent, context: &PushConditionRoomCtx) -> Notify {
        // Only what people see can ask for their attention.
        if event.sender == self.own.as_str()
            || event.redacted
            || !(event.shown || event.relation.to.is_some())
        {
            return Notify::Nothing;
        }
        let whole = json!({ "type": event.kind, "sender": event.sender, "event_id": event.event_id,
            "state_key": event.state_key, "content": serde_json::from_str::<Value>(&event.content).unwrap_or_default() });
        let Ok(raw) = Raw::new(&whole) else { return Notify::Nothing };
        let actions = self.rules.get_actions(&raw, context).await;
        let highlight = actions.iter().any(|action| matches!(action, Action::SetTweak(Tweak::Highlight(yes)) if *yes == ruma::push::HighlightTweakValue::Yes));
        match (highlight, actions.iter().any(Action::should_notify)) {
            (true, _) => Notify::Highlight,
            (false, true) => Notify::Unread,
            (false, false) => Notify::Nothing,
        }
    }
}

fn rules(content: Option<&str>, own: &UserId) -> Ruleset {
    #[derive(serde::Deserialize)]
    struct Content {
        global: Ruleset,
    }
    content
        .and_then(|content| serde_json::from_str::<Content>(content).ok())
        .map_or_else(|| Ruleset::server_default(own), |content| content.global)
}

/// Reads and decrypts an answer. Nothing is written but keys.
///
/// # Errors
/// Faults of the store only: what an event says is never one.
pub async fn prepare(
    store: &Store,
    crypto: &Crypto,
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
    for room in answer.rooms {
        let room = prepare_room(store, crypto, attention, room).await?;
        prepared.undecryptable = prepared
            .undecryptable
            .saturating_add(room.timeline.iter().filter(|event| unreadable(event)).count());
        prepared.rooms.push(room);
    }
    Ok(prepared)
}

fn unreadable(event: &NewEvent) -> bool {
    event.undecryptable != Undecryptable::Readable
}

async fn prepare_room(
    store: &Store,
    crypto: &Crypto,
    attention: &Attention,
    room: RoomAnswer,
) -> Result<PreparedRoom, IngestError> {
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
    let timeline: Vec<(&RawValue, WireEvent)> =
        room.timeline.iter().filter_map(|raw| Some((&**raw, wire::read(raw)?))).collect();
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
    if encrypted && !joined.is_empty() {
        crypto.track(&joined).await?;
    }
    Ok(prepared)
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
    chunk: &[Box<RawValue>],
) -> Result<Vec<NewEvent>, IngestError> {
    let events = chunk.iter().filter_map(|raw| Some((&**raw, wire::read(raw)?))).collect();
    read_events(store, crypto, attention, room_id, None, events).await
}

async fn read_events(
    store: &Store,
    crypto: &Crypto,
    attention: &Attention,
    room_id: &str,
    joined: Option<i64>,
    events: Vec<(&RawValue, WireEvent)>,
) -> Result<Vec<NewEvent>, IngestError> {
    let Ok(room) = RoomId::parse(room_id) else { return Ok(Vec::new()) };
    let context = context(store, attention, room_id, joined)?;
    let mut read = Vec::with_capacity(events.len());
    for (raw, event) in events {
        let Some(event_id) = event.event_id.clone() else { continue };
        let known = event.kind == "m.room.encrypted"
            && store.read(|connection| is_readable(connection, room_id, &event_id))?;
        let decrypted = if event.kind == "m.room.encrypted" && !event.redacted && !known {
            let decrypted = crypto.decrypt(&room, raw.get()).await?;
            if let Decrypted::Unreadable { why: Undecryptable::MissingKey, .. } = decrypted {
                crypto.request_key(&room, raw.get()).await?;
            }
            Some(decrypted)
        } else {
            None
        };
        let mut new = build(event, decrypted);
        if !known && let Some(context) = &context {
            new.notify = attention.of(&new, context).await;
        }
        read.push(new);
    }
    Ok(read)
}

fn is_readable(connection: &rusqlite::Connection, room_id: &str, event_id: &str) -> Result<bool, StoreError> {
    let Some(room) = rooms::find(connection, room_id)? else { return Ok(false) };
    Ok(events::find(connection, room.id, event_id)?
        .is_some_and(|event| event.undecryptable == Undecryptable::Readable))
}

fn context(
    store: &Store,
    attention: &Attention,
    room_id: &str,
    joined: Option<i64>,
) -> Result<Option<PushConditionRoomCtx>, StoreError> {
    let Ok(room) = RoomId::parse(room_id) else { return Ok(None) };
    let (members, levels, name) = store.read(|connection| {
        let Some(known) = rooms::find(connection, room_id)? else { return Ok((2, None, None)) };
        let levels = rooms::state(connection, known.id, "m.room.power_levels", "")?;
        let name = rooms::member_name(connection, known.id, attention.own.as_str())?;
        Ok::<_, StoreError>((known.members, levels, name))
    })?;
    let members = UInt::new_saturating(u64::try_from(joined.unwrap_or(members)).unwrap_or(2));
    let name = name.unwrap_or_else(|| attention.own.localpart().to_owned());
    let mut context = PushConditionRoomCtx::new(room, members, attention.own.clone(), name);
    context.power_levels = levels.as_deref().and_then(power_levels);
    Ok(Some(context))
}

fn power_levels(content: &str) -> Option<PushConditionPowerLevelsCtx> {
    use ruma::events::room::power_levels::{
        RoomPowerLevels, RoomPowerLevelsEventContent, RoomPowerLevelsSource,
    };
    let content: RoomPowerLevelsEventContent = serde_json::from_str(content).ok()?;
    let levels = RoomPowerLevels::new(
        RoomPowerLevelsSource::Original(content),
        &ruma::room_version_rules::AuthorizationRules::V12,
        Vec::new(),
    );
    Some(levels.into())
}

/// Makes the row of an event from its envelope and what decrypting it came to.
pub(super) fn build(event: WireEvent, decrypted: Option<Decrypted>) -> NewEvent {
    let came_encrypted = event.kind == "m.room.encrypted";
    let (kind, content, undecryptable, session_id) = match decrypted {
        Some(Decrypted::Readable { kind, content }) => (kind, content, Undecryptable::Readable, None),
        Some(Decrypted::Unreadable { why, session_id }) => (event.kind, event.content, why, session_id),
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
        shown: class.shown,
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

/// Tries again what waited for these keys.
async fn retry(
    store: &Store,
    crypto: &Crypto,
    attention: &Attention,
    keys: &[NewKey],
) -> Result<Vec<(EventRow, NewEvent)>, IngestError> {
    let mut readable = Vec::new();
    for key in keys {
        let Ok(room) = RoomId::parse(&key.room_id) else { continue };
        let waiting = store.read(|connection| match rooms::find(connection, &key.room_id)? {
            Some(room) => events::waiting_for(connection, room.id, &key.session_id),
            None => Ok(Vec::new()),
        })?;
        if waiting.is_empty() {
            continue;
        }
        let context = context(store, attention, &key.room_id, None)?;
        for stored in waiting {
            let id = stored.id;
            let Some((whole, event)) = envelope(store, stored)? else { continue };
            let decrypted = crypto.decrypt(&room, &whole).await?;
            if matches!(decrypted, Decrypted::Readable { .. }) {
                let mut new = build(event, Some(decrypted));
                if let Some(context) = &context {
                    new.notify = attention.of(&new, context).await;
                }
                readable.push((id, new));
            }
        }
    }
    Ok(readable)
}

/// Puts the envelope of a stored ciphertext together again.
fn envelope(store: &Store, stored: Stored) -> Result<Option<(String, WireEvent)>, IngestError> {
    let Ok(content) = serde_json::from_str::<Value>(&stored.content) else { return Ok(None) };
    let sender = store.read(|connection| events::user_id(connection, stored.sender))?;
    let whole = json!({ "type": "m.room.encrypted", "event_id": stored.event_id, "sender": sender,
        "origin_server_ts": stored.ts, "content": content });
    let event = WireEvent {
        event_id: stored.event_id,
        sender,
        kind: "m.room.encrypted".to_owned(),
        ts: stored.ts,
        state_key: None,
        content,
        redacts: None,
        txn_id: None,
        redacted: false,
    };
    Ok(Some((whole.to_string(), event)))
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
