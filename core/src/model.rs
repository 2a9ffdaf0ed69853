//! Plain data for screens and scripts. Field names are the command line's contract (`docs/cli.md`): add, don't change.

mod cluster;
mod files;
mod said;
mod talk;
mod trust;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::policy::Value as PolicyValue;

pub use cluster::Cluster;
pub use files::{Attachment, Capture, ContentsRights, Downloaded, Exported, Original, SentFile};
pub use said::Said;
pub use talk::{Change, Draft, Forwarded, Mark, Member, Quote, Reader, SearchHit, Thread, Version};
pub use trust::{PersonTrust, RecoveryStatus, Restored};

/// The account, as a status line shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// `@name:server`.
    pub user_id: String,
    /// The device of this sign-in.
    pub device_id: String,
    /// Base URL of the server.
    pub homeserver: String,
    /// What the server lets the account do: `active`, `signed_out_soft`, `locked`, `suspended`, `expired`, `refused`.
    pub state: &'static str,
    /// Time of the last sync answer, in milliseconds since 1970; 0 before the first.
    pub last_sync_ts: i64,
    /// Actions that wait to be sent, failed ones included.
    pub queued: usize,
    /// Whether the account's identity vouches for this device.
    pub verified: bool,
    /// State of the key backup: `off`, `locked` (its key is not here), `restoring`, `pending` (keys wait to be uploaded),
    /// `on`.
    pub backup: &'static str,
    /// State of the recovery key: `none`, `on`, `unshown` (made and never shown).
    pub recovery: &'static str,
    /// Size of the database with its write-ahead log, in bytes.
    pub db_bytes: u64,
    /// Sealed files that are kept from the server.
    pub cache_files: u64,
    /// Their size, in bytes.
    pub cache_bytes: u64,
}

/// A room as the list shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Room {
    /// Matrix id.
    pub room_id: String,
    /// As shown.
    pub name: String,
    /// `group`, `direct`, `broadcast` or `incident`.
    pub kind: &'static str,
    /// `join`, `invite` or `leave`.
    pub membership: &'static str,
    /// Whether what is sent there is encrypted.
    pub encrypted: bool,
    /// Events that ask for attention behind the read marker.
    pub unread: i64,
    /// Whether there may be more.
    pub at_least: bool,
    /// Those that ask loudly.
    pub highlights: i64,
    /// Joined members.
    pub members: i64,
    /// Time of the newest item, in milliseconds since 1970; 0 without one.
    pub last_ts: i64,
    /// Its sender.
    pub last_sender: Option<String>,
    /// Its text.
    pub last_body: Option<String>,
    /// Topic.
    pub topic: String,
    /// Canonical alias, or nothing.
    pub alias: String,
    /// Whether it is wanted at hand.
    pub favourite: bool,
    /// Whether it is of low priority.
    pub low_priority: bool,
    /// What asks for attention: `all`, `mentions` or `none`.
    pub notify: &'static str,
    /// A text for it that is not sent.
    pub draft: Option<String>,
}

/// One item of a timeline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Item {
    /// Pages go on from here; stays the same from local echo to sent event.
    pub cursor: String,
    /// The server's id, once it has one.
    pub event_id: Option<String>,
    /// Ours, where this device sent it.
    pub txn_id: Option<String>,
    /// Who sent it.
    pub sender: String,
    /// What the sender is called in this room.
    pub sender_name: Option<String>,
    /// Milliseconds since 1970.
    pub ts: i64,
    /// The decrypted type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Of a message.
    pub msgtype: Option<String>,
    /// Text, or the name of what is attached.
    pub body: Option<String>,
    /// `sent`, `queued`, `sending` or `failed`.
    pub state: &'static str,
    /// Whether its text was replaced.
    pub edited: bool,
    /// Whether its content was removed.
    pub redacted: bool,
    /// Why it cannot be read.
    pub undecryptable: Option<&'static str>,
    /// Event id of what it answers.
    pub reply_to: Option<String>,
    /// Event id of its thread's root.
    pub thread: Option<String>,
    /// Who reacted with what.
    pub reactions: BTreeMap<String, Vec<String>>,
    /// Who read up to here.
    pub receipts: Vec<String>,
    /// What is attached.
    pub attachment: Option<Attachment>,
    /// A position.
    pub location: Option<Location>,
    /// Whether it came end-to-end encrypted.
    pub encrypted: bool,
    /// Whether older items may be missing right before this one.
    pub gap_before: bool,
    /// Matrix id of the room.
    pub room_id: String,
    /// The text with its formatting, where it has any: plain data, made of a small part of HTML.
    pub formatted: Option<Vec<crate::text::rich::Block>>,
    /// Matrix ids of those who are named so that they notice.
    pub mentions: Vec<String>,
    /// Whether everybody in the room is.
    pub mentions_room: bool,
    /// What it answers.
    pub quote: Option<Quote>,
    /// The thread under it.
    pub replies: Option<Thread>,
    /// What was said about it later.
    pub mark: Option<Mark>,
    /// Where it comes from, where it was sent on.
    pub forwarded: Option<Forwarded>,
    /// What happened to the room, where it is no message.
    pub change: Option<Change>,
    /// Why it was shared and how it is classified, where its sender says so.
    pub said: Option<Said>,
}

/// A position that somebody shared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Location {
    /// Degrees, WGS 84.
    pub lat: f64,
    /// Degrees, WGS 84.
    pub lon: f64,
    /// Metres around it that hold the truth.
    pub accuracy_m: Option<f64>,
    /// When it was measured, in milliseconds since 1970.
    pub ts: Option<i64>,
    /// Whether a person chose it on a map: nobody was measured there.
    pub picked: bool,
}

/// Something that happened at an area of a room.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Crossing {
    /// Matrix id of the room.
    pub room_id: String,
    /// Who.
    pub user_id: String,
    /// What the user is called in the room.
    pub display_name: Option<String>,
    /// What happened: `enter`, `leave`, `dwell`, `near`.
    pub what: &'static str,
    /// Which area.
    pub area_id: String,
    /// What the area is called.
    pub area: String,
    /// What it is for: `cordon`, `sector`, `plume`, `route`, `point`.
    pub kind: &'static str,
    /// When it was measured, in milliseconds since 1970.
    pub ts: i64,
    /// Where, in degrees.
    pub lat: f64,
    /// Where, in degrees.
    pub lon: f64,
    /// Metres around it that hold the truth.
    pub accuracy_m: Option<f64>,
}

/// Where somebody is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Position {
    /// Matrix id of the room that it is shared with.
    pub room_id: String,
    /// Who.
    pub user_id: String,
    /// Display name in the room.
    pub display_name: Option<String>,
    /// Degrees, WGS 84.
    pub lat: f64,
    /// Degrees, WGS 84.
    pub lon: f64,
    /// Metres around it that hold the truth.
    pub accuracy_m: Option<f64>,
    /// When it was measured, in milliseconds since 1970.
    pub ts: i64,
    /// How long ago, in milliseconds.
    pub age_ms: i64,
    /// Metres per second.
    pub speed: Option<f64>,
    /// Degrees from north.
    pub heading: Option<u16>,
    /// Metres above the ellipsoid.
    pub altitude_m: Option<f64>,
    /// `gnss`, `network`, `fused` or `picked`.
    pub source: Option<&'static str>,
    /// Charge of the device, in percent.
    pub battery: Option<u8>,
    /// Whether it is too old to count on, or the sharing is over.
    pub stale: bool,
    /// Until when it is shared, in milliseconds since 1970.
    pub live_until_ts: Option<i64>,
    /// Metres from here, where this device knows its place.
    pub distance_m: Option<f64>,
    /// Degrees from north, from here.
    pub bearing: Option<f64>,
}

/// Something drawn on the map of a room.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Area {
    /// Matrix id of the room.
    pub room_id: String,
    /// Stays the same through all its versions.
    pub area_id: String,
    /// `cordon`, `sector`, `plume`, `route` or `point`.
    pub kind: String,
    /// What it is called.
    pub name: String,
    /// Matrix ids of those who are inside by positions that are not stale.
    pub inside: Vec<String>,
    /// `#rrggbb`.
    pub colour: Option<String>,
    /// From when it counts, in milliseconds since 1970.
    pub valid_from_ts: Option<i64>,
    /// Until when.
    pub valid_to_ts: Option<i64>,
    /// Who drew it.
    pub author: String,
    /// When this version was drawn, in milliseconds since 1970.
    pub ts: i64,
    /// GeoJSON.
    pub geometry: serde_json::Value,
}

/// What one sharing came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shared {
    /// Matrix id of the room.
    pub room_id: String,
    /// Fixes taken from the receiver.
    pub fixes: i64,
    /// Fixes that the server has: those from which the others follow.
    pub sent: i64,
    /// Bytes of what was sent, as encrypted content.
    pub bytes: i64,
    /// Fixes that are sent when the network is back.
    pub waiting: i64,
}

/// What became of something that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// Ours.
    pub txn_id: String,
    /// The server's, once it has it.
    pub event_id: Option<String>,
    /// `sent`, `queued` or `failed`.
    pub state: &'static str,
    /// Why it waits or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Something that waits to be sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QueueItem {
    /// Names it to retry or cancel.
    pub id: i64,
    /// Matrix id of the room.
    pub room_id: String,
    /// `message`, `redaction`, `read` or `membership`.
    pub kind: &'static str,
    /// `queued`, `sending` or `failed`.
    pub state: &'static str,
    /// Tries so far.
    pub attempts: u32,
    /// Not before, in milliseconds since 1970.
    pub next_ts: i64,
    /// Why the last try failed: the reason's code, and words.
    pub error: Option<String>,
    /// Ours.
    pub txn_id: String,
    /// The code alone: `network`, `unanswered`, `rate_limited`, `bad_server`, `signed_out`, `locked`, `suspended`,
    /// `expired`, `too_large`, `forbidden`, `left_room`, `room_gone`, `not_encrypted`, `bad_file`, `needs`,
    /// `not_found` or `internal`.
    pub reason: Option<&'static str>,
    /// What the user can do about it.
    pub advice: Option<&'static str>,
    /// The number of what it waits for.
    pub after: Option<i64>,
}

/// One event, as a notification shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notification {
    /// Matrix id of the room.
    pub room_id: String,
    /// As shown; nothing where the room is not known yet.
    pub room_name: String,
    /// The event.
    pub event_id: String,
    /// Matrix id of who sent it.
    pub sender: String,
    /// What they are called in the room.
    pub sender_name: Option<String>,
    /// Milliseconds since 1970.
    pub ts: i64,
    /// The decrypted type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Text, or the name of what is attached.
    pub body: Option<String>,
    /// `nothing`, `unread` or `highlight`, by the account's push rules.
    pub attention: &'static str,
    /// Why it cannot be read.
    pub undecryptable: Option<&'static str>,
}

/// A device of the account.
#[derive(Clone, Debug, Serialize)]
pub struct Device {
    /// Its id.
    pub device_id: String,
    /// As it was named.
    pub name: Option<String>,
    /// `this`, `verified`, `unverified` or `changed` (its user's identity is another than before).
    pub trust: &'static str,
    /// Milliseconds since 1970.
    pub last_seen_ts: Option<i64>,
}

/// What one run of sync came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SyncSummary {
    /// Rooms joined or invited to.
    pub rooms: usize,
    /// Events that were not there before.
    pub events: usize,
    /// Queued actions that the server took.
    pub sent: usize,
    /// Events that cannot be read (yet).
    pub undecryptable: usize,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// What signing out or wiping came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Destroyed {
    /// Files that are gone.
    pub destroyed: usize,
    /// Whether the server knows that the device is gone.
    pub server_informed: bool,
}

/// A sign-in that worked.
#[derive(Clone, Debug, Serialize)]
pub struct SignedIn {
    /// `@name:server`.
    pub user_id: String,
    /// The device of this sign-in.
    pub device_id: String,
    /// Base URL of the server.
    pub homeserver: String,
}

/// What holds for one policy key.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyLine {
    /// Its name, dotted.
    pub key: String,
    /// Its value; nothing: unset.
    pub value: Option<PolicyValue>,
    /// `default`, `user`, `mdm`, `bundle`, or several with a `+`.
    pub source: String,
    /// Whether the user cannot change it.
    pub locked: bool,
    /// `applied`, `ignored` or `error` for what a source set; `default` otherwise.
    pub state: &'static str,
    /// Why it is not applied.
    pub error: Option<String>,
}

/// Whether something may be done, and why.
#[derive(Clone, Debug, Serialize)]
pub struct Explained {
    /// What was asked about.
    pub action: String,
    /// The answer.
    pub allowed: bool,
    /// The key that decided.
    pub because: &'static str,
    /// Who set it.
    pub source: String,
    /// Its value.
    pub value: Option<PolicyValue>,
    /// What would be allowed instead.
    pub needed: Option<String>,
}

/// How the application lock stands.
#[derive(Clone, Debug, Serialize)]
pub struct LockStatus {
    /// `none`, `unlocked` or `sealed`.
    pub state: &'static str,
    /// Wrong attempts that are left; nothing: no limit, or no lock.
    pub attempts_left: Option<u32>,
    /// When the next attempt is possible, in milliseconds since 1970; nothing: now.
    pub retry_at: Option<i64>,
    /// Whether policy asks for a lock.
    pub required: bool,
}

/// What the device signs when it has done, or is about to do, what the organisation ordered.
#[derive(Clone, Debug, Serialize)]
pub struct Receipt {
    /// `wipe`, `lock` or `report`.
    pub order: &'static str,
    /// The order's nonce, in hexadecimal.
    pub nonce: String,
    /// `@name:server`.
    pub user_id: String,
    /// The device.
    pub device_id: String,
    /// When, in milliseconds since 1970.
    pub ts: i64,
    /// The text that is signed.
    pub signed: String,
    /// By user and key id, as everywhere in Matrix.
    pub signatures: serde_json::Value,
}
