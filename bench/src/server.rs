//! Just enough of a homeserver on loopback to sign in, keep keys and answer syncs with what was prepared. It lives in
//! the driver's process, so that neither its time nor its memory is the client's.

mod keys;
mod sync;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::world::{self, Dice, OWN, Room};
use keys::Keys;
use sync::Position;

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
    sync: Position,
    /// Older pages by token: events, and the next token.
    pages: BTreeMap<String, (String, Option<String>)>,
    /// What is answered of who is in a room, by its id.
    members: BTreeMap<String, String>,
    sent: u64,
    /// Bytes of the contents that were sent.
    sent_bytes: usize,
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
        self.lock().sync.news.push_back(news);
        self.woken.notify_waiters();
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
    pub fn set_members(&self, room: &str, members: &[impl AsRef<str>]) {
        let mut dice = Dice::new(5);
        let event = |user: &str| {
            let content = json!({ "membership": "join", "displayname": user.trim_start_matches('@') });
            let mut event = world::event(dice.event_id(), user, "m.room.member", world::ts(0), &content);
            if let Some(event) = event.as_object_mut() {
                event.insert("state_key".to_owned(), json!(user));
                event.insert("room_id".to_owned(), json!(room));
            }
            event
        };
        let chunk: Vec<Value> = members.iter().map(AsRef::as_ref).map(event).collect();
        self.lock().members.insert(room.to_owned(), json!({ "chunk": chunk }).to_string());
    }

    /// Says what lies before a token.
    pub fn set_page(&self, token: &str, chunk: &[Value], end: Option<String>) {
        self.lock().pages.insert(token.to_owned(), (json!(chunk).to_string(), end));
    }

    /// Returns how many events were sent, and the bytes of their contents.
    pub fn sent(&self) -> (u64, usize) {
        let state = self.lock();
        (state.sent, state.sent_bytes)
    }

    /// Returns how many one-time keys of a user are left.
    pub fn one_time_keys(&self, user: &str) -> usize {
        self.lock().keys.get(user).map_or(0, |keys| keys.one_time.len())
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
            let query = target.split_once("/sync").map(|(_, query)| query.trim_start_matches('?'));
            let (status, answer) = match query {
                _ if !self.knows(target, &bearer) => (
                    "401 Unauthorized",
                    json!({ "errcode": "M_UNKNOWN_TOKEN", "error": "It has ended", "soft_logout": true })
                        .to_string(),
                ),
                Some(query) if self.forgets(query) => (
                    "400 Bad Request",
                    json!({ "errcode": "M_UNKNOWN_POS", "error": "Connection expired" }).to_string(),
                ),
                Some(query) => ("200 OK", self.sync(query, &body).await),
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
                    ("GET", ["v3", "rooms", room, "members"]) => return ("200 OK", self.members(room)),
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
        state.sent_bytes += body.to_string().len();
        state.sync.news.push_back(News {
            rooms: vec![Room { id: plain(room), initial: told.to_string() }],
            to_device: Vec::new(),
        });
        drop(state);
        self.woken.notify_waiters();
        json!({ "event_id": id })
    }

    fn members(&self, room: &str) -> String {
        let members = self.lock().members.get(&plain(room)).cloned();
        members.unwrap_or_else(|| json!({ "chunk": [] }).to_string())
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

/// A room id as it stands in a path.
fn plain(room: &str) -> String {
    room.replace("%21", "!").replace("%3A", ":")
}
