//! Just enough of a homeserver on loopback to sign in, keep keys and answer syncs with what was prepared. It lives in
//! the driver's process, so that neither its time nor its memory is the client's.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::world::{self, Dice, OWN, Room};

/// How long an idle poll waits at most: a minute of thirty-second polls in twenty seconds.
const POLL: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
struct Keys {
    devices: BTreeMap<String, Value>,
    one_time: BTreeMap<String, Value>,
    cross: BTreeMap<&'static str, Value>,
}

/// What a sync answers next, beyond the rooms of the list.
#[derive(Debug, Default)]
pub struct News {
    /// What is new in rooms.
    pub rooms: Vec<Room>,
    /// What is new between devices.
    pub to_device: Vec<Value>,
}

/// Access tokens that end.
#[derive(Debug)]
struct Tokens {
    lifetime_ms: i64,
    /// How often they were renewed.
    renewed: u64,
    expires_ms: i64,
}

#[derive(Debug, Default)]
struct State {
    keys: BTreeMap<String, Keys>,
    rooms: Vec<Room>,
    told: usize,
    news: VecDeque<News>,
    pos: u64,
    /// Older pages by token: events, and the next token.
    pages: BTreeMap<String, (String, Option<String>)>,
    members: BTreeMap<String, Vec<String>>,
    sent: u64,
    dice: Option<Dice>,
    /// What the time is, in milliseconds since 1970; nothing is said of it before it is set.
    now_ms: Option<i64>,
    tokens: Option<Tokens>,
    /// The next position that is asked from is not known any more.
    forgets: bool,
}

/// The server.
#[derive(Clone, Debug, Default)]
pub struct Server {
    state: Arc<Mutex<State>>,
    woken: Arc<Notify>,
}

impl Server {
    /// Starts answering; returns its address.
    ///
    /// # Errors
    /// Where there is no port.
    pub async fn start(rooms: Vec<Room>) -> Result<(Self, String)> {
        let server = Self::default();
        server.lock().rooms = rooms;
        server.lock().dice = Some(Dice::new(77));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let answering = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = answering.clone();
                tokio::spawn(async move {
                    // A client that goes away is no matter.
                    let _ = server.serve(stream).await;
                });
            }
        });
        Ok((server, url))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells this with the next sync.
    pub fn tell(&self, news: News) {
        self.lock().news.push_back(news);
        self.woken.notify_one();
    }

    /// Says what the time is, in milliseconds since 1970.
    pub fn set_time(&self, ms: i64) {
        self.lock().now_ms = Some(ms);
    }

    /// Gives out access tokens that end after so many milliseconds.
    pub fn end_tokens_after(&self, lifetime_ms: i64) {
        self.lock().tokens = Some(Tokens { lifetime_ms, renewed: 0, expires_ms: i64::MAX });
    }

    /// Returns how often tokens were renewed.
    pub fn renewed(&self) -> u64 {
        self.lock().tokens.as_ref().map_or(0, |tokens| tokens.renewed)
    }

    /// Forgets where the client is in its sync.
    pub fn forget_position(&self) {
        self.lock().forgets = true;
    }

    /// Lets others take so many one-time keys of a user. Returns how many there were.
    pub fn claim(&self, user: &str, keys: usize) -> usize {
        let mut state = self.lock();
        let Some(known) = state.keys.get_mut(user) else { return 0 };
        (0..keys).filter_map(|_| known.one_time.pop_first()).count()
    }

    /// Says who is in a room.
    pub fn set_members(&self, room: &str, members: &[&str]) {
        let members = members.iter().map(|user| (*user).to_owned()).collect();
        self.lock().members.insert(room.to_owned(), members);
    }

    /// Says what lies before a token.
    pub fn set_page(&self, token: &str, chunk: &[Value], end: Option<String>) {
        self.lock().pages.insert(token.to_owned(), (json!(chunk).to_string(), end));
    }

    /// The first device that a user made known.
    ///
    /// # Errors
    /// Where there is none.
    pub fn device_of(&self, user: &str) -> Result<String> {
        let state = self.lock();
        let device = state.keys.get(user).and_then(|keys| keys.devices.keys().next());
        device.cloned().context("the device has not uploaded its keys")
    }

    async fn serve(&self, stream: TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        let mut stream = BufReader::new(stream);
        loop {
            let mut first = String::new();
            if stream.read_line(&mut first).await? == 0 {
                return Ok(());
            }
            let (mut length, mut bearer) = (0_usize, String::new());
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).await?;
                if let Some((name, value)) = line.split_once(':')
                    && name.eq_ignore_ascii_case("authorization")
                {
                    bearer = value.trim().trim_start_matches("Bearer ").to_owned();
                }
                let line = line.trim_end().to_ascii_lowercase();
                if line.is_empty() {
                    break;
                }
                if let Some(value) = line.strip_prefix("content-length:") {
                    length = value.trim().parse()?;
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await?;
            let body: Value = serde_json::from_slice(&body).unwrap_or_default();
            let mut words = first.split_whitespace();
            let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let (status, answer) = match target.split_once("/sync?") {
                _ if !self.knows(target, &bearer) => (
                    "401 Unauthorized",
                    json!({ "errcode": "M_UNKNOWN_TOKEN", "error": "It has ended", "soft_logout": true })
                        .to_string(),
                ),
                Some((_, query)) if self.forgets(query) => (
                    "400 Bad Request",
                    json!({ "errcode": "M_UNKNOWN_POS", "error": "Connection expired" }).to_string(),
                ),
                Some((_, query)) => ("200 OK", self.sync(query, &body).await),
                None => self.answer(OWN, method, target, &body),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{}\r\n",
                answer.len(),
                self.date()
            );
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(answer.as_bytes()).await?;
            stream.flush().await?;
        }
    }

    /// Says whether a request's token is good.
    fn knows(&self, target: &str, bearer: &str) -> bool {
        let state = self.lock();
        let Some(tokens) = &state.tokens else { return true };
        let open = ["/login", "/refresh", "/versions"].iter().any(|part| target.contains(part));
        let current = bearer == format!("bench{}", tokens.renewed);
        open || current && state.now_ms.unwrap_or(0) < tokens.expires_ms
    }

    fn forgets(&self, query: &str) -> bool {
        query.contains("pos=") && std::mem::take(&mut self.lock().forgets)
    }

    fn date(&self) -> String {
        let Some(ms) = self.lock().now_ms else { return String::new() };
        let at = time::OffsetDateTime::from_unix_timestamp(ms / 1000).ok();
        let text = at.and_then(|at| at.format(&time::format_description::well_known::Rfc2822).ok());
        text.map(|text| format!("date: {text}\r\n")).unwrap_or_default()
    }

    fn login(&self) -> Value {
        let mut state = self.lock();
        let now_ms = state.now_ms.unwrap_or(0);
        let mut answer = json!({ "user_id": OWN, "device_id": "LISBONPHONE", "access_token": "bench0" });
        if let (Some(tokens), Some(answer)) = (&mut state.tokens, answer.as_object_mut()) {
            tokens.expires_ms = now_ms.saturating_add(tokens.lifetime_ms);
            answer.insert("refresh_token".to_owned(), json!("again0"));
            answer.insert("expires_in_ms".to_owned(), json!(tokens.lifetime_ms));
        }
        answer
    }

    fn refresh(&self, body: &Value) -> Option<Value> {
        let mut state = self.lock();
        let now_ms = state.now_ms.unwrap_or(0);
        let tokens = state.tokens.as_mut()?;
        if body.get("refresh_token")?.as_str()? != format!("again{}", tokens.renewed) {
            return None;
        }
        tokens.renewed = tokens.renewed.saturating_add(1);
        tokens.expires_ms = now_ms.saturating_add(tokens.lifetime_ms);
        Some(json!({ "access_token": format!("bench{}", tokens.renewed),
            "refresh_token": format!("again{}", tokens.renewed), "expires_in_ms": tokens.lifetime_ms }))
    }

    async fn sync(&self, query: &str, body: &Value) -> String {
        let wait = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("timeout="))
            .and_then(|ms| ms.parse().ok())
            .map_or(Duration::ZERO, Duration::from_millis);
        let last = body.pointer("/lists/all/ranges/0/1").and_then(Value::as_u64).unwrap_or(0);
        let last = usize::try_from(last).unwrap_or(usize::MAX);
        if !query.contains("pos=") {
            self.lock().told = 0;
        }
        let until = tokio::time::Instant::now() + wait.min(POLL);
        loop {
            if let Some(answer) = self.sync_now(last, wait.is_zero()) {
                return answer;
            }
            if tokio::time::timeout_at(until, self.woken.notified()).await.is_err() {
                return self.sync_now(last, true).unwrap_or_default();
            }
        }
    }

    fn sync_now(&self, last: usize, even_nothing: bool) -> Option<String> {
        let mut state = self.lock();
        let until = state.rooms.len().min(last.saturating_add(1));
        let listed = state.rooms.get(state.told..until).unwrap_or_default();
        let mut rooms: Vec<String> =
            listed.iter().map(|room| format!("{}:{}", json!(room.id), room.initial)).collect();
        let mut to_device = Vec::new();
        state.told = until.max(state.told);
        if rooms.is_empty()
            && let Some(news) = state.news.pop_front()
        {
            rooms = news.rooms.iter().map(|room| format!("{}:{}", json!(room.id), room.initial)).collect();
            to_device = news.to_device;
        }
        if rooms.is_empty() && to_device.is_empty() && !even_nothing {
            return None;
        }
        state.pos += 1;
        let keys = state.keys.get(OWN).map_or(0, |keys| keys.one_time.len());
        let extensions = json!({
            "to_device": { "next_batch": if to_device.is_empty() { "td".to_owned() } else { format!("td{}", state.pos) },
                "events": to_device },
            "e2ee": { "device_one_time_keys_count": { "signed_curve25519": keys },
                "device_unused_fallback_key_types": ["signed_curve25519"], "device_lists": {} },
            "account_data": {}, "receipts": {}, "typing": {},
        });
        Some(format!(
            r#"{{"pos":"{}","lists":{{"all":{{"count":{}}}}},"rooms":{{{}}},"extensions":{extensions}}}"#,
            state.pos,
            state.rooms.len(),
            rooms.join(",")
        ))
    }

    /// Answers everything but syncs, as `user`.
    pub fn answer(&self, user: &str, method: &str, target: &str, body: &Value) -> (&'static str, String) {
        let path = target.split('?').next().unwrap_or_default();
        let known = match path.rsplit_once("/client/").map_or(path, |(_, rest)| rest) {
            "versions" => json!({ "versions": ["v1.1", "v1.5", "v1.11", "v1.12"],
                "unstable_features": { "org.matrix.simplified_msc3575": true } }),
            "v3/login" => self.login(),
            "v3/refresh" => match self.refresh(body) {
                Some(answer) => answer,
                None => {
                    return (
                        "401 Unauthorized",
                        json!({ "errcode": "M_UNKNOWN_TOKEN", "error": "" }).to_string(),
                    );
                }
            },
            "v3/devices" => json!({ "devices": [{ "device_id": "LISBONPHONE" }] }),
            "v3/keys/upload" => self.keys_upload(user, body),
            "v3/keys/query" => self.keys_query(body),
            "v3/keys/claim" => self.keys_claim(body),
            "v3/keys/device_signing/upload" => self.cross_signing(user, body),
            "v3/keys/signatures/upload" => self.signatures(body),
            other => {
                let parts: Vec<&str> = other.split('/').collect();
                match (method, parts.as_slice()) {
                    ("PUT", ["v3", "sendToDevice", ..]) => json!({}),
                    ("PUT", ["v3", "rooms", room, "send", kind, txn]) => self.send(room, kind, txn, body),
                    ("GET", ["v3", "rooms", room, "members"]) => self.members(room),
                    ("GET", ["v3", "rooms", _, "messages"]) => return ("200 OK", self.messages(target)),
                    _ => {
                        return (
                            "404 Not Found",
                            json!({ "errcode": "M_UNRECOGNIZED", "error": other }).to_string(),
                        );
                    }
                }
            }
        };
        ("200 OK", known.to_string())
    }

    fn keys_upload(&self, user: &str, body: &Value) -> Value {
        let mut state = self.lock();
        let keys = state.keys.entry(user.to_owned()).or_default();
        if let Some(device) = body.get("device_keys")
            && let Some(id) = device.get("device_id").and_then(Value::as_str)
        {
            keys.devices.insert(id.to_owned(), device.clone());
        }
        for (id, key) in body.get("one_time_keys").and_then(Value::as_object).into_iter().flatten() {
            keys.one_time.insert(id.clone(), key.clone());
        }
        json!({ "one_time_key_counts": { "signed_curve25519": keys.one_time.len() } })
    }

    fn keys_query(&self, body: &Value) -> Value {
        let state = self.lock();
        let mut answer = json!({ "device_keys": {}, "master_keys": {}, "self_signing_keys": {}, "user_signing_keys": {},
            "failures": {} });
        for user in
            body.get("device_keys").and_then(Value::as_object).into_iter().flatten().map(|(user, _)| user)
        {
            let Some(keys) = state.keys.get(user) else { continue };
            insert(&mut answer, "device_keys", user, json!(keys.devices));
            for (kind, key) in &keys.cross {
                insert(&mut answer, &format!("{kind}s"), user, key.clone());
            }
        }
        answer
    }

    fn keys_claim(&self, body: &Value) -> Value {
        let mut state = self.lock();
        let mut answer = json!({ "one_time_keys": {}, "failures": {} });
        for (user, devices) in body.get("one_time_keys").and_then(Value::as_object).into_iter().flatten() {
            let mut given = Map::new();
            for device in devices.as_object().into_iter().flatten().map(|(device, _)| device) {
                if let Some((id, key)) = state.keys.get_mut(user).and_then(|keys| keys.one_time.pop_first()) {
                    given.insert(device.clone(), json!({ id: key }));
                }
            }
            insert(&mut answer, "one_time_keys", user, Value::Object(given));
        }
        answer
    }

    fn cross_signing(&self, user: &str, body: &Value) -> Value {
        let mut state = self.lock();
        let keys = state.keys.entry(user.to_owned()).or_default();
        for kind in ["master_key", "self_signing_key", "user_signing_key"] {
            if let Some(key) = body.get(kind) {
                keys.cross.insert(kind, key.clone());
            }
        }
        json!({})
    }

    fn signatures(&self, body: &Value) -> Value {
        let mut state = self.lock();
        for (user, signed) in body.as_object().into_iter().flatten() {
            for (device, signed) in signed.as_object().into_iter().flatten() {
                let Some(known) = state.keys.get_mut(user).and_then(|keys| keys.devices.get_mut(device))
                else {
                    continue;
                };
                let new = signed.pointer(&format!("/signatures/{}", user.replace('/', "~1")));
                let old = known
                    .get_mut("signatures")
                    .and_then(|all| all.get_mut(user))
                    .and_then(Value::as_object_mut);
                if let (Some(old), Some(new)) = (old, new.and_then(Value::as_object)) {
                    old.extend(new.clone());
                }
            }
        }
        json!({ "failures": {} })
    }

    /// Takes an event, and tells it back with the next sync as a homeserver does.
    fn send(&self, room: &str, kind: &str, txn: &str, body: &Value) -> Value {
        let mut state = self.lock();
        state.sent += 1;
        let ts = state.now_ms.unwrap_or_else(|| world::ts(state.sent));
        let id = state.dice.get_or_insert_with(|| Dice::new(1)).event_id();
        let mut event = world::event(id.clone(), OWN, kind, ts, body);
        if let Some(unsigned) = event.get_mut("unsigned").and_then(Value::as_object_mut) {
            unsigned.insert("transaction_id".to_owned(), json!(txn));
        }
        let told = json!({ "timeline": [event], "num_live": 1, "bump_stamp": 2000 + state.sent });
        let id_of_room = room.replace("%21", "!").replace("%3A", ":");
        state.news.push_back(News {
            rooms: vec![Room { id: id_of_room, initial: told.to_string() }],
            to_device: Vec::new(),
        });
        drop(state);
        self.woken.notify_one();
        json!({ "event_id": id })
    }

    fn members(&self, room: &str) -> Value {
        let room = room.replace("%21", "!").replace("%3A", ":");
        let state = self.lock();
        let members = state.members.get(&room).cloned().unwrap_or_default();
        let chunk: Vec<Value> = members
            .iter()
            .map(|user| json!({ "type": "m.room.member", "state_key": user, "content": { "membership": "join" } }))
            .collect();
        json!({ "chunk": chunk })
    }

    fn messages(&self, target: &str) -> String {
        let from = target.split(['?', '&']).find_map(|pair| pair.strip_prefix("from=")).unwrap_or_default();
        let state = self.lock();
        match state.pages.get(from) {
            Some((chunk, Some(end))) => format!(r#"{{"chunk":{chunk},"start":"{from}","end":"{end}"}}"#),
            Some((chunk, None)) => format!(r#"{{"chunk":{chunk},"start":"{from}"}}"#),
            None => format!(r#"{{"chunk":[],"start":"{from}"}}"#),
        }
    }
}

fn insert(answer: &mut Value, part: &str, key: &str, value: Value) {
    if let Some(part) = answer.get_mut(part).and_then(Value::as_object_mut) {
        part.insert(key.to_owned(), value);
    }
}
