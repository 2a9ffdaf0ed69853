//! What happened to a room, for a line between its messages.

use qroc_core::model;

/// What happened to a room. The item says by whom and when.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum RoomChange {
    /// It was made.
    Created,
    /// It is encrypted from now on.
    Encrypted,
    /// It has another name.
    Named {
        /// The new one; nothing where it has none any more.
        name: Option<String>,
    },
    /// It has another topic.
    Topic {
        /// The new one; nothing where it has none any more.
        topic: Option<String>,
    },
    /// It has another picture, or none any more.
    Picture,
    /// It was closed, and another one takes its place.
    Closed {
        /// What is said of it.
        reason: Option<String>,
    },
    /// Somebody came, went, or is to come.
    Member {
        /// What became of them.
        change: MemberChange,
        /// User id of whom; the same as the sender's where they did it themselves.
        user_id: String,
        /// What they are called in the room, where the event says so.
        user_name: Option<String>,
        /// Why, where somebody says so.
        reason: Option<String>,
    },
}

/// What became of somebody in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum MemberChange {
    /// They ask to be let in.
    Asked,
    /// They are invited.
    Invited,
    /// They came in.
    Joined,
    /// They left, or said no to an invitation.
    Left,
    /// Somebody sent them away, or took their invitation back.
    Removed,
    /// They were sent away and may not come back.
    Banned,
}

impl RoomChange {
    /// Reads the model's words; nothing of one that this version does not know.
    pub(super) fn of(change: model::Change) -> Option<Self> {
        let model::Change { what, user_id, user_name, text } = change;
        let change = match what {
            "created" => return Some(Self::Created),
            "encrypted" => return Some(Self::Encrypted),
            "named" => return Some(Self::Named { name: text }),
            "topic" => return Some(Self::Topic { topic: text }),
            "picture" => return Some(Self::Picture),
            "closed" => return Some(Self::Closed { reason: text }),
            "asked" => MemberChange::Asked,
            "invited" => MemberChange::Invited,
            "joined" => MemberChange::Joined,
            "left" => MemberChange::Left,
            "removed" => MemberChange::Removed,
            "banned" => MemberChange::Banned,
            _ => return None,
        };
        let reason = text.filter(|reason| !reason.is_empty());
        Some(Self::Member { change, user_id: user_id?, user_name, reason })
    }
}
