//! Simplified sliding sync without I/O: what to ask next, and what an answer says. Lenient in reading: a part or
//! an event that makes no sense is skipped and counted, never the whole room or answer.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// Every room gets at least so many of its newest events.
pub const TIMELINE_LIMIT: u32 = 20;
/// The first answer fills a screen; each later one asks for so many rooms more.
const FIRST_WINDOW: u64 = 20;
const WINDOW_STEP: u64 = 200;
const LIST: &str = "all";

/// Where a connection stands. Pure state: stored with the rows of the same answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The server's token; `None` starts over.
    pub pos: Option<String>,
    /// Where the to-device messages go on.
    pub to_device_since: Option<String>,
    /// How many rooms, by recency, are asked for.
    pub window: u64,
    /// How many rooms there are, once an answer said so.
    pub count: Option<u64>,
}

/// Returns where the server is asked: `stable` where its versions say that the accepted endpoint is there.
pub fn sync_path(stable: bool) -> &'static str {
    if stable {
        "/_matrix/client/v4/sync"
    } else {
        "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync"
    }
}

impl Position {
    /// Says whether every room has been asked for.
    pub fn covers_all(&self) -> bool {
        self.pos.is_some() && self.count.is_some_and(|count| self.window >= count)
    }

    /// Starts over where the server forgot the connection, to-device messages included: a server that was put back to a
    /// backup counts them from before, and would never tell those that it numbers anew. What comes twice changes nothing.
    #[must_use]
    pub fn restarted(&self) -> Self {
        Self::default()
    }

    /// Returns the position after `answer`.
    #[must_use]
    pub fn after(&self, answer: &Answer) -> Self {
        let asked = self.window.max(FIRST_WINDOW);
        let count = answer.count.or(self.count);
        // No further step once all are covered, so that the request, and the server's work, stay the same.
        let window =
            if count.is_some_and(|count| asked < count) { asked.saturating_add(WINDOW_STEP) } else { asked };
        Self {
            pos: Some(answer.pos.clone()),
            to_device_since: answer.to_device_since.clone().or_else(|| self.to_device_since.clone()),
            window,
            count,
        }
    }

    /// Writes the request body.
    pub fn request(&self, conn_id: &str) -> Value {
        let last = self.window.max(FIRST_WINDOW).saturating_sub(1);
        let mut to_device = json!({ "enabled": true, "limit": 1000 });
        if let (Some(since), Some(extension)) = (&self.to_device_since, to_device.as_object_mut()) {
            extension.insert("since".to_owned(), json!(since));
        }
        json!({
            "conn_id": conn_id,
            "lists": { LIST: {
                "ranges": [[0, last]],
                "timeline_limit": TIMELINE_LIMIT,
                "required_state": [
                    ["m.room.create", ""], ["m.room.name", ""], ["m.room.topic", ""], ["m.room.canonical_alias", ""],
                    ["m.room.encryption", ""], ["m.room.power_levels", ""], ["m.room.join_rules", ""],
                    ["m.room.history_visibility", ""], ["m.room.tombstone", ""], ["m.room.retention", ""],
                    ["m.room.pinned_events", ""],
                    ["eu.qroc.purpose", ""], ["eu.qroc.classification", ""],
                    ["eu.qroc.track", ""], ["org.matrix.msc3672.beacon_info", "*"],
                    ["m.room.member", "$ME"], ["m.room.member", "$LAZY"],
                ],
            } },
            "extensions": {
                "to_device": to_device,
                "e2ee": { "enabled": true },
                "account_data": { "enabled": true },
                "receipts": { "enabled": true },
                "typing": { "enabled": true },
            },
        })
    }

    /// Writes the path and query: `stable` where the server's versions say that the accepted endpoint is there.
    pub fn path(&self, stable: bool, timeout_ms: u64) -> String {
        let mut path = format!("{}?timeout={timeout_ms}", sync_path(stable));
        if let Some(pos) = &self.pos {
            path.push_str("&pos=");
            for byte in pos.bytes() {
                match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                        path.push(char::from(byte))
                    }
                    other => path.push_str(&format!("%{other:02X}")),
                }
            }
        }
        path
    }
}

/// What one answer says.
#[derive(Debug, Default)]
pub struct Answer {
    /// The next position.
    pub pos: String,
    /// How many rooms there are.
    pub count: Option<u64>,
    /// The rooms that changed.
    pub rooms: Vec<RoomAnswer>,
    /// To-device messages, as they came.
    pub to_device: Vec<Box<RawValue>>,
    /// Where the to-device messages go on.
    pub to_device_since: Option<String>,
    /// Users whose devices changed.
    pub changed_users: Vec<String>,
    /// Users who share no encrypted room any more.
    pub left_users: Vec<String>,
    /// One-time keys left on the server, by algorithm; `None` where it did not say.
    pub one_time_keys: Option<BTreeMap<String, u64>>,
    /// Fallback keys not used yet; `None` where it did not say.
    pub fallback_keys: Option<Vec<String>>,
    /// The account's own data.
    pub account_data: Vec<Box<RawValue>>,
    /// The account's data by room.
    pub room_account_data: BTreeMap<String, Vec<Box<RawValue>>>,
    /// Receipt events by room.
    pub receipts: BTreeMap<String, Box<RawValue>>,
    /// Who is typing, by room.
    pub typing: BTreeMap<String, Vec<String>>,
    /// Parts that could not be read and were left out.
    pub skipped: usize,
    /// Rooms of which something could not be read that comes only once: events or state. They are not in `rooms`.
    pub unreadable: Vec<String>,
    /// Whose devices changed could not be read.
    pub device_lists_lost: bool,
}

/// What one answer says of one room.
#[derive(Debug, Default)]
pub struct RoomAnswer {
    /// Matrix id.
    pub room_id: String,
    /// The room is told from the start.
    pub initial: bool,
    /// There may be events between the last answer and this one's first.
    pub limited: bool,
    /// The token for what lies before `timeline`.
    pub prev_batch: Option<String>,
    /// Newest events, oldest first.
    pub timeline: Vec<Box<RawValue>>,
    /// Current state.
    pub required_state: Vec<Box<RawValue>>,
    /// State of a room that this account is invited to.
    pub invite_state: Option<Vec<Box<RawValue>>>,
    /// Names for a room without one.
    pub heroes: Option<Vec<Hero>>,
    /// Joined members.
    pub joined_count: Option<i64>,
    /// Invited members.
    pub invited_count: Option<i64>,
    /// Between two people.
    pub is_dm: Option<bool>,
}

/// A member named for a room without a name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Hero {
    /// Matrix id.
    pub user_id: String,
    /// Display name.
    #[serde(alias = "displayname")]
    pub name: Option<String>,
}

#[derive(Deserialize)]
struct Wire {
    pos: String,
    #[serde(default)]
    lists: BTreeMap<String, WireList>,
    #[serde(default)]
    rooms: Parts,
    #[serde(default)]
    extensions: Parts,
}

#[derive(Deserialize)]
struct WireList {
    count: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ToDevice {
    next_batch: Option<String>,
    events: Vec<Box<RawValue>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct E2ee {
    device_lists: DeviceLists,
    device_one_time_keys_count: Option<BTreeMap<String, u64>>,
    device_unused_fallback_key_types: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct DeviceLists {
    changed: Vec<String>,
    left: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AccountData {
    global: Vec<Box<RawValue>>,
    rooms: BTreeMap<String, Vec<Box<RawValue>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PerRoom {
    rooms: BTreeMap<String, Box<RawValue>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typing {
    content: TypingContent,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TypingContent {
    user_ids: Vec<String>,
}

/// The parts of an object, unread: each is judged by itself.
type Parts = BTreeMap<String, Box<RawValue>>;

/// Some servers write `null` for what they do not have.
fn is_there(parts: &Parts, name: &str) -> bool {
    parts.get(name).is_some_and(|raw| raw.get() != "null")
}

impl Answer {
    /// Reads an answer. Bytes that are not UTF-8 cost a character, a part of a room that makes no sense costs that part.
    ///
    /// # Errors
    /// Where there is no `pos`, or it is not JSON: then nothing of it can be used.
    pub fn read(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let wire: Wire = match std::str::from_utf8(bytes) {
            Ok(text) => serde_json::from_str(text)?,
            Err(_) => serde_json::from_str(&String::from_utf8_lossy(bytes))?,
        };
        let mut answer = Self {
            pos: wire.pos,
            count: wire.lists.get(LIST).and_then(|list| list.count),
            ..Self::default()
        };
        for (room_id, raw) in wire.rooms {
            match serde_json::from_str::<Parts>(raw.get()) {
                Ok(parts) if room_id.starts_with('!') => answer.read_room(room_id, &parts),
                _ => {
                    answer.skipped = answer.skipped.saturating_add(1);
                    answer.give_up(room_id);
                }
            }
        }
        answer.read_extensions(&wire.extensions);
        Ok(answer)
    }

    fn read_room(&mut self, room_id: String, parts: &Parts) {
        let timeline = self.optional(parts, "timeline");
        let required_state = self.optional(parts, "required_state");
        let lost = |read: bool, name: &str| !read && is_there(parts, name);
        if lost(timeline.is_some(), "timeline") || lost(required_state.is_some(), "required_state") {
            // Without these the rest would tell half a story.
            self.give_up(room_id);
            return;
        }
        let room = RoomAnswer {
            room_id,
            initial: self.part(parts, "initial"),
            limited: self.part(parts, "limited"),
            prev_batch: self.part(parts, "prev_batch"),
            timeline: timeline.unwrap_or_default(),
            required_state: required_state.unwrap_or_default(),
            invite_state: self.part(parts, "invite_state"),
            heroes: self.part(parts, "heroes"),
            joined_count: self.part(parts, "joined_count"),
            invited_count: self.part(parts, "invited_count"),
            is_dm: self.part(parts, "is_dm"),
        };
        self.rooms.push(room);
    }

    fn give_up(&mut self, room_id: String) {
        if room_id.starts_with('!') {
            self.unreadable.push(room_id);
        }
    }

    fn read_extensions(&mut self, extensions: &Parts) {
        let to_device: ToDevice = self.part(extensions, "to_device");
        self.to_device = to_device.events;
        self.to_device_since = to_device.next_batch;
        let e2ee: Option<E2ee> = self.optional(extensions, "e2ee");
        self.device_lists_lost = e2ee.is_none() && is_there(extensions, "e2ee");
        let e2ee = e2ee.unwrap_or_default();
        self.changed_users = e2ee.device_lists.changed;
        self.left_users = e2ee.device_lists.left;
        self.one_time_keys = e2ee.device_one_time_keys_count;
        self.fallback_keys = e2ee.device_unused_fallback_key_types;
        let account_data: AccountData = self.part(extensions, "account_data");
        self.account_data = account_data.global;
        self.room_account_data = account_data.rooms;
        let receipts: PerRoom = self.part(extensions, "receipts");
        self.receipts = receipts.rooms;
        let typing: PerRoom = self.part(extensions, "typing");
        for (room, raw) in typing.rooms {
            match serde_json::from_str::<Typing>(raw.get()) {
                Ok(typing) => drop(self.typing.insert(room, typing.content.user_ids)),
                Err(_) => self.skipped = self.skipped.saturating_add(1),
            }
        }
    }

    fn part<T: Default + for<'de> Deserialize<'de>>(&mut self, parts: &Parts, name: &str) -> T {
        self.optional(parts, name).unwrap_or_default()
    }

    /// Reads one part; one that makes no sense is left out and counted.
    fn optional<T: for<'de> Deserialize<'de>>(&mut self, parts: &Parts, name: &str) -> Option<T> {
        if !is_there(parts, name) {
            return None;
        }
        let read = parts.get(name).and_then(|raw| serde_json::from_str(raw.get()).ok());
        if read.is_none() {
            self.skipped = self.skipped.saturating_add(1);
        }
        read
    }

    /// Says whether the answer brought nothing at all.
    pub fn is_empty(&self) -> bool {
        self.rooms.is_empty()
            && self.to_device.is_empty()
            && self.changed_users.is_empty()
            && self.account_data.is_empty()
            && self.room_account_data.is_empty()
            && self.receipts.is_empty()
            && self.unreadable.is_empty()
            && !self.device_lists_lost
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
