//! What a notification shows.

use std::time::SystemTime;

use qroc_core::model;

use super::item::{Unreadable, unreadable};
use super::time;

/// How loud a message is, by the account's push rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Attention {
    /// It is not to be shown.
    Nothing,
    /// It is to be shown.
    Unread,
    /// It names this user, or asks loudly.
    Highlight,
}

/// One event for a notification. How much of it may be shown says policy (`push.preview`).
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Notification {
    /// Matrix id of the room.
    pub room_id: String,
    /// As shown; empty where the room is not known yet.
    pub room_name: String,
    /// Matrix id of the event.
    pub event_id: String,
    /// User id of who sent it.
    pub sender: String,
    /// What they are called in the room.
    pub sender_name: Option<String>,
    /// When the server took it.
    pub time: SystemTime,
    /// Text, or the name of what is attached; none where it cannot be read or has none.
    pub body: Option<String>,
    /// How loud it is.
    pub attention: Attention,
    /// Why it cannot be read; none where it can.
    pub unreadable: Option<Unreadable>,
}

impl From<model::Notification> for Notification {
    fn from(core: model::Notification) -> Self {
        Self {
            room_id: core.room_id,
            room_name: core.room_name,
            event_id: core.event_id,
            sender: core.sender,
            sender_name: core.sender_name,
            time: time(core.ts),
            body: core.body,
            attention: match core.attention {
                "nothing" => Attention::Nothing,
                "highlight" => Attention::Highlight,
                _ => Attention::Unread,
            },
            unreadable: core.undecryptable.map(unreadable),
        }
    }
}
