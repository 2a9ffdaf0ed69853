//! Rooms and messages made from a seed, in the shapes and sizes in which Synapse tells them.

use serde_json::{Value, json};

/// The account that is measured.
pub const OWN: &str = "@lisbon:bench.example";
/// The other officer.
pub const PEER: &str = "@madrid:bench.example";
/// Stands in one message of five.
pub const COMMON: &str = "harbour";
/// Stands in one message of 8,000.
pub const RARE: &str = "zeppelin";

/// When the story begins, in milliseconds since 1970.
pub const START_TS: i64 = 1_790_000_000_000;

/// A source of numbers that is the same in every run.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// Starts from a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Returns a number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound.max(1)
    }

    /// A word; the first ones come far more often, as in a language.
    fn word(&mut self) -> String {
        const SYLLABLES: [&str; 24] = [
            "ba", "ter", "on", "pol", "is", "ka", "mer", "ver", "tin", "sol", "ra", "den", "lo", "fen",
            "gar", "us", "mi", "hel", "to", "qua", "ber", "an", "dri", "es",
        ];
        let (a, b) = (self.below(2000), self.below(2000));
        let mut rank = a * b / 1000;
        let mut word = String::new();
        for _ in 0..2 + rank % 3 {
            let index = usize::try_from(rank % 24).unwrap_or(0);
            word.push_str(SYLLABLES.get(index).copied().unwrap_or_default());
            rank = rank / 24 + rank % 7;
        }
        word
    }

    /// A message of about 60 characters.
    pub fn text(&mut self, number: u64) -> String {
        let words = 5 + self.below(10);
        let mut text: Vec<String> = (0..words).map(|_| self.word()).collect();
        if number.is_multiple_of(5) {
            text.push(COMMON.to_owned());
        }
        if number % 8000 == 17 {
            text.push(RARE.to_owned());
        }
        text.join(" ")
    }

    fn id(&mut self, sigil: char, length: usize) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut id = String::from(sigil);
        for _ in 0..length {
            let index = usize::try_from(self.below(64)).unwrap_or(0);
            id.push(char::from(LETTERS.get(index).copied().unwrap_or(b'A')));
        }
        id
    }

    /// An event id as room versions since 4 have them.
    pub fn event_id(&mut self) -> String {
        self.id('$', 43)
    }
}

/// A room as an answer tells it the first time.
#[derive(Debug)]
pub struct Room {
    /// Its id.
    pub id: String,
    /// What is said of it, JSON.
    pub initial: String,
}

/// Makes `rooms` rooms of `messages` clear messages each, most recent room first.
pub fn rooms(rooms: u64, messages: u64) -> Vec<Room> {
    (0..rooms).map(|number| room(number, messages)).collect()
}

fn room(number: u64, messages: u64) -> Room {
    let mut dice = Dice::new(number + 1);
    let id = room_id(number);
    let people: Vec<String> = (0..5).map(|_| format!("@officer{}:bench.example", dice.below(300))).collect();
    let newest = START_TS - i64::try_from(number).unwrap_or(0) * 60_000;
    let timeline: Vec<Value> = (0..messages)
        .map(|index| {
            let sender = people.get(usize::try_from(dice.below(5)).unwrap_or(0)).cloned().unwrap_or_default();
            let ts = newest - i64::try_from(messages - index).unwrap_or(0) * 40_000;
            let content = json!({ "body": dice.text(number * messages + index), "m.mentions": {}, "msgtype": "m.text" });
            event(dice.event_id(), &sender, "m.room.message", ts, &content)
        })
        .collect();
    let state = state(&mut dice, number, &people, false);
    Room { initial: initial(&state, &timeline, 6, Some(&format!("t{number}-before"))).to_string(), id }
}

/// Returns the id of a room.
pub fn room_id(number: u64) -> String {
    format!("{}:bench.example", Dice::new(number + 1_000_000).id('!', 18))
}

/// Makes an event as a sync tells it.
pub fn event(id: String, sender: &str, kind: &str, ts: i64, content: &Value) -> Value {
    json!({
        "content": content,
        "event_id": id,
        "origin_server_ts": ts,
        "sender": sender,
        "type": kind,
        "unsigned": { "age": 86_400_000, "membership": "join" },
    })
}

/// The part of a room's state that is asked for.
pub fn state(dice: &mut Dice, number: u64, people: &[String], encrypted: bool) -> Vec<Value> {
    let creator = people.first().cloned().unwrap_or_else(|| OWN.to_owned());
    let users: serde_json::Map<String, Value> = people.iter().map(|user| (user.clone(), json!(50))).collect();
    let mut contents = vec![
        ("m.room.create", String::new(), json!({ "creator": creator, "room_version": "11" })),
        ("m.room.name", String::new(), json!({ "name": format!("Operation {} {number}", dice.word()) })),
        ("m.room.topic", String::new(), json!({ "topic": dice.text(1) })),
        (
            "m.room.power_levels",
            String::new(),
            json!({ "ban": 50, "events": { "m.room.avatar": 50, "m.room.canonical_alias": 50,
            "m.room.encryption": 100, "m.room.history_visibility": 100, "m.room.name": 50, "m.room.power_levels": 100,
            "m.room.server_acl": 100, "m.room.tombstone": 100 }, "events_default": 0, "historical": 100, "invite": 0,
            "kick": 50, "redact": 50, "state_default": 50, "users": users, "users_default": 0 }),
        ),
        ("m.room.join_rules", String::new(), json!({ "join_rule": "invite" })),
        ("m.room.history_visibility", String::new(), json!({ "history_visibility": "shared" })),
    ];
    if encrypted {
        contents.push(("m.room.encryption", String::new(), json!({ "algorithm": "m.megolm.v1.aes-sha2" })));
    }
    for user in people.iter().map(String::as_str).chain([OWN]) {
        let name = user.trim_start_matches('@').split(':').next().unwrap_or_default();
        contents.push((
            "m.room.member",
            user.to_owned(),
            json!({ "displayname": name, "membership": "join" }),
        ));
    }
    contents
        .into_iter()
        .map(|(kind, state_key, content)| {
            let mut event = event(dice.event_id(), &creator, kind, START_TS - 90 * 86_400_000, &content);
            if let Some(event) = event.as_object_mut() {
                event.insert("state_key".to_owned(), json!(state_key));
            }
            event
        })
        .collect()
}

/// Makes what is said of a room the first time.
pub fn initial(state: &[Value], timeline: &[Value], joined: u64, before: Option<&str>) -> Value {
    json!({
        "initial": true,
        "limited": before.is_some(),
        "prev_batch": before,
        "bump_stamp": 1000,
        "joined_count": joined,
        "invited_count": 0,
        "notification_count": 0,
        "highlight_count": 0,
        "num_live": 0,
        "is_dm": false,
        "required_state": state,
        "timeline": timeline,
    })
}

/// Returns the time of the `offset`th thing that is said, in milliseconds since 1970.
pub fn ts(offset: u64) -> i64 {
    START_TS + i64::try_from(offset).unwrap_or(0) * 1000
}
