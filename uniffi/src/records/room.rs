//! Rooms, their members, and hits of a search.

use std::time::SystemTime;

use qroc_core::model;
use qroc_core::store::codes::{Membership, RoomKind};

use super::{stored, time, time_or_never};

/// What a room is for.
#[uniffi::remote(Enum)]
pub enum RoomKind {
    /// People talk.
    Group,
    /// Two people talk.
    Direct,
    /// Few write, many read.
    Broadcast,
    /// An incident.
    Incident,
    /// Positions of another room; never in a list.
    Track,
}

/// A user's standing in a room.
#[uniffi::remote(Enum)]
pub enum Membership {
    /// Gone, or never there.
    Leave,
    /// Invited.
    Invite,
    /// A member.
    Join,
    /// Asked to join.
    Knock,
    /// Not allowed back.
    Ban,
}

/// A room as the list shows it.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct RoomSummary {
    /// Matrix id.
    pub room_id: String,
    /// As shown.
    pub name: String,
    /// What it is for.
    pub kind: RoomKind,
    /// This account's standing.
    pub membership: Membership,
    /// Whether what is sent there is encrypted.
    pub encrypted: bool,
    /// Messages that ask for attention behind the read marker.
    pub unread: u32,
    /// Whether there may be more of them.
    pub unread_at_least: bool,
    /// Those of them that ask loudly.
    pub highlights: u32,
    /// Joined members.
    pub members: u32,
    /// Time of the newest message.
    pub last_time: Option<SystemTime>,
    /// User id of its sender.
    pub last_sender: Option<String>,
    /// Its text.
    pub last_body: Option<String>,
    /// Topic, or nothing.
    pub topic: String,
    /// Canonical alias, or nothing.
    pub alias: String,
}

/// Reads the model's word.
pub(super) fn kind(word: &str) -> RoomKind {
    let all = [RoomKind::Direct, RoomKind::Broadcast, RoomKind::Incident, RoomKind::Track];
    all.into_iter().find(|kind| kind.as_str() == word).unwrap_or(RoomKind::Group)
}

impl From<model::Room> for RoomSummary {
    fn from(room: model::Room) -> Self {
        Self {
            room_id: room.room_id,
            name: room.name,
            kind: kind(room.kind),
            membership: Membership::from_word(room.membership),
            encrypted: room.encrypted,
            unread: stored(room.unread),
            unread_at_least: room.at_least,
            highlights: stored(room.highlights),
            members: stored(room.members),
            last_time: time_or_never(room.last_ts),
            last_sender: room.last_sender,
            last_body: room.last_body,
            topic: room.topic,
            alias: room.alias,
        }
    }
}

/// A member of a room.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct RoomMember {
    /// Matrix id.
    pub user_id: String,
    /// Joined or invited.
    pub membership: Membership,
    /// Power level; 100 is an administrator.
    pub power: i64,
    /// Display name.
    pub display_name: Option<String>,
}

impl From<model::Member> for RoomMember {
    fn from(member: model::Member) -> Self {
        Self {
            user_id: member.user_id,
            membership: Membership::from_word(member.membership),
            power: member.power,
            display_name: member.display_name,
        }
    }
}

/// A hit of a search.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct SearchHit {
    /// Matrix id of the room.
    pub room_id: String,
    /// The event; none while it waits to be sent.
    pub event_id: Option<String>,
    /// When it was sent.
    pub time: SystemTime,
    /// The words around the first match, matches in brackets.
    pub snippet: String,
    /// Larger fits better.
    pub score: f64,
}

impl From<model::SearchHit> for SearchHit {
    fn from(hit: model::SearchHit) -> Self {
        Self {
            room_id: hit.room_id,
            event_id: hit.event_id,
            time: time(hit.ts),
            snippet: hit.snippet,
            score: hit.score,
        }
    }
}
