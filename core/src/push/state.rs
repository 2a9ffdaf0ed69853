//! What is wanted and what the server may know, as it is kept.

use std::fmt;

use rusqlite::{Connection, Transaction};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::store::StoreError;
use crate::store::crypto::value;

/// Beside the other values of this device.
const NAME: &str = "qroc/push";
/// What the protocol allows, in bytes.
const LONGEST_APP_ID: usize = 64;
const LONGEST_TOKEN: usize = 512;

/// The service that wakes the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushService {
    /// Apple's: its messages wake the notification extension.
    Apple,
    /// Any other: its messages wake the app.
    Other,
}

/// What the platform gave the app to be woken by.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Names the app to the gateway, 1 to 64 bytes.
    pub app_id: String,
    /// Names the app on this phone to its service, 1 to 512 bytes: for Apple's the token in base64.
    pub token: String,
    /// Whose token it is.
    pub service: PushService,
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration").field("service", &self.service).finish_non_exhaustive()
    }
}

impl Registration {
    /// Says what is wrong with it.
    ///
    /// # Errors
    /// The field and its bounds.
    pub fn check(&self) -> Result<(), String> {
        for (name, text, most) in
            [("app id", &self.app_id, LONGEST_APP_ID), ("push token", &self.token, LONGEST_TOKEN)]
        {
            if text.is_empty() || text.len() > most {
                return Err(format!("the {name} has {} bytes; 1 to {most} are allowed", text.len()));
            }
            if text.chars().any(|letter| letter.is_control() || letter.is_whitespace()) {
                return Err(format!("the {name} has spaces or control characters in it"));
            }
        }
        Ok(())
    }
}

/// How it stands with push messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushState {
    /// Nobody wants them.
    Off,
    /// They are wanted, and policy names no gateway (`push.gateway_url`): nothing is told to anybody.
    NoGateway,
    /// The server is told as soon as it answers.
    Waiting,
    /// The server sends them.
    On,
    /// The server does not take them; what it says.
    Refused(String),
}

/// One pusher as the server knows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pusher {
    pub(super) app_id: String,
    pub(super) token: String,
    pub(super) service: PushService,
    pub(super) url: String,
    /// Since when it surely does, in milliseconds since 1970; nothing: it may.
    pub(super) told_ts: Option<i64>,
}

impl fmt::Debug for Pusher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pusher").field("told_ts", &self.told_ts).finish_non_exhaustive()
    }
}

impl Pusher {
    pub(super) fn is(&self, other: &Self) -> bool {
        self.is_at_same_place(other) && self.service == other.service && self.url == other.url
    }

    /// The server keeps one for each of these; another one replaces it.
    pub(super) fn is_at_same_place(&self, other: &Self) -> bool {
        self.app_id == other.app_id && self.token == other.token
    }

    /// What the server is told. Names of the app and the device are shown to the account's owner alone, and say nothing.
    pub(super) fn body(&self) -> Value {
        let mut data = json!({ "url": self.url, "format": "event_id_only" });
        if let (PushService::Apple, Some(data)) = (self.service, data.as_object_mut()) {
            // Without an alert Apple's service wakes no extension; the extension puts its own words there.
            let aps = json!({ "mutable-content": 1, "alert": { "body": "QROC" } });
            data.insert("default_payload".to_owned(), json!({ "aps": aps }));
        }
        json!({
            "kind": "http",
            "app_id": self.app_id,
            "pushkey": self.token,
            "app_display_name": "QROC",
            "device_display_name": "QROC",
            "lang": "en",
            "data": data,
            // Whoever had this phone before gets nothing here any more.
            "append": false,
        })
    }
}

/// Said by the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Refusal {
    pub(super) pusher: Pusher,
    pub(super) ts: i64,
    pub(super) why: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    pub(super) wanted: Option<Registration>,
    pub(super) told: Vec<Pusher>,
    pub(super) refused: Option<Refusal>,
}

impl State {
    /// What the server should know, with the gateway that holds.
    pub(super) fn goal(&self, url: Option<String>) -> Option<Pusher> {
        let Registration { app_id, token, service } = self.wanted.clone()?;
        Some(Pusher { app_id, token, service, url: url?, told_ts: None })
    }

    /// Whether the server was told not longer ago than `age_ms`.
    pub(super) fn knows(&self, goal: &Pusher, now: i64, age_ms: i64) -> bool {
        let recent = |pusher: &Pusher| pusher.told_ts.is_some_and(|ts| is_recent(ts, now, age_ms));
        self.told.iter().any(|told| told.is(goal) && recent(told))
    }

    /// Whether the server refused not longer ago than `age_ms`.
    pub(super) fn refuses(&self, goal: &Pusher, now: i64, age_ms: i64) -> bool {
        self.refused.as_ref().is_some_and(|said| said.pusher.is(goal) && is_recent(said.ts, now, age_ms))
    }

    /// Notes that the server may know it from now on.
    pub(super) fn trying(&mut self, goal: &Pusher) {
        if !self.told.iter().any(|told| told.is(goal)) {
            self.told.push(goal.clone());
        }
    }

    /// Notes that the server knows it, and not what was there before.
    pub(super) fn told(&mut self, goal: &Pusher, now: i64) {
        self.told.retain(|told| !told.is_at_same_place(goal));
        self.told.push(Pusher { told_ts: Some(now), ..goal.clone() });
        self.refused = None;
    }
}

/// A clock that was put back makes nothing last longer.
fn is_recent(ts: i64, now: i64, age_ms: i64) -> bool {
    (0..age_ms).contains(&now.saturating_sub(ts))
}

pub(super) fn load(connection: &Connection) -> Result<State, StoreError> {
    let read = |bytes: &[u8]| Ok::<_, StoreError>(serde_json::from_slice(bytes).unwrap_or_default());
    Ok(value::get(connection, NAME, read)?.unwrap_or_default())
}

pub(super) fn save(tx: &Transaction<'_>, state: &State) -> Result<(), StoreError> {
    if *state == State::default() {
        return value::remove(tx, NAME);
    }
    let bytes = serde_json::to_vec(state).map_err(|_| StoreError::Malformed("push"))?;
    value::set(tx, NAME, &bytes)
}
