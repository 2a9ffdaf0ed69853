//! The planner and the reader of answers against a model of a server, over a network that loses, repeats and delays.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Answer, FIRST_WINDOW, Position, TIMELINE_LIMIT};

/// What the world does next.
#[derive(Clone, Debug)]
enum Turn {
    /// Somebody says so much in a room that may be new.
    Speak { room: usize, events: usize },
    /// Somebody sends this device so many messages.
    Key { messages: usize },
    /// The client asks, and this becomes of it.
    Ask(Fate),
    /// The server forgets all connections.
    Forget,
    /// The client ends and goes on from what it had stored.
    Restart,
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    Arrives,
    NeverSent,
    AnswerLost,
    /// The answer before it comes again instead.
    Repeated,
    /// It ends in the middle.
    Torn,
}

/// Just enough of a sliding-sync server: what each position has told, and messages until they are confirmed.
#[derive(Default)]
struct Server {
    rooms: Vec<usize>,
    /// How recent each room is.
    recency: Vec<u64>,
    time: u64,
    /// By position: how many events of each room it has told.
    told: BTreeMap<u64, BTreeMap<usize, usize>>,
    next_pos: u64,
    to_device: BTreeMap<u64, String>,
    next_message: u64,
}

impl Server {
    fn speak(&mut self, room: usize, events: usize) {
        if room >= self.rooms.len() {
            self.rooms.push(0);
            self.recency.push(0);
        }
        let room = room.min(self.rooms.len() - 1);
        self.rooms[room] += events;
        self.time += 1;
        self.recency[room] = self.time;
    }

    fn key(&mut self, messages: usize) {
        for _ in 0..messages {
            self.next_message += 1;
            self.to_device.insert(self.next_message, format!("key {}", self.next_message));
        }
    }

    /// Answers a request, or says that it does not know the position.
    fn answer(&mut self, path: &str, request: &Value) -> Option<Value> {
        let asked = path.split("&pos=").nth(1).map(|pos| pos.parse::<u64>().expect("our own position"));
        let mut told = match asked {
            Some(pos) => self.told.get(&pos)?.clone(),
            None => BTreeMap::new(),
        };
        // Using a position confirms it: the others of the connection are gone.
        self.told.retain(|pos, _| Some(*pos) == asked);
        let last = request["lists"]["all"]["ranges"][0][1].as_u64().expect("range");
        let mut newest: Vec<usize> = (0..self.rooms.len()).collect();
        newest.sort_by_key(|room| std::cmp::Reverse(self.recency[*room]));
        let limit = usize::try_from(TIMELINE_LIMIT).expect("limit");
        let mut rooms = serde_json::Map::new();
        for room in newest.into_iter().take(usize::try_from(last).expect("range") + 1) {
            let (known, all) = (told.get(&room).copied(), self.rooms[room]);
            if known == Some(all) {
                continue;
            }
            let from = all.saturating_sub(limit).max(known.unwrap_or(0));
            let events: Vec<Value> =
                (from..all).map(|event| json!({ "event_id": format!("${room}-{event}") })).collect();
            rooms.insert(
                format!("!{room}:x"),
                json!({ "initial": known.is_none(), "limited": from > known.unwrap_or(0), "timeline": events,
                        "prev_batch": format!("{from}") }),
            );
            told.insert(room, all);
        }
        let extension = &request["extensions"]["to_device"];
        let since =
            extension["since"].as_str().map_or(0, |since| since.parse::<u64>().expect("our own place"));
        self.to_device.retain(|number, _| *number > since);
        let messages: Vec<(u64, String)> =
            self.to_device.iter().take(3).map(|(number, text)| (*number, text.clone())).collect();
        let place = messages.last().map_or(self.next_message, |(number, _)| *number);
        self.next_pos += 1;
        self.told.insert(self.next_pos, told);
        Some(json!({
            "pos": self.next_pos.to_string(),
            "lists": { "all": { "count": self.rooms.len() } },
            "rooms": rooms,
            "extensions": { "to_device": {
                "next_batch": place.to_string(),
                "events": messages.into_iter().map(|(_, text)| json!({ "key": text })).collect::<Vec<_>>(),
            } },
        }))
    }
}

/// What a client keeps: its position and, as one with it, what it was told.
#[derive(Clone, Default)]
struct Client {
    at: Position,
    /// By room the events that are there, and where holes before them begin.
    events: BTreeMap<String, BTreeSet<usize>>,
    holes: BTreeMap<String, BTreeSet<usize>>,
    keys: BTreeSet<String>,
}

impl Client {
    fn take(&mut self, answer: &Answer) {
        for room in &answer.rooms {
            let numbers: Vec<usize> = room
                .timeline
                .iter()
                .map(|raw| {
                    let event: Value = serde_json::from_str(raw.get()).expect("event");
                    let id = event["event_id"].as_str().expect("id").to_owned();
                    id.split('-').nth(1).expect("number").parse().expect("number")
                })
                .collect();
            let known = self.events.entry(room.room_id.clone()).or_default();
            let holes = self.holes.entry(room.room_id.clone()).or_default();
            if let Some(first) = numbers.first()
                && (room.limited || room.initial)
                && *first > 0
                && !known.contains(&(first - 1))
            {
                holes.insert(*first);
            }
            known.extend(numbers);
        }
        for raw in &answer.to_device {
            let message: Value = serde_json::from_str(raw.get()).expect("message");
            self.keys.insert(message["key"].as_str().expect("key").to_owned());
        }
        self.at = self.at.after(answer);
    }
}

struct World {
    server: Server,
    client: Client,
    /// As on the disk: what an idle answer moves is not written.
    stored: Client,
    before: Option<Vec<u8>>,
}

impl World {
    fn ask(&mut self, fate: Fate) -> bool {
        if matches!(fate, Fate::NeverSent) {
            return false;
        }
        let at = self.client.at.clone();
        let Some(answer) = self.server.answer(&at.path(false, 0), &at.request("main")) else {
            if matches!(fate, Fate::Arrives) {
                self.client.at = at.restarted();
            }
            return false;
        };
        let fresh = answer.to_string().into_bytes();
        let bytes = match fate {
            Fate::AnswerLost | Fate::NeverSent => return false,
            Fate::Repeated => self.before.clone().unwrap_or_else(|| fresh.clone()),
            Fate::Torn => fresh[..fresh.len() / 2].to_vec(),
            Fate::Arrives => fresh.clone(),
        };
        let Ok(answer) = Answer::read(&bytes) else { return false };
        self.before = Some(fresh);
        let empty = answer.is_empty();
        let window = self.client.at.window;
        self.client.take(&answer);
        if !empty || self.client.at.window != window {
            self.stored = self.client.clone();
        }
        empty && self.client.at.window == window && self.client.at.covers_all()
    }
}

fn turn() -> impl Strategy<Value = Turn> {
    let fate = prop_oneof![
        4 => Just(Fate::Arrives),
        1 => Just(Fate::NeverSent),
        1 => Just(Fate::AnswerLost),
        1 => Just(Fate::Repeated),
        1 => Just(Fate::Torn),
    ];
    prop_oneof![
        3 => (0_usize..40, 1_usize..50).prop_map(|(room, events)| Turn::Speak { room, events }),
        2 => (1_usize..6).prop_map(|messages| Turn::Key { messages }),
        6 => fate.prop_map(Turn::Ask),
        1 => Just(Turn::Forget),
        1 => Just(Turn::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    /// However the network was: once it is good again, every room is known with its newest events, no event is missing
    /// but behind a hole that is known, and every message to the device came.
    #[test]
    fn whatever_was_lost_on_the_way_nothing_is_lost(turns in prop::collection::vec(turn(), 1..60)) {
        let mut world =
            World { server: Server::default(), client: Client::default(), stored: Client::default(), before: None };
        for turn in turns {
            match turn {
                Turn::Speak { room, events } => world.server.speak(room, events),
                Turn::Key { messages } => world.server.key(messages),
                Turn::Ask(fate) => {
                    world.ask(fate);
                }
                Turn::Forget => world.server.told.clear(),
                Turn::Restart => world.client = world.stored.clone(),
            }
        }
        let quiet = (0..40).any(|_| world.ask(Fate::Arrives));
        prop_assert!(quiet, "it never comes to rest: {:?}", world.client.at);
        let limit = usize::try_from(TIMELINE_LIMIT).expect("limit");
        for (room, count) in world.server.rooms.iter().enumerate() {
            let name = format!("!{room}:x");
            let events = world.client.events.get(&name).cloned().unwrap_or_default();
            let holes = world.client.holes.get(&name).cloned().unwrap_or_default();
            for event in count.saturating_sub(limit)..*count {
                prop_assert!(events.contains(&event), "event {event} of {count} in room {room} is lost");
            }
            for event in 1..*count {
                let hidden = !events.contains(&(event - 1)) && events.contains(&event);
                prop_assert!(!hidden || holes.contains(&event), "a hole before {event} in room {room} that nobody knows");
            }
        }
        let sent: BTreeSet<String> = (1..=world.server.next_message).map(|number| format!("key {number}")).collect();
        prop_assert_eq!(&world.client.keys, &sent, "keys are lost");
        prop_assert!(world.client.at.window >= FIRST_WINDOW);
    }
}
