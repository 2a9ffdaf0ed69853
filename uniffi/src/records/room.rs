//! Rooms and their members.

use std::time::SystemTime;

use qroc_core::model;
use qroc_core::store::codes::{Loudness, Membership, RoomKind};

use super::trust::UserTrust;
use super::{stored, time_or_never};

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
    /// Whether it is wanted at hand.
    pub favourite: bool,
    /// Whether it is of low priority.
    pub low_priority: bool,
    /// What of it asks for attention.
    pub loudness: Loudness,
    /// A text for it that is not sent.
    pub draft: Option<String>,
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
            favourite: room.favourite,
            low_priority: room.low_priority,
            loudness: Loudness::of_word(room.notify),
            draft: room.draft,
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
    /// What is believed of their identity.
    pub trust: UserTrust,
    /// The next page begins behind it.
    pub cursor: String,
}

impl From<model::Member> for RoomMember {
    fn from(member: model::Member) -> Self {
        Self {
            user_id: member.user_id,
            membership: Membership::from_word(member.membership),
            power: member.power,
            display_name: member.display_name,
            trust: UserTrust::of_word(member.trust),
            cursor: member.cursor,
        }
    }
}
