//! Syncs: one connection for everything, or one for rooms and one for what passes between devices.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::{Instant, timeout_at};

use super::{News, Server, State};
use crate::world::{OWN, Room};

/// How long an idle poll waits at most: a minute of thirty-second polls in twenty seconds.
const POLL: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
pub(super) struct Position {
    pub(super) news: VecDeque<News>,
    /// Parts of news for a connection that did not ask yet.
    rooms: VecDeque<Vec<Room>>,
    to_device: VecDeque<Vec<Value>>,
    /// Rooms of the list that were told, by connection.
    told: BTreeMap<String, usize>,
    pos: u64,
}

impl Position {
    /// What is new for a connection that asks for these parts.
    fn next(&mut self, asked: &Asked) -> (Vec<Room>, Vec<Value>) {
        if asked.lists() && asked.to_device {
            return self.news.pop_front().map(|news| (news.rooms, news.to_device)).unwrap_or_default();
        }
        while let Some(news) = self.news.pop_front() {
            self.rooms.extend((!news.rooms.is_empty()).then_some(news.rooms));
            self.to_device.extend((!news.to_device.is_empty()).then_some(news.to_device));
        }
        let rooms = if asked.lists() { self.rooms.pop_front() } else { None };
        let to_device = if asked.to_device { self.to_device.pop_front() } else { None };
        (rooms.unwrap_or_default(), to_device.unwrap_or_default())
    }
}

/// What a request asks for.
struct Asked {
    connection: String,
    list: Option<String>,
    /// The number of the last room of the list.
    last: usize,
    to_device: bool,
    e2ee: bool,
    wait: Duration,
}

impl Asked {
    fn read(query: &str, body: &Value) -> Self {
        let wait = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("timeout="))
            .and_then(|ms| ms.parse().ok())
            .map_or(Duration::ZERO, Duration::from_millis);
        let list = body.get("lists").and_then(Value::as_object).and_then(|lists| lists.iter().next());
        let last =
            list.and_then(|(_, list)| list.pointer("/ranges/0/1")).and_then(Value::as_u64).unwrap_or(0);
        let enabled = |name: &str| {
            body.pointer(&format!("/extensions/{name}/enabled")).and_then(Value::as_bool).unwrap_or(false)
        };
        Self {
            connection: body.get("conn_id").and_then(Value::as_str).unwrap_or_default().to_owned(),
            list: list.map(|(name, _)| name.clone()),
            last: usize::try_from(last).unwrap_or(usize::MAX),
            to_device: enabled("to_device"),
            e2ee: enabled("e2ee"),
            wait,
        }
    }

    fn lists(&self) -> bool {
        self.list.is_some()
    }
}

impl Server {
    pub(super) async fn sync(&self, query: &str, body: &Value) -> String {
        let asked = Asked::read(query, body);
        let first = !query.contains("pos=");
        if first {
            self.lock().sync.told.remove(&asked.connection);
        }
        let until = Instant::now() + asked.wait.min(POLL);
        loop {
            let woken = self.woken.notified();
            if let Some(answer) = self.sync_now(&asked, first || asked.wait.is_zero()) {
                return answer;
            }
            if timeout_at(until, woken).await.is_err() {
                return self.sync_now(&asked, true).unwrap_or_default();
            }
        }
    }

    fn sync_now(&self, asked: &Asked, even_nothing: bool) -> Option<String> {
        let mut state = self.lock();
        let told = state.sync.told.get(&asked.connection).copied().unwrap_or(0);
        let until = if asked.lists() { state.rooms.len().min(asked.last.saturating_add(1)) } else { told };
        let mut rooms = members_of_answer(state.rooms.get(told..until).unwrap_or_default());
        state.sync.told.insert(asked.connection.clone(), until.max(told));
        let mut to_device = Vec::new();
        if rooms.is_empty() {
            let news = state.sync.next(asked);
            rooms = members_of_answer(&news.0);
            to_device = news.1;
        }
        if rooms.is_empty() && to_device.is_empty() && !even_nothing {
            return None;
        }
        state.sync.pos += 1;
        let extensions = extensions(&state, asked, &to_device);
        let lists = match &asked.list {
            Some(list) => json!({ list: { "count": state.rooms.len() } }),
            None => json!({}),
        };
        let pos = state.sync.pos;
        Some(format!(
            r#"{{"pos":"{pos}","lists":{lists},"rooms":{{{}}},"extensions":{extensions}}}"#,
            rooms.join(",")
        ))
    }
}

fn members_of_answer(rooms: &[Room]) -> Vec<String> {
    rooms.iter().map(|room| format!("{}:{}", json!(room.id), room.initial)).collect()
}

fn extensions(state: &State, asked: &Asked, to_device: &[Value]) -> Value {
    let mut extensions = Map::new();
    if asked.lists() {
        for name in ["account_data", "receipts", "typing"] {
            extensions.insert(name.to_owned(), json!({}));
        }
    }
    if asked.to_device {
        let next = if to_device.is_empty() { "td".to_owned() } else { format!("td{}", state.sync.pos) };
        extensions.insert("to_device".to_owned(), json!({ "next_batch": next, "events": to_device }));
    }
    if asked.e2ee {
        let keys = state.keys.get(OWN).map_or(0, |keys| keys.one_time.len());
        extensions.insert(
            "e2ee".to_owned(),
            json!({ "device_one_time_keys_count": { "signed_curve25519": keys },
                "device_unused_fallback_key_types": ["signed_curve25519"], "device_lists": {} }),
        );
    }
    Value::Object(extensions)
}
