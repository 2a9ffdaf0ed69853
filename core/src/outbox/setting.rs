//! How this account has a room, and what is pinned in it, as queued actions: they hold at once, without a network too.

use reqwest::Method;
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::OutboxError;
use super::queue::{Queue, Ticket, joined, known, note};
use crate::ids::RoomRow;
use crate::net::{Call, Http, NetError, part};
use crate::store::changes::{Change, Changes};
use crate::store::codes::{Loudness, OutboxKind};
use crate::store::outbox::{self, Queued};
use crate::store::prefs::{self, PINNED, Tag};
use crate::store::{StoreError, rooms};

/// More is no list that anybody reads.
const MOST_PINNED: usize = 100;

/// What is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "set")]
pub enum Setting {
    /// Wanted at hand, or not any more.
    Favourite {
        /// Whether it is.
        on: bool,
    },
    /// Of low priority, or not any more.
    Low {
        /// Whether it is.
        on: bool,
    },
    /// How loud it is.
    Loudness {
        /// `all`, `mentions` or `none`.
        level: String,
    },
    /// A message is pinned, or not any more.
    Pin {
        /// Its event id.
        event_id: String,
        /// Whether it is.
        on: bool,
    },
}

/// A setting as it waits in the queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Payload {
    #[serde(flatten)]
    pub(super) setting: Setting,
    /// What a later one replaces.
    key: String,
    /// What was there before.
    before: Value,
}

impl Setting {
    fn key(&self) -> String {
        match self {
            Self::Favourite { .. } => "favourite".to_owned(),
            Self::Low { .. } => "low".to_owned(),
            Self::Loudness { .. } => "loudness".to_owned(),
            Self::Pin { event_id, .. } => format!("pin {event_id}"),
        }
    }
}

impl Queue {
    /// Sets something of a room, here at once, and queues it. Returns nothing where it is so already.
    ///
    /// # Errors
    /// `NotAMember`; faults of the database.
    pub fn setting(
        &self,
        tx: &Transaction<'_>,
        changes: &mut Changes,
        room: RoomRow,
        setting: &Setting,
        txn_id: &str,
    ) -> Result<Option<Ticket>, OutboxError> {
        if let Some(ticket) = known(tx, room, txn_id)? {
            return Ok(Some(ticket));
        }
        let room = joined(tx, room)?;
        let Some((payload, key)) = apply(tx, room.id, setting)? else { return Ok(None) };
        outbox::supersede_setting(tx, room.id, &key)?;
        self.insert(tx, &room, OutboxKind::Setting, txn_id, None, &payload, None)?;
        note(changes, room.id);
        changes.note(Change::Room(room.id));
        Ok(Some(Ticket { txn_id: txn_id.to_owned(), event_id: None }))
    }
}

/// Does it locally, and returns what has to be queued, and under which key; nothing where it is so already.
pub(super) fn apply(
    tx: &Transaction<'_>,
    room: RoomRow,
    setting: &Setting,
) -> Result<Option<(String, String)>, OutboxError> {
    let before = match setting {
        Setting::Favourite { .. } => json!(prefs::has_tag(tx, room, Tag::Favourite)?),
        Setting::Low { .. } => json!(prefs::has_tag(tx, room, Tag::Low)?),
        Setting::Loudness { .. } => json!(prefs::loudness(tx, room)?.as_str()),
        Setting::Pin { event_id, .. } => json!(pinned(tx, room)?.contains(event_id)),
    };
    if before == wanted(setting) {
        return Ok(None);
    }
    set(tx, room, setting)?;
    let payload = Payload { setting: setting.clone(), key: setting.key(), before };
    let text = serde_json::to_string(&payload).map_err(|_| OutboxError::Malformed)?;
    Ok(Some((text, payload.key)))
}

fn wanted(setting: &Setting) -> Value {
    match setting {
        Setting::Favourite { on } | Setting::Low { on } | Setting::Pin { on, .. } => json!(on),
        Setting::Loudness { level } => json!(level),
    }
}

fn set(tx: &Transaction<'_>, room: RoomRow, setting: &Setting) -> Result<(), StoreError> {
    match setting {
        Setting::Favourite { on } => prefs::set_tag(tx, room, Tag::Favourite, *on).map(drop),
        Setting::Low { on } => prefs::set_tag(tx, room, Tag::Low, *on).map(drop),
        Setting::Loudness { level } => prefs::set_loudness(tx, room, Loudness::of_word(level)).map(drop),
        Setting::Pin { event_id, on } => {
            let list = changed(pinned(tx, room)?, event_id, *on);
            prefs::set_pinned(tx, room, &json!({ "pinned": list }).to_string())
        }
    }
}

/// Lists the event ids that are pinned in a room.
///
/// # Errors
/// Those of the database.
pub fn pinned(connection: &rusqlite::Connection, room: RoomRow) -> Result<Vec<String>, StoreError> {
    let content = rooms::state(connection, room, PINNED, "")?;
    Ok(content
        .and_then(|content| serde_json::from_str(&content).ok())
        .map_or_else(Vec::new, |content| list(&content)))
}

fn list(content: &Value) -> Vec<String> {
    let listed = content.get("pinned").and_then(Value::as_array).into_iter().flatten();
    listed.filter_map(Value::as_str).map(str::to_owned).take(MOST_PINNED).collect()
}

fn changed(mut list: Vec<String>, event_id: &str, on: bool) -> Vec<String> {
    list.retain(|pinned| pinned != event_id);
    if on {
        list.push(event_id.to_owned());
    }
    list
}

/// Does it again locally, after it was taken back.
pub(super) fn redo(tx: &Transaction<'_>, queued: &Queued) -> Result<(), OutboxError> {
    let payload = of(queued)?;
    Ok(set(tx, queued.room, &payload.setting)?)
}

/// Takes back what it did locally.
pub(super) fn undo(tx: &Transaction<'_>, queued: &Queued) -> Result<(), StoreError> {
    let Ok(Payload { setting, before, .. }) = of(queued) else { return Ok(()) };
    let was = before.as_bool().unwrap_or(false);
    let old = match setting {
        Setting::Favourite { .. } => Setting::Favourite { on: was },
        Setting::Low { .. } => Setting::Low { on: was },
        Setting::Loudness { .. } => Setting::Loudness { level: before.as_str().unwrap_or("all").to_owned() },
        Setting::Pin { event_id, .. } => Setting::Pin { event_id, on: was },
    };
    set(tx, queued.room, &old)
}

pub(super) fn of(queued: &Queued) -> Result<Payload, OutboxError> {
    serde_json::from_str(&queued.payload).map_err(|_| OutboxError::Malformed)
}

/// Tells the server. Telling it twice is telling it once.
pub(super) async fn send(http: &Http, own: &str, room_id: &str, setting: &Setting) -> Result<(), NetError> {
    match setting {
        Setting::Favourite { on } => tag(http, own, room_id, Tag::Favourite, *on).await,
        Setting::Low { on } => tag(http, own, room_id, Tag::Low, *on).await,
        Setting::Loudness { level } => loudness(http, room_id, Loudness::of_word(level)).await,
        Setting::Pin { event_id, on } => pin(http, room_id, event_id, *on).await,
    }
}

async fn tag(http: &Http, own: &str, room_id: &str, tag: Tag, on: bool) -> Result<(), NetError> {
    let path = format!("/_matrix/client/v3/user/{}/rooms/{}/tags/{}", part(own), part(room_id), tag.name());
    if on {
        http.done(Call::put(&path, &json!({ "order": 0.5 }))).await.map(drop)
    } else {
        gone(http, &path).await
    }
}

/// A rule of the room silences all but what names the user; an override silences that too.
async fn loudness(http: &Http, room_id: &str, level: Loudness) -> Result<(), NetError> {
    let rule = |kind: &str| format!("/_matrix/client/v3/pushrules/global/{kind}/{}", part(room_id));
    match level {
        Loudness::All => {
            gone(http, &rule("override")).await?;
            gone(http, &rule("room")).await
        }
        Loudness::Mentions => {
            http.done(Call::put(&rule("room"), &json!({ "actions": [] }))).await?;
            gone(http, &rule("override")).await
        }
        Loudness::Nothing => {
            let condition = json!({ "kind": "event_match", "key": "room_id", "pattern": room_id });
            let body = json!({ "actions": [], "conditions": [condition] });
            http.done(Call::put(&rule("override"), &body)).await.map(drop)
        }
    }
}

async fn gone(http: &Http, path: &str) -> Result<(), NetError> {
    let call = Call { method: Method::DELETE, ..Call::get(path) };
    match http.done(call).await {
        Err(NetError::Refused { status: 404, .. }) => Ok(()),
        other => other.map(drop),
    }
}

/// What others pinned meanwhile stays: the list is changed as the server has it.
async fn pin(http: &Http, room_id: &str, event_id: &str, on: bool) -> Result<(), NetError> {
    let path = format!("/_matrix/client/v3/rooms/{}/state/{PINNED}/", part(room_id));
    let found: Value = match http.json(Call::get(&path)).await {
        Err(NetError::Refused { status: 404, .. }) => json!({}),
        other => other?,
    };
    let known = list(&found);
    let wanted = changed(known.clone(), event_id, on);
    if known.contains(&event_id.to_owned()) == on {
        return Ok(());
    }
    http.done(Call::put(&path, &json!({ "pinned": wanted }))).await.map(drop)
}
